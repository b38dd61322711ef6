/* scanner/rules/pace.h - a token bucket: so many a second on average, so many at once. No clock inside. */
#ifndef STSURVEY_SCANNER_RULES_PACE_H
#define STSURVEY_SCANNER_RULES_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double rate;  /* tokens a second; 0: no limit */
	double burst; /* tokens the bucket holds */
	double tokens;
	uint64_t last_us; /* when tokens were counted last */
};

/* @burst 0: what @rate yields in PACE_BURST_S seconds, one at least. */
#define PACE_BURST_S 0.05
void pace_init(struct pace *pace, double rate, double burst);

/* Another rate, with the burst that goes with it. */
void pace_set_rate(struct pace *pace, double rate);

/* Take @n tokens if they are there. @now_us: microseconds of any monotonic clock. */
bool pace_take(struct pace *pace, double n, uint64_t now_us);

/* Microseconds until one token is there; 0: now. */
uint64_t pace_wait(struct pace *pace, uint64_t now_us);

#endif

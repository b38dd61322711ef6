/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/forecast.h - how long a scan with --direct takes at least: as long as its slowest operator's servers may
 * be asked for. Read from the list at the start, by a thread of its own, beside the scan.
 *
 * Operators are counted in a bounded table (Misra, Gries 1982): of each that has more than one in FORECAST_OPERATORS of
 * the domains all from its first one on are counted, save those before it got its place for good. A pipe can't be read
 * twice, and a list that names no name servers tells nothing but how many domains it has.
 */
#ifndef STSURVEY_SCANNER_SCAN_FORECAST_H
#define STSURVEY_SCANNER_SCAN_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/domain.h"
#include "scanner/feed/feed.h"

enum {
	FORECAST_OPERATORS = 4096, /* counted at a time: 1.2 MB */
	FORECAST_ROWS = 5,         /* operators that are told, the slowest … */
	FORECAST_LEAST_S = 60,     /* … of those that take so long */
};

struct forecast_options {
	struct feed_options feed;                        /* of the scan; past and on_ready are not used */
	double operator_rate, server_rate;               /* a second; 0: no limit */
	void (*on_counted)(void *arg, uint64_t domains); /* so many has the list; NULL: nobody asks. On its thread */
	void *arg;
};

struct forecast_row {
	char name[DOMAIN_NAME_MAX + 1]; /* of the operator */
	uint64_t domains;
	unsigned servers; /* names of servers, about; only as far as they matter */
	double seconds;   /* that its domains take */
	bool by_servers;  /* the servers' rates are the limit, and not the operator's */
};

struct forecast_result {
	bool done;        /* the whole list was read */
	uint64_t domains; /* to be asked about, so far */
	unsigned count;
	struct forecast_row row[FORECAST_ROWS]; /* once done: the slowest first */
};

struct forecast;

/* Begin to read. NULL: it can't be read twice, or there is neither memory nor a thread; the scan goes on without. */
struct forecast *forecast_begin(const struct forecast_options *options);

/* Any thread. @forecast NULL: nothing is known. */
void forecast_result(struct forecast *forecast, struct forecast_result *result);

/* Stops it, if it still reads. */
void forecast_free(struct forecast *forecast);

#endif

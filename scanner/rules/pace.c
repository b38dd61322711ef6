#include "scanner/rules/pace.h"

void pace_init(struct pace *pace, double rate, double burst)
{
	*pace = (struct pace){ .burst = burst };
	pace_set_rate(pace, rate);
	if (burst > 0)
		pace->burst = burst;
	pace->tokens = pace->burst;
}

void pace_set_rate(struct pace *pace, double rate)
{
	pace->rate = rate;
	pace->burst = rate * PACE_BURST_S > 1 ? rate * PACE_BURST_S : 1;
	if (pace->tokens > pace->burst)
		pace->tokens = pace->burst;
}

static void refill(struct pace *pace, uint64_t now_us)
{
	if (pace->last_us != 0 && now_us > pace->last_us)
		pace->tokens += pace->rate * 1e-6 * (double)(now_us - pace->last_us);
	if (pace->tokens > pace->burst)
		pace->tokens = pace->burst;
	pace->last_us = now_us;
}

bool pace_take(struct pace *pace, double n, uint64_t now_us)
{
	if (pace->rate <= 0)
		return true;
	refill(pace, now_us);
	if (pace->tokens < n)
		return false;
	pace->tokens -= n;
	return true;
}

uint64_t pace_wait(struct pace *pace, uint64_t now_us)
{
	if (pace->rate <= 0)
		return 0;
	refill(pace, now_us);
	return pace->tokens >= 1 ? 0 : (uint64_t)((1 - pace->tokens) / pace->rate * 1e6) + 1;
}

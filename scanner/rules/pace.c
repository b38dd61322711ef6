#include "scanner/rules/pace.h"

uint64_t pace_wait(const struct pace *pace, uint64_t now_us)
{
	double ahead_us, wait_us;

	if (pace->rate <= 0)
		return 0;
	ahead_us = pace->burst_s * 1e6 - 1e6 / pace->rate;
	wait_us = pace->due_us - (double)now_us - (ahead_us > 0 ? ahead_us : 0);
	return wait_us > 0 ? (uint64_t)wait_us : 0;
}

uint64_t pace_reserve(struct pace *pace, uint64_t now_us)
{
	uint64_t wait_us = pace_wait(pace, now_us);

	if (pace->rate > 0)
		pace->due_us = (pace->due_us > (double)now_us ? pace->due_us : (double)now_us) + 1e6 / pace->rate;
	return wait_us;
}

bool pace_take(struct pace *pace, uint64_t now_us)
{
	return pace_wait(pace, now_us) == 0 && pace_reserve(pace, now_us) == 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/elapsed.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *elapsed_text(char out[static ELAPSED_MAX], uint64_t seconds)
{
	snprintf(out, ELAPSED_MAX, "%02" PRIu64 "h:%02um:%02us", seconds / 3600, (unsigned)(seconds / 60 % 60),
		 (unsigned)(seconds % 60));
	return out;
}

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* asked for each record */
	return now.tv_sec;
}

void elapsed_begin(struct elapsed *elapsed)
{
	elapsed->begun_s = elapsed->told_s = now_s();
}

bool elapsed_is_due(struct elapsed *elapsed, char out[static ELAPSED_MAX])
{
	int64_t now = now_s();

	if (now - elapsed->told_s < ELAPSED_LINE_S)
		return false;
	elapsed->told_s = now;
	elapsed_text(out, (uint64_t)(now - elapsed->begun_s));
	return true;
}

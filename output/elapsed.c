/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/elapsed.h"

#include <inttypes.h>
#include <stdio.h>

const char *elapsed_text(char out[static ELAPSED_MAX], uint64_t seconds)
{
	snprintf(out, ELAPSED_MAX, "%02" PRIu64 "h:%02um:%02us", seconds / 3600, (unsigned)(seconds / 60 % 60),
		 (unsigned)(seconds % 60));
	return out;
}

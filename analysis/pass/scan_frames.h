/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/scan_frames.h - the domains of a pass, by frames, on threads (analysis/pass/in_order.h).
 *
 * Memory: a frame's octets, what they hold (output/scan_file/frame.h, decode.h) and SCAN_OUTPUT_MAX of each output; of
 * all frames on their way SCAN_OCTETS_MAX compressed and one more. A frame that makes more waits for its turn, and is
 * then taken in parts.
 */
#ifndef STSURVEY_ANALYSIS_PASS_SCAN_FRAMES_H
#define STSURVEY_ANALYSIS_PASS_SCAN_FRAMES_H

#include "analysis/pass/scan_pass.h"

enum {
	/* One of our frames makes 12 MiB of JSON Lines. Nobody waits for one thread alone, and its text stays in the
	   processor's cache. */
	SCAN_OUTPUT_MAX = 16 * 1024 * 1024,
	SCAN_OUTPUT_MAX_ALONE = TEXT_BUFFER,
	SCAN_OCTETS_MAX = 64 * 1024 * 1024,
};

/* 0, also where somebody had enough; or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_frames_read(struct scan_pass *pass, struct error *error);

#endif

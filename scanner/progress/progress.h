/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/progress/progress.h - telling how a scan is doing: a line for people, a CSV row a second, the metadata file,
 * the closing lines.
 *
 * The caller has the clock. Called on one thread, once a second.
 */
#ifndef STSURVEY_SCANNER_PROGRESS_PROGRESS_H
#define STSURVEY_SCANNER_PROGRESS_PROGRESS_H

#include "output/text.h"
#include "scanner/progress/moment.h"

enum {
	PROGRESS_LINE_MAX = 1216,
	PROGRESS_METADATA_INTERVAL_MS = 10000, /* between rewrites of the metadata file */
	PROGRESS_WAITED_MS =
		15000, /* a line's pace is that of once to twice so long: few domains a second are some then */
};

struct progress {
	const struct scan *scan; /* NULL: not open */
	struct moment first;
	struct moment line, row; /* the last ones written: rates are differences */
	struct {
		uint64_t elapsed_ms, waiting, slowest;
	} waited[2]; /* domains, and those in the longest line, some time ago; the older first */
	uint64_t metadata_ms;
	char metadata_note[MOMENT_NOTE_MAX]; /* that stands there */
	bool metadata_failed;                /* said once */
	bool has_status;
	struct text status;
};

/* Can the files that @options name be written, as far as can be told without writing? To be asked before the scan file
 * is begun or replaced. 0, or -1 as progress_open. */
__attribute__((warn_unused_result)) int progress_check(const struct options *options, struct error *error);

/* Open the files that the scan's options name and write what is known at the start. 0, or -1 with one line for the user
 * in @error. @scan lives as long as the progress. */
__attribute__((warn_unused_result)) int progress_open(struct progress *progress, const struct scan *scan,
						      const struct moment *start, struct error *error);

/* A second has passed. */
void progress_tick(struct progress *progress, const struct moment *moment);

/* The scan is over: the last line, the last row, how it ended in the metadata, and a summary in the log. @failure: what
 * went wrong, or "". Nothing happens where it is not open. */
void progress_close(struct progress *progress, const struct moment *moment, int exit_status, const char *failure);

/* "00h:10m:02s; 12.3% (01h:11m:00s left); …", with rates since @before. @left_s below 0: nobody knows. */
void progress_line(char line[static PROGRESS_LINE_MAX], const struct moment *moment, const struct moment *before,
		   double left_s);

#endif

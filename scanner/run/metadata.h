/* scanner/run/metadata.h - the JSON file about a scan, for progress.c alone.
 *
 * It is replaced as a whole each time, so that a reader finds either the old one or the new one.
 */
#ifndef STSURVEY_SCANNER_RUN_METADATA_H
#define STSURVEY_SCANNER_RUN_METADATA_H

#include "scanner/run/progress.h"

struct metadata {
	const struct options *options;
	const struct progress_about *about;
	int64_t start_ms;  /* since 1970, UTC */
	const char *state; /* "running", "complete", "aborted", "failed" */
	int exit_status;   /* below 0: still running */
	const char *error; /* "": none */
	double elapsed_s;
	const struct progress_moment *moment;
};

/* 0, or -1 with one line for the user in @error. @last: also see that it reaches the disk. */
__attribute__((warn_unused_result)) int metadata_write(const struct metadata *metadata, bool last, struct error *error);

#endif

/* analysis/scan_files.h - every domain of any number of scan files, judged, in one pass.
 *
 * A file that was cut (crash, full disk) or that an interrupted scan left is read as far as it goes, with a
 * warning; damage before the end is an error. So are, with a warning, files whose domains overlap: two scans of one
 * list, or a shard beside the whole.
 */
#ifndef STSURVEY_ANALYSIS_SCAN_FILES_H
#define STSURVEY_ANALYSIS_SCAN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/classify/classify.h"

struct scan_files {
	const char *command; /* argv[0], for messages */
	char **path;         /* "-": standard input */
	int count;
	/* Called for each domain in file order; false ends the pass early, without a message. */
	bool (*on_domain)(void *arg, const struct observation *observation, const struct classification *result);
	void *arg;
	/* set by scan_files_read */
	uint64_t domains;
	unsigned incomplete; /* files that were cut, aborted or are still being written */
};

/* Is each file another one, and @output (NULL: none) none of them? False with a line on stderr; to be asked before the
 * output is opened, which empties it. */
__attribute__((warn_unused_result)) bool scan_files_differ(const struct scan_files *files, const char *output);

/* True once everything is read, or on_domain had enough; false after an error, which stands on stderr. So does that
 * there was no domain at all, which the caller judges. */
__attribute__((warn_unused_result)) bool scan_files_read(struct scan_files *files);

#endif

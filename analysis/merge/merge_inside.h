/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge_inside.h - the inside of one merge: merge.c looks at the headers, merge_read.c puts records into
 * rows, merge_write.c makes the file of them, and what all of them tell is in merge_inside.c.
 */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_INSIDE_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_INSIDE_H

#include "analysis/merge/merge.h"
#include "analysis/merge/merge_header.h"
#include "analysis/merge/merge_kept.h"
#include "analysis/pass/sorted_rows.h"
#include "output/elapsed.h"
#include "output/scan_file/reader.h"

struct merge_file {
	struct reader *reader; /* of what can be read but once, until it is */
	uint32_t shard;
	bool of_hosts; /* a list of mail servers, beside files of domains: it is no shard */
};

struct merge {
	const struct merge_options *options;
	struct merge_result *result;
	struct merge_header merged;
	const struct record_header *header; /* to be written: its */
	struct merge_file *file;            /* one a path */
	struct sorted_rows *rows;
	struct merge_kept kept;
	struct record_trailer trailer; /* what the files' sum up to; then what was written */
	bool traffic_lost;             /* a run was killed before it could say how much it asked */
	bool hopeless;                 /* what is read now is only looked at, for what else is missing */
	struct elapsed elapsed;
};

/* One line on standard error. */
__attribute__((format(printf, 2, 3))) void merge_warn(const struct merge *merge, const char *format, ...);

/* Is it to end? Then -1 with one line in @error. Progress is told here, with @done and @what it is. */
__attribute__((warn_unused_result)) int merge_go_on(struct merge *merge, uint64_t done, const char *what,
						    struct error *error);

/* All files. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int merge_read(struct merge *merge, struct error *error);

/* The file. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int merge_write(struct merge *merge, struct error *error);

#endif

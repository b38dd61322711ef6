/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/scan_judge.h - what a user is told of the scan files that are read: warnings, and what is wrong. */
#ifndef STSURVEY_ANALYSIS_PASS_SCAN_JUDGE_H
#define STSURVEY_ANALYSIS_PASS_SCAN_JUDGE_H

#include "analysis/pass/scan_files.h"
#include "output/scan_file/reader.h"

/* In the header of what merge has made: a list of mail servers, which is this one's value, was joined in (--mx-hosts),
 * though the scan itself asked none. */
#define SCAN_ORIGIN_JOINED "joined-mx-hosts"

/* Where a file's domains come from, as far as its header tells. */
struct scan_origin {
	uint64_t size, sample; /* of the list; sample 0: a pipe, of which nothing is known */
	uint32_t shards, shard;
	bool of_hosts; /* the list is one of mail servers, which many files may tell of (--mx-hosts) */
};

struct scan_origin scan_origin_of(const struct record_header *header);

/* Are both known to be of one list? */
static inline bool scan_origin_is_same_list(const struct scan_origin *a, const struct scan_origin *b)
{
	return a->sample != 0 && a->sample == b->sample && a->size == b->size;
}

/* Is it among the shards of these files? */
bool scan_origin_has_shard(const struct scan_origin *origin, int count, uint32_t shard);

/* One line on standard error. */
__attribute__((format(printf, 2, 3))) void scan_judge_warn(const struct scan_files *files, const char *format, ...);

/* Set origin[@file], one a file, and warn where it overlaps with one before. */
void scan_judge_header(const struct scan_files *files, struct scan_origin *origin, int file,
		       const struct record_header *header);

/* After the last: warn where a shard is missing. */
void scan_judge_shards(const struct scan_files *files, const struct scan_origin *origin);

/* At a file's end: is all there? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_judge_end(struct scan_files *files, const struct reader *reader,
						       const char *path, struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge_header.h - do files belong together, and what is the header of all of them? */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_HEADER_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_HEADER_H

#include "analysis/merge/merge.h"

struct merge_header {
	struct record_header header; /* of all files that were added: one shard, the whole list; what it points into is
				      * kept here */
	const char *first;           /* the file that was added first; NULL: none was */
	uint32_t shards;             /* that the list was split into */
	struct merge_text *text;     /* all texts */
	struct record_option *option;
	struct span label[OBS_LABEL_MAX];
};

/* A header that has nothing; only fini follows a failure. */
void merge_header_init(struct merge_header *merged);
void merge_header_fini(struct merge_header *merged);

/* One more file. 0, or -1 with one line in @error, which names what differs and both files. */
__attribute__((warn_unused_result)) int merge_header_add(struct merge_header *merged, const char *path,
							 const struct record_header *header,
							 enum merge_option (*kind)(struct span name),
							 struct error *error);

/* In the place of the first file: a header that the caller has, which what it points into outlives, with options to be
 * added. */
__attribute__((warn_unused_result)) int merge_header_begin_as(struct merge_header *merged,
							      const struct record_header *header, struct error *error);

/* Options of a file that are not there yet, but for those left out. */
__attribute__((warn_unused_result)) int merge_header_add_options(struct merge_header *merged,
								 const struct record_header *header,
								 enum merge_option (*kind)(struct span name),
								 struct error *error);

/* A file of mail servers was joined in: readers are to look for them, though the scan itself asked none. */
__attribute__((warn_unused_result)) int merge_header_add_hosts(struct merge_header *merged, const char *path,
							       struct error *error);

/* Can records of such a file be written again without loss, beside a header with these labels? 0, or -1 with one line
 * in @error. */
__attribute__((warn_unused_result)) int merge_header_check(const struct record_header *header, const char *path,
							   const struct span *label, size_t label_count,
							   const char *first, struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/frame_records.h - the records of one frame, and what a file's reader has to know of them
 * (output/scan_file/reader.h), so that any thread may read any frame: what it finds is put in order afterwards.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_FRAME_RECORDS_H
#define STSURVEY_OUTPUT_SCAN_FILE_FRAME_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"

enum {
	/* Of one frame, before they are taken: four times what one of ours holds. */
	FRAME_INDEXES_MAX = 65536,
};

/* Why there is no record after that. */
enum frame_stop {
	FRAME_STOP_NOT, /* there may be more */
	FRAME_STOP_END,
	FRAME_STOP_WORK,    /* more than it may make */
	FRAME_STOP_NEWER,   /* a header with a schema that we cannot read */
	FRAME_STOP_DAMAGED, /* at `offset` */
	FRAME_STOP_MEMORY,
};

/* What was found in a frame, or in a part of it. */
struct frame_facts {
	long long start, end; /* of the frame, in octets of the file */
	bool is_first;        /* of the file: its header is known */
	uint64_t work_most;   /* what the frame may make, at most (READER_WORK_…) */
	uint64_t work;
	enum frame_stop stop;
	size_t offset;         /* octets of content read until then */
	uint16_t major, minor; /* of the header that cannot be read */
	unsigned long long domains, blocklisted, illegal, hosts;
	struct direct_counts direct; /* of these */
	unsigned long long records;  /* between header and trailer */
	bool is_behind;              /* some stand before this part of the frame */
	bool joined;                 /* as struct reader_end has it */
	bool has_trailer, trailer_alone;
	struct record_trailer trailer;
	uint64_t *index; /* of each domain; room for FRAME_INDEXES_MAX */
	size_t index_count;
};

typedef void frame_on_host(void *arg, const struct obs_host *host);
typedef void frame_on_vantage(void *arg, const struct obs_vantage *vantage);

/* A thread's own. */
struct frame_records {
	struct decode *decode;
	union decode_frame_record other;
	frame_on_host *on_host; /* each may be NULL */
	frame_on_vantage *on_vantage;
	void *arg; /* for both */
};

/* False: no memory. fini frees what an init that failed has left, too. */
__attribute__((warn_unused_result)) bool frame_records_init(struct frame_records *records);
void frame_records_fini(struct frame_records *records);

/* A frame's @content, which lives until its last record; @facts are those of its beginning. */
void frame_records_begin(struct frame_records *records, struct span content);

/* The next domain, which lives until the next call: 1, and it is counted in @facts; or 0, and @facts->stop says why.
 * There must be room for an index. */
__attribute__((warn_unused_result)) int frame_records_next(struct frame_records *records,
							   struct observation *observation, struct frame_facts *facts);

/* Count what a record makes the caller do beyond looking at it. False: that is too much, and the frame has ended. */
__attribute__((warn_unused_result)) bool frame_facts_add_work(struct frame_facts *facts, uint64_t work);

/* What was found so far was taken: the same frame, and nothing found. */
void frame_facts_taken(struct frame_facts *facts);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/decode.h - the content of one frame back into records (SCHEMA.md). The counterpart of
 * output/scan_file/record.h.
 *
 * Nothing in the octets is believed: counts are bounded by parsers/observation.h's limits and by the octets
 * left, memory by caps. A value of a newer minor that this version has no word for is read as the enum's
 * catch-all (ERROR, protocol-error, …); unknown kinds and trailing fields are passed over.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_DECODE_H
#define STSURVEY_OUTPUT_SCAN_FILE_DECODE_H

#include "output/scan_file/record.h"
#include "parsers/span.h"

enum {
	DECODE_TABLE_CAP = 16 * 1024 * 1024, /* octets of each table of a frame; our own frames need about one MiB */
	DECODE_RECORD_CAP = 1024 * 1024,     /* octets of one record's arrays; all limits at once need 200 KiB */
	DECODE_HOST_CAP = 128 * 1024,        /* the same of a host; all of its limits at once need 80 KiB */
};

enum decode_result {
	DECODE_END, /* of the frame */
	DECODE_HEADER,
	DECODE_DOMAIN,
	DECODE_TRAILER,
	DECODE_HOST,
	DECODE_VANTAGE,
	DECODE_NEWER,   /* a header with a major version we cannot read; `other` holds it */
	DECODE_DAMAGED, /* not what a writer writes, or over a cap */
	DECODE_MEMORY,
};

/* A record that is no domain; what is not of the kind returned is undefined. */
union decode_frame_record {
	struct record_header header;
	struct record_trailer trailer;
	struct obs_host host;
	struct obs_vantage vantage;
};

struct decode;

/* NULL: no memory. */
struct decode *decode_new(void);

/* For hosts alone, of which many are kept decoded. */
struct decode *decode_new_for_host(void);

void decode_free(struct decode *decode);

/* Octets that it has for the tables of frames and for what a record points to. */
size_t decode_memory(const struct decode *decode);

/* The header's columns (record_header.label), which each domain has from now on; the names are copied. Before
 * decode_begin. Without it, domains have no labels. False: no memory. */
__attribute__((warn_unused_result)) bool decode_set_labels(struct decode *decode, const struct span *name,
							   size_t count);

/* The same columns as @from has, which nobody sets meanwhile. */
__attribute__((warn_unused_result)) bool decode_copy_labels(struct decode *decode, const struct decode *from);

/* A new frame; what came from the one before is gone. @content must live until the next call. */
void decode_begin(struct decode *decode, struct span content);

/* The next record, into @domain or @other. What it points to lives until the next call; after an error there
 * is nothing more in the frame. */
__attribute__((warn_unused_result)) enum decode_result decode_next(struct decode *decode, struct observation *domain,
								   union decode_frame_record *other);

/* Octets of the frame read so far. */
size_t decode_offset(const struct decode *decode);

#endif

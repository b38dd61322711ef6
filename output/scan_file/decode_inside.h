/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/decode_inside.h - the inside of a decoder: decode.c reads domains, decode_header.c what stands at
 * the ends of a file, decode_policy.c what belongs to a policy, decode_audit.c what came of audits, decode_host.c what
 * concerns MX hosts.
 *
 * Without memory, and where the octets are not what they should be, the cursor has failed, and pointers are NULL.
 * @left: elements of the array being read that are not yet read.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_DECODE_INSIDE_H
#define STSURVEY_OUTPUT_SCAN_FILE_DECODE_INSIDE_H

#include <stdalign.h>
#include <stddef.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/schema.h"
#include "output/scan_file/unpack.h"

/* Behind what a frame numbers, the lists in that. */
enum { TABLE_MX_RECORD = TABLE_COUNT, TABLE_NAME, TABLES };

/* Entries of a frame, in order of appearance. */
struct table {
	char *entry;
	uint32_t count, size;
};

struct decode {
	struct unpack u;
	struct span content;
	bool no_memory;
	struct schema_previous previous;
	struct table table[TABLES];
	size_t table_octets; /* of all of them */
	char *record;        /* for the lists of one; untouched, it costs no memory */
	size_t used, size;   /* octets of it */
	/* the file's columns, without values: what a domain has that says nothing of them */
	struct obs_label no_label[OBS_LABEL_MAX];
	size_t label_count;
	char *label_names; /* what they point into */
};

/* Room for @count things of @size, until the next record; NULL also for none. */
void *decode_room(struct decode *d, size_t count, size_t size);

/* The next @count entries, of @size each; adding to the table moves them. Not NULL for none. */
void *decode_add(struct decode *d, unsigned table, size_t size, uint32_t count);

/* The entry that the number read next names. */
void *decode_refer(struct decode *d, enum schema_table table, size_t size);

/* A field of one of @count values; one that a newer minor has added becomes @other. */
unsigned decode_enum(struct decode *d, uint32_t *left, unsigned count, unsigned other);

/* A field that is an array: room for its elements, at most @max of @size, which the caller reads; *@count is 0 where
 * there is none. */
void *decode_list(struct decode *d, uint32_t *left, uint32_t max, size_t size, uint32_t *count);

/* How a question went: the two numbers that every answer has. */
void decode_asked(struct decode *d, uint32_t *left, struct obs_answer *answer);

/* What few answers have. */
void decode_why(struct decode *d, uint32_t *left, struct obs_answer *answer);
void decode_source(struct decode *d, uint32_t *left, struct obs_answer *answer);

/* Fields that are lists. */
const struct span *decode_texts(struct decode *d, uint32_t *left, uint32_t max, uint32_t *count);
const struct obs_address *decode_addresses(struct decode *d, uint32_t *left, size_t *count);
const struct obs_verify_error *decode_verify_errors(struct decode *d, uint32_t *left, size_t *count);

/* Is it a version that we can read? What a newer major holds behind its number is left alone. */
bool decode_header(struct decode *d, uint32_t left, struct record_header *header);
void decode_trailer(struct decode *d, uint32_t left, struct record_trailer *trailer);

void decode_tls(struct decode *d, struct obs_tls *tls);
void decode_certificate(struct decode *d, uint32_t left);
void decode_body(struct decode *d, uint32_t left);
void decode_audits(struct decode *d, struct observation *observation);
void decode_policy(struct decode *d, struct obs_policy *policy);
void decode_host(struct decode *d, uint32_t left, struct obs_host *host);
void decode_vantage(struct decode *d, uint32_t left, struct obs_vantage *vantage);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/pack.h - the inside of a record_buffer, for the files that write records: record.c, record_policy.c
 * what belongs to a policy, record_host.c an MX host.
 *
 * A failure is kept in the buffer and looked at once, at the record's end.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_PACK_H
#define STSURVEY_OUTPUT_SCAN_FILE_PACK_H

#include <msgpack.h>

#include "output/scan_file/intern.h"
#include "output/scan_file/kept.h"
#include "output/scan_file/record.h"
#include "output/scan_file/schema.h"

struct record_buffer {
	char *data;
	size_t n, size;
	bool failed; /* no memory since the last rollback */
	bool begun;  /* the frame has its first record */
	struct schema_previous previous;
	struct intern table[TABLE_COUNT];
	struct kept *kept; /* certificates that the file has whole; NULL: every frame gets its own */
	msgpack_packer packer;
};

/* A state to go back to when memory runs out in the middle of a record. */
struct pack_mark {
	size_t n;
	uint32_t count[TABLE_COUNT];
};

/* The record is whole (0), or the buffer is as before (-1). */
int pack_finish(struct record_buffer *b, const struct pack_mark *mark);

void pack_cut_back(struct record_buffer *b, const struct pack_mark *mark);

static inline struct pack_mark pack_begin(const struct record_buffer *b)
{
	struct pack_mark mark = { .n = b->n };

	for (int t = 0; t < TABLE_COUNT; t++)
		mark.count[t] = b->table[t].count;
	return mark;
}

/* ---- values ---- */

static inline void pack_array(struct record_buffer *b, size_t n)
{
	msgpack_pack_array(&b->packer, n);
}

static inline void pack_uint(struct record_buffer *b, uint64_t value)
{
	if (value < 0x80 && b->n < b->size && !b->failed) /* most numbers: an octet that is the number itself */
		b->data[b->n++] = (char)value;
	else
		msgpack_pack_uint64(&b->packer, value);
}

/* The same for what refers to the frame: where readers of the plain stream begin anew is told them, once. */
static inline struct pack_mark pack_begin_in_frame(struct record_buffer *b)
{
	struct pack_mark mark = pack_begin(b);

	if (!b->begun) {
		/* Readers of the plain stream see no frames: this tells them where differences and numbers
		 * begin anew. */
		pack_array(b, FRAME_ELEMENTS);
		pack_uint(b, RECORD_KIND_FRAME);
	}
	return mark;
}

static inline void pack_int(struct record_buffer *b, int64_t value)
{
	msgpack_pack_int64(&b->packer, value);
}

static inline void pack_nil(struct record_buffer *b)
{
	msgpack_pack_nil(&b->packer);
}

static inline void pack_bin(struct record_buffer *b, const void *octets, size_t n)
{
	msgpack_pack_bin(&b->packer, n);
	msgpack_pack_bin_body(&b->packer, octets, n);
}

/* Readers in other languages take str for UTF-8, so that only UTF-8 is written as one. */
void pack_text(struct record_buffer *b, struct span s);
void pack_text_or_nil(struct record_buffer *b, struct span s);
void pack_texts(struct record_buffer *b, const struct span *text, size_t count);

static inline size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

/* The frame's number for the octets from @key to the end. If they have one already, all that was written from @start on
 * is taken back. */
static inline long pack_number_of(struct record_buffer *b, enum schema_table table, size_t start, size_t key)
{
	bool is_new = false;
	long number = b->failed ? -1 : intern_number(&b->table[table], b->data, key, b->n - key, &is_new);

	b->failed = number < 0;
	if (!is_new)
		b->n = start;
	return number;
}

/* ---- what many records hold ---- */

static inline unsigned pack_flags(const struct obs_answer *answer)
{
	return answer->status | (answer->ad ? ANSWER_AD : 0u) | (answer->cname_loop ? ANSWER_CNAME_LOOP : 0u);
}

/* How it went: the two numbers that every answer has. */
static inline void pack_asked(struct record_buffer *b, const struct obs_answer *answer)
{
	pack_uint(b, pack_flags(answer));
	pack_uint(b, answer->tries);
}

/* Is there something that few answers have? */
static inline bool pack_has_why(const struct obs_answer *answer)
{
	return answer->ede > 0 || answer->unchecked != DNS_SKIPPED;
}

static inline void pack_why(struct record_buffer *b, const struct obs_answer *answer)
{
	pack_uint(b, answer->ede);
	pack_uint(b, answer->unchecked);
}

/* Was it asked with --direct? */
static inline bool pack_has_source(const struct obs_answer *answer)
{
	return answer->source != SOURCE_NONE || answer->fall_back != FALL_BACK_NONE;
}

static inline void pack_source(struct record_buffer *b, const struct obs_answer *answer)
{
	pack_uint(b, answer->source);
	pack_uint(b, answer->fall_back);
}

void pack_addresses(struct record_buffer *b, const struct obs_address *address, size_t count);

/* Numbers of a TLS connection's certificates in the frame. */
struct pack_chain {
	long number[OBS_CHAIN_MAX];
};

/* Write the certificates that the frame has not yet; they stand ahead of the record that refers to them. */
void pack_chain(struct record_buffer *b, const struct obs_tls *tls, struct pack_chain *chain);
void pack_tls(struct record_buffer *b, const struct obs_tls *tls, const struct pack_chain *chain);
void pack_verify_errors(struct record_buffer *b, const struct obs_verify_error *error, size_t count);

/* ---- a policy ---- */

/* What a domain record refers to: numbers in the frame. */
struct pack_referred {
	struct pack_chain chain;
	long body;
};

static inline bool pack_answer_is_empty(const struct obs_answer *answer)
{
	/* in the order of the members: neighbours are looked at together */
	return answer->ttl == 0 && answer->ede == 0 && answer->unchecked == DNS_SKIPPED && answer->tries == 0 &&
	       answer->cname_count == 0 && answer->status == DNS_SKIPPED && !answer->ad && !answer->cname_loop;
}

/* Does it say nothing, so that it need not be written? */
static inline bool pack_policy_is_empty(const struct obs_policy *p)
{
	return pack_answer_is_empty(&p->a) && pack_answer_is_empty(&p->aaaa) && p->address_count == 0 &&
	       p->address_omitted == 0 && !p->reserved && p->status == CONNECT_SKIPPED && p->fetch_ms == 0 &&
	       obs_tls_is_empty(&p->tls) && obs_http_is_empty(&p->http);
}

void pack_referred(struct record_buffer *b, const struct obs_policy *policy, struct pack_referred *referred);
void pack_policy(struct record_buffer *b, const struct obs_policy *policy, const struct pack_referred *referred);

#endif

/* output/record_put.h - the inside of a record buffer, for the files that write into it. */
#ifndef STSURVEY_OUTPUT_RECORD_PUT_H
#define STSURVEY_OUTPUT_RECORD_PUT_H

#include <msgpack.h>

#include "output/intern.h"
#include "output/record.h"
#include "output/schema.h"
#include "output/text.h"
#include "parsers/utf8.h"

struct record_buffer {
	char *data;
	size_t n, size;
	bool failed; /* no memory since the last rollback */
	uint32_t domains;
	struct {
		uint64_t index, end, rank_ahead;
	} before; /* what the next record is a difference to */
	struct intern shape, mx, certificate, body;
	msgpack_packer packer;
};

/* ---- values; a failure is kept in the buffer and looked at once, at the record's end ---- */

static inline void put_array(struct record_buffer *b, size_t n)
{
	msgpack_pack_array(&b->packer, n);
}

static inline void put_uint(struct record_buffer *b, uint64_t value)
{
	if (value < 0x80 && b->n < b->size && !b->failed) /* most numbers: an octet that is the number itself */
		b->data[b->n++] = (char)value;
	else
		msgpack_pack_uint64(&b->packer, value);
}

static inline void put_int(struct record_buffer *b, int64_t value)
{
	msgpack_pack_int64(&b->packer, value);
}

static inline void put_nil(struct record_buffer *b)
{
	msgpack_pack_nil(&b->packer);
}

static inline void put_bin(struct record_buffer *b, struct span s)
{
	msgpack_pack_bin(&b->packer, s.n);
	msgpack_pack_bin_body(&b->packer, s.p, s.n);
}

/* Readers in other languages take str for UTF-8, so that only UTF-8 is written as one. */
static inline void put_text(struct record_buffer *b, struct span s)
{
	if (!utf8_is_valid(s)) {
		put_bin(b, s);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

static inline void put_text_or_nil(struct record_buffer *b, struct span s)
{
	if (s.p)
		put_text(b, s);
	else
		put_nil(b);
}

static inline size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static inline void put_texts(struct record_buffer *b, const struct span *text, size_t count)
{
	put_array(b, count);
	for (size_t i = 0; i < count; i++)
		put_text(b, text[i]);
}

static inline unsigned answer_flags(const struct obs_answer *answer)
{
	return answer->status | (answer->ad ? ANSWER_AD : 0u) | (answer->cname_loop ? ANSWER_CNAME_LOOP : 0u);
}

/* How it went: the two numbers that every answer has. */
static inline void put_asked(struct record_buffer *b, const struct obs_answer *answer)
{
	put_uint(b, answer_flags(answer));
	put_uint(b, answer->tries);
}

#endif

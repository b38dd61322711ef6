/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/https/http_answer.h - one HTTP answer as it arrives, line by line and piece by piece → obs_http.
 *
 * Knows no HTTP library: its caller hands over complete header lines and the body without its chunks, and stops when
 * told to. What compresses it, be it a content coding or a transfer coding, is undone here. Nothing is kept beyond the
 * limits of parsers/observation.h.
 */
#ifndef STSURVEY_SCANNER_HTTPS_HTTP_ANSWER_H
#define STSURVEY_SCANNER_HTTPS_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/https/http_coding.h"
#include "scanner/base/limits.h"

enum http_go {
	HTTP_GO_ON,
	HTTP_STOP_ENOUGH,    /* the rest is not wanted: no failure */
	HTTP_STOP_TOO_LARGE, /* body over POLICY_BODY_MAX */
	HTTP_STOP_PROTOCOL,  /* headers without end, a body that can't be decoded or whose length is contested */
	HTTP_STOP_NO_MEMORY, /* the arena's cap: ours */
};

struct http_answer {
	struct arena *arena;
	struct obs_http *http; /* zeroed by the caller */
	enum http_go go;       /* the last result */
	/* What the next line is, until the body: then it is a trailer. */
	enum http_line { HTTP_STATUS_LINE, HTTP_INTERIM_LINE, HTTP_FIELD_LINE, HTTP_TRAILER_LINE } line;
	struct span *unfolding; /* the field that a line beginning with white space goes on with; NULL: none is kept */
	bool unfolds_framing;   /* it would be one of these: */
	/* of its fields and status, what says where the body ends (RFC 9112 6.3) */
	bool is_bodiless, has_length, has_transfer_coding, is_chunked;
	bool is_contested; /* it is said in two ways, or in none that can be understood */
	uint64_t length;
	enum http_coding_kind transfer_coding; /* beside chunked */
	unsigned interim;
	size_t header_octets;
	char *body;
	size_t room;                /* octets body has space for */
	uint64_t coded_octets;      /* of the body, as they arrived */
	struct http_coding *coding; /* NULL: none */
};

void http_answer_init(struct http_answer *answer, struct arena *arena, struct obs_http *http);

/* Does the answer say itself where its body ends? Else the connection's end does. */
static inline bool http_answer_is_framed(const struct http_answer *answer)
{
	return answer->is_bodiless || answer->is_chunked || (answer->has_length && !answer->has_transfer_coding);
}

/* One line of header, with its line end; status lines of 1xx answers too. */
enum http_go http_answer_line(struct http_answer *answer, struct span line);

/* The next octets of the body, not none. */
enum http_go http_answer_body(struct http_answer *answer, struct span octets);

/* It is over: hash the body. False: the body was coded, and ends in the middle. */
bool http_answer_end(struct http_answer *answer);

#endif

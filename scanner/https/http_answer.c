/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/https/http_answer.h"

#include <stdio.h>
#include <openssl/sha.h>

enum {
	BODY_FIRST = 1024, /* octets of room at first: nine policies of ten fit */
	BODY_GROWTH = 4,   /* few steps, since an arena takes nothing back: 1, 4, 16, 64 KiB */
};

/* Fields with which protection services mark a challenge; their pages are classify's. */
static const struct span challenge_fields[] = {
	SPAN_LITERAL("cf-mitigated"),      /* Cloudflare */
	SPAN_LITERAL("sg-captcha"),        /* SiteGround */
	SPAN_LITERAL("x-amzn-waf-action"), /* AWS WAF */
	SPAN_LITERAL("x-sucuri-block"),    /* Sucuri */
};

void http_answer_init(struct http_answer *answer, struct arena *arena, struct obs_http *http)
{
	*answer = (struct http_answer){ .arena = arena, .http = http };
}

static enum http_go stop(struct http_answer *answer, enum http_go why)
{
	answer->go = why;
	return why;
}

/* RFC 9112 4: HTTP-name "/" DIGIT "." DIGIT SP 3DIGIT */
static enum http_go on_status_line(struct http_answer *answer, struct span line)
{
	size_t at = span_find(line, 0, ' ') + 1;
	unsigned status = 0;

	for (size_t i = at; i < at + 3 && i < line.n && ascii_is_digit(line.p[i]); i++)
		status = status * 10 + (unsigned)(line.p[i] - '0');
	/* RFC 9110 15.2: an interim answer is none yet. 101 is final: nobody asked for another protocol. */
	if (status >= 100 && status < 200 && status != 101) {
		answer->line = HTTP_INTERIM_LINE;
		return ++answer->interim > HTTP_INTERIM_MAX ? stop(answer, HTTP_STOP_PROTOCOL) : HTTP_GO_ON;
	}
	answer->line = HTTP_FIELD_LINE;
	answer->http->status = (uint16_t)status;
	answer->is_bodiless = status == 204 || status == 304;
	return HTTP_GO_ON;
}

/* The first field of a name is kept. */
static enum http_go keep_field(struct http_answer *answer, struct span value, struct span *field)
{
	if (field->p)
		return HTTP_GO_ON;
	if (value.n > HTTP_FIELD_MAX)
		value.n = HTTP_FIELD_MAX;
	*field = arena_copy(answer->arena, value);
	return field->p ? HTTP_GO_ON : stop(answer, HTTP_STOP_NO_MEMORY);
}

/* What is kept of @field, @between and @value. What has no room for all of it is nothing to judge by. */
static enum http_go append_field(struct http_answer *answer, const char *between, struct span value, struct span *field)
{
	char text[HTTP_FIELD_MAX + 1];
	int n = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)field->n, field->p, between, (int)value.n, value.p);

	if (n < 0 || n > HTTP_FIELD_MAX)
		return stop(answer, HTTP_STOP_PROTOCOL);
	field->p = NULL;
	return keep_field(answer, (struct span){ text, strnlen(text, (size_t)n) }, field);
}

/* Those that differ are one list (RFC 9110 5.3); who takes which of them is not known. */
static enum http_go join_field(struct http_answer *answer, struct span value, struct span *field)
{
	answer->unfolding = field;
	if (!field->p || span_equal_nocase(*field, value))
		return keep_field(answer, value, field);
	return append_field(answer, ", ", value, field);
}

/* RFC 9112 5.2: a line that begins with white space goes on with the field before. */
static enum http_go unfold(struct http_answer *answer, struct span line)
{
	if (answer->unfolds_framing) /* libcurl has not seen this of it */
		answer->is_contested = true;
	if (!answer->unfolding || !answer->unfolding->p)
		return HTTP_GO_ON;
	return append_field(answer, answer->unfolding->n > 0 ? " " : "", span_trim(line), answer->unfolding);
}

/* Its name and value, as the evidence from which a challenge is judged. */
static enum http_go keep_challenge(struct http_answer *answer, struct span name, struct span value)
{
	char text[HTTP_FIELD_MAX];
	int n = snprintf(text, sizeof(text), "%.*s: %.*s", (int)name.n, name.p, (int)value.n, value.p);

	return keep_field(answer, (struct span){ text, strnlen(text, (size_t)n) }, &answer->http->challenge);
}

/* RFC 9112 6.1, 7: a list; the chunks at its end are undone before the body comes here, what is before them is not. */
static void on_transfer_codings(struct http_answer *answer, struct span codings)
{
	size_t last = codings.n;

	while (last > 0 && codings.p[last - 1] != ',')
		last--;
	answer->has_transfer_coding = true;
	answer->is_chunked = span_equal_nocase(span_trim(span_skip(codings, last)), SPAN_LITERAL("chunked"));
	if (answer->is_chunked)
		codings.n = last;
	if (http_coding_of(codings) != HTTP_CODING_NONE)
		answer->transfer_coding = http_coding_of(codings);
}

/* RFC 9110 8.6: a number; repeated in a list or another field it must stay the same. */
static void on_length(struct http_answer *answer, struct span value)
{
	struct span one;

	while (span_next_part(&value, ',', &one)) {
		uint64_t length = 0;

		if (!span_decimal(one, INT64_MAX, &length) || (answer->has_length && length != answer->length))
			answer->is_contested = true;
		answer->length = length;
		answer->has_length = true;
	}
}

static enum http_go on_field(struct http_answer *answer, struct span name, struct span value)
{
	answer->unfolding = NULL;
	answer->unfolds_framing = span_equal_nocase(name, SPAN_LITERAL("content-length")) ||
				  span_equal_nocase(name, SPAN_LITERAL("transfer-encoding"));
	if (span_equal_nocase(name, SPAN_LITERAL("content-type")))
		return join_field(answer, value, &answer->http->content_type);
	if (span_equal_nocase(name, SPAN_LITERAL("location")))
		return keep_field(answer, value, &answer->http->location);
	if (span_equal_nocase(name, SPAN_LITERAL("content-encoding")))
		return join_field(answer, value, &answer->http->content_encoding);
	if (span_equal_nocase(name, SPAN_LITERAL("content-length")))
		on_length(answer, value);
	if (span_equal_nocase(name, SPAN_LITERAL("transfer-encoding")))
		on_transfer_codings(answer, value);
	for (size_t i = 0; i < COUNT_OF(challenge_fields); i++) {
		if (span_equal_nocase(name, challenge_fields[i]))
			return keep_challenge(answer, challenge_fields[i], value);
	}
	return HTTP_GO_ON;
}

/* RFC 9112 6.3: an answer whose length is contested may be two, and is discarded. */
static enum http_go end_of_header(struct http_answer *answer)
{
	answer->line = HTTP_TRAILER_LINE;
	if (answer->has_length && (answer->is_chunked || answer->transfer_coding != HTTP_CODING_NONE))
		answer->is_contested = true;
	return answer->is_contested && !answer->is_bodiless ? stop(answer, HTTP_STOP_PROTOCOL) : HTTP_GO_ON;
}

enum http_go http_answer_line(struct http_answer *answer, struct span line)
{
	size_t colon;

	answer->header_octets += line.n;
	if (answer->header_octets > HTTP_HEADER_MAX)
		return stop(answer, HTTP_STOP_PROTOCOL);
	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	switch (answer->line) {
	case HTTP_STATUS_LINE:
		return on_status_line(answer, line);
	case HTTP_INTERIM_LINE:
		answer->line = line.n > 0 ? HTTP_INTERIM_LINE : HTTP_STATUS_LINE;
		return HTTP_GO_ON;
	case HTTP_TRAILER_LINE:
		return HTTP_GO_ON; /* RFC 9110 6.5: trailers change nothing */
	case HTTP_FIELD_LINE:
		break;
	}
	if (line.n == 0)
		return end_of_header(answer);
	if (ascii_is_wsp(line.p[0]))
		return unfold(answer, line);
	colon = span_find(line, 0, ':');
	if (colon == line.n)
		return HTTP_GO_ON;
	return on_field(answer, (struct span){ line.p, colon }, span_trim(span_skip(line, colon + 1)));
}

/* Make room for @need octets, at most @max; what is there moves along. */
static bool body_reserve(struct http_answer *answer, size_t need, size_t max)
{
	size_t room = answer->room > 0 ? answer->room : BODY_FIRST;
	char *body;

	if (need <= answer->room)
		return true;
	while (room < need)
		room *= BODY_GROWTH;
	if (room > max)
		room = max;
	body = arena_alloc(answer->arena, room);
	if (!body)
		return false;
	if (answer->http->body.n > 0)
		memcpy(body, answer->body, answer->http->body.n);
	answer->body = body;
	answer->room = room;
	return true;
}

static size_t body_max(const struct obs_http *http)
{
	return http->status == 200 ? POLICY_BODY_MAX : HTTP_ERROR_BODY_MAX;
}

static enum http_go stop_at_limit(struct http_answer *answer)
{
	return stop(answer, answer->http->status == 200 ? HTTP_STOP_TOO_LARGE : HTTP_STOP_ENOUGH);
}

static enum http_go keep_body(struct http_answer *answer, struct span octets)
{
	struct obs_http *http = answer->http;
	size_t max = body_max(http);
	size_t n = octets.n < max - http->body.n ? octets.n : max - http->body.n;

	http->size += octets.n;
	if (n > 0) {
		if (!body_reserve(answer, http->body.n + n, max))
			return stop(answer, HTTP_STOP_NO_MEMORY);
		memcpy(answer->body + http->body.n, octets.p, n);
		http->body = (struct span){ answer->body, http->body.n + n };
	}
	return http->size > max ? stop_at_limit(answer) : HTTP_GO_ON;
}

static bool on_decoded(void *arg, struct span octets)
{
	return keep_body(arg, octets) == HTTP_GO_ON;
}

static enum http_go decode(struct http_answer *answer, struct span coded)
{
	switch (http_coding_push(answer->coding, coded, on_decoded, answer)) {
	case HTTP_CODING_GO_ON:
		/* empty members without end would never reach the body's limit */
		return answer->coded_octets > body_max(answer->http) ? stop_at_limit(answer) : HTTP_GO_ON;
	case HTTP_CODING_STOPPED:
		return answer->go;
	case HTTP_CODING_NO_MEMORY:
		return stop(answer, HTTP_STOP_NO_MEMORY);
	default:
		return stop(answer, HTTP_STOP_PROTOCOL);
	}
}

enum http_go http_answer_body(struct http_answer *answer, struct span octets)
{
	enum http_coding_kind kind = http_coding_of(answer->http->content_encoding);

	if (answer->transfer_coding != HTTP_CODING_NONE)
		kind = kind == HTTP_CODING_NONE ? answer->transfer_coding : HTTP_CODING_UNKNOWN;
	answer->coded_octets += octets.n;
	if (kind == HTTP_CODING_NONE)
		return keep_body(answer, octets);
	if (kind == HTTP_CODING_UNKNOWN) /* a sender can't read it either; what came is kept */
		return keep_body(answer, octets) == HTTP_GO_ON ? stop(answer, HTTP_STOP_PROTOCOL) : answer->go;
	if (!answer->coding)
		answer->coding = http_coding_new(answer->arena, kind);
	return answer->coding ? decode(answer, octets) : stop(answer, HTTP_STOP_NO_MEMORY);
}

bool http_answer_end(struct http_answer *answer)
{
	struct obs_http *http = answer->http;

	if (http->body.n > 0)
		SHA256((const unsigned char *)http->body.p, http->body.n, http->body_sha256);
	return !answer->coding || http_coding_is_whole(answer->coding);
}

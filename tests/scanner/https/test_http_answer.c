/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP answers, line by line: where reading stops, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/https/http_answer.h"

struct fixture {
	struct arena arena;
	struct obs_http http;
	struct http_answer answer;
};

static void fixture_init(struct fixture *f)
{
	f->arena = (struct arena){ 0 };
	f->http = (struct obs_http){ 0 };
	http_answer_init(&f->answer, &f->arena, &f->http);
}

static enum http_go line(struct fixture *f, const char *text)
{
	return http_answer_line(&f->answer, span_of(text));
}

static void interim_answers_are_counted(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (int i = 0; i < HTTP_INTERIM_MAX; i++) {
		assert_int_equal(line(&f, "HTTP/1.1 100 Continue\r\n"), HTTP_GO_ON);
		assert_int_equal(line(&f, "Content-Type: not/this\r\n"), HTTP_GO_ON);
		assert_int_equal(line(&f, "\r\n"), HTTP_GO_ON);
	}
	assert_int_equal(line(&f, "HTTP/1.1 100 Continue\r\n"), HTTP_STOP_PROTOCOL);
	assert_int_equal(f.http.status, 0);
	assert_null(f.http.content_type.p);
	arena_fini(&f.arena);
}

/* A stranger's field may begin like a status line; lines of an interim answer are none of the final one's. */
static void the_status_is_that_of_the_last_first_line(void **state)
{
	static const struct {
		const char *lines[8];
		unsigned status;
		const char *type;
	} cases[] = {
		{ { "HTTP/1.1 404 No", "HTTP/1.1 200 OK: x", "" }, 404, NULL },
		{ { "HTTP/1.1 200 OK", "HTTP/1.1 404 No: x", "Content-Type: text/plain", "" }, 200, "text/plain" },
		{ { "HTTP/1.1 103 Hints", "HTTP/1.1 200 OK: x", "", "HTTP/1.1 404 No", "" }, 404, NULL },
		{ { "HTTP/1.1 200 OK", "Content-Type: a", "Content-Type: b", "Content-Type: c", "" }, 200, "a, b, c" },
		{ { "HTTP/1.1 200 OK", "Content-Type:", " text/plain", "\t; a=b", "X: y", " z", "" },
		  200,
		  "text/plain ; a=b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;

		fixture_init(&f);
		for (size_t k = 0; k < COUNT_OF(cases[i].lines) && cases[i].lines[k]; k++)
			assert_int_equal(line(&f, cases[i].lines[k]), HTTP_GO_ON);
		assert_int_equal(f.http.status, cases[i].status);
		assert_true(span_equal(f.http.content_type,
				       cases[i].type ? span_of(cases[i].type) : (struct span){ NULL, 0 }));
		arena_fini(&f.arena);
	}
}

/* libcurl reads a body as if the rest of the line were not there. */
static void framing_over_two_lines_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	line(&f, "HTTP/1.1 200 OK");
	line(&f, "Transfer-Encoding:");
	line(&f, " chunked");
	assert_int_equal(line(&f, ""), HTTP_STOP_PROTOCOL);
	arena_fini(&f.arena);
}

static void header_octets_are_bounded(void **state)
{
	struct fixture f;
	char *field = malloc(HTTP_HEADER_MAX + 1);

	(void)state;
	fixture_init(&f);
	memset(field, 'x', HTTP_HEADER_MAX + 1);
	assert_int_equal(line(&f, "HTTP/1.1 200 OK\r\n"), HTTP_GO_ON);
	assert_int_equal(http_answer_line(&f.answer, (struct span){ field, HTTP_HEADER_MAX - 17 }), HTTP_GO_ON);
	assert_int_equal(http_answer_line(&f.answer, (struct span){ field, 1 }), HTTP_STOP_PROTOCOL);
	free(field);
	arena_fini(&f.arena);
}

static void long_field_is_cut(void **state)
{
	struct fixture f;
	char text[HTTP_FIELD_MAX + 100] = "Location: ";

	(void)state;
	fixture_init(&f);
	memset(text + 10, 'x', sizeof(text) - 11);
	line(&f, "HTTP/1.1 302 Found\r\n");
	assert_int_equal(line(&f, text), HTTP_GO_ON);
	assert_int_equal(f.http.location.n, HTTP_FIELD_MAX);
	memcpy(text, "SG-Captcha", strlen("SG-Captcha"));
	memcpy(text + strlen("SG-Captcha"), ": ", 2);
	assert_int_equal(line(&f, text), HTTP_GO_ON);
	assert_true(f.http.challenge.n >= HTTP_FIELD_MAX - 1 && f.http.challenge.n <= HTTP_FIELD_MAX);
	assert_true(span_starts_with(f.http.challenge, SPAN_LITERAL("sg-captcha: xxx")));
	arena_fini(&f.arena);
}

struct body_case {
	unsigned status;
	size_t octets, piece;
	enum http_go go; /* after the last piece */
	size_t kept;
};

static const struct body_case body_cases[] = {
	{ 200, POLICY_BODY_MAX, 1, HTTP_GO_ON, POLICY_BODY_MAX },
	{ 200, POLICY_BODY_MAX + 1, 4096, HTTP_STOP_TOO_LARGE, POLICY_BODY_MAX },
	{ 200, POLICY_BODY_MAX + 1, POLICY_BODY_MAX + 1, HTTP_STOP_TOO_LARGE, POLICY_BODY_MAX },
	{ 404, HTTP_ERROR_BODY_MAX, 10, HTTP_GO_ON, HTTP_ERROR_BODY_MAX },
	{ 404, HTTP_ERROR_BODY_MAX + 1, 1, HTTP_STOP_ENOUGH, HTTP_ERROR_BODY_MAX },
};

static void body_is_kept_up_to_its_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(body_cases); i++) {
		const struct body_case *c = &body_cases[i];
		char *octets = malloc(c->octets);
		enum http_go go = HTTP_GO_ON;
		struct fixture f;

		fixture_init(&f);
		f.http.status = (uint16_t)c->status;
		for (size_t at = 0; at < c->octets; at++)
			octets[at] = (char)(at * 31 % 251);
		for (size_t at = 0; at < c->octets && go == HTTP_GO_ON; at += c->piece) {
			size_t n = c->octets - at < c->piece ? c->octets - at : c->piece;

			go = http_answer_body(&f.answer, (struct span){ octets + at, n });
		}
		assert_int_equal(go, c->go);
		assert_int_equal(f.http.size, c->octets);
		assert_int_equal(f.http.body.n, c->kept);
		assert_memory_equal(f.http.body.p, octets, c->kept);
		free(octets);
		arena_fini(&f.arena);
	}
}

static void full_arena_is_ours(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	while (arena_alloc(&f.arena, ARENA_BLOCK))
		continue;
	f.http.status = 200;
	assert_int_equal(http_answer_body(&f.answer, (struct span){ (char[65536]){ 0 }, 65536 }), HTTP_STOP_NO_MEMORY);
	arena_fini(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interim_answers_are_counted),
		cmocka_unit_test(header_octets_are_bounded),
		cmocka_unit_test(the_status_is_that_of_the_last_first_line),
		cmocka_unit_test(framing_over_two_lines_is_refused),
		cmocka_unit_test(long_field_is_cut),
		cmocka_unit_test(body_is_kept_up_to_its_limit),
		cmocka_unit_test(full_arena_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

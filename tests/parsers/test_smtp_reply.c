/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/smtp_reply.h"

#include "tests/parsers/expect.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50
#define X2000 X500 X500 X500 X500

#define BROKEN SMTP_REPLY_BROKEN
#define MORE SMTP_REPLY_MORE
#define TOO_LONG SMTP_REPLY_TOO_LONG
#define COMPLETE SMTP_REPLY_COMPLETE
#define OCTETS(text) (text), sizeof(text) - 1

static const struct {
	const char *octets;
	size_t n;
	enum smtp_reply_state state;
	unsigned code; /* of a complete one */
	size_t rest;   /* octets behind it, or behind the one that breaks it */
	bool offers_starttls;
} replies[] = {
	{ OCTETS("220 mx ESMTP\r\n"), COMPLETE, 220, 0, false },
	{ OCTETS("220\r\n"), COMPLETE, 220, 0, false },
	{ OCTETS("220 \r\n"), COMPLETE, 220, 0, false },
	{ OCTETS("220-\r\n220-a b\r\n220 \r\n"), COMPLETE, 220, 0, false },
	{ OCTETS("421 \xc3\xa9\x80\x01\t\x7f\r\n"), COMPLETE, 421, 0, false }, /* but for NUL, CR, LF anything */
	{ OCTETS("299 x\r\n"), COMPLETE, 299, 0, false },
	{ OCTETS("571 x\r\n"), COMPLETE, 571, 0, false },
	/* the end is where the last line's is */
	{ OCTETS("220 go\r\n250 injected\r\n"), COMPLETE, 220, 14, false },
	{ OCTETS("220 go\r\n\r\n"), COMPLETE, 220, 2, false },
	/* not yet */
	{ OCTETS(""), MORE, 0, 0, false },
	{ OCTETS("22"), MORE, 0, 0, false },
	{ OCTETS("220 mx\r"), MORE, 0, 0, false },
	{ OCTETS("220-mx\r\n"), MORE, 0, 0, false },
	{ OCTETS("220-mx\r\n220"), MORE, 0, 0, false },
	/* none */
	{ OCTETS("hello\r\n"), BROKEN, 0, 6, false },
	{ OCTETS("\r\n"), BROKEN, 0, 1, false },
	{ OCTETS(" 220 x\r\n"), BROKEN, 0, 7, false },
	{ OCTETS("100 x\r\n"), BROKEN, 0, 6, false },
	{ OCTETS("600 x\r\n"), BROKEN, 0, 6, false },
	{ OCTETS("2x0 x\r\n"), BROKEN, 0, 5, false },
	{ OCTETS("22\r\n"), BROKEN, 0, 1, false },
	{ OCTETS("2200 x\r\n"), BROKEN, 0, 4, false },
	{ OCTETS("220x\r\n"), BROKEN, 0, 2, false },
	{ OCTETS("220_x\r\n"), BROKEN, 0, 3, false },
	{ OCTETS("220\n"), BROKEN, 0, 0, false },
	{ OCTETS("220 x\n"), BROKEN, 0, 0, false },
	{ OCTETS("220 x\ry\r\n"), BROKEN, 0, 2, false },
	{ OCTETS("220 x\r\r\n"), BROKEN, 0, 1, false },
	{ OCTETS("220 x\0y\r\n"), BROKEN, 0, 3, false },
	{ OCTETS("220\0\r\n"), BROKEN, 0, 2, false },
	{ OCTETS("220-x\r\n250 y\r\n"), BROKEN, 0, 0, false },
	{ OCTETS("220-x\r\nhello\r\n"), BROKEN, 0, 6, false },
	{ OCTETS("\x16\x03\x01"), BROKEN, 0, 2, false },
	/* a line of 2,048 octets is the longest */
	{ OCTETS("220 " X2000 "1234567890123456789012345678901234567890\r\n\r\n"), COMPLETE, 220, 2, false },
	{ OCTETS("220 " X2000 "123456789012345678901234567890123456789012\r\n"), COMPLETE, 220, 0, false },
	{ OCTETS("220 " X2000 "1234567890123456789012345678901234567890123\r\n"), TOO_LONG, 0, 2, false },
	{ OCTETS("220 " X2000 X2000), TOO_LONG, 0, 1957, false },
	/* STARTTLS is a whole keyword, in any case, and not in the first line */
	{ OCTETS("250-mx\r\n250 STARTTLS\r\n"), COMPLETE, 250, 0, true },
	{ OCTETS("250-mx\r\n250-starttls\r\n250 SIZE\r\n"), COMPLETE, 250, 0, true },
	{ OCTETS("250-mx\r\n250-StartTLS \r\n250 SIZE\r\n"), COMPLETE, 250, 0, true },
	{ OCTETS("250-mx\r\n250-STARTTLS REQUIRED\r\n250 SIZE\r\n"), COMPLETE, 250, 0, true },
	{ OCTETS("250-mx\r\n250-STARTTLS\tx\r\n250 SIZE\r\n"), COMPLETE, 250, 0, true },
	{ OCTETS("250-mx\r\n250-STARTTLS\r\n"), MORE, 0, 0, true },
	{ OCTETS("250 STARTTLS\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-STARTTLS\r\n250 SIZE\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-STARTTLS.h.test\r\n250 SIZE\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 STARTTLS.h.test\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 STARTTLS=x\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 STARTTL\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 XSTARTTLS\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250  STARTTLS\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 STARTSTARTTLS\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 SIZE STARTTLS\r\n"), COMPLETE, 250, 0, false },
	{ OCTETS("250-mx\r\n250 XXXXXXXA\r\n"), COMPLETE, 250, 0, false },
};

/* Read in pieces of @piece octets. */
static void check_reply(size_t i, size_t piece)
{
	struct span octets = expect_copy(replies[i].octets, replies[i].n);
	struct smtp_reply reply = { 0 };
	size_t read = 0, n = piece;

	while (read < octets.n && n == piece) {
		struct span rest = span_skip(octets, read);

		rest.n = rest.n < piece ? rest.n : piece;
		n = smtp_reply_read(&reply, rest);
		read += n;
		if (n < rest.n)
			assert_int_not_equal(reply.state, MORE);
	}
	if (reply.state != replies[i].state || octets.n - read != replies[i].rest ||
	    reply.offers_starttls != replies[i].offers_starttls ||
	    (reply.state == COMPLETE && reply.code != replies[i].code))
		fail_msg("%s in pieces of %zu: state %d, code %u, %zu octets left, %d", replies[i].octets, piece,
			 reply.state, reply.code, octets.n - read, reply.offers_starttls);
	expect_free(octets);
}

static void a_reply_ends_where_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		check_reply(i, 1);
		check_reply(i, 7);
		check_reply(i, 10000);
	}
}

/* @lines lines in all. */
static enum smtp_reply_state state_of_lines(unsigned lines)
{
	struct smtp_reply reply = { 0 };

	for (unsigned i = 1; i < lines; i++)
		smtp_reply_read(&reply, SPAN_LITERAL("250-x\r\n"));
	smtp_reply_read(&reply, SPAN_LITERAL("250 STARTTLS\r\n"));
	return reply.state;
}

static void a_reply_has_so_many_lines_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(state_of_lines(1), COMPLETE);
	assert_int_equal(state_of_lines(100), COMPLETE);
	assert_int_equal(state_of_lines(SMTP_LINES_MAX), COMPLETE);
	assert_int_equal(state_of_lines(SMTP_LINES_MAX + 1), TOO_LONG);
	assert_int_equal(state_of_lines(1000), TOO_LONG); /* and no count wraps around */
}

/* What the walk gives: keyword=parameters in brackets. */
static void extensions_are_walked_line_by_line(void **state)
{
	static const struct {
		const char *text, *due;
	} cases[] = {
		{ "", "" },
		{ "250 mx\r\n", "" },
		{ "250 STARTTLS\r\n", "" }, /* the first line has the name */
		{ "250-mx\r\n250 STARTTLS\r\n", "[STARTTLS=]" },
		{ "250-mx hello\r\n250-SIZE 1000\r\n250-AUTH  PLAIN LOGIN \r\n250 dsn\r\n",
		  "[SIZE=1000][AUTH=PLAIN LOGIN][dsn=]" },
		{ "250-mx\r\n250\r\n", "[=]" },
		{ "250-mx\r\n250-SIZE\t1\r\n", "[SIZE=1]" },
		/* what has no end may have lost it to a limit: PIPE is no keyword then */
		{ "250-mx\r\n250-SIZE\r\n250-PIPE", "[SIZE=]" },
		{ "250-mx\r\n250-SIZE\r\n250-PIPE\r", "[SIZE=]" },
		{ "250-m", "" },
		/* what broke it */
		{ "250-mx\r\n250-SIZE\r\nhello\r\n250 DSN\r\n", "[SIZE=]" },
		{ "250-mx\r\n250-SIZE\r\n250 DSN\n", "[SIZE=]" },
		{ "250-mx\r\n\n", "" },
		{ "250-mx\r\n\r\n", "" },
	};
	char got[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span text = expect_copy(cases[i].text, strlen(cases[i].text));
		struct smtp_extensions walk = { .rest = text };
		struct span keyword, parameters;
		size_t n = 0;

		got[0] = '\0';
		while (smtp_extensions_next(&walk, &keyword, &parameters))
			n += (size_t)snprintf(got + n, sizeof(got) - n, "[%.*s=%.*s]", (int)keyword.n, keyword.p,
					      (int)parameters.n, parameters.p);
		expect_word(cases[i].text, got, cases[i].due);
		assert_false(smtp_extensions_next(&walk, &keyword, &parameters));
		expect_free(text);
	}
}

static void an_extension_is_found_in_any_case(void **state)
{
	static const struct span ehlo = SPAN_LITERAL("250-DSN\r\n250-size 1000\r\n250 StartTLS\r\n");

	(void)state;
	assert_true(smtp_extensions_has(ehlo, SPAN_LITERAL("STARTTLS")));
	assert_true(smtp_extensions_has(ehlo, SPAN_LITERAL("SIZE")));
	assert_false(smtp_extensions_has(ehlo, SPAN_LITERAL("DSN")));
	assert_false(smtp_extensions_has(ehlo, SPAN_LITERAL("START")));
	assert_false(smtp_extensions_has((struct span){ NULL, 0 }, SPAN_LITERAL("STARTTLS")));
}

static void lines_have_code_end_and_text(void **state)
{
	struct span rest = SPAN_LITERAL("451-4.3.0 a\r\n451 b\r\n451\r\n");
	struct smtp_line line;

	(void)state;
	assert_true(smtp_line_next(&rest, &line));
	assert_int_equal(line.code, 451);
	assert_false(line.last);
	expect_span("first", line.text, "4.3.0 a");
	assert_true(smtp_line_next(&rest, &line));
	assert_true(line.last);
	expect_span("second", line.text, "b");
	assert_true(smtp_line_next(&rest, &line));
	assert_true(line.last);
	expect_span("third", line.text, "");
	assert_false(smtp_line_next(&rest, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_ends_where_it_ends),
		cmocka_unit_test(a_reply_has_so_many_lines_and_no_more),
		cmocka_unit_test(extensions_are_walked_line_by_line),
		cmocka_unit_test(an_extension_is_found_in_any_case),
		cmocka_unit_test(lines_have_code_end_and_text),
	};

	return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}

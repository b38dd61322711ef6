/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/explain/paper.h"
#include "analysis/explain/senders_text.h"
#include "analysis/words/sender_why_text.h"
#include "tests/analysis/facts.h"

static char *told(const char *lines, const struct senders_what_if *what_if)
{
	static struct facts facts;
	struct classification result;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	senders_explain(&(struct paper){ .out = out }, &facts.observation, &result, what_if);
	fclose(out);
	return text;
}

static void each_reason_is_told_in_words(void **state)
{
	static const struct {
		struct sender_why why;
		const char *text;
	} rows[] = {
		{ { SENDER_CAUSE_NOTHING, 0, { NULL, 0 } }, "" },
		{ { SENDER_CAUSE_RECORD, 0, { "v=STSv1", 7 } }, "record: v=STSv1" },
		{ { SENDER_CAUSE_LINE, 3, { "mx: a.", 6 } }, "line 3: mx: a." },
		{ { SENDER_CAUSE_STATUS, 404, { NULL, 0 } }, "HTTP status 404" },
		{ { SENDER_CAUSE_CONTENT_TYPE, 0, { "text/html", 9 } }, "Content-Type: text/html" },
		{ { SENDER_CAUSE_CONTENT_TYPE, 0, { NULL, 0 } }, "no Content-Type" },
		{ { SENDER_CAUSE_BODY, 70000, { NULL, 0 } }, "70000 octets of policy" },
		{ { SENDER_CAUSE_TIME, 3100, { NULL, 0 } }, "the policy took 3.100 s" },
		{ { SENDER_CAUSE_CERTIFICATE, 0, { "a.example", 9 } },
		  "certificate with the common name alone: a.example" },
		{ { SENDER_CAUSE_MX, 0, { "a.example", 9 } }, "MX a.example" },
		{ { SENDER_CAUSE_MISSING, 0, { "mode", 4 } }, "no mode in the policy" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[SENDER_WHY_MAX];

		sender_why_text(&rows[i].why, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void a_long_line_is_cut(void **state)
{
	static const char line[1000] = { 'x', 'x' };
	const struct sender_why why = { SENDER_CAUSE_LINE, 1, { line, sizeof(line) } };
	char long_line[1000], text[SENDER_WHY_MAX];
	const struct sender_why longer = { SENDER_CAUSE_LINE, 1, { long_line, sizeof(long_line) } };

	(void)state;
	sender_why_text(&why, text);
	assert_string_equal(text, "line 1: xx"); /* a NUL ends it */
	memset(long_line, 'y', sizeof(long_line));
	sender_why_text(&longer, text);
	assert_int_equal(strlen(text), SENDER_WHY_MAX - 1);
}

static void what_if_is_answered_for_each_sender(void **state)
{
	static const struct {
		const char *facts, *mx;
		enum sender_gone gone;
		const char *want;
	} rows[] = {
		{ "", NULL, SENDER_GONE_POLICY,
		  "mailauth-zonemta, courier: enforces on, as long as the record stays\n" },
		{ "", NULL, SENDER_GONE_POLICY,
		  "postfix-tlspol, chasquid, go-mtasts-maddy, mimecast: stops within 14 days\n" },
		{ "", NULL, SENDER_GONE_POLICY,
		  "stalwart, kumomta: stops within 14 days, or with the next message where the id changes\n" },
		{ "", NULL, SENDER_GONE_RECORD, "mailauth-zonemta: stops with the next message\n" },
		{ "", NULL, SENDER_GONE_RECORD, "mox: enforces on, as long as the policy host answers\n" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 31557600|", NULL, SENDER_GONE_RECORD,
		  "postfix-tlspol: stops within 30 days\n" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 31557600|", NULL, SENDER_GONE_RECORD,
		  "courier, mimecast, halon: stops within 365.25 days\n" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 60|", NULL, SENDER_GONE_RECORD,
		  "stalwart: stops within 1 day\n" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 7200|", NULL, SENDER_GONE_RECORD,
		  "stops within 2 h\n" },
		{ "body version: STSv1|mode: testing|mx: mail.example.com|max_age: 604800|", NULL, SENDER_GONE_RECORD,
		  "mox, postfix-tlspol, postfix-mta-sts-resolver, chasquid, mailauth-zonemta, go-mtasts-maddy, "
		  "stalwart, kumomta, "
		  "courier, mimecast, halon, gmail, exchange-online: nothing is enforced\n" },
		{ "", "new.example.net", SENDER_GONE_NOTHING,
		  "mox, mailauth-zonemta, go-mtasts-maddy, stalwart, kumomta, mimecast: refused, until policy and id "
		  "are new\n" },
		{ "", "new.example.net", SENDER_GONE_NOTHING,
		  "courier: refused, until up to 7 days after policy and id are new\n" },
		{ "", "new.example.net", SENDER_GONE_NOTHING,
		  "chasquid: refused, until up to 10 min after policy and id are new\n" },
		{ "", "new.example.net", SENDER_GONE_NOTHING, "postfix-mta-sts-resolver: unknown\n" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com.|max_age: 604800|", NULL, SENDER_GONE_NOTHING,
		  "postfix-tlspol: refuses, is tried again for 5 days (line 3: mx: mail.example.com.)\n" },
		{ "", "mail.example.com", SENDER_GONE_NOTHING, "gmail, exchange-online: delivered\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct senders_what_if what_if = { .gone = rows[i].gone };
		char *text;

		if (rows[i].mx)
			what_if.mx = span_of(rows[i].mx);
		text = told(rows[i].facts, &what_if);
		if (!strstr(text, rows[i].want))
			fail_msg("not \"%s\" in\n%s", rows[i].want, text);
		free(text);
	}
}

static void without_a_record_only_who_asks_is_told(void **state)
{
	static const struct {
		const char *facts;
		struct senders_what_if what_if;
		const char *told;
	} rows[] = {
		{ "sts -", { .gone = SENDER_GONE_NOTHING }, "" },
		{ "sts -", { .gone = SENDER_GONE_POLICY }, "there is no STS record" },
		{ "sts -", { .mx = SPAN_LITERAL("mx.example") }, "there is no STS record" },
		{ "sts SERVFAIL", { .gone = SENDER_GONE_RECORD }, "the STS record could not be found out" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *text = told(rows[i].facts, &rows[i].what_if);

		if (rows[i].told[0] ? !strstr(text, rows[i].told) : text[0] != '\0')
			fail_msg("row %zu: %s", i, text);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_told_in_words),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(what_if_is_answered_for_each_sender),
		cmocka_unit_test(without_a_record_only_who_asks_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

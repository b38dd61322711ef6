/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/senders/sender_judge.h"
#include "tests/analysis/facts.h"

#define POLICY "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 604800|"

struct row {
	const char *facts;
	uint16_t fetch_ms;
	const char *outcomes; /* PROFILE=OUTCOME …; `*` is all that are not named and are documented */
	const char *why;      /* of the last named that parts: cause, number, text; NULL: not looked at */
};

static struct facts facts;
static struct sender_result result[SENDER_PROFILE_COUNT];

static void judge(const struct row *row, const struct sender_mx *mx)
{
	facts_make(&facts, row->facts);
	facts.observation.policy.fetch_ms = row->fetch_ms;
	if (facts.observation.policy.http.size == 0)
		facts.observation.policy.http.size = facts.observation.policy.http.body.n;
	sender_judge_all(&facts.observation, mx, result);
}

static const struct sender_result *result_of(struct span name)
{
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++)
		if (span_equal(name, span_of(sender_profiles[i].name)))
			return &result[i];
	fail_msg("no profile %.*s", (int)name.n, name.p);
	return NULL;
}

static void assert_outcome(const struct row *row, const struct sender_result *is, struct span want)
{
	if (!span_equal(want, span_of(sender_outcome_names[is->outcome])))
		fail_msg("%s: %s %s, not %.*s", row->facts, is->profile->name, sender_outcome_names[is->outcome],
			 (int)want.n, want.p);
}

static void assert_row(const struct row *row, const struct sender_mx *mx)
{
	struct span rest = span_of(row->outcomes), part;
	bool named[SENDER_PROFILE_COUNT] = { false };
	const struct sender_result *last = NULL;

	judge(row, mx);
	while (span_next_part(&rest, ' ', &part)) {
		size_t equals = span_find(part, 0, '=');
		struct span name = { part.p, equals }, want = span_skip(part, equals + 1);

		if (!span_equal(name, SPAN_LITERAL("*"))) {
			last = result_of(name);
			named[last - result] = true;
			assert_outcome(row, last, want);
			continue;
		}
		for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++)
			if (!named[i] && !sender_profiles[i].undocumented &&
			    sender_profiles[i].kind != SENDER_KIND_MATCHER)
				assert_outcome(row, &result[i], want);
	}
	if (row->why && last) {
		char text[SENDER_RECORD_MAX];

		snprintf(text, sizeof(text), "%d %u %.*s", (int)last->why.cause, last->why.number,
			 (int)last->why.text.n, last->why.text.n > 0 ? last->why.text.p : "");
		assert_string_equal(text, row->why);
	}
}

static void assert_rows(const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_row(&row[i], NULL);
}

static void a_domain_in_order_is_delivered_by_all(void **state)
{
	static const struct row rows[] = {
		{ POLICY, 100, "gmail=delivers exchange-online=delivers halon=delivers *=delivers", NULL },
		{ "mx -", 100, "*=delivers", NULL },
		{ "body version: STSv1|mode: testing|mx: mail.example.com|max_age: 604800|", 100, "*=testing", NULL },
		{ "body version: STSv1|mode: none|max_age: 604800|", 100,
		  "chasquid=no-policy stalwart=no-policy mimecast=no-policy *=none", NULL },
		{ "sts -", 0, "mox=no-policy *=no-policy", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void a_record_that_cannot_be_found_out_defers_mail_of_who_waits_for_it(void **state)
{
	static const struct row rows[] = {
		{ "sts SERVFAIL", 0, "mimecast=unknown mox=defers *=no-policy", NULL },
		{ "sts TIMEOUT", 0, "mox=unknown *=unknown", NULL },
		{ "sts NXDOMAIN", 0, "*=no-policy", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void a_record_decides_before_the_policy_does(void **state)
{
	static const struct row rows[] = {
		{ "sts v=STSv1 ;id=1", 100, "chasquid=no-policy *=delivers", "1 0 v=STSv1 ;id=1" },
		{ "sts v=STSv1; id=1;\nsts v=STSv1; id=2;", 100,
		  "mox=no-policy postfix-tlspol=no-policy chasquid=delivers", "1 0 v=STSv1; id=2;" },
		{ "sts v=spf1 -all\nsts v=STSv1; id=1;", 100,
		  "mox=delivers go-mtasts-maddy=no-policy kumomta=no-policy", NULL },
		{ "sts v=STSv1; id=1;\nleft-out sts", 100, "kumomta=unknown", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void a_slow_policy_host_has_no_policy_for_the_impatient(void **state)
{
	static const struct row rows[] = {
		{ POLICY, 2000, "*=delivers", NULL },
		{ POLICY, 2001, "postfix-tlspol=no-policy *=delivers", "6 2001 " },
		{ POLICY, 4001, "postfix-mta-sts-resolver=no-policy postfix-tlspol=no-policy halon=delivers *=delivers",
		  NULL },
		{ POLICY, 5001,
		  "halon=no-policy postfix-mta-sts-resolver=no-policy postfix-tlspol=no-policy *=delivers", NULL },
		{ POLICY, 20001,
		  "mailauth-zonemta=no-policy kumomta=no-policy postfix-mta-sts-resolver=no-policy "
		  "postfix-tlspol=no-policy *=delivers",
		  NULL },
		{ POLICY, 60001, "stalwart=delivers mox=no-policy chasquid=no-policy", NULL },
		{ "failure timeout", 3000, "postfix-tlspol=no-policy mox=unknown *=unknown", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void status_and_media_type_are_looked_at_by_some(void **state)
{
	static const struct row rows[] = {
		{ "http 404\n" POLICY, 100, "mox=no-policy stalwart=delivers", NULL },
		{ "http 404\n" POLICY, 100, "rfc8461=no-policy stalwart=delivers *=no-policy", NULL },
		{ "http 301\n" POLICY, 100, "stalwart=delivers *=no-policy", NULL },
		{ "http 203\n" POLICY, 100, "stalwart=delivers courier=delivers mailauth-zonemta=delivers *=no-policy",
		  "3 203 " },
		{ "type text/html\n" POLICY, 100,
		  "rfc8461=delivers mox=delivers mailauth-zonemta=delivers stalwart=delivers courier=delivers "
		  "mimecast=delivers "
		  "gmail=unknown *=no-policy",
		  NULL },
		{ "type Text/Plain\n" POLICY, 100, "kumomta=no-policy *=delivers", "4 0 Text/Plain" },
		{ "type text/plain; charset=utf-8\n" POLICY, 100, "*=delivers", NULL },
		{ "type -\n" POLICY, 100, "mox=delivers kumomta=no-policy chasquid=no-policy", NULL },
		{ "type text/plain\n" POLICY "x: caf\303\251|", 100, "postfix-mta-sts-resolver=no-policy *=delivers",
		  NULL },
		{ "type text/plain; charset=\"UTF-8\"\n" POLICY "x: caf\303\251|", 100, "*=delivers", NULL },
		{ "type text/plain; charset=koi8-r\n" POLICY "x: caf\303\251|", 100, "postfix-mta-sts-resolver=unknown",
		  NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void a_certificate_with_a_common_name_alone_parts_languages(void **state)
{
	static const struct row rows[] = {
		{ "no-san\ncn mta-sts.example.com\n" POLICY, 100,
		  "mox=no-policy chasquid=no-policy stalwart=no-policy kumomta=no-policy "
		  "postfix-mta-sts-resolver=delivers "
		  "courier=delivers mimecast=unknown mailauth-zonemta=delivers",
		  "7 0 mta-sts.example.com" },
		{ "no-san\ncn www.example.com\n" POLICY, 100, "*=no-policy", NULL },
		{ "verify 10\nno-san\ncn mta-sts.example.com\n" POLICY, 100, "*=no-policy", NULL },
		{ "connect connection-refused\nno-chain\ntls none", 100, "*=no-policy", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void the_line_that_made_it_part_is_told(void **state)
{
	static const struct row rows[] = {
		{ "body version: STSv1|mode: enforce|mx: mail.example.com.|max_age: 604800|", 100,
		  "mox=no-policy chasquid=delivers go-mtasts-maddy=delivers stalwart=refuses kumomta=refuses "
		  "courier=refuses "
		  "mimecast=refuses mailauth-zonemta=refuses postfix-tlspol=refuses",
		  "2 3 mx: mail.example.com." },
		{ "body version: STSv1|mode: testing|mode: enforce|mx: mail.example.com|max_age: 604800|", 100,
		  "kumomta=no-policy mox=testing postfix-mta-sts-resolver=delivers", "2 4 mx: mail.example.com" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: 604,800|", 100,
		  "mox=no-policy stalwart=delivers", "2 4 max_age: 604,800" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com|", 100,
		  "mox=no-policy courier=delivers stalwart=delivers", "9 0 max_age" },
		{ POLICY "x: caf\351|", 100,
		  "mox=delivers stalwart=no-policy postfix-tlspol=no-policy chasquid=delivers", "2 5 x: caf\351" },
		{ "body version: STSv1|mode: enforce|mx: MAIL.example.com|max_age: 604800|", 100,
		  "mox=delivers mimecast=refuses", "2 3 mx: MAIL.example.com" },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void mx_names_decide_in_mode_enforce(void **state)
{
	static const struct row rows[] = {
		{ "mx 10 other.example.net", 100, "postfix-mta-sts-resolver=unknown gmail=refuses *=refuses", NULL },
		{ "mx 10 other.example.net\nmx 20 mail.example.com", 100, "*=delivers", NULL },
		{ "mx 10 a.example.net\nmx 11 b.example.net\nmx 12 c.example.net\nmx 13 d.example.net\nmx 14 "
		  "e.example.net\n"
		  "mx 20 mail.example.com",
		  100, "chasquid=refuses *=delivers", NULL },
		{ "mx 10 other.example.net\nleft-out mx", 100, "*=unknown", NULL },
		{ "mx SERVFAIL", 100, "*=unknown", NULL },
		{ "mx 10 a.b.example.com\nbody version: STSv1|mode: enforce|mx: *.example.com|max_age: 604800|", 100,
		  "mailauth-zonemta=delivers courier=delivers mimecast=delivers postfix-mta-sts-resolver=delivers "
		  "*=refuses",
		  NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Each of 80 places would be looked at 40 octets far; a body has room for 500 such patterns, against 64 MX. */
static void a_regular_expression_that_takes_long_is_not_followed(void **state)
{
	static const struct row rows[] = {
		{ "mx 10 q" A40 "." A40 "." A40 ".com\nbody version: STSv1|mode: enforce|mx: "
		  "*........................................q|max_age: 604800|",
		  100, "mimecast=unknown chasquid=refuses", NULL },
		{ "mx 10 mail." A40 "." A40 ".com\nbody version: STSv1|mode: enforce|mx: *." A40 "." A40
		  ".com|max_age: 604800|",
		  100, "mimecast=delivers *=delivers", NULL },
	};

	(void)state;
	assert_rows(rows, COUNT_OF(rows));
}

static void a_host_that_fails_is_refused_by_all_who_enforce(void **state)
{
	static const struct {
		struct sender_mx mx[6];
		struct row row;
	} rows[] = {
		{ { { SENDER_HOST_FAILS, DANE_STATE_NONE } }, { POLICY, 100, "*=refuses", NULL } },
		{ { { SENDER_HOST_USABLE, DANE_STATE_NONE } }, { POLICY, 100, "*=delivers", NULL } },
		{ { { SENDER_HOST_UNKNOWN, DANE_STATE_NONE } }, { POLICY, 100, "*=unknown", NULL } },
		{ { { SENDER_HOST_CN_ONLY, DANE_STATE_NONE } },
		  { POLICY, 100,
		    "mox=refuses chasquid=refuses postfix-tlspol=delivers mailauth-zonemta=delivers kumomta=unknown",
		    NULL } },
		{ { { SENDER_HOST_FAILS, DANE_STATE_NONE } },
		  { "body version: STSv1|mode: testing|mx: mail.example.com|max_age: 604800|", 100, "*=testing",
		    NULL } },
		{ { { SENDER_HOST_FAILS, DANE_STATE_VALID } },
		  { POLICY, 100,
		    "postfix-tlspol=delivers stalwart=delivers kumomta=delivers mox=refuses chasquid=refuses "
		    "mailauth-zonemta=refuses postfix-mta-sts-resolver=refuses",
		    NULL } },
		{ { { SENDER_HOST_USABLE, DANE_STATE_MISMATCH } },
		  { POLICY, 100,
		    "postfix-tlspol=refuses stalwart=refuses mox=refuses chasquid=delivers courier=delivers "
		    "postfix-mta-sts-resolver=delivers",
		    NULL } },
		{ { { SENDER_HOST_USABLE, DANE_STATE_VALID } },
		  { "mx 10 other.example.net\n" POLICY, 100,
		    "postfix-tlspol=delivers postfix-mta-sts-resolver=unknown mimecast=refuses *=refuses", NULL } },
		{ { { SENDER_HOST_FAILS, DANE_STATE_NONE }, { SENDER_HOST_USABLE, DANE_STATE_NONE } },
		  { "mx 10 mail.example.com\nmx 20 b.example.com\nbody version: STSv1|mode: enforce|mx: "
		    "*.example.com|max_age: "
		    "604800|",
		    100, "*=delivers", NULL } },
		/* of five that are tried, one is not known */
		{ { { SENDER_HOST_UNKNOWN, DANE_STATE_NONE },
		    { SENDER_HOST_FAILS, DANE_STATE_NONE },
		    { SENDER_HOST_FAILS, DANE_STATE_NONE },
		    { SENDER_HOST_FAILS, DANE_STATE_NONE },
		    { SENDER_HOST_FAILS, DANE_STATE_NONE },
		    { SENDER_HOST_USABLE, DANE_STATE_NONE } },
		  { "mx 10 a.example.com\nmx 20 b.example.com\nmx 30 c.example.com\nmx 40 d.example.com\n"
		    "mx 50 e.example.com\nmx 60 f.example.com\n"
		    "body version: STSv1|mode: enforce|mx: *.example.com|max_age: 604800|",
		    100, "chasquid=unknown *=delivers", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_row(&rows[i].row, rows[i].mx);
}

static void what_too_many_patterns_leave_open_is_unknown(void **state)
{
	enum { PATTERNS = 2000 };
	static char text[FACTS_TEXT_MAX];
	size_t n = 0;
	struct row row = { text, 100, "rfc8461=unknown mox=unknown kumomta=unknown", NULL };

	(void)state;
	for (unsigned i = 0; i < OBS_MX_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "mx 10 m%u.example.com\n", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "body version: STSv1|mode: enforce|max_age: 604800|");
	for (unsigned i = 0; i < PATTERNS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "mx: a|");
	assert_row(&row, NULL);
	snprintf(text + n, sizeof(text) - n, "mx: m7.example.com|"); /* behind all that is looked at */
	assert_row(&row, NULL);
}

static void each_keeps_a_policy_as_long_as_its_cache_does(void **state)
{
	static const struct {
		const char *max_age, *profile;
		uint64_t kept_s;
	} rows[] = {
		{ "604800", "mox", 604800 },       { "31557600", "postfix-tlspol", 2592000 },
		{ "31557600", "stalwart", 86400 }, { "3599", "stalwart", 86400 },
		{ "3600", "stalwart", 3600 },      { "60", "mimecast", 604800 },
		{ "60", "kumomta", 60 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[200];
		struct row row = { text, 100, "", NULL };

		snprintf(text, sizeof(text), "body version: STSv1|mode: enforce|mx: mail.example.com|max_age: %s|",
			 rows[i].max_age);
		judge(&row, NULL);
		assert_int_equal(result_of(span_of(rows[i].profile))->kept_s, rows[i].kept_s);
	}
}

static void no_two_profiles_have_one_name_and_the_first_is_the_standard(void **state)
{
	(void)state;
	assert_int_equal(sender_profiles[0].kind, SENDER_KIND_REFERENCE);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++)
		assert_ptr_equal(sender_profile_find(span_of(sender_profiles[i].name)), &sender_profiles[i]);
	assert_null(sender_profile_find(SPAN_LITERAL("exim")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_in_order_is_delivered_by_all),
		cmocka_unit_test(a_record_that_cannot_be_found_out_defers_mail_of_who_waits_for_it),
		cmocka_unit_test(a_record_decides_before_the_policy_does),
		cmocka_unit_test(a_slow_policy_host_has_no_policy_for_the_impatient),
		cmocka_unit_test(status_and_media_type_are_looked_at_by_some),
		cmocka_unit_test(a_certificate_with_a_common_name_alone_parts_languages),
		cmocka_unit_test(the_line_that_made_it_part_is_told),
		cmocka_unit_test(mx_names_decide_in_mode_enforce),
		cmocka_unit_test(a_regular_expression_that_takes_long_is_not_followed),
		cmocka_unit_test(a_host_that_fails_is_refused_by_all_who_enforce),
		cmocka_unit_test(what_too_many_patterns_leave_open_is_unknown),
		cmocka_unit_test(each_keeps_a_policy_as_long_as_its_cache_does),
		cmocka_unit_test(no_two_profiles_have_one_name_and_the_first_is_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

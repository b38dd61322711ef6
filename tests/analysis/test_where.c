/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/lines/where.h"
#include "tests/analysis/facts.h"

/* Domains as facts.h has them; each test asks which of them an expression chooses. */
static const char *const domains[] = {
	"name a.example\nrank 7\nsan mta-sts.a.example",                /* 0: in order; mode enforce */
	"name b.example\nverify 10\nexpires -5\nsan mta-sts.b.example", /* 1: expired */
	"name c.gov.example\nmx 10 MX1.example.net\nmx 20 mx2.example.org\nhttp 404\nsan mta-sts.c.gov.example", /* 2 */
	"name d.example\nmx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED\nconnect skipped\nhttp 0\ntime 1700000000", /* 3: nothing
													      was asked
													    */
	"name e.example\nmx 0 .\nsts -\nrpt -\nconnect skipped\nhttp 0", /* 4: null MX */
};

enum { DOMAINS = COUNT_OF(domains) };

static struct facts facts[DOMAINS];
static struct classification result[DOMAINS];
static struct scan_headers headers;
static struct domain_columns columns;
static struct where where;
static struct obs_label labels[] = { { SPAN_LITERAL("registrar"), SPAN_LITERAL("Ö & Co, Inc.") },
				     { SPAN_LITERAL("mode"), SPAN_LITERAL("x") } };

static const struct obs_audit audits[] = { { .question = QUESTION_MX, .kind = AUDIT_DATA },
					   { .question = QUESTION_TXT + TXT_STS, .kind = AUDIT_ABSENT } };

static int make(void **state)
{
	(void)state;
	headers.label_count = COUNT_OF(labels);
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		headers.label[i] = labels[i].name;
	domain_columns_init(&columns, &headers);
	for (size_t i = 0; i < DOMAINS; i++)
		facts_make(&facts[i], domains[i]);
	facts[0].observation.label = labels;
	facts[0].observation.label_count = COUNT_OF(labels);
	facts[3].observation.mx.answer.source = SOURCE_DIRECT;
	facts[4].observation.mx.answer.source = SOURCE_RESOLVER;
	facts[4].observation.mx.answer.fall_back = FALL_BACK_TIMEOUT;
	facts[4].observation.audit = audits;
	facts[4].observation.audit_count = COUNT_OF(audits);
	for (size_t i = 0; i < DOMAINS; i++)
		classify(&facts[i].observation, &result[i]);
	return 0;
}

static void an_expression_chooses_domains(void **state)
{
	static const struct {
		const char *text;
		unsigned chosen; /* a bit for each */
	} cases[] = {
		{ "name = a.example", 1 },
		{ "name=a.example", 1 },
		{ "name = 'a.example'", 1 },
		{ "name = \"a.example\"", 1 },
		{ "name != a.example", 30 },
		{ "name ~ *.example", 31 },
		{ "name ~ *.GOV.*", 4 },
		{ "name ~ a", 0 },
		{ "name ~ *", 31 },
		{ "name ~ ''", 0 },
		{ "finding = policy-tls-expired", 2 },
		{ "findings = policy-tls-expired", 2 },
		{ "finding = 406", 2 },
		{ "finding != policy-tls-expired", 29 },
		{ "finding ~ policy-*", 6 },
		{ "finding = ''", 25 },
		{ "mx = mx2.example.org", 4 },
		{ "mx = .", 16 },
		{ "mx ~ *.EXAMPLE.net", 4 },
		{ "mx = ''", 8 },
		{ "mode = enforce", 1 },
		{ "mode = enforce or http_status = 404", 5 },
		{ "mode != enforce", 30 },
		{ "mode = ''", 30 },
		{ "http_status = 404", 4 },
		{ "http_status != 404", 27 },
		{ "http_status > 403", 4 },
		{ "http_status >= 200 and http_status < 300", 3 },
		{ "http_status = ''", 24 },
		{ "http_status != ''", 7 },
		{ "not http_status < 404", 28 },
		{ "rank = 7", 1 },
		{ "rank <= 7", 1 },
		{ "rank < 7", 0 },
		{ "null_mx = true", 16 },
		{ "null_mx = false", 7 },
		{ "null_mx = ''", 8 },
		{ "timestamp < 2024", 8 },
		{ "timestamp ~ 2023-11-14*", 8 },
		{ "timestamp >= 2023-11-14T22:13:20.000Z", 31 },
		{ "timestamp = 2023-11-14T22:13:20.000Z", 8 },
		{ "timestamp > 2023-11-14T22:13:20.000Z", 23 },
		{ "timestamp != ''", 31 },
		{ "component = http and not mode = enforce", 4 },
		/* and binds closer than or, not closer than both */
		{ "mode = enforce or component = tls and http_status = 1", 1 },
		{ "(mode = enforce or component = tls) and http_status = 200", 3 },
		{ "not mode = enforce and component = tls", 2 },
		{ "not (mode = enforce or component = tls)", 28 },
		{ "NOT NOT name = a.example Or name = b.example AND name = b.example", 3 },
		{ "((name=a.example))", 1 },
		{ "registrar = 'Ö & Co, Inc.'", 1 },
		{ "registrar = ''", 30 },
		{ "label_mode = x", 1 },
		{ "provider_mx = example.net", 4 },
		{ "provider_policy_host = self and not provider_policy_host != self", 31 },
		{ "mx_source = direct", 8 },
		{ "mx_source = ''", 7 },
		{ "mx_fall_back = timeout", 16 },
		{ "audit = data", 16 },
		{ "audit = absent and audit = data", 16 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = { .text = "" };
		unsigned chosen = 0;

		if (where_parse(&where, span_of(cases[i].text), &columns, &error) < 0)
			fail_msg("%s: %s", cases[i].text, error.text);
		for (unsigned d = 0; d < DOMAINS; d++)
			chosen |= (unsigned)where_holds(&where, &facts[d].observation, &result[d]) << d;
		if (chosen != cases[i].chosen)
			fail_msg("%s: chose %u, want %u", cases[i].text, chosen, cases[i].chosen);
	}
}

static void what_makes_no_sense_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "at the end: here a field is expected: mode = enforce" },
		{ "mode = enfroce", "at character 8, 'enfroce': mode is never that; did you mean 'enforce'?" },
		{ "verdict=enfroce-ok",
		  "at character 9, 'enfroce-ok': verdict is never that; did you mean 'enforce-ok'?" },
		{ "verdct = none", "at character 1, 'verdct': no field 'verdct'; did you mean 'verdict'?" },
		{ "zzz = 1", "at character 1, 'zzz': no field 'zzz'; 'stsurvey help export' lists them" },
		{ "finding = policy-tls-expird", "did you mean 'policy-tls-expired'?" },
		{ "finding = 999",
		  "at character 11, '999': findings is never that; 'stsurvey findings' lists the codes" },
		{ "mode = qqqqqqqq", "mode is never that; json.md lists its words" },
		{ "tls_verify = expird", "did you mean 'expired'?" },
		{ "tls_verify = policy-tls-expired", "tls_verify is never that" },
		{ "mode", "at the end: behind a field is =, !=, <, >, <=, >= or ~ expected" },
		{ "mode enforce", "at character 6, 'enforce': behind a field is" },
		{ "mode =", "at the end: here a value is expected" },
		{ "mode = = x", "at character 8, '=': here a value is expected" },
		{ "mode = enforce verdict = none", "at character 16, 'verdict': here and, or or the end is expected" },
		{ "mode = enforce and", "at the end: here a field is expected" },
		{ "(mode = enforce", "at the end: here and, or or ) is expected" },
		{ "mode = enforce)", "at character 15, ')': here and, or or the end is expected" },
		{ "name = 'a", "at character 8, ''a': the quote is not closed" },
		{ "name = a & b", "at character 10, '&'" },
		{ "name & a", "at character 6, '&': behind a field" },
		{ "& name", "at character 1, '&': here a field is expected" },
		{ "http_status = x", "at character 15, 'x': http_status is a number" },
		{ "http_status = -1", "http_status is a number" },
		{ "http_status ~ 4*", "http_status is a number, which is like no pattern" },
		{ "mode < none", "only numbers and times are smaller or larger" },
		{ "rank < ''", "nothing is smaller or larger than the empty field" },
		{ "timestamp > yesterday", "timestamp is a time, as 2026-11-21T22:33:49.120Z or its beginning" },
		{ "timestamp > 2026/11", "timestamp is a time" },
		{ "null_mx = yes", "null_mx is true or false" },
		{ "name = \x1b", "'\\x1b'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = { .text = "" };

		if (where_parse(&where, span_of(cases[i].text), &columns, &error) == 0)
			fail_msg("%s: is taken", cases[i].text);
		if (!strstr(error.text, cases[i].says))
			fail_msg("%s: says %s", cases[i].text, error.text);
	}
}

/* @front so often, then @middle, then @back so often. */
static char *repeated(const char *front, const char *middle, const char *back, unsigned times)
{
	char *text = calloc(1, times * (strlen(front) + strlen(back)) + strlen(middle) + 1);

	assert_non_null(text);
	for (unsigned i = 0; i < times; i++)
		strcat(text, front);
	strcat(text, middle);
	for (unsigned i = 0; i < times; i++)
		strcat(text, back);
	return text;
}

static void its_size_and_depth_are_bounded(void **state)
{
	static const struct {
		const char *front, *middle, *back;
		unsigned fits, too_many;
		const char *says;
	} cases[] = {
		{ "(", "rank=7", ")", WHERE_DEPTH_MAX, WHERE_DEPTH_MAX + 1, "more than 64 parentheses and nots" },
		{ "not ", "rank=7", "", WHERE_DEPTH_MAX, WHERE_DEPTH_MAX + 1, "more than 64 parentheses and nots" },
		{ "rank=7 or ", "rank=7", "", WHERE_NODES_MAX / 2 - 1, WHERE_NODES_MAX / 2,
		  "more than 1024 conditions, ands and ors" },
		{ " ", "rank=7", "", WHERE_TEXT_MAX - 6, WHERE_TEXT_MAX - 5, "longer than 16384 octets" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = { .text = "" };
		char *text = repeated(cases[i].front, cases[i].middle, cases[i].back, cases[i].fits);

		if (where_parse(&where, span_of(text), &columns, &error) < 0)
			fail_msg("%u of %s: %s", cases[i].fits, cases[i].front, error.text);
		where_holds(&where, &facts[0].observation, &result[0]);
		free(text);
		text = repeated(cases[i].front, cases[i].middle, cases[i].back, cases[i].too_many);
		assert_int_equal(where_parse(&where, span_of(text), &columns, &error), -1);
		if (!strstr(error.text, cases[i].says))
			fail_msg("%u of %s: says %s", cases[i].too_many, cases[i].front, error.text);
		free(text);
	}
}

static void patterns(void **state)
{
	static const struct {
		const char *text, *pattern;
		bool like;
	} cases[] = {
		{ "", "", true },
		{ "", "*", true },
		{ "a", "", false },
		{ "abc", "a*c", true },
		{ "abc", "*b*", true },
		{ "abc", "*c*b*", false },
		{ "abab", "*ab", true },
		{ "aXb", "Ax*B", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*c", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (where_like(span_of(cases[i].text), span_of(cases[i].pattern)) != cases[i].like)
			fail_msg("%s like %s", cases[i].text, cases[i].pattern);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_chooses_domains),
		cmocka_unit_test(what_makes_no_sense_is_told_with_its_place),
		cmocka_unit_test(its_size_and_depth_are_bounded),
		cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/domain.h"

#include "tests/parsers/expect.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
	const char *text;
	bool is_name, is_host;
};

static const struct row rows[] = {
	{ "example.com", true, true },
	{ "EXAMPLE.Com", true, true },
	{ "localhost", true, true },
	{ "1.example", true, true },
	{ "mail.example.123", true, true },
	{ "a--b.xn--mnchen-3ya", true, true },
	{ "_mta-sts.example.com", true, false },
	{ "a_b.example", true, false },
	{ L63 "." L63 "." L63 "." L61, true, true },
	{ L63 "." L63 "." L63 "." L61 "a", false, false },
	{ L63 "a", false, false },
	{ "", false, false },
	{ ".", false, false },
	{ "example.com.", false, false },
	{ ".example.com", false, false },
	{ "a..b", false, false },
	{ "-a.example", false, false },
	{ "a-.example", false, false },
	{ "a.example-", false, false },
	{ "a b.example", false, false },
	{ "*.example", false, false },
	{ "a@b.example", false, false },
	{ "m\xc3\xbcnchen.example", false, false },
	{ "192.0.2.1", false, false },
	{ "255.255.255.255", false, false },
	{ "0.0.0.0", false, false },
	{ "256.0.0.1", true, true },
	{ "1.2.3", true, true },
	{ "1.2.3.4.5", true, true },
	{ "1.2.3.0004", true, true },
	{ "1.2.3.x45", true, true },
	{ "1.2..3.4", false, false },
};

static void names_hosts_and_addresses_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct span name = expect_copy(row->text, strlen(row->text));

		if (domain_is_name(name) != row->is_name || domain_is_host(name) != row->is_host)
			fail_msg("\"%s\" is taken for something else", row->text);
		expect_free(name);
	}
}

static void an_mx_names_a_host_that_others_may_look_for(void **state)
{
	(void)state;
	assert_true(domain_is_mail_host(SPAN_LITERAL("mx.example")));
	assert_true(domain_is_mail_host(SPAN_LITERAL("localhost.example")));
	assert_false(domain_is_mail_host(SPAN_LITERAL("a_b.example")));
	assert_false(domain_is_mail_host(SPAN_LITERAL("LOCALHOST")));
	assert_false(domain_is_mail_host(SPAN_LITERAL("mx.localhost")));
}

static void a_nul_makes_no_name(void **state)
{
	(void)state;
	assert_false(domain_is_name((struct span){ "a\0b.example", 11 }));
	assert_false(domain_is_name((struct span){ "\0", 1 }));
}

static void names_come_apart_at_dots(void **state)
{
	(void)state;
	expect_span("parent", domain_parent(span_of("a.b.example")), "b.example");
	expect_span("parent of a single label", domain_parent(span_of("example")), "");
	expect_span("parent of nothing", domain_parent(span_of("")), "");
	expect_span("tld", domain_tld(span_of("a.b.example")), "example");
	expect_span("tld of a single label", domain_tld(span_of("example")), "example");
	expect_span("tld of nothing", domain_tld(span_of("")), "");
}

static void below_means_whole_labels(void **state)
{
	static const struct {
		const char *name, *ancestor;
		bool is_below;
	} pairs[] = {
		{ "example.com", "example.com", true },
		{ "a.example.com", "EXAMPLE.com", true },
		{ "A.B.Example.Com", "example.com", true },
		{ "notexample.com", "example.com", false },
		{ "com", "example.com", false },
		{ "example.org", "example.com", false },
		{ "example.com", "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (domain_is_below(span_of(pairs[i].name), span_of(pairs[i].ancestor)) != pairs[i].is_below)
			fail_msg("%s below %s", pairs[i].name, pairs[i].ancestor);
}

struct match {
	const char *behaviour, *pattern, *host;
	bool matches;
};

static const struct match matches[] = {
	{ "the same name", "mail.example.com", "mail.example.com", true },
	{ "in another case", "MAIL.example.com", "mail.EXAMPLE.com", true },
	{ "the host's trailing dot is dropped", "mail.example.com", "mail.example.com.", true },
	{ "one trailing dot only", "mail.example.com", "mail.example.com..", false },
	{ "a single label", "mx", "mx", true },
	{ "one label for the star", "*.example.com", "mail.example.com", true },
	{ "one label and a trailing dot", "*.example.com", "mail.example.com.", true },
	{ "underscore in a host", "*.example.com", "my_mail.example.com", true },
	{ "not the parent itself", "*.example.com", "example.com", false },
	{ "not two labels", "*.example.com", "a.b.example.com", false },
	{ "not an empty label", "*.example.com", ".example.com", false },
	{ "not without the dot", "*.example.com", "xexample.com", false },
	{ "not a name behind", "mail.example.com", "mail.example.com.evil.example", false },
	{ "not a name in front", "example.com", "mail.example.com", false },
	{ "not the end of a label", "mail.example.com", "xmail.example.com", false },
	{ "not a star in the host", "*.example.com", "*.example.com", false },
	{ "no host", "*.example.com", "", false },
	{ "no pattern", "", "mail.example.com", false },
	{ "neither", "", "", false },
	{ "star alone", "*", "com", false },
	{ "star and dot", "*.", "com", false },
	{ "two stars", "*.*.com", "a.b.com", false },
	{ "star in a label", "m*.example.com", "mail.example.com", false },
	{ "star in the middle", "a.*.com", "a.b.com", false },
	{ "a malformed pattern is nobody's name", "a..com", "a..com", false },
	{ "a pattern with a dot behind", "mail.example.com.", "mail.example.com.", false },
	{ "an address is no name", "192.0.2.1", "192.0.2.1", false },
	{ "a U-label is no A-label", "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example", false },
};

static void a_pattern_matches_whole_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(matches); i++)
		if (domain_matches(span_of(matches[i].pattern), span_of(matches[i].host)) != matches[i].matches)
			fail_msg("%s", matches[i].behaviour);
}

static void a_nul_hides_nothing(void **state)
{
	static const char name[] = "bank.example\0.evil.example";

	(void)state;
	assert_false(domain_matches((struct span){ name, sizeof(name) - 1 }, span_of("bank.example")));
	assert_false(domain_matches((struct span){ "*.\0.example", 11 }, (struct span){ "a.\0.example", 11 }));
	assert_false(domain_matches((struct span){ "*.evil.example", 14 }, (struct span){ "a\0b.evil.example", 16 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_hosts_and_addresses_are_told_apart),
		cmocka_unit_test(an_mx_names_a_host_that_others_may_look_for),
		cmocka_unit_test(a_nul_makes_no_name),
		cmocka_unit_test(names_come_apart_at_dots),
		cmocka_unit_test(below_means_whole_labels),
		cmocka_unit_test(a_pattern_matches_whole_labels),
		cmocka_unit_test(a_nul_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

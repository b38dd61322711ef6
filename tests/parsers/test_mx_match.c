#include "parsers/mx_match.h"

#include "tests/parsers/expect.h"

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
		if (mx_match(span_of(matches[i].pattern), span_of(matches[i].host)) != matches[i].matches)
			fail_msg("%s", matches[i].behaviour);
}

static void a_nul_hides_nothing(void **state)
{
	static const char name[] = "bank.example\0.evil.example";

	(void)state;
	assert_false(mx_match((struct span){ name, sizeof(name) - 1 }, span_of("bank.example")));
	assert_false(mx_match((struct span){ "*.\0.example", 11 }, (struct span){ "a.\0.example", 11 }));
	assert_false(mx_match((struct span){ "*.evil.example", 14 }, (struct span){ "a\0b.evil.example", 16 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_whole_labels),
		cmocka_unit_test(a_nul_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

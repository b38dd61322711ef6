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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_hosts_and_addresses_are_told_apart),
		cmocka_unit_test(a_nul_makes_no_name),
		cmocka_unit_test(names_come_apart_at_dots),
		cmocka_unit_test(below_means_whole_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/classify/mx_kind.h"
#include "analysis/classify/public_suffix.h"

static void public_suffix(void **state)
{
	static const struct {
		const char *name, *registrable, *label, *suffix;
	} table[] = {
		{ "mail.example.com", "example.com", "example", "com" },
		{ "a.b.Example.co.UK", "Example.co.UK", "Example", "co.UK" },
		{ "example.com", "example.com", "example", "com" },
		{ "co.uk", "co.uk", "co.uk", "" },
		{ "localhost", "localhost", "localhost", "" },
		{ "a.unheard-of", "a.unheard-of", "a", "unheard-of" },
		{ "", "", "", "" },
	};

	(void)state;
	for (size_t round = 0; round < 2; round++) /* what was asked before is remembered */
		for (size_t i = 0; i < COUNT_OF(table); i++) {
			struct public_suffix_cut cut = public_suffix_cut(span_of(table[i].name));

			assert_true(span_equal(cut.registrable, span_of(table[i].registrable)));
			assert_true(span_equal(cut.label, span_of(table[i].label)));
			assert_true(span_equal(cut.suffix, span_of(table[i].suffix)));
		}
}

static void what_was_registered_leaves_out_suffixes_of_companies(void **state)
{
	static const struct {
		const char *name, *registered;
	} table[] = {
		{ "alice.github.io", "github.io" }, { "a.b.GitHub.IO", "GitHub.IO" },
		{ "github.io", "github.io" },       { "mail.example.co.uk", "example.co.uk" },
		{ "example.com", "example.com" },   { "com", "com" },
		{ "a.unheard-of", "a.unheard-of" }, { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(table); i++)
		if (!span_equal(public_suffix_registered(span_of(table[i % COUNT_OF(table)].name)),
				span_of(table[i % COUNT_OF(table)].registered)))
			fail_msg("%s", table[i % COUNT_OF(table)].name);
	assert_int_equal(public_suffix_registered((struct span){ "a\0b.com", 7 }).n, 7);
}

static void public_suffix_of_odd_octets(void **state)
{
	char large[400];

	(void)state;
	memset(large, 'a', sizeof(large));
	assert_int_equal(public_suffix_cut((struct span){ large, sizeof(large) }).registrable.n, sizeof(large));
	assert_int_equal(public_suffix_cut((struct span){ "a\0b.com", 7 }).registrable.n, 7);
}

static void kind_of_pair(void **state)
{
	static const struct {
		const char *pattern, *mx;
		enum mx_kind kind;
	} table[] = {
		{ "mta-sts.example.com", "mail.example.com", MX_KIND_STS_LABEL },
		{ "*.mta-sts.example.com", "mail.example.com", MX_KIND_STS_LABEL },
		{ "mail.example.com", "mail.example.org", MX_KIND_TLD },
		{ "mail.example.com", "mail.example.co.uk", MX_KIND_TLD },
		{ "*.example.com", "mail.example.org", MX_KIND_TLD },
		{ "*.example.com", "a.mail.example.org", MX_KIND_DOMAIN },
		{ "mail.example.com", "mx.example.org", MX_KIND_DOMAIN },
		{ "mail.example.com", "mx.example.com", MX_KIND_LABEL },
		{ "*.example.com", "a.b.example.com", MX_KIND_LABEL },
		{ "*.example.com", "example.com", MX_KIND_LABEL },
		{ "mail.exmaple.com", "mail.example.com", MX_KIND_TYPO },
		{ "*.exampl.com", "mail.example.com", MX_KIND_TYPO },
		{ "mail.abc.com", "mail.xyz.com", MX_KIND_DOMAIN },
		{ "mail.exmaple.net", "mail.example.com", MX_KIND_DOMAIN },
		{ "mail.example.com", "aspmx.l.google.com", MX_KIND_DOMAIN },
		{ "a.co.uk", "b.co.uk", MX_KIND_DOMAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		bool wildcard = table[i].pattern[0] == '*';
		struct public_suffix_cut pattern = public_suffix_cut(span_of(table[i].pattern + (wildcard ? 2 : 0)));
		struct public_suffix_cut mx = public_suffix_cut(span_of(table[i].mx));
		enum mx_kind kind = mx_kind_of_pair(&pattern, wildcard, &mx);

		if (kind != table[i].kind)
			fail_msg("%s against %s: %s, want %s", table[i].pattern, table[i].mx, mx_kind_names[kind],
				 mx_kind_names[table[i].kind]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_suffix),
		cmocka_unit_test(what_was_registered_leaves_out_suffixes_of_companies),
		cmocka_unit_test(public_suffix_of_odd_octets),
		cmocka_unit_test(kind_of_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/meant.h"

#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"

#include "tests/parsers/expect.h"

static bool is_meant(struct span record, const struct txt_kind *kind)
{
	return txt_likeness(record, kind) != TXT_UNRELATED;
}

/* What goes with "v=STSv1" and "v=TLSRPTv1" alike: before, in and behind "v=", and within. */
static void what_was_pasted_along_hides_no_record(void **state)
{
	static const struct {
		const char *what, *octets;
	} debris[] = {
		{ "a space", " " },
		{ "a tab", "\t" },
		{ "a line end", "\r\n" },
		{ "quotes", "\"'`" },
		{ "escaped quotes", "\\\"" },
		{ "typographic double quotes", "\xe2\x80\x9c\xe2\x80\x9d\xe2\x80\x9e\xe2\x80\x9f" },
		{ "typographic single quotes", "\xe2\x80\x98\xe2\x80\x99\xe2\x80\x9a\xe2\x80\x9b" },
		{ "guillemets", "\xc2\xab\xc2\xbb\xe2\x80\xb9\xe2\x80\xba" },
		{ "primes", "\xe2\x80\xb2\xe2\x80\xb3" },
		{ "corner brackets", "\xe3\x80\x8c\xe3\x80\x8e\xe3\x80\x9d\xef\xbd\xa2" },
		{ "full-width quotes", "\xef\xbc\x82\xef\xbc\x87" },
		{ "an acute accent", "\xc2\xb4" },
		{ "quotes of Windows-1252", "\x93\x94\x91\x92\x84\x82\x8b\x9b\xab\xbb" },
		{ "a no-break space", "\xc2\xa0" },
		{ "a no-break space of Latin-1", "\xa0" },
		{ "thin, narrow and figure spaces", "\xe2\x80\x89\xe2\x80\xaf\xe2\x80\x87" },
		{ "an ideographic space", "\xe3\x80\x80" },
		{ "an Ogham space", "\xe1\x9a\x80" },
		{ "a mathematical space", "\xe2\x81\x9f" },
		{ "line and paragraph separators", "\xe2\x80\xa8\xe2\x80\xa9" },
		{ "next line", "\xc2\x85" },
		{ "a zero-width space", "\xe2\x80\x8b" },
		{ "joiners", "\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0" },
		{ "a byte-order mark", "\xef\xbb\xbf" },
		{ "a soft hyphen", "\xc2\xad" },
		{ "marks of direction",
		  "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9" },
		{ "invisible operators", "\xe2\x81\xa1\xe2\x81\xa4" },
		{ "a Mongolian vowel separator", "\xe1\xa0\x8e" },
		{ "variation selectors", "\xef\xb8\x8f\xf3\xa0\x84\x80" },
		{ "a Hangul filler", "\xe3\x85\xa4" },
		{ "a tag", "\xf3\xa0\x81\xb6" },
		{ "quotes in quotes", "\"\xe2\x80\x9c'\\\"" },
	};
	static const char *const version[] = { "v=STSv1;", "V=stsV2", "v=TLSRPTv1;", "V=tlsrpt" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(debris); i++) {
		for (size_t k = 0; k < COUNT_OF(version); k++) {
			for (size_t at = 0; at < strlen("v=STS"); at++) {
				char text[128];
				int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)at, version[k], debris[i].octets,
						 version[k] + at);
				struct span record = expect_copy(text, (size_t)n);

				if (is_meant(record, &sts_record_kind) != (k < 2) ||
				    is_meant(record, &tlsrpt_record_kind) != (k >= 2))
					fail_msg("%s at %zu of %s", debris[i].what, at, version[k]);
				expect_free(record);
			}
		}
	}
}

static void what_begins_otherwise_is_unrelated(void **state)
{
	static const char *const text[] = {
		"",
		"v",
		"v=",
		"v=ST",
		"v=TLSRP",
		"v=spf1 -all",
		"v=DMARC1; p=none",
		"sts",
		"STSv1; id=1",
		"id=1; v=STSv1",
		"xv=STSv1",
		"v:STSv1",
		"v==STSv1",
		"v-STSv1",
		"(v=STSv1)",
		"\xc3\xbfv=STSv1",
		"\xe2\x80",
		"\xd0\xa2v=TLSRPTv1",
		"mta-sts v=STSv1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		struct span record = expect_copy(text[i], strlen(text[i]));

		if (is_meant(record, &sts_record_kind) || is_meant(record, &tlsrpt_record_kind))
			fail_msg("'%s'", text[i]);
		expect_free(record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_pasted_along_hides_no_record),
		cmocka_unit_test(what_begins_otherwise_is_unrelated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

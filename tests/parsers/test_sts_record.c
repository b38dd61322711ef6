/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/sts_record.h"

#include "tests/parsers/expect.h"

struct row {
	const char *behaviour;
	const char *record[4]; /* NULL behind the last */
	const char *state, *findings, *id;
};

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"
#define BAD(behaviour, text, findings)                                                                                 \
	{                                                                                                              \
		behaviour, { text }, "invalid", findings, NULL                                                         \
	}
#define GOOD(behaviour, text, findings, id)                                                                            \
	{                                                                                                              \
		behaviour, { text }, "valid", findings, id                                                             \
	}

static const struct row grammar[] = {
	GOOD("a record as in the standard", "v=STSv1; id=20160831085700Z;", "", "20160831085700Z"),
	GOOD("no white space at all", "v=STSv1;id=1", "", "1"),
	GOOD("tabs and spaces around semicolons", "v=STSv1 \t;\t id=1\t ; \t", "", "1"),
	GOOD("white space before the first semicolon of a lone record", "v=STSv1 ;id=1", "", "1"),
	GOOD("the longest id", "v=STSv1; id=" ID32, "", ID32),
	GOOD("extension before the id", "v=STSv1; x=1; id=2", "", "2"),
	GOOD("every octet an extension value may hold", "v=STSv1; id=1; x=!\"#$%&'()*+,-./09:<>?@AZ[\\]^_`az{|}~", "",
	     "1"),
	GOOD("an extension's name in full length", "v=STSv1; id=1; " ID32 "=1", "", "1"),
	GOOD("punctuation in an extension's name", "v=STSv1; id=1; 0_-.=1", "", "1"),
	GOOD("id in another case is an extension", "v=STSv1; ID=9; id=1", "", "1"),

	BAD("no field at all", "v=STSv1", "103"),
	BAD("no field behind the semicolon", "v=STSv1; ", "103"),
	BAD("extensions alone", "v=STSv1; ID=1; Id=2; ids=3", "103"),

	BAD("empty id", "v=STSv1; id=", "104"),
	BAD("empty id before a semicolon", "v=STSv1; id=; x=1", "104"),
	BAD("id of 33 octets", "v=STSv1; id=" ID32 "6", "104"),
	BAD("punctuation in the id", "v=STSv1; id=2024-01-01", "104"),
	BAD("space in the id", "v=STSv1; id=1 2", "104"),
	BAD("space before the id's value", "v=STSv1; id= 1", "104"),
	BAD("letters outside ASCII in the id", "v=STSv1; id=\xc3\xa9", "104"),
	BAD("id without its equals sign", "v=STSv1; id", "104"),
	BAD("a first id that is bad counts, a later good one does not", "v=STSv1; id=a-b; id=k", "104 107"),
	BAD("line end behind the id", "v=STSv1; id=1\r\n", "104"),

	BAD("extension without a value", "v=STSv1; id=1; x=", "105"),
	BAD("field without an equals sign", "v=STSv1; id=1; nonsense", "105"),
	BAD("extension without a name", "v=STSv1; id=1; =1", "105"),
	BAD("extension's name of 33 octets", "v=STSv1; id=1; " ID32 "6=1", "105"),
	BAD("extension's name with punctuation in front", "v=STSv1; id=1; _x=1", "105"),
	BAD("equals sign in an extension's value", "v=STSv1; id=1; x=a=b", "105"),
	BAD("space in an extension's value", "v=STSv1; id=1; x=a b", "105"),
	BAD("control character in an extension's value", "v=STSv1; id=1; x=\x01", "105"),
	BAD("a later id that is empty is no extension either", "v=STSv1; id=1; id=", "105 107"),

	BAD("empty field in front", "v=STSv1;; id=1", "106"),
	BAD("empty field of white space", "v=STSv1; id=1; ;", "106"),
	BAD("two semicolons at the end", "v=STSv1; id=1;;", "106"),
	BAD("trailing space without a semicolon", "v=STSv1; id=1 ", "106"),
	BAD("trailing tab behind an extension", "v=STSv1; id=1; x=1\t", "106"),
	BAD("no semicolon behind the version", "v=STSv1 id=1", "106"),
	BAD("comma for a semicolon", "v=STSv1, id=1", "106"),
	BAD("version and a space", "v=STSv1 ", "106"),
	BAD("white space before the id's equals sign", "v=STSv1; id =1", "106"),
	BAD("white space around the id's equals sign", "v=STSv1; id = 1", "106"),
	BAD("extension outside ASCII", "v=STSv1; id=1; x=\xc3\xa9", "106"),
	BAD("no-break space behind a semicolon", "v=STSv1; id=1;\xc2\xa0", "106"),

	GOOD("id twice, the first counts", "v=STSv1; id=1; id=2", "107", "1"),
	GOOD("a bad id behind a good one is a mere extension", "v=STSv1; id=1; id=a-b", "107", "1"),
	GOOD("an extension twice", "v=STSv1; x=1; x=2; id=1", "107", "1"),
	GOOD("the version again", "v=STSv1; v=STSv2; id=1", "107", "1"),
	GOOD("names that differ by case are different", "v=STSv1; x=1; X=2; id=1", "", "1"),

	BAD("lower case version", "v=stsv1; id=1", "102"),
	BAD("upper case tag", "V=STSv1; id=1", "102"),
	BAD("space in front", " v=STSv1; id=1", "102"),
	BAD("quotes", "\"v=STSv1; id=1\"", "102"),
	BAD("an escaped quote", "\\\"v=STSv1; id=1", "102"),
	BAD("typographic quotes", "\xe2\x80\x9cv=STSv1; id=1\xe2\x80\x9d", "102"),
	BAD("quotes of Windows-1252", "\x93v=STSv1; id=1\x94", "102"),
	BAD("white space around the equals sign", "v = STSv1; id=1", "102"),
	BAD("a quote behind the equals sign", "v=\"STSv1\"; id=1", "102"),
	BAD("a byte-order mark", "\xef\xbb\xbfv=STSv1; id=1", "102"),
	BAD("characters without width", "\xe2\x80\x8bv\xe2\x81\xa0=\xc2\xadSTSv1; id=1", "102"),
	BAD("a no-break space and an ideographic one", "\xc2\xa0\xe3\x80\x80v=STSv1; id=1", "102"),
	BAD("a no-break space of Latin-1", "\xa0v=STSv1; id=1", "102"),
	BAD("another version", "v=STSv2; id=1", "102"),
	BAD("a longer version", "v=STSv10; id=1", "102"),
	BAD("a version with a point", "v=STSv1.1; id=1", "102"),
	BAD("a version with a hyphen", "v=STSv1-x; id=1", "102"),
	BAD("a version with an underscore", "v=STSv1_1; id=1", "102"),
	BAD("no version number", "v=STS; id=1", "102"),
	BAD("nothing between version and id", "v=STSv1id=1", "102"),
};

static const struct row sets[] = {
	{ "no record", { NULL }, "none", "", NULL },
	{ "an empty record is no STS record", { "" }, "none", "108", NULL },
	{ "something else", { "hello" }, "none", "108", NULL },
	{ "the version is not in front", { "id=1; v=STSv1" }, "none", "108", NULL },
	{ "a letter in front is no debris", { "xv=STSv1; id=1" }, "none", "108", NULL },
	{ "debris alone", { "\"\xe2\x80\x8b\"", " v", "v =" }, "none", "108", NULL },
	{ "an STS record beside another", { "hello", "v=STSv1; id=1" }, "valid", "108", "1" },
	{ "an SPF record beside an STS record is no wildcard",
	  { "v=STSv1; id=1", "v=spf1 -all" },
	  "valid",
	  "108",
	  "1" },
	{ "an SPF record alone", { "v=spf1 include:example.net -all" }, "none", "108 109", NULL },
	{ "SPF in upper case among others", { "hello", "V=SPF1 -all" }, "none", "108 109", NULL },
	{ "a verification token", { "google-site-verification=abc" }, "none", "108 109", NULL },
	{ "a verification token with a colon", { "yandex-verification: abc" }, "none", "108 109", NULL },
	{ "a verification code", { "logmein-verification-code=abc" }, "none", "108 109", NULL },
	{ "a verification token without a value", { "ZOOM_verify_abc" }, "none", "108 109", NULL },
	{ "the token of an office suite", { "MS=ms12345678" }, "none", "108 109", NULL },
	{ "a word that ends like a token but has no value", { "verification" }, "none", "108", NULL },
	{ "a value behind a word that is no token", { "x=verification" }, "none", "108", NULL },
	{ "a token behind other text", { "my site-verification=1" }, "none", "108", NULL },
	{ "a short word and a colon", { "abc: d" }, "none", "108", NULL },
	{ "a DMARC record is no apex record", { "v=DMARC1; p=none" }, "none", "108", NULL },

	{ "two records", { "v=STSv1; id=1", "v=STSv1; id=2" }, "multiple", "101", NULL },
	{ "the same record twice", { "v=STSv1; id=1", "v=STSv1; id=1" }, "multiple", "101", NULL },
	{ "a broken record counts as one of several",
	  { "v=STSv1;", "v=STSv1; id=1", "x" },
	  "multiple",
	  "101 108",
	  NULL },
	{ "a record of another version is discarded", { "v=STSv2; id=1", "v=STSv1; id=2" }, "valid", "102", "2" },
	{ "one in another case is discarded", { "v=STSv1; id=2", "V=STSV1; id=1" }, "valid", "102", "2" },
	{ "no semicolon right behind the version: discarded",
	  { "v=STSv1 ; id=1", "v=STSv1; id=2" },
	  "valid",
	  "108",
	  "2" },
	{ "the bare version is discarded", { "v=STSv1", "v=STSv1; id=2" }, "valid", "108", "2" },
	{ "discarded beside another record, none is left",
	  { "v=STSv1 ;id=1", "v=spf1 -all" },
	  "invalid",
	  "106 108",
	  NULL },
	{ "two of which both are discarded", { "v=STSv1 ;id=1", "v=STSv1 id=2" }, "invalid", "106", NULL },
	{ "wrong versions alone", { "v=STSv2; id=1", "v=stsv1; id=2" }, "invalid", "102", NULL },
	{ "a broken record beside another", { "x", "v=STSv1; id=a-b" }, "invalid", "104 108", NULL },
};

static void run(const struct row *row)
{
	struct span record[4];
	struct sts_record result;
	size_t count = 0;

	for (; count < 4 && row->record[count]; count++)
		record[count] = expect_copy(row->record[count], strlen(row->record[count]));
	sts_record_parse(record, count, 0, &result);
	expect_word(row->behaviour, record_state_names[result.state], row->state);
	expect_findings(row->behaviour, &result.findings, row->findings);
	if (row->id)
		expect_span(row->behaviour, result.id, row->id);
	else if (result.id.p)
		fail_msg("%s: an id where there is none", row->behaviour);
	while (count > 0)
		expect_free(record[--count]);
}

static void one_record_is_judged_by_the_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(grammar); i++)
		run(&grammar[i]);
}

static void of_several_records_exactly_one_may_begin_with_the_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sets); i++)
		run(&sets[i]);
}

static void a_nul_is_an_octet_like_others(void **state)
{
	static const char text[] = "v=STSv1; id=a\0b";
	struct span record = expect_copy(text, sizeof(text) - 1);
	struct sts_record result;

	(void)state;
	sts_record_parse(&record, 1, 0, &result);
	expect_findings("NUL in the id", &result.findings, "104");
	expect_free(record);
}

/* 16 KiB of different names: as many fields as fit, each looked up among the earlier ones. */
static void hostile_fields_are_read_to_the_end(void **state)
{
	enum { SIZE = 16384 };
	char *text = malloc(SIZE + 32);
	size_t n = (size_t)sprintf(text, "v=STSv1");
	struct sts_record result;

	(void)state;
	for (unsigned i = 0; n < SIZE; i++)
		n += (size_t)sprintf(text + n, ";n%x=1", i);
	sts_record_parse(&(struct span){ text, n }, 1, 0, &result);
	expect_findings("thousands of fields without an id", &result.findings, "103");
	n += (size_t)sprintf(text + n, ";n0=1;id=z");
	sts_record_parse(&(struct span){ text, n }, 1, 0, &result);
	expect_findings("thousands of fields, one twice", &result.findings, "107");
	expect_span("thousands of fields", result.id, "z");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_record_is_judged_by_the_grammar),
		cmocka_unit_test(of_several_records_exactly_one_may_begin_with_the_version),
		cmocka_unit_test(a_nul_is_an_octet_like_others),
		cmocka_unit_test(hostile_fields_are_read_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

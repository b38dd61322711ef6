/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/tlsrpt_record.h"

#include "tests/parsers/expect.h"

struct row {
	const char *behaviour;
	const char *record[4]; /* NULL behind the last */
	const char *state, *findings;
	const char *rua; /* members of a valid record, "m " mailto, "h " https, "o " another, each behind a newline */
};

#define V "v=TLSRPTv1;"
#define BAD(behaviour, text, findings)                                                                                 \
	{                                                                                                              \
		behaviour, { text }, "invalid", findings, ""                                                           \
	}
#define GOOD(behaviour, text, findings, rua)                                                                           \
	{                                                                                                              \
		behaviour, { text }, "valid", findings, rua                                                            \
	}

static const struct row grammar[] = {
	GOOD("mailto as in the standard", V "rua=mailto:reports@example.com", "", "\nm mailto:reports@example.com"),
	GOOD("https as in the standard", V " rua=https://reporting.example.com/v1/tlsrpt", "",
	     "\nh https://reporting.example.com/v1/tlsrpt"),
	GOOD("schemes in any case", V "rua=MAILTO:a@b.example,Https://c.example", "",
	     "\nm MAILTO:a@b.example\nh Https://c.example"),
	GOOD("white space around commas and semicolons",
	     "v=TLSRPTv1 ;\trua=mailto:a@b.example \t,\t https://c.example ; ", "",
	     "\nm mailto:a@b.example\nh https://c.example"),
	GOOD("extensions on both sides", V "x=1;rua=mailto:a@b.example;y=2;", "", "\nm mailto:a@b.example"),
	GOOD("escaped delimiters", V "rua=https://c.example/a%2Cb%21c%3Bd", "", "\nh https://c.example/a%2Cb%21c%3Bd"),
	GOOD("a query that ends in an equals sign", V "rua=https://c.example/?q=;x=1", "", "\nh https://c.example/?q="),
	GOOD("user, port and address literal", V "rua=https://u@[2001:db8::1]:8443/", "",
	     "\nh https://u@[2001:db8::1]:8443/"),
	GOOD("an address with a subject", V "rua=mailto:a@b.example?subject=x", "", "\nm mailto:a@b.example?subject=x"),

	GOOD("every hexadecimal digit and a fragment", V "rua=https://c.example:0989/%09%af%AF#a", "",
	     "\nh https://c.example:0989/%09%af%AF#a"),

	BAD("no field", "v=TLSRPTv1", "903"),
	BAD("white space around the equals sign", "v = TLSRPTv1; rua=mailto:a@b.example", "902"),
	BAD("a typographic quote", "\xe2\x80\x9ev=TLSRPTv1; rua=mailto:a@b.example", "902"),
	BAD("no rua among extensions", V "x=1; ruf=mailto:a@b.example", "903"),
	BAD("rua in another case is an extension", V "RUA=mailto:a@b.example", "903"),

	BAD("empty rua", V "rua=", "904"),
	BAD("rua without an equals sign", V "rua", "904"),
	BAD("an address without a scheme", V "rua=a@b.example", "904"),
	BAD("no URI beside a good one", V "rua=mailto:a@b.example,b@b.example", "904"),
	BAD("comma at the end", V "rua=mailto:a@b.example,", "904"),
	BAD("comma in front", V "rua=,mailto:a@b.example", "904"),
	BAD("percent without digits", V "rua=https://c.example/%GG", "904"),
	BAD("percent at the end", V "rua=https://c.example/%2", "904"),
	BAD("space in a URI", V "rua=https://c.example/a b", "904"),
	BAD("outside ASCII", V "rua=mailto:\xc3\xa9@b.example", "904"),
	BAD("two fragments", V "rua=https://c.example/#a#b", "904"),
	BAD("percent and a letter behind F", V "rua=https://c.example/%0g", "904"),
	BAD("a user that is none, beside a good URI", V "rua=mailto:a@b.example,https://a[b@c/", "904"),
	BAD("an address literal that is none, beside a good URI", V "rua=mailto:a@b.example,https://[\"]/", "904"),
	BAD("scheme of digits", V "rua=0:x,9:x", "904"),
	BAD("scheme that begins with a digit", V "rua=1x:y", "904"),
	BAD("scheme with an underscore", V "rua=a_b:y", "904"),
	BAD("port that is no number", V "rua=https://c.example:x/", "904"),
	BAD("address literal without an end", V "rua=https://[::1/", "904"),
	BAD("text behind an address literal", V "rua=https://[::1]x/", "904"),
	BAD("brackets in a path", V "rua=https://c.example/[x]", "904"),
	BAD("bracket in a host", V "rua=https://a]b/", "904"),
	BAD("bracket in a user", V "rua=https://a[b@c/", "904"),
	BAD("mailto without an address", V "rua=mailto:", "904"),
	BAD("mailto with a domain alone", V "rua=mailto:b.example", "904"),
	BAD("mailto with no domain", V "rua=mailto:a@?subject=x@y", "904"),
	BAD("https without a host", V "rua=https://", "904"),
	BAD("https without slashes", V "rua=https:c.example", "904"),
	BAD("https with a port alone", V "rua=https://:443/", "904"),
	BAD("mailto with an authority", V "rua=mailto://a@b.example", "904"),
	BAD("mailto with two addresses in one", V "rua=mailto:a@b@c.example", "904"),
	BAD("a port that is none", V "rua=https://c.example:65536/", "904"),
	GOOD("no address beside a good URI", V "rua=mailto:a@b.example,mailto:b.example", "904",
	     "\nm mailto:a@b.example\nm mailto:b.example"),

	BAD("no supported scheme", V "rua=http://c.example/", "905"),
	BAD("no supported scheme among two", V "rua=ftp://c.example/,urn:x:y", "905"),
	GOOD("another scheme beside a supported one", V "rua=ftp://c.example/,mailto:a@b.example", "905",
	     "\no ftp://c.example/\nm mailto:a@b.example"),

	GOOD("exclamation mark, as in DMARC", V "rua=mailto:a@b.example!10m", "906", "\nm mailto:a@b.example!10m"),
	GOOD("exclamation mark in a path", V "rua=https://c.example/!", "906", "\nh https://c.example/!"),
	BAD("exclamation marks are no URI", V "rua=!!", "904"),

	BAD("empty field", V "; rua=mailto:a@b.example", "907"),
	BAD("trailing space without a semicolon", V "rua=mailto:a@b.example ", "907"),
	BAD("field without an equals sign", V "rua=mailto:a@b.example; x", "907"),
	BAD("extension without a value", V "rua=mailto:a@b.example; x=", "907"),
	BAD("equals sign in an extension", V "rua=mailto:a@b.example; x=a=b", "907"),
	BAD("no semicolon behind the version", "v=TLSRPTv1 rua=mailto:a@b.example", "907"),
	BAD("white space before rua's equals sign", V "rua =mailto:a@b.example", "907"),
	BAD("white space behind rua's equals sign", V "rua= mailto:a@b.example", "907"),
	BAD("a semicolon splits the address off", V "rua=mailto;a@b.example", "904 907"),

	GOOD("several rua add up", V "rua=mailto:a@b.example;x=1;rua=https://c.example,https://d.example", "908",
	     "\nm mailto:a@b.example\nh https://c.example\nh https://d.example"),
	GOOD("an extension twice", V "x=1;rua=mailto:a@b.example;x=2", "908", "\nm mailto:a@b.example"),
	GOOD("the version again", V "v=TLSRPTv1;rua=mailto:a@b.example", "908", "\nm mailto:a@b.example"),

	BAD("lower case version", "v=tlsrptv1;rua=mailto:a@b.example", "902"),
	BAD("space in front", " v=TLSRPTv1;rua=mailto:a@b.example", "902"),
	BAD("another version", "v=TLSRPTv2;rua=mailto:a@b.example", "902"),
	BAD("a longer version", "v=TLSRPTv10;rua=mailto:a@b.example", "902"),
};

static const struct row sets[] = {
	{ "no record", { NULL }, "none", "", "" },
	{ "something else", { "hello" }, "none", "909", "" },
	{ "an SPF record", { "v=spf1 -all" }, "none", "909", "" },
	{ "the record among others",
	  { "v=spf1 -all", V "rua=mailto:a@b.example" },
	  "valid",
	  "909",
	  "\nm mailto:a@b.example" },
	{ "two records", { V "rua=mailto:a@b.example", V "rua=mailto:a@b.example" }, "multiple", "901", "" },
	{ "a broken record counts as one of several",
	  { V, V "rua=mailto:a@b.example", "x" },
	  "multiple",
	  "901 909",
	  "" },
	{ "another version is discarded",
	  { "v=TLSRPTv2;", V "rua=mailto:a@b.example" },
	  "valid",
	  "902",
	  "\nm mailto:a@b.example" },
	{ "no semicolon right behind the version: discarded",
	  { "v=TLSRPTv1 ;x=1", V "rua=mailto:a@b.example" },
	  "valid",
	  "909",
	  "\nm mailto:a@b.example" },
	{ "discarded beside another, none is left",
	  { "v=TLSRPTv1 ;rua=mailto:a@b.example", "x" },
	  "invalid",
	  "907 909",
	  "" },
};

static void list_rua(const struct tlsrpt_record *record, char *text, size_t size)
{
	static const char letter[] = { [URI_MAILTO] = 'm', [URI_HTTPS] = 'h', [URI_OTHER] = 'o' };
	struct span member;
	struct uri uri;
	size_t n = 0;

	text[0] = '\0';
	for (size_t at = 0; tlsrpt_next_rua(record, &at, &member, &uri);)
		n += (size_t)snprintf(text + n, size - n, "\n%c %.*s", letter[uri.scheme], (int)member.n, member.p);
}

static void run(const struct row *row)
{
	struct tlsrpt_record result;
	struct span record[4];
	char rua[512];
	size_t count = 0;

	for (; count < 4 && row->record[count]; count++)
		record[count] = expect_copy(row->record[count], strlen(row->record[count]));
	tlsrpt_record_parse(record, count, 0, &result);
	expect_word(row->behaviour, record_state_names[result.state], row->state);
	expect_findings(row->behaviour, &result.findings, row->findings);
	list_rua(&result, rua, sizeof(rua));
	expect_word(row->behaviour, rua, row->rua);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_record_is_judged_by_the_grammar),
		cmocka_unit_test(of_several_records_exactly_one_may_begin_with_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

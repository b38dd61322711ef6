/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/sts_policy.h"

#include "tests/parsers/expect.h"

struct row {
	const char *behaviour, *body;
	const char *state, *findings;
	const char *mx; /* well-formed patterns with spaces between */
};

#define V "version: STSv1\n"
#define E "mode: enforce\n"
#define A "max_age: 1209600\n"
#define M "mx: a.example\n"
#define ALL V E A M
#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define N32 "abcdefghijklmnopqrstuvwxyz012345"
#define INVALID(behaviour, body, findings)                                                                             \
	{                                                                                                              \
		behaviour, body, "invalid", findings, "a.example"                                                      \
	}
#define TOLERATED(behaviour, body, findings)                                                                           \
	{                                                                                                              \
		behaviour, body, "tolerated", findings, "a.example"                                                    \
	}
#define VALID(behaviour, body, findings)                                                                               \
	{                                                                                                              \
		behaviour, body, "valid", findings, "a.example"                                                        \
	}

static const struct row bodies[] = {
	VALID("the four keys", ALL, ""),
	VALID("in another order", M A E V, ""),
	VALID("CRLF", "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 1209600\r\n", ""),
	VALID("LF and CRLF mixed", "version: STSv1\r\n" E "mx: a.example\r\n" A, ""),
	VALID("no line end at the end", V E M "max_age: 1209600", ""),
	VALID("no space behind the colon", "version:STSv1\nmode:enforce\nmx:a.example\nmax_age:1209600\n", ""),
	VALID("tabs behind the colon", "version:\t\tSTSv1\n" E M A, ""),
	VALID("white space at the end of lines", "version: STSv1 \t\nmode: enforce \r\n" M A, ""),

	{ "no octet", "", "invalid", "601", "" },
	{ "line ends alone", "\r\n\n", "invalid", "601", "" },
	{ "a byte-order mark alone", "\xef\xbb\xbf", "invalid", "601", "" },

	{ "a page", "<!DOCTYPE html>\n<html><body>version: STSv1</body></html>", "invalid", "602", "" },
	{ "a page in upper case behind a blank line", "\n <HTML>\nmx: a.example\n", "invalid", "602", "" },
	{ "a page behind a mark", "\xef\xbb\xbf<?xml version=\"1.0\"?><html>", "invalid", "602", "" },
	{ "a page behind a warning", "Warning: no such file\n<html><p>404</p></html>\n", "invalid", "602", "" },
	{ "a page in XML", "<?xml version=\"1.0\"?><Error>NoSuchKey</Error>", "invalid", "602", "" },
	{ "a piece of a page", " \t\r\n<p>not here</p>", "invalid", "602", "" },
	{ "a comment of a page", "<!-- mta-sts -->\nversion: STSv1\n", "invalid", "602", "" },
	INVALID("a digit begins no tag", "<1: x\n" ALL, "603"),
	{ "one octet that could begin a page", "<", "invalid", "603 604 606 608 610", "" },
	{ "a tag that is no page's", "x <p>\n", "invalid", "603 604 606 608 610", "" },
	INVALID("a tag behind a policy is only a bad line", ALL "<html>\n", "603"),

	INVALID("line without a colon", ALL "hello\n", "603"),
	INVALID("equals sign for a colon", V E M "max_age=1209600\n", "603 608"),
	INVALID("comment", "# ours\n" ALL, "603"),
	INVALID("no key", ALL ": x\n", "603"),
	INVALID("extension without a value", ALL "x: \n", "603"),
	INVALID("key of 33 octets", ALL N32 "6: x\n", "603"),
	INVALID("key that begins with punctuation", ALL "_x: y\n", "603"),
	INVALID("space in a key", ALL "x y: z\n", "603"),
	INVALID("key outside ASCII", ALL "\xc3\xbc: y\n", "603"),
	INVALID("tab in a value", ALL "x: a\tb\n", "603"),
	INVALID("control character in a value", ALL "x: a\x1b\n", "603"),
	INVALID("a lone byte above ASCII", ALL "x: \xff\n", "603"),
	INVALID("a cut character", ALL "x: a\xc3\n", "603"),
	INVALID("an overlong character", ALL "x: \xe0\x80\xaf\n", "603"),
	INVALID("a surrogate", ALL "x: \xed\xa0\x80\n", "603"),
	INVALID("an overlong character of two octets", ALL "x: \xc1\xbf\n", "603"),
	INVALID("an overlong character of four octets", ALL "x: \xf0\x8f\xbf\xbf\n", "603"),
	INVALID("an octet that begins nothing", ALL "x: \xf5\x80\x80\x80\n", "603"),
	INVALID("a third octet that continues nothing", ALL "x: \xe6\x9d!\n", "603"),
	INVALID("delete", ALL "x: a\x7f\n", "603"),
	INVALID("beyond Unicode", ALL "x: \xf4\x90\x80\x80\n", "603"),
	INVALID("a second mark", "\xef\xbb\xbf\xef\xbb\xbf" ALL, "603 604 615"),
	INVALID("a repeated key without a value is no extension either", ALL "mode:\n", "603 618"),
	{ "a carriage return ends no line", "version: STSv1\rmode: enforce\rmx: a.example\r", "invalid",
	  "605 606 608 610", "" },

	INVALID("no version", E A M, "604"),
	INVALID("no version but an extension", "versions: STSv1\n" E A M, "604 619"),
	INVALID("another version", "version: STSv2\n" E A M, "605"),
	INVALID("a longer version", "version: STSv10\n" E A M, "605"),
	INVALID("the record's form of it", "version: v=STSv1\n" E A M, "605"),
	INVALID("two carriage returns", "version: STSv1\r\r\n" E A M, "605"),
	INVALID("a bad first version counts, a later good one does not", "version: STSv2\n" ALL, "605 618"),
	INVALID("no mode", V A M, "606"),
	INVALID("mode without a colon", V "mode enforce\n" A M, "603 606"),
	INVALID("another mode", V "mode: report\n" A M, "607"),
	INVALID("empty mode", V "mode:\n" A M, "607"),
	INVALID("brackets around the mode", V "mode: [testing]\n" A M, "607"),
	INVALID("no max_age", V E M, "608"),
	INVALID("no max_age but one with a hyphen", V E M "max-age: 1209600\n", "608 619"),
	INVALID("empty max_age", V E M "max_age: \n", "609"),
	INVALID("unit", V E M "max_age: 7d\n", "609"),
	INVALID("sign", V E M "max_age: -1\n", "609"),
	INVALID("eleven digits", V E M "max_age: 00000000001\n", "609"),
	INVALID("comment behind the number", V E M "max_age: 604800 # a week\n", "609"),
	{ "no mx in mode enforce", V E A, "invalid", "610", "" },
	{ "no mx in mode testing", V "mode: testing\n" A, "invalid", "610 622", "" },
	{ "no mx in mode none", V "mode: none\n" A, "valid", "621", "" },
	VALID("mx in mode none", V "mode: none\n" A M, "621"),
	VALID("mode testing", V "mode: testing\n" A M, "622"),

	INVALID("empty mx", ALL "mx:\n", "611"),
	INVALID("address", ALL "mx: a@b.example\n", "611"),
	INVALID("IPv4 address", ALL "mx: 192.0.2.1\n", "611"),
	INVALID("IPv4 address literal", ALL "mx: [192.0.2.1]\n", "611"),
	INVALID("IPv6 address", ALL "mx: 2001:db8::1\n", "611"),
	INVALID("wildcard before an IPv4 address", ALL "mx: *.192.0.2.1\n", "611"),
	INVALID("underscore", ALL "mx: a_b.example\n", "611"),
	INVALID("two on a line", ALL "mx: b.example c.example\n", "611"),
	INVALID("two with a comma", ALL "mx: b.example,c.example\n", "611"),
	INVALID("star alone", ALL "mx: *\n", "611"),
	INVALID("star in the middle", ALL "mx: b.*.example\n", "611"),
	INVALID("star in a label", ALL "mx: b*.example\n", "611"),
	INVALID("two stars", ALL "mx: *.*.example\n", "611"),
	INVALID("empty label", ALL "mx: b..example\n", "611"),
	INVALID("dot in front", ALL "mx: .example\n", "611"),
	INVALID("dot alone", ALL "mx: .\n", "611"),
	INVALID("hyphen at a label's end", ALL "mx: b-.example\n", "611"),
	INVALID("label of 64 octets", ALL "mx: a" L63 ".example\n", "611"),
	INVALID("name of 254 octets", ALL "mx: " L63 "." L63 "." L63 "." L63 "\n", "611"),
	INVALID("wildcard and name of 254 octets",
		ALL "mx: *." L63 "." L63 "." L63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"611"),
	INVALID("port", ALL "mx: b.example:25\n", "611"),
	INVALID("preference in front", ALL "mx: 10 b.example\n", "611"),
	INVALID("a malformed mx is one", V E A M "mx: b_c\n", "611"),
	INVALID("a byte that is no character", ALL "mx: m\xffx.example\n", "611"),
	INVALID("a letter outside ASCII between spaces", ALL "mx: m\xc3\xbcx example\n", "611"),
	INVALID("trailing dot", ALL "mx: b.example.\n", "612"),
	INVALID("wildcard with a trailing dot", ALL "mx: *.b.example.\n", "612"),
	INVALID("two trailing dots", ALL "mx: b.example..\n", "611"),
	INVALID("U-label", ALL "mx: m\xc3\xbcnchen.example\n", "613"),
	INVALID("wildcard before a U-label", ALL "mx: *.\xe6\x9d\xb1\xe4\xba\xac.example\n", "613"),
	INVALID("U-labels of many scripts",
		ALL "mx: \xe6\x9d\xb1.\xd7\xa9\xe0\xa4\xad\xea\xb0\x80.\xf0\xa0\x80\x80.example\n", "613"),
	INVALID("U-label with a joiner", ALL "mx: \xd9\x87\xe2\x80\x8c\xd8\xa7.example\n", "613"),
	INVALID("hyphen",
		ALL "mx: a\xe2\x80\x90"
		    "b.example\n",
		"611"),
	INVALID("non-breaking hyphen",
		ALL "mx: a\xe2\x80\x91"
		    "b.example\n",
		"611"),
	INVALID("en dash",
		ALL "mx: a\xe2\x80\x93"
		    "b.example\n",
		"611"),
	INVALID("minus sign",
		ALL "mx: a\xe2\x88\x92"
		    "b.example\n",
		"611"),
	INVALID("soft hyphen",
		ALL "mx: a\xc2\xad"
		    "b.example\n",
		"611"),
	INVALID("small and full-width hyphens",
		ALL "mx: a\xef\xb9\xa3"
		    "b\xef\xbc\x8d"
		    "c.example\n",
		"611"),
	INVALID("zero-width space", ALL "mx: a\xe2\x80\x8b.example\n", "611"),
	INVALID("word joiner",
		ALL "mx: \xe2\x81\xa0"
		    "a.example\n",
		"611"),
	INVALID("byte-order mark",
		ALL "mx: \xef\xbb\xbf"
		    "a.example\n",
		"611"),
	INVALID("no-break space at the end", ALL "mx: a.example\xc2\xa0\n", "611"),
	INVALID("typographic quotes",
		ALL "mx: \xe2\x80\x9c"
		    "a.example\xe2\x80\x9d\n",
		"611"),
	INVALID("ellipsis", ALL "mx: a\xe2\x80\xa6\n", "611"),
	INVALID("ideographic full stop",
		ALL "mx: a\xe3\x80\x82"
		    "example\n",
		"611"),
	INVALID("full-width letters", ALL "mx: \xef\xbd\x8d.example\n", "611"),
	INVALID("replacement character", ALL "mx: a\xef\xbf\xbd.example\n", "611"),
	INVALID("U-label beside a dash",
		ALL "mx: m\xc3\xbcnchen\xe2\x80\x91"
		    "a.example\n",
		"611"),
	INVALID("U-label with a trailing dot", ALL "mx: m\xc3\xbcnchen.example.\n", "612 613"),
	{ "every well-formed mx counts",
	  V E A "mx: a.example\nmx: *.b.example\nmx: " L63 "\nmx: A-1.2\nmx: a.example\n", "valid", "",
	  "a.example *.b.example " L63 " A-1.2 a.example" },
	{ "the well-formed ones of a broken policy are kept", V E "mx: b_c\nmx: b.example\n", "invalid", "608 611",
	  "b.example" },

	TOLERATED("blank line at the end", ALL "\n", "614"),
	TOLERATED("blank line in front", "\r\n" ALL, "614"),
	TOLERATED("line of white space", V " \t\n" E A M, "614"),
	TOLERATED("space behind the last line end", ALL " ", "614"),
	TOLERATED("byte-order mark", "\xef\xbb\xbf" ALL, "615"),
	TOLERATED("byte-order mark and CRLF", "\xef\xbb\xbfversion: STSv1\r\n" E A M, "615"),
	TOLERATED("space before a key", " " ALL, "616"),
	TOLERATED("tab before a key", V "\t" E A M, "616"),
	TOLERATED("space before a colon", V "mode : enforce\n" A M, "616"),
	TOLERATED("space before an extension's colon", ALL "x : y\n", "616 619"),
	TOLERATED("everything that is tolerated", "\xef\xbb\xbf\n" V E M " max_age: 9999999999\n", "614 615 616 617"),
	TOLERATED("max_age above the largest", V E M "max_age: 31557601\n", "617"),
	TOLERATED("max_age of ten nines", V E M "max_age: 9999999999\n", "617"),
	VALID("the largest max_age with zeros in front", V E M "max_age: 0031557600\n", ""),

	VALID("mode again, the first counts", ALL "mode: none\n", "618"),
	VALID("max_age again", ALL "max_age: 1\n", "618"),
	VALID("a later value may be nonsense", ALL "mode: junk\n", "618"),
	VALID("an extension again", ALL "x: y\nx: z\n", "618 619"),
	VALID("mx again is no duplicate", V E A M, ""),
	VALID("extension", ALL "x: y\n", "619"),
	VALID("extension of every kind of letter", ALL N32 ": \xc3\xbc \xe6\x9d\xb1 \xf0\x9f\x98\x80 a  b:c\n", "619"),
	VALID("first and last character of each length",
	      ALL "x: ! ~ "
		  "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\n",
	      "619"),
	VALID("a wrongly spelt key beside the right one is an extension", ALL "Mode: none\nMX: b.example\n", "619"),

	VALID("max_age below a day", V "mode: testing\n" M "max_age: 86399\n", "620 622"),
	VALID("max_age of a day in mode testing", V "mode: testing\n" M "max_age: 86400\n", "622"),
	VALID("max_age below two weeks in mode enforce", V E M "max_age: 1209599\n", "620"),
	VALID("max_age of nothing in mode none", V "mode: none\n" M "max_age: 0\n", "620 621"),

	INVALID("version in another case", "Version: STSv1\n" E A M, "623"),
	INVALID("mode in another case", V "MODE: enforce\n" A M, "623"),
	INVALID("max_age in another case", V E "Max_Age: 1209600\n" M, "623"),
	{ "mx in another case", V E A "MX: a.example\n", "invalid", "623", "" },
	{ "mx in another case where none is due", V "mode: none\n" A "MX: a.example\n", "valid", "619 621", "" },
	INVALID("the version's value in another case", "version: stsv1\n" E A M, "623"),
	INVALID("the mode's value in another case", V "mode: Enforce\n" A M, "623"),
	INVALID("key in another case with a broken value", V "Mode:\n" A M, "603 606"),
};

static void list_mx(const struct sts_policy *policy, char *text, size_t size)
{
	struct span mx;
	size_t n = 0, count = 0;

	text[0] = '\0';
	for (size_t at = 0; sts_policy_next_mx(policy, &at, &mx); count++)
		n += (size_t)snprintf(text + n, size - n, "%s%.*s", n ? " " : "", (int)mx.n, mx.p);
	assert_int_equal(count, policy->mx_count);
}

static void each_break_of_the_grammar_has_its_finding(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		const struct row *row = &bodies[i];
		struct span body = expect_copy(row->body, strlen(row->body));
		struct sts_policy policy;
		char mx[512];

		sts_policy_parse(body, &policy);
		expect_word(row->behaviour, policy_state_names[policy.state], row->state);
		expect_findings(row->behaviour, &policy.findings, row->findings);
		list_mx(&policy, mx, sizeof(mx));
		expect_word(row->behaviour, mx, row->mx);
		expect_free(body);
	}
}

static void values_are_read(void **state)
{
	static const char body[] = "mode: testing\nmode: none\nmax_age: 0000086400\nversion: STSv1\nmx: a.example\n";
	struct sts_policy policy;

	(void)state;
	sts_policy_parse(span_of(body), &policy);
	assert_true(policy.has_version && policy.has_max_age);
	assert_int_equal(policy.mode, STS_MODE_TESTING);
	assert_int_equal(policy.max_age, 86400);
	expect_word("mode", sts_mode_names[policy.mode], "testing");
	sts_policy_parse(span_of("mode: Testing\nversion: 1\nmax_age: x\n"), &policy);
	assert_false(policy.has_version || policy.has_max_age);
	expect_word("no mode", sts_mode_names[policy.mode], "");
}

static void a_policy_of_nul_octets_is_one_bad_line(void **state)
{
	char *nul = calloc(1, 65536);
	struct sts_policy policy;

	(void)state;
	sts_policy_parse((struct span){ nul, 65536 }, &policy);
	expect_findings("NUL octets", &policy.findings, "603 604 606 608 610");
	free(nul);
}

/* 64 KiB of different keys, each looked up among the earlier ones. */
static void hostile_keys_are_read_to_the_end(void **state)
{
	char *body = malloc(65536 + 64);
	size_t n = 0;
	struct sts_policy policy;

	(void)state;
	for (unsigned i = 0; n < 65536 - 128; i++)
		n += (size_t)sprintf(body + n, "%x:x\n", i);
	n += (size_t)sprintf(body + n, ALL);
	sts_policy_parse((struct span){ body, n }, &policy);
	expect_word("thousands of keys", policy_state_names[policy.state], "valid");
	expect_findings("thousands of keys", &policy.findings, "619");
	n += (size_t)sprintf(body + n, "1:x\n");
	sts_policy_parse((struct span){ body, n }, &policy);
	expect_findings("thousands of keys, an early one twice", &policy.findings, "618 619");
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_break_of_the_grammar_has_its_finding),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(a_policy_of_nul_octets_is_one_bad_line),
		cmocka_unit_test(hostile_keys_are_read_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

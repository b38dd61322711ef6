/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists, rankings and zone files: what is read of each, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/feed/feed.h"
#include "scanner/feed/feed_format.h"
#include "tests/scanner/feed/feed_rig.h"

static void expect(const char *what, const char *input, size_t n, enum feed_format format, const char *expected)
{
	struct feed_rig_output output = feed_rig_drain_octets(input, n, (struct feed_options){ .format = format });

	if (output.result != FEED_END)
		fail_msg("%s: %s", what, output.error.text);
	if (strcmp(output.text, expected) != 0)
		fail_msg("%s: got\n%s", what, output.text);
	free(output.text);
}

struct format_case {
	const char *what, *input, *expected;
};

static void expect_all(const struct format_case *cases, size_t count, enum feed_format format)
{
	for (size_t i = 0; i < count; i++)
		expect(cases[i].what, cases[i].input, strlen(cases[i].input), format, cases[i].expected);
}

static void lists_give_one_target_a_line(void **state)
{
	static const struct format_case cases[] = {
		{ "plain", "a.test\nb.test\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "no last LF", "a.test\nb.test", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "CRLF", "a.test\r\n\r\nb.test\r\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "white space", " \t a.test  \t\n\v\n  \n", "0 0 0 a.test\n" },
		{ "case and trailing dot", "WWW.Example.COM.\n", "0 0 0 www.example.com\n" },
		{ "byte order mark",
		  "\xef\xbb\xbf"
		  "a.test\n\xef\xbb\xbf"
		  "b.test\n",
		  "0 0 0 a.test\n1 0 0 b.test\n" }, /* within, UTS 46 ignores it */
		{ "comments have no index", "# one\na.test\n  # two\n\nb.test\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "duplicates stay", "a.test\na.test\n", "0 0 0 a.test\n1 0 0 a.test\n" },
		{ "underscores, single labels", "_dmarc.a.test\nlocalhost\nxn--p1ai\n",
		  "0 0 0 _dmarc.a.test\n1 0 0 localhost\n2 0 0 xn--p1ai\n" },
		{ "U-labels",
		  "B\xc3\x9c"
		  "CHER.example\nfa\xc3\x9f."
		  "de\n\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\n",
		  "0 0 0 xn--bcher-kva.example\n1 0 0 xn--fa-hia.de\n2 0 0 xn--r8jz45g.xn--zckzah\n" },
		{ "no names",
		  "a.test\n1.2.3.4\n::1\na b\na..b\n-a.test\na.test/\nhttp://a.test\n.\n*.a.test\na,b\nx@a.test\n",
		  "0 0 0 a.test\n1 0 1 1.2.3.4\n2 0 1 ::1\n3 0 1 a b\n4 0 1 a..b\n5 0 1 -a.test\n6 0 1 a.test/\n7 0 1 "
		  "http://a.test\n8 0 1 .\n"
		  "9 0 1 *.a.test\n10 0 1 a,b\n11 0 1 x@a.test\n" },
		{ "invalid UTF-8", "b\xc3.test\n\xff\xfe.test\na.test\n",
		  "0 0 1 b\xc3.test\n1 0 1 \xff\xfe.test\n2 0 0 a.test\n" },
		{ "CR alone", "a.test\rb.test\r\r# x\rc.test", "0 0 0 a.test\n1 0 0 b.test\n2 0 0 c.test\n" },
		{ "white space of any script",
		  "a.test\xc2\xa0\n\xc2\xa0 b.test\n\xe3\x80\x80"
		  "c.test\xe2\x80\x89\xe2\x80\x8b\n\xc2\x85\xe2\x80\xa8\n\xef\xbb\xbf \xe2\x81\xa0\n\xc2\xa0# "
		  "d\n\xe2\x80\x8e"
		  "d.test\xe2\x80\x8f\n",
		  "0 0 0 a.test\n1 0 0 b.test\n2 0 0 c.test\n3 0 0 d.test\n" },
		{ "half of a white space", "a.test\xa0\n\xc2 b.test\nc.test\n",
		  "0 0 1 a.test\xa0\n1 0 1 \xc2 b.test\n2 0 0 c.test\n" },
		{ "comment behind a name", "a.test # x\nb.test\t#\nc.test\xc2\xa0#x # y\nd.test#x\n",
		  "0 0 0 a.test\n1 0 0 b.test\n2 0 0 c.test\n3 0 1 d.test#x\n" },
		{ "title", "# x\ndomain\na.test\ndomain\n", "0 0 0 a.test\n1 0 0 domain\n" },
		{ "title in capitals", "\xef\xbb\xbf Domain Name \r\na.test\r\n", "0 0 0 a.test\n" },
		{ "names like titles", "name\nhost\nsite\ndomains\n",
		  "0 0 0 name\n1 0 0 host\n2 0 0 site\n3 0 0 domains\n" },
		{ "titles within names", "domains.dotgov.example\ndomain.example\n",
		  "0 0 0 domains.dotgov.example\n1 0 0 domain.example\n" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_LIST);
	expect("NUL", "a\0b.test\nc.test\n", 16, FEED_FORMAT_AUTO,
	       "0 0 1 a\n1 0 0 c.test\n"); /* printf ends it at the NUL */
}

static void rankings_carry_their_rank(void **state)
{
	static const struct format_case cases[] = {
		{ "Tranco", "1,a.test\r\n2,b.test\r\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "header", "rank,domain\n7,a.test\n", "0 7 0 a.test\n" },
		{ "many columns", "GlobalRank,TldRank,Domain,TLD\n1,1,google.com,com\n2,2,\"b.test\",com\n",
		  "0 1 0 google.com\n1 2 0 b.test\n" },
		{ "domain first", "a.test,5\nb.test,6\n", "0 5 0 a.test\n1 6 0 b.test\n" },
		{ "domain first, header", "domain,rank\na.test,5\n", "0 5 0 a.test\n" },
		{ "a piece without the header", "1001,1,a.test,test\n1002,2,b.test,test\n",
		  "0 1001 0 a.test\n1 1002 0 b.test\n" },
		{ "a company in between", "1,Google,a.test\n2,De,b.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a share, a date", "1,0.98,a.test\n2,0.50,b.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a country in front", "DE,1,a.test\nFR,2,b.test\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "single labels stay names", "1,test\n2,example\n", "0 1 0 test\n1 2 0 example\n" },
		{ "quoted", "\"1\",\"a.test\"\n\"2\",\"B.test.\"\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "bad name", "1,a.test\n2,b c\n3,\n4,c.test\n", "0 1 0 a.test\n1 2 1 b c\n2 3 1 \n3 4 0 c.test\n" },
		{ "bad row", "1,a.test\nx,y\nb.test\n2,c.test\n",
		  "0 1 0 a.test\n1 0 1 x,y\n2 0 0 b.test\n3 2 0 c.test\n" },
		{ "rubbish first", "oops,\n1,a.test\n2,b.test\n", "0 0 1 oops,\n1 1 0 a.test\n2 2 0 b.test\n" },
		{ "open quote", "1,a.test\n2,\"b.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "comment", "# made today\n\n1,a.test\n", "0 1 0 a.test\n" },
		{ "header without rank",
		  "Domain name,Type,Organization\nA.test,City,\"a, b\"\nb.test,x,\"c \"\"d\"\"\"\nc.test,,\n",
		  "0 0 0 a.test\n1 0 0 b.test\n2 0 0 c.test\n" },
		{ "header behind a byte order mark", "\xef\xbb\xbf\"Domain\",\"x\"\na.test,x\n", "0 0 0 a.test\n" },
		{ "names of others beside domains", "Name,Domain\nAcme,a.test\nOther Inc,b.test\n",
		  "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "a portfolio", "Domain,Type,Value\na.test,x,100\n", "0 0 0 a.test\n" },
		{ "names that are domains", "rank;name;x\n1;a.test;\n", "0 1 0 a.test\n" },
		{ "header, domain last", "Organisation,Country,Domain\r\n\"x, y\",de,a.test\r\n", "0 0 0 a.test\n" },
		{ "header of one quoted column", "\"domain\"\n\"a.test\"\n\" b.test \"\n",
		  "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "quotes everywhere", "\"Rank\",\"Domain\",\"x\"\n\"1\",\"a.test\",\"1.0\"\n\"2\", \"b.test\" ,\"\"\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "tab", "1\ta.test\n2\tb.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "tab, header", "Note\tDomain\tRank\n\ta.test\t1\nx, y; z\tb.test\t2\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "semicolon", "a.test;1\nb.test;2\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "semicolon, header", "rank;domain\n1;a.test\n2;b.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "row names without a title", "\"rank\"\t\"domain\"\n\"1\"\t7\t\"a.test\"\n\"2\"\t8\t\"b.test\"\n",
		  "0 7 0 a.test\n1 8 0 b.test\n" },
		{ "a field more behind", "domain,rank\na.test,5,\nb.test,6,\n", "0 5 0 a.test\n1 6 0 b.test\n" },
		{ "empty rows", ",,\nrank,domain\n,\n1,a.test\n\"\",\"\"\n ;\n2,b.test\n,,\r\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "named separator", "sep=;\r\nx;domain\r\n1,5;a.test\r\n", "0 0 0 a.test\n" },
		{ "comment behind", "1,a.test # x\n2,b.test\n3,c.test\t# y\n",
		  "0 1 0 a.test\n1 2 0 b.test\n2 3 0 c.test\n" },
		{ "white space of any script",
		  "1,\xc2\xa0"
		  "a.test\xc2\xa0\n2\xc2\xa0,b.test\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a field over lines", "rank,domain,note\n1,a.test,\"x\n9,evil.test,z\"\n2,b.test,y\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a field over lines, CR LF and quotes",
		  "rank,domain,note\r\n1,a.test,\"x\r\n# \"\"y\"\"\r\n\r\n\"\r\n2,b.test,\r\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a quote within", "rank,domain,note\n1,a.test,5\" disk\n2,b.test,6\" disk\n",
		  "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "a quotation not closed", "rank,domain,note\n1,a.test,\"x\n2,b.test,\"y\"\n3,c.test,z\n",
		  "0 1 0 a.test\n1 2 0 b.test\n2 3 0 c.test\n" },
		{ "U-label",
		  "1,b\xc3\xbc"
		  "cher.example\n",
		  "0 1 0 xn--bcher-kva.example\n" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_CSV);
}

static void zones_give_their_delegations(void **state)
{
	static const struct format_case cases[] = {
		{ "registry",
		  "com.\t900\tin\tsoa\ta.gtld. nstld. 1 2 3 4 5\ncom. 172800 in ns "
		  "a.gtld.\na.com.\t172800\tin\tns\tns1.a.com.\n"
		  "a.com. 172800 in ns ns2.a.com.\na.com. 86400 in ds 1 8 2 ABCD\nns1.a.com. 172800 in a "
		  "192.0.2.1\n"
		  "B.com. 172800 in ns ns1.a.com.\na.com. 1 in rrsig NS 8 2 1 1 1 1 com. sig\n",
		  "0 0 0 a.com\n1 0 0 b.com\n" },
		{ "origin",
		  "$TTL 1h\n$ORIGIN example.\n@ IN SOA ns hostmaster (\n\t1 ; serial\n\t2h 3 4\n\t5 )\n\tNS "
		  "ns\na NS ns.a\n"
		  "\tNS ns.b\nns.a A 192.0.2.1\n$ORIGIN sub\n@ NS ns.c\nx 1h IN NS y\nz IN 1h NS y\n",
		  "0 0 0 a.example\n1 0 0 sub.example\n2 0 0 x.sub.example\n3 0 0 z.sub.example\n" },
		{ "comments and quotes",
		  "; zone\n$ORIGIN t.\n@ SOA a b 1 2 3 4 5 ; NS\na TXT \"; ( \\\" \" ; b NS c\nb NS \\( ; "
		  "x\nc NS y\n"
		  "d TXT \"over ( \nf NS y ; \"\ne NS y\n# NS z\n",
		  "0 0 0 b.t\n1 0 0 c.t\n2 0 0 e.t\n" },
		{ "CR alone", "$ORIGIN t.\r; x\ra NS b\r\rc NS d\r", "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "CRLF", "$ORIGIN t.\r\n@ 1 IN SOA a b 1 2 3 4 5\r\na 1 IN NS b\r\n\r\nc 1 IN NS b\r\n",
		  "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "parentheses early", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\na ( IN\n NS\n b )\nc NS d",
		  "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "a record over lines", "$ORIGIN t.\na TXT ( x\nb NS c\n)\nd NS c\n", "0 0 0 d.t\n" },
		{ "omitted after origin", "$ORIGIN t.\na IN DS 1 1 1 AB\n$ORIGIN u.\n IN NS x\n", "0 0 0 a.t\n" },
		{ "escapes",
		  "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\n\\097\\B NS a\nb\\. NS c\nc\\\\. NS d\n\\@ NS a\n\\195\\188 NS "
		  "a\nd\\-e\\. NS x\n",
		  "0 0 0 ab.t\n1 0 1 b\\..t\n2 0 1 c\\\\\n3 0 1 \\@.t\n4 0 1 \\195\\188.t\n5 0 1 d-e\\..t\n" },
		{ "RFC 3597",
		  "t. CLASS1 3600 TYPE6 \\# 0\nt. 3600 CLASS1 TYPE2 \\# 3 016100\na.t. 3600 class1 type2 \\# 3 "
		  "016100\nb.t. TYPE65534 \\# 1 00\nc.t. 1 CLASS00001 NS x.\n",
		  "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "other first types", "_25._tcp.mx.t. 3600 IN TLSA 3 1 1 ab\na.t. 3600 IN NS b.\n", "0 0 0 a.t\n" },
		{ "a type nobody knows", "x.t. IN 1h NEWTYPE abc\na.t. 3600 IN NS b.\n", "0 0 0 a.t\n" },
		{ "parenthesis behind the first owner", "a.t. (\n 3600 IN NS\n b. )\n", "0 0 0 a.t\n" },
		{ "TYPE65534 first", "t. 3600 TYPE65534 \\# 1 00\na.t. 3600 IN NS b.\n", "0 0 0 a.t\n" },
		{ "BIND's dump", "; x\n$DATE 20240101000000\na.t. 3600 IN NS b.\n", "0 0 0 a.t\n" },
		{ "the zone's own NS before its SOA",
		  "t. 1 IN NS a.\nt. 1 IN NS b.\nt. 1 IN SOA a. b. 1 2 3 4 5\na.t. 1 IN NS b.\n", "0 0 0 a.t\n" },
		{ "and delegations in between",
		  "t. 1 IN NS a.\na.t. 1 IN NS a.\nb.t. 1 IN NS a.\nt. 1 IN SOA a. b. 1 2 3 4 5\n",
		  "0 0 0 a.t\n1 0 0 b.t\n" },
		{ "sorted", "a.t. 1 IN NS a.\nt. 1 IN NS a.\nt. 1 IN SOA a. b. 1 2 3 4 5\nu.t. 1 IN NS a.\n",
		  "0 0 0 a.t\n1 0 0 u.t\n" },
		{ "another's SOA", "$ORIGIN .\na.t 1 IN NS a.\nt 1 IN SOA a. b. 1 2 3 4 5\nb.t 1 IN NS a\n",
		  "0 0 0 a.t\n1 0 0 b.t\n" },
		{ "no SOA at all", "a.t. 1 IN NS a.\nx.a.t. 1 IN NS a.\nb.t. 1 IN NS a.\n",
		  "0 0 0 x.a.t\n1 0 0 a.t\n2 0 0 b.t\n" },
		{ "last dots left away",
		  "t 3600 IN SOA a. b. 1 2 3 4 5\nt 3600 IN NS a.\none.t 3600 IN NS a.\nwww A 192.0.2.1\n",
		  "0 0 0 one.t\n" },
		{ "last dots left away, no SOA", "one.t 3600 IN NS a.\ntwo.t 3600 IN NS a.\n",
		  "0 0 0 one.t\n1 0 0 two.t\n" },
		{ "illegal owners", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\n* NS a\na\\.b NS c\nc NS d\n",
		  "0 0 1 *.t\n1 0 1 a\\.b.t\n2 0 0 c.t\n" },
		{ "names like types", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\nns NS a\nin NS b\n3600 NS c\n",
		  "0 0 0 ns.t\n1 0 0 in.t\n2 0 0 3600.t\n" },
		{ "dig",
		  "; <<>> DiG 9.18 <<>> axfr t.\n;; global options: +cmd\nt. 1 IN SOA a. b. 1 2 3 4 5\na.t. "
		  "1 IN NS b.t.\n"
		  ";; Query time: 0 msec\n",
		  "0 0 0 a.t\n" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_ZONE);
}

struct refusal {
	const char *what, *input;
	const char *words[2]; /* of the message */
	const char *expected; /* what was handed out before */
};

static void expect_refused(const struct refusal *refusal, struct feed_options options)
{
	struct feed_rig_output output = feed_rig_drain_octets(refusal->input, strlen(refusal->input), options);

	if (output.result != FEED_FAILED)
		fail_msg("%s: was read\n%s", refusal->what, output.text);
	for (size_t i = 0; i < COUNT_OF(refusal->words); i++)
		if (!strstr(output.error.text, refusal->words[i]))
			fail_msg("%s: %s", refusal->what, output.error.text);
	if (strcmp(output.text, refusal->expected) != 0)
		fail_msg("%s: got\n%s", refusal->what, output.text);
	free(output.text);
}

#define SOA_T "t. 1 IN SOA a. b. 1 2 3 4 5\n"

/* What can't be read as it was meant ends the list where it stands, with its line. */
static void zones_that_cannot_be_understood_are_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "included",
		  "$ORIGIN t.\na NS b\n$INCLUDE other.zone\nc NS d\n",
		  { ": line 3: $INCLUDE is not followed", "named-compilezone" },
		  "0 0 0 a.t\n" },
		{ "generated",
		  "$ORIGIN t.\na NS b\n$generate 1-9 $ NS b\n",
		  { ": line 3: $generate is not", "" },
		  "0 0 0 a.t\n" },
		{ "@ without origin",
		  "; x\n\n@ IN SOA a. b. 1 2 3 4 5\nchild NS b.\n",
		  { ": line 3: `@` without an origin", "--origin NAME" },
		  "" },
		{ "one label without origin",
		  SOA_T "a.t. NS b.\nchild NS b.\n",
		  { ": line 3: `child` without an origin", "$ORIGIN NAME." },
		  "0 0 0 a.t\n" },
		{ "not of the zone",
		  "t 1 IN SOA a. b. 1 2 3 4 5\na.t NS b.\nb.u NS b.\n",
		  { ": line 3: `b.u`", "" },
		  "0 0 0 a.t\n" },
		{ "@ behind names without last dots",
		  "a.t 1 IN NS b.\nb.t 1 IN NS b.\n@ 1 IN NS b.\n",
		  { ": line 3: `@`", "" },
		  "0 0 0 a.t\n1 0 0 b.t\n" },
		{ "origin without origin", "$ORIGIN child\na NS b\n", { ": line 1: `child`", "" }, "" },
		{ "origin without name", "$ORIGIN ; t.\na NS b\n", { ": line 1: $ORIGIN without a name", "" }, "" },
		{ "open parenthesis",
		  SOA_T "a.t. NS b.\nb.t. IN TXT x (y\nb.t. NS b.\nc.t. NS b.\n",
		  { ": truncated, or line 3: a parenthesis is opened", "nothing from there on was read" },
		  "0 0 0 a.t\n" },
		{ "cut in the SOA",
		  "$ORIGIN t.\na NS b.\n@ SOA a b (\n1 2 3\n",
		  { "line 3: a parenthesis", "" },
		  "0 0 0 a.t\n" },
		{ "closed only",
		  SOA_T "a.t. NS b.\nb.t. TXT x )\nc.t. NS b.\n",
		  { ": line 3: a parenthesis is closed that was never opened", "" },
		  "0 0 0 a.t\n" },
		{ "open quotation",
		  SOA_T "a.t. NS b.\nb.t. IN TXT \"y\nb.t. NS b.\nc.t. NS b.\n",
		  { ": truncated, or line 3: a quotation is opened", "nothing from there on was read" },
		  "0 0 0 a.t\n" },
		{ "a quotation for longer than a string may be",
		  SOA_T "a.t. NS b.\nb.t. IN TXT \"y\n"
			"b0.t. 172800 IN NS name-server-of-many.host.example.\n"
			"b1.t. 172800 IN NS name-server-of-many.host.example.\n"
			"b2.t. 172800 IN NS name-server-of-many.host.example.\n"
			"b3.t. 172800 IN NS name-server-of-many.host.example.\n"
			"b4.t. 172800 IN NS name-server-of-many.host.example.\nx TXT z\"\n",
		  { ": line 3: a quotation is opened that is not closed", "" },
		  "0 0 0 a.t\n" },
		{ "dig's word",
		  SOA_T "a.t. NS b.\n; Transfer failed.\n",
		  { ": line 3: dig says", "transfer failed" },
		  "0 0 0 a.t\n" },
		{ "dig's other word",
		  SOA_T "a.t. NS b.\n;; communications error to 192.0.2.1#53: end of file\n",
		  { ": line 3: dig says", "" },
		  "0 0 0 a.t\n" },
		{ "a name alone",
		  SOA_T "a.t. NS b.\nb.t.\n",
		  { ": line 3: a record without a type", "" },
		  "0 0 0 a.t\n" },
		{ "cut in front of the type",
		  SOA_T "a.t. 1 IN NS b.\nb.t. 1 IN",
		  { ": line 3: a record without a type", "" },
		  "0 0 0 a.t\n" },
		{ "no owner", "$TTL 1\n NS b.\n", { ": line 2: a record without an owner", "" }, "" },
		{ "nothing delegated", SOA_T "t. NS a.\na.t. A 192.0.2.1\n", { "no domain in it", "NS records" }, "" },
		{ "massdns", "a.test. A 192.0.2.1\nb.test. NS b.\n", { "massdns", "--input-format zone" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_refused(&rows[i], (struct feed_options){ 0 });
}

static void an_origin_may_be_given(void **state)
{
	static const struct {
		const char *origin, *input, *expected;
	} rows[] = {
		{ "t", "@ SOA a b 1 2 3 4 5\n@ NS a\nchild NS b\n", "0 0 0 child.t\n" },
		{ "T.", "@ NS a\nchild NS b\nu. NS b.\nt. NS b.\n", "0 0 0 child.t\n1 0 0 u\n" },
		{ "t", "@ NS a\na NS b\n$ORIGIN sub\n@ NS x\nb NS x\n$ORIGIN u.\nc NS x\n",
		  "0 0 0 a.t\n1 0 0 sub.t\n2 0 0 b.sub.t\n3 0 0 c.u\n" },
		{ ".", "@ SOA a b 1 2 3 4 5\n@ NS a\ncom NS b\nco.uk NS b\n", "0 0 0 com\n1 0 0 co.uk\n" },
		{ "t", "a NS b\nmassdns.t. A 192.0.2.1\n", "0 0 0 a.t\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_rig_output output = feed_rig_drain_octets(
			rows[i].input, strlen(rows[i].input), (struct feed_options){ .origin = rows[i].origin });

		assert_string_equal(output.error.text, "");
		assert_string_equal(output.text, rows[i].expected);
		free(output.text);
	}
}

/* Nothing is handed out of what holds no domain name; what it looks like is told. */
static void what_is_no_list_is_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "empty", "", { "no domain in it", "one name a line" }, "" },
		{ "nothing but comments", "# a\n\n# b", { "no domain in it", "" }, "" },
		{ "a title alone", "domain\n", { "no domain in it", "" }, "" },
		{ "JSON Lines",
		  "{\"name\":\"a.test\"}\n{\"name\":\"b.test\"}\n",
		  { "the first, `{\"name\"", "JSON" },
		  "" },
		{ "JSON", "[\n\"a.test\"\n]\n", { "JSON", "jq" }, "" },
		{ "HTML", "<!DOCTYPE html>\n<html>\n", { "`<!DOCTYPE html>`", "HTML" }, "" },
		{ "URLs", "https://a.test/\nhttps://b.test/\n", { "URLs", "cut -d/ -f3" }, "" },
		{ "ranked URLs", "origin,rank\nhttps://a.test,1000\n", { "`https://a.test`", "URLs" }, "" },
		{ "mail addresses", "x@a.test\n", { "mail addresses", "cut -d@" }, "" },
		{ "hosts", "127.0.0.1 localhost\n0.0.0.0 a.test\n", { "hosts file", "awk" }, "" },
		{ "addresses", "192.0.2.1\n", { "IP addresses", "" }, "" },
		{ "columns", "a.test,b.test\nc.test,d.test\n", { "columns", "header" }, "" },
		{ "HTML with a word in a line",
		  "<html>\n<body>\nForbidden\n</body>\n",
		  { "HTML", "fetch the list again" },
		  "" },
		{ "XML", "<?xml version=\"1.0\"?>\nx\n", { "XML", "" }, "" },
		{ "wildcards", "*.a.test\n*.b.test\n", { "wildcard", "sed" }, "" },
		{ "ports", "a.test:443\n", { "ports", "cut -d:" }, "" },
		{ "URLs without scheme", "a.test/x\n", { "URLs", "cut -d/ -f1" }, "" },
		{ "octets with a letter in a line", "\x01\x02\x03\na\n\x7f\x04\n", { "no text", "--input-file" }, "" },
		{ "colours", "\x1b[32ma.test\x1b[0m\nb.test\x1b[0m\nc.test\n", { "no text", "" }, "" },
		{ "names of others", "Name,Mail\nAnna,x\nOtto,y\n", { "`Name,Mail`", "columns" }, "" },
		{ "records, Windows",
		  "Name\tType\tData\n(same as parent folder)\tNS\ta.\nchild\tNS\tb.\nx.child\tA\t192.0.2.1\n",
		  { "DNS records", "--origin" },
		  "" },
		{ "records, a provider",
		  "\"Type\",\"Name\",\"Content\",\"TTL\"\nNS,child,a.test,1\n",
		  { "DNS records", "" },
		  "" },
		{ "tab and a note", "a.test\tx\nb.test\ty\n", { "columns", "cut -f1" }, "" },
		{ "filters", "||a.test^\n", { "filter list", "" }, "" },
		{ "dig", "; <<>> DiG 9 <<>> axfr t\n; Transfer failed.\n", { "dig", "fetch the zone" }, "" },
		{ "PEM", "-----BEGIN CERTIFICATE-----\nMII=\n", { "PEM", "" }, "" },
		{ "dig +short MX", "10 mx.a.test.\n20 mx.b.test.\n", { "MX records", "$2" }, "" },
		{ "prose", "this is a list\n", { "several words", "" }, "" },
		{ "Latin-1",
		  "b\xfc"
		  "cher.test\n",
		  { "not UTF-8", "iconv" },
		  "" },
		{ "control octets", "\x01\x02\x03\n", { "no text", "--input-file" }, "" },
		{ "rubbish", "-\n!\n", { "the first, `-`, is none", "one name a line" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_refused(&rows[i], (struct feed_options){ 0 });
}

static void other_files_are_told_by_their_first_octets(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
		const char *word;
	} rows[] = {
#define FILE_OF(octets, word) { octets "\na.test\nb.test\n", sizeof(octets) + 15, word }
		FILE_OF("\x97\x00\xadstsurvey-scan", "is a scan file"),
		FILE_OF("\xfd"
			"7zXZ\x00",
			"xz -dc"),
		FILE_OF("BZh91AY&SY", "bzip2 -dc"),
		FILE_OF("\x04\x22\x4d\x18", "lz4 -dc"),
		FILE_OF("PK\3\4...", ": is compressed with zip: unzip -p FILE | "),
		FILE_OF("\x7f"
			"ELF\2\1\1",
			"is a program"),
		FILE_OF("PAR1\x15\x04", "Parquet"),
		FILE_OF("\xff\xfe"
			"a\0\n\0",
			": is in UTF-16: iconv -f UTF-16 "),
		FILE_OF("\xfe\xff\0a\0\n", ": is in UTF-16: iconv -f UTF-16 "),
		FILE_OF("a\0.\0t\0\n\0", "iconv -f UTF-16LE"),
		FILE_OF("\0a\0.\0t\0\n", "iconv -f UTF-16BE"),
		FILE_OF("\xff\xfe\0\0a\0\0\0", "iconv -f UTF-32 "),
		FILE_OF("a\0\0\0.\0\0\0", "iconv -f UTF-32LE"),
	};
	static char tar[1024] = "list.txt";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (enum feed_format format = FEED_FORMAT_AUTO; format <= FEED_FORMAT_ZONE; format++) {
			struct feed_rig_output output = feed_rig_drain_octets(
				rows[i].octets, rows[i].n, (struct feed_options){ .format = format });

			assert_int_equal(output.result, FEED_FAILED);
			if (!strstr(output.error.text, rows[i].word))
				fail_msg("%s: %s", rows[i].word, output.error.text);
			assert_int_equal(output.targets, 0);
			free(output.text);
		}
	memcpy(tar + 257, "ustar", 5);
	memcpy(tar + 512, "a.test\nb.test\n", 14);
	{
		struct feed_rig_output output = feed_rig_drain_octets(tar, sizeof(tar), (struct feed_options){ 0 });

		assert_non_null(strstr(output.error.text, "is a tar archive: tar -xOf FILE | "));
		assert_int_equal(output.targets, 0);
		free(output.text);
	}
}

/* Octet by octet or at once: the same entries. */
struct heard {
	char text[8192];
	size_t n;
};

static int hear(void *arg, const struct feed_entry *entry)
{
	struct heard *heard = arg;

	heard->n += (size_t)snprintf(heard->text + heard->n, sizeof(heard->text) - heard->n, "%llu %d %.*s\n",
				     (unsigned long long)entry->rank, entry->illegal,
				     (int)(entry->text.n < 100 ? entry->text.n : 100), entry->text.p);
	return 0;
}

static void pieces_do_not_change_what_is_read(void **state)
{
	static const char *const inputs[] = {
		"\xef\xbb\xbf# x\na.test\n\r\n b.test \r\nc.test",
		"\xef\xbb\xbfrank,domain\n1,a.test\n2,\"b.test\"\n\n3,c.test\n4,d.test\n5,e\n6,f\n7,g\n8,"
		"h\n9,i",
		"$ORIGIN t.\n@ SOA a b (1 ; x\n 2)\na NS b\n NS c\nd TXT \"a ; ( \\\" b\" x\ne 1 IN NS f ; "
		"g\nh NS \"i\nj NS k\"\r\nl NS m\rn NS",
		"rank;domain;x\r\n1;a.test;\"y\n2;b.test\"\r3;\"c.test\"\n4;d.test;\"5\n6;e.test\n",
		"domain\na.test # x\n\xc2\xa0 b.test\xc2\xa0\rc.test\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct heard whole = { .n = 0 };

		for (size_t piece = 1; piece <= 64; piece++) {
			struct heard heard = { .n = 0 };
			struct error error;
			struct feed_reader *reader = feed_reader_new(FEED_FORMAT_AUTO, NULL, hear,
								     piece == 1 ? &whole : &heard, &error);
			struct span rest = span_of(inputs[i]);

			while (rest.n > 0) {
				size_t n = piece < rest.n ? piece : rest.n;

				assert_int_equal(feed_reader_push(reader, rest.p, n), 0);
				rest = span_skip(rest, n);
			}
			assert_int_equal(feed_reader_end(reader, true), 0);
			free(reader);
			if (piece > 1)
				assert_string_equal(heard.text, whole.text);
		}
		assert_true(whole.n > 0);
	}
}

static void a_line_of_a_megabyte_is_one_entry(void **state)
{
	static char input[1 << 20];
	struct feed_rig_output output;

	(void)state;
	memset(input, 'a', sizeof(input));
	memcpy(input, "x.test\n", 7);
	memcpy(input + sizeof(input) - 8, "\ny.test\n", 8);
	output = feed_rig_drain_octets(input, sizeof(input), (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_int_equal(output.targets, 3);
	assert_memory_equal(output.text, "0 0 0 x.test\n1 0 1 aaaa", 23);
	assert_int_equal(output.size, strlen("0 0 0 x.test\n1 0 1 \n2 0 0 y.test\n") + OBS_LINE_MAX);
	free(output.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_give_one_target_a_line),
		cmocka_unit_test(rankings_carry_their_rank),
		cmocka_unit_test(zones_give_their_delegations),
		cmocka_unit_test(zones_that_cannot_be_understood_are_refused),
		cmocka_unit_test(an_origin_may_be_given),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(other_files_are_told_by_their_first_octets),
		cmocka_unit_test(pieces_do_not_change_what_is_read),
		cmocka_unit_test(a_line_of_a_megabyte_is_one_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

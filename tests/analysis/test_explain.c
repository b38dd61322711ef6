/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/explain/explain.h"
#include "tests/analysis/facts.h"

/* What is told of facts, in a style that is plain but for ... */
static char *explain_in(const char *lines, struct explain_style style)
{
	static struct facts facts;
	struct classification result;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	assert_true(explain_domain(out, &facts.observation, &result, &style));
	fclose(out);
	return text;
}

static char *explain(const char *lines, bool colour)
{
	return explain_in(lines, (struct explain_style){ .colour = colour, .https_port = 443 });
}

static void tells_what_matters(void **state)
{
	static const struct {
		const char *facts, *want;
	} table[] = {
		{ "", "example.com\n" },
		{ "", "10 mail.example.com" },
		{ "", "\"v=STSv1; id=1\"" },
		{ "", "192.0.2.1" },
		{ "", "TLSv1.3: ok\n" },
		{ "", "mode enforce, max_age 1209600 s, mx mail.example.com" },
		{ "", "enforce-ok: enforced: every MX fits the policy" },
		{ "input illegal\nname not a name", "this is no domain name" },
		{ "input blocklisted", "not asked about" },
		{ "http 404", "policy-http-not-found (501)" },
		{ "http 404", "fix: Serve the policy at https://mta-sts.example.com/.well-known/" },
		{ "http 404", "a sender gets as far as http" },
		{ "", "as the standard has it: delivers; so do 13 of 13\n" },
		{ "body version: STSv1|mode: enforce|max_age: 604800|mx: mail.example.com.|",
		  "as the standard has it: no-policy; so do 1 of 13\n" },
		{ "body version: STSv1|mode: enforce|max_age: 604800|mx: mail.example.com.|",
		  "chasquid, go-mtasts-maddy: delivers (line 4: mx: mail.example.com.)\n" },
		{ "body version: STSv1|mode: enforce|max_age: 604800|mx: mail.example.com.|",
		  "stalwart: refuses, bounces at once (line 4: mx: mail.example.com.)\n" },
		{ "sts SERVFAIL", "check again later" },
		{ "sts-cname a.example.net", "alias of a.example.net" },
		{ "connect handshake-error\nverify 10",
		  "TLSv1.3: expired; the host's certificate has expired (OpenSSL's error 10 at depth 0)\n" },
		{ "connect handshake-error\nverify 18\nverify 10\nalert 0\nno-chain",
		  "TLSv1.3: no-certificate; the host's certificate is signed by itself, not by an authority (OpenSSL's "
		  "error 18 at depth 0); the host's certificate has expired (OpenSSL's error 10 at depth 0); the "
		  "server sent "
		  "alert 0 (close_notify)\n" },
		{ "connect handshake-error\nalert 112\ntls none",
		  "no version: no-certificate; the server sent alert 112 (unrecognized_name)\n" },
		{ "connect handshake-error\nalert 120\ntls none",
		  "alert 120 (no_application_protocol: it may speak HTTP/2 " },
		{ "connect handshake-error\nalert 200\ntls none", "alert 200\n" },
		{ "connect handshake-error\nverify 93",
		  "the host's certificate is not valid (OpenSSL's error 93 at depth 0)\n" },
		{ "failure protocol\nhttp 0", "no answer in HTTP/1.1 (HTTP/2 alone, or no HTTP?), " },
		{ "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED",
		  "the domain does not exist: there is nothing to deliver to\n" },
		{ "mx 0 .\nsts -", "no-policy: the domain takes no mail (null MX), and has no policy\n" },
		{ "left-out sts", "it publishes more records than are kept" },
		{ "mx 10 mx.elsewhere.net\nleft-out mx", "it publishes more records than are kept" },
		{ "left-out sts\nmx SERVFAIL", "check again later" },
		{ "sts -", "no-policy: there is no policy, so nothing is enforced\n" },
		{ "http 404", "no usable policy; those that kept no older one deliver as if there were none\n" },
		{ "mx 0 .", "enforce-ok: enforced, but there is no MX that the policy could be about\n" },
		{ "mx -", "enforce-ok: enforced, but there is no MX that the policy could be about\n" },
		{ "connect handshake-error\nno-chain\ntls none", "no version: handshake\n" },
		{ "mx 0 .", ". (no mail)" },
		{ "mx 10 mx.elsewhere.net", "enforced, but no MX can be used as the policy asks" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char *text = explain(table[i].facts, false);

		if (!strstr(text, table[i].want))
			fail_msg("\"%s\" is missing in:\n%s", table[i].want, text);
		free(text);
	}
}

static void nothing_of_the_network_reaches_the_terminal_raw(void **state)
{
	char *text = explain("sts v=STSv1; \033[2Jid=1;\n", false);

	(void)state;
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "\\x1b[2J"));
	free(text);
}

static void colour_only_when_asked(void **state)
{
	char *plain = explain("http 404", false), *coloured = explain("http 404", true);

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strchr(coloured, '\033'));
	free(plain);
	free(coloured);
}

/* Nowhere another one, where it was given. */
static void the_port_is_the_one_that_was_asked(void **state)
{
	static const char *const facts[] = { "connect connection-refused", "connect connection-timeout",
					     "connect connection-reset",
					     "connect handshake-error\nno-chain\ntls none" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char *text = explain_in(facts[i], (struct explain_style){ .https_port = 8443 });

		assert_null(strstr(text, "port 443"));
		assert_non_null(strstr(text, "port 8443"));
		free(text);
	}
}

/* A terminal may know no more. */
static void our_words_are_ascii(void **state)
{
	static const char *const facts[] = { "body version: STSv1|mode: enforce|max_age: 1|mx: b\xc3\xbc.example|",
					     "sts-cname a.example.net\nsts-cname b.example.net",
					     "sts v=STSv1; \xff=1" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char *text = explain(facts[i], false);
		const char *quoted = strstr(text, "\n  senders"); /* and behind it, the policy's lines */

		assert_true(span_is_ascii((struct span){ text, quoted ? (size_t)(quoted - text) : strlen(text) }));
		assert_true(i > 0 || strstr(text, "(xn--...)"));
		free(text);
	}
}

/* @text without colours, any white space as one space. */
static char *words_of(const char *text)
{
	char *words = calloc(1, strlen(text) + 1), *to = words;

	assert_non_null(words);
	for (; *text; text++) {
		if (*text == '\033')
			text = strchr(text, 'm');
		else if (*text != ' ' && *text != '\n')
			*to++ = *text;
		else if (to == words || to[-1] != ' ')
			*to++ = ' ';
	}
	return words;
}

static void lines_are_broken_to_a_width(void **state)
{
	static const unsigned widths[] = { 1, 40, 60, 80, 100 };
	static const char facts[] =
		"http 404\nrpt NXDOMAIN\nsts v=STSv1; id=1; note=the-longest-word-of-all-these-lines";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(widths); i++) {
		struct explain_style style = { .width = widths[i], .colour = i % 2, .https_port = 443 };
		char *whole = explain(facts, false), *text = explain_in(facts, style);
		char *want = words_of(whole), *got = words_of(text);

		assert_string_equal(got, want);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (!strchr(line, '\033') && strlen(line) > (widths[i] < 40 ? 40 : widths[i]))
				assert_null(strchr(line + 14, ' ')); /* it is one word */
		free(want);
		free(got);
		free(whole);
		free(text);
	}
}

static void worst_findings_come_first(void **state)
{
	char *text = explain("rpt NXDOMAIN\nhttp 404", false);

	(void)state;
	assert_true(strstr(text, "policy-http-not-found") < strstr(text, "tlsrpt-absent-with-sts"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_matters),
		cmocka_unit_test(nothing_of_the_network_reaches_the_terminal_raw),
		cmocka_unit_test(colour_only_when_asked),
		cmocka_unit_test(the_port_is_the_one_that_was_asked),
		cmocka_unit_test(our_words_are_ascii),
		cmocka_unit_test(lines_are_broken_to_a_width),
		cmocka_unit_test(worst_findings_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/explain.h"
#include "tests/analysis/facts.h"

static char *explain(const char *lines, bool colour)
{
	static struct facts facts;
	struct classification result;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	explain_domain(out, &facts.observation, &result, colour);
	fclose(out);
	return text;
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
		{ "sts SERVFAIL", "check again later" },
		{ "sts-cname a.example.net", "alias of a.example.net" },
		{ "connect handshake-error\nverify 10", "TLSv1.3: expired (OpenSSL's error 10 at depth 0)\n" },
		{ "connect handshake-error\nverify 18\nverify 10\nalert 0\nno-chain",
		  "TLSv1.3: no-certificate (OpenSSL's error 18 at depth 0, 10 at depth 0), the server sent alert 0\n" },
		{ "connect handshake-error\nalert 112\ntls none",
		  "no version: no-certificate, the server sent alert 112\n" },
		{ "connect handshake-error\nno-chain\ntls none", "no version: handshake\n" },
		{ "mx 0 .", ". (no mail)" },
		{ "mx 10 mx.elsewhere.net", "enforced, but no MX fits" },
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
		cmocka_unit_test(worst_findings_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/explain/explain.h"
#include "tests/analysis/facts.h"

static char *explain(const char *lines)
{
	static struct facts facts;
	static struct classification result;
	static const struct explain_style style = { .https_port = 443 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	memset(&result, 0xa5, sizeof(result)); /* what nobody judged must not show */
	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	assert_true(explain_domain(out, &facts.observation, &result, &style));
	fclose(out);
	return text;
}

static void tells_what_matters(void **state)
{
	static const struct {
		const char *facts, *want;
	} table[] = {
		{ "host", "  mail server mail.example.com: usable as MTA-STS asks\n" },
		{ "host", "A NOERROR, AAAA NO_ANSWER: 192.0.2.10\n" },
		{ "host", "at 192.0.2.10: STARTTLS, TLSv1.3\n" },
		{ "host\nknown-key", "STARTTLS, TLSv1.3 TLS_AES_128_GCM_SHA256\n" },
		{ "host", "certificate for mail.example.com; valid 2027-01-14 08:00 UTC to 2027-03-16 08:00 UTC; "
			  "issued by CN=Test CA "
			  "(60 days left)\n" },
		{ "host", "mail        sts-ok: from a sender that checks DANE and MTA-STS: authenticated as the policy "
			  "asks\n" },
		{ "host -", "mail.example.com: it could not be found out (mxtls-unknown)\n" },
		{ "host\nchain-verify 10", "not usable as MTA-STS asks (mxtls-expired)\n" },
		{ "host\nchain-verify 10", "; the host's certificate has expired (OpenSSL's error 10 at depth 0)\n" },
		{ "host\nchain-verify 10", "reports say certificate-expired, bounces of Exchange Online 4/5.7.322\n" },
		{ "host\nchain-verify 10", "fix: Renew the mail server's certificate" },
		{ "host\nchain-verify 10", "a sender gets as far as mxtls\n" },
		{ "host\nversion 1.1", "reports say validation-failure\n" },
		{ "host\nends connect connection-refused", "at 192.0.2.10: connection-refused in phase connect\n" },
		{ "host\nends ehlo success 250\nehlo 250-a|250 SIZE|",
		  "at 192.0.2.10: ended in phase ehlo with \"250-a / 250 SIZE\"\n" },
		{ "host\nends handshake handshake-error\nhost-alert 40",
		  "handshake-error in phase handshake; the server sent alert 40 (handshake_failure)\n" },
		{ "host\ninjected 9", "; 9 octets in the clear behind the reply to STARTTLS\n" },
		{ "host\nprobe\nsame-address\nsni none", "at 192.0.2.10, no name asked for: STARTTLS" },
		{ "host\nprobe\nsame-address\nsni base", "at 192.0.2.10, asked for its TLSA base domain: STARTTLS" },
		{ "mx-ad\nhost\nsecure\ntlsa 3 1 1\ntlsa 2 1 1\ndane match 0",
		  "DANE: valid: the certificate matches; TLSA 3 1 1, 2 1 1\n" },
		{ "mx-ad\nhost\nsecure", "DANE: none: no TLSA records that count\n" },
		{ "mx-ad\nhost\nsecure\ntlsa 3 1 1\ndane mismatch", "mail        dane-fails: " },
		{ "mx 10 a.example.com\nhost", "a.example.com: usable as MTA-STS asks; the policy does not list it\n" },
		{ "source MX direct\nmx-ad\nhost", "NOERROR (of its own name server)" },
		{ "host\nbogus a", "A SERVFAIL, but an answer without DNSSEC validation, AAAA" },
		{ "mx SERVFAIL\nmx-ede 6", "SERVFAIL (Extended DNS Error 6)\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char *text = explain(table[i].facts);

		if (!strstr(text, table[i].want))
			fail_msg("\"%s\" is missing in:\n%s", table[i].want, text);
		free(text);
	}
}

static void what_nobody_asked_is_not_told(void **state)
{
	static const char *const facts[] = { "", "sts -\nrpt -\nhost -", "mx 0 .\nhost -" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char *text = explain(facts[i]);

		assert_null(strstr(text, "mail server"));
		assert_null(strstr(text, "DANE and MTA-STS"));
		free(text);
	}
}

static void nothing_of_the_network_reaches_the_terminal_raw(void **state)
{
	char *text = explain("host\nends ehlo success 250\nehlo 250-\033[2J|250 \033]0;x|");

	(void)state;
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "\\x1b[2J"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_matters),
		cmocka_unit_test(what_nobody_asked_is_not_told),
		cmocka_unit_test(nothing_of_the_network_reaches_the_terminal_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/classify/expect.h"

#include "analysis/classify/classify_dane.h"

#define OK "complete", "ok", "enforce-ok"
#define UNKNOWN "unknown", "ok", "enforce-ok"
#define SIGNED "mx-ad\nhost\nsecure\n"
#define EE SIGNED "tlsa 3 1 1\n"
#define ROLLOVER EE "tlsa 3 1 1\n"
#define MATCHES "dane match 0\ndane-usable 3\n"
#define TWO                                                                                                            \
	"mx 10 mail.example.com\nmx 20 mx2.example.com\n"                                                              \
	"body version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|mx: mx2.example.com|\n"

static const struct expectation table[] = {
	/* before anybody is connected to */
	{ "no TLSA", SIGNED, "", OK },
	{ "addresses are not secure, so that nobody asks", "mx-ad\nhost\nsecure\ntlsa-status SKIPPED", "", OK },
	{ "nobody vouches for DNSSEC", "mx-ad\nhost", "", OK },
	{ "insecure records", EE "tlsa-insecure", "853", OK },
	{ "TLSA not to be had", SIGNED "tlsa-status TIMEOUT", "856", UNKNOWN },
	{ "TLSA bogus", SIGNED "bogus tlsa", "855", OK },
	{ "an address bogus", SIGNED "bogus aaaa", "855", OK },
	{ "an address bogus, whoever vouches", "host\nbogus a", "855", OK },
	{ "the expanded name's records count", SIGNED "tlsa 3 1 1\ntlsa-base a.example.net\nbogus tlsa", "855", OK },
	{ "… and the initial ones, where it has none",
	  SIGNED "tlsa 3 1 1\ntlsa 3 1 1\ntlsa-base a.example.net\n" MATCHES, "851", OK },

	/* DANE-EE */
	{ "matches, and the next key is covered", ROLLOVER MATCHES, "851", OK },
	{ "matches, and no other key is covered", EE "dane match 0", "851 858", OK },
	{ "several records, all of the present key", EE "tlsa 3 1 2\ndane match 0\ndane-usable 3\ndane-matching 3",
	  "851 858", OK },
	{ "the next key is in a record that is of no use", EE "tlsa 3 1 3\ndane match 0\ndane-usable 1", "851 858",
	  OK },
	{ "records were left out", EE "tlsa-left-out\ndane match 0", "851", OK },
	{ "names and dates mean nothing", ROLLOVER MATCHES "host-san a.example\nchain-verify 10", "805 806 851",
	  "complete", "mxtls", "enforce-fail" },
	{ "no match", ROLLOVER "dane mismatch", "852", OK },
	{ "no match, but records were left out", ROLLOVER "tlsa-left-out\ndane mismatch", "856", UNKNOWN },
	{ "a certificate that nobody looked at", ROLLOVER, "856", UNKNOWN },
	{ "usages of PKIX beside", ROLLOVER "tlsa 1 1 1\n" MATCHES, "851 859", OK },

	/* DANE-TA */
	{ "a trust anchor", SIGNED "tlsa 2 1 1\ndane match 0", "851", OK },
	{ "below a trust anchor the domain's name does", SIGNED "tlsa 2 1 1\ndane match 0\nhost-san example.com",
	  "805 851", "complete", "mxtls", "enforce-fail" },
	{ "… not where the MX answer is insecure", "host\nsecure\ntlsa 2 1 1\ndane match 0\nhost-san example.com",
	  "805 852 857", "complete", "mxtls", "enforce-fail" },
	{ "the name behind the MX answer's alias does",
	  "mx-cname b.example.net\n" SIGNED "tlsa 2 1 1\ndane match 0\nhost-san b.example.net", "805 851", "complete",
	  "mxtls", "enforce-fail" },
	{ "… not where it is insecure",
	  "mx-cname b.example.net\nhost\nsecure\ntlsa 2 1 1\ndane match 0\nhost-san b.example.net", "805 852 857",
	  "complete", "mxtls", "enforce-fail" },
	{ "another name", SIGNED "tlsa 2 1 1\ndane match 0\nhost-san b.example.net", "805 852", "complete", "mxtls",
	  "enforce-fail" },
	{ "the CN, without other names", SIGNED "tlsa 2 1 1\ndane match 0\nno-host-san\nhost-cn mail.example.com",
	  "811 851", "complete", "mxtls", "enforce-fail" },
	{ "names were left out", SIGNED "tlsa 2 1 1\ndane match 0\nhost-san a.example\nleft-out-names", "856",
	  "unknown", "unknown", "unknown" },
	{ "expired below it", SIGNED "tlsa 2 1 1\ndane match-failed 0\ndane-error 10", "852", OK },
	{ "a present key beside a trust anchor", SIGNED "tlsa 3 1 1\ntlsa 2 1 1\ndane match 0\ndane-usable 3", "851",
	  OK },

	/* what SMTP cannot use */
	{ "usages of PKIX alone", SIGNED "tlsa 1 1 1\ndane none-usable", "854", OK },
	{ "… without OpenSSL's word",
	  SIGNED "tlsa 1 1 1\ntlsa 3 2 1\ntlsa 3 1 3\ntlsa 3 1 1 31\ntlsa 3 0 0 0\nends "
		 "connect connection-refused",
	  "801 854", "unknown", "unknown", "unknown" },

	/* no TLS where it must be */
	{ "no STARTTLS", EE "ehlo 250 x|\nends ehlo success 250", "803", "complete", "mxtls", "enforce-fail" },
	{ "no STARTTLS, and only unusable records", SIGNED "tlsa 0 0 1\nehlo 250 x|\nends ehlo success 250", "803 854",
	  "complete", "mxtls", "enforce-fail" },
	{ "a failed handshake", EE "ends handshake handshake-error\nhost-alert 40", "804", "complete", "mxtls",
	  "enforce-fail" },
	{ "not reached", EE "ends connect connection-refused", "801", "unknown", "unknown", "unknown" },

	/* addresses, and our own way */
	{ "one address of two", ROLLOVER MATCHES "probe\nkey 2\ndane mismatch\ndane-usable 3", "817 851", OK },
	{ "no match, and one address is not known", ROLLOVER "dane mismatch\nunprobed", "", OK },
	{ "no match, while we are in doubt", ROLLOVER "dane mismatch\ndoubted", "", OK },
	{ "a base of its own needs its own handshake",
	  SIGNED "tlsa-base a.example.net\ntlsa 3 1 1\nprobe\nsame-address\nsni base\ndane match 0\nkey 2", "851 858",
	  OK },
	{ "… whatever the MX name is answered",
	  SIGNED "tlsa-base a.example.net\ntlsa 3 1 1\nends handshake handshake-error\nhost-alert "
		 "112\nprobe\nsame-address\nsni base\ndane mismatch",
	  "804 852", "complete", "mxtls", "enforce-fail" },
	{ "… and without one nothing is known", SIGNED "tlsa-base a.example.net\ntlsa 3 1 1", "", OK },
	{ "without SNI nothing is said of DANE", ROLLOVER "dane mismatch\nprobe\nsame-address\nsni none\ndane match 0",
	  "852", OK },

	/* domains */
	{ "an MX answer that is not secure", "host\nsecure\ntlsa 3 1 1\ndane match 0", "851 857 858", OK },
	{ "an MX answer that nobody validated", "source MX direct\nhost\nsecure\ntlsa 3 1 1\ndane match 0", "851 858",
	  OK },
	{ "… and an AD of whom it does not become", "source MX direct\n" EE "dane match 0", "851 858", OK },
	{ "… does not match, secure or not", "source MX direct\nhost\nsecure\ntlsa 3 1 1\ndane mismatch", "852", OK },
	{ "… were it secure, the domain's name would do",
	  "source MX direct\nhost\nsecure\ntlsa 2 1 1\ndane match 0\nhost-san example.com", "805", "complete", "mxtls",
	  "enforce-fail" },
	{ "an MX answer that is bogus", "mx SERVFAIL\nmx-bogus", "711 855", "unknown", "unknown", "unknown" },
	{ "one matches, one does not", TWO ROLLOVER MATCHES "host\nsecure\ntlsa 3 1 1\ndane mismatch", "851 852 860",
	  OK },
	{ "one matches, one has no TLS",
	  TWO ROLLOVER MATCHES "host\nsecure\ntlsa 3 1 1\nehlo 250 x|\nends ehlo success 250", "803 851 860",
	  "complete", "mxtls", "enforce-partial" },
	{ "one matches, one has no TLSA", TWO ROLLOVER MATCHES "host\nsecure", "851", OK },
};

static void judges_every_case(void **state)
{
	struct finding_set reached = { 0 };

	(void)state;
	expect_all(table, COUNT_OF(table), &reached);
	expect_reached(&reached, COMPONENT_DANE);
}

/* States of the first MX and of the domain, what is reported, and what becomes of the mail. */
static void states_and_delivery(void **state)
{
	static const struct {
		const char *facts, *mx, *domain, *result, *delivery;
	} cases[] = {
		{ "", "", "", "", "" },
		{ "mx 0 .\nhost -", "", "", "", "" },
		{ "sts -\nhost -", "", "", "", "" },
		{ "host", "", "", "", "sts-ok" },
		{ SIGNED, "none", "none", "", "sts-ok" },
		{ EE "tlsa-insecure", "insecure", "insecure", "", "sts-ok" },
		{ SIGNED "tlsa 1 1 1\ndane none-usable", "unusable", "unusable", "", "sts-ok" },
		{ EE "dane match 0", "valid", "valid", "", "dane-ok" },
		{ "host\nsecure\ntlsa 3 1 1\ndane match 0", "insecure-mx", "insecure-mx", "", "dane-ok" },
		{ "source MX direct\n" EE "dane match 0", "unknown", "unknown", "", "dane-ok" },
		{ "source MX direct\n" EE "dane mismatch", "mismatch", "mismatch", "tlsa-invalid", "dane-fails" },
		{ "source MX direct\n" SIGNED "tlsa 2 1 1\ndane match 0\nhost-san b.example.net", "unknown", "unknown",
		  "certificate-host-mismatch", "sts-fails" },
		{ "source MX direct\n" SIGNED, "none", "none", "", "sts-ok" },
		{ "source MX direct\n" SIGNED "tlsa 1 1 1\ndane none-usable", "unusable", "unusable", "", "sts-ok" },
		{ EE "dane mismatch", "mismatch", "mismatch", "tlsa-invalid", "dane-fails" },
		{ SIGNED "tlsa 2 1 1\ndane match 0\nhost-san b.example.net", "mismatch", "mismatch",
		  "certificate-host-mismatch", "dane-fails" },
		{ SIGNED "tlsa 2 1 1\ndane match-failed 0\ndane-error 10", "mismatch", "mismatch",
		  "certificate-expired", "dane-fails" },
		{ SIGNED "tlsa 2 1 1\ndane match-failed 0\ndane-error 20", "mismatch", "mismatch",
		  "certificate-not-trusted", "dane-fails" },
		{ EE "ehlo 250 x|\nends ehlo success 250", "no-tls", "no-tls", "starttls-not-supported", "dane-fails" },
		{ EE "ends handshake handshake-error\nhost-alert 40", "no-tls", "no-tls", "validation-failure",
		  "dane-fails" },
		{ SIGNED "bogus tlsa", "bogus", "bogus", "dnssec-invalid", "dane-fails" },
		{ "mx SERVFAIL\nmx-bogus", "", "bogus", "", "" },
		{ SIGNED "tlsa-status TIMEOUT", "unknown", "unknown", "", "unknown" },
		{ EE "dane mismatch\nunprobed", "unknown", "unknown", "", "unknown" },
		{ "host -", "unknown", "unknown", "", "unknown" },
		{ SIGNED "no-address\nhost-a SERVFAIL\ntlsa-status SKIPPED", "unknown", "unknown", "", "unknown" },

		/* a policy and DANE together */
		{ EE "dane match 0\nhost-san a.example", "valid", "valid", "certificate-host-mismatch",
		  "dane-ok-sts-fails" },
		{ "mx 10 a.example.com\n" EE "dane match 0", "valid", "valid", "validation-failure",
		  "dane-ok-sts-fails" },
		{ "sts -\n" EE "dane match 0\nhost-san a.example", "valid", "valid", "certificate-host-mismatch",
		  "dane-ok" },
		{ "mx 10 a.example.com\nhost", "", "", "validation-failure", "sts-fails" },
		{ "host\nchain-verify 10", "", "", "certificate-expired", "sts-fails" },
		{ "host\nends connect connection-refused", "", "", "", "unknown" },
		{ "sts SERVFAIL\nhost", "", "", "", "unknown" },
		{ "sts SERVFAIL\n" EE "dane match 0", "valid", "valid", "", "dane-ok" },

		/* without either */
		{ "http 404\nhost", "", "", "", "opportunistic-tls" },
		{ "sts -\nhost\nchain-verify 18", "", "", "certificate-not-trusted", "opportunistic-tls" },
		{ "sts -\nhost\nehlo 250 x|\nends ehlo success 250", "", "", "starttls-not-supported", "plaintext" },
		{ "sts -\nhost\nends handshake handshake-error\nhost-alert 40", "", "", "validation-failure",
		  "plaintext" },
		{ "sts -\nhost\nends connect connection-refused", "", "", "", "unknown" },
		{ "sts -\nhost\nno-address\nhost-a NO_ANSWER", "", "", "", "no-host" },
		{ "sts -\nmx 10 192.0.2.1\nhost -", "", "", "", "no-host" },
		{ "body version: STSv1|mode: testing|max_age: 9|mx: a.example|\nhost\nversion 1.1", "", "",
		  "validation-failure", "opportunistic-tls" },

		/* the first that takes it */
		{ TWO "host\nends connect connection-refused\nhost", "", "", "", "sts-ok" },
		{ TWO EE "dane mismatch\nhost\nsecure", "mismatch", "mismatch", "tlsa-invalid", "sts-ok" },
		{ TWO EE "dane mismatch\nhost\nsecure\ntlsa 3 1 1\ndane match 0", "mismatch", "partial", "tlsa-invalid",
		  "dane-ok" },
		{ TWO EE "dane match 0\nhost\nsecure", "valid", "valid-some", "", "dane-ok" },
		{ TWO EE "dane match 0\nhost\nsecure\ntlsa-status TIMEOUT", "valid", "unknown", "", "dane-ok" },
		{ TWO "host\nchain-verify 10\nhost\nends connect connection-refused", "", "", "certificate-expired",
		  "unknown" },
		{ "left-out mx\nhost\nchain-verify 10", "", "", "certificate-expired", "unknown" },
	};
	static struct facts facts;
	static struct classification result;
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct mx_judgement none = { 0 };
		const struct mx_judgement *mx = &none;
		const char *got[4];

		memset(&result, 0xa5, sizeof(result));
		facts_make(&facts, cases[i].facts);
		classify(&facts.observation, &result);
		if (facts.observation.mx.host)
			mx = &result.mx[0];
		got[0] = dane_state_names[mx->dane];
		got[1] = dane_state_names[result.dane];
		got[2] = result_type_names[mx_judgement_result(mx)];
		got[3] = delivery_names[result.delivery];
		if (strcmp(got[0], cases[i].mx) == 0 && strcmp(got[1], cases[i].domain) == 0 &&
		    strcmp(got[2], cases[i].result) == 0 && strcmp(got[3], cases[i].delivery) == 0)
			continue;
		print_error("%s: got \"%s\" \"%s\" \"%s\" \"%s\"\n", cases[i].facts, got[0], got[1], got[2], got[3]);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_case),
		cmocka_unit_test(states_and_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/classify/expect.h"

#include "analysis/classify/classify_host.h"

#define OK "complete", "ok", "enforce-ok"
#define ALL_FAIL "complete", "mxtls", "enforce-fail"
#define UNKNOWN "unknown", "unknown", "unknown"
#define NO_STS "complete", "", "no-policy"
#define TWO "mx 10 mail.example.com\nmx 20 mx2.example.com\n" LISTS_TWO
#define LISTS_TWO "body version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|mx: mx2.example.com|\n"
#define TESTING "body version: STSv1|mode: testing|max_age: 1209600|mx: mail.example.com|mx: mx2.example.com|\n"
#define NONE "body version: STSv1|mode: none|max_age: 1209600|\n"

static const struct expectation table[] = {
	{ "a good host has nothing to find", "host", "", OK },

	/* what could not be found out */
	{ "refused", "host\nends connect connection-refused", "801", UNKNOWN },
	{ "no connection in time", "host\nends connect connection-timeout", "801", UNKNOWN },
	{ "an address that was not tried", "host\nno-probe", "801", UNKNOWN },
	{ "this machine forbids it", "host\nends connect skipped", "801", UNKNOWN },
	{ "greeted with 554", "host\nends greeting success 554", "802", UNKNOWN },
	{ "greeted with 421", "host\nends greeting success 421", "802", UNKNOWN },
	{ "no greeting", "host\nends greeting io-timeout", "802", UNKNOWN },
	{ "a greeting that is no SMTP", "host\nends greeting protocol-error", "802", UNKNOWN },
	{ "hung up after EHLO", "host\nends ehlo connection-reset 0", "802", UNKNOWN },
	{ "421 to EHLO", "host\nends ehlo success 421", "802", UNKNOWN },
	{ "450 to EHLO", "host\nends ehlo success 450", "802", UNKNOWN },
	{ "neither EHLO nor HELO", "host\nends ehlo success 550\nhelo 550", "802", UNKNOWN },
	{ "silence behind a refused EHLO", "host\nends ehlo io-timeout 502", "802", UNKNOWN },
	{ "silence after STARTTLS", "host\nends starttls io-timeout 0", "802", UNKNOWN },
	{ "421 to STARTTLS", "host\npasses 2\nends starttls success 421", "802", UNKNOWN },
	{ "an answer to STARTTLS that is none", "host\npasses 2\nends starttls success 250", "802", UNKNOWN },
	{ "454 once", "host\nends starttls success 454", "802", UNKNOWN },
	{ "silence in the handshake, once", "host\nends handshake io-timeout\nnothing-shown", "802", UNKNOWN },
	{ "the name may be among those left out", "host\nhost-san a.example.com\nleft-out-names", "", UNKNOWN },
	{ "its host is not known", "host -", "821", UNKNOWN },
	{ "addresses unknown", "host\nno-address\nhost-a SERVFAIL\nhost-aaaa TIMEOUT", "821", UNKNOWN },
	{ "nothing was asked of it", "host\nno-address\nhost-a SKIPPED\nhost-aaaa SKIPPED", "821", UNKNOWN },
	{ "one family unknown, and the other has none", "host\nno-address\nhost-a NO_ANSWER\nhost-aaaa SERVFAIL", "821",
	  UNKNOWN },
	{ "one family unknown, and the other fails", "host\nhost-aaaa SERVFAIL\nversion 1.1", "809 821", UNKNOWN },
	{ "one family unknown, and the other is good", "host\nhost-aaaa SERVFAIL", "", OK },
	{ "an address that was left out", "host\nuntried\nversion 1.1", "809 821", UNKNOWN },
	{ "an address beyond those that are probed", "host\nunprobed\nversion 1.1", "809 821", UNKNOWN },
	{ "reserved, and one was left out", "host\nreserved-host\nuntried", "821", UNKNOWN },
	{ "on the user's blocklist", "host\nblocklisted-host", "", "complete", "unknown", "unknown" },

	/* STARTTLS */
	{ "no STARTTLS", "host\nehlo 250-mail.example.com|250-SIZE|250 8BITMIME|\nends ehlo success 250", "803",
	  ALL_FAIL },
	{ "a name that is no keyword", "host\nehlo 250-STARTTLS.example.com|250 SIZE|\nends ehlo success 250", "803",
	  ALL_FAIL },
	{ "the first line holds a name, whatever it is",
	  "host\nehlo 250-STARTTLS at your service|250 SIZE|\nends ehlo success 250", "803", ALL_FAIL },
	{ "a longer keyword", "host\nehlo 250-mail.example.com|250 STARTTLSX|\nends ehlo success 250", "803",
	  ALL_FAIL },
	{ "a keyword within another line", "host\nehlo 250-mail.example.com|250 AUTH STARTTLS|\nends ehlo success 250",
	  "803", ALL_FAIL },
	{ "offered in small letters, and not taken up",
	  "host\nehlo 250-mail.example.com|250-starttls|250 SIZE|\nends ehlo success 250", "802", UNKNOWN },
	{ "a reply that was cut", "host\nehlo 250-mail.example.com|250 SIZE|\nehlo-cut\nends ehlo success 250", "802",
	  UNKNOWN },
	{ "a reply that did not end", "host\nehlo 250-mail.example.com|250-SIZE|\nends ehlo io-timeout 0", "802",
	  UNKNOWN },
	{ "HELO alone", "host\nends ehlo success 502\nhelo 250", "814", ALL_FAIL },
	{ "STARTTLS refused for good", "host\nends starttls success 501", "813", ALL_FAIL },
	{ "454 twice", "host\npasses 2\nends starttls success 454", "813", ALL_FAIL },
	{ "octets in the clear", "host\ninjected 14", "815", OK },

	/* TLS */
	{ "a failed handshake", "host\nends handshake handshake-error\nhost-alert 40", "804", ALL_FAIL },
	{ "no TLS spoken", "host\nends handshake handshake-error\nnothing-shown", "804", ALL_FAIL },
	{ "hung up after the certificate, once", "host\nends handshake connection-reset", "802", UNKNOWN },
	{ "silence after the certificate, once", "host\nends handshake io-timeout", "802", UNKNOWN },
	{ "hung up after the certificate, twice", "host\npasses 2\nends handshake connection-reset", "804", ALL_FAIL },
	{ "silence in the handshake, twice", "host\npasses 2\nends handshake io-timeout\nnothing-shown", "804",
	  ALL_FAIL },
	{ "a version alert, and nothing below either", "host\nends handshake handshake-error\nhost-alert 70", "804",
	  ALL_FAIL },
	{ "TLS 1.1", "host\nversion 1.1", "809", ALL_FAIL },
	{ "TLS 1.0", "host\nversion 1.0", "809", ALL_FAIL },
	{ "TLS 1.2", "host\nversion 1.2", "", OK },
	{ "no certificate at all", "host\nnothing-shown", "808", ALL_FAIL },

	/* the certificate */
	{ "another name", "host\nhost-san www.example.com", "805", ALL_FAIL },
	{ "a wildcard", "host\nhost-san *.example.com", "", OK },
	{ "a wildcard one label too high", "host\nhost-san *.com", "805", ALL_FAIL },
	{ "name in the CN alone", "host\nno-host-san\nhost-cn mail.example.com", "811", ALL_FAIL },
	{ "the CN does not help beside names", "host\nhost-san a.example\nhost-cn mail.example.com", "805", ALL_FAIL },
	{ "expired", "host\nchain-verify 10\nchain-expires -1", "806", ALL_FAIL },
	{ "not yet valid", "host\nchain-verify 9", "810", ALL_FAIL },
	{ "self-signed", "host\nchain-verify 18\nchain-verify 21", "807", ALL_FAIL },
	{ "a root that is not trusted", "host\nchain-verify 19", "808", ALL_FAIL },
	{ "an issuer that was not sent", "host\nchain-verify 20\nchain-verify 21", "816", ALL_FAIL },
	{ "another error", "host\nchain-verify 68", "808", ALL_FAIL },
	{ "all errors are told", "host\nchain-verify 10\nchain-verify 18\nhost-san a.example\nversion 1.0",
	  "805 806 807 809", ALL_FAIL },
	{ "expired, whatever its other names", "host\nhost-san a.example.com\nleft-out-names\nchain-verify 10", "806",
	  ALL_FAIL },
	{ "expires in 14 days", "host\nchain-expires 1209600", "812", OK },
	{ "expires a second later", "host\nchain-expires 1209601", "", OK },
	{ "expires now", "host\nchain-expires 0", "812", OK },

	/* addresses */
	{ "no such name", "host\nno-address\nhost-a NXDOMAIN\nhost-aaaa NXDOMAIN", "819", ALL_FAIL },
	{ "no address", "host\nno-address\nhost-a NO_ANSWER", "819", ALL_FAIL },
	{ "an alias in a loop",
	  "host\nno-address\nhost-a SERVFAIL\nhost-aaaa SERVFAIL\nhost-cname a.example\nhost-loop", "712 819",
	  ALL_FAIL },
	{ "reserved addresses alone", "host\nreserved-host", "820", ALL_FAIL },
	{ "an alias", "host\nhost-cname a.example.net", "712", OK },
	{ "one address of two is good", "host\nprobe\nends connect connection-timeout", "", OK },
	{ "the other way round", "host\nends connect connection-timeout\nprobe", "", OK },
	{ "one is good, and one is not", "host\nprobe\nchain-verify 10\nkey 2", "806 817", OK },
	{ "one fails, and one is not reached", "host\nversion 1.1\nprobe\nends greeting success 421", "809", ALL_FAIL },
	{ "both fail, each its way", "host\nversion 1.1\nprobe\nhost-san a.example", "805 809 817", ALL_FAIL },
	{ "none is reached", "host\nends greeting success 421\nprobe\nends connect connection-refused", "802",
	  UNKNOWN },
	{ "two with one certificate", "host\nprobe", "", OK },
	{ "two certificates", "host\nprobe\nkey 2", "817", OK },
	{ "two versions", "host\nprobe\nversion 1.2", "817", OK },
	{ "another certificate without SNI", "host\nprobe\nsame-address\nsni none\nhost-san a.example\nkey 2", "818",
	  OK },
	{ "the same without SNI", "host\nprobe\nsame-address\nsni none", "", OK },
	{ "what is shown to another SNI is another matter",
	  "host\nprobe\nsame-address\nsni base\nchain-verify 10\nkey 2", "", OK },

	/* our own way to port 25 */
	{ "good, although we are in doubt", "host\ndoubted", "", OK },
	{ "no STARTTLS, while we are in doubt", "host\ndoubted\nehlo 250 x|\nends ehlo success 250", "821", UNKNOWN },
	{ "another name, while we are in doubt", "host\ndoubted\nhost-san a.example\nchain-expires 5", "821", UNKNOWN },
	{ "no address, whatever we doubt", "host\ndoubted\nno-address\nhost-a NO_ANSWER", "819", ALL_FAIL },

	/* several MX, and the policy */
	{ "both are good", TWO "host\nhost", "", OK },
	{ "one of two fails", TWO "host\nhost\nchain-verify 10", "806", "complete", "mxtls", "enforce-partial" },
	{ "one of two is unknown", TWO "host\nhost\nends greeting success 421", "802", UNKNOWN },
	{ "one fails, one is unknown", TWO "host\nchain-verify 10\nhost\nends greeting success 421", "802 806",
	  "unknown", "mxtls", "unknown" },
	{ "one of each",
	  "mx 10 mail.example.com\nmx 20 mx2.example.com\nmx 30 mail.example.com\n" LISTS_TWO
	  "host\nhost\nversion 1.1\nhost\nends greeting success 421",
	  "802 809", "unknown", "mxtls", "enforce-partial" },
	{ "both fail", TWO "host\nchain-verify 10\nhost\nversion 1.1", "806 809", ALL_FAIL },
	{ "testing, and one fails", "mx 10 mail.example.com\nmx 20 mx2.example.com\n" TESTING "host\nhost\nversion 1.1",
	  "622 809", "complete", "mxtls", "testing-fail" },
	{ "testing, and one is unknown",
	  "mx 10 mail.example.com\nmx 20 mx2.example.com\n" TESTING "host\nhost\nends connect connection-refused",
	  "622 801", UNKNOWN },
	{ "testing, one fails, one is unknown",
	  "mx 10 mail.example.com\nmx 20 mx2.example.com\n" TESTING
	  "host\nversion 1.0\nhost\nends connect connection-refused",
	  "622 801 809", "unknown", "mxtls", "testing-fail" },
	{ "testing, and all is well", "mx 10 mail.example.com\nmx 20 mx2.example.com\n" TESTING "host\nhost", "622",
	  "complete", "ok", "testing-ok" },
	{ "mode none", NONE "host\nversion 1.1", "621 809", "complete", "ok", "none" },
	{ "mx comes before mxtls", "mx 10 mail.example.com\nmx 20 a.example.com\nhost\nversion 1.1\nhost",
	  "702 705 809", "complete", "mx", "enforce-fail" },
	{ "unlisted, and the listed one is good",
	  "mx 10 mail.example.com\nmx 20 a.example.com\nhost\nhost\nversion 1.1", "702 705 809", "complete", "mx",
	  "enforce-partial" },
	{ "unlisted, and the listed one unknown",
	  "mx 10 mail.example.com\nmx 20 a.example.com\nhost\nends connect connection-refused\nhost", "702 705 801",
	  "unknown", "mx", "unknown" },
	{ "MX were left out, and all that are there fail", TWO "left-out mx\nhost\nversion 1.1\nhost\nversion 1.1",
	  "809", "unknown", "mxtls", "unknown" },
	{ "MX were left out, and all that are there are good", TWO "left-out mx\nhost\nhost", "", UNKNOWN },
	{ "MX were left out, and one of each is there", TWO "left-out mx\nhost\nhost\nversion 1.1", "809", "complete",
	  "mxtls", "enforce-partial" },
	{ "what is no name cannot be asked", "mx 10 mail.example.com\nmx 20 192.0.2.1\nhost\nhost -", "702 704 712",
	  "complete", "mx", "enforce-partial" },

	/* without a policy the way is the same */
	{ "no STS record", "sts -\nrpt -\nhost\nversion 1.1", "809", NO_STS },
	{ "no STS record, and the host is not known", "sts -\nrpt -\nhost -", "", NO_STS },
	{ "no STS record, and a host that is not reached", "sts -\nrpt -\nhost\nends connect connection-refused", "801",
	  "unknown", "", "no-policy" },
	{ "a broken record", "sts v=STSv1;\nhost\nversion 1.1", "103 809", "complete", "record", "no-policy" },
	{ "no policy to be had", "http 404\nhost\nversion 1.1", "501 809", "complete", "http", "no-policy" },
	{ "a null MX", "mx 0 .\nhost -", "710", OK },
};

static void judges_every_case(void **state)
{
	struct finding_set reached = { 0 };

	(void)state;
	expect_all(table, COUNT_OF(table), &reached);
	expect_reached(&reached, COMPONENT_MXTLS);
}

/* "usable", or "fails 803 starttls-not-supported 4/5.7.321" */
static void tell_mx(const struct mx_judgement *mx, char *text, size_t size)
{
	const char *result = result_type_names[mx_judgement_result(mx)], *code = mx_judgement_microsoft(mx);
	size_t n = (size_t)snprintf(text, size, "%s", mx_state_names[mx->state]);

	if (mx->finding < FINDING_COUNT)
		n += (size_t)snprintf(text + n, size - n, " %u", finding_table[mx->finding].number);
	snprintf(text + n, size - n, "%s%s%s%s", result[0] ? " " : "", result, code[0] ? " " : "", code);
}

static void each_mx_is_told_as_reports_do(void **state)
{
	static const struct {
		const char *facts, *mx;
	} cases[] = {
		{ "host", "usable" },
		{ "host -", "unknown 821" },
		{ "sts -\nhost -", "" },
		{ "mx 0 .\nhost -", "" },
		{ "mx 10 192.0.2.1\nsts -\nhost -", "fails 712" },
		{ "host\nblocklisted-host", "unknown" },
		{ "host\nno-address\nhost-a NO_ANSWER", "fails 819" },
		{ "host\nends connect connection-refused", "unknown 801" },
		{ "host\nehlo 250 x|\nends ehlo success 250", "fails 803 starttls-not-supported 4/5.7.321" },
		{ "host\nends ehlo success 502\nhelo 250", "fails 814 starttls-not-supported 4/5.7.321" },
		{ "host\nends starttls success 501", "fails 813 starttls-not-supported 4/5.7.321" },
		{ "host\nends handshake handshake-error\nhost-alert 40", "fails 804 validation-failure" },
		{ "host\nversion 1.1", "fails 809 validation-failure" },
		{ "host\nhost-san a.example", "fails 805 certificate-host-mismatch 4/5.7.325" },
		{ "host\nno-host-san\nhost-cn mail.example.com", "fails 811 certificate-host-mismatch 4/5.7.325" },
		{ "host\nchain-verify 10", "fails 806 certificate-expired 4/5.7.322" },
		{ "host\nchain-verify 9", "fails 810 certificate-not-trusted 4/5.7.5" },
		{ "host\nchain-verify 18", "fails 807 certificate-not-trusted 4/5.7.5" },
		{ "host\nchain-verify 20", "fails 816 certificate-not-trusted 4/5.7.5" },
		{ "host\nchain-verify 19", "fails 808 certificate-not-trusted 4/5.7.5" },
		{ "mx 10 a.example.com\nhost", "usable validation-failure 4.4.8/5.4.8" },
		{ "mx 10 a.example.com\nhost\nchain-verify 10", "fails 806 validation-failure 4.4.8/5.4.8" },
		{ "mx 10 a.example.com\nbody version: STSv1|mode: none|max_age: 1209600|mx: b.example|\nhost",
		  "usable" },
		{ "mx 10 a.example.com\nhttp 404\nhost", "usable" },
	};
	static struct facts facts;
	static struct classification result;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[256];

		facts_make(&facts, cases[i].facts);
		classify(&facts.observation, &result);
		tell_mx(&result.mx[0], text, sizeof(text));
		if (strcmp(text, cases[i].mx) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].facts, text, cases[i].mx);
	}
}

static void a_policy_that_is_not_had_has_a_result_too(void **state)
{
	(void)state;
	assert_int_equal(result_of_component(COMPONENT_DNS), RESULT_STS_POLICY_FETCH_ERROR);
	assert_int_equal(result_of_component(COMPONENT_TCP), RESULT_STS_POLICY_FETCH_ERROR);
	assert_int_equal(result_of_component(COMPONENT_HTTP), RESULT_STS_POLICY_FETCH_ERROR);
	assert_int_equal(result_of_component(COMPONENT_TLS), RESULT_STS_WEBPKI_INVALID);
	assert_int_equal(result_of_component(COMPONENT_SYNTAX), RESULT_STS_POLICY_INVALID);
	for (int c = COMPONENT_MX; c < COMPONENT_COUNT; c++)
		assert_int_equal(result_of_component((enum component)c), RESULT_NONE);
	for (int r = RESULT_NONE + 1; r < RESULT_TYPE_COUNT; r++)
		assert_true(result_type_names[r][0] != '\0');
}

static void what_may_end_otherwise_is_asked_again(void **state)
{
	static const struct {
		const char *facts;
		bool again;
	} cases[] = {
		{ "host", false },
		{ "host\nchain-verify 10", false },
		{ "host\nehlo 250 x|\nends ehlo success 250", false },
		{ "host\nends connect connection-refused", true },
		{ "host\nends greeting success 421", true },
		{ "host\nends starttls success 454", true },
		{ "host\nends handshake io-timeout\nnothing-shown", true },
		{ "host\nno-probe", true },
		{ "host\nno-address\nhost-a NO_ANSWER", false },
		{ "host\nno-address\nhost-a SERVFAIL", true },
		{ "host\nno-address\nhost-a SKIPPED\nhost-aaaa SKIPPED", true },
		{ "host\nno-address\nhost-a SERVFAIL\nhost-cname a.example\nhost-loop", false },
		{ "host\nhost-aaaa TIMEOUT", true },
		{ "host\nreserved-host", false },
		{ "host\nblocklisted-host\nhost-a TIMEOUT", false },
		{ "host\nsecure\ntlsa-status TIMEOUT", true },
		{ "host\nsecure", false },
		{ "host\nprobe\nends connect connection-timeout", false },
		{ "host\nversion 1.1\nprobe\nends connect connection-timeout", true },
		{ "host\nversion 1.1\nprobe\nsni none\nends connect connection-reset", false },
	};
	static struct facts facts;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		facts_make(&facts, cases[i].facts);
		if (host_worth_asking_again(facts.observation.mx.host[0]) != cases[i].again)
			fail_msg("%s: %s", cases[i].facts, cases[i].again ? "not asked again" : "asked again");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_case),
		cmocka_unit_test(each_mx_is_told_as_reports_do),
		cmocka_unit_test(a_policy_that_is_not_had_has_a_result_too),
		cmocka_unit_test(what_may_end_otherwise_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

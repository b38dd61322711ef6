/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/lines/domain_json.h"
#include "parsers/utf8.h"
#include "tests/analysis/facts.h"

/* The line of these facts; the caller frees it. */
static char *line_of(const char *lines)
{
	static struct facts facts;
	static struct classification result;
	struct error error;
	struct text out;
	char *line;

	memset(&result, 0xa5, sizeof(result)); /* what nobody judged must not show */
	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	assert_int_equal(text_open(&out, "/dev/null", &error), 0);
	domain_json_write(&out, &facts.observation, &result);
	assert_true(utf8_is_valid((struct span){ out.data, out.used }));
	text_char(&out, '\0');
	line = strdup(out.data);
	assert_non_null(line);
	assert_int_equal(text_close(&out, &error), 0);
	return line;
}

#define HASH_0 "00000000000000000000000000000000000000000000000000000000000000"

/* The object of the first MX, whole. */
static void an_mx_is_told_in_the_words_of_zgrab2(void **state)
{
	static const char want[] =
		"{\"preference\":10,\"name\":\"mail.example.com\",\"smtp\":{\"state\":\"fails\",\"reason\":\"mxtls-"
		"expired\","
		"\"dane_state\":\"valid\",\"delivery\":\"dane-ok-sts-fails\",\"result_type\":\"certificate-expired\","
		"\"microsoft_code\":\"4/"
		"5.7.322\",\"findings\":[\"mxtls-expired\",\"mxtls-injection\",\"dane-valid\",\"dane-no-rollover\"],"
		"\"timestamp\":\"2027-01-15T08:00:00.000Z\",\"passes\":1,\"dns\":{\"ad_believed\":true,"
		"\"A\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":0},\"AAAA\":{\"status\":\"NO_ANSWER\"},\"cname\":[]"
		","
		"\"TLSA\":[{\"base\":\"mail.example.com\",\"status\":\"NOERROR\",\"ad\":true,\"ttl\":0,"
		"\"records\":[{\"usage\":3,\"selector\":1,\"matching_type\":1,\"data\":\"0000\"}]}]},"
		"\"addresses\":[\"192.0.2.10\"],\"status\":\"success\",\"phase\":\"secure\",\"address\":\"192.0.2.10\","
		"\"server_name\":\"mail.example.com\",\"banner\":\"220 mail.example.com ESMTP\\r\\n\","
		"\"ehlo\":\"250-mail.example.com\\r\\n250 STARTTLS\\r\\n\",\"starttls\":\"220 go ahead\\r\\n\","
		"\"codes\":{\"banner\":220,\"ehlo\":250,\"starttls\":220},\"cut\":[],\"extensions\":[\"STARTTLS\"],"
		"\"injected\":14,"
		"\"ms\":{\"connect\":0,\"greeting\":0,\"ehlo\":0,\"starttls\":0,\"handshake\":0,\"secure\":0},"
		"\"tls\":{\"handshake_completed_successfully\":true,\"handshake_log\":{"
		"\"server_hello\":{\"version\":{\"name\":\"TLSv1.3\",\"value\":772}},"
		"\"server_certificates\":{\"certificate\":{\"parsed\":{\"names\":[\"mail.example.com\"],\"issuer_dn\":"
		"\"CN=Test CA\","
		"\"validity\":{\"start\":\"2027-01-14T08:00:00Z\",\"end\":\"2027-01-15T07:59:59Z\"},"
		"\"fingerprint_sha256\":\"01" HASH_0 "\"}},\"chain\":[],"
		"\"validation\":{\"browser_trusted\":false,\"browser_error\":\"has "
		"expired\",\"matches_domain\":true}}},"
		"\"errors\":[{\"code\":10,\"depth\":0}],\"days_left\":-1},"
		"\"dane\":{\"match\":\"match\",\"record\":0,\"depth\":0}}}";
	char *line = line_of(
		"mx-ad\nhost\nsecure\ntlsa 3 1 1 2\ndane match 0\nchain-verify 10\nchain-expires -1\ninjected 14");

	(void)state;
	if (!strstr(line, want))
		fail_msg("%s\nis not in\n%s", want, line);
	free(line);
}

static void tells_what_matters(void **state)
{
	static const struct {
		const char *facts, *want;
	} table[] = {
		{ "host", "\"verdict\":\"enforce-ok\",\"mx_tls\":\"usable\",\"dane\":null,\"delivery\":\"sts-ok\"}" },
		{ "body version: STSv1|mode: enforce|mx: mail.example.com.|max_age: 604800|",
		  "\"verdict\":\"no-policy\",\"senders\":[{\"profile\":\"postfix-tlspol\",\"outcome\":\"refuses\","
		  "\"why\":\"line 3: mx: mail.example.com.\"}," },
		{ "host -", "\"smtp\":{\"state\":\"unknown\",\"reason\":\"mxtls-unknown\",\"dane_state\":\"unknown\"" },
		{ "mx SERVFAIL\nmx-bogus", "\"MX\":{\"status\":\"SERVFAIL\",\"unchecked\":\"NOERROR\"}" },
		{ "mx SERVFAIL\nmx-bogus", "\"mx_tls\":null,\"dane\":\"bogus\",\"delivery\":null}" },
		{ "host\nends ehlo success 250\nehlo 250-a|250-SIZE 9|250 X\xe9|",
		  "\"extensions\":[\"SIZE\",\"X\xc3\xa9\"]" },
		{ "host\nends ehlo success 250\nehlo 250-a|250 X\xe9|", "\"encoding\":\"latin-1\"" },
		{ "host\nends ehlo success 250\nehlo-cut", "\"cut\":[\"ehlo\"]" },
		{ "host\nends ehlo success 502\nhelo 250",
		  "\"codes\":{\"banner\":220,\"ehlo\":502,\"helo\":250,\"starttls\":220}" },
		{ "host\nends connect connection-refused", "\"status\":\"connection-refused\",\"phase\":\"connect\"" },
		{ "host\nends handshake handshake-error\nhost-alert 40",
		  "\"tls\":{\"handshake_completed_successfully\":false,\"handshake_log\":{},\"alert\":40}" },
		{ "host\nhost-san a.example\nleft-out-names", "\"matches_domain\":null" },
		{ "host\nends connect connection-refused\nprobe",
		  "\"status\":\"success\",\"phase\":\"secure\",\"address\":\"192.0.2.11\"" },
		{ "host\nends connect connection-refused\nprobe",
		  "\"other_probes\":[{\"status\":\"connection-refused\",\"phase\":\"connect\",\"address\":\"192.0.2."
		  "10\"" },
		{ "host\nprobe\nsame-address\nsni none", "\"server_name\":null" },
		{ "host\nsecure\ntlsa-base b.example\ntlsa 3 1 1\nprobe\nsame-address\nsni base",
		  "\"server_name\":\"b.example\"" },
		{ "mx SERVFAIL\nmx-ede 0", "\"ede\":0" },
		{ "host\nknown-key", "\"certificate\":{\"raw\":\"ZGVy\",\"parsed\":{" },
		{ "host\nknown-key", "\"signature_algorithm\":{\"name\":\"RSA-SHA256\"},\"serial_number_hex\":\"0102\","
				     "\"subject_key_info\":{\"key_algorithm\":{\"name\":\"RSA\"},\"key_bits\":2048," },
		{ "host\nknown-key", "\"cipher_suite\":{\"name\":\"TLS_AES_128_GCM_SHA256\"}" },
		{ "host\nknown-key", "\"group\":\"x25519\"" },
		{ "host\nuntried\nunprobed\ndoubted",
		  "\"addresses_omitted\":1,\"addresses_untried\":1,\"addresses_unprobed\":1" },
		{ "host\ndoubted", "\"doubted\":true" },
		{ "host\nbogus aaaa", "\"AAAA\":{\"status\":\"SERVFAIL\",\"unchecked\":\"NOERROR\"}" },
		{ "host\nhost-cname a.example", "\"cname\":[\"a.example\"]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char *line = line_of(table[i].facts);

		if (!strstr(line, table[i].want))
			fail_msg("%s: \"%s\" is missing in:\n%s", table[i].facts, table[i].want, line);
		free(line);
	}
}

static void what_nobody_asked_is_not_there(void **state)
{
	static const char *const facts[] = { "", "sts -\nrpt -\nhost -", "mx 0 .\nhost -" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char *line = line_of(facts[i]);

		assert_null(strstr(line, "\"smtp\""));
		assert_true(i > 0 || !strstr(line, "\"delivery\""));
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mx_is_told_in_the_words_of_zgrab2),
		cmocka_unit_test(tells_what_matters),
		cmocka_unit_test(what_nobody_asked_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

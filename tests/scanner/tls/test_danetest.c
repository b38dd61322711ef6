/* SPDX-License-Identifier: BSD-2-Clause */
/* The cases of OpenSSL's own DANE test, and in which of them its result is not ours.
 *
 * What is tested in test/danetest.in of OpenSSL 3 (The OpenSSL Project Authors, Apache License 2.0), case by case: the
 * records, the chain sent, the result of the verification, the depth of the match. The certificates are made here, of
 * the same shape: its "example.com" under "Issuer CA" and "Root CA" is our leaf, middle and root, its "example.org"
 * under "CA2" and "Root CA2" is org-leaf, org-middle and org-root. Its base domain is that of the first.
 *
 * It prefers SHA-256 to SHA-512, by an order that its program sets: no case has both in one usage and selector, so none
 * depends on it (agility: test_dane.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/x509_vfy.h>

#include "scanner/job/net.h"
#include "scanner/tls/dane.h"
#include "tests/scanner/tls/dane_rig.h"

/* Why ours is another result than OpenSSL's. */
enum departure {
	AGREES,
	USAGE_0_1, /* RFC 7672 3.1.3: such records are unusable, so there is nothing to be judged by */
	NO_NAMES,  /* RFC 7672 3.2.2: names are compared where the domain is known; 3.1.1: never with DANE-EE */
};

struct danetest_case {
	unsigned number; /* in danetest.in */
	const char *records;
	const char *sent;
	int result; /* OpenSSL's X509_V_… */
	int depth;  /* -1: no match */
	enum departure departure;
};

#define MISMATCH X509_V_ERR_DANE_NO_MATCH
#define NO_ISSUER X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
#define OTHER_NAME X509_V_ERR_HOSTNAME_MISMATCH

static const struct danetest_case cases[] = {
	/* anonymous and never valid */
	{ 1, "301 anonymous", "anonymous", X509_V_OK, 0, AGREES },
	{ 2, "311 anonymous", "anonymous", X509_V_OK, 0, AGREES },
	{ 3, "302 anonymous", "anonymous", X509_V_OK, 0, AGREES },
	{ 4, "312 anonymous", "anonymous", X509_V_OK, 0, AGREES },
	{ 5, "301 anonymous wrong", "anonymous", MISMATCH, -1, AGREES },
	{ 6, "311 anonymous wrong", "anonymous", MISMATCH, -1, AGREES },
	{ 7, "302 anonymous wrong", "anonymous", MISMATCH, -1, AGREES },
	{ 8, "312 anonymous wrong", "anonymous", MISMATCH, -1, AGREES },
	/* usages 2 and 3 */
	{ 9, "301 leaf", "leaf middle root", X509_V_OK, 0, AGREES },
	{ 10, "311 leaf", "leaf middle root", X509_V_OK, 0, AGREES },
	{ 11, "302 leaf", "leaf middle root", X509_V_OK, 0, AGREES },
	{ 12, "312 leaf", "leaf middle root", X509_V_OK, 0, AGREES },
	{ 13, "201 middle", "leaf middle root", X509_V_OK, 1, AGREES },
	{ 14, "211 middle", "leaf middle root", X509_V_OK, 1, AGREES },
	{ 15, "202 middle", "leaf middle root", X509_V_OK, 1, AGREES },
	{ 16, "212 middle", "leaf middle root", X509_V_OK, 1, AGREES },
	{ 17, "201 root", "leaf middle root", X509_V_OK, 2, AGREES },
	{ 18, "211 root", "leaf middle root", X509_V_OK, 2, AGREES },
	{ 19, "202 root", "leaf middle root", X509_V_OK, 2, AGREES },
	{ 20, "212 root", "leaf middle root", X509_V_OK, 2, AGREES },
	/* usages 0 and 1 */
	{ 21, "101 leaf", "leaf middle", X509_V_OK, 0, USAGE_0_1 },
	{ 22, "111 leaf", "leaf middle", X509_V_OK, 0, USAGE_0_1 },
	{ 23, "102 leaf", "leaf middle root", X509_V_OK, 0, USAGE_0_1 },
	{ 24, "112 leaf", "leaf middle root", X509_V_OK, 0, USAGE_0_1 },
	{ 25, "001 middle", "leaf middle", X509_V_OK, 1, USAGE_0_1 },
	{ 26, "010 middle", "leaf middle", X509_V_OK, 1, USAGE_0_1 },
	{ 27, "011 middle", "leaf middle", X509_V_OK, 1, USAGE_0_1 },
	{ 28, "002 middle", "leaf middle root", X509_V_OK, 1, USAGE_0_1 },
	{ 29, "012 middle", "leaf middle root", X509_V_OK, 1, USAGE_0_1 },
	{ 30, "001 root", "leaf middle", X509_V_OK, 2, USAGE_0_1 },
	{ 31, "011 root", "leaf middle", X509_V_OK, 2, USAGE_0_1 },
	{ 32, "002 root", "leaf middle root", X509_V_OK, 2, USAGE_0_1 },
	{ 33, "012 root", "leaf middle root", X509_V_OK, 2, USAGE_0_1 },
	{ 34, "101 leaf", "leaf", NO_ISSUER, 0, USAGE_0_1 },
	{ 35, "111 leaf, 000 middle", "leaf", X509_V_OK, 0, USAGE_0_1 },
	{ 36, "102 leaf wrong", "leaf middle root", MISMATCH, -1, USAGE_0_1 },
	{ 37, "001 middle wrong", "leaf middle", MISMATCH, -1, USAGE_0_1 },
	{ 38, "001 root wrong", "leaf middle", MISMATCH, -1, USAGE_0_1 },
	/* several records; danetest.in has the second ones, too, though its program reads the first alone */
	{ 39, "312 leaf, 212 root", "leaf middle root", X509_V_OK, 0, AGREES },
	{ 40, "212 middle, 212 root", "leaf middle root", X509_V_OK, 1, AGREES },
	{ 41, "201 root, 001 middle", "leaf middle root", X509_V_OK, 2, AGREES },
	{ 42, "201 root, 001 middle", "leaf middle root", X509_V_OK, 2, AGREES },
	/* what the record holds takes the place of what was not sent */
	{ 43, "200 root", "leaf middle", X509_V_OK, 2, AGREES },
	{ 44, "200 middle", "leaf", X509_V_OK, 1, AGREES },
	{ 45, "210 middle", "leaf", X509_V_OK, 0, AGREES },
	{ 46, "210 root", "leaf middle", X509_V_OK, 1, AGREES },
	/* another name */
	{ 47, "311 org-leaf", "org-leaf org-middle org-root", X509_V_OK, 0, AGREES }, /* with its name checks off */
	{ 48, "211 org-middle", "org-leaf org-middle org-root", OTHER_NAME, 1, NO_NAMES },
	{ 49, "211 org-root", "org-leaf org-middle org-root", OTHER_NAME, 2, NO_NAMES },
	{ 50, "311 org-leaf", "org-leaf org-middle org-root", OTHER_NAME, 0, NO_NAMES }, /* with them on */
};

static enum dane_match match_wanted(const struct danetest_case *c)
{
	if (c->departure == USAGE_0_1)
		return DANE_NONE_USABLE;
	return c->depth < 0 ? DANE_MISMATCH : DANE_MATCH;
}

static void openssls_cases_have_its_results_but_for_our_rules(void **state)
{
	unsigned agree = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct danetest_case *c = &cases[i];
		static struct dane_records records;
		STACK_OF(X509) *chain = dane_chain(c->sent);
		struct arena arena = { 0 };
		struct obs_dane dane;
		int result;

		records = (struct dane_records){ 0 };
		dane_records_add(&records, c->records);
		assert_int_equal(dane_judge(dane_context, chain, &records.tlsa, &arena, &dane), NET_OK);
		result = dane.error_count > 0 ? dane.error[0].code : X509_V_OK;
		if (dane.match != match_wanted(c))
			fail_msg("case %u: match %d, error %d", c->number, dane.match, result);
		if (dane.match == DANE_MATCH && dane.depth != c->depth)
			fail_msg("case %u: depth %u", c->number, dane.depth);
		if (c->departure == AGREES && result != c->result)
			fail_msg("case %u: error %d", c->number, result);
		agree += c->departure == AGREES;
		sk_X509_free(chain);
		arena_fini(&arena);
	}
	assert_int_equal(agree, 29);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssls_cases_have_its_results_but_for_our_rules),
	};

	return cmocka_run_group_tests_name("danetest", tests, dane_rig_init, dane_rig_fini);
}

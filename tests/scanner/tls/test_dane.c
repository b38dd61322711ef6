/* SPDX-License-Identifier: BSD-2-Clause */
/* What TLSA records say of a chain, each case in a handshake as with a mail server, beside what the trust store says of
 * the same chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "scanner/job/net.h"
#include "scanner/tls/dane.h"
#include "tests/scanner/tls/dane_rig.h"
#include "tests/scanner/tls/handshake.h"

struct dane_case {
	const char *name;
	const char *sent;
	const char *host;
	const char *records;
	enum dane_match match;
	uint8_t record, depth;
	uint32_t usable, matching;
	int error; /* with DANE, among others; 0: none at all */
	int pkix;  /* the first error of the trust store, 0: none */
};

#define MISMATCHED X509_V_ERR_DANE_NO_MATCH
#define LATE X509_V_ERR_CERT_HAS_EXPIRED
#define LOCAL X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY

/* The cases that OpenSSL 3.0.19 was measured with, in that order. Where a name, a callback or the trust store was what
 * the measurement was about, nothing depends on it here: that is the point. */
static const struct dane_case cases[] = {
	{ "usage 0 is not usable", "leaf middle", DANE_HOST, "011 middle", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "usage 1 is not usable", "leaf middle", DANE_HOST, "111 leaf", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "usage 4", "leaf middle", DANE_HOST, "411 leaf", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "selector 2", "leaf middle", DANE_HOST, "321 leaf", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "matching type 3", "leaf middle", DANE_HOST, "313 leaf", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "SHA-256 of 31 octets", "leaf middle", DANE_HOST, "311 leaf short", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "empty data", "leaf middle", DANE_HOST, "311 leaf empty", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "full certificate cut short", "leaf middle", DANE_HOST, "300 leaf short", DANE_NONE_USABLE, 0, 0, 0, 0, 0,
	  0 },
	{ "EE match", "leaf middle", DANE_HOST, "311 leaf", DANE_MATCH, 0, 0, 1, 1, 0, 0 },
	{ "EE match, wrong name", "leaf middle", "other.test", "311 leaf", DANE_MATCH, 0, 0, 1, 1, 0, 0 },
	{ "EE match, SPKI whole", "leaf middle", "other.test", "310 leaf", DANE_MATCH, 0, 0, 1, 1, 0, 0 },
	{ "EE match, expired leaf", "expired middle", DANE_HOST, "311 expired", DANE_MATCH, 0, 0, 1, 1, 0, LATE },
	{ "EE mismatch", "leaf middle", DANE_HOST, "311 leaf wrong", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED, 0 },
	{ "EE mismatch, root sent", "leaf middle root", DANE_HOST, "311 leaf wrong", DANE_MISMATCH, 0, 0, 1, 0,
	  MISMATCHED, 0 },
	{ "EE of the wrong certificate", "leaf middle", DANE_HOST, "301 middle", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED,
	  0 },
	{ "EE digest of the other selector", "leaf middle", DANE_HOST, "311 leaf other", DANE_MISMATCH, 0, 0, 1, 0,
	  MISMATCHED, 0 },
	{ "EE match, certificate whole", "leaf middle", DANE_HOST, "300 leaf", DANE_MATCH, 0, 0, 1, 1, 0, 0 },
	{ "TA intermediate", "leaf middle", DANE_HOST, "211 middle", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "TA intermediate, wrong name", "leaf middle", "other.test", "211 middle", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "TA intermediate, SHA-512", "leaf middle", "other.test", "212 middle", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "TA intermediate, certificate", "leaf middle", "other.test", "201 middle", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "TA intermediate, expired leaf", "expired middle", DANE_HOST, "211 middle", DANE_MATCH_FAILED, 0, 1, 1, 1,
	  LATE, LATE },
	{ "TA intermediate, expired leaf, certificate", "expired middle", DANE_HOST, "201 middle", DANE_MATCH_FAILED, 0,
	  1, 1, 1, LATE, LATE },
	{ "TA root digest, root not sent, in the store", "leaf middle", DANE_HOST, "211 root", DANE_MISMATCH, 0, 0, 1,
	  0, MISMATCHED, 0 },
	{ "TA root digest, root not sent, leaf expired", "expired middle", DANE_HOST, "211 root", DANE_MISMATCH, 0, 0,
	  1, 0, MISMATCHED, LATE },
	{ "TA root digest, root sent", "leaf middle root", DANE_HOST, "211 root", DANE_MATCH, 0, 2, 1, 1, 0, 0 },
	{ "TA root certificate whole, root not sent", "leaf middle", DANE_HOST, "200 root", DANE_MATCH, 0, 2, 1, 1, 0,
	  0 },
	{ "TA root SPKI whole, root not sent", "leaf middle", DANE_HOST, "210 root", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "TA intermediate not sent", "leaf", DANE_HOST, "211 middle", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED, LOCAL },
	{ "TA digest of the leaf", "leaf middle", DANE_HOST, "211 leaf", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED, 0 },
	{ "agility: 311 right, 312 wrong", "leaf middle", DANE_HOST, "311 leaf, 312 leaf wrong", DANE_MISMATCH, 0, 0, 3,
	  1, MISMATCHED, 0 },
	{ "agility: 311 wrong, 312 right", "leaf middle", DANE_HOST, "311 leaf wrong, 312 leaf", DANE_MATCH, 1, 0, 3, 2,
	  0, 0 },
	{ "agility: other selector", "leaf middle", DANE_HOST, "301 leaf, 312 leaf wrong", DANE_MATCH, 0, 0, 3, 1, 0,
	  0 },
	{ "agility: whole is exempt", "leaf middle", DANE_HOST, "310 leaf, 312 leaf wrong", DANE_MATCH, 0, 0, 3, 1, 0,
	  0 },
	{ "311 wrong, 211 right", "leaf middle", DANE_HOST, "311 leaf wrong, 211 middle", DANE_MATCH, 1, 1, 3, 2, 0,
	  0 },
	{ "311 right beside 011", "leaf middle", DANE_HOST, "011 middle, 311 leaf", DANE_MATCH, 1, 0, 2, 2, 0, 0 },
	{ "rollover: old and new", "leaf middle", DANE_HOST, "311 leaf wrong, 311 leaf", DANE_MATCH, 1, 0, 3, 2, 0, 0 },
	{ "no record, right name", "leaf middle", DANE_HOST, "", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	{ "no record, wrong name", "leaf middle", "other.test", "", DANE_NONE_USABLE, 0, 0, 0, 0, 0, 0 },
	/* both verdicts */
	{ "good chain, 311 right", "leaf middle", DANE_HOST, "311 leaf", DANE_MATCH, 0, 0, 1, 1, 0, 0 },
	{ "good chain, 311 wrong", "leaf middle", DANE_HOST, "311 leaf wrong", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED,
	  0 },
	{ "expired chain, 311 right", "expired middle", DANE_HOST, "311 expired", DANE_MATCH, 0, 0, 1, 1, 0, LATE },
	{ "expired chain, 211 right", "expired middle", DANE_HOST, "211 middle", DANE_MATCH_FAILED, 0, 1, 1, 1, LATE,
	  LATE },
	{ "wrong name for PKIX, 211 right", "leaf middle", "other.test", "211 middle", DANE_MATCH, 0, 1, 1, 1, 0, 0 },
	{ "211, root not sent", "leaf middle", DANE_HOST, "211 root", DANE_MISMATCH, 0, 0, 1, 0, MISMATCHED, 0 },
	/* and beyond them */
	{ "a stranger's leaf, EE", "strange stranger", DANE_HOST, "311 strange", DANE_MATCH, 0, 0, 1, 1, 0,
	  X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN },
	{ "a root that no store has", "org-leaf org-middle org-root", "mx.example.org", "211 org-root", DANE_MATCH, 0,
	  2, 1, 1, 0, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN },
	{ "the anchor named, the leaf another's", "strange middle", DANE_HOST, "211 middle", DANE_MATCH_FAILED, 0, 1, 1,
	  1, X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_SIGNATURE_FAILURE },
	{ "the same record twice", "leaf middle", DANE_HOST, "311 leaf, 311 leaf", DANE_MATCH, 0, 0, 3, 3, 0, 0 },
	{ "one record's certificate makes another match", "leaf", DANE_HOST, "200 middle, 211 middle, 311 leaf wrong",
	  DANE_MATCH, 1, 1, 7, 3, 0, LOCAL },
	{ "rollover: both are in use", "leaf middle", DANE_HOST, "311 leaf, 211 middle", DANE_MATCH, 0, 0, 3, 3, 0, 0 },
	{ "usable beside three that are not", "leaf middle", DANE_HOST,
	  "001 root, 391 leaf, 312 leaf short, 202 middle", DANE_MATCH, 3, 1, 8, 8, 0, 0 },
};

static bool has_error(const struct obs_dane *dane, int code)
{
	for (size_t i = 0; i < dane->error_count; i++)
		if (dane->error[i].code == code)
			return true;
	return false;
}

static void check(const struct dane_case *c, const struct obs_dane *got, const struct obs_tls *tls)
{
	if (got->match != c->match || got->record != c->record || got->depth != c->depth || got->usable != c->usable ||
	    got->matching != c->matching)
		fail_msg("%s: match %d, record %u, depth %u, usable %x, matching %x", c->name, got->match, got->record,
			 got->depth, got->usable, got->matching);
	if (c->error != 0 && !has_error(got, c->error))
		fail_msg("%s: no error %d with DANE, but %zu others", c->name, c->error, got->error_count);
	if (c->error == 0 && got->error_count != 0)
		fail_msg("%s: error %u with DANE", c->name, got->error[0].code);
	if ((tls->error_count > 0 ? tls->error[0].code : 0) != c->pkix)
		fail_msg("%s: the trust store says %d", c->name, tls->error_count > 0 ? tls->error[0].code : 0);
}

static void one_handshake_has_two_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct dane_case *c = &cases[i];
		struct handshake_server server = { .key = dane_leaf_key };
		STACK_OF(X509) *sent = dane_chain(c->sent);
		struct handshake handshake;
		struct arena arena = { 0 };
		struct obs_tls tls = { 0 };
		struct obs_dane dane;
		struct tls_watch watch = {
			.store = dane_store, .host = span_of(c->host), .arena = &arena, .tls = &tls
		};
		static struct dane_records records;

		records = (struct dane_records){ 0 };
		dane_records_add(&records, c->records);
		for (int j = 0; j < sk_X509_num(sent); j++)
			server.chain[j] = sk_X509_value(sent, j);
		handshake_init(&handshake, &server, dane_context);
		assert_int_equal(tls_watch_put(&watch, handshake.client), 0);
		assert_true(handshake_run(&handshake));
		assert_int_equal(dane_judge_peer(handshake.client, &records.tlsa, &arena, &dane), NET_OK);
		check(c, &dane, &tls);
		assert_int_equal(watch.named, strcmp(c->host, "other.test") != 0);
		assert_int_equal(ERR_peek_error(), 0);
		handshake_fini(&handshake);
		arena_fini(&arena);
		sk_X509_free(sent);
	}
}

/* ---- limits ---- */

static void judge(const char *sent, const struct obs_tlsa *tlsa, struct obs_dane *dane)
{
	struct arena arena = { 0 };
	STACK_OF(X509) *chain = dane_chain(sent);

	assert_int_equal(dane_judge(dane_context, chain, tlsa, &arena, dane), NET_OK);
	dane->error = NULL;
	sk_X509_free(chain);
	arena_fini(&arena);
}

static void as_many_records_as_there_may_be_are_each_looked_at(void **state)
{
	static struct dane_records records;
	struct obs_dane dane;

	(void)state;
	for (size_t i = 0; i < OBS_TLSA_MAX; i++)
		dane_records_add(&records, i < 30 ? "201 org-root" : "211 root");
	judge("leaf middle root", &records.tlsa, &dane);
	assert_int_equal(dane.match, DANE_MATCH);
	assert_int_equal(dane.depth, 2);
	assert_true(dane.record >= 30);
	assert_int_equal(dane.usable, UINT32_MAX);
	assert_int_equal(dane.matching, UINT32_C(3) << 30);
}

/* Each costs signatures, whether it matches or not. */
static void few_whole_keys_are_tried(void **state)
{
	static struct dane_records records;
	struct obs_dane dane;

	(void)state;
	for (size_t i = 0; i < TLS_DANE_KEYS_MAX; i++)
		dane_records_add(&records, "210 org-root");
	judge("leaf middle", &records.tlsa, &dane);
	assert_int_equal(dane.match, DANE_MISMATCH);
	dane_records_add(&records, "210 root, 310 middle");
	judge("leaf middle", &records.tlsa, &dane);
	assert_int_equal(dane.match, DANE_NOT_TRIED); /* the first of the two would */
	assert_int_equal(dane.usable, 0x0b);
	dane_records_add(&records, "310 leaf");
	judge("leaf middle", &records.tlsa, &dane);
	assert_int_equal(dane.match, DANE_MATCH);
	assert_int_equal(dane.matching, 0x10);
}

/* What a limit has cut off may have been what matches. */
static void a_record_that_is_not_known_whole_leaves_a_mismatch_open(void **state)
{
	const struct {
		const char *record;
		bool cut;
		uint32_t omitted;
		enum dane_match match;
	} table[] = {
		{ "300 leaf short", false, 0, DANE_NONE_USABLE }, /* no certificate */
		{ "311 leaf wrong", false, 0, DANE_MISMATCH },
		{ "311 leaf wrong", false, 1, DANE_NOT_TRIED },
		{ "311 leaf", false, 1, DANE_MATCH },
		{ "300 leaf short", true, 0, DANE_NOT_TRIED },
		{ "311 leaf", true, 0, DANE_NOT_TRIED },
		{ "100 leaf short", true, 0, DANE_NONE_USABLE }, /* whatever it holds */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		static struct dane_records records;
		struct obs_dane dane;

		records = (struct dane_records){ 0 };
		dane_records_add(&records, table[i].record);
		records.record[0].cut = table[i].cut;
		records.tlsa.omitted = table[i].omitted;
		judge("leaf middle root", &records.tlsa, &dane);
		if (dane.match != table[i].match)
			fail_msg("row %zu: match %d", i, dane.match);
	}
}

/* The arena's cap is our affair, not the chain's. */
static void a_full_arena_is_a_fault(void **state)
{
	static struct dane_records records;
	STACK_OF(X509) *chain = dane_chain("leaf middle");
	struct arena arena = { 0 };
	struct obs_dane dane;

	(void)state;
	dane_records_add(&records, "311 leaf wrong");
	while (arena_alloc(&arena, sizeof(void *)))
		continue;
	assert_int_equal(dane_judge(dane_context, chain, &records.tlsa, &arena, &dane), NET_FAULT_MEMORY);
	assert_int_equal(dane.match, DANE_NOT_TRIED);
	sk_X509_free(chain);
	arena_fini(&arena);
}

static void nobody_is_not_judged(void **state)
{
	static struct dane_records records;
	struct obs_dane dane;
	struct arena arena = { 0 };

	(void)state;
	dane_records_add(&records, "311 leaf");
	judge("", &records.tlsa, &dane);
	assert_int_equal(dane.match, DANE_NOT_TRIED);
	assert_int_equal(dane_judge(dane_context, NULL, &records.tlsa, &arena, &dane), NET_OK);
	assert_int_equal(dane.match, DANE_NOT_TRIED);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_handshake_has_two_verdicts),
		cmocka_unit_test(as_many_records_as_there_may_be_are_each_looked_at),
		cmocka_unit_test(few_whole_keys_are_tried),
		cmocka_unit_test(a_record_that_is_not_known_whole_leaves_a_mismatch_open),
		cmocka_unit_test(a_full_arena_is_a_fault),
		cmocka_unit_test(nobody_is_not_judged),
	};

	return cmocka_run_group_tests_name("dane", tests, dane_rig_init, dane_rig_fini);
}

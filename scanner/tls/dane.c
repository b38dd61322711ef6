/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/tls/dane.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "scanner/base/counted_alloc.h"
#include "scanner/base/limits.h"
#include "scanner/job/net.h"
#include "scanner/tls/verify.h"

/* RFC 7218 2: usages, a selector, a matching type */
enum { DANE_TA = 2, DANE_EE = 3, SPKI = 1, WHOLE = 0 };

_Static_assert(OBS_TLSA_MAX <= 32, "obs_dane has a bit for each record");

/* Whom to judge, and by what. */
struct trial {
	SSL_CTX *ctx;
	STACK_OF(X509) * chain;
	const struct obs_tlsa *tlsa;
	uint32_t records; /* bit i: record i is to be used */
};

static size_t record_count(const struct obs_tlsa *tlsa)
{
	return tlsa->count < OBS_TLSA_MAX ? tlsa->count : OBS_TLSA_MAX;
}

static bool has_usage(const struct obs_tlsa_record *record)
{
	return record->usage == DANE_TA || record->usage == DANE_EE;
}

/* A trust anchor's whole key: no certificate is to have it, but OpenSSL to try whether it has signed the last one. */
static bool is_bare_key(const struct obs_tlsa_record *record)
{
	return record->usage == DANE_TA && record->selector == SPKI && record->matching == WHOLE;
}

/* Where OpenSSL keeps records: an SSL that never connects. It wants a name to be asked for, which nobody looks at. */
static SSL *holder_new(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl && SSL_dane_enable(ssl, "dane.invalid") == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

/* Hand @trial's records to @holder; those it takes. */
static uint32_t put_records(SSL *holder, const struct trial *trial)
{
	uint32_t usable = 0;
	unsigned bare_keys = 0;

	for (size_t i = 0; i < record_count(trial->tlsa); i++) {
		const struct obs_tlsa_record *record = &trial->tlsa->record[i];

		if ((trial->records >> i & 1) == 0 || !has_usage(record) || record->cut)
			continue;
		if (is_bare_key(record) && ++bare_keys > TLS_DANE_KEYS_MAX)
			continue;
		if (SSL_dane_tlsa_add(holder, record->usage, record->selector, record->matching,
				      (const unsigned char *)record->data.p, record->data.n) == 1)
			usable |= UINT32_C(1) << i;
	}
	return usable;
}

/* As libssl would verify, but that no name is asked for, and no anchors are there but the records. NULL: no memory. */
static X509_STORE_CTX *verification_new(SSL *holder, const struct trial *trial, X509_STORE *nothing)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (!ctx || X509_STORE_CTX_init(ctx, nothing, sk_X509_value(trial->chain, 0), trial->chain) != 1 ||
	    X509_STORE_CTX_set_default(ctx, "ssl_server") != 1) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), SSL_get_security_level(holder));
	X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(holder));
	return ctx;
}

/* What was matched is known at the first question, and whether the signatures are good is another one. */
static int stop(int ok, X509_STORE_CTX *ctx)
{
	(void)ok, (void)ctx;
	return 0;
}

/* The first record that says what @holder found a match for; they may be there twice. */
static uint8_t record_matched(SSL *holder, const struct obs_tlsa *tlsa)
{
	uint8_t usage, selector, matching;
	const unsigned char *data;
	size_t n;

	if (SSL_get0_dane_tlsa(holder, &usage, &selector, &matching, &data, &n) < 0)
		return 0;
	for (size_t i = 0; i < record_count(tlsa); i++) {
		const struct obs_tlsa_record *record = &tlsa->record[i];

		if (record->usage == usage && record->selector == selector && record->matching == matching &&
		    span_equal(record->data, (struct span){ (const char *)data, n }))
			return (uint8_t)i;
	}
	return 0;
}

/* Verify by the records of @trial that are usable; which ones, and which one matches, @dane is told, if any. @errors:
 * all of them, with every signature; NULL: only whether something matches. The depth of what was matched, or -1. */
static int try(const struct trial *trial, X509_STORE *nothing, struct verify_errors *errors, struct obs_dane *dane)
{
	SSL *holder = holder_new(trial->ctx);
	X509_STORE_CTX *ctx = NULL;
	uint32_t usable = holder ? put_records(holder, trial) : 0;
	int depth = -1;

	if (dane)
		dane->usable = usable;
	if (usable == 0)
		goto out;
	ctx = verification_new(holder, trial, nothing);
	if (!ctx)
		goto out;
	if (errors) {
		verify_all(ctx, errors);
	} else {
		X509_STORE_CTX_set_depth(ctx, OBS_CHAIN_MAX);
		X509_STORE_CTX_set_verify_cb(ctx, stop);
		X509_verify_cert(ctx);
	}
	SSL_set_verify_result(holder, X509_V_OK); /* or it keeps what it has found to itself */
	depth = SSL_get0_dane_authority(holder, NULL, NULL);
	if (dane && depth >= 0)
		dane->record = record_matched(holder, trial->tlsa);
out:
	X509_STORE_CTX_free(ctx);
	SSL_free(holder);
	return depth;
}

/* Might a record match that a limit has left out? */
static bool is_incomplete(const struct obs_tlsa *tlsa)
{
	bool cut = tlsa->omitted > 0 || tlsa->count > OBS_TLSA_MAX;
	unsigned bare_keys = 0;

	for (size_t i = 0; i < record_count(tlsa); i++) {
		cut |= tlsa->record[i].cut && has_usage(&tlsa->record[i]);
		bare_keys += is_bare_key(&tlsa->record[i]);
	}
	return cut || bare_keys > TLS_DANE_KEYS_MAX;
}

static enum dane_match match_of(const struct obs_tlsa *tlsa, uint32_t usable, int depth, size_t errors)
{
	if (depth >= 0)
		return errors == 0 ? DANE_MATCH : DANE_MATCH_FAILED;
	if (is_incomplete(tlsa))
		return DANE_NOT_TRIED;
	return usable == 0 ? DANE_NONE_USABLE : DANE_MISMATCH;
}

static void judge(const struct trial *all, X509_STORE *nothing, struct verify_errors *errors, struct obs_dane *dane)
{
	int depth = try(all, nothing, errors, dane);

	for (size_t i = 0; i < record_count(all->tlsa); i++) {
		struct trial alone = *all;

		alone.records = dane->usable & UINT32_C(1) << i;
		if (alone.records == 0)
			continue;
		if (alone.records == dane->usable ? depth >= 0 /* it was alone */
						  : try(&alone, nothing, NULL, NULL) >= 0)
			dane->matching |= alone.records;
	}
	if (depth >= 0) /* maybe with the help of another record's whole certificate, which was not sent */
		dane->matching |= UINT32_C(1) << dane->record;
	dane->match = match_of(all->tlsa, dane->usable, depth, errors->count);
	dane->depth = depth >= 0 ? (uint8_t)depth : 0;
	dane->error = errors->error;
	dane->error_count = errors->count;
}

int dane_judge(SSL_CTX *ctx, STACK_OF(X509) * chain, const struct obs_tlsa *tlsa, struct arena *arena,
	       struct obs_dane *dane)
{
	struct trial all = { .ctx = ctx, .chain = chain, .tlsa = tlsa, .records = UINT32_MAX };
	struct verify_errors errors = { .arena = arena };
	unsigned before = counted_alloc_failures();
	X509_STORE *nothing;

	*dane = (struct obs_dane){ 0 };
	if (sk_X509_num(chain) <= 0)
		return NET_OK;
	nothing = X509_STORE_new();
	if (nothing)
		judge(&all, nothing, &errors, dane);
	X509_STORE_free(nothing);
	ERR_clear_error();
	if (!errors.no_memory && counted_alloc_failures() == before)
		return NET_OK;
	*dane = (struct obs_dane){ 0 };
	return NET_FAULT_MEMORY;
}

int dane_judge_peer(const SSL *ssl, const struct obs_tlsa *tlsa, struct arena *arena, struct obs_dane *dane)
{
	return dane_judge(SSL_get_SSL_CTX(ssl), SSL_get_peer_cert_chain(ssl), tlsa, arena, dane);
}

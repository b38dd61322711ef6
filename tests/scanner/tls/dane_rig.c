/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/tls/dane_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/scanner/tls/test_pki.h"

X509 *dane_who[WHO_COUNT];
EVP_PKEY *dane_leaf_key;
struct tls_store *dane_store;
SSL_CTX *dane_context;

enum { WORDS_MAX = 256 }; /* of a chain, or of the records in one call */

static EVP_PKEY *key_of[WHO_COUNT];

static X509 *anonymous(void)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -PKI_DAY);
	X509_gmtime_adj(X509_getm_notAfter(x509), -2 * PKI_DAY);
	X509_set_pubkey(x509, dane_leaf_key);
	assert_true(X509_sign(x509, dane_leaf_key, EVP_sha256()) > 0);
	return x509;
}

static void make_certificates(void)
{
	static const struct span host = SPAN_LITERAL(DANE_HOST), org = SPAN_LITERAL("mx.example.org");
	const struct {
		enum dane_who who, issuer;
		struct pki_spec spec;
	} table[] = {
		{ ROOT, ROOT, { .common_name = "Root", .ca = true } },
		{ MIDDLE, ROOT, { .common_name = "Middle", .ca = true } },
		{ LEAF, MIDDLE, { .common_name = DANE_HOST, .san = &host, .san_count = 1 } },
		{ EXPIRED, MIDDLE, { DANE_HOST, &host, 1, .from_s = -90 * PKI_DAY, .until_s = -PKI_DAY } },
		{ STRANGER, STRANGER, { .common_name = "Middle", .ca = true } },
		{ STRANGE, STRANGER, { .common_name = DANE_HOST, .san = &host, .san_count = 1 } },
		{ ORG_ROOT, ORG_ROOT, { .common_name = "Org Root", .ca = true } },
		{ ORG_MIDDLE, ORG_ROOT, { .common_name = "Org Middle", .ca = true } },
		{ ORG_LEAF, ORG_MIDDLE, { .common_name = "mx.example.org", .san = &org, .san_count = 1 } },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct pki_spec spec = table[i].spec;
		enum dane_who who = table[i].who, issuer = table[i].issuer;

		key_of[who] = spec.ca ? pki_key() : NULL;
		spec.issuer = issuer == who ? NULL : dane_who[issuer];
		spec.issuer_key = key_of[issuer];
		dane_who[who] = pki_certificate(&spec, spec.ca ? key_of[who] : dane_leaf_key);
	}
	dane_who[ANONYMOUS] = anonymous();
}

int dane_rig_init(void **state)
{
	(void)state;
	dane_leaf_key = pki_key();
	make_certificates();
	dane_store = pki_store(dane_who[ROOT]);
	dane_context = tls_client_context(dane_store, false);
	assert_non_null(dane_context);
	return 0;
}

int dane_rig_fini(void **state)
{
	(void)state;
	SSL_CTX_free(dane_context);
	tls_store_free(dane_store);
	for (size_t i = 0; i < WHO_COUNT; i++) {
		X509_free(dane_who[i]);
		EVP_PKEY_free(key_of[i]);
	}
	EVP_PKEY_free(dane_leaf_key);
	return 0;
}

/* ---- words ---- */

static const char *const who_words[] = {
	[ROOT] = "root",           [MIDDLE] = "middle",     [LEAF] = "leaf",
	[EXPIRED] = "expired",     [STRANGER] = "stranger", [STRANGE] = "strange",
	[ANONYMOUS] = "anonymous", [ORG_ROOT] = "org-root", [ORG_MIDDLE] = "org-middle",
	[ORG_LEAF] = "org-leaf",
};

static X509 *who_is(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(who_words); i++)
		if (strcmp(word, who_words[i]) == 0)
			return dane_who[i];
	fail_msg("nobody is called %s", word);
	return NULL;
}

/* What a record of @kind about @x509 holds; @other: with the other selector. Octets. */
static unsigned write_data(char *data, const char *kind, X509 *x509, bool other)
{
	unsigned char *der = NULL;
	int der_n = (kind[1] == '0') != other ? i2d_X509(x509, &der)
					      : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	unsigned n = (unsigned)der_n;

	assert_true(der_n > 0 && der_n <= OBS_TLSA_DATA_MAX);
	if (kind[2] == '0')
		memcpy(data, der, n);
	else
		EVP_Digest(der, n, (unsigned char *)data, &n, kind[2] == '2' ? EVP_sha512() : EVP_sha256(), NULL);
	OPENSSL_free(der);
	return n;
}

static void add_one(struct dane_records *records, const char *kind, X509 *x509, const char *twist)
{
	char *data = records->data[records->tlsa.count];
	unsigned n;

	assert_true(records->tlsa.count < OBS_TLSA_MAX);
	n = write_data(data, kind, x509, strcmp(twist, "other") == 0);
	data[n - 1] ^= strcmp(twist, "wrong") == 0;
	n = strcmp(twist, "empty") == 0 ? 0 : n - (strcmp(twist, "short") == 0);
	records->record[records->tlsa.count++] = (struct obs_tlsa_record){ .usage = (uint8_t)(kind[0] - '0'),
									   .selector = (uint8_t)(kind[1] - '0'),
									   .matching = (uint8_t)(kind[2] - '0'),
									   .data = { data, n } };
	records->tlsa.record = records->record;
}

void dane_records_add(struct dane_records *records, const char *text)
{
	char one[WORDS_MAX], *rest = one, *word;

	assert_true(strlen(text) < sizeof(one));
	strcpy(one, text);
	while ((word = strsep(&rest, ",")) && word[0]) {
		char kind[4], name[16], twist[8] = "";

		assert_true(sscanf(word, " %3s %15s %7s", kind, name, twist) >= 2);
		add_one(records, kind, who_is(name), twist);
	}
}

STACK_OF(X509) * dane_chain(const char *text)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	char words[WORDS_MAX], *rest = words, *word;

	assert_true(strlen(text) < sizeof(words));
	strcpy(words, text);
	while ((word = strsep(&rest, " ")) && word[0])
		assert_true(sk_X509_push(chain, who_is(word)) > 0);
	return chain;
}

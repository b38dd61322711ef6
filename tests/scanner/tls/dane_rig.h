/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/tls/dane_rig.h - certificates of a few chains, and TLSA records about them. */
#ifndef STSURVEY_TESTS_SCANNER_TLS_DANE_RIG_H
#define STSURVEY_TESTS_SCANNER_TLS_DANE_RIG_H

#include <openssl/ssl.h>

#include "parsers/mail_host.h"
#include "scanner/tls/tls.h"

#define DANE_HOST "mx.example.test"

/* Whose certificate, and the word for it. Every key is another one but for those of the leaves. */
enum dane_who {
	ROOT,       /* root: the trust store's */
	MIDDLE,     /* middle */
	LEAF,       /* leaf: of DANE_HOST */
	EXPIRED,    /* expired: the same, and too old */
	STRANGER,   /* stranger: calls himself MIDDLE … */
	STRANGE,    /* strange: … and signed this for DANE_HOST */
	ANONYMOUS,  /* anonymous: names nobody, signed by itself, was never valid */
	ORG_ROOT,   /* org-root: another root, in no store … */
	ORG_MIDDLE, /* org-middle: … and what is below it, … */
	ORG_LEAF,   /* org-leaf: … of another name */
	WHO_COUNT
};

extern X509 *dane_who[WHO_COUNT];
extern EVP_PKEY *dane_leaf_key;
extern struct tls_store *dane_store;
extern SSL_CTX *dane_context;

int dane_rig_init(void **state); /* cmocka's set-up and tear-down of a group */
int dane_rig_fini(void **state);

struct dane_records {
	struct obs_tlsa tlsa;
	struct obs_tlsa_record record[OBS_TLSA_MAX];
	char data[OBS_TLSA_MAX][OBS_TLSA_DATA_MAX];
};

/* Add the records that @text tells to @records, which begin as zeros: usage, selector and matching type as digits,
 * whose certificate, and what is wrong with the data, if anything is: "wrong" (the last bit), "short" (of the last
 * octet), "empty", or "other" (they are of the other selector). "311 leaf wrong, 211 middle" are two. */
void dane_records_add(struct dane_records *records, const char *text);

/* The chain that @text tells: "leaf middle root". sk_X509_free. */
STACK_OF(X509) * dane_chain(const char *text);

#endif

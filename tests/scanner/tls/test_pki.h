/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/tls/test_pki.h - certificates for tests, made in the process: right ones and wrong ones. */
#ifndef STSURVEY_TESTS_SCANNER_TLS_TEST_PKI_H
#define STSURVEY_TESTS_SCANNER_TLS_TEST_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "parsers/span.h"
#include "scanner/tls/tls.h"

enum { PKI_DAY = 86400 };

struct pki_spec {
	const char *common_name;
	const struct span *san; /* dNSNames, any octets */
	size_t san_count;
	long from_s, until_s; /* from now; both 0: yesterday to in 90 days */
	bool ca;
	const X509 *issuer;   /* NULL: itself */
	EVP_PKEY *issuer_key; /* NULL: its own */
	size_t padding;       /* octets of a useless extension */
};

/* A new P-256 key. Aborts on failure, like everything here. */
EVP_PKEY *pki_key(void);

/* A certificate for @key. */
X509 *pki_certificate(const struct pki_spec *spec, EVP_PKEY *key);

/* Write @certificate as PEM to a new file under /tmp; the caller unlinks and frees the path. */
char *pki_file(X509 *certificate);

/* What trusts @root alone; to be freed. */
struct tls_store *pki_store(X509 *root);

#endif

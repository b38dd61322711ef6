/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/tls/test_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "test_pki: %s failed\n", what);
	abort();
}

EVP_PKEY *pki_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	must(key, "EVP_EC_gen");
	return key;
}

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(extension && X509_add_ext(x509, extension, -1), value);
	X509_EXTENSION_free(extension);
}

static void add_names(X509 *x509, const struct pki_spec *spec)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	for (size_t i = 0; i < spec->san_count; i++) {
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();
		GENERAL_NAME *name = GENERAL_NAME_new();

		must(text && name && ASN1_STRING_set(text, spec->san[i].p, (int)spec->san[i].n), "a SAN");
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		sk_GENERAL_NAME_push(names, name);
	}
	must(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1, "subjectAltName");
	GENERAL_NAMES_free(names);
}

static void add_padding(X509 *x509, size_t octets)
{
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	char *text = calloc(1, octets);
	X509_EXTENSION *extension;

	must(data && text && ASN1_OCTET_STRING_set(data, (unsigned char *)text, (int)octets), "padding");
	extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, data);
	must(extension && X509_add_ext(x509, extension, -1), "padding");
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(data);
	free(text);
}

X509 *pki_certificate(const struct pki_spec *spec, EVP_PKEY *key)
{
	static long serial;
	bool dated = spec->from_s != 0 || spec->until_s != 0;
	X509 *x509 = X509_new();
	X509_NAME *subject;

	must(x509, "X509_new");
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x509), dated ? spec->from_s : -PKI_DAY);
	X509_gmtime_adj(X509_getm_notAfter(x509), dated ? spec->until_s : 90 * PKI_DAY);
	subject = X509_get_subject_name(x509);
	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"stsurvey test", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)spec->common_name, -1, -1, 0);
	X509_set_issuer_name(x509, spec->issuer ? X509_get_subject_name(spec->issuer) : subject);
	X509_set_pubkey(x509, key);
	add_extension(x509, NID_basic_constraints, spec->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(x509, NID_key_usage, spec->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (!spec->ca)
		add_extension(x509, NID_ext_key_usage, "serverAuth");
	if (spec->san_count > 0)
		add_names(x509, spec);
	if (spec->padding > 0)
		add_padding(x509, spec->padding);
	must(X509_sign(x509, spec->issuer_key ? spec->issuer_key : key, EVP_sha256()) > 0, "X509_sign");
	return x509;
}

char *pki_file(X509 *certificate)
{
	char *path = strdup("/tmp/stsurvey-test-ca.XXXXXX");
	int fd = path ? mkstemp(path) : -1;
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	must(file && PEM_write_X509(file, certificate) == 1, "writing a PEM file");
	fclose(file);
	return path;
}

struct tls_store *pki_store(X509 *root)
{
	char *file = pki_file(root);
	struct tls_store *store = NULL;
	struct error error;

	must(tls_store_open(&store, file, &error) == 0, "tls_store_open");
	unlink(file);
	free(file);
	return store;
}

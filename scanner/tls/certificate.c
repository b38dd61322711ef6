/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/tls/certificate.h"

#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "parsers/domain.h"
#include "scanner/base/limits.h"

/* Octets of a name of OpenSSL's; its longest short names have 40, and dots and numbers of the longest OID in use 35. */
enum { NAME_MAX_OCTETS = 80 };

static struct span asn1_span(const ASN1_STRING *string)
{
	return (struct span){ (const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string) };
}

static struct span keep_span(struct certificate_keeper *keeper, struct span s)
{
	struct span copy = arena_copy(keeper->arena, s);

	if (!copy.p) {
		keeper->no_memory = true;
		copy = SPAN_LITERAL("");
	}
	return copy;
}

static struct span keep_at_most(struct certificate_keeper *keeper, struct span s, size_t max)
{
	if (s.n > max)
		s.n = max;
	return keep_span(keeper, s);
}

struct span certificate_keep_text(struct certificate_keeper *keeper, struct span text)
{
	return keep_at_most(keeper, text, TLS_TEXT_MAX);
}

/* ---- names ---- */

/* The last CN is the most specific one (RFC 6125 6.4.4); evidence for a person, never compared. */
static struct span common_name(struct certificate_keeper *keeper, const X509 *x509)
{
	const X509_NAME *subject = X509_get_subject_name(x509);
	struct span kept = SPAN_LITERAL("");
	unsigned char *utf8 = NULL;
	int at = -1, next, n;

	while ((next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		at = next;
	if (at < 0)
		return kept;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (n >= 0)
		kept = certificate_keep_text(keeper, (struct span){ (const char *)utf8, (size_t)n });
	OPENSSL_free(utf8);
	return kept;
}

static struct span issuer(struct certificate_keeper *keeper, const X509 *x509)
{
	struct span kept = SPAN_LITERAL("");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (!bio) {
		keeper->no_memory = true;
		return kept;
	}
	/* RFC 2253 without its escaping of octets above 127: the file is UTF-8. */
	X509_NAME_print_ex(bio, X509_get_issuer_name(x509), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		kept = certificate_keep_text(keeper, (struct span){ text, (size_t)n });
	BIO_free(bio);
	return kept;
}

/* Keep the dNSNames of @san as sent. Beyond the cap they are counted; a leaf's name that matches the host
 * takes the last place then, so that the evidence for the match is never what is dropped. */
static void keep_names(struct certificate_keeper *keeper, const GENERAL_NAMES *san, bool leaf,
		       struct obs_certificate *certificate)
{
	int count = sk_GENERAL_NAME_num(san);
	size_t max = count < OBS_CERT_NAMES_MAX ? (size_t)(count > 0 ? count : 0) : OBS_CERT_NAMES_MAX;
	struct span *names = arena_alloc(keeper->arena, max * sizeof(*names) + 1);
	size_t kept = 0;

	if (!names) {
		keeper->no_memory = true;
		return;
	}
	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *general = sk_GENERAL_NAME_value(san, i);
		struct span name;
		bool match;

		if (general->type != GEN_DNS)
			continue;
		name = asn1_span(general->d.dNSName);
		match = leaf && !keeper->named && domain_matches(name, keeper->host);
		keeper->named |= match;
		if (kept < max)
			names[kept++] = keep_span(keeper, name);
		else if (match)
			names[max - 1] = keep_span(keeper, name);
		certificate->name_count++;
	}
	certificate->name_omitted = certificate->name_count - kept;
	certificate->name_count = kept;
	certificate->name = names;
}

/* ---- key, signature, the whole ---- */

static struct span object_name(struct certificate_keeper *keeper, const ASN1_OBJECT *object)
{
	char text[NAME_MAX_OCTETS] = "";
	int nid = OBJ_obj2nid(object);

	if (nid == NID_undef)
		OBJ_obj2txt(text, sizeof(text), object, 1);
	return certificate_keep_text(keeper, span_of(nid == NID_undef ? text : OBJ_nid2sn(nid)));
}

/* "EC:prime256v1"; a curve given by its numbers has no name, and no strength anyone vouches for. */
static struct span curve_name(struct certificate_keeper *keeper, EVP_PKEY *key)
{
	static const char prefix[] = "EC:";
	char text[NAME_MAX_OCTETS];
	size_t n = 0;

	memcpy(text, prefix, sizeof(prefix));
	if (EVP_PKEY_get_group_name(key, text + sizeof(prefix) - 1, sizeof(text) - sizeof(prefix) + 1, &n) != 1)
		return certificate_keep_text(keeper, SPAN_LITERAL("EC"));
	return certificate_keep_text(keeper, span_of(text));
}

/* Of a key that OpenSSL cannot read, the algorithm's name is left. */
static void keep_key(struct certificate_keeper *keeper, const X509 *x509, struct obs_certificate *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
	int bits = key ? EVP_PKEY_get_bits(key) : 0;
	ASN1_OBJECT *algorithm = NULL;

	if (type && strcmp(type, "EC") == 0) {
		certificate->key_type = curve_name(keeper, key);
	} else if (type) {
		certificate->key_type = certificate_keep_text(keeper, span_of(type));
	} else {
		X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509));
		certificate->key_type = object_name(keeper, algorithm);
	}
	certificate->key_bits = (uint16_t)(bits < 0 ? 0 : bits > UINT16_MAX ? UINT16_MAX : bits);
}

static void keep_spki(struct certificate_keeper *keeper, const X509 *x509, struct obs_certificate *certificate)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

	certificate->spki_known = n > 0 &&
				  EVP_Digest(der, (size_t)n, certificate->spki_sha256, NULL, keeper->sha256, NULL) == 1;
	keeper->no_memory |= !certificate->spki_known; /* it was read, so nothing else can have failed */
	OPENSSL_free(der);
}

static void keep_der(struct certificate_keeper *keeper, const X509 *x509, struct obs_certificate *certificate)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x509, &der);

	if (n > 0 && n <= OBS_DER_MAX)
		certificate->der = keep_span(keeper, (struct span){ (const char *)der, (size_t)n });
	keeper->no_memory |= n <= 0;
	OPENSSL_free(der);
}

static int64_t unix_time(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

void certificate_keep(struct certificate_keeper *keeper, const X509 *x509, bool leaf,
		      struct obs_certificate *certificate)
{
	const ASN1_OBJECT *algorithm;
	const X509_ALGOR *signature;
	GENERAL_NAMES *san;

	X509_digest(x509, keeper->sha256, certificate->sha256, NULL);
	certificate->common_name = common_name(keeper, x509);
	certificate->issuer = issuer(keeper, x509);
	certificate->not_before = unix_time(X509_get0_notBefore(x509));
	certificate->not_after = unix_time(X509_get0_notAfter(x509));
	san = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	if (san)
		keep_names(keeper, san, leaf, certificate);
	GENERAL_NAMES_free(san);
	keep_spki(keeper, x509, certificate);
	certificate->serial = keep_at_most(keeper, asn1_span(X509_get0_serialNumber(x509)), OBS_SERIAL_MAX);
	keep_key(keeper, x509, certificate);
	X509_get0_signature(NULL, &signature, x509);
	X509_ALGOR_get0(&algorithm, NULL, NULL, signature);
	certificate->signature = object_name(keeper, algorithm);
	certificate->self_issued = X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
	if (keeper->keep_der)
		keep_der(keeper, x509, certificate);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A certificate as a peer may send it, and TLSA records as its DNS may. Two octets with the length of the certificate,
 * its DER, then records: usage, selector, matching type, two octets with the length of the data, data.
 *
 * OpenSSL reads both; what is made of what it has read is ours.
 */
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "scanner/job/net.h"
#include "scanner/tls/certificate.h"
#include "scanner/tls/dane.h"
#include "scanner/tls/tls.h"
#include "tests/fuzz/fuzz.h"
#include "tests/scanner/tls/test_pki.h"

#define HOST "mx.example.test"

static SSL_CTX *context;

/* A store must hold something; nothing here is signed by it. */
static void set_up(void)
{
	EVP_PKEY *key = pki_key();
	X509 *root = pki_certificate(&(struct pki_spec){ .common_name = "Root", .ca = true }, key);
	static struct tls_store *store;

	store = pki_store(root);
	X509_free(root);
	EVP_PKEY_free(key);
	context = tls_client_context(store, false);
	FUZZ_CHECK(context);
}

/* What comes next, behind two octets with its length; as much of it as there is. */
static struct span take(struct span *rest)
{
	size_t n = rest->n < 2 ? 0 : (size_t)(uint8_t)rest->p[0] << 8 | (uint8_t)rest->p[1];
	struct span one = span_skip(*rest, rest->n < 2 ? rest->n : 2);

	one.n = one.n < n ? one.n : n;
	*rest = span_skip(*rest, (size_t)(one.p - rest->p) + one.n);
	return one;
}

static void check_facts(X509 *x509)
{
	struct arena arena = { 0 };
	struct certificate_keeper keeper = {
		.arena = &arena, .sha256 = EVP_sha256(), .host = SPAN_LITERAL(HOST), .keep_der = true
	};
	struct obs_certificate got = { 0 };

	certificate_keep(&keeper, x509, true, &got);
	FUZZ_CHECK(!keeper.no_memory || arena.full);
	FUZZ_CHECK(got.spki_known && got.key_type.n > 0 && got.signature.n > 0);
	FUZZ_CHECK(got.common_name.n <= TLS_TEXT_MAX && got.issuer.n <= TLS_TEXT_MAX && got.key_type.n <= TLS_TEXT_MAX);
	FUZZ_CHECK(got.serial.n <= OBS_SERIAL_MAX && got.der.n <= OBS_DER_MAX && got.name_count <= OBS_CERT_NAMES_MAX);
	FUZZ_CHECK(got.name_omitted == 0 || got.name_count == OBS_CERT_NAMES_MAX);
	arena_fini(&arena);
}

static void check_judgement(X509 *x509, const struct obs_tlsa *tlsa)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct arena arena = { 0 };
	struct obs_dane dane;
	uint32_t used;

	sk_X509_push(chain, x509);
	FUZZ_CHECK(dane_judge(context, chain, tlsa, &arena, &dane) == NET_OK);
	used = UINT32_C(1) << dane.record;
	FUZZ_CHECK((dane.matching & ~dane.usable) == 0 && (dane.usable & ~((UINT64_C(1) << tlsa->count) - 1)) == 0);
	if (dane.match == DANE_MATCH || dane.match == DANE_MATCH_FAILED)
		FUZZ_CHECK((dane.matching & used) != 0 && (dane.match == DANE_MATCH) == (dane.error_count == 0));
	if (dane.match == DANE_MISMATCH)
		FUZZ_CHECK(dane.usable != 0 && dane.error_count > 0);
	if (dane.match == DANE_NONE_USABLE)
		FUZZ_CHECK(dane.usable == 0 && dane.error_count == 0);
	for (size_t i = 0; i < tlsa->count; i++)
		FUZZ_CHECK((dane.usable >> i & 1) == 0 || tlsa->record[i].usage == 2 || tlsa->record[i].usage == 3);
	sk_X509_free(chain);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size }, der = take(&rest);
	const unsigned char *p = (const unsigned char *)der.p;
	struct obs_tlsa_record record[OBS_TLSA_MAX];
	struct obs_tlsa tlsa = { .record = record };
	X509 *x509;

	if (!context)
		set_up();
	x509 = d2i_X509(NULL, &p, (long)der.n);
	if (!x509)
		return 0;
	while (rest.n >= 3 && tlsa.count < OBS_TLSA_MAX) {
		const uint8_t *kind = (const uint8_t *)rest.p;

		rest = span_skip(rest, 3);
		record[tlsa.count++] = (struct obs_tlsa_record){
			.usage = kind[0], .selector = kind[1], .matching = kind[2], .data = take(&rest)
		};
	}
	check_facts(x509);
	check_judgement(x509, &tlsa);
	X509_free(x509);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/tls/certificate.h - the facts of one certificate, as OpenSSL reads it.
 *
 * Whoever made it means harm: each text has its limit (TLS_TEXT_MAX, OBS_SERIAL_MAX, OBS_CERT_NAMES_MAX, OBS_DER_MAX),
 * and names are OpenSSL's own, so that they can be compared.
 */
#ifndef STSURVEY_SCANNER_TLS_CERTIFICATE_H
#define STSURVEY_SCANNER_TLS_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/types.h>

#include "parsers/observation.h"
#include "scanner/base/arena.h"

struct certificate_keeper {
	/* the caller's */
	struct arena *arena; /* where the facts are put */
	const EVP_MD *sha256;
	struct span host; /* a dNSName of the leaf that matches it is kept, however many there are */
	bool keep_der;

	/* the keeper's */
	bool named;     /* a SAN dNSName of the leaf matches host */
	bool no_memory; /* facts are missing: the arena's cap, or memory */
};

/* Keep what is to be known of @x509 in @certificate, which is zeroed. @leaf: it is the peer's own. */
void certificate_keep(struct certificate_keeper *keeper, const X509 *x509, bool leaf,
		      struct obs_certificate *certificate);

/* A copy of @text as long as it may be kept; "" where there is no memory. */
struct span certificate_keep_text(struct certificate_keeper *keeper, struct span text);

#endif

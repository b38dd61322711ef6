/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/tls/dane.h - what TLSA records say of a chain that was shown (RFC 6698, RFC 7672).
 *
 * OpenSSL's own code decides, offline, over the chain that the handshake has left: so one handshake has two verdicts,
 * the trust store's (tls.h) and this one. Four rules are added to it:
 *
 * - Usages 0 and 1 are unusable (RFC 7672 3.1.3). OpenSSL takes them.
 * - Where no record is left, nothing is judged. OpenSSL would ask the trust store instead, and say nothing.
 * - DANE-EE looks neither at names nor at dates (3.1.1). DANE-TA looks at dates, and here at no names: these depend on
 *   the domain that has the MX (3.2.2), so that analysis/classify compares them.
 * - What authority was found decides about a match, not the result of the verification, from which each error that was
 *   passed over is gone.
 *
 * Digest agility (RFC 7671 9) is OpenSSL's: of the digests of one usage and selector the strongest counts alone.
 */
#ifndef STSURVEY_SCANNER_TLS_DANE_H
#define STSURVEY_SCANNER_TLS_DANE_H

#include <openssl/types.h>
#include <openssl/x509.h>

#include "parsers/mail_host.h"
#include "scanner/base/arena.h"

/* Hold @chain, as sent and leaf first, against @tlsa's records. @ctx is one of tls_client_context's: that of the
 * handshake, whose security level counts. @dane is filled; DANE_NOT_TRIED where there is no chain, or nothing matches
 * but might: a record is cut or omitted, or there are more than TLS_DANE_KEYS_MAX of the kind that is dear. Each record
 * is read twice, and those certificates are verified that lead to the anchor. NET_OK, or NET_FAULT_MEMORY: then @dane
 * says nothing. */
__attribute__((warn_unused_result)) int dane_judge(SSL_CTX *ctx, STACK_OF(X509) * chain, const struct obs_tlsa *tlsa,
						   struct arena *arena, struct obs_dane *dane);

/* The same for the chain of @ssl, whose handshake is complete. */
__attribute__((warn_unused_result)) int dane_judge_peer(const SSL *ssl, const struct obs_tlsa *tlsa,
							struct arena *arena, struct obs_dane *dane);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/tls/tls.h - what one TLS handshake tells about the other side.
 *
 * A watch is put on an SSL before its handshake: on one of a context that many share (tls_client_context), or on the
 * only one of a context that a library has made (tls_watch_start). It verifies the chain against the shared store,
 * records every error and lets the handshake go on; whoever connects says what a failed verification means. It never
 * falls back to the subject's CN: names are compared with SAN dNSNames alone (RFC 8461 3.3, RFC 6125 6.4.4).
 *
 * Limits hold for every watch: a peer that sends more than TLS_OCTETS_MAX or TLS_MESSAGES_MAX has, for whoever reads,
 * closed its connection there; one that shows more than TLS_CHAIN_OCTETS_MAX of certificates, or wants a Diffie-Hellman
 * group above TLS_DH_BITS_MAX, fails the handshake; a chain is followed OBS_CHAIN_MAX deep.
 *
 * OpenSSL's memory is counted (scanner/base/counted_alloc.h).
 */
#ifndef STSURVEY_SCANNER_TLS_TLS_H
#define STSURVEY_SCANNER_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "output/error.h"
#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/base/limits.h"

/* Trust anchors; loaded once, read-only afterwards and shared by all threads. */
struct tls_store;

/* Load @ca_file (PEM), or the system's bundle for NULL. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int tls_store_open(struct tls_store **store, const char *ca_file,
						       struct error *error);
void tls_store_free(struct tls_store *store);

struct tls_watch {
	/* the caller's; live until the SSL is freed */
	const struct tls_store *store;
	struct span host;    /* the name a SAN dNSName of the leaf must match */
	struct arena *arena; /* where the facts are put */
	struct obs_tls *tls; /* zeroed; filled as the handshake proceeds */
	bool keep_der;       /* keep the certificates themselves, too */

	/* the watch's */
	bool named;             /* a SAN dNSName of the leaf matches host */
	bool done;              /* the handshake is complete */
	bool closed;            /* the server said that nothing more comes (close_notify) */
	bool no_memory;         /* facts are missing: the arena's cap, or memory */
	uint64_t octets;        /* that had arrived when the handshake ended, for better or worse */
	uint64_t record_octets; /* of all TLS records so far */
	unsigned messages;      /* of the handshake protocol so far, also after the handshake */
	bool cut;               /* one of the two is above its limit: nothing more is read */
	uint8_t late_alert;     /* a fatal one that came when the handshake was complete; 0: none (RFC 8446 6.1) */
	bool version_refused;   /* one side would not take the other's version: protocol_version (RFC 8446 6.2) */
};

/* A context for handshakes that are watched, as strict as senders are that authenticate an MX: TLS 1.2 or later,
 * security level 1, nothing resumed. @old: TLS 1.0 and 1.1 instead, with
 * whatever algorithms they bring (security level 0), for who refused the others (`version_refused`). One serves all of
 * a thread's handshakes; SSL_CTX_free. NULL: no memory. */
__attribute__((warn_unused_result)) SSL_CTX *tls_client_context(const struct tls_store *store, bool old);

/* Let @watch see the handshake of @ssl, whose context is one of tls_client_context's. Zero the watch's own members
 * first. At a limit the SSL gets another BIO to read from, and frees yours: ask SSL_get_rbio for it each time. -1: no
 * memory. */
__attribute__((warn_unused_result)) int tls_watch_put(struct tls_watch *watch, SSL *ssl);

/* The same for @ctx, new, and the one handshake it will serve: TLS 1.2 or later, nothing resumed. */
__attribute__((warn_unused_result)) int tls_watch_start(struct tls_watch *watch, SSL_CTX *ctx);

/* Is the handshake complete, the chain without an error, and the host named? */
static inline bool tls_watch_verified(const struct tls_watch *watch)
{
	return watch->done && watch->named && watch->tls->error_count == 0;
}

/* Of OpenSSL, as it runs. */
const char *tls_library_version(void);

#endif

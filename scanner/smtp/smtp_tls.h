/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/smtp/smtp_tls.h - TLS of one probe, over memory alone: octets that came are given to it, and those it wants
 * to send are taken from it.
 */
#ifndef STSURVEY_SCANNER_SMTP_SMTP_TLS_H
#define STSURVEY_SCANNER_SMTP_SMTP_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "scanner/job/net.h"
#include "scanner/tls/tls.h"

struct smtp_tls;

/* What the handshake, or reading, has come to. */
enum smtp_tls_state {
	SMTP_TLS_MORE,      /* more has to come from the other side */
	SMTP_TLS_DONE,      /* the handshake is complete; octets were read */
	SMTP_TLS_FAILED,    /* by an alert, theirs or ours, or the other side has ended it */
	SMTP_TLS_NO_MEMORY, /* ours; nothing it has said is to be used */
};

struct smtp_tls_ways {
	const struct tls_store *store;
	SSL_CTX *context, *old_context; /* tls_client_context's: TLS as it is, and below 1.2 */
	bool keep_certificates;         /* whole, beside what is read of them */
};

/* For @probe, whose smtp->tls it fills, and smtp->dane where there are TLSA records; @old: with TLS below 1.2. NULL: no
 * memory. */
struct smtp_tls *smtp_tls_new(const struct smtp_tls_ways *ways, const struct net_probe *probe, bool old);
void smtp_tls_free(struct smtp_tls *tls);

/* These octets have come. False: no memory. */
__attribute__((warn_unused_result)) bool smtp_tls_came(struct smtp_tls *tls, struct span octets);

enum smtp_tls_state smtp_tls_shake(struct smtp_tls *tls);

/* @n octets at most of what they say, *@got of them. */
enum smtp_tls_state smtp_tls_read(struct smtp_tls *tls, char *octets, size_t n, size_t *got);

/* False: no memory. */
__attribute__((warn_unused_result)) bool smtp_tls_write(struct smtp_tls *tls, struct span text);

/* Nothing more is said (RFC 8446 6.1): many servers log it as an error where that is missing. */
void smtp_tls_close(struct smtp_tls *tls);

/* What is to be sent, until it is said that it was. */
struct span smtp_tls_due(const struct smtp_tls *tls);
void smtp_tls_sent(struct smtp_tls *tls);

/* In TLS 1.3 a handshake is complete for us before the server has seen our last flight. Was its answer to that a fatal
 * alert, as where it wants a certificate of ours? Then the alert is put with the facts. Asked where a read failed. */
bool smtp_tls_refused(struct smtp_tls *tls);

/* Did the handshake end because one side would not take the other's version? */
bool smtp_tls_version_refused(const struct smtp_tls *tls);

#endif

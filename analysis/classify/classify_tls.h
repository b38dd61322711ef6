/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_tls.h - what a chain of certificates shows, wherever it was met: at a policy host or an
 * MX. Which finding that is depends on where, and is decided there.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_TLS_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_TLS_H

#include "parsers/observation.h"

enum { TLS_ALERT_PROTOCOL_VERSION = 70 /* RFC 8446 6.2 */ };

/* Kinds of X509_V_ERR_…; in a set, a bit each. */
enum chain_fault {
	CHAIN_NOT_YET_VALID,
	CHAIN_EXPIRED,
	CHAIN_SELF_SIGNED,    /* the leaf */
	CHAIN_UNTRUSTED_ROOT, /* one that was sent */
	CHAIN_INCOMPLETE,     /* an issuer neither sent nor stored */
	CHAIN_INVALID,        /* any other error */
	CHAIN_FAULT_COUNT
};

static inline bool chain_has_fault(unsigned faults, enum chain_fault fault)
{
	return faults >> fault & 1;
}

/* The faults of all errors. */
unsigned classify_tls_chain(const struct obs_verify_error *error, size_t count);

/* An error's code as what follows "the certificate": "has expired". */
const char *classify_tls_words(uint16_t code);

enum name_match {
	NAME_MATCHES, /* a SAN dNSName does */
	NAME_CN_ONLY, /* the subject's CN does, and the SAN has no dNSName */
	NAME_DIFFERS,
	NAME_UNKNOWN, /* it may be among those that were left out */
};

/* RFC 8461 3.3, 4.2: a SAN dNSName counts, never the CN. */
enum name_match classify_tls_name(const struct obs_certificate *leaf, struct span host);

/* Does the leaf end within @seconds of @time_ms, and not before? */
bool classify_tls_ends_soon(const struct obs_certificate *leaf, int64_t time_ms, int64_t seconds);

/* Whole days between two times in seconds, rounded down. */
int64_t classify_tls_days(int64_t from, int64_t to);

/* From @time_ms to its end; below 0: it has ended. */
int64_t classify_tls_days_left(const struct obs_certificate *leaf, int64_t time_ms);

/* RFC 8461 7.2, RFC 8996. */
static inline bool tls_version_is_old(enum tls_version version)
{
	return version == TLS_1_0 || version == TLS_1_1;
}

#endif

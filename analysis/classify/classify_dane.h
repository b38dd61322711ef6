/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_dane.h - DANE for SMTP (RFC 7672) at a domain's MX, from the hosts joined to it.
 *
 * OpenSSL said at the live chain which record matches what (obs_dane); whose names the certificate must hold depends on
 * the domain, and is looked at here. Per MX:
 *
 *  - Bogus before all else: an address or TLSA answer that fails validation though the servers answer (855). Then the
 *    first TLSA base domain with secure records counts; an error at one ends the search (2.2.3).
 *  - No TLS where there are secure TLSA records, also unusable ones, is a failure of its own (2.2): findings 803, 804,
 *    813, 814 say why, 852 is for a certificate that was shown.
 *  - Of several addresses one that matches is enough, as for MTA-STS (classify_host.h).
 *  - DANE-TA needs a certificate that names the TLSA base domain, or the domain, or what its MX answer was an alias of;
 *    the base domain alone, where the MX answer is not secure (3.2.2).
 *  - 856 is for TLSA; that the MX was not reached (801, 802, 821) makes DANE unknown without it.
 *  - A mismatch while our own way to port 25 was in doubt is unknown, and so is one beside records that were left out.
 *
 * A domain's state: partial where some MX are valid and some fail (860 only where they do not match); else the worst
 * of bogus, mismatch, no-tls, unknown; else valid (insecure-mx, or valid-some where other MX have no TLSA that counts);
 * else unusable, insecure, none.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_DANE_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_DANE_H

#include "analysis/classify/classify.h"
#include "parsers/mail_host.h"

/* Judge each MX by itself, after classify_mxtls, and add what is found to the judgement. */
void classify_dane(const struct observation *observation, struct classification *result);

/* The MX answer alone, where there was none: is it bogus? */
void classify_dane_mx_answer(const struct obs_mx *mx, struct classification *result);

/* The secure TLSA records that a sender uses; NULL: there are none. */
const struct obs_tlsa *classify_dane_tlsa(const struct obs_host *host);

/* Has DANE a say in whether this MX is used, and is it no? */
static inline bool dane_state_fails(enum dane_state state)
{
	return state == DANE_STATE_NO_TLS || state == DANE_STATE_MISMATCH || state == DANE_STATE_BOGUS;
}

static inline bool dane_state_is_valid(enum dane_state state)
{
	return state == DANE_STATE_VALID || state == DANE_STATE_INSECURE_MX;
}

#endif

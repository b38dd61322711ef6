/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify.h - observation → findings, component, verdict. Pure: no I/O, no clock, and safe to call
 * from several threads.
 *
 * A sender walks record, dns, tcp, tls, http, syntax, mx in this order and stops where it cannot go on; so do
 * the findings: what lies behind the first broken stage is not judged, even where it was seen. Within the
 * broken stage every finding is given. What the standards leave open is decided thus:
 *
 *  - No MX and a null MX (709, 710) are findings beside any STS record; odd and unknown MX (712, 711) always. 708
 *    needs MX to compare with.
 *  - 110, 206 and 910 note every CNAME chain, also one that ends nowhere; but where _mta-sts and _smtp._tls are aliases
 *    of one name, a DNS wildcard answers for both: 109 instead of 110, 111 and 910.
 *  - No connection to the addresses that were found, while those of the other family could not be found out: 204, and
 *    component and status unknown.
 *  - A policy host that a blocklist of the user forbids is no fault of the domain: no finding, component and
 *    verdict unknown, status complete. The reserved-address rule is finding 205, component dns.
 *  - A challenge is 502 under any status, 200 as well: what stands there instead of a policy is not judged as one.
 *  - What was left out beyond the limits of parsers/observation.h is not absent. Where it may decide, the state, the
 *    component or the verdict is unknown, and so is the status: TXT that may be meant as the record (112, 911), MX,
 *    addresses that might have been tried (204), names of a certificate.
 *  - A local refusal to ask (question skipped although needed) leaves the domain unknown.
 *  - Lines that were not surveyed (illegal-input, blocklisted): no component, no verdict.
 *  - Findings 701 and 702 also for mode none, where the policy lists patterns.
 *
 * Where MX hosts were probed (obs_mx.host), what was found of them are findings (801 to 860, and 712's "a CNAME")
 * whatever the record and the policy: mail takes that way with and without them. For the component, mxtls comes behind
 * mx. Beyond that:
 *
 *  - A policy in force is kept by the MX that it lists and that are usable (classify_host.h). One MX that could not be
 *    found out makes enforce-fail and enforce-ok unknown; enforce-partial and testing-fail stay.
 *  - Anything about an MX that could not be found out (801, 802, 821, 856) makes the status unknown, whatever the
 *    verdict: something transient is left. So does an MX of a domain with an STS record of which no host is known.
 *  - An MX that is no name at all (712) fails: there is nothing to ask.
 *  - DANE is judged beside it (classify_dane.h) and changes neither component nor verdict; what both together do to
 *    the mail is `delivery`.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_H

#include "analysis/classify/judgement.h"
#include "analysis/classify/mx_judgement.h"
#include "analysis/classify/mx_kind.h"
#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"

enum {
	CLASSIFY_EXPIRY_SOON = 7 * 86400, /* seconds before a leaf's end that give finding 412 */
	CLASSIFY_PATTERNS_KIND_MAX = 256, /* patterns looked at for the kind of a mismatch: with OBS_MX_MAX hosts it
					   * bounds the pairs a hostile policy can make us measure; the match itself
					   * looks at every pattern */
};

/* What was parsed on the way to the judgement; spans point into the observation. */
struct classification {
	struct judgement judgement;
	struct sts_record sts; /* where the answer has TXT records */
	struct tlsrpt_record tlsrpt;
	struct sts_policy policy; /* where judgement.policy is not POLICY_UNJUDGED */
	const char
		*tls_verify;  /* how TLS ended: "ok", or the first error's code without "policy-tls-"; "": not tried */
	bool mx_compared;     /* there are MX and patterns: the next two hold something */
	enum mx_kind mx_kind; /* of the worst MX */
	uint16_t mx_matching; /* MX that match a pattern */
	/* where hosts are joined to the observation; else the next three are as zero, and `mx` is not even that */
	enum mx_state mx_tls;
	enum dane_state dane;
	enum delivery delivery;
	struct mx_judgement mx[OBS_MX_MAX]; /* of each MX record; stays the last: see classify */
};

void classify(const struct observation *observation, struct classification *result);

static inline void classification_add(struct classification *result, enum finding finding)
{
	finding_add(&result->judgement.findings, finding);
}

/* Is the policy one that senders use? Tolerated ones count. */
static inline bool classification_usable(const struct classification *result)
{
	return result->judgement.policy == POLICY_VALID || result->judgement.policy == POLICY_TOLERATED;
}

/* Did TLS end before the server had said anything that counts? A silent one cannot be told from others. */
static inline bool classification_is_mute(const struct obs_policy *policy)
{
	return policy->status == CONNECT_HANDSHAKE_ERROR && policy->tls.version == TLS_NONE &&
	       policy->tls.chain_count == 0 && !policy->tls.alerted;
}

/* Does nobody serve the zone, so that what is not known of it will not be known later? */
static inline bool classification_is_lame(const struct observation *observation)
{
	for (int q = 0; q < TXT_QUESTIONS; q++) {
		const struct obs_answer *answer = &observation->txt[q].answer;

		if (dns_status_is_transient(answer->status) && !obs_answer_is_lame(answer))
			return false;
	}
	return obs_answer_is_lame(&observation->mx.answer);
}

/* Is there hope that asking again later tells more? */
static inline bool classification_worth_asking_again(const struct observation *observation,
						     const struct classification *result)
{
	const struct obs_policy *policy = &observation->policy;

	switch (policy->status) {
	case CONNECT_TIMEOUT:
	case CONNECT_UNREACHABLE:
	case CONNECT_IO_TIMEOUT:
		return true;
	default:
		return (result->judgement.status == DOMAIN_UNKNOWN && !classification_is_lame(observation)) ||
		       policy->http.failure == HTTP_TIMEOUT || classification_is_mute(policy);
	}
}

/* Does something break on a sender's way? */
static inline bool classification_misconfigured(const struct classification *result)
{
	return result->judgement.component != COMPONENT_NONE && result->judgement.component != COMPONENT_OK &&
	       result->judgement.component != COMPONENT_UNKNOWN;
}

#endif

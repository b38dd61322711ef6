/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/mx_judgement.h - what is concluded about the MX of a domain, and its words. Computed whenever it is
 * needed, never stored.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_MX_JUDGEMENT_H
#define STSURVEY_ANALYSIS_CLASSIFY_MX_JUDGEMENT_H

#include "parsers/finding.h"

/* Does an MX do what MTA-STS asks of it: STARTTLS, and a certificate that chains, is in date and names it (RFC 8461
 * 4.2)? Whether a policy lists it is another matter. */
enum mx_state {
	MX_NOT_ASKED, /* nobody asked about it */
	MX_USABLE,
	MX_FAILS,
	MX_PARTIAL, /* of a domain: some of its MX are usable, and some fail */
	MX_UNKNOWN, /* it could not be found out; of a domain: of an MX, and not both of the above are known */
	MX_STATE_COUNT
};

/* What DANE says of an MX (RFC 7672 2.2). A domain's state is the worst of its MX's, as classify_dane.h tells. */
enum dane_state {
	DANE_STATE_NOT_ASKED, /* nobody asked, or the resolver's word on DNSSEC is not believed */
	DANE_STATE_NONE,      /* no TLSA records, or the addresses are not secure, so that none count */
	DANE_STATE_INSECURE,  /* TLSA records that DNSSEC does not authenticate */
	DANE_STATE_UNUSABLE,  /* TLS is needed, and not authenticated */
	DANE_STATE_VALID,
	DANE_STATE_INSECURE_MX, /* valid, but the MX answer is not secure: senders may use it (2.2.1) */
	DANE_STATE_VALID_SOME,  /* of a domain: valid on some MX, no TLSA on the others */
	DANE_STATE_PARTIAL,     /* of a domain: valid on some MX, failing on others */
	DANE_STATE_NO_TLS,      /* TLSA records ask for TLS, and there is none */
	DANE_STATE_MISMATCH,
	DANE_STATE_BOGUS,
	DANE_STATE_UNKNOWN, /* also VALID or INSECURE_MX, where nobody asked whether the MX answer is secure (--direct)
			     */
	DANE_STATE_COUNT
};

/* RFC 8460 4.3: what a reporter says of a failure. */
enum result_type {
	RESULT_NONE,
	RESULT_STARTTLS_NOT_SUPPORTED,
	RESULT_CERTIFICATE_HOST_MISMATCH,
	RESULT_CERTIFICATE_EXPIRED,
	RESULT_CERTIFICATE_NOT_TRUSTED,
	RESULT_VALIDATION_FAILURE,
	RESULT_TLSA_INVALID,
	RESULT_DNSSEC_INVALID,
	RESULT_DANE_REQUIRED, /* of senders that are set up to insist on DANE; never concluded here */
	RESULT_STS_POLICY_FETCH_ERROR,
	RESULT_STS_POLICY_INVALID,
	RESULT_STS_WEBPKI_INVALID,
	RESULT_TYPE_COUNT
};

/* What becomes of mail from a sender that does both DANE and MTA-STS, at the first MX it can use, in their order. */
enum delivery {
	DELIVERY_NOT_JUDGED,
	DELIVERY_DANE_OK,           /* authenticated by DANE, and MTA-STS has nothing against it */
	DELIVERY_STS_OK,            /* authenticated as an enforced policy asks */
	DELIVERY_TLS,               /* encrypted, to whoever answers */
	DELIVERY_PLAINTEXT,         /* in the clear */
	DELIVERY_DANE_OK_STS_FAILS, /* DANE authenticates what an enforced policy refuses: senders part */
	DELIVERY_DANE_FAILS,        /* refused; a passing MTA-STS does not help (RFC 8461 2) */
	DELIVERY_STS_FAILS,         /* refused as an enforced policy asks */
	DELIVERY_NO_HOST,           /* no MX has an address that could be contacted */
	DELIVERY_UNKNOWN,
	DELIVERY_COUNT
};

struct mx_judgement {
	enum mx_state state;
	bool outside;         /* a usable policy does not list it */
	enum finding finding; /* why `state` is not MX_USABLE; FINDING_COUNT: no finding says so */
	enum dane_state dane;
	enum delivery delivery;       /* at this MX alone */
	enum result_type result;      /* for the policy type sts, or no-policy-found */
	enum result_type dane_result; /* for the policy type tlsa */
	struct finding_set findings;  /* of this MX, both components */
};

/* Does an MX keep to the usable policy that its domain has? One that it does not list cannot, whatever the host does.
 */
enum mx_keeps { MX_KEEPS, MX_KEEPS_NOT, MX_KEEPS_UNKNOWN, MX_KEEPS_COUNT };

static inline enum mx_keeps mx_judgement_keeps(const struct mx_judgement *mx)
{
	if (mx->outside || mx->state == MX_FAILS)
		return MX_KEEPS_NOT;
	return mx->state == MX_USABLE ? MX_KEEPS : MX_KEEPS_UNKNOWN;
}

/* What is reported of an MX that fails for this reason. */
enum result_type result_of_finding(enum finding finding);

/* What is reported of a policy that could not be used, by where it broke. */
enum result_type result_of_component(enum component component);

/* The result of one MX: a failing DANE comes first, as it does for a sender. */
static inline enum result_type mx_judgement_result(const struct mx_judgement *mx)
{
	return mx->dane_result != RESULT_NONE ? mx->dane_result : mx->result;
}

/* The enhanced status code in Exchange Online's non-delivery report for that MX; "": none is documented. */
const char *mx_judgement_microsoft(const struct mx_judgement *mx);

extern const char *const mx_state_names[MX_STATE_COUNT];       /* "" for NOT_ASKED */
extern const char *const dane_state_names[DANE_STATE_COUNT];   /* "" for NOT_ASKED */
extern const char *const result_type_names[RESULT_TYPE_COUNT]; /* "" for NONE */
extern const char *const delivery_names[DELIVERY_COUNT];       /* "" for NOT_JUDGED */

#endif

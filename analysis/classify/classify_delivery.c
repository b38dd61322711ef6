/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_delivery.h"

#include "analysis/classify/classify_dane.h"

enum sts { STS_NOT_ENFORCED, STS_ENFORCED, STS_NOT_KNOWN };

static enum sts sts_of(const struct classification *result)
{
	if (classification_usable(result))
		return result->policy.mode == STS_MODE_ENFORCE ? STS_ENFORCED : STS_NOT_ENFORCED;
	return result->judgement.component == COMPONENT_UNKNOWN ? STS_NOT_KNOWN : STS_NOT_ENFORCED;
}

/* Without authentication: is there TLS at all? A handshake that fails makes senders deliver in the clear. */
static enum delivery opportunistic(const struct mx_judgement *mx)
{
	if (mx->state == MX_USABLE)
		return DELIVERY_TLS;
	if (mx->state != MX_FAILS)
		return DELIVERY_UNKNOWN;
	switch (mx->finding) {
	case FINDING_MXTLS_NO_STARTTLS:
	case FINDING_MXTLS_STARTTLS_REFUSED:
	case FINDING_MXTLS_NO_EHLO:
	case FINDING_MXTLS_HANDSHAKE:
		return DELIVERY_PLAINTEXT;
	default:
		return DELIVERY_TLS;
	}
}

static bool has_no_host(const struct mx_judgement *mx)
{
	return mx->state == MX_FAILS &&
	       (mx->finding == FINDING_MXTLS_NO_ADDRESS || mx->finding == FINDING_MXTLS_ADDRESS_RESERVED ||
		mx->finding == FINDING_MX_INVALID);
}

/* Also where it is not known whether the MX answer is secure, and so which of the two states it is. */
static bool is_authenticated(const struct mx_judgement *mx)
{
	return dane_state_is_valid(mx->dane) || finding_has(&mx->findings, FINDING_DANE_VALID);
}

static enum delivery delivery_of(const struct mx_judgement *mx, enum sts sts)
{
	enum mx_keeps keeps = mx_judgement_keeps(mx);
	bool refused = sts == STS_ENFORCED && keeps == MX_KEEPS_NOT;

	if (dane_state_fails(mx->dane))
		return DELIVERY_DANE_FAILS;
	if (has_no_host(mx))
		return DELIVERY_NO_HOST;
	if (is_authenticated(mx))
		return refused ? DELIVERY_DANE_OK_STS_FAILS : DELIVERY_DANE_OK;
	if (refused)
		return DELIVERY_STS_FAILS;
	if (mx->dane == DANE_STATE_UNKNOWN || sts == STS_NOT_KNOWN)
		return DELIVERY_UNKNOWN;
	if (sts == STS_ENFORCED)
		return keeps == MX_KEEPS ? DELIVERY_STS_OK : DELIVERY_UNKNOWN;
	return opportunistic(mx);
}

static bool takes_mail(enum delivery delivery)
{
	return delivery >= DELIVERY_DANE_OK && delivery <= DELIVERY_PLAINTEXT;
}

/* Where none takes it: what a sender sees last, the milder first. */
static enum delivery without_taker(const unsigned count[DELIVERY_COUNT])
{
	static const enum delivery order[] = { DELIVERY_DANE_OK_STS_FAILS, DELIVERY_UNKNOWN, DELIVERY_DANE_FAILS,
					       DELIVERY_STS_FAILS, DELIVERY_NO_HOST };

	for (size_t i = 0; i < COUNT_OF(order); i++)
		if (count[order[i]] > 0)
			return order[i];
	return DELIVERY_NOT_JUDGED;
}

void classify_delivery(const struct observation *observation, struct classification *result)
{
	const struct obs_mx *mx = &observation->mx;
	enum sts sts = sts_of(result);
	unsigned count[DELIVERY_COUNT] = { 0 };

	for (size_t i = 0; i < mx->count; i++) {
		struct mx_judgement *one = &result->mx[i];

		if (one->outside && result->policy.mode != STS_MODE_NONE)
			one->result = RESULT_VALIDATION_FAILURE;
		if (one->state == MX_NOT_ASKED)
			continue;
		one->delivery = delivery_of(one, sts);
		count[one->delivery]++;
		if (result->delivery == DELIVERY_NOT_JUDGED && takes_mail(one->delivery))
			result->delivery = one->delivery;
	}
	count[DELIVERY_UNKNOWN] += mx->omitted > 0;
	if (result->delivery == DELIVERY_NOT_JUDGED)
		result->delivery = without_taker(count);
}

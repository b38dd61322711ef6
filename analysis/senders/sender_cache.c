/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_cache.h"

enum { MINUTE = 60, TEN_MINUTES = 600 };

static const struct sender_until unknown = { SENDER_UNTIL_UNKNOWN, 0 };

static struct sender_until within(uint64_t seconds)
{
	return (struct sender_until){ seconds > 0 ? SENDER_UNTIL_WITHIN : SENDER_UNTIL_NEXT_MAIL, seconds };
}

/* WITHIN: there is an enforced policy. */
static enum sender_until_kind enforces(const struct sender_result *result)
{
	if (result->enforced)
		return SENDER_UNTIL_WITHIN;
	return result->outcome == SENDER_OUTCOME_UNKNOWN ? SENDER_UNTIL_UNKNOWN : SENDER_UNTIL_NOT_ENFORCED;
}

struct sender_until sender_if_gone(const struct sender_result *result, enum sender_gone gone)
{
	const struct sender_profile *profile = result->profile;
	const struct sender_until stays = { SENDER_UNTIL_STAYS, 0 };
	enum sender_until_kind kind = enforces(result);

	if (kind != SENDER_UNTIL_WITHIN)
		return (struct sender_until){ kind, 0 };
	if (gone == SENDER_GONE_POLICY) {
		switch (profile->same_id) {
		case SENDER_SAME_ID_EXPIRES:
			return within(result->kept_s);
		case SENDER_SAME_ID_RENEWED:
			return stays;
		case SENDER_SAME_ID_UNKNOWN:
			return unknown;
		}
	}
	switch (profile->record_gone) {
	case SENDER_RECORD_GONE_KEPT:
		return within(result->kept_s);
	case SENDER_RECORD_GONE_REFETCHED:
		return stays;
	case SENDER_RECORD_GONE_DROPPED:
		return within(0);
	case SENDER_RECORD_GONE_UNKNOWN:
		break;
	}
	return unknown;
}

struct sender_until sender_if_renewed(const struct sender_result *result)
{
	enum sender_until_kind kind = enforces(result);
	uint64_t kept = result->kept_s;

	if (kind != SENDER_UNTIL_WITHIN)
		return (struct sender_until){ kind, 0 };
	switch (result->profile->new_id_seen) {
	case SENDER_NEW_ID_SEEN_EACH_MAIL:
		return within(0);
	case SENDER_NEW_ID_SEEN_MINUTE:
		return within(kept < MINUTE ? kept : MINUTE);
	case SENDER_NEW_ID_SEEN_TEN_MINUTES:
		return within(kept < TEN_MINUTES ? kept : TEN_MINUTES);
	case SENDER_NEW_ID_SEEN_HALF_LIFE:
		return within(kept / 2);
	case SENDER_NEW_ID_SEEN_EXPIRY:
		return within(kept);
	case SENDER_NEW_ID_SEEN_UNKNOWN:
		break;
	}
	return unknown;
}

enum sender_answer sender_if_mx(const struct sender_result *result, const struct observation *observation,
				struct span mx)
{
	struct sender_policy policy;

	switch (enforces(result)) {
	case SENDER_UNTIL_WITHIN:
		sender_policy_read(result->profile, observation->policy.http.body, &policy);
		return sender_mx_refused(&policy, mx);
	case SENDER_UNTIL_UNKNOWN:
		return SENDER_UNKNOWN;
	default:
		return SENDER_NO;
	}
}

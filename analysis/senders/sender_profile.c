/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_profile.h"

const struct sender_profile sender_profiles[SENDER_PROFILE_COUNT] = {
#include "sender_table.inc"
};

const struct sender_profile *sender_profile_find(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(sender_profiles); i++)
		if (span_equal(name, span_of(sender_profiles[i].name)))
			return &sender_profiles[i];
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/sts_policy.h - the policy body (RFC 8461 3.2), read strictly and, where deployed
 * senders differ, tolerantly.
 */
#ifndef STSURVEY_PARSERS_STS_POLICY_H
#define STSURVEY_PARSERS_STS_POLICY_H

#include <stdint.h>

#include "parsers/finding.h"
#include "parsers/span.h"

/* What the policy host has in front of the domain's name (RFC 8461 3.3). */
#define STS_POLICY_LABEL "mta-sts."

enum policy_state { POLICY_UNJUDGED, POLICY_VALID, POLICY_TOLERATED, POLICY_INVALID, POLICY_STATE_COUNT };

enum sts_mode { STS_MODE_UNSET, STS_MODE_ENFORCE, STS_MODE_TESTING, STS_MODE_NONE, STS_MODE_COUNT };

enum {
	STS_MAX_AGE_LARGEST = 31557600,      /* seconds, RFC 8461 3.2 */
	STS_MAX_AGE_SHORT = 86400,           /* seconds; below it finding 620 in any mode */
	STS_MAX_AGE_SHORT_ENFORCE = 1209600, /* seconds; below it finding 620 in mode enforce */
};

struct sts_policy {
	enum policy_state state; /* VALID, TOLERATED or INVALID */
	bool has_version;        /* version: STSv1 was read */
	enum sts_mode mode;      /* UNSET where missing or bad */
	bool has_max_age;
	uint64_t max_age;            /* seconds, up to 10 digits */
	size_t mx_count;             /* well-formed mx values */
	struct span body;            /* for sts_policy_next_mx */
	struct finding_set findings; /* 601…623 */
};

void sts_policy_parse(struct span body, struct sts_policy *result);

/* Does the body begin as an HTML page does? Then it is no policy. */
bool sts_policy_is_html(struct span body);

/* Walk the well-formed mx values in order; *@at starts at 0. False at the end. */
bool sts_policy_next_mx(const struct sts_policy *policy, size_t *at, struct span *pattern);

/* "" for UNSET and UNJUDGED. */
extern const char *const sts_mode_names[STS_MODE_COUNT];
extern const char *const policy_state_names[POLICY_STATE_COUNT];

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_record.h - the TXT records at _mta-sts, as a sender reads them. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_RECORD_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_RECORD_H

#include "analysis/senders/sender_profile.h"
#include "parsers/observation.h"

enum {
	SENDER_ID_MAX = 256,      /* octets of an id that are kept: a whole character-string */
	SENDER_RECORD_MAX = 4096, /* octets of a record that has to be put together anew; ten times what DNS carries in
				   * one UDP packet of old */
};

struct sender_record {
	enum sender_answer accept; /* unknown: where strings ended, or what more stood there, was not kept */
	char id[SENDER_ID_MAX];    /* as the sender keeps it */
	size_t id_length;          /* at most SENDER_ID_MAX */
	bool has_id;               /* not all read it */
	struct span text;          /* the record that made the decision; p NULL: none or all of them */
};

void sender_record_read(const struct sender_profile *profile, const struct obs_txt *txt, struct sender_record *result);

#endif

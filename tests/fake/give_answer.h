/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/give_answer.h - what an adapter does with a packet: parse it, and tell the asker. */
#ifndef STSURVEY_TESTS_FAKE_GIVE_ANSWER_H
#define STSURVEY_TESTS_FAKE_GIVE_ANSWER_H

#include "parsers/dns_answer.h"
#include "scanner/job/net.h"

/* End @query, whose fault and tries are set, with @packet, or where it is NULL with @status alone. */
static inline void give_answer(struct net_query *query, const uint8_t *packet, size_t len, enum dns_status status)
{
	struct dns_answer_room room;
	struct dns_answer parsed, *answer = NULL;

	if (packet && dns_answer_parse(packet, len, net_query_name(query), query->type, &room, &parsed) == 0)
		answer = &parsed;
	query->status = answer ? answer->status : packet ? DNS_ERROR : status;
	query->on_answer(query, answer);
}

#endif

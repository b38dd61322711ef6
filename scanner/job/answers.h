/* scanner/job/answers.h - answers to questions → facts of an observation.
 *
 * Each function takes a question that has ended and its parsed answer (NULL: none came), and puts what is to be kept
 * into the arena and the facts. It returns NET_OK, or a fault of ours: the question's, or no memory. Facts beyond the
 * limits of parsers/observation.h are counted as omitted. Where a record's data is broken the parser has said so
 * before.
 */
#ifndef STSURVEY_SCANNER_JOB_ANSWERS_H
#define STSURVEY_SCANNER_JOB_ANSWERS_H

#include "parsers/dns_answer.h"
#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/job/net.h"

/* Addresses while they are collected, of both families. Room for OBS_ADDRESS_MAX comes with the first. */
struct address_list {
	struct obs_address *address;
	uint16_t count, omitted;
};

/* What every answer has: status, tries, AD, TTL, CNAME chain. It is logged as well. */
__attribute__((warn_unused_result)) int answers_keep(struct arena *arena, const struct net_query *query,
						     const struct dns_answer *answer, struct obs_answer *kept);

/* In order of preference, then name: the order a sender tries them in (RFC 5321 5.1). */
__attribute__((warn_unused_result)) int answers_keep_mx(struct arena *arena, const struct net_query *query,
							const struct dns_answer *answer, struct obs_mx *mx);

__attribute__((warn_unused_result)) int answers_keep_txt(struct arena *arena, const struct net_query *query,
							 const struct dns_answer *answer, struct obs_txt *txt);

/* A or AAAA, added to @list. Each family has half of the room, so that neither can crowd the other out. */
__attribute__((warn_unused_result)) int answers_keep_addresses(struct arena *arena, const struct net_query *query,
							       const struct dns_answer *answer, struct obs_answer *kept,
							       struct address_list *list);

/* Log an answer of which only names are taken, as answers_keep logs all others. */
void answers_log(const struct net_query *query, const struct dns_answer *answer);

/* The name that the RDATA of record @i is from octet @skip on. p NULL: no memory. */
struct span answers_name(struct arena *arena, const struct dns_answer *answer, size_t i, size_t skip);

#endif

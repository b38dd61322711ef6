/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/answers.h - answers to questions → facts of an observation.
 *
 * Each function takes a question that has ended and its parsed answer (NULL: none came), and puts what is to be kept
 * into the arena and the facts. It returns NET_OK, or a fault of ours: the question's, or no memory. Facts beyond the
 * limits of parsers/observation.h are counted as omitted. A record whose data is broken does not come this far.
 */
#ifndef STSURVEY_SCANNER_JOB_ANSWERS_H
#define STSURVEY_SCANNER_JOB_ANSWERS_H

#include "parsers/dns_answer.h"
#include "parsers/field.h"
#include "parsers/mail_host.h"
#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/job/net.h"

/* Addresses while they are collected, of both families: all of them. */
struct address_list {
	struct obs_address *address;
	size_t count;
};

/* In order of preference, then name: the order a sender tries them in (RFC 5321 5.1). The first OBS_MX_MAX are kept. */
__attribute__((warn_unused_result)) int answers_keep_mx(struct arena *arena, const struct net_query *query,
							const struct dns_answer *answer, struct obs_mx *mx);

/* What is meant as a record of @kind is kept before anything else. */
__attribute__((warn_unused_result)) int answers_keep_txt(struct arena *arena, const struct net_query *query,
							 const struct dns_answer *answer, const struct txt_kind *kind,
							 struct obs_txt *txt);

/* NS, in order of the name: the first OBS_NS_MAX are kept, whatever order they came in. */
__attribute__((warn_unused_result)) int answers_keep_ns(struct arena *arena, const struct net_query *query,
							const struct dns_answer *answer, struct obs_ns *ns);

/* The same of names that a list told, in small letters; @name is put in order and lives as long as @ns. */
void answers_keep_parent_ns(struct span *name, size_t count, size_t omitted, struct obs_ns *ns);

/* A or AAAA, added to @list. */
__attribute__((warn_unused_result)) int answers_keep_addresses(struct arena *arena, const struct net_query *query,
							       const struct dns_answer *answer, struct obs_answer *kept,
							       struct address_list *list);

/* TLSA, in the order they came: the first OBS_TLSA_MAX, whose sum with the data of each is far below what an arena has.
 */
__attribute__((warn_unused_result)) int answers_keep_tlsa(struct arena *arena, const struct net_query *query,
							  const struct dns_answer *answer, struct obs_tlsa *tlsa);

/* Where the chain of @answer ends, if that is known and can be asked for: an alias for the address of one type is one
 * for all (RFC 1034 3.6.2). p NULL: it does not. */
struct span answers_known_end(const struct obs_answer *answer);

/* Log an answer of which only names are taken, as the functions above log all others. */
void answers_log(const struct net_query *query, const struct dns_answer *answer);

/* The name that the RDATA of record @i is from octet @skip on. p NULL: no memory. */
struct span answers_name(struct arena *arena, const struct dns_answer *answer, size_t i, size_t skip);

#endif

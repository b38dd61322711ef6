/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/answer.h - a DNS query → the answer of the made-up internet (RFC 1035 4). */
#ifndef STSURVEY_BENCH_ANSWER_H
#define STSURVEY_BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/world.h"

enum {
	ANSWER_QUERY_MAX = 512, /* octets of a query that are looked at; more is no query of ours */
	ANSWER_MAX = 768,       /* octets of the longest answer: a long name, five MX, SOA, OPT */
};

/* What a survey asks. */
enum answer_kind {
	ANSWER_MX,
	ANSWER_STS,
	ANSWER_TLSRPT,
	ANSWER_A,
	ANSWER_AAAA,
	ANSWER_NS,
	ANSWER_OTHER,
	ANSWER_KIND_COUNT
};

struct answer_question {
	enum answer_kind kind;
	uint64_t hash; /* of the domain: the name without _mta-sts, _smtp._tls, mta-sts or mail */
	bool has_opt;
	uint16_t end;        /* offset behind the question section */
	uint16_t domain;     /* offset of the domain in the question's name */
	uint16_t last_label; /* offset of the domain's right-most label */
	bool below;          /* an A or AAAA question for mta-sts.<domain> */
};

struct answer_rules {
	struct world_shares shares;
	bool no_edns;          /* FORMERR to any OPT, as old servers do (RFC 6891 7) */
	bool authoritative;    /* AA instead of RA, and the domain itself is the zone: its own server's answer */
	uint32_t policy_net;   /* IPv4 in host order: policy hosts live at this address plus 0…policy_hosts-1 */
	uint32_t policy_hosts; /* at least 1 */
};

/* Read a query; false: not one with exactly one question. */
bool answer_read(const uint8_t *query, size_t len, struct answer_question *question);

/* Write the answer to @query, read before; returns its length. */
size_t answer_write(const struct answer_rules *rules, const uint8_t *query, const struct answer_question *question,
		    uint8_t out[static ANSWER_MAX]);

/* The same where the domain publishes @domain, whatever its hash says. */
size_t answer_domain(const struct answer_rules *rules, const struct world_domain *domain, const uint8_t *query,
		     const struct answer_question *question, uint8_t out[static ANSWER_MAX]);

/* The question back with @rcode, and TC where @truncated; returns its length. */
size_t answer_refuse(const uint8_t *query, const struct answer_question *question, unsigned rcode, bool truncated,
		     uint8_t out[static ANSWER_MAX]);

const char *answer_kind_name(enum answer_kind kind);

#endif

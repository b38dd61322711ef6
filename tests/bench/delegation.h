/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/delegation.h - to which name servers a made-up domain is delegated, and what is wrong with them, worked
 * out from the domain's name alone (tests/bench/name.h, world.h).
 *
 * Each domain has two name servers. They stand on DELEGATION_SERVERS addresses of 127/8; operator 0, the biggest, has
 * the first eight, ns1 to ns8.op0.net, of which a domain has one of four pairs; operator k has two, ns1 and
 * ns2.opK.net. The last ten operators' servers never answer: the silent domains are theirs.
 */
#ifndef STSURVEY_BENCH_DELEGATION_H
#define STSURVEY_BENCH_DELEGATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

enum {
	DELEGATION_SERVERS = 2000, /* addresses */
	DELEGATION_BIGGEST = 8,    /* … of operator 0 */
	DELEGATION_DEAD = 10,      /* operators that never answer */
	DELEGATION_HOST_MAX = 64,  /* octets of a name server's name, with NUL */
	DELEGATION_NS = 2,         /* name servers of a domain */
};

enum delegation_kind {
	DELEGATION_CLEAN,
	DELEGATION_LAME,    /* both servers say REFUSED */
	DELEGATION_HALF,    /* one does */
	DELEGATION_SILENT,  /* neither answers */
	DELEGATION_UNEQUAL, /* one has a TLSRPT record that the other lacks */
	DELEGATION_KINDS
};

/* Of a thousand domains, how many … */
struct delegation_shares {
	unsigned biggest; /* … of those that are not silent are operator 0's */
	unsigned lame, half, silent, unequal;
	unsigned vanity; /* … have name servers below their own name, which no other has */
};

#define DELEGATION_SHARES_DEFAULT                                                                                      \
	((struct delegation_shares){ .biggest = 250, .lame = 20, .half = 20, .silent = 10, .unequal = 10 })

struct delegation {
	enum delegation_kind kind;
	bool vanity;
	uint32_t keeper;                /* the operator whose addresses they are, also of a vanity pair */
	uint32_t server[DELEGATION_NS]; /* numbers of addresses */
	unsigned odd;                   /* which of them is lame, or lacks a record */
};

extern const char *const delegation_kind_names[DELEGATION_KINDS];

/* @hash: world_hash of the domain. */
void delegation_look(const struct delegation_shares *shares, uint64_t hash, struct delegation *delegation);

/* The name of the domain's name server @i, with a NUL; returns its length. */
size_t delegation_host(const struct delegation *delegation, unsigned i, struct span domain,
		       char out[static DELEGATION_HOST_MAX + 256]);

/* Is the domain one of an operator's own, opK.net? Then its two (or eight) servers: the number of the first. */
bool delegation_operator(struct span domain, uint32_t *first, unsigned *count);

/* Does server @number never answer? */
bool delegation_is_dead(uint32_t number);

/* IPv4 in host order of server @number, and back. */
uint32_t delegation_address(uint32_t number);
bool delegation_server(uint32_t address, uint32_t *number);

#endif

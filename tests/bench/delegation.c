/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/delegation.c */
#include "tests/bench/delegation.h"

#include <stdio.h>

enum {
	OPERATORS = 1 + (DELEGATION_SERVERS - DELEGATION_BIGGEST) / DELEGATION_NS,
	NETWORK = 0x7f100000, /* 127.16.0.0; the registry and resolvers stand below it */
	A_NETWORK = 2,        /* servers of one /24: an operator's two stand together */
};

const char *const delegation_kind_names[DELEGATION_KINDS] = { "clean", "lame", "half", "silent", "unequal" };

static uint32_t first_server(uint32_t keeper)
{
	return keeper == 0 ? 0 : DELEGATION_BIGGEST + (keeper - 1) * DELEGATION_NS;
}

static enum delegation_kind kind_of(const struct delegation_shares *shares, unsigned thousand)
{
	const unsigned share[DELEGATION_KINDS] = { [DELEGATION_LAME] = shares->lame,
						   [DELEGATION_HALF] = shares->half,
						   [DELEGATION_SILENT] = shares->silent,
						   [DELEGATION_UNEQUAL] = shares->unequal };

	for (int kind = DELEGATION_LAME; kind < DELEGATION_KINDS; kind++) {
		if (thousand < share[kind])
			return (enum delegation_kind)kind;
		thousand -= share[kind];
	}
	return DELEGATION_CLEAN;
}

/* Draws from one hash, each from its own bits, none of which world_look sees. */
void delegation_look(const struct delegation_shares *shares, uint64_t hash, struct delegation *delegation)
{
	uint64_t bits = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);

	bits = (bits ^ bits >> 32) * UINT64_C(0x94d049bb133111eb);
	const unsigned draw[3] = { (unsigned)((bits >> 54) * 1000 >> 10), (unsigned)((bits >> 44 & 0x3ff) * 1000 >> 10),
				   (unsigned)((bits >> 34 & 0x3ff) * 1000 >> 10) };
	const uint32_t which = (uint32_t)bits & 0xffffff;

	delegation->kind = kind_of(shares, draw[0]);
	delegation->vanity = draw[1] < shares->vanity;
	delegation->odd = bits >> 24 & 1;
	if (delegation->kind == DELEGATION_SILENT)
		delegation->keeper = OPERATORS - 1 - which % DELEGATION_DEAD;
	else if (draw[2] < shares->biggest)
		delegation->keeper = 0;
	else
		delegation->keeper = 1 + which % (OPERATORS - 1 - DELEGATION_DEAD);
	delegation->server[0] = first_server(delegation->keeper);
	if (delegation->keeper == 0)
		delegation->server[0] += which % (DELEGATION_BIGGEST / DELEGATION_NS) * DELEGATION_NS;
	delegation->server[1] = delegation->server[0] + 1;
}

size_t delegation_host(const struct delegation *delegation, unsigned i, struct span domain,
		       char out[static DELEGATION_HOST_MAX + 256])
{
	const unsigned number = delegation->server[i] - first_server(delegation->keeper) + 1;

	if (delegation->vanity)
		return (size_t)sprintf(out, "ns%u.%.*s", i + 1, (int)domain.n, domain.p);
	return (size_t)sprintf(out, "ns%u.op%u.net", number, delegation->keeper);
}

bool delegation_operator(struct span domain, uint32_t *first, unsigned *count)
{
	static const struct span before = SPAN_LITERAL("op"), behind = SPAN_LITERAL(".net");
	uint64_t number;

	/* no made-up name begins with a vowel */
	if (!span_starts_with(domain, before) || domain.n <= before.n + behind.n ||
	    !span_equal_nocase(span_skip(domain, domain.n - behind.n), behind) ||
	    !span_decimal((struct span){ domain.p + before.n, domain.n - before.n - behind.n }, OPERATORS - 1, &number))
		return false;
	*first = first_server((uint32_t)number);
	*count = number == 0 ? DELEGATION_BIGGEST : DELEGATION_NS;
	return true;
}

bool delegation_is_dead(uint32_t number)
{
	return number >= DELEGATION_SERVERS - DELEGATION_DEAD * DELEGATION_NS;
}

uint32_t delegation_address(uint32_t number)
{
	return NETWORK + (number / A_NETWORK << 8) + 1 + number % A_NETWORK;
}

bool delegation_server(uint32_t address, uint32_t *number)
{
	const uint32_t host = (address & 0xff) - 1;

	if (address < NETWORK || host >= A_NETWORK)
		return false;
	*number = ((address - NETWORK) >> 8) * A_NETWORK + host;
	return *number < DELEGATION_SERVERS;
}

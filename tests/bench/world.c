/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/world.c */
#include "tests/bench/world.h"

#include "parsers/hash.h"

/* Of a hundred domains that exist. */
static const struct {
	unsigned up_to;
	enum world_mx mx;
} mx_shares[] = {
	{ 13, WORLD_MX_GOOGLE }, { 17, WORLD_MX_GOOGLE_ONE }, { 32, WORLD_MX_OUTLOOK }, { 56, WORLD_MX_OWN },
	{ 60, WORLD_MX_APEX },   { 84, WORLD_MX_HOSTER },     { 86, WORLD_MX_NULL },    { 100, WORLD_MX_NONE },
};

uint64_t world_hash(const char *name, size_t n)
{
	uint64_t hash = hash_span_nocase((struct span){ name, n }); /* then stirred: its upper bits are weak */

	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	hash ^= hash >> 32;
	return hash * UINT64_C(0xd6e8feb86659fd93);
}

/* Five draws from one hash, each from its own bits. */
void world_look(const struct world_shares *shares, uint64_t hash, struct world_domain *domain)
{
	const unsigned hundred = (unsigned)(hash >> 57) * 100 / 128;
	unsigned thousand[4];
	size_t i = 0;

	for (unsigned k = 0; k < 4; k++)
		thousand[k] = (unsigned)((hash >> 11 * k & 0x7ff) * 1000 / 2048);
	while (mx_shares[i].up_to <= hundred)
		i++;
	domain->exists = thousand[0] >= shares->nxdomain;
	domain->sts = domain->exists && thousand[1] < shares->sts;
	domain->tlsrpt = domain->exists && thousand[2] < shares->tlsrpt;
	domain->wildcard = domain->exists && !domain->sts && thousand[3] < shares->wildcard;
	domain->mx = mx_shares[i].mx;
	domain->bits = (uint32_t)(hash >> 25);
}

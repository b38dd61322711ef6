/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks as a binary trie, whose first branch is the family: a lookup walks no more nodes than the longest network
 * that covers the address has bits, however many networks there are. */
#include "scanner/rules/cidr_set.h"

#include <stdlib.h>

#include "scanner/base/line_file.h"
#include "scanner/rules/address.h"

/* A child's number, or one of the first two; the root is nobody's child. */
enum { CIDR_NONE, CIDR_COVERED, CIDR_ROOT };

enum { CIDR_FIRST_NODES = 256 };

struct cidr_node {
	uint32_t child[2];
};

struct cidr_set {
	struct cidr_node *node;
	uint32_t count, capacity;
};

void cidr_set_free(struct cidr_set *set)
{
	if (!set)
		return;
	free(set->node);
	free(set);
}

/* A new empty node; CIDR_NONE without memory. */
static uint32_t node_new(struct cidr_set *set)
{
	if (set->count >= set->capacity) {
		uint32_t capacity = set->capacity > 0 ? 2 * set->capacity : CIDR_FIRST_NODES;
		struct cidr_node *grown = capacity > set->capacity ? realloc(set->node, capacity * sizeof(*grown))
								   : NULL;

		if (!grown)
			return CIDR_NONE;
		set->node = grown;
		set->capacity = capacity;
	}
	set->node[set->count] = (struct cidr_node){ { CIDR_NONE, CIDR_NONE } };
	return set->count++;
}

struct cidr_set *cidr_set_new(void)
{
	struct cidr_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->count = CIDR_ROOT;
	if (node_new(set) == CIDR_ROOT)
		return set;
	cidr_set_free(set);
	return NULL;
}

/* Which way the @i-th branch goes. */
static unsigned branch_of(const struct obs_address *address, unsigned i)
{
	return i == 0 ? address->family == 6 : address->octet[(i - 1) / 8] >> (7 - (i - 1) % 8) & 1;
}

static int insert(struct cidr_set *set, const struct obs_address *network, unsigned length)
{
	uint32_t at = CIDR_ROOT;

	for (unsigned i = 0; i < length; i++) {
		unsigned branch = branch_of(network, i);
		uint32_t next = set->node[at].child[branch];

		if (next == CIDR_COVERED)
			return 0; /* inside a wider network */
		if (next == CIDR_NONE) {
			next = node_new(set);
			if (next == CIDR_NONE)
				return -1;
			set->node[at].child[branch] = next;
		}
		at = next;
	}
	set->node[at].child[branch_of(network, length)] = CIDR_COVERED;
	return 0;
}

int cidr_set_add(struct cidr_set *set, struct span text)
{
	size_t slash = span_find(text, 0, '/');
	struct obs_address network, inside;
	uint64_t most, length;

	if (!address_parse((struct span){ text.p, slash }, &network))
		return -2;
	most = length = network.family == 4 ? 32 : 128;
	if (slash < text.n && !span_decimal(span_skip(text, slash + 1), most, &length))
		return -2;
	if (address_unmap(&network, &inside)) { /* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
		if (length < ADDRESS_MAPPED_BITS)
			return -2; /* and /24 would be half of IPv6, but not what was meant */
		network = inside;
		length -= ADDRESS_MAPPED_BITS;
	}
	return insert(set, &network, (unsigned)length);
}

static int add_line(void *arg, struct span line, struct error *error)
{
	int result = cidr_set_add(arg, line);

	if (result == -2)
		return error_set(error, "'%.*s' is no network; write 192.0.2.0/24, 2001:db8::/32 or an address",
				 (int)(line.n < 64 ? line.n : 64), line.p);
	return result == 0 ? 0 : error_set(error, "out of memory");
}

int cidr_set_load(struct cidr_set *set, const char *path, struct error *error)
{
	return line_file_read(path, add_line, set, error);
}

static bool covers(const struct cidr_set *set, const struct obs_address *address)
{
	uint32_t at = CIDR_ROOT;

	for (unsigned i = 0; at > CIDR_COVERED; i++) /* behind the last bit there is no node */
		at = set->node[at].child[branch_of(address, i)];
	return at == CIDR_COVERED;
}

bool cidr_set_has(const struct cidr_set *set, const struct obs_address *address)
{
	struct obs_address inside;

	return covers(set, address) || (address_unmap(address, &inside) && covers(set, &inside));
}

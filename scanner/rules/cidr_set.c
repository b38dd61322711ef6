/* Networks as a binary trie, one for each family: a lookup walks at most as many nodes as the longest network
 * that could cover the address has bits, however many networks there are. */
#include "scanner/rules/cidr_set.h"

#include <stdlib.h>

#include "scanner/base/lines.h"
#include "scanner/rules/address.h"

/* A child's number, or one of these. The roots are nodes 2 and 3, so neither clashes. */
enum { CIDR_NONE = 0, CIDR_COVERED = 1, CIDR_ROOT_V4 = 2, CIDR_ROOT_V6 = 3, CIDR_FIRST_FREE = 4 };

enum { CIDR_FIRST_NODES = 256 };

struct cidr_node {
	uint32_t child[2];
};

struct cidr_set {
	struct cidr_node *node;
	uint32_t count, capacity;
	bool all_v4, all_v6; /* 0.0.0.0/0, ::/0: the roots themselves are covered */
};

struct cidr_set *cidr_set_new(void)
{
	struct cidr_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->node = calloc(CIDR_FIRST_NODES, sizeof(*set->node));
	if (!set->node) {
		free(set);
		return NULL;
	}
	set->count = CIDR_FIRST_FREE;
	set->capacity = CIDR_FIRST_NODES;
	return set;
}

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
	if (set->count == set->capacity) {
		struct cidr_node *grown;

		if (set->capacity > UINT32_MAX / 2)
			return CIDR_NONE;
		grown = realloc(set->node, 2 * (size_t)set->capacity * sizeof(*grown));
		if (!grown)
			return CIDR_NONE;
		set->node = grown;
		set->capacity *= 2;
	}
	set->node[set->count] = (struct cidr_node){ { CIDR_NONE, CIDR_NONE } };
	return set->count++;
}

static unsigned bit_of(const struct obs_address *address, unsigned i)
{
	return address->octet[i / 8] >> (7 - i % 8) & 1;
}

static int insert(struct cidr_set *set, const struct obs_address *network, unsigned length)
{
	uint32_t at = network->family == 4 ? CIDR_ROOT_V4 : CIDR_ROOT_V6;

	if (length == 0) {
		*(network->family == 4 ? &set->all_v4 : &set->all_v6) = true;
		return 0;
	}
	for (unsigned i = 0; i < length - 1; i++) {
		unsigned bit = bit_of(network, i);
		uint32_t next = set->node[at].child[bit];

		if (next == CIDR_COVERED)
			return 0; /* inside a wider network */
		if (next == CIDR_NONE) {
			next = node_new(set);
			if (next == CIDR_NONE)
				return -1;
			set->node[at].child[bit] = next;
		}
		at = next;
	}
	set->node[at].child[bit_of(network, length - 1)] = CIDR_COVERED;
	return 0;
}

int cidr_set_add(struct cidr_set *set, struct span text)
{
	size_t slash = span_find(text, 0, '/');
	struct obs_address network;
	uint64_t most, length;

	if (!address_parse((struct span){ text.p, slash }, &network))
		return -2;
	most = length = network.family == 4 ? 32 : 128;
	if (slash < text.n && !span_decimal(span_skip(text, slash + 1), most, &length))
		return -2;
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
	return lines_read(path, add_line, set, error);
}

bool cidr_set_has(const struct cidr_set *set, const struct obs_address *address)
{
	unsigned most = address->family == 4 ? 32 : 128;
	uint32_t at = address->family == 4 ? CIDR_ROOT_V4 : CIDR_ROOT_V6;

	if (address->family == 4 ? set->all_v4 : set->all_v6)
		return true;
	for (unsigned i = 0; i < most; i++) {
		at = set->node[at].child[bit_of(address, i)];
		if (at <= CIDR_COVERED)
			return at == CIDR_COVERED;
	}
	return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/attribution/provider.h"

#include "parsers/domain.h"

/* A label of suffixes that end alike. Its children stand together, those with a `*` behind the others, each group in
 * the order of octets. */
struct node {
	const char *label;
	uint16_t length;
	uint16_t child, plain, children; /* the first; without a `*`; all */
	uint16_t entry, entries;         /* of the suffix that ends here */
};

#include "provider_table.inc"

_Static_assert(COUNT_OF(provider_names) <= PROVIDER_NAMES_MAX, "counters are kept by the number of a name");

static int compare(struct span label, const struct node *node)
{
	size_t n = label.n < node->length ? label.n : node->length;

	for (size_t i = 0; i < n; i++) {
		int order = (unsigned char)ascii_lower(label.p[i]) - (unsigned char)node->label[i];

		if (order != 0)
			return order;
	}
	return (label.n > node->length) - (label.n < node->length);
}

static const struct node *plain_child(const struct node *node, struct span label)
{
	size_t low = node->child, high = low + node->plain;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(label, &provider_nodes[middle]);

		if (order == 0)
			return &provider_nodes[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* `*` stands for one octet or more. */
static bool fits(struct span label, const struct node *node)
{
	struct span pattern = { node->label, node->length };
	size_t star = span_find(pattern, 0, '*');
	struct span front = { pattern.p, star }, back = span_skip(pattern, star + 1);

	return label.n > front.n + back.n && span_starts_with_nocase(label, front) &&
	       span_equal_nocase(span_skip(label, label.n - back.n), back);
}

static const struct provider *entry_of(const struct node *node, unsigned kinds)
{
	for (unsigned i = 0; i < node->entries; i++)
		if (kinds & PROVIDER_BIT(provider_entries[node->entry + i].kind))
			return &provider_entries[node->entry + i];
	return NULL;
}

/* As deep as the tree, which is ours. A label as it stands comes before one with a `*`. */
static const struct provider *find_below(const struct node *node, struct span rest, unsigned kinds)
{
	size_t start = rest.n;
	const struct provider *found = NULL;
	const struct node *child;
	struct span label;

	if (rest.n == 0)
		return entry_of(node, kinds);
	while (start > 0 && rest.p[start - 1] != '.')
		start--;
	label = span_skip(rest, start);
	rest.n = start > 0 ? start - 1 : 0;
	child = plain_child(node, label);
	if (child)
		found = find_below(child, rest, kinds);
	for (unsigned i = node->plain; !found && i < node->children; i++) {
		child = &provider_nodes[node->child + i];
		if (fits(label, child))
			found = find_below(child, rest, kinds);
	}
	return found ? found : entry_of(node, kinds);
}

const struct provider *provider_find(struct span host, unsigned kinds)
{
	if (span_ends_with(host, SPAN_LITERAL(".")))
		host.n--;
	return host.n > 0 && host.n <= DOMAIN_NAME_MAX ? find_below(&provider_nodes[0], host, kinds) : NULL;
}

unsigned provider_count(void)
{
	return COUNT_OF(provider_names);
}

const char *provider_name(unsigned number)
{
	return provider_names[number];
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/where.h"

#include "output/text.h"

enum { TIME_SIZE = 32 /* octets of a time as text, with NUL */ };

bool where_like(struct span text, struct span pattern)
{
	size_t t = 0, p = 0, star = pattern.n, behind = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') { /* first for nothing; more where the rest does not fit */
			star = p++;
			behind = t;
		} else if (p < pattern.n && ascii_lower(pattern.p[p]) == ascii_lower(text.p[t])) {
			p++;
			t++;
		} else if (star < pattern.n) {
			p = star + 1;
			t = ++behind;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

/* Does an order of @way (below, at or above 0) do? */
static bool suits(enum where_operator compare, int way)
{
	switch (compare) {
	case WHERE_EQUAL:
		return way == 0;
	case WHERE_UNEQUAL:
		return way != 0;
	case WHERE_LESS:
		return way < 0;
	case WHERE_MORE:
		return way > 0;
	case WHERE_AT_MOST:
		return way <= 0;
	default:
		return way >= 0;
	}
}

static bool text_holds(const struct where_node *node, struct span text)
{
	if (node->compare == WHERE_LIKE)
		return where_like(text, node->value);
	return (node->compare == WHERE_EQUAL) == span_equal(text, node->value);
}

static bool number_holds(const struct where_node *node, const struct domain_value *value)
{
	if (!value->known || node->value.n == 0)
		return (node->compare == WHERE_UNEQUAL) == (value->known || node->value.n > 0);
	return suits(node->compare, (value->number > node->number) - (value->number < node->number));
}

/* As it is written, which sorts as time does; what is compared with may end early: 2026-11 is before all of November.
 */
static bool time_holds(const struct where_node *node, const struct domain_value *value)
{
	char data[TIME_SIZE];
	struct text text = { .data = data, .size = sizeof(data), .fd = TEXT_MEMORY };
	struct span other = node->value;
	size_t common;
	int way;

	if (text_is_date(value->ms / 1000))
		text_time_ms(&text, value->ms);
	if (node->compare == WHERE_LIKE || text.used == 0 || other.n == 0)
		return node->compare <= WHERE_UNEQUAL || node->compare == WHERE_LIKE
			       ? text_holds(node, (struct span){ data, text.used })
			       : false;
	common = text.used < other.n ? text.used : other.n;
	way = memcmp(data, other.p, common);
	return suits(node->compare, way != 0 ? way : (text.used > other.n) - (text.used < other.n));
}

static bool several_hold(const struct where_node *node, const struct domain_field *field,
			 const struct observation *observation, const struct classification *result)
{
	bool wanted = node->compare != WHERE_UNEQUAL, any = false;
	struct where_node one = *node;
	struct span item;
	size_t at = 0;

	if (one.compare == WHERE_UNEQUAL)
		one.compare = WHERE_EQUAL;
	while (field->next(observation, result, &at, &item)) {
		any = true;
		if (text_holds(&one, item))
			return wanted;
	}
	return (!any && text_holds(&one, SPAN_LITERAL(""))) == wanted;
}

static bool condition_holds(const struct where *where, const struct where_node *node,
			    const struct observation *observation, const struct classification *result)
{
	const struct scan_headers *headers = where->columns->labels.headers;
	struct domain_value value = { 0 };
	const struct domain_field *field;

	if (node->column >= DOMAIN_FIELDS)
		return text_holds(node, scan_headers_value(headers, observation, node->column - DOMAIN_FIELDS));
	field = &domain_fields[node->column];
	if (field->next)
		return several_hold(node, field, observation, result);
	field->get(observation, result, &value);
	switch (field->kind) {
	case FIELD_NUMBER:
		return number_holds(node, &value);
	case FIELD_FLAG:
		return text_holds(node, span_of(!value.known ? "" : value.number ? "true" : "false"));
	case FIELD_TIME:
		return time_holds(node, &value);
	default:
		return text_holds(node, value.text);
	}
}

static bool node_holds(const struct where *where, uint16_t at, const struct observation *observation,
		       const struct classification *result)
{
	const struct where_node *node = &where->node[at];

	switch (node->kind) {
	case WHERE_CONDITION:
		return condition_holds(where, node, observation, result);
	case WHERE_NOT:
		return !node_holds(where, node->left, observation, result);
	case WHERE_AND:
		return node_holds(where, node->left, observation, result) &&
		       node_holds(where, node->right, observation, result);
	default:
		return node_holds(where, node->left, observation, result) ||
		       node_holds(where, node->right, observation, result);
	}
}

bool where_holds(const struct where *where, const struct observation *observation, const struct classification *result)
{
	return node_holds(where, where->root, observation, result);
}

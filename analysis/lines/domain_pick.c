/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_pick.h"

#include "analysis/lines/json_walk.h"

static void pick_value(struct text *out, struct span value, uint16_t member, const struct domain_choice *choice);

static void pick_members(struct text *out, struct span object, uint16_t parent, const struct domain_choice *choice)
{
	struct span key, value;
	uint16_t hint = 0;
	bool first = true;

	text_char(out, '{');
	while (json_walk_member(&object, &key, &value)) {
		uint16_t member = domain_member_find(parent, key, hint);

		if (member == 0)
			continue;
		hint = (uint16_t)(member - domain_members[parent].child + 1);
		if (choice->member[member] == CHOSEN_NOT && !span_equal(key, SPAN_LITERAL("encoding")))
			continue; /* how to read what is chosen is told with it */
		if (!first)
			text_char(out, ',');
		first = false;
		text_char(out, '"');
		text_put(out, key);
		text_literal(out, "\":");
		pick_value(out, value, member, choice);
	}
	text_char(out, '}');
}

static void pick_elements(struct text *out, struct span array, uint16_t element, const struct domain_choice *choice)
{
	struct span value;
	bool first = true;

	text_char(out, '[');
	while (json_walk_element(&array, &value)) {
		if (!first)
			text_char(out, ',');
		first = false;
		pick_value(out, value, element, choice);
	}
	text_char(out, ']');
}

static void pick_value(struct text *out, struct span value, uint16_t member, const struct domain_choice *choice)
{
	if (choice->member[member] == CHOSEN)
		text_put(out, value);
	else if (value.p[0] == '{')
		pick_members(out, value, member, choice);
	else if (value.p[0] == '[')
		pick_elements(out, value, domain_members[member].child, choice);
	else
		text_put(out, value);
}

void domain_pick_write(struct text *out, struct span line, const struct domain_choice *choice)
{
	pick_members(out, line, 0, choice);
	text_char(out, '\n');
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_members.h"

#include <stdio.h>

#include "output/nearest.h"

const struct domain_member domain_members[] = {
#include "domain_members.inc"
};

const size_t domain_member_count = COUNT_OF(domain_members);
_Static_assert(COUNT_OF(domain_members) <= DOMAIN_MEMBERS_MAX, "a choice has a place for each");

enum { NAME_SHOWN = 60 /* octets of an unknown name that a message repeats */ };

uint16_t domain_member_find(uint16_t parent, struct span name, uint16_t hint)
{
	const struct domain_member *of = &domain_members[parent];

	for (uint16_t i = 0; i < of->children; i++) {
		uint16_t at = (uint16_t)(of->child + (hint + i) % of->children);

		if (span_equal(domain_members[at].name, name))
			return at;
	}
	return 0;
}

/* What has the members: of an array, what stands in it. */
static uint16_t within(uint16_t member)
{
	while (domain_members[member].kind == MEMBER_ARRAY)
		member = domain_members[member].child;
	return member;
}

/* The path of the first member below @parent that is called @name, behind the @used octets of @path. */
static bool find_path(uint16_t parent, struct span name, char path[static DOMAIN_MEMBER_PATH], size_t used)
{
	const struct domain_member *of = &domain_members[parent = within(parent)];

	for (uint16_t i = 0; i < of->children; i++) {
		struct span own = domain_members[of->child + i].name;
		int n = snprintf(path + used, DOMAIN_MEMBER_PATH - used, "%s%.*s", used > 0 ? "." : "", (int)own.n,
				 own.p);

		if (n < 0 || used + (size_t)n >= DOMAIN_MEMBER_PATH)
			continue;
		if (span_equal(own, name) || find_path((uint16_t)(of->child + i), name, path, used + (size_t)n))
			return true;
	}
	return false;
}

static int fail_unknown(uint16_t parent, struct span before, struct span name, struct error *error)
{
	const struct domain_member *of = &domain_members[parent];
	int shown = (int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN), front = (int)before.n;
	char path[DOMAIN_MEMBER_PATH];
	struct nearest nearest = { 0 };

	if (name.n > 0 && find_path(0, name, path, 0))
		return error_set(error, "no member '%.*s%.*s'; did you mean '%s'?", front, before.p, shown, name.p,
				 path);
	for (uint16_t i = 0; i < of->children; i++)
		nearest_try(&nearest, name, domain_members[of->child + i].name.p);
	if (nearest.word)
		return error_set(error, "no member '%.*s%.*s'; did you mean '%.*s%s'?", front, before.p, shown, name.p,
				 front, before.p, nearest.word);
	return error_set(error, "no member '%.*s%.*s'; json.md tells them", front, before.p, shown, name.p);
}

static void choose_all(struct domain_choice *choice, uint16_t member)
{
	choice->member[member] = CHOSEN;
	for (uint16_t i = 0; i < domain_members[member].children; i++)
		choose_all(choice, (uint16_t)(domain_members[member].child + i));
}

static void choose_partly(struct domain_choice *choice, uint16_t member)
{
	if (choice->member[member] == CHOSEN_NOT)
		choice->member[member] = CHOSEN_PARTLY;
}

static int choose(struct domain_choice *choice, struct span path, struct error *error)
{
	struct span rest = path, name;
	uint16_t member = 0;

	while (span_next_part(&rest, '.', &name)) {
		struct span before = { path.p, (size_t)(name.p - path.p) };
		uint16_t parent = member;

		choose_partly(choice, parent);
		while (domain_members[parent].kind == MEMBER_ARRAY) {
			parent = domain_members[parent].child;
			choose_partly(choice, parent);
		}
		member = domain_member_find(parent, name, 0);
		if (member == 0)
			return fail_unknown(parent, before, name, error);
	}
	choose_all(choice, member);
	return 0;
}

int domain_choice_make(struct domain_choice *choice, struct span list, struct error *error)
{
	struct span rest = list, path;

	memset(choice, 0, sizeof(*choice));
	if (!list.p) {
		choose_all(choice, 0);
		return 0;
	}
	while (span_next_part(&rest, ',', &path))
		if (choose(choice, path, error) < 0)
			return -1;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/attribution/sharing.h"

#include <stdlib.h>

#include "analysis/pass/spill.h"
#include "output/hash_table.h"
#include "parsers/hash.h"

/* A row as it is put aside, with its key behind it. */
struct row {
	uint64_t administrator;
	uint32_t cell;
	uint16_t key; /* octets */
	uint8_t role, flags;
};

struct sharing {
	struct spill *spill;
	uint64_t seed; /* nobody can choose names that are all in one partition */
};

struct sharing *sharing_new(unsigned partitions, struct error *error)
{
	struct sharing *sharing = calloc(1, sizeof(*sharing));

	if (!sharing) {
		error_set(error, "no memory");
		return NULL;
	}
	sharing->seed = hash_table_seed();
	sharing->spill = spill_new(partitions, 0, SHARING_MEMORY, error);
	if (sharing->spill)
		return sharing;
	free(sharing);
	return NULL;
}

void sharing_free(struct sharing *sharing)
{
	if (!sharing)
		return;
	spill_free(sharing->spill);
	free(sharing);
}

void sharing_row(struct text *rows, const struct share *share)
{
	size_t n = share->key.n < SHARING_KEY_MAX ? share->key.n : SHARING_KEY_MAX;
	struct row row = { share->administrator, share->cell, (uint16_t)n, share->role, share->flags };
	char *key;

	if (!text_room(rows, sizeof(row) + n))
		return;
	memcpy(rows->data + rows->used, &row, sizeof(row));
	key = rows->data + rows->used + sizeof(row);
	for (size_t i = 0; i < n; i++)
		key[i] = ascii_lower(share->key.p[i]);
	rows->used += sizeof(row) + n;
}

static struct share share_of(struct span octets)
{
	struct row row;

	memcpy(&row, octets.p, sizeof(row));
	return (struct share){ row.administrator, row.cell, row.role, row.flags, { octets.p + sizeof(row), row.key } };
}

static uint64_t hash_of(const struct sharing *sharing, const struct share *share)
{
	return hash_mix(hash_octet(hash_span(share->key), share->role), sharing->seed);
}

int sharing_take(struct sharing *sharing, struct span rows, struct error *error)
{
	while (rows.n > 0) {
		struct share share = share_of(rows);
		size_t n = sizeof(struct row) + share.key.n;

		if (spill_put(sharing->spill, hash_of(sharing, &share), (struct span){ rows.p, n }, error) < 0)
			return -1;
		rows = span_skip(rows, n);
	}
	return 0;
}

/* ---- one partition ---- */

/* A key of a role, and who shares it. */
struct group {
	struct span key; /* owned */
	uint8_t role;
	bool named;
	uint64_t domains;       /* of rows with SHARING_MANAGED */
	uint64_t named_domains; /* of those with SHARING_NAMED */
	uint64_t broken;
	uint64_t *administrator; /* different ones, up to one more than may be self; NULL: none, or `first` alone */
	uint32_t administrators;
	uint64_t first;
};

struct groups {
	struct group *group;
	size_t count, size;
	struct hash_table places;
};

static void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free((char *)groups->group[i].key.p);
		free(groups->group[i].administrator);
	}
	groups->count = 0;
	hash_table_clear(&groups->places);
}

static void groups_fini(struct groups *groups)
{
	groups_clear(groups);
	hash_table_fini(&groups->places);
	free(groups->group);
}

static bool make_room(struct groups *groups)
{
	size_t size = groups->size > 0 ? 2 * groups->size : 64;
	struct group *group;

	if (!hash_table_reserve(&groups->places, 1))
		return false;
	if (groups->count < groups->size)
		return true;
	group = realloc(groups->group, size * sizeof(*group));
	if (!group)
		return false;
	groups->group = group;
	groups->size = size;
	return true;
}

static struct group *find(const struct groups *groups, uint64_t hash, const struct share *share)
{
	void *item;

	for (size_t at = 0; (item = hash_table_next(&groups->places, hash, &at));) {
		struct group *group = &groups->group[hash_item_place(item)];

		if (group->role == share->role && span_equal(group->key, share->key))
			return group;
	}
	return NULL;
}

/* NULL: no memory. */
static struct group *find_or_add(struct groups *groups, uint64_t hash, const struct share *share)
{
	struct group *group = find(groups, hash, share);
	char *key;

	if (group)
		return group;
	if (!make_room(groups) || !(key = malloc(share->key.n + 1)))
		return NULL;
	memcpy(key, share->key.p, share->key.n);
	hash_table_put(&groups->places, hash, hash_item_of(groups->count));
	group = &groups->group[groups->count++];
	*group = (struct group){ .key = { key, share->key.n }, .role = share->role };
	return group;
}

/* The second is the first that needs an array: most names are one domain's. */
static bool add_administrator(struct group *group, uint64_t administrator, unsigned most)
{
	const uint64_t *known = group->administrator ? group->administrator : &group->first;
	uint64_t *larger;

	for (unsigned i = 0; i < group->administrators; i++)
		if (known[i] == administrator)
			return true;
	if (group->administrators > most)
		return true;
	if (group->administrators == 0) {
		group->first = administrator;
	} else if ((group->administrators & (group->administrators - 1)) == 0) {
		larger = realloc(group->administrator, 2 * group->administrators * sizeof(*larger));
		if (!larger)
			return false;
		larger[0] = group->first;
		group->administrator = larger;
	}
	if (group->administrator)
		group->administrator[group->administrators] = administrator;
	group->administrators++;
	return true;
}

static bool add_share(struct groups *groups, uint64_t hash, const struct share *share, unsigned self_at_most)
{
	struct group *group = find_or_add(groups, hash, share);

	if (!group)
		return false;
	if (share->flags & SHARING_NAMED) {
		group->named = true;
		group->named_domains++;
		group->broken += (share->flags & SHARING_BROKEN) != 0;
	}
	if (!(share->flags & SHARING_MANAGED))
		return true;
	group->domains++;
	return add_administrator(group, share->administrator, self_at_most);
}

static enum managed judge(const struct group *group, const struct share *share, const struct sharing_limits *limits)
{
	if (group->administrators <= limits->self_at_most)
		return MANAGED_SELF;
	if (group->domains >= limits->third_party_at)
		return MANAGED_THIRD_PARTY;
	return share->flags & SHARING_OWNED ? MANAGED_SELF : MANAGED_UNCLASSIFIED;
}

/* What one reading of a partition does with a row. False: no memory. */
struct reading {
	const struct sharing *sharing;
	const struct sharing_limits *limits;
	const struct sharing_answers *answers;
	struct groups groups;
};

static bool count_share(struct reading *reading, uint64_t hash, const struct share *share)
{
	return add_share(&reading->groups, hash, share, reading->limits->self_at_most);
}

static bool answer_share(struct reading *reading, uint64_t hash, const struct share *share)
{
	if (share->flags & SHARING_MANAGED)
		reading->answers->on_share(reading->answers->arg, share,
					   judge(find(&reading->groups, hash, share), share, reading->limits));
	return true;
}

static int read_partition(struct reading *reading, unsigned partition,
			  bool (*on_share)(struct reading *, uint64_t hash, const struct share *), struct error *error)
{
	struct spill_reader rows;
	struct span octets;
	int got;

	spill_read_start(&rows, reading->sharing->spill, partition);
	while ((got = spill_read_next(&rows, &octets, error)) > 0) {
		struct share share = share_of(octets);

		if (!on_share(reading, hash_of(reading->sharing, &share), &share)) {
			got = error_set(error, "no memory to count who shares what");
			break;
		}
	}
	spill_read_end(&rows);
	return got;
}

static int answer_names(const struct reading *reading, struct error *error)
{
	for (size_t i = 0; i < reading->groups.count; i++) {
		const struct group *group = &reading->groups.group[i];

		if (group->named &&
		    !reading->answers->on_name(reading->answers->arg, (enum attribution_role)group->role, group->key,
					       group->named_domains, group->broken))
			return error_set(error, "no memory to count providers");
	}
	return 0;
}

int sharing_finish(struct sharing *sharing, const struct sharing_limits *limits, const struct sharing_answers *answers,
		   struct error *error)
{
	struct reading reading = { .sharing = sharing, .limits = limits, .answers = answers };
	int result = 0;

	for (unsigned p = 0; p < spill_partition_count(sharing->spill) && result == 0; p++) {
		result = read_partition(&reading, p, count_share, error);
		if (result == 0)
			result = read_partition(&reading, p, answer_share, error);
		if (result == 0)
			result = answer_names(&reading, error);
		groups_clear(&reading.groups);
	}
	groups_fini(&reading.groups);
	return result;
}

/* ---- one administrator ---- */

/* The set of its names: neither their order nor preferences count. */
static uint64_t hash_mx(const struct obs_mx *mx)
{
	uint64_t sum = mx->count;

	for (size_t i = 0; i < mx->count; i++)
		sum += hash_mix(hash_span_nocase(mx->record[i].name), 0);
	return sum;
}

static struct span report_host(const struct classification *result)
{
	struct span host;
	size_t at = 0;

	if (result->judgement.record[TXT_TLSRPT] == RECORD_VALID && tlsrpt_next_host(&result->tlsrpt, &at, &host))
		return host;
	return (struct span){ NULL, 0 };
}

uint64_t sharing_administrator(const struct observation *observation, const struct classification *result)
{
	const struct obs_http *http = &observation->policy.http;
	struct span reports = report_host(result);
	uint64_t hash;

	if (http->body.n == 0 || http->status != 200 || !obs_mx_has_hosts(&observation->mx) || reports.n == 0)
		return hash_span_nocase(observation->name);
	hash = hash_octets(hash_span_nocase(reports), http->body_sha256, sizeof(http->body_sha256));
	return hash_octet(hash, hash_mx(&observation->mx));
}

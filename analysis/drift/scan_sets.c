/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/scan_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/pass/scan_judge.h"

/* Files with an origin each, while they are put together. */
struct making {
	struct scan_set *set;
	struct scan_origin *origin;
	int sets, first; /* the set that is being filled begins with this file */
};

static bool can_be_looked_at(const char *path, struct stat *info)
{
	return strcmp(path, "-") != 0 && (stat(path, info) != 0 || S_ISREG(info->st_mode));
}

/* 0, or -1 with one line in @error. */
static int look(const char *path, struct scan_set *set, struct scan_origin *origin, struct error *error)
{
	const struct record_header *header;
	struct reader *reader;
	struct stat info = { 0 };

	if (!can_be_looked_at(path, &info))
		return 0;
	if (reader_open(&reader, path, error) != 0)
		return -1;
	header = reader_header(reader);
	set->known = true;
	set->start_ms = header->start_ms;
	set->sample = header->sample;
	memcpy(set->sample_key, header->sample_key, sizeof(set->sample_key));
	set->octets = (uint64_t)info.st_size;
	*origin = scan_origin_of(header);
	set->hosts = origin->of_hosts || record_header_option(header, SPAN_LITERAL("smtp")) ||
		     record_header_option(header, SPAN_LITERAL(SCAN_ORIGIN_JOINED));
	reader_close(reader);
	return 0;
}

/* Is file @i one more shard of the files from @first on? Of mail servers it is no shard, but belongs to any. */
static bool belongs(const struct making *making, int i)
{
	const struct scan_origin *new = &making->origin[i];

	if (new->of_hosts)
		return true;
	for (int k = making->first; k < i; k++) {
		const struct scan_origin *old = &making->origin[k];

		if (old->of_hosts)
			continue;
		if (!scan_origin_is_same_list(new, old) || new->shards != old->shards || new->shard == old->shard)
			return false;
	}
	return true;
}

/* The file joins the set before it, or begins one. */
static void take(struct making *making, int i, const struct scan_set *one)
{
	struct scan_set *set = &making->set[making->sets - 1];

	if (making->sets == 0 || !belongs(making, i)) {
		making->set[making->sets++] = *one;
		making->first = i;
		return;
	}
	set->count++;
	set->octets += one->octets;
	set->known = set->known && one->known;
	set->hosts = set->hosts || one->hosts;
	if (making->origin[i].of_hosts)
		return;
	if (making->origin[making->first].of_hosts &&
	    set->count == 2) /* until now there was nothing but mail servers */
		set->start_ms = one->start_ms;
	if (one->start_ms < set->start_ms)
		set->start_ms = one->start_ms;
	if (one->sample > 0) {
		set->sample = one->sample;
		memcpy(set->sample_key, one->sample_key, sizeof(set->sample_key));
	}
}

/* ---- do they cover the same part of their lists? ---- */

/* The files of a set stand next to each other, in the order of the origins. */
static const struct scan_origin *origins_of(const struct making *making, char **path, int set)
{
	return making->origin + (making->set[set].path - path);
}

static uint32_t shards_of(const struct scan_origin *origin, int count)
{
	for (int i = 0; i < count; i++)
		if (!origin[i].of_hosts)
			return origin[i].shards;
	return 0;
}

/* How many shards of its list a set holds; all of them are the whole list, however it was cut. */
static uint32_t shards_held(const struct scan_origin *origin, int count)
{
	uint32_t held = 0;

	for (int i = 0; i < count; i++)
		held += !origin[i].of_hosts;
	return held;
}

static bool cover_the_same(const struct scan_origin *a, int a_count, const struct scan_origin *b, int b_count)
{
	const uint32_t a_of = shards_of(a, a_count), b_of = shards_of(b, b_count);
	const uint32_t a_held = shards_held(a, a_count), b_held = shards_held(b, b_count);

	if (a_held >= a_of && b_held >= b_of)
		return true;
	if (a_of != b_of || a_held != b_held)
		return false;
	for (int i = 0; i < a_count; i++)
		if (!a[i].of_hosts && !scan_origin_has_shard(b, b_count, a[i].shard))
			return false;
	return true;
}

static int check_shards(const struct making *making, char **path, struct error *error)
{
	for (int i = 1; i < making->sets; i++) {
		const struct scan_set *old = &making->set[i - 1], *new = &making->set[i];
		const struct scan_origin *a = origins_of(making, path, i - 1), *b = origins_of(making, path, i);

		if (!old->known || !new->known || cover_the_same(a, old->count, b, new->count))
			continue;
		return error_set(error,
				 "%s and %s are not the same shards of their lists (%u of %u, and %u of %u): give all "
				 "shards of both, those of one scan beside each other",
				 old->path[0], new->path[0], shards_held(a, old->count), shards_of(a, old->count),
				 shards_held(b, new->count), shards_of(b, new->count));
	}
	return 0;
}

int scan_sets_make(char **path, int count, struct scan_set **sets, struct error *error)
{
	struct making making = { .set = calloc((size_t)count, sizeof(*making.set)),
				 .origin = calloc((size_t)count, sizeof(*making.origin)) };
	int result = 0;

	if (!making.set || !making.origin)
		result = error_set(error, "no memory");
	for (int i = 0; i < count && result == 0; i++) {
		struct scan_set one = { .path = &path[i], .count = 1 };

		result = look(path[i], &one, &making.origin[i], error);
		if (result == 0)
			take(&making, i, &one);
	}
	if (result == 0)
		result = check_shards(&making, path, error);
	free(making.origin);
	if (result == 0) {
		*sets = making.set;
		return making.sets;
	}
	free(making.set);
	return -1;
}

void scan_sets_sort(struct scan_set *sets, int count)
{
	for (int i = 1; i < count; i++) { /* few, and mostly in order */
		struct scan_set one = sets[i];
		int k = i;

		for (; k > 0 && one.known && sets[k - 1].known && one.start_ms < sets[k - 1].start_ms; k--)
			sets[k] = sets[k - 1];
		sets[k] = one;
	}
}

int scan_sets_sample(const struct scan_set *sets, int count, double *sample, uint8_t key[static 16],
		     struct error *error)
{
	const struct scan_set *least = NULL;

	*sample = 0;
	for (int i = 0; i < count; i++) {
		if (sets[i].sample <= 0)
			continue;
		if (least && memcmp(least->sample_key, sets[i].sample_key, sizeof(least->sample_key)) != 0)
			return error_set(error,
					 "%s and %s are samples with different keys (--sample-key), so of different "
					 "domains: they cannot be compared",
					 least->path[0], sets[i].path[0]);
		if (!least || sets[i].sample < least->sample)
			least = &sets[i];
	}
	if (least) {
		*sample = least->sample;
		memcpy(key, least->sample_key, sizeof(least->sample_key));
	}
	return 0;
}

void scan_sets_hosts(const struct scan_set *sets, int count, bool *hosts, bool *without)
{
	*hosts = *without = false;
	for (int i = 0; i < count; i++) {
		*hosts = *hosts || (sets[i].known && sets[i].hosts);
		*without = *without || (sets[i].known && !sets[i].hosts);
	}
}

void scan_sets_warn_of_hosts(const struct scan_set *sets, int count, const char *command)
{
	bool hosts, without;
	struct error line;

	scan_sets_hosts(sets, count, &hosts, &without);
	for (int i = 0; i < count && hosts && without; i++) {
		if (!sets[i].known || sets[i].hosts)
			continue;
		error_set(&line, "%s was made without --smtp: mail servers are left out of the comparison",
			  sets[i].path[0]);
		fprintf(stderr, "stsurvey %s: warning: %s\n", command, line.text);
		return;
	}
}

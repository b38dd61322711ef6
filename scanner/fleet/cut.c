/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/cut.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/scan_file/frame.h"
#include "parsers/domain.h"
#include "parsers/hash.h"
#include "scanner/base/wall_clock.h"
#include "scanner/feed/feed_chunk.h"
#include "scanner/fleet/digest.h"
#include "scanner/rules/operator.h"

enum {
	SECOND_MS = 1000,
	AWAIT_S = 1,             /* then we look whether we are to end */
	PRESSED_AT = 256 * 1024, /* octets of rows that become a frame */
};

/* The chunk of a lane that is not whole yet. */
struct lane {
	uint64_t first, entries;
	struct text rows;    /* not yet compressed */
	struct text pressed; /* frames */
};

/* Mail servers of one registrable domain, until all of them have come. */
struct group {
	uint64_t hash;
	struct text names;
	struct feed_target *target; /* their names are in @names, one behind the other */
	size_t count, room;
	bool has_more; /* some have gone: they are more than a chunk takes */
};

struct cutter {
	const struct cut_options *options;
	struct feed *feed;
	struct frame_press *press;
	cut_on_chunk *on_chunk;
	void *arg;
	struct error *error;
	uint32_t next; /* chunk */
	uint64_t entries;
	struct lane lane[JOB_LANES];
	struct group group;
};

/* ---- the list ---- */

static struct feed_options list_of(const struct cut_options *cut)
{
	const struct options *options = cut->options;
	struct feed_options list = { .path = cut->path,
				     .shards = 1,
				     .format = options->input_format,
				     .origin = options->origin,
				     .label = options->label,
				     .label_count = options->label_count,
				     .sample = options->sample,
				     .max_domains = options->max_domains };

	memcpy(list.sample_key, options->sample_key, sizeof(list.sample_key));
	return list;
}

/* @told: what is odd in it, by who has read it before. */
static int open_list(const struct cut_options *options, bool told, struct feed **feed, struct error *error)
{
	struct feed_options list = list_of(options);

	list.told = told;
	if (list.format == FEED_FORMAT_CHUNK)
		return error_set(error, "--input-format chunk: a chunk is a part of a list; submit the list");
	return feed_open(feed, &list, error);
}

/* All of it. @on_target: 0 to go on. */
static int read_list(const struct cut_options *options, struct feed *feed,
		     int (*on_target)(void *arg, const struct feed_target *target), void *arg, struct error *error)
{
	uint64_t told_ms = machine_clock_ms();
	enum feed_result got;
	int result = 0;

	while (result == 0) {
		struct feed_batch *batch = NULL;

		got = feed_await(feed, &batch, AWAIT_S);
		for (unsigned i = 0; got == FEED_BATCH_TAKEN && i < batch->count && result == 0; i++)
			result = on_target(arg, &batch->target[i]);
		if (got == FEED_BATCH_TAKEN)
			feed_release(feed, batch);
		else if (got == FEED_FAILED)
			feed_error(feed, error);
		if (got == FEED_END || got == FEED_FAILED)
			return got == FEED_END ? 0 : -1;
		if (options->stop && *options->stop && result == 0)
			result = error_set(error, "%s: ended before all of it was read", feed_name(options->path));
		if (!options->on_second || machine_clock_ms() - told_ms < SECOND_MS)
			continue;
		told_ms = machine_clock_ms();
		options->on_second(options->arg, feed_fraction(feed), feed_entries(feed));
	}
	return result;
}

/* ---- look ---- */

static int look_at(void *arg, const struct feed_target *target)
{
	struct cut_look *look = arg;

	look->has_servers = look->has_servers || extra_is(target->extra, EXTRA_SERVERS);
	return 0;
}

int cut_look(const struct cut_options *options, struct cut_look *look, struct error *error)
{
	struct feed *feed;
	int result;

	*look = (struct cut_look){ 0 };
	if (open_list(options, false, &feed, error) != 0)
		return -1;
	result = read_list(options, feed, look_at, look, error);
	look->identity = feed_identity(feed);
	look->entries = feed_entries(feed);
	look->taken = feed_handed(feed);
	feed_close(feed);
	return result;
}

/* ---- chunks ---- */

static int no_memory(struct cutter *cutter)
{
	return error_set(cutter->error, "out of memory");
}

static int press(struct cutter *cutter, struct lane *lane)
{
	struct span frame = { "", 0 };

	if (lane->rows.used > 0)
		frame = frame_press(cutter->press, (struct span){ lane->rows.data, lane->rows.used });
	if (text_failed(&lane->rows) || !frame.p)
		return no_memory(cutter);
	text_put(&lane->pressed, frame);
	lane->rows.used = 0;
	return text_failed(&lane->pressed) ? no_memory(cutter) : 0;
}

/* What a lane has is a chunk. */
static int end_chunk(struct cutter *cutter, struct lane *lane)
{
	struct job_chunk chunk = { .number = cutter->next,
				   .stage = cutter->options->stage,
				   .lane = (unsigned)(lane - cutter->lane),
				   .first = lane->first,
				   .entries = lane->entries };
	struct span data;

	if (lane->entries == 0)
		return 0;
	if (press(cutter, lane) != 0)
		return -1;
	data = (struct span){ lane->pressed.data, lane->pressed.used };
	chunk.size = data.n;
	if (cutter->next == JOB_CHUNKS_MAX)
		return error_set(cutter->error, "%s: more than %d chunks; take a larger --chunk",
				 feed_name(cutter->options->path), JOB_CHUNKS_MAX);
	if (data.n > JOB_LIST_OCTETS_MAX)
		return error_set(cutter->error, "%s: a chunk has more than %d octets; take a smaller --chunk",
				 feed_name(cutter->options->path), JOB_LIST_OCTETS_MAX);
	if (!digest_of(data, chunk.sha256))
		return no_memory(cutter);
	cutter->next++;
	cutter->entries += lane->entries;
	lane->entries = 0;
	lane->pressed.used = 0;
	return cutter->on_chunk(cutter->arg, &chunk, data, cutter->error);
}

static void begin_chunk(struct cutter *cutter, struct lane *lane, const struct feed_target *target)
{
	size_t labels = cutter->options->stage == JOB_DOMAINS ? cutter->options->options->label_count : 0;
	struct span label[OBS_LABEL_MAX];

	for (size_t i = 0; i < labels; i++)
		label[i] = feed_label(cutter->feed, i);
	lane->first = target->index;
	feed_chunk_put_header(&lane->rows, label, labels, extra_is(target->extra, EXTRA_SERVERS));
}

static int put(struct cutter *cutter, struct lane *lane, const struct feed_target *target)
{
	if (lane->entries == 0)
		begin_chunk(cutter, lane, target);
	feed_chunk_put(&lane->rows, target->index - lane->first, target);
	lane->entries++;
	if (lane->rows.used >= PRESSED_AT && press(cutter, lane) != 0)
		return -1;
	return lane->entries == cutter->options->job->chunk ? end_chunk(cutter, lane) : 0;
}

/* The hash is everybody's, so that the same list is always cut alike; its low bits are badly mixed. */
static struct lane *lane_of(struct cutter *cutter, uint64_t hash)
{
	return &cutter->lane[(hash_mix(hash, 0) >> 32) % cutter->options->job->lanes];
}

/* Who has no operator, or is no domain at all, is not asked by name server: any lane will do. */
static int on_domain(void *arg, const struct feed_target *target)
{
	struct cutter *cutter = arg;
	uint64_t hash = 0;

	if (cutter->options->job->lanes > 1) {
		if (target->input == INPUT_OK && extra_is(target->extra, EXTRA_SERVERS))
			hash = operator_of(target->extra);
		if (hash == 0)
			hash = hash_span(target->name);
	}
	return put(cutter, lane_of(cutter, hash), target);
}

/* ---- mail servers ---- */

/* Into the chunk that is open, or where they fit better, the next one. */
static int end_group(struct cutter *cutter)
{
	struct group *group = &cutter->group;
	struct lane *lane = lane_of(cutter, group->hash);
	size_t at = 0, most = cutter->options->job->chunk;
	int result = 0;

	if (group->count == 0)
		return 0;
	if (text_failed(&group->names))
		return no_memory(cutter);
	if (lane->entries + group->count > most && group->count <= most && !group->has_more)
		result = end_chunk(cutter, lane);
	for (size_t i = 0; i < group->count && result == 0; i++) {
		group->target[i].name.p = group->names.data + at;
		at += group->target[i].name.n;
		result = put(cutter, lane, &group->target[i]);
	}
	group->count = 0;
	group->names.used = 0;
	return result;
}

static int on_host(struct cutter *cutter, const struct feed_target *target)
{
	struct group *group = &cutter->group;
	struct span domain = operator_of_host(target->name);
	uint64_t hash = hash_span(domain.n > 0 ? domain : target->name);

	/* One that is larger than a chunk is not held any longer: it is cut anyway. */
	if ((hash != group->hash || group->count > cutter->options->job->chunk) && end_group(cutter) != 0)
		return -1;
	if (group->count == 0)
		group->has_more = hash == group->hash;
	group->hash = hash;
	if (group->count == group->room) {
		size_t room = group->room > 0 ? 2 * group->room : FEED_BATCH;
		struct feed_target *grown = realloc(group->target, room * sizeof(*grown));

		if (!grown)
			return no_memory(cutter);
		group->target = grown;
		group->room = room;
	}
	text_put(&group->names, target->name);
	group->target[group->count++] = *target;
	return 0;
}

/* What an MX names and no host can be called is not asked for: that tells of itself (classify_mxtls.c), and in a list
 * it would be an entry that is no domain. */
static int read_hosts(struct cutter *cutter)
{
	const struct cut_options *options = cutter->options;
	FILE *file = fopen(options->path, "re");
	size_t room = 0;
	char *line = NULL;
	ssize_t n;
	int result = 0;

	if (!file)
		return error_set(cutter->error, "%s: %s", options->path, strerror(errno));
	for (uint64_t i = 0; result == 0 && (n = getline(&line, &room, file)) > 0; i++) {
		struct feed_target target = { .index = i, .input = INPUT_OK, .name = { line, (size_t)n } };

		target.name.n -= line[n - 1] == '\n';
		if (domain_is_name(target.name))
			result = on_host(cutter, &target);
		if (options->stop && *options->stop && result == 0)
			result = error_set(cutter->error, "%s: ended before all of it was read", options->path);
	}
	if (result == 0 && ferror(file))
		result = error_set(cutter->error, "%s: %s", options->path, strerror(errno));
	free(line);
	fclose(file);
	return result == 0 ? end_group(cutter) : result;
}

/* ---- all of it ---- */

static int read_domains(struct cutter *cutter)
{
	const struct cut_options *options = cutter->options;

	if (open_list(options, true, &cutter->feed, cutter->error) != 0)
		return -1;
	if (feed_identity(cutter->feed).hash != options->job->list_hash)
		return error_set(cutter->error,
				 "%s: changed since it was read first; submit a copy that nobody writes to",
				 feed_name(options->path));
	return read_list(options, cutter->feed, on_domain, cutter, cutter->error);
}

static void free_cutter(struct cutter *cutter)
{
	feed_close(cutter->feed);
	frame_press_free(cutter->press);
	for (unsigned i = 0; i < JOB_LANES; i++) {
		text_free(&cutter->lane[i].rows);
		text_free(&cutter->lane[i].pressed);
	}
	text_free(&cutter->group.names);
	free(cutter->group.target);
	free(cutter);
}

int cut_list(const struct cut_options *options, cut_on_chunk *on_chunk, void *arg, struct job_cut *cut,
	     struct error *error)
{
	struct cutter *cutter;
	int result;

	*cut = (struct job_cut){ .first = options->first_chunk, .end = options->first_chunk };
	cutter = calloc(1, sizeof(*cutter));
	if (!cutter)
		return error_set(error, "out of memory");
	cutter->options = options;
	cutter->on_chunk = on_chunk;
	cutter->arg = arg;
	cutter->error = error;
	cutter->next = options->first_chunk;
	for (unsigned i = 0; i < JOB_LANES; i++) {
		text_open_memory(&cutter->lane[i].rows);
		text_open_memory(&cutter->lane[i].pressed);
	}
	text_open_memory(&cutter->group.names);
	cutter->press = frame_press_new();
	result = !cutter->press                ? no_memory(cutter)
		 : options->stage == JOB_HOSTS ? read_hosts(cutter)
					       : read_domains(cutter);
	for (unsigned i = 0; i < JOB_LANES && result == 0; i++)
		result = end_chunk(cutter, &cutter->lane[i]);
	cut->end = cutter->next;
	cut->entries = cutter->entries;
	free_cutter(cutter);
	return result;
}

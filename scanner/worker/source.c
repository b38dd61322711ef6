/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/source.h"

#include "scanner/worker/source_direct.h"

int source_open(struct source *source, struct scan *scan, struct net_live *live, struct error *error)
{
	*source = (struct source){ .scan = scan };
	if (!scan->options->direct)
		return 0;
	source->direct = source_direct_new(scan, live);
	return source->direct ? 0 : error_set(error, "no memory");
}

/* The next of the list. */
static const struct feed_target *next_of_list(struct source *source, bool *end)
{
	enum feed_result result;

	if (source->batch && source->next == source->batch->count) {
		feed_release(source->scan->feed, source->batch);
		source->batch = NULL;
	}
	if (!source->batch) {
		result = scan_take(source->scan, &source->batch);
		*end = result == FEED_END || result == FEED_FAILED;
		if (result != FEED_BATCH_TAKEN) {
			source->batch = NULL;
			return NULL;
		}
		source->next = 0;
	}
	return &source->batch->target[source->next];
}

/* Read on, until a domain is ready or a line is not to be surveyed, which waits for nobody. */
static const struct feed_target *read_on(struct source *source, unsigned room, bool *end)
{
	for (unsigned read = 0; read < SOURCE_READ_MAX; read++) {
		const struct feed_target *target = next_of_list(source, end);

		if (!target || target->input != INPUT_OK)
			return target;
		if (!source_direct_put(source->direct, target, room))
			return NULL;
		source->next++;
		if (source->next == source->batch->count && source_direct_is_ready(source->direct))
			return NULL;
	}
	return NULL;
}

const struct feed_target *source_next(struct source *source, unsigned room, const struct net_delegation **delegation,
				      bool *end)
{
	const struct feed_target *target;
	bool list_end = false;

	*delegation = NULL;
	if (!source->direct)
		return next_of_list(source, end);
	target = source_direct_next(source->direct, delegation);
	if (target)
		return target;
	target = read_on(source, room, &list_end);
	if (!target)
		target = source_direct_next(source->direct, delegation);
	*end = !target && list_end && source_direct_is_empty(source->direct);
	return target;
}

void source_taken(struct source *source)
{
	if (!source->direct || !source_direct_taken(source->direct))
		source->next++;
}

bool source_put_back(struct source *source, const struct job *job)
{
	return source->direct && source_direct_put_back(source->direct, job);
}

void source_note_deferred(const struct job *job, struct name_entry *entry)
{
	const struct obs_answer *mx = &job->mx.answer;
	bool fell_back = mx->source == SOURCE_RESOLVER && mx->fall_back != FALL_BACK_CONFIRMED;

	if (!job->delegation)
		return;
	/* why it fell back is told of the first pass; the second asks the resolver alone */
	entry->why = fell_back ? (uint8_t)mx->fall_back : FALL_BACK_SECOND_PASS;
	if (!extra_is(job->extra, EXTRA_SERVERS))
		entry->servers = extra_first(job->delegation->servers);
}

void source_close(struct source *source)
{
	if (source->direct)
		source_direct_close(source->direct);
}

void source_free(struct source *source)
{
	if (source->batch)
		feed_release(source->scan->feed, source->batch);
	source->batch = NULL;
	if (source->direct)
		source_direct_free(source->direct);
	source->direct = NULL;
}

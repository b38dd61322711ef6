/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/classify/classify.h"
#include "analysis/classify/classify_host.h"
#include "output/scan_file/reader.h"
#include "parsers/hash.h"
#include "scanner/options/option_table.h"

enum {
	HEADER_FRAME_MAX = 1024 * 1024, /* octets; a longer file without a whole frame is none of ours */
};

/* What --resume may change. An option that no version knows any more decides nothing that this one could change. */
static bool may_differ(struct span name)
{
	const struct option_row *row = option_find(name, 1u << COMMAND_SCAN);

	return !row || row->resume == RESUME_FREE;
}

/* An option that may be repeated has a place for each time it was given. */
static bool is_among(const struct record_option *option, size_t count, const struct record_option *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(option[i].name, wanted->name) && span_equal(option[i].value, wanted->value))
			return true;
	return false;
}

/* The first of @option that is called as @wanted is and that @other (of @others) does not have, or NULL. */
static const struct record_option *find_other(const struct record_option *option, size_t count,
					      const struct record_option *wanted, const struct record_option *other,
					      size_t others)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(option[i].name, wanted->name) && !is_among(other, others, &option[i]))
			return &option[i];
	return NULL;
}

static const char as_begun[] = "go on as it was begun, or give another --output-file";

static int check_options(const struct record_header *header, const struct options *options, const char *path,
			 struct error *error)
{
	const struct record_option *was = header->option, *is = options->given, *other;

	for (size_t i = 0; i < header->option_count; i++) {
		if (may_differ(was[i].name) || is_among(is, options->given_count, &was[i]))
			continue;
		other = find_other(is, options->given_count, &was[i], was, header->option_count);
		return error_set(error, "%s: was begun with --%.*s %.*s%s%.*s; %s", path, (int)was[i].name.n,
				 was[i].name.p, (int)was[i].value.n, was[i].value.p, other ? ", not " : "",
				 other ? (int)other->value.n : 0, other ? other->value.p : "", as_begun);
	}
	for (size_t i = 0; i < options->given_count; i++)
		if (!may_differ(is[i].name) && !is_among(was, header->option_count, &is[i]))
			return error_set(error, "%s: was begun without --%.*s %.*s; %s", path, (int)is[i].name.n,
					 is[i].name.p, (int)is[i].value.n, is[i].value.p, as_begun);
	return 0;
}

/* Records have the values in the order of the header. */
static int check_labels(const struct record_header *header, const struct options *options, const char *path,
			struct error *error)
{
	for (size_t i = 0; i < header->label_count && i < options->label_count; i++)
		if (!span_equal_nocase(header->label[i], options->label[i]))
			return error_set(error, "%s: was begun with --label %.*s in the place of --label %.*s; %s",
					 path, (int)header->label[i].n, header->label[i].p, (int)options->label[i].n,
					 options->label[i].p, as_begun);
	if (header->label_count == options->label_count)
		return 0;
	return error_set(error, "%s: was begun with %zu --label columns, not %zu; %s", path, header->label_count,
			 options->label_count, as_begun);
}

static int check_header(struct resume *resume, const struct record_header *header, const struct options *options,
			const char *path, struct error *error)
{
	const struct record_option *limit = record_header_option(header, SPAN_LITERAL("max-domains"));

	if (header->shards != options->shards || header->shard != options->shard)
		return error_set(error, "%s: holds shard %u of %u, not %u of %u; %s", path, header->shard,
				 header->shards, options->shard, options->shards, as_begun);
	if (header->minor > RECORD_SCHEMA_MINOR)
		return error_set(error, "%s: was begun by a newer stsurvey, %.*s; go on with that one", path,
				 (int)header->tool.n, header->tool.p);
	if (check_options(header, options, path, error) < 0 || check_labels(header, options, path, error) < 0)
		return -1;
	resume->direct = header->direct;
	memcpy(resume->audit_key, header->audit_key, sizeof(resume->audit_key));
	resume->input = (struct feed_identity){ header->input_size, header->input_mtime, header->input_sample,
						header->input_hash };
	if (limit)
		(void)!span_decimal(limit->value, UINT64_MAX, &resume->limit);
	return 0;
}

/* One entry's part of its group's sum; even, so that an odd number says that there is a sum. */
static uintptr_t part_of(uint64_t index, struct span name)
{
	return (uintptr_t)(hash_octet(hash_span(name), index) * UINT64_C(0x9e3779b97f4a7c15)) & ~(uintptr_t)1;
}

/* A group has one hash, and no other has it; which, no file can know. */
static uint64_t hash_of(const struct resume *resume, uint64_t group)
{
	return hash_mix(group, resume->seed);
}

/* The sum of a group, as an item of the table: one more than it is; NULL: nothing of it is recorded. */
static void **sum_of(const struct resume *resume, uint64_t group)
{
	uint64_t hash = hash_of(resume, group);

	for (size_t at = 0; at < resume->names.reach; at++) {
		struct hash_slot *slot = hash_table_slot(&resume->names, hash, at);

		if (!slot->item)
			return NULL;
		if (slot->hash == hash)
			return &slot->item;
	}
	return NULL;
}

/* 0, or -1: no memory. */
static int add_name(struct resume *resume, uint64_t index, struct span name)
{
	uint64_t group = index / RESUME_GROUP;
	void **sum = sum_of(resume, group);

	resume->last = index > resume->last ? index : resume->last;
	if (sum) {
		*sum = (void *)((uintptr_t)*sum + part_of(index, name));
		return 0;
	}
	if (!hash_table_reserve(&resume->names, 1))
		return -1;
	hash_table_put(&resume->names, hash_of(resume, group), (void *)(part_of(index, name) + 1));
	return 0;
}

struct watcher {
	struct resume *resume;
	struct host_queue *queue;
	struct kept *kept; /* NULL: none is */
	bool failed;       /* no memory */
};

static void on_host(void *arg, const struct obs_host *host)
{
	struct watcher *watcher = arg;
	struct host_judgement result;

	classify_host(host, &result);
	counts_add(&watcher->resume->hosts.recorded, 1);
	counts_add(&watcher->resume->hosts.unknown, result.state == MX_UNKNOWN);
	for (size_t i = 0; watcher->kept && i < host->probe_count; i++)
		kept_add_chain(watcher->kept, &host->probe[i].tls);
	if (host_queue_done(watcher->queue, host->name) < 0)
		watcher->failed = true;
}

static int read_records(struct resume *resume, struct reader *reader, const struct options *options,
			struct host_queue *queue, struct kept *kept, struct error *error)
{
	struct watcher watcher = { resume, queue, kept, false };
	struct classification result;
	struct observation observation;
	int more;

	resume->seed = hash_table_seed();
	reader_watch(reader, on_host, NULL, &watcher); /* also where none is probed: merge may have joined some in */
	while ((more = reader_next(reader, &observation, error)) > 0 && !watcher.failed) {
		if (add_name(resume, observation.index, observation.name) < 0)
			break;
		classify(&observation, &result);
		counts_add_domain(&resume->counts, &observation, &result.judgement);
		if (kept)
			kept_add_chain(kept, &observation.policy.tls);
		host_queue_add_domain(queue, options->smtp, &observation, &result.judgement);
	}
	return more > 0 || watcher.failed ? error_set(error, "no memory for the names of the records") : more;
}

/* A trailer that counts others than are there leaves the missing ones to be done. */
static void read_trailer(struct resume *resume, const struct record_trailer *trailer)
{
	bool asked = resume->counts.domains > resume->counts.blocklisted + resume->counts.illegal ||
		     resume->hosts.recorded > 0;

	if (trailer) {
		resume->complete = trailer->completion == COMPLETION_COMPLETE && !resume->torn &&
				   trailer->domains == resume->counts.domains &&
				   trailer->hosts == resume->hosts.recorded;
		resume->queries = trailer->queries;
		resume->fetches = trailer->fetches;
		resume->probes = trailer->probes;
	}
	resume->traffic_lost = asked && resume->queries == 0;
}

int resume_load(struct resume *resume, const char *path, const struct options *options, struct host_queue *queue,
		struct kept *kept, struct error *error)
{
	const struct reader_end *end;
	struct reader *reader = NULL;
	struct stat status = { 0 };
	int result;

	*resume = (struct resume){ .of_hosts = options->mx_hosts, .group = options->first_index / RESUME_GROUP };
	/* Nothing there, or killed before the header was written: from the beginning. */
	if ((stat(path, &status) < 0 && errno == ENOENT) || (S_ISREG(status.st_mode) && status.st_size == 0))
		return 0;
	result = reader_open(&reader, path, error);
	if (result == READER_NOTHING && S_ISREG(status.st_mode) && status.st_size < HEADER_FRAME_MAX) {
		error->text[0] = '\0'; /* killed while the header was written */
		return 0;
	}
	if (result < 0)
		return -1;
	result = -1;
	if (check_header(resume, reader_header(reader), options, path, error) < 0 ||
	    read_records(resume, reader, options, queue, kept, error) < 0)
		goto done;
	end = reader_end(reader);
	if ((end->duplicates > 0 || end->beyond || end->joined) && /* nothing that is added mends that */
	    reader_judge(reader, error) != READER_WHOLE) {
		error_prefix(error, "%s", path);
		goto done;
	}
	resume->recorded = reader_take_indexes(reader);
	resume->whole = end->whole;
	resume->torn = end->torn;
	read_trailer(resume, end->trailer);
	result = 0;
done:
	reader_close(reader);
	return result;
}

void resume_free(struct resume *resume)
{
	bit_set_free(&resume->recorded);
	hash_table_fini(&resume->names);
	*resume = (struct resume){ 0 };
}

int resume_check_input(const struct resume *resume, const char *path, struct feed_identity input, struct error *error)
{
	const struct feed_identity *begun = &resume->input;
	const char *what = NULL;

	if (begun->size != input.size)
		what = "size";
	else if (begun->hash ? begun->hash != input.hash : begun->sample != input.sample)
		what = "content";
	else if (!begun->hash && begun->mtime != input.mtime)
		what = "modification time"; /* version 1.1 and before knew some of the content alone */
	if (resume->whole == 0 || !what || !begun->sample || !input.sample)
		return 0;
	return error_set(error,
			 "%s: is not the list this scan was begun with (its %s differs); resume with that list, or "
			 "begin another scan file",
			 path, what);
}

/* Of a group of which all was seen: were the recorded names the list's? */
static bool group_agrees(struct resume *resume, uint64_t group)
{
	void **sum = sum_of(resume, group);
	bool agrees = (sum ? (uintptr_t)*sum - 1 : 0) == resume->seen;

	resume->seen = 0;
	return agrees;
}

/* A scan of a whole list has a record of each entry. */
static bool is_beyond(const struct resume *resume, uint64_t index)
{
	return resume->complete && !resume->of_hosts && resume->limit == 0 && resume->recorded.shards <= 1 &&
	       index > resume->last;
}

enum feed_past_is resume_look(void *arg, uint64_t index, struct span name)
{
	struct resume *resume = arg;
	uint64_t group = index / RESUME_GROUP;

	if (group != resume->group && !group_agrees(resume, resume->group))
		return FEED_DIFFERS;
	resume->group = group;
	if (!bit_set_has(&resume->recorded, index))
		return is_beyond(resume, index) ? FEED_DIFFERS : FEED_NEW;
	resume->seen += part_of(index, name);
	resume->found++;
	return FEED_DONE;
}

bool resume_at_end(void *arg)
{
	struct resume *resume = arg;

	return resume->found == resume->recorded.added && /* else it is shorter, or has other gaps */
	       group_agrees(resume, resume->group);
}

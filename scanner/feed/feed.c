/* SPDX-License-Identifier: BSD-2-Clause */
/* The feed's thread: read → decode → entries → targets → batches. It alone touches all of struct feed but the
 * queue. */
#include "scanner/feed/feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/hash.h"
#include "scanner/base/log.h"
#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"
#include "scanner/feed/feed_decode.h"
#include "scanner/feed/feed_foreign.h"
#include "scanner/feed/feed_format.h"
#include "scanner/feed/feed_input.h"
#include "scanner/feed/feed_shuffle.h"
#include "scanner/rules/idna.h"

enum {
	READ_SIZE = 4096,     /* octets of one read: so far may feed_fraction be ahead of the targets that are made */
	FEED_DETECT_MS = 500, /* no program that copies a list pauses for so long: what is there must tell its format,
			       * or --input-format where it can't */
};

_Static_assert((int)OBS_LINE_MAX >= (int)DOMAIN_NAME_MAX, "a batch has room for any name");

struct feed {
	struct feed_options options;
	struct feed_past past; /* what options.past points to */
	struct feed_input input;
	struct feed_decode *decode;
	struct feed_reader *reader;
	struct feed_shuffle *shuffle; /* NULL: in the order of the list */
	struct feed_batch *filling;   /* NULL: none begun */
	atomic_uint_least64_t handed; /* targets */
	uint64_t done;                /* entries passed over: of an earlier run */
	uint64_t next;                /* the next entry's index, where no gap is in front of it */
	atomic_uint_least64_t entries;
	bool has_name;      /* an entry was a domain name, or the list is a chunk, which may have none */
	bool has_url;       /* one was a URL, and it was said */
	bool is_other;      /* not the list that an earlier run did */
	atomic_bool is_cut; /* by max_domains */
	size_t first_n;     /* octets of the first entry */
	char first[FEED_SHOWN_MAX];
	pthread_t thread;
	char buffer[READ_SIZE];

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t room;  /* a batch was taken, or stop */
	pthread_cond_t ready; /* a batch is there, or the end */
	STAILQ_HEAD(, feed_batch) queue, free;
	unsigned queued;         /* batches of queue */
	bool somebody_waits;     /* feed_take gave FEED_WAIT since the last on_ready */
	bool is_list;            /* batches go out: one holds a name, or no more are waited for */
	atomic_bool stop;        /* read without the lock, too */
	enum feed_result result; /* FEED_WAIT; once there is no more to come FEED_END or FEED_FAILED … */
	struct error error;      /* … and why; until then the thread's alone, and without the file's name */
};

struct feed_batch *feed_spare(struct feed *feed)
{
	struct feed_batch *batch;

	pthread_mutex_lock(&feed->lock);
	batch = STAILQ_FIRST(&feed->free);
	if (batch)
		STAILQ_REMOVE_HEAD(&feed->free, next);
	pthread_mutex_unlock(&feed->lock);
	return batch ? batch : malloc(sizeof(*batch));
}

/* Somewhere to put targets. False: no memory. */
static bool have_batch(struct feed *feed)
{
	if (feed->filling)
		return true;
	feed->filling = feed_spare(feed);
	if (!feed->filling) {
		error_set(&feed->error, "out of memory");
		return false;
	}
	feed->filling->count = feed->filling->used = 0;
	return true;
}

static void notify(struct feed *feed)
{
	if (feed->options.on_ready)
		feed->options.on_ready(feed->options.arg);
}

/* What is queued may be taken, if @is_so or it might before. With the lock. Must notify be called without it? */
static bool let_out(struct feed *feed, bool is_so)
{
	bool awaited;

	feed->is_list = feed->is_list || is_so;
	awaited = feed->is_list && feed->somebody_waits;
	feed->somebody_waits = feed->somebody_waits && !awaited;
	pthread_cond_broadcast(&feed->ready);
	return awaited;
}

/* Put what was collected into the queue, waiting for room. False: stopped. */
static bool hand_over(struct feed *feed)
{
	bool awaited = false, stop;

	if (!feed->filling || feed->filling->count == 0)
		return true;
	pthread_mutex_lock(&feed->lock);
	while (feed->queued == FEED_QUEUE && !feed->stop)
		pthread_cond_wait(&feed->room, &feed->lock);
	stop = feed->stop;
	if (!stop) {
		STAILQ_INSERT_TAIL(&feed->queue, feed->filling, next);
		feed->queued++;
		feed->filling = NULL;
		awaited = let_out(feed, feed->has_name || feed->queued == FEED_QUEUE);
	}
	pthread_mutex_unlock(&feed->lock);
	if (awaited)
		notify(feed);
	return !stop;
}

/* Keep the target whose name already stands at the end of the batch's text. */
static bool keep_in_place(struct feed *feed, const struct feed_target *target)
{
	struct feed_batch *batch = feed->filling;

	feed_batch_add(batch, target);
	return feed_batch_has_room(batch) || hand_over(feed);
}

static bool on_shuffled(void *arg, const struct feed_target *target)
{
	struct feed *feed = arg;
	struct feed_target copy = *target;
	char *text;

	if (!have_batch(feed))
		return false;
	text = feed->filling->text + feed->filling->used;
	memcpy(text, target->name.p, target->name.n);
	copy.name.p = text;
	return keep_in_place(feed, &copy);
}

static bool keep(struct feed *feed, const struct feed_target *target)
{
	if (!feed->shuffle)
		return keep_in_place(feed, target);
	return !feed_shuffle_put(feed->shuffle, target) || feed_shuffle_drain(feed->shuffle, on_shuffled, feed);
}

/* Its octets and the number of shards decide, nothing else. */
static uint32_t shard_of(struct span name, uint32_t shards)
{
	uint64_t hash = hash_span(name); /* and MurmurHash3's finish: FNV's low bits mix badly */

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)((hash ^ hash >> 33) % shards);
}

/* Of one key a smaller sample lies within a larger one, whatever the order of the list and whatever its shards: the
 * hash is compared as a whole. A line that is no name has a place as well, so that the sample speaks of the list's
 * lines. */
static bool is_sampled(const struct feed_options *options, struct span name)
{
	if (options->sample <= 0 || options->sample >= 1)
		return true;
	return siphash_samples(options->sample_key, options->sample, name);
}

/* What is no name keeps its octets, as evidence. */
static void name_target(struct feed_target *target, const struct feed_entry *entry, char *text)
{
	size_t n;

	target->name.p = text;
	if (!entry->illegal && idna_name(entry->text, text, &n)) {
		target->input = INPUT_OK;
		target->name.n = n;
		return;
	}
	target->input = INPUT_ILLEGAL;
	target->name.n = entry->text.n < OBS_LINE_MAX ? entry->text.n : OBS_LINE_MAX;
	memcpy(text, entry->text.p, target->name.n);
}

/* What an earlier run did counts: going on leads to where one run would have led. */
static bool is_enough(struct feed *feed)
{
	uint64_t most = feed->options.max_domains;

	if (most == 0 || atomic_load_explicit(&feed->handed, memory_order_relaxed) + feed->done < most)
		return false;
	atomic_store(&feed->is_cut, true);
	return true;
}

/* What it tells of the list as a whole. */
static void learn_from(struct feed *feed, const struct feed_target *target)
{
	feed->has_name = feed->has_name || target->input == INPUT_OK;
	if (feed_entries(feed) == 1) {
		feed->first_n = target->name.n < FEED_SHOWN_MAX ? target->name.n : FEED_SHOWN_MAX;
		memcpy(feed->first, target->name.p, feed->first_n);
	}
	if (target->input == INPUT_OK || feed->has_url || feed->options.told ||
	    !memmem(target->name.p, target->name.n, "://", 3))
		return;
	feed->has_url = true;
	log_warning("%s: `%.*s` is a URL, and no domain name: give its host alone", feed_name(feed->options.path),
		    (int)(target->name.n < FEED_SHOWN_MAX ? target->name.n : FEED_SHOWN_MAX), target->name.p);
}

static int differs(struct feed *feed)
{
	feed->is_other = true;
	return error_set(&feed->error,
			 "is not the list this scan was begun with (what it has near line %llu differs); "
			 "resume with that list, or begin another scan file",
			 (unsigned long long)feed_entries(feed));
}

/* An entry that is not wanted, or FEED_NEW. */
static enum feed_past_is look_back(const struct feed *feed, const struct feed_target *target)
{
	const struct feed_past *past = feed->options.past;

	return past ? past->look(past->arg, target->index, target->name) : FEED_NEW;
}

static int on_entry(void *arg, const struct feed_entry *entry)
{
	struct feed *feed = arg;
	const struct feed_options *options = &feed->options;
	struct feed_target target = { .index = feed->next + entry->gap, .rank = entry->rank, .extra = entry->extra };
	enum feed_past_is past;

	feed->next = target.index + 1;
	/* Nobody else writes the counters: no need of a locked instruction for every line. */
	atomic_store_explicit(&feed->entries, feed_entries(feed) + 1, memory_order_relaxed);
	if (!have_batch(feed))
		return FEED_STOPPED;
	name_target(&target, entry, feed->filling->text + feed->filling->used);
	learn_from(feed, &target);
	past = look_back(feed, &target);
	if (past == FEED_DIFFERS)
		return differs(feed);
	if (past == FEED_DONE) {
		feed->done++;
		return is_enough(feed) ? FEED_STOPPED : 0;
	}
	if (options->shards > 1 && shard_of(target.name, options->shards) != options->shard)
		return 0;
	if (!is_sampled(options, target.name))
		return 0;
	if (target.input == INPUT_OK && options->domain_blocklist &&
	    domain_set_has(options->domain_blocklist, target.name))
		target.input = INPUT_BLOCKLISTED;
	if (!keep(feed, &target))
		return FEED_STOPPED;
	atomic_store_explicit(&feed->handed, atomic_load_explicit(&feed->handed, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return is_enough(feed) ? FEED_STOPPED : 0;
}

static int on_octets(void *arg, const char *p, size_t n)
{
	struct feed *feed = arg;

	return feed_reader_push(feed->reader, p, n);
}

/* What a slow writer has sent is surveyed before it goes on. 0, -1 or FEED_STOPPED. */
static int use_pause(struct feed *feed)
{
	bool awaited;
	int result;

	if (feed_input_is_ready(&feed->input, 0) ||
	    (!feed->has_name && feed_input_is_ready(&feed->input, FEED_DETECT_MS)))
		return 0;
	result = feed_reader_tell(feed->reader);
	if (result == 0 && !hand_over(feed))
		return FEED_STOPPED;
	pthread_mutex_lock(&feed->lock);
	awaited = let_out(feed, feed->queued > 0);
	pthread_mutex_unlock(&feed->lock);
	if (awaited)
		notify(feed);
	return result;
}

/* 0 at the end of the octets, -1 where the input broke, FEED_STOPPED. */
static int read_octets(struct feed *feed)
{
	int result;
	ssize_t got;

	do {
		result = use_pause(feed);
		if (result != 0)
			return result;
		got = feed_input_read(&feed->input, feed->buffer, sizeof(feed->buffer));
		if (got < 0)
			return error_set(&feed->error, "%s", strerror(errno));
		if (got == 0 && atomic_load(&feed->stop)) /* not the end, so nothing is truncated */
			return FEED_STOPPED;
		result = got > 0 ? feed_decode_push(feed->decode, feed->buffer, (size_t)got)
				 : feed_decode_end(feed->decode);
	} while (result == 0 && got > 0);
	return result;
}

/* No domain name was in it. */
static void find_reason(struct feed *feed)
{
	struct span first = { feed->first, feed->first_n };

	if (feed_entries(feed) > 0 && first.n > 0)
		error_set(&feed->error, "no line of it is a domain name; the first, `%.*s`, %s", (int)first.n, first.p,
			  feed_foreign_line(first));
	else if (feed_reader_is_zone(feed->reader))
		error_set(&feed->error,
			  "no domain in it: a zone file gives the owners of its NS records below the zone's "
			  "own name, and has none; one name a line is expected otherwise");
	else if (feed->options.format == FEED_FORMAT_CHUNK)
		error_set(&feed->error, "no entry in it: a chunk has a row for each behind its header");
	else
		error_set(&feed->error, "no domain in it; one name a line is expected");
}

/* Has what was read to be believed? */
static void judge(struct feed *feed)
{
	const struct feed_past *past = feed->options.past;
	bool failed = feed->error.text[0];

	if (feed_input_has_changed(&feed->input))
		error_set(&feed->error, "changed while it was read: names of both may be in the scan file; begin "
					"another one with a copy that nobody writes to");
	else if (!failed && (!feed->has_name || feed_entries(feed) == 0))
		find_reason(feed);
	else if (!failed && !feed->is_cut && past && !past->at_end(past->arg))
		(void)differs(feed);
}

static void read_all(struct feed *feed)
{
	int result = read_octets(feed);

	/* A line that the break cut short would be another domain's name. */
	if (result != FEED_STOPPED)
		result = feed_reader_end(feed->reader, result == 0); /* it has written the error */
	if (!atomic_load(&feed->stop))
		judge(feed);
}

static void *run_feed(void *arg)
{
	struct feed *feed = arg;

	read_all(feed);
	if (!feed->is_other && (!feed->shuffle || feed_shuffle_drain(feed->shuffle, on_shuffled, feed)))
		(void)hand_over(feed);
	pthread_mutex_lock(&feed->lock);
	feed->result = FEED_END;
	if (feed->error.text[0]) {
		error_prefix(&feed->error, "%s", feed_name(feed->options.path));
		feed->result = FEED_FAILED;
	}
	pthread_cond_broadcast(&feed->ready);
	pthread_mutex_unlock(&feed->lock);
	notify(feed);
	return NULL;
}

static void free_all(struct feed *feed)
{
	struct feed_batch *batch;

	STAILQ_CONCAT(&feed->free, &feed->queue);
	while ((batch = STAILQ_FIRST(&feed->free))) {
		STAILQ_REMOVE_HEAD(&feed->free, next);
		free(batch);
	}
	free(feed->filling);
	free(feed->shuffle);
	free(feed->reader);
	feed_decode_free(feed->decode);
	feed_input_close(&feed->input);
	pthread_cond_destroy(&feed->room);
	pthread_cond_destroy(&feed->ready);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}

int feed_open(struct feed **feed, const struct feed_options *options, struct error *error)
{
	struct feed *made = calloc(1, sizeof(*made));

	if (!made)
		return error_set(error, "%s: out of memory", options->path);
	made->options = *options;
	made->result = FEED_WAIT;
	made->next = options->first_index;
	made->has_name = options->format == FEED_FORMAT_CHUNK;
	if (options->past) {
		made->past = *options->past;
		made->options.past = &made->past;
	}
	STAILQ_INIT(&made->queue);
	STAILQ_INIT(&made->free);
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->room, NULL);
	pthread_cond_init(&made->ready, NULL);
	if (feed_input_open(&made->input, options->path, error) != 0)
		goto failed;
	made->decode = feed_decode_new(on_octets, made, &made->error);
	made->reader = feed_reader_new(options->format, options->origin, on_entry, made, &made->error);
	if (made->reader)
		feed_reader_keep_labels(made->reader, options->label, options->label_count);
	made->shuffle = options->shuffle ? feed_shuffle_new(options->seed) : NULL;
	if (!made->decode || !made->reader || (options->shuffle && !made->shuffle) ||
	    pthread_create(&made->thread, NULL, run_feed, made) != 0) {
		error_set(error, "%s: out of memory or threads", options->path);
		goto failed;
	}
	*feed = made;
	return 0;
failed:
	free_all(made);
	return -1;
}

/* With the lock. */
static enum feed_result take_queued(struct feed *feed, struct feed_batch **batch)
{
	if (feed->stop)
		return FEED_END;
	if (feed->queued == 0 || !feed->is_list)
		return feed->result;
	*batch = STAILQ_FIRST(&feed->queue);
	STAILQ_REMOVE_HEAD(&feed->queue, next);
	feed->queued--;
	pthread_cond_signal(&feed->room);
	return FEED_BATCH_TAKEN;
}

enum feed_result feed_take(struct feed *feed, struct feed_batch **batch)
{
	enum feed_result result;

	pthread_mutex_lock(&feed->lock);
	result = take_queued(feed, batch);
	feed->somebody_waits = feed->somebody_waits || result == FEED_WAIT;
	pthread_mutex_unlock(&feed->lock);
	return result;
}

enum feed_result feed_await(struct feed *feed, struct feed_batch **batch, unsigned seconds)
{
	enum feed_result result;
	struct timespec until;
	int over = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&feed->lock);
	while ((result = take_queued(feed, batch)) == FEED_WAIT && over == 0)
		over = pthread_cond_clockwait(&feed->ready, &feed->lock, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&feed->lock);
	return result;
}

void feed_release(struct feed *feed, struct feed_batch *batch)
{
	pthread_mutex_lock(&feed->lock);
	STAILQ_INSERT_HEAD(&feed->free, batch, next);
	pthread_mutex_unlock(&feed->lock);
}

void feed_error(struct feed *feed, struct error *error)
{
	pthread_mutex_lock(&feed->lock);
	*error = feed->result == FEED_FAILED ? feed->error : (struct error){ "" };
	pthread_mutex_unlock(&feed->lock);
}

double feed_fraction(const struct feed *feed)
{
	uint64_t taken = atomic_load_explicit(&feed->input.taken, memory_order_relaxed);
	uint64_t handed = atomic_load_explicit(&feed->handed, memory_order_relaxed);
	uint64_t most = feed->options.max_domains;
	double share = -1, of_most = most > 0 ? (double)handed / (double)most : -1;

	if (feed->input.is_file)
		share = taken >= feed->input.identity.size ? 1 : (double)taken / (double)feed->input.identity.size;
	return share > of_most ? share : of_most;
}

uint64_t feed_entries(const struct feed *feed)
{
	return atomic_load_explicit(&feed->entries, memory_order_relaxed);
}

uint64_t feed_handed(const struct feed *feed)
{
	return atomic_load_explicit(&feed->handed, memory_order_relaxed);
}

struct span feed_label(const struct feed *feed, size_t i)
{
	return feed_reader_label(feed->reader, i);
}

bool feed_is_cut(const struct feed *feed)
{
	return atomic_load(&feed->is_cut);
}

struct feed_identity feed_identity(const struct feed *feed)
{
	return feed->input.identity;
}

void feed_stop(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->stop = true;
	pthread_cond_broadcast(&feed->room);
	pthread_cond_broadcast(&feed->ready);
	pthread_mutex_unlock(&feed->lock);
	feed_input_wake(&feed->input);
}

void feed_close(struct feed *feed)
{
	if (!feed)
		return;
	feed_stop(feed);
	pthread_join(feed->thread, NULL);
	free_all(feed);
}

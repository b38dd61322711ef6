/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed.h - the input: lists, rankings, zone files → targets, on a thread of its own.
 *
 * Decompression, IDNA, shards, the shuffle, the domain blocklist and --resume's skipping happen
 * here, off the workers' loops. Batches go through a bounded queue: memory does not depend on the
 * length of the list.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_H
#define STSURVEY_SCANNER_FEED_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "output/error.h"
#include "parsers/observation.h"
#include "parsers/siphash.h"
#include "scanner/base/extra.h"

enum {
	FEED_BATCH = 64,                                              /* targets; one lock for each batch */
	FEED_TARGET_MAX = OBS_LINE_MAX + EXTRA_MAX + EXTRA_FIRST_MAX, /* octets of one */
	FEED_QUEUE = 8,                                               /* batches waiting */
};

struct feed_target {
	uint64_t index; /* of the input entry: first_index, and on for each line that is neither blank nor comment */
	uint64_t rank;  /* 0: none */
	enum input_status input;
	struct span name;  /* A-labels, lower case, or the bad line cut at OBS_LINE_MAX; points into the batch */
	struct span extra; /* what else the list tells of it (scanner/base/extra.h); into the batch, too */
	/* of a domain that was deferred, with --direct: as struct name_entry has them; the list leaves them 0 */
	struct span servers;
	uint8_t why;
};

struct feed_batch {
	unsigned count;
	struct feed_target target[FEED_BATCH];
	unsigned used;                        /* octets of text, while the feed fills it */
	STAILQ_ENTRY(feed_batch) next;        /* the feed's, while nobody has the batch */
	char text[FEED_BATCH * OBS_LINE_MAX]; /* what is longer than bad lines are makes it full earlier */
};

/* Has the batch room for a target? */
static inline bool feed_batch_has_room(const struct feed_batch *batch)
{
	return batch->count < FEED_BATCH && sizeof(batch->text) - batch->used >= FEED_TARGET_MAX;
}

/* Put @extra behind the target's name, which is the last of the batch's text already, and count it in. There is room.
 */
static inline void feed_batch_add(struct feed_batch *batch, const struct feed_target *target)
{
	struct feed_target *added = &batch->target[batch->count++];

	*added = *target;
	batch->used += (unsigned)target->name.n;
	if (target->extra.n == 0)
		return;
	added->extra.p = memcpy(batch->text + batch->used, target->extra.p, target->extra.n);
	batch->used += (unsigned)target->extra.n;
}

/* Of an entry of a list, and of what --first-index may be: no list is as long, and their sum is far from wrapping. */
#define FEED_INDEX_MAX (UINT64_C(1) << 40)

enum feed_format { FEED_FORMAT_AUTO, FEED_FORMAT_LIST, FEED_FORMAT_CSV, FEED_FORMAT_ZONE, FEED_FORMAT_CHUNK };

struct domain_set;

/* What earlier runs did of the list. */
struct feed_past {
	/* Each entry, in order. Done: it is skipped; FEED_DIFFERS: it, or one of the last few, is not what was done. */
	enum feed_past_is { FEED_NEW, FEED_DONE, FEED_DIFFERS } (*look)(void *arg, uint64_t index, struct span name);
	/* That was the whole list. False: it is not the list that was done. */
	bool (*at_end)(void *arg);
	void *arg;
};

struct feed_options {
	const char *path; /* "-": standard input; lives as long as the feed */
	enum feed_format format;
	const char *origin; /* of a zone file that does not tell it; "." is the root; NULL: none. Implies the format */
	uint64_t first_index;     /* of the list's first entry, or of a chunk's offset 0 */
	uint32_t shards, shard;   /* 1, 0: everything */
	const struct span *label; /* columns of a CSV list to be kept; live as long as the feed */
	size_t label_count;
	double sample; /* the share of the entries that is handed out, by a keyed hash of their names; 0: all */
	uint8_t sample_key[SIPHASH_KEY_OCTETS];
	uint64_t seed;                             /* with shuffle */
	bool shuffle;                              /* within a bounded buffer (--seed) */
	bool told;                                 /* somebody else reads it, too, and has warned of what is odd */
	uint64_t max_domains;                      /* targets handed out; 0: no limit */
	const struct domain_set *domain_blocklist; /* NULL: none */
	const struct feed_past *past;              /* --resume; copied; NULL: nothing was done */
	void (*on_ready)(void *arg);               /* a batch is there, or the end; on the feed's thread */
	void *arg;
};

/* What tells one list from another, for --resume; all 0 where it is no file. */
struct feed_identity {
	uint64_t size;   /* octets */
	int64_t mtime;   /* seconds since 1970 */
	uint64_t sample; /* hash of the size and some of the content; never 0 */
	uint64_t hash;   /* of the whole content, as it was when the file was opened; never 0 */
};

struct feed;

/* What messages call the input at @path. */
static inline const char *feed_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int feed_open(struct feed **feed, const struct feed_options *options,
						  struct error *error);

enum feed_result { FEED_BATCH_TAKEN, FEED_WAIT, FEED_END, FEED_FAILED };

/* Take a batch. Never blocks: FEED_WAIT means on_ready will be called. FEED_FAILED: the input broke
 * (truncated gzip, read error, changed while it was read) after everything readable was handed out, or it is no list:
 * no domain name is in it; feed_error tells. Of a short list without one, nothing is handed out. Any thread. The batch
 * is the caller's until feed_release. */
enum feed_result feed_take(struct feed *feed, struct feed_batch **batch);
void feed_release(struct feed *feed, struct feed_batch *batch);

/* As feed_take, but waits up to @seconds for a batch or the end. */
enum feed_result feed_await(struct feed *feed, struct feed_batch **batch, unsigned seconds);

/* A batch for targets that come from elsewhere, to be released as the others are. NULL: no memory. Any thread. */
struct feed_batch *feed_spare(struct feed *feed);

/* Why feed_take gave FEED_FAILED, with file and remedy; "" as long as it did not. Any thread. */
void feed_error(struct feed *feed, struct error *error);

/* How far: 0..1 of the input's octets or of max_domains, whichever ends first; -1 for a pipe without end in
 * sight. Any thread. */
double feed_fraction(const struct feed *feed);

/* Entries seen so far, shards and skipped ones included. Any thread. */
uint64_t feed_entries(const struct feed *feed);

/* Targets made so far. The feed runs ahead of the scan: of the whole work, feed_fraction × recorded /
 * feed_handed is done. Any thread. */
uint64_t feed_handed(const struct feed *feed);

/* The name of a label's column, as the list has it. Once feed_take gave a batch, or FEED_END. */
struct span feed_label(const struct feed *feed, size_t i);

/* Did max_domains end it? The list may hold more. Any thread, once feed_take gave FEED_END. */
bool feed_is_cut(const struct feed *feed);

struct feed_identity feed_identity(const struct feed *feed);

/* Stop reading, also in the middle of a blocking read; feed_take gives FEED_END afterwards. Any thread. */
void feed_stop(struct feed *feed);
void feed_close(struct feed *feed);

#endif

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

enum {
	FEED_BATCH = 64, /* targets; one lock for each batch */
	FEED_QUEUE = 8,  /* batches waiting */
};

struct feed_target {
	uint64_t index; /* of the input entry, from 0: one for each line that is neither blank nor comment */
	uint64_t rank;  /* 0: none */
	enum input_status input;
	struct span name; /* A-labels, lower case, or the bad line cut at OBS_LINE_MAX; points into the batch */
};

struct feed_batch {
	unsigned count;
	struct feed_target target[FEED_BATCH];
	unsigned used;                 /* octets of text, while the feed fills it */
	STAILQ_ENTRY(feed_batch) next; /* the feed's, while nobody has the batch */
	char text[FEED_BATCH * OBS_LINE_MAX];
};

enum feed_format { FEED_FORMAT_AUTO, FEED_FORMAT_LIST, FEED_FORMAT_CSV, FEED_FORMAT_ZONE };

struct domain_set;

struct feed_options {
	const char *path; /* "-": standard input */
	enum feed_format format;
	uint32_t shards, shard;                     /* 1, 0: everything */
	uint64_t seed;                              /* with shuffle */
	bool shuffle;                               /* within a bounded buffer (--seed) */
	uint64_t max_domains;                       /* targets handed out; 0: no limit */
	const struct domain_set *domain_blocklist;  /* NULL: none */
	bool (*is_done)(void *arg, uint64_t index); /* --resume: skip these; NULL: none */
	void *is_done_arg;
	void (*on_ready)(void *arg); /* a batch is there, or the end; on the feed's thread */
	void *arg;
};

struct feed;

/* 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int feed_open(struct feed **feed, const struct feed_options *options,
						  struct error *error);

enum feed_result { FEED_BATCH_TAKEN, FEED_WAIT, FEED_END, FEED_FAILED };

/* Take a batch. Never blocks: FEED_WAIT means on_ready will be called. FEED_FAILED: the input broke
 * (truncated gzip, read error) after everything readable was handed out; feed_error tells. Any thread. The
 * batch is the caller's until feed_release. */
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

/* What identifies the input for --resume. */
void feed_identity(const struct feed *feed, uint64_t *size, int64_t *mtime, uint64_t *sample);

/* Stop reading, also in the middle of a blocking read; feed_take gives FEED_END afterwards. Any thread. */
void feed_stop(struct feed *feed);
void feed_close(struct feed *feed);

#endif

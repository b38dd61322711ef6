/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/work_own.h - a worker, as work*.c share it: one thread, which never waits long for anything, so
 * that its word to the others, the server's patience with its chunk, and signals have their time. */
#ifndef STSURVEY_SCANNER_FLEET_WORK_WORK_OWN_H
#define STSURVEY_SCANNER_FLEET_WORK_WORK_OWN_H

#include "scanner/fleet_work/child.h"
#include "scanner/fleet/fleet.h"
#include "scanner/fleet/ledger.h"
#include "scanner/fleet_work/workspace.h"

/* Whether it goes on. */
enum work_state {
	WORK_ON,
	WORK_SIGNALLED, /* somebody asked it to end */
	WORK_OVER,      /* the job is collected, or gone */
	WORK_FAILED,    /* why is in the error */
};

/* How far the scan of a chunk is, as its status updates tell. */
struct work_pace {
	uint64_t count, before; /* domains or mail servers: now, and when the pace was looked at last */
	int64_t before_ms;      /* 0: not yet */
	int64_t looked_ms;
};

/* Chunks that fail here one after the other before it is thought to be our fault: two may be alike in what kills a
 * scan, and stand beside each other in the list. */
enum { WORK_FAILED_MOST = 2 };

struct work {
	const struct options *options;
	struct fleet_job fleet;
	struct workspace space;
	struct ledger *ledger;
	struct error *error; /* of WORK_FAILED and WORK_OVER */
	enum work_state state;
	char program[PATH_MAX];
	char manifest[JOB_HASH_TEXT]; /* SHA-256 of it: another one is another job */
	bool is_public;               /* one of its name servers is a public resolver */
	bool has_resent;              /* what was in the folder when we began */
	bool has_ended;               /* the job … */
	bool is_collected;            /* … well: what is in the folder is of no use any more */
	bool holds_share;
	char crowded[sizeof(
		((struct job_word *)NULL)->state)];          /* why we would wait for a share; "": all may have one */
	struct job_word word;                                /* .last: what went wrong last */
	char told[sizeof(((struct job_word *)NULL)->state)]; /* its state, at the server */
	uint64_t domains; /* of chunks that are done; word.domains has those of this one, too */
	unsigned chunks;  /* done */
	int64_t begun_ms; /* by the machine's clock, as all below */
	int64_t renewed_ms, shown_ms, idle_ms, looked_ms;
	int64_t rested_ms,
		rest_ms; /* no chunk before that, since one came to nothing through us; the rest it takes after that */
	uint32_t failed[WORK_FAILED_MOST]; /* chunks, since one was done */
	unsigned failed_count;
	/* the chunk at hand */
	struct bus_task *task; /* NULL: none */
	struct job_chunk chunk;
	int64_t task_ms; /* when the server was last told that it goes on */
	struct work_pace pace;
	size_t cursor; /* of the files that are whole: which was looked at last */
};

/* What is due: our word, the chunk's sign of life, the progress line, signals. To be called every second at least.
 * False: it does not go on (work->state). */
bool work_tend(struct work *work);
/* The same, again and again, for @ms. */
bool work_pause(struct work *work, unsigned ms);

/* Nobody is to be asked anything: our share and our lane are the others'. Again and again, as long as it lasts. */
void work_give(struct work *work);

/* A call of the bus ended so: true where it is worth to be done again, after a pause. */
bool work_again(struct work *work, enum bus_result result, const struct error *why);

/* Something that belongs to the job is missing (@why): it does not go on, with success where the job is gone. */
void work_misses(struct work *work, const struct error *why);

/* What we are at, for our word and the progress line. */
__attribute__((format(printf, 2, 3))) void work_is(struct work *work, const char *state, ...);
/* What went wrong: to the log, and into our word. */
__attribute__((format(printf, 2, 3))) void work_warn(struct work *work, const char *format, ...);
/* It does not go on. */
__attribute__((format(printf, 2, 3))) void work_fail(struct work *work, const char *format, ...);

/* ---- work_chunk.c ---- */

/* The chunk at hand, from its message to its acknowledgement; then there is none at hand. */
void work_chunk(struct work *work);

/* ---- work_probe.c ---- */

/* A scan of nothing, as that stage's are: can we scan at all? False: it does not go on. */
bool work_probe(struct work *work, enum job_stage stage);
/* The same where we could not the last time; else true. */
bool work_probe_first(struct work *work);

/* ---- work_send.c ---- */

/* The chunk's file, which is whole, to the server; then the word that it is done. @again: some of it was lost there, so
 * that what the server knows by its id is to be stored nevertheless. @seconds: its scan took. *@is_sent: the chunk is
 * done, with our file or another's; else the file was no scan file, and is removed. False: it does not go on. */
bool work_send(struct work *work, uint32_t chunk, bool again, double seconds, bool *is_sent);

/* ---- work_files.c ---- */

/* What is in the folder: files nobody has heard of are sent, those that were fetched go. */
bool work_look_at_files(struct work *work);

/* What was begun when we were killed: the book is told, so that a chunk that kills its workers is known by it. */
bool work_own_up(struct work *work);

/* Those of the job's options, into the folder. */
bool work_fetch_files(struct work *work);

/* ---- work_book.c: each is asked again until the server answers, or it does not go on ---- */

/* Is the job still there, and not collected? Else it does not go on, and its files are of no use. */
bool work_has_job(struct work *work);

/* Of the chunk's keys; may be missing. */
enum bus_result work_get(struct work *work, enum job_key key, uint32_t chunk, struct bus_value *value);

/* The server's clock, as it dates what we put there between @before and @after by ours. False: it does not go on. */
bool work_check_clock(struct work *work, struct bus_bucket *bucket, const char *key, int64_t before, int64_t after);

/* "attempt.CHUNK", by us; also where it does not go on it is tried once. False: it does not go on. */
bool work_put_attempt(struct work *work, uint32_t chunk, unsigned number, const char *why);

#endif

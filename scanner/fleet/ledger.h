/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/ledger.h - what of a job's limits each worker may use, so that all of them together never use more.
 *
 * The job has one book, the key "ledger": for each worker its share of all rates, in millionths, and the lane it works
 * on. It is changed by compare-and-set, so that the shares never add up to more than everything and no lane has two
 * workers. Each worker's word (JOB_ALIVE, with a time to live by the server's clock) says that it lives: whose word is
 * gone is struck from the book by who has missed it for as long again. A worker that could not renew its word stops in
 * time, by its own clock: its share may be another's by then.
 *
 * A share is taken at the beginning of a chunk and kept until the next; the others learn of a newcomer when they begin
 * theirs. The pure part is budget.h.
 */
#ifndef STSURVEY_SCANNER_FLEET_LEDGER_H
#define STSURVEY_SCANNER_FLEET_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/bus/bus.h"
#include "scanner/fleet/job.h"

enum { LEDGER_WHOLE = 1000000 };

struct ledger;

/* Make the book, empty; OK also where it is there. Once, by who makes the job: that it is missing later means that
 * somebody removed it, and nobody is given anything for the life of a word. */
enum bus_result ledger_create(struct bus_bucket *book, struct error *error);

/* @worker: its name. @id: of its folder, letters and digits, always the same: who begins again under its name after a
 * crash takes the place that it left; the same name with another id, while that one lives, is another worker: EXISTS.
 * @life_s: how long a word lives (struct job, ack_wait_s: the bucket @alive has it as time to live). The buckets live
 * as long as the ledger. */
__attribute__((warn_unused_result)) enum bus_result ledger_open(struct ledger **ledger, struct bus_bucket *book,
								struct bus_bucket *alive, const char *worker,
								const char *id, double life_s, struct error *error);
/* So many workers may have a share at once; 0, as at first: any number. All of a job's say the same. */
void ledger_bears(struct ledger *ledger, size_t most);
/* Strikes us from the book, where the server is there. NULL: nothing to do. */
void ledger_close(struct ledger *ledger);

/* Say that we live, with @word, and see what the book says of us. To be called every ledger_renew_s at least, also by
 * who has nothing to do. OK: the word is put, and was seen by the server; that our share is lost nevertheless (the word
 * had ended before, somebody removed the book) shows in ledger_left_s. */
enum bus_result ledger_renew(struct ledger *ledger, const struct job_word *word, struct error *error);
double ledger_renew_s(const struct ledger *ledger);

/* Seconds until we must begin to stop, by our own clock and with a margin; below 0: ask nobody anything any more, and
 * be silent within ledger_stop_s. It stays below 0 until a share is taken again. */
double ledger_left_s(const struct ledger *ledger);
/* With a life of 60 s the 13 that a scan may need (it drains for 8 and is killed 5 later); with less, less: it is
 * killed sooner. */
double ledger_stop_s(const struct ledger *ledger);

/* Our share for the next chunk, to be called when nothing of the last one runs any more. OK and *@share above 0;
 * EXISTS: none is free now, ask again in a second (the others have been told that we wait); MISSING: we had a lane, and
 * have been struck meanwhile: put the chunk back and begin again. */
enum bus_result ledger_take_share(struct ledger *ledger, uint32_t *share, struct error *error);
/* To be asked by who has no share, before it begins what it wants one for: OK; EXISTS: as many as may have one have it.
 */
enum bus_result ledger_find_place(struct ledger *ledger, struct error *error);
/* Nothing to do at the moment: the share is the others'. */
enum bus_result ledger_give_share(struct ledger *ledger, struct error *error);

/* The lane, for us alone: OK, or EXISTS: it is somebody else's. What we had is given back. */
enum bus_result ledger_take_lane(struct ledger *ledger, unsigned lane, struct error *error);
enum bus_result ledger_give_lane(struct ledger *ledger, struct error *error);

/* For `status`: each worker of the book and each that lives. */
struct ledger_worker {
	const char *name;
	uint32_t share;
	int lane; /* -1: none */
	bool lives;
	struct job_word word; /* of one that lives */
	int64_t word_ms;      /* when it was put, by the server's clock */
};
typedef void ledger_on_worker(void *arg, const struct ledger_worker *worker);
enum bus_result ledger_workers(struct bus_bucket *book, struct bus_bucket *alive, ledger_on_worker *on_worker,
			       void *arg, struct error *error);

#endif

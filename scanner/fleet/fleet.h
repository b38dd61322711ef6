/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/fleet.h - the commands of stsurvey-fleet. Each returns the exit status, and leaves a line in @error for
 * the user, which is empty before. */
#ifndef STSURVEY_SCANNER_FLEET_FLEET_H
#define STSURVEY_SCANNER_FLEET_FLEET_H

#include "scanner/base/stop_signal.h"
#include "scanner/bus/bus.h"
#include "scanner/fleet/job.h"
#include "scanner/options/options.h"

int fleet_submit(const struct options *options, struct error *error);
int fleet_work(const struct options *options, struct error *error);
int fleet_collect(const struct options *options, struct error *error);
int fleet_status(const struct options *options, struct error *error);
int fleet_cancel(const struct options *options, struct error *error);

/* ---- what they share (fleet_common.c) ---- */

/* The exit status when a signal asked us to end (stop_signal; calls of the bus that wait end, too), and why in @error.
 */
int fleet_ended(struct error *error);

/* What is wrong with the command line or the environment, so far as it is about the server and the job's name; first of
 * all. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int fleet_check(const struct options *options, struct error *error);

/* Is the server on loopback, by its URLs, which fleet_check has seen? Who writes to such a one is on this machine. */
bool fleet_server_is_local(const struct options *options);
/* With --nats, --creds and so on, or the environment's. A server that is not there is waited for, but not for long. */
enum bus_result fleet_connect(const struct options *options, const char *role, struct bus **bus, struct error *error);

/* Every job at the server; its stream of results, all 0 where it has none (it was not made, or not removed, to the
 * end).
 */
typedef void fleet_on_job(void *arg, const char *name, const struct bus_stream_info *results);
enum bus_result fleet_jobs(struct bus *bus, fleet_on_job *on_job, void *arg, struct error *error);

struct fleet_job {
	struct bus *bus;
	struct bus_bucket *book, *alive;
	struct job job;
};

/* Connect, open the job's buckets and read its manifest. MISSING: there is no such job. */
enum bus_result fleet_open(const struct options *options, const char *role, struct fleet_job *fleet,
			   struct error *error);
void fleet_close(struct fleet_job *fleet); /* all zero is nothing to close */

/* The word that all chunks of a stage are in the queue. MISSING: they are not. */
enum bus_result fleet_read_cut(struct bus_bucket *book, enum job_stage stage, struct job_cut *cut, struct error *error);
/* Say so, if nobody has. */
enum bus_result fleet_put_cut(struct bus_bucket *book, enum job_stage stage, const struct job_cut *cut,
			      struct error *error);

/* Put what is dead into the book: chunks that the server gave up (BUS_ADVISORY), with their last attempt's error; their
 * messages are deleted once that is stored. Called by all who look (work, collect, status). How many were buried:
 * *@count, may be NULL. (dead.c) */
enum bus_result fleet_bury(struct fleet_job *fleet, unsigned *count, struct error *error);
/* Chunks that are in the queue no more, and neither done nor dead: after a message that was no chunk was removed, it
 * may have been one. */
enum bus_result fleet_bury_lost(struct fleet_job *fleet, struct error *error);
/* One chunk that we give up ourselves, after its last attempt. */
enum bus_result fleet_bury_chunk(struct fleet_job *fleet, const struct job_chunk *chunk, const struct job_attempt *last,
				 struct error *error);
/* Do its entries stand one behind the other in the list, so that the first and how many they are tells all of them? */
bool fleet_is_together(const struct job *job, enum job_stage stage, const struct job_dead *dead);
/* A dead chunk in words: what is missing, and why. */
void fleet_dead_show(const struct job *job, enum job_stage stage, const struct job_dead *dead, struct text *out);

#endif

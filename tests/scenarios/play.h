/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scenarios/play.h - a script, played through job, classify and the record format. */
#ifndef STSURVEY_TESTS_SCENARIOS_PLAY_H
#define STSURVEY_TESTS_SCENARIOS_PLAY_H

#include "output/scan_file/decode.h"
#include "scanner/job/host_job.h"
#include "scanner/job/job.h"
#include "tests/scenarios/dump.h"
#include "tests/scenarios/script.h"

struct play {
	const struct script *script;
	struct net_fake fake;
	struct job_context context;
	struct job job; /* or, of a script about a host: */
	struct host_job host;
	unsigned done; /* calls of it since the run began */
	struct record_buffer *buffer;
	struct decode *decode;
	struct dump dump;      /* of the last run … */
	struct dump read_back; /* … and of what the scan file says of it */
	char why[1024];        /* what went wrong; "" */
};

/* Large: not for the stack. False: no memory. */
bool play_init(struct play *play, const struct script *script);
void play_fini(struct play *play);

/* Play run @number. Returns the job's fault (enum net_fault, or of a record that finds no memory); where
 * there is none `dump` holds the outcome. What breaks a promise stands in `why`. */
int play_run(struct play *play, unsigned number, const struct net_fake_twist *twist);

/* Compare the last run's outcome with what the script expects. False: `why` says what differs. */
bool play_check(struct play *play, unsigned number, int fault);

#endif

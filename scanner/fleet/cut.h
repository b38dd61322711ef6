/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/cut.h - a list → chunks, always the same ones: numbered from @first_chunk on, each a list of the form
 * scanner/feed/feed_chunk.h, compressed.
 *
 * Where the list tells name servers and they are to be asked (--direct), an operator's domains are all in chunks of one
 * lane, chosen by its hash: one worker at a time works on a lane, and so nobody else asks that operator. Mail servers
 * are cut alike, by their registrable domain, and those of one stand beside each other.
 */
#ifndef STSURVEY_SCANNER_FLEET_CUT_H
#define STSURVEY_SCANNER_FLEET_CUT_H

#include "scanner/fleet/job.h"

struct cut_options {
	const struct job *job;
	enum job_stage stage;
	const char *path;              /* the list; of stage 1 names of hosts, one a line */
	const struct options *options; /* of its form: --input-format, --origin, --label, --max-domains */
	uint32_t first_chunk;
};

/* What is done with a chunk that is whole: @data is its compressed list. 0, or -1 with one line in @error, which ends
 * the cutting. */
typedef int cut_on_chunk(void *arg, const struct job_chunk *chunk, struct span data, struct error *error);

/* 0 and *@cut; -1 with one line in @error (the list cannot be read, has no name in it). */
__attribute__((warn_unused_result)) int cut_list(const struct cut_options *options, cut_on_chunk *on_chunk, void *arg,
						 struct job_cut *cut, struct error *error);

/* A chunk into the streams: its list first, then its message for the queue (submit.c); the ids of both are the chunk's,
 * so that a second time adds nothing. @round: 0, or how often it was put back. */
enum bus_result cut_publish(struct bus *bus, const char *job, const struct job_chunk *chunk, unsigned round,
			    struct span data, struct error *error);

/* The list of a chunk, from the stream; MISSING: a part is not there; REFUSED: it is not what the chunk's message says
 * (damaged). @out is filled from its beginning. */
enum bus_result cut_fetch(struct bus *bus, const char *job, const struct job_chunk *chunk, struct text *out,
			  struct error *error);

#endif

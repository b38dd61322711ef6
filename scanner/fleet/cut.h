/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/cut.h - a list → chunks, always the same ones: numbered from @first_chunk on, each a list of the form
 * scanner/feed/feed_chunk.h, compressed.
 *
 * Where the list tells name servers and they are to be asked (--direct), an operator's domains are all in chunks of one
 * lane, chosen by its hash: one worker at a time works on a lane, and so nobody else asks that operator. Mail servers
 * are cut alike, by their registrable domain, and those of one stand beside each other.
 *
 * Memory: of each lane what of its chunk has come so far, compressed; with 100,000 domains in a chunk some 1 MB, and
 * 30 MB for all lanes.
 */
#ifndef STSURVEY_SCANNER_FLEET_CUT_H
#define STSURVEY_SCANNER_FLEET_CUT_H

#include <signal.h>

#include "scanner/feed/feed.h"
#include "scanner/fleet/job.h"

struct cut_options {
	const struct job *job; /* its chunk, lanes and list_hash; cut_look does without */
	enum job_stage stage;
	const char *path; /* the list; of stage 1 names of hosts, one a line, in the order of their domains */
	const struct options *options; /* of the list: --input-format, --origin, --label, --sample, --max-domains */
	uint32_t first_chunk;
	const volatile sig_atomic_t *stop; /* set: it ends with an error; NULL: none */
	/* Each second: how much of the list has been read, 0 to 1, below 0 where nobody knows; NULL: who cares. */
	void (*on_second)(void *arg, double fraction, uint64_t entries);
	void *arg;
};

/* What a list is, found by reading all of it. */
struct cut_look {
	struct feed_identity identity;
	uint64_t entries; /* as many as --max-domains takes */
	uint64_t taken;   /* of these, by --sample */
	bool has_servers; /* it is a zone file */
};

/* 0, or -1 with one line in @error (the list cannot be read, has no name in it). */
__attribute__((warn_unused_result)) int cut_look(const struct cut_options *options, struct cut_look *look,
						 struct error *error);

/* What is done with a chunk that is whole: @data is its compressed list. 0, or -1 with one line in @error, which ends
 * the cutting. */
typedef int cut_on_chunk(void *arg, const struct job_chunk *chunk, struct span data, struct error *error);

/* 0 and *@cut, whose entries are those in the chunks; -1 with one line in @error (as above, or it is not the list of
 * the job). Of hosts those are left out that no name server can be asked for; where none is left, there is no chunk. */
__attribute__((warn_unused_result)) int cut_list(const struct cut_options *options, cut_on_chunk *on_chunk, void *arg,
						 struct job_cut *cut, struct error *error);

/* ---- at the server (cut_transfer.c) ---- */

/* A chunk into the streams: its list first, whose parts are counted here, then its message for the queue; the ids of
 * both are the chunk's and its round's, so that a second time adds nothing. What is there of its list and is not as it
 * should be is replaced, where it was put back. *@duplicate (NULL: who cares): its message was there before, even if it
 * is done and gone by now. */
enum bus_result cut_publish(struct bus *bus, const char *job, const struct job_chunk *chunk, struct span data,
			    bool *duplicate, struct error *error);

/* The chunk's message into the queue once more, with deliveries of its own: for who has it for the last time, and gives
 * it back through no fault of the chunk's. Its list is there. */
enum bus_result cut_hand_on(struct bus *bus, const char *job, const struct job_chunk *chunk, struct error *error);

/* The list of a chunk, from the stream; MISSING: a part is not there; REFUSED: it is not what the chunk's message says
 * (damaged). @out is filled from its beginning. */
enum bus_result cut_fetch(struct bus *bus, const char *job, const struct job_chunk *chunk, struct text *out,
			  struct error *error);

/* What the stream has of the list of @chunk, of which the number alone is known; the rest of @chunk that is about it is
 * told from that. MISSING: it has none that is whole. */
enum bus_result cut_fetch_again(struct bus *bus, const char *job, struct job_chunk *chunk, struct text *out,
				struct error *error);

#endif

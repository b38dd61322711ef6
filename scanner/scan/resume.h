/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/resume.h - going on with a scan file: which input entries are in its whole frames, and is it the
 * same survey? The file is the only checkpoint; there is no journal to disagree with it.
 */
#ifndef STSURVEY_SCANNER_SCAN_RESUME_H
#define STSURVEY_SCANNER_SCAN_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "output/bit_set.h"
#include "output/hash_table.h"
#include "output/scan_file/kept.h"
#include "output/scan_file/record.h"
#include "scanner/options/options.h"
#include "scanner/scan/counts.h"
#include "scanner/queue/host_queue.h"

enum { RESUME_GROUP = 64 }; /* entries: not more than a batch, so that no name of another list is handed out */

struct resume {
	struct bit_set recorded;     /* indexes of input entries … */
	struct hash_table names;     /* … and of each RESUME_GROUP of them a sum over their names */
	uint64_t seed;               /* of the table's hashes */
	uint64_t group;              /* of the list, that is being read, … */
	uintptr_t seen;              /* … the same sum of it, … */
	uint64_t found;              /* … and of all so far, entries that are recorded */
	uint64_t last;               /* the highest index recorded */
	uint64_t limit;              /* --max-domains that it was begun with; 0: none */
	long long whole;             /* octets of whole frames, where writing goes on; 0: nothing to keep */
	bool complete;               /* the file's trailer says so; --max-domains may have left entries to do */
	bool of_hosts;               /* --mx-hosts: entries are known by their names, not by their indexes */
	bool torn;                   /* something behind the whole frames is cut off */
	struct domain_counts counts; /* of the records kept */
	struct host_counts hosts;
	uint64_t queries, fetches, probes; /* of the runs before, as their last trailer says */
	bool traffic_lost;                 /* one was killed before it could say */
	struct feed_identity input;        /* of the header, … */
	bool direct;                       /* … as is this, and the key that chose what --audit asks */
	uint8_t audit_key[SIPHASH_KEY_OCTETS];
};

/* Read @path and compare its header with @options. A file that does not exist is an empty one: nothing done. MX hosts
 * of recorded domains that should be looked at, and have no record, wait in @queue then; the certificates the file has
 * whole are in @kept (NULL: none are kept). 0, or -1 with one line in
 * @error (another survey, damage). */
__attribute__((warn_unused_result)) int resume_load(struct resume *resume, const char *path,
						    const struct options *options, struct host_queue *queue,
						    struct kept *kept, struct error *error);
void resume_free(struct resume *resume);

/* Could this be the list the file was begun with? Of a pipe only its names tell, below. 0, or -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int resume_check_input(const struct resume *resume, const char *path,
							   struct feed_identity input, struct error *error);

/* What the feed asks (struct feed_past), with the resume as @arg: what was recorded, and whether its names were the
 * list's. They are compared RESUME_GROUP entries at a time. */
enum feed_past_is resume_look(void *arg, uint64_t index, struct span name);
bool resume_at_end(void *arg);

#endif

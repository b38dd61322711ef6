/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/collect.h - what `collect` knows while it is at it: collect.c fetches, collect_merge.c writes,
 * collect_end.c tells. */
#ifndef STSURVEY_SCANNER_FLEET_COLLECT_H
#define STSURVEY_SCANNER_FLEET_COLLECT_H

#include "output/bit_set.h"
#include "scanner/fleet/assembly.h"
#include "scanner/fleet/fleet.h"

struct collector {
	const struct options *options;
	struct fleet_job fleet;
	struct assembly *assembly;
	uint64_t next;                  /* sequence in the stream of results */
	struct job_cut cut[JOB_STAGES]; /* with has_cut */
	bool has_cut[JOB_STAGES];
	struct bit_set had;                /* chunks of which an earlier run told the server that they are here */
	struct bit_set told, dead;         /* that are here, and the server knows it; that are dead, and not here */
	uint64_t chunks, domains, unknown; /* of the former */
	uint64_t domains_before;           /* of these, when we began */
	uint64_t deaths;
	struct bit_set lacks;                  /* done, and not all of it was here at the last look */
	unsigned silence;                      /* looks one after the other between which no result came */
	uint64_t lost_ms;                      /* when results were last found to be lost; 0: never */
	int64_t manifest_ms;                   /* when the job was submitted, by the server's clock; 0: not known yet */
	struct record_trailer merged;          /* of the scan file */
	uint64_t doubled;                      /* records left out of it, since another chunk had them, too */
	unsigned workers;                      /* that gave a sign of life, at the last look */
	uint64_t began_ms, looked_ms, told_ms; /* by the machine's clock */
};

/* The files that are here, in the order of their chunks, NULL behind the last: how many, or -1. collector_free_paths
 * also where it failed. */
__attribute__((warn_unused_result)) int collector_paths(const struct collector *c, char ***paths, struct error *error);
void collector_free_paths(char **paths);

/* Is it a whole scan file of the version of @arg's job? What is none would end the merge, and each after it. */
bool collector_is_scan(void *arg, int fd, const char *name);

enum job_stage collector_stage_of(const struct collector *c, uint32_t chunk);

/* The domains are done: their mail servers into the queue, each once (collect_hosts.c). */
__attribute__((warn_unused_result)) enum bus_result collector_begin_hosts(struct collector *c, struct error *error);
/* How many chunks of domains came after that: nobody asks for their mail servers. */
uint32_t collector_late(const struct collector *c);

/* Is every chunk here or dead, and will no further one come? */
bool collector_is_done(const struct collector *c);

/* What is there as one scan file, and all that is known of it; the exit status. */
__attribute__((warn_unused_result)) int collector_end(struct collector *c, struct error *error);
/* The job is in its scan file already: the same is said once more. */
__attribute__((warn_unused_result)) int collector_end_again(const struct collector *c, struct error *error);

/* The names of dead chunks, in a file beside the scan file; what is in it, as a line of @words. 0, or -1 with one line
 * in @error. */
__attribute__((warn_unused_result)) int collector_missing(struct collector *c, struct text *words, struct error *error);

/* Write the scan file. @lacking: something is missing. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int collector_merge(struct collector *c, bool lacking, struct error *error);

#endif

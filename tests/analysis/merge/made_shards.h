/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/merge/made_shards.h - scan files to be merged: random domains, hosts and tests of the way to port 25,
 * shared out over shards, each made again from its number.
 */
#ifndef STSURVEY_TESTS_ANALYSIS_MERGE_MADE_SHARDS_H
#define STSURVEY_TESTS_ANALYSIS_MERGE_MADE_SHARDS_H

#include "output/scan_file/sink.h"
#include "tests/output/random_observation.h"

enum {
	MADE_DOMAINS = 300, /* index i is of shard i % MADE_SHARDS */
	MADE_SHARDS = 3,
	MADE_HOSTS = 40, /* names; each shard tells of two in three */
	MADE_TESTS = 9,  /* test i is of shard i % MADE_SHARDS */
};

extern char made_folder[];

/* Before all tests, and behind them. */
int made_folder_make(void **state);
int made_folder_remove(void **state);

/* Of a file in the folder; valid for some calls. */
char *made_path(const char *name);
char *made_shard_path(unsigned shard);

/* The same for the same number, valid until the maker makes another. */
void made_domain(struct maker *maker, uint64_t index, struct observation *observation);
void made_host(struct maker *maker, unsigned host, unsigned shard, struct obs_host *made);
void made_vantage(struct maker *maker, unsigned test, struct obs_vantage *vantage);

/* Of the first @shards, the one whose record of a host counts: that with two passes, else the last. */
unsigned made_best_shard(unsigned host, unsigned shards);

struct record_header made_header(unsigned shard);

/* A shard as a scan leaves it: domains in no order, hosts and tests of the way to port 25 between them. */
void made_write_shard(unsigned shard, enum record_completion completion);

/* A file with one domain. */
void made_write_small(const char *path, const struct record_header *header, uint64_t index, const char *name);

/* ---- any other ---- */

struct made_writing {
	struct sink *sink;
	struct record_buffer *buffer;
	struct record_trailer trailer;
};

void made_begin(struct made_writing *writing, const char *path, const struct record_header *header);
struct record_buffer *made_buffer(struct made_writing *writing);

/* @put: what record_put_… returned. */
void made_added(struct made_writing *writing, int put);
void made_put_domain(struct made_writing *writing, const struct observation *observation);
void made_end(struct made_writing *writing, enum record_completion completion);

#endif

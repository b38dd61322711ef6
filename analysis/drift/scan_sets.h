/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/scan_sets.h - which of the files of a command line belong to one scan.
 *
 * Files next to each other are one scan where their headers say that they are shards of one list, each another one; the
 * first that repeats a shard begins the next scan. So `OLD-0 OLD-1 NEW-0 NEW-1` are two. A file of mail servers alone
 * (--mx-hosts) belongs to the scan in front of it, or, being the first, to the one behind. A file that can be read but
 * once is not looked at, and is a scan of its own.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_SCAN_SETS_H
#define STSURVEY_ANALYSIS_DRIFT_SCAN_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"

struct scan_set {
	char **path; /* of the command line's */
	int count;
	bool known;       /* the headers were looked at; else the rest is zero */
	int64_t start_ms; /* since 1970: the first shard's */
	double sample;    /* share of the list; 0: all of it */
	uint8_t sample_key[16];
	uint64_t octets; /* of all files */
	bool hosts;      /* mail servers were looked at */
};

/* The sets of @count files, each path in one: an array that is to be freed, and their number. -1 with one line in
 * @error, also where they are other shards of their lists: what is in one alone would be called new or gone. */
__attribute__((warn_unused_result)) int scan_sets_make(char **path, int count, struct scan_set **sets,
						       struct error *error);

/* In order of their starts; those that are not known stay behind those in front of them. */
void scan_sets_sort(struct scan_set *sets, int count);

/* The part of its list that every scan took, if they can be compared: the smallest sample of one key. 0, or -1 with one
 * line in @error: samples with different keys are of different domains. */
__attribute__((warn_unused_result)) int scan_sets_sample(const struct scan_set *sets, int count, double *sample,
							 uint8_t key[static 16], struct error *error);

/* In some of them mail servers were looked at (@hosts), and in some not (@without): then they are left out of what is
 * compared, since a domain does not mend by being looked at less. */
void scan_sets_hosts(const struct scan_set *sets, int count, bool *hosts, bool *without);

/* One line on standard error where they are left out. */
void scan_sets_warn_of_hosts(const struct scan_set *sets, int count, const char *command);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_seen.h - what scans saw of the domains and MX hosts that reports name.
 *
 * Memory: of each such name that a scan has, for each scan, some 150 octets and 100 for each MX.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_SEEN_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_SEEN_H

#include "analysis/classify/classify.h"
#include "analysis/senders/sender_profile.h"
#include "analysis/tlsrpt/tlsrpt_lines.h"
#include "output/error.h"
#include "output/hash_table.h"

struct tlsrpt_seen_mx {
	struct span name;
	bool outside; /* a usable policy does not list it */
	enum mx_state state;
	enum dane_state dane;
	enum result_type result, dane_result;
	int64_t not_before, not_after; /* seconds, of the certificate it showed; 0: none is known */
	struct tlsrpt_lines tlsa;
};

/* Of a domain; or of a host, which is its one MX, and then nothing else is known. */
struct tlsrpt_seen {
	struct tlsrpt_seen *next; /* what another scan saw */
	int64_t time;             /* seconds since 1970 */
	struct span domain;       /* by which it was found */
	bool is_host;
	enum domain_status status;
	enum record_state record;
	enum component component;
	enum verdict verdict;
	enum sts_mode mode;
	bool usable;                           /* there is a policy that senders use */
	bool has_mx;                           /* the domain has hosts that take its mail */
	struct tlsrpt_lines policy, tlsa;      /* the body; the records of all hosts */
	uint8_t outcome[SENDER_PROFILE_COUNT]; /* enum sender_outcome: what each sender does */
	size_t mx_count;
	struct tlsrpt_seen_mx mx[];
};

struct tlsrpt_names {
	struct hash_table table;
	uint64_t seed;
	bool no_memory;
};

void tlsrpt_names_init(struct tlsrpt_names *names);
void tlsrpt_names_fini(struct tlsrpt_names *names);

/* @name is to be looked for. False: no memory. */
bool tlsrpt_names_add(struct tlsrpt_names *names, struct span name);

/* All scans, one after the other. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int tlsrpt_names_look(struct tlsrpt_names *names, char **scan, int scans,
							  bool partial, struct error *error);

/* What the scan nearest to the time from @start to @end saw of a domain, or of an MX host; NULL: none has it. */
const struct tlsrpt_seen *tlsrpt_names_seen(const struct tlsrpt_names *names, struct span name, bool is_host,
					    int64_t start, int64_t end);

/* Seconds between a scan's look and a report's range, with a minus where the look came first; 0: within it. */
int64_t tlsrpt_seen_distance(int64_t time, int64_t start, int64_t end);

#endif

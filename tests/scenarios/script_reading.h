/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scenarios/script_reading.h - a script while it is being read: what the words of a line act on. */
#ifndef STSURVEY_TESTS_SCENARIOS_SCRIPT_READING_H
#define STSURVEY_TESTS_SCENARIOS_SCRIPT_READING_H

#include <stdlib.h>

#include "tests/fake/dns_build.h"
#include "tests/scenarios/script.h"
#include "tests/scenarios/script_words.h"

enum { SCRIPT_AFTER_MS = 10 }; /* until an answer comes, unless the script says otherwise */

/* What is being read. */
struct script_reading {
	struct script *script;
	struct script_memory *memory;
	struct script_run *run;
	struct net_fake_answer *answer; /* being described, or */
	bool in_fetch;                  /* or */
	struct net_fake_probe *probe;
	/* of the answer */
	struct dns_build build;
	bool no_packet;
	struct span raw;   /* instead of what was built; p NULL: none */
	size_t cut;        /* to so many octets; 0: not */
	struct span owner; /* of the next record: the end of the chain so far */
	uint32_t ttl;
	unsigned line;
};

struct words {
	const struct span *word;
	int count;
};

/* What a word at the beginning of a line does; the table ends with a NULL word. False: it makes no sense
 * there. */
struct script_word {
	const char *word;
	bool (*handle)(struct script_reading *reading, struct words w);
	int min; /* words, this one included */
};

extern const struct script_word script_answer_words[], script_fetch_words[], script_probe_words[];

/* What was described is whole. False: it can't be built. */
bool script_answer_seal(struct script_reading *reading);

static inline unsigned long script_number(struct span word)
{
	return strtoul(word.p, NULL, 0);
}

/* "@" stands for the domain, also behind other labels: "_mta-sts.@". */
struct span script_name(struct script_reading *reading, struct span word);

/* The value whose name @word is, or @count. */
int script_value(struct span word, int count, const char *(*name)(int));

enum { SCRIPT_FAULTS = 1 - NET_FAULT_RESTING };

/* "memory", "sockets", "shutdown", "resting": minus enum net_fault. */
const char *script_fault_word(int value);

#endif

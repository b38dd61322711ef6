/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/direct_list.h - the questions that direct_loop and bench_direct ask tests/bench/internet.c: MX of each
 * made-up domain and both of its TXT, at the first of its name servers; and what both print of it. */
#ifndef STSURVEY_BENCH_DIRECT_LIST_H
#define STSURVEY_BENCH_DIRECT_LIST_H

#include <stdint.h>

#include "tests/bench/name.h"

enum {
	DIRECT_LIST_STEPS = 3,         /* questions of a domain */
	DIRECT_LIST_IN_FLIGHT = 4000,  /* of both clients, at 2,000 addresses */
	DIRECT_LIST_TIMEOUT_MS = 2000, /* of a try; there are two */
	DIRECT_LIST_TRIES = 2,
};

struct direct_list_domain {
	uint32_t address; /* IPv4 in network order */
	uint8_t n;
	char name[NAME_MAX_OCTETS];
};

struct direct_list_step {
	const char *prefix; /* "_mta-sts." */
	uint16_t type;
};

extern const struct direct_list_step direct_list_steps[DIRECT_LIST_STEPS];

struct direct_list {
	struct direct_list_domain *domain;
	uint32_t questions, next; /* of all; asked so far */
	double cpu_s, wall_s;     /* when it was ready */
};

struct direct_list_counts {
	uint64_t good, data, fell, timeouts, repeats, strange;
};

/* Of the command line: PORT DOMAINS. What it says and making the list cost is not measured. -1: nothing of the kind. */
int direct_list_init(struct direct_list *list, int argc, char **argv, uint16_t *port);

/* `name=value` lines; 0, or 1 where a question had no answer that counts. */
int direct_list_print(const struct direct_list *list, const struct direct_list_counts *counts);

#endif

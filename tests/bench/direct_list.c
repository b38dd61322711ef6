/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/direct_list.c */
#include "tests/bench/direct_list.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/delegation.h"
#include "tests/bench/usage.h"
#include "tests/bench/world.h"

enum { TYPE_MX = 15, TYPE_TXT = 16, DOMAINS_MAX = 100000000 };

const struct direct_list_step direct_list_steps[DIRECT_LIST_STEPS] = { { "_mta-sts.", TYPE_TXT },
								       { "_smtp._tls.", TYPE_TXT },
								       { "", TYPE_MX } };

int direct_list_init(struct direct_list *list, int argc, char **argv, uint16_t *port)
{
	static const struct delegation_shares clean = { 0 };
	const unsigned long domains = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct delegation delegation;

	if (domains == 0 || domains > DOMAINS_MAX) {
		fprintf(stderr, "usage: %s PORT DOMAINS\n", argv[0]);
		return -1;
	}
	*port = (uint16_t)strtoul(argv[1], NULL, 10);
	*list = (struct direct_list){ .questions = (uint32_t)domains * DIRECT_LIST_STEPS };
	list->domain = malloc(domains * sizeof(*list->domain));
	if (!list->domain) {
		perror(argv[0]);
		return -1;
	}
	for (uint32_t i = 0; i < domains; i++) {
		struct direct_list_domain *domain = &list->domain[i];

		domain->n = (uint8_t)name_write(i, domain->name);
		delegation_look(&clean, world_hash(domain->name, domain->n), &delegation);
		domain->address = htonl(delegation_address(delegation.server[0]));
	}
	list->cpu_s = usage_cpu_s();
	list->wall_s = usage_wall_s();
	return 0;
}

int direct_list_print(const struct direct_list *list, const struct direct_list_counts *counts)
{
	const double cpu = usage_cpu_s() - list->cpu_s, wall = usage_wall_s() - list->wall_s;

	printf("questions=%" PRIu32 "\ngood=%" PRIu64 "\ndata=%" PRIu64 "\nfell=%" PRIu64 "\ntimeouts=%" PRIu64
	       "\nrepeats=%" PRIu64 "\nstrange=%" PRIu64 "\n",
	       list->questions, counts->good, counts->data, counts->fell, counts->timeouts, counts->repeats,
	       counts->strange);
	printf("seconds=%.3f\ncpu_seconds=%.3f\ncpu_us_per_question=%.3f\nquestions_per_second=%.0f\n", wall, cpu,
	       cpu * 1e6 / list->questions, list->questions / wall);
	return counts->good == list->questions ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/output/random_observation.h - observations of every shape, the same for the same seed. */
#ifndef STSURVEY_TESTS_RANDOM_OBSERVATION_H
#define STSURVEY_TESTS_RANDOM_OBSERVATION_H

#include <stdbool.h>

#include "parsers/mail_host.h"

/* The columns that every observation has, which a decoder must be told. */
enum { MAKER_LABELS = 3 };
extern const struct span maker_label[MAKER_LABELS];

struct maker {
	uint64_t state;
	char *memory; /* what the current observation points into */
	size_t used;
};

void maker_init(struct maker *maker, uint64_t seed);
void maker_fini(struct maker *maker);

uint32_t maker_chance(struct maker *maker, uint32_t n); /* 0 … n-1 */

/* The next observation, valid until the next call. Everything may be at its limits. */
void maker_make(struct maker *maker, struct observation *observation);
void maker_make_host(struct maker *maker, struct obs_host *host);
void maker_make_vantage(struct maker *maker, struct obs_vantage *vantage);

/* NULL, or the name of the first fact in which @a and @b differ. address_used counts only where it names an
 * address, http.challenged not at all: nobody writes it. */
const char *observation_difference(const struct observation *a, const struct observation *b);

/* The same of hosts; `doubted` is not on disk. */
const char *host_difference(const struct obs_host *a, const struct obs_host *b);

bool same_vantage(const struct obs_vantage *a, const struct obs_vantage *b);

#endif

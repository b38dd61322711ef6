/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scenarios/dump.h - facts and judgement of one domain as text, one "key value" a line: what scripts
 * compare. */
#ifndef STSURVEY_TESTS_SCENARIOS_DUMP_H
#define STSURVEY_TESTS_SCENARIOS_DUMP_H

#include "analysis/classify/classify.h"
#include "parsers/mail_host.h"

enum { DUMP_MAX = 512 * 1024 };

struct dump {
	size_t n;
	char text[DUMP_MAX];
};

/* Everything but what depends on time alone. */
void dump_make(struct dump *dump, const struct observation *observation, const struct classification *result);

/* The same of an MX host. */
void dump_host(struct dump *dump, const struct obs_host *host);

/* One more line. */
__attribute__((format(printf, 3, 4))) void dump_add(struct dump *dump, const char *key, const char *format, ...);

/* The value of @key; p NULL where there is none. */
struct span dump_value(const struct dump *dump, const char *key);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scenarios/script.h - one scenario as a text file, read. README.md tells the format. */
#ifndef STSURVEY_TESTS_SCENARIOS_SCRIPT_H
#define STSURVEY_TESTS_SCENARIOS_SCRIPT_H

#include "scanner/base/extra.h"
#include "scanner/rules/address.h"
#include "scanner/rules/cidr_set.h"
#include "scanner/rules/domain_set.h"
#include "tests/fake/net_fake.h"

enum {
	SCRIPT_RUNS_MAX = 4,
	SCRIPT_ANSWERS_MAX = 64,
	SCRIPT_PROBES_MAX = OBS_PROBE_MAX,
	SCRIPT_EXPECTED_MAX = 48,
	SCRIPT_NAMES_MAX = 300,
	SCRIPT_TIME = 1800000000, /* seconds since 1970; of every run unless the script says otherwise */
};

struct script_expected {
	const char *key, *value;
	unsigned line;
};

/* One survey of the domain, or one look at the host. */
struct script_run {
	struct span domain;
	struct extra extra; /* what the list tells of it */
	bool last_pass;
	bool direct; /* its servers may be asked */
	int64_t wall_ms;
	struct net_fake_answer answer[SCRIPT_ANSWERS_MAX];
	size_t answers;
	struct net_fake_fetch fetch;
	struct net_fake_probe probe[SCRIPT_PROBES_MAX];
	size_t probes;
	struct obs_certificate leaf;
	struct span name[SCRIPT_NAMES_MAX];
	struct obs_verify_error error[OBS_VERIFY_ERRORS_MAX];
	struct script_expected expected[SCRIPT_EXPECTED_MAX];
	size_t expectations;
	bool as_written; /* has a fault, or depends on time: no other way of playing it ends the same */
};

struct script {
	struct script_run run[SCRIPT_RUNS_MAX];
	unsigned runs;
	struct cidr_set *allow, *address_blocklist; /* NULL: none */
	struct domain_set *domain_blocklist;        /* likewise */
	bool is_host;                               /* `domain` of its runs is an MX host */
	bool smtp, all_hosts;                       /* hosts are looked at: of each domain with MX */
	bool ad_believed;                           /* the resolver's AD counts */
	bool no_ipv4, no_ipv6;                      /* there is no route */
	void *memory;                               /* behind all of the above */
};

/* 0, or -1 with the line and what is wrong with it in @why. Large: not for the stack. */
__attribute__((warn_unused_result)) int script_read(struct script *script, const char *path, char *why,
						    size_t why_size);
void script_free(struct script *script);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/soak/hosts.h - what the soak's policy hosts do, by address: the one table that policy_hosts plays and
 * check_soak expects.
 *
 * The answerer puts the policy host of each domain at 127.0.0.1 + (a number out of the domain's name) % SOAK_HOSTS, so
 * the name alone tells what becomes of its policy.
 */
#ifndef STSURVEY_TESTS_SOAK_HOSTS_H
#define STSURVEY_TESTS_SOAK_HOSTS_H

#include "parsers/finding.h"
#include "tests/bench/world.h"

enum {
	SOAK_HOSTS = 32, /* addresses, from 127.0.0.1 on; those beyond the table serve as they should */
};

enum soak_play {
	PLAY_SERVE,          /* TLS, then `answer`, or a good policy where there is none */
	PLAY_ABSENT,         /* nobody listens */
	PLAY_RESET,          /* at accept */
	PLAY_SILENT,         /* accepts, and no more */
	PLAY_ALERT,          /* unrecognized_name to every ClientHello */
	PLAY_SILENT_REQUEST, /* TLS, then no answer */
	PLAY_DRIP,           /* a good policy, an octet now and then */
	PLAY_ENDLESS,        /* a body without end */
};

enum soak_certificate { CERT_GOOD, CERT_EXPIRED, CERT_OTHER_NAME, CERT_SELF_SIGNED, CERT_UNTRUSTED };

struct soak_host {
	enum soak_play play;
	enum soak_certificate certificate;
	const char *answer;   /* NULL: a good policy */
	enum finding finding; /* that a scan must draw; FINDING_COUNT: none */
	enum component component;
};

/* The policy host at 127.0.0.1 + @number. */
const struct soak_host *soak_host(unsigned number);

/* Write the patterns that fit the MX of @domain; returns octets written as snprintf does. */
int soak_patterns(const struct world_domain *domain, const char *name, char *out, size_t size);

#endif

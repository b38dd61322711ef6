/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/net_fake.h - the `net.h` of a world without network: answers come from a script, time is made
 * up.
 *
 * The asker's questions, and then a host's probes, are compared with the script one by one, in order; each is answered
 * as the script says, at once (before ask returns) or when fake time has come to it. Answers due at the same moment
 * come in the order of the questions, or the other way round. Nothing is allocated but in the asker's arena, as
 * net_curl does.
 */
#ifndef STSURVEY_TESTS_FAKE_NET_FAKE_H
#define STSURVEY_TESTS_FAKE_NET_FAKE_H

#include "scanner/job/net.h"

enum {
	NET_FAKE_PENDING_MAX = 8,
	NET_FAKE_WHY_MAX = 640,
	NET_FAKE_EPOCH_MS = 1000, /* of fake monotonic time */
};

/* One question that must be asked, and what becomes of it. */
struct net_fake_answer {
	const char *name; /* as it must be asked */
	uint16_t type;
	bool shared;    /* asked as one that other domains ask, too */
	bool unchecked; /* asked with CD */
	bool decided;   /* one SERVFAIL is an answer */
	bool delegated; /* with the domain's delegation, so that its own servers may be asked … */
	bool validated; /* … but shall not be */
	bool lame;      /* they do not serve another name of the zone */
	bool at_once;   /* before ask returns */
	uint32_t after_ms;
	int fault;              /* enum net_fault */
	enum dns_status status; /* where there is no packet */
	const uint8_t *packet;  /* NULL: none */
	size_t len;
	uint8_t tries;
	enum obs_source source; /* with --direct, as the next */
	enum obs_fall_back fall_back;
	struct obs_audit audit; /* kind NONE: none is made */
};

/* The one fetch that may be asked for. */
struct net_fake_fetch {
	bool expected;
	const char *host;                            /* as it must be asked for */
	struct obs_address address[OBS_ADDRESS_MAX]; /* as they must be given */
	size_t address_count;
	const char *target; /* the end of the host's CNAME chain; NULL: none */
	bool at_once;
	uint32_t after_ms;
	int fault;
	struct obs_policy outcome; /* status, address_used, fetch_ms, tls, http; copied as net_curl copies */
};

/* One probe that must be asked for, and what it brings. */
struct net_fake_probe {
	struct obs_address address; /* as they must be given: this, … */
	enum smtp_sni sni;
	const char *sni_name; /* … the name asked for (NULL: none), … */
	const char *target;   /* … the end of the host's CNAME chain (NULL: the host itself), … */
	const char *tlsa;     /* … whose TLSA records (NULL: none), … */
	bool hasty;           /* … and without patience, though it is the last pass */
	bool at_once;
	uint32_t after_ms;
	int fault;
	size_t octets; /* that it keeps in the asker's arena, beside the outcome */
	struct obs_smtp outcome;
};

/* How this run differs from what the script says. */
struct net_fake_twist {
	bool all_at_once;
	bool reverse; /* what is due together comes the other way round */
	int fault_at; /* question (the fetch is one, too, and so are probes) that meets `fault`; -1: none */
	int fault;
};

struct net_fake {
	struct net net; /* first: what a job calls back with */
	/* the script; the caller's */
	const struct net_fake_answer *answer;
	size_t answers;
	const struct net_fake_fetch *fetch; /* NULL: none may be asked for */
	const struct net_fake_probe *probe;
	size_t probes;
	const char *host; /* that is probed */
	bool patient;     /* as a probe must be */
	struct net_fake_twist twist;
	int64_t wall_ms; /* when now_ms was NET_FAKE_EPOCH_MS */
	/* its own */
	uint64_t now_ms;
	unsigned asked, fetched; /* questions and fetches so far */
	unsigned probed;
	struct net_fake_pending {
		struct net_query *query; /* or */
		struct net_fetch *fetch; /* or */
		struct net_probe *probe;
		unsigned number; /* of the question, or probe */
		uint64_t due_ms;
	} pending[NET_FAKE_PENDING_MAX];
	unsigned pending_count;
	char why[NET_FAKE_WHY_MAX]; /* the first thing that was not as the script has it; "" */
};

/* Begin a run; the script's members, wall_ms and twist are set by the caller afterwards. */
void net_fake_init(struct net_fake *fake);

/* Let time pass until nothing is pending. */
void net_fake_run(struct net_fake *fake);

/* Was everything asked? Says so in `why` where not. */
void net_fake_end(struct net_fake *fake);

#endif

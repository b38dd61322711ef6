/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/net.h - the questions a job can ask of the world.
 *
 * Three adapters stand behind it, net_cares.c (DNS), net_curl.c (HTTPS) and net_smtp.c (MX hosts), and one in
 * tests/fake that reads its answers from a script. Requests are caller-owned: fill the first part, ask, and keep
 * the memory until the callback. Promise: exactly one callback per request, on answer, failure,
 * time-out and shutdown alike; it may come before ask or fetch returns. All on the loop's thread.
 *
 * A fault (negative) is ours: no descriptor, no memory, shutdown. It says nothing about the domain.
 */
#ifndef STSURVEY_SCANNER_JOB_NET_H
#define STSURVEY_SCANNER_JOB_NET_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "parsers/mail_host.h"
#include "parsers/observation.h"
#include "scanner/base/arena.h"

/* Faults: what is wrong with us. */
enum net_fault {
	NET_OK = 0,
	NET_FAULT_MEMORY = -1,   /* ENOMEM, or the arena's cap */
	NET_FAULT_SOCKETS = -2,  /* no descriptor, buffer or port: net_errno_is_shortage */
	NET_FAULT_SHUTDOWN = -3, /* the scan is stopping */
	NET_FAULT_RESTING = -4,  /* the domain's own name servers rest: it waits, and is begun again */
};

/* Is @error, errno of a call on a socket, a lack of this machine that passes, whoever was to be spoken to? */
static inline bool net_errno_is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL;
}

/* For a message: "out of memory". */
static inline const char *net_fault_name(int fault)
{
	switch (fault) {
	case NET_FAULT_MEMORY:
		return "out of memory";
	case NET_FAULT_SOCKETS:
		return "out of sockets";
	case NET_FAULT_RESTING:
		return "its name servers rest";
	default:
		return "stopping";
	}
}

/* What to look at, behind the name; "": nothing. */
static inline const char *net_fault_remedy(int fault)
{
	return fault == NET_FAULT_SOCKETS ? " (see ulimit -n and net.ipv4.ip_local_port_range)" : "";
}

/* Whom a domain is delegated to (--direct), and whom of them to ask first. What stands behind `ask` uses it; a job
 * hands it on with its questions and looks no further. */
struct net_delegation {
	struct span zone;           /* the delegated name: the domain */
	struct span servers;        /* names of its name servers (scanner/base/extra.h) */
	uint64_t operator;          /* scanner/rules/operator.h */
	struct obs_address address; /* of the one to ask first, which tokens were taken for; family 0: the resolver … */
	enum obs_fall_back why : 8; /* … is asked, for this */
	uint8_t drawn;              /* number of the server whose address it is */
	/* of the adapter */
	bool has_moved;  /* the address is another server's, for which no tokens were taken */
	bool has_failed; /* the one drawn, and all others owe too much: the domain is to wait for these */
};

struct dns_answer;

/* Members small and in order of size: a window holds tens of thousands of these. */
struct net_query {
	/* the asker's */
	/* @answer: parsed, valid during the callback only; NULL where none came, or none that is a DNS message about
	 * the question. Its status is @query's. */
	void (*on_answer)(struct net_query *query, const struct dns_answer *answer);
	void *arg;
	void *into;          /* where the answer's facts go; on_answer knows of what kind they are */
	struct arena *arena; /* with a delegation: where what an audit finds is put */
	const char *name;    /* A-labels, no trailing dot; lives until the callback */
	uint16_t name_n;     /* octets */
	uint16_t type;       /* enum dns_type */
	bool shared : 1;     /* other domains are likely to ask it too: see scanner/dns/answer_cache.h */
	bool unchecked : 1;  /* with CD: the resolver shall hand on what does not validate (RFC 4035 3.2.2) */
	bool validated : 1;  /* by the resolver, whoever else could be asked: AD is wanted */
	bool decided : 1;    /* what it fails with is known beforehand: one SERVFAIL is an answer */
	bool silent : 1;     /* its name servers did not answer us: that no answer comes says nothing of the resolver */
	bool lame : 1;       /* its zone is, by another name: where a server says so again, nobody else is asked */
	/* its domain's; lives until the callback. NULL: it is not known, the resolver is asked */
	struct net_delegation *delegation;

	/* the answer */
	enum dns_status status : 8;       /* from the packet, or TIMEOUT, TRUNCATED, ERROR */
	int8_t fault;                     /* enum net_fault */
	uint8_t packets_sent;             /* for it; 0: another question's brought the answer */
	enum obs_source source : 8;       /* with --direct: who answered … */
	enum obs_fall_back fall_back : 8; /* … and why it was not one of the domain's own, or not the first of them */
	struct obs_audit *audit;          /* of a negative direct answer, in `arena`; NULL: none was made */

	/* the adapter's */
	struct {
		STAILQ_ENTRY(net_query) next;     /* in one of its lists */
		SLIST_HEAD(, net_try) open_tries; /* packets whose answer may still come */
		uint32_t due_ms;                  /* when to go on, or began to wait for the rate; wraps around */
		uint32_t first_ms;                /* when its first packet went out, or it left the parked ones */
		int8_t pinned;                    /* the one server to ask, or -1 */
		int8_t server;                    /* asked last, or -1 */
		uint8_t tries_left;
		uint8_t failures;  /* answers that said nothing … */
		uint8_t failed_as; /* … and what the last one was, enum dns_status */
		uint8_t parked;    /* times it waited for a server to come back */
		bool tcp, plain;   /* over TCP; without EDNS */
	} own;
};

static inline struct span net_query_name(const struct net_query *query)
{
	return (struct span){ query->name, query->name_n };
}

static inline void net_query_about(struct net_query *query, struct span name)
{
	query->name = name.p;
	query->name_n = (uint16_t)name.n;
}

struct net_fetch {
	/* the asker's; live until the callback */
	struct span host;                  /* mta-sts.<domain> */
	const struct obs_address *address; /* of the host, OBS_ADDRESS_MAX at most */
	size_t address_count;
	uint32_t allowed;          /* bit i: address i may be contacted; these are tried in order until one connects */
	struct span target;        /* where the host's CNAME chain ends; empty: there is none */
	struct arena *arena;       /* where the facts are put */
	struct obs_policy *policy; /* status, address_used, fetch_ms, tls, http are filled */
	void (*on_done)(struct net_fetch *fetch);
	void *arg;

	/* the answer */
	int fault;
};

/* One SMTP connection to one address of an MX host, as far as TLS (scanner/smtp/net_smtp.h). */
struct net_probe {
	/* the asker's; live until the callback */
	struct span host;                  /* the MX name */
	enum smtp_sni sni;                 /* what name is asked for … */
	struct span sni_name;              /* … this one; p NULL: none */
	const struct obs_address *address; /* may be contacted */
	struct span target;                /* the host, or where its CNAME chain ends: its provider, for the pace */
	const struct obs_tlsa *tlsa;       /* secure records, to be held against the chain; NULL: none */
	bool patient;                      /* the last pass: the long limits of time */
	struct arena *arena;               /* where the facts are put */
	struct obs_smtp *smtp;             /* filled, but for the index of the address */
	void (*on_done)(struct net_probe *probe);
	void *arg;

	/* the answer */
	int fault;
};

/* The adapter's own struct begins with one of these. */
struct net {
	void (*ask)(struct net *net, struct net_query *query);
	void (*fetch)(struct net *net, struct net_fetch *fetch);
	void (*probe)(struct net *net, struct net_probe *probe); /* NULL: nothing is probed */
	int64_t (*wall_ms)(struct net *net);                     /* milliseconds since 1970, UTC */
	uint64_t (*now_ms)(struct net *net);                     /* monotonic */
};

#endif

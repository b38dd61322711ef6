/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/smtp/net_smtp.h - probes of MX hosts: what one shows a sender before the mail (RFC 5321, RFC 3207), on a
 * libuv loop.
 *
 * One net_smtp belongs to one loop and its thread; trust store, host limit and pace are shared by all of them. The way
 * of one probe:
 *
 * 1. Gate (scanner/job/gate.h). It waits for room in the window, a place at its address, and its turn in the pace. That
 *    is our affair: no time-out counts it. contact_check() has the last word before the socket is made.
 * 2. Dialogue (smtp_probe.h): connection, greeting, EHLO, STARTTLS where it is offered, handshake, QUIT. Each phase has
 *    its limit of time, and all together `timeout_s`, over both connections of 3. No mail is ever begun. QUIT ends
 *    whatever the dialogue allows, in TLS and without; its reply is waited for, but nobody waits for its being silent.
 * 3. TLS below 1.2: where the handshake failed by an alert about the version, theirs or ours, the address is connected
 *    to once more, from 1. on, with TLS 1.0 and 1.1 alone. Where that comes to a handshake again, it is what is told.
 *
 * How it ended is obs_smtp's phase and status (parsers/mail_host.h). Octets that follow the reply to STARTTLS in the
 * clear are counted, and given to nobody (CVE-2011-0411). Certificates are verified, and every error is a fact: the
 * handshake goes on. Where the request has TLSA records, its chain is held against them (scanner/tls/dane.h).
 *
 * A probe that has been under way for `slow_ms` gives its room in the window to another, and keeps its place at its
 * address: so a tarpit costs memory and a descriptor, and nobody's time. At most `slow_max` of them do so.
 *
 * Ours are: no descriptor, port or memory, our link (connect_errno.h), and the end of the scan: NET_FAULT_…. Where this
 * thread has stood still, the probes under way are begun again from 1. on, NET_CURL_AGAIN_MAX times each; then nothing
 * is known of them (CONNECT_SKIPPED).
 */
#ifndef STSURVEY_SCANNER_SMTP_NET_SMTP_H
#define STSURVEY_SCANNER_SMTP_NET_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "output/error.h"
#include "scanner/base/limits.h"
#include "scanner/job/gate.h"
#include "scanner/job/net.h"
#include "scanner/rules/cidr_set.h"
#include "scanner/tls/tls.h"

struct net_smtp_options {
	uv_loop_t *loop;
	const struct tls_store *store;            /* shared */
	struct host_limit *hosts;                 /* shared; for the gate: its own, since port 25 is another service */
	struct fetch_pace *pace;                  /* shared; for the gate; NULL: no limit */
	const struct cidr_set *allow;             /* NULL: none */
	const struct cidr_set *address_blocklist; /* NULL: none */
	const char *ehlo_domain;                  /* the name we greet with: a domain, or an address literal */
	uint16_t smtp_port;
	double timeout_s;     /* one whole probe, SMTP_LAST_FACTOR times as much for a patient one; 0: SMTP_TIMEOUT_S */
	unsigned concurrency; /* connections at once, but for slow ones: the gate's window */
	bool keep_certificates; /* whole, beside what is read of them */
	unsigned slow_max;      /* slow ones beside the window; 0: SMTP_SLOW_MAX */
	/* for tests; 0: the constants of scanner/base/limits.h */
	uint32_t phase_ms[SMTP_PHASE_COUNT]; /* of each phase, QUIT's that of SMTP_SECURE */
	uint32_t greeting_patient_ms, slow_ms;
};

struct net_smtp;

/* All that @options point to outlives the net_smtp. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int net_smtp_open(struct net_smtp **smtp, const struct net_smtp_options *options,
						      struct error *error);

/* Probe @probe->address of @probe->host. Exactly one callback; it may come before this returns, and may probe again. */
void net_smtp_probe(struct net_smtp *smtp, struct net_probe *probe);

/* Call back every probe, and each one still to come, with NET_FAULT_SHUTDOWN. */
void net_smtp_stop(struct net_smtp *smtp);

/* Stop, then free once the loop has run its close callbacks. Not from inside a probe's callback. */
void net_smtp_close(struct net_smtp *smtp);

/* Its gate, to be read: how many probes are connected, or wait to be. */
const struct gate *net_smtp_gate(const struct net_smtp *smtp);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/smtp/smtp_probe.h - one connection to one address of an MX host: the dialogue of step 2 of
 * scanner/smtp/net_smtp.h.
 *
 * A probe waits for one thing at a time (enum smtp_step) and has little memory while it waits: what a reply says is put
 * into the arena when it is complete, and TLS (smtp_tls.h) is there between STARTTLS and the end.
 */
#ifndef STSURVEY_SCANNER_SMTP_SMTP_PROBE_H
#define STSURVEY_SCANNER_SMTP_SMTP_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "parsers/smtp_reply.h"
#include "scanner/smtp/net_smtp.h"
#include "scanner/smtp/smtp_tls.h"
#include "scanner/tls/connect_errno.h"

/* What a probe waits for. smtp_probe.c assigns it, in one function. */
enum smtp_step {
	SMTP_AT_CONNECT,
	SMTP_AT_GREETING, /* and so on: the reply */
	SMTP_AT_EHLO,
	SMTP_AT_HELO,
	SMTP_AT_STARTTLS,
	SMTP_AT_HANDSHAKE,
	SMTP_AT_QUIT,
	SMTP_AT_END, /* nothing: its handle closes */
	SMTP_STEPS
};

struct smtp_probe;

/* What all probes of a loop have in common. */
struct smtp_probe_ways {
	uv_loop_t *loop;
	struct routes routes; /* when we started */
	uint16_t port;
	struct span ehlo, helo;              /* the commands, with CRLF */
	uint32_t phase_ms[SMTP_PHASE_COUNT]; /* of each phase, QUIT's that of SMTP_SECURE */
	uint32_t greeting_patient_ms;
	struct smtp_tls_ways tls;
	/* Before anything that has happened to a probe is looked at: it may end any of them by smtp_probe_abort. */
	void (*on_event)(struct smtp_probe_ways *ways);
	/* The dialogue is over, smtp and fault are filled: called once, unless it was aborted. */
	void (*on_end)(struct smtp_probe *probe);
	/* Its memory has gone. */
	void (*on_gone)(struct smtp_probe_ways *ways);
	char buffer[SMTP_READ_MAX]; /* what has just been read */
};

struct smtp_probe {
	/* to be read */
	void *owner;
	int fault;            /* enum net_fault; the facts are not to be used */
	uint64_t began_ms;    /* on the loop's clock */
	bool version_refused; /* the handshake has failed by that alone */

	/* its own */
	uv_tcp_t tcp;
	uv_connect_t connecting;
	struct smtp_probe_ways *ways;
	struct net_probe *request;
	struct obs_smtp *smtp; /* the request's */
	struct smtp_tls *tls;  /* NULL: not yet */
	enum smtp_step step : 8;
	bool old;         /* TLS below 1.2 */
	bool concluded;   /* phase and status are told: what follows changes neither */
	uint64_t step_ms; /* since when it waits */
	uint64_t until_ms;
	struct smtp_reply reply;
	char *text; /* of a reply that came in pieces, as far as it is kept; NULL: none */
	uint16_t text_n, text_size;
};

/* For @request->address; @old: with TLS below 1.2. NULL: no memory. */
struct smtp_probe *smtp_probe_new(struct smtp_probe_ways *ways, struct net_probe *request, bool old, void *owner);

/* Connect, and go on by itself for @left_ms at most. on_end may be called before it returns; the memory goes some turns
 * of the loop after the end. */
void smtp_probe_connect(struct smtp_probe *probe, uint64_t left_ms);

/* End it if one of its limits has passed. To be called now and then. */
void smtp_probe_look(struct smtp_probe *probe);

/* End it now, with the least that is polite: on_end is not called, its facts are as far as it came. */
void smtp_probe_abort(struct smtp_probe *probe);

#endif

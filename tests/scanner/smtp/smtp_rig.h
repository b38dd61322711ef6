/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/smtp/smtp_rig.h - a loop, probes with servers of their own, and what is expected of each: what every
 * test of the probe needs.
 */
#ifndef STSURVEY_TESTS_SCANNER_SMTP_SMTP_RIG_H
#define STSURVEY_TESTS_SCANNER_SMTP_SMTP_RIG_H

#include <uv.h>

#include "scanner/smtp/net_smtp.h"
#include "tests/scanner/smtp/smtp_peer.h"

#define MX "mx.example.test"
#define EHLO_NAME "survey.example.test"

/* A well-behaved server's words, as steps. */
#define SAYS_HELLO ">220 " MX " ESMTP\r\n", "<EHLO " EHLO_NAME
#define OFFERS ">250-" MX "\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
#define TO_STARTTLS SAYS_HELLO, OFFERS, "<STARTTLS"
#define TO_TLS TO_STARTTLS, ">220 go ahead\r\n", "T"
#define BYE "<QUIT", ">221 bye\r\n"

struct smtp_pki {
	EVP_PKEY *ca_key, *key; /* of the root; of all below it */
	X509 *root, *leaf, *expired, *other;
	struct tls_store *store; /* holds the root */
};

extern struct smtp_pki smtp_pki;

int smtp_pki_init(void **state); /* cmocka's set-up and tear-down of a group */
int smtp_pki_fini(void **state);

struct smtp_rig {
	uv_loop_t loop;
	struct cidr_set *allow;
	struct host_limit *hosts; /* no limit: they all are at one address */
	unsigned open, ended;     /* probes without callback, and with */
};

/* One probe, its net_smtp and its server. */
struct smtp_rig_probe {
	struct net_probe probe; /* first */
	struct smtp_rig *rig;
	struct net_smtp *smtp;
	struct obs_smtp facts;
	struct obs_address address;
	struct arena arena;
	struct smtp_peer peer;
	bool has_peer;
	bool joined; /* another's net_smtp is used */
	bool stop_when_done;
	unsigned done;  /* callbacks: 1 when all is well */
	unsigned place; /* of the rig's probes, in the order of their ends, from 1 */
};

void smtp_rig_init(struct smtp_rig *rig);
void smtp_rig_fini(struct smtp_rig *rig);

/* Start @probe->peer, whose part before smtp_peer_start is set, and a net_smtp for it. Of @options, those that are
 * zero are set. */
void smtp_rig_open(struct smtp_rig *rig, struct smtp_rig_probe *probe, struct net_smtp_options options);

/* Likewise, with the net_smtp of @first and a server at @address, on the same port. */
void smtp_rig_join(struct smtp_rig_probe *first, struct smtp_rig_probe *probe, const char *address);

/* Begin it; also again, when it has ended. */
void smtp_rig_begin(struct smtp_rig_probe *probe);

/* Run until no probe is open. */
void smtp_rig_run(struct smtp_rig *rig);

/* Close what smtp_rig_open has made; the loop has to be run for it, so do it for all first. */
void smtp_rig_close(struct smtp_rig_probe *probe);

/* Once the loop has closed: the server stops, so that what it heard is whole. */
void smtp_rig_stop(struct smtp_rig_probe *probe);

/* The memory goes. */
void smtp_rig_free(struct smtp_rig_probe *probe);

/* All of them, for the probes of one test. */
void smtp_rig_end(struct smtp_rig *rig, struct smtp_rig_probe *probe, size_t count);

#endif

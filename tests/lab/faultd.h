/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd.h - what the rooms of the fault server share.
 *
 * faultd plays the peers that real servers cannot be made to be: single-threaded, one epoll, bounded in everything.
 * What it does to whom is chosen by name: an HTTPS peer by the SNI of its ClientHello and faultd.conf, a DNS peer by
 * the labels of the question.
 */
#ifndef STSURVEY_TESTS_LAB_FAULTD_H
#define STSURVEY_TESTS_LAB_FAULTD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FAULTD_PEERS_MAX = 8192,     /* connections at once; more are reset */
	FAULTD_PEER_SECONDS = 60,    /* then a connection is reset, whatever it plays */
	FAULTD_TICK_MS = 20,         /* resolution of drips and delays */
	FAULTD_SENT_MAX = 256 << 20, /* octets an "endless" answer really has */
};

/* Something epoll watches. The owner embeds it first. */
struct watch {
	int fd;
	void (*on_event)(struct watch *watch, uint32_t events);
	void (*on_tick)(struct watch *watch, uint64_t now); /* NULL: none */
	struct watch *next, *previous;                      /* the list of those with a tick */
	bool dead;                                          /* freed after the present round */
	void (*free)(struct watch *watch);
};

uint64_t faultd_now(void); /* milliseconds, monotonic */

/* Watch @watch->fd (non-blocking) for @events. False and nothing kept when epoll refuses. */
bool faultd_watch(struct watch *watch, uint32_t events);
void faultd_rewatch(struct watch *watch, uint32_t events);

/* Close the descriptor, with RST if @reset, and free the watch after this round. */
void faultd_drop(struct watch *watch, bool reset);

/* A bound, non-blocking socket on @address:@port; exits with a message when that fails. @backlog < 0: UDP. */
int faultd_bind(const char *address, uint16_t port, int backlog);

/* Write down that somebody came to a place where nobody may come. */
void faultd_tripped(const char *what);

/* faultd_tls.c: HTTPS. Reads faultd.conf; listens on the address of each kind. */
void faultd_tls_start(const char *config, uint16_t port);

/* mail/faultd_smtp.c: mail servers. Reads smtp.conf, listens on the address of each; who came is told in @counts_to,
 * unless it is NULL. */
void faultd_smtp_start(const char *config, uint16_t port, const char *counts_to);

/* faultd_dns.c: DNS over UDP and TCP. */
void faultd_dns_start(const char *address, uint16_t port);

/* faultd_relay.c: relays DNS from @address to @to, as badly as @file says. */
void faultd_relay_start(const char *address, const char *to, uint16_t port, const char *file);

#endif

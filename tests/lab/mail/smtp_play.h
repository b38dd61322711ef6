/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/smtp_play.h - what a mail server of the fault server does, by name. */
#ifndef STSURVEY_TESTS_LAB_MAIL_SMTP_PLAY_H
#define STSURVEY_TESTS_LAB_MAIL_SMTP_PLAY_H

#include <stdbool.h>
#include <stddef.h>

/* The moments of a dialogue. AT_HELLO: the ClientHello has come; IN_FLIGHT: the server's flight goes out. */
enum moment { NOWHERE, AT_GREETING, AT_EHLO, AT_STARTTLS, AT_HELLO, IN_FLIGHT, AT_HANDSHAKE, AT_QUIT };
enum parting { SILENCE, HANG_UP, RESET };
enum tls_trick { ALL_TLS, UP_TO_TLS_11, ONLY_TLS_10, UP_TO_TLS_12 };

/* Octets to say; a NULL data: what a good server says. {h} is the host's name, {long} 10 KB, {lines} a hundred lines of
 * EHLO. */
struct speech {
	const char *data;
	size_t len;
};

struct smtp_play {
	const char *name;
	struct speech greeting, ehlo, helo, starttls, quit;
	enum moment at;       /* the one at which the dialogue ends, once what is said there has left */
	bool wordless;        /* and nothing is said there */
	enum parting parting; /* how it ends */
	const char *repeat;   /* said without end before it ends */
	unsigned piece;       /* octets at a time, one piece every drip_ms; 0: all at once */
	unsigned drip_ms;
	bool briefly;    /* only until TLS begins */
	unsigned lag_ms; /* from the connection to its end, at least: a reset at once may come before connect returns */
	struct speech alert; /* AT_HELLO: in place of a ServerHello */
	size_t keep;         /* IN_FLIGHT: octets of the flight that go out */
	enum tls_trick trick;
	unsigned lives; /* connections it takes; then it is dead and resets all; 0: no end */
};

const struct smtp_play *smtp_play_by_name(const char *name);

#endif

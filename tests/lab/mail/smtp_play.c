/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/smtp_play.c - the table of what mail servers do. */
#include "tests/lab/mail/smtp_play.h"
#include "parsers/span.h"

#include <string.h>

#define SAY(text)                                                                                                      \
	{                                                                                                              \
		text, sizeof(text) - 1                                                                                 \
	}
#define ALERT(number) .at = AT_HELLO, .parting = HANG_UP, .alert = SAY("\x15\x03\x03\x00\x02\x02" number)
#define NO_STARTTLS SAY("250-{h}\r\n250-PIPELINING\r\n250 8BITMIME\r\n")

static const struct smtp_play plays[] = {
	{ .name = "good" },
	{ "good-tls12", .trick = UP_TO_TLS_12 },
	{ "proxy", .greeting = SAY("220 proxy.lab-servers.net ESMTP\r\n") }, /* the same wherever one goes */
	/* odd, but mail arrives */
	{ "greet-split", .piece = 5, .drip_ms = 20, .briefly = true },
	{ "greet-lines", .greeting = SAY("220-{h} ESMTP\r\n220-we may read your mail\r\n220 \r\n") },
	{ "greet-bare", .greeting = SAY("220\r\n") },
	{ "greet-no-esmtp", .greeting = SAY("220 {h} Mail Service ready\r\n") },
	{ "greet-other-name", .greeting = SAY("220 localhost.localdomain ESMTP\r\n") },
	{ "greet-nul", .greeting = SAY("220 {h}\0 ESMTP\r\n") },
	{ "greet-bare-lf", .greeting = SAY("220 {h} ESMTP\n"), .ehlo = SAY("250-{h}\n250 STARTTLS\n") },
	{ "greet-latin1", .greeting = SAY("220 {h} ESMTP \xfc\x1b[31m\r\n") },
	{ "greet-long", .greeting = SAY("220 {h} {long}\r\n") },
	{ "ehlo-100", .ehlo = SAY("250-{h}\r\n{lines}250 STARTTLS\r\n") },
	{ "ehlo-long", .ehlo = SAY("250-{h}\r\n250-X-{long}\r\n250 STARTTLS\r\n") },
	{ "ehlo-lower", .ehlo = SAY("250-{h}\r\n250-pipelining\r\n250 starttls\r\n") },
	{ "ehlo-first-line", .ehlo = SAY("250-STARTTLS.{h}\r\n250-SIZE 1000\r\n250 STARTTLS\r\n") },
	{ "starttls-bare", .starttls = SAY("220\r\n") },
	{ "inject", .starttls = SAY("220 2.0.0 go ahead\r\n250 2.0.0 injected\r\n") },
	{ "quit-silence", .at = AT_QUIT, .wordless = true, .parting = SILENCE },
	{ "quit-reset", .at = AT_QUIT, .wordless = true, .parting = RESET },
	{ "quit-error", .quit = SAY("502 5.5.1 you may not\r\n") },
	/* nothing can be said of it */
	{ "greet-421", .greeting = SAY("421 4.3.2 {h} too busy\r\n"), .at = AT_GREETING, .parting = HANG_UP },
	{ "greet-450", .greeting = SAY("450 4.7.1 {h} come again\r\n") },
	{ "greet-554", .greeting = SAY("554 5.7.1 {h} not you\r\n") },
	{ "greet-520", .greeting = SAY("520 {h} no\r\n"), .at = AT_GREETING, .parting = HANG_UP },
	{ "greet-silence", .at = AT_GREETING, .wordless = true, .parting = SILENCE },
	{ "greet-close", .at = AT_GREETING, .wordless = true, .parting = HANG_UP },
	{ "greet-reset", .at = AT_GREETING, .wordless = true, .parting = RESET, .lag_ms = 200 },
	{ "greet-half", .greeting = SAY("220-{h} ESMTP\r\n220-wait"), .at = AT_GREETING, .parting = SILENCE },
	{ "greet-half-close", .greeting = SAY("220 {h} ESM"), .at = AT_GREETING, .parting = HANG_UP },
	{ "greet-endless", .greeting = SAY(""), .at = AT_GREETING, .repeat = "220-we have a lot to tell\r\n" },
	{ "greet-endless-line", .greeting = SAY("220 "), .at = AT_GREETING, .repeat = "0123456789" },
	{ "greet-http", .greeting = SAY("HTTP/1.1 400 Bad Request\r\n\r\n"), .at = AT_GREETING, .parting = HANG_UP },
	{ "greet-garbage", .greeting = SAY("\x16\x03\x01\x00\x05hello\xff\r\n"), .at = AT_GREETING,
	  .parting = HANG_UP },
	{ "greet-then-close", .at = AT_GREETING, .parting = HANG_UP },
	{ "ehlo-421", .ehlo = SAY("421 4.7.0 {h} too many connections\r\n"), .at = AT_EHLO, .parting = HANG_UP },
	{ "ehlo-451", .ehlo = SAY("451 4.3.0 {h} not now\r\n"), .helo = SAY("451 4.3.0 {h} not now\r\n") },
	{ "ehlo-550", .ehlo = SAY("550 5.7.1 {h} your name\r\n"), .helo = SAY("550 5.7.1 {h} your name\r\n") },
	{ "ehlo-silence", .at = AT_EHLO, .wordless = true, .parting = SILENCE },
	{ "ehlo-close", .at = AT_EHLO, .wordless = true, .parting = HANG_UP },
	{ "ehlo-reset", .at = AT_EHLO, .wordless = true, .parting = RESET },
	{ "ehlo-half", .ehlo = SAY("250-{h}\r\n250-PIPELINING\r\n"), .at = AT_EHLO, .parting = HANG_UP },
	{ "ehlo-endless", .ehlo = SAY("250-{h}\r\n"), .at = AT_EHLO, .repeat = "250-X-MORE\r\n" },
	{ "tarpit", .piece = 1, .drip_ms = 1000 },
	{ "starttls-421", .starttls = SAY("421 4.7.0 {h} bye\r\n"), .at = AT_STARTTLS, .parting = HANG_UP },
	{ "starttls-silence", .at = AT_STARTTLS, .wordless = true, .parting = SILENCE },
	{ "starttls-close", .at = AT_STARTTLS, .wordless = true, .parting = HANG_UP },
	/* it is the server's fault */
	{ "no-starttls", .ehlo = NO_STARTTLS },
	{ "no-starttls-name", .ehlo = SAY("250-STARTTLS.{h}\r\n250-XSTARTTLS\r\n250 SIZE 1000\r\n") },
	{ "no-starttls-greeting", .greeting = SAY("220 {h} ESMTP STARTTLS\r\n"), .ehlo = SAY("250 {h}\r\n") },
	{ "no-ehlo", .ehlo = SAY("502 5.5.1 what\r\n"), .helo = SAY("250 {h}\r\n") },
	{ "no-ehlo-500", .ehlo = SAY("500 5.5.2 what\r\n"), .helo = SAY("250 {h}\r\n") },
	{ "starttls-454", .starttls = SAY("454 4.7.0 TLS not available\r\n") },
	{ "starttls-501", .starttls = SAY("501 5.5.4 no parameters\r\n") },
	{ "starttls-502", .starttls = SAY("502 5.5.1 not here\r\n") },
	{ "starttls-reset", .at = AT_STARTTLS, .parting = RESET },
	{ "starttls-hang-up", .at = AT_STARTTLS, .parting = HANG_UP },
	{ "alert-handshake-failure", ALERT("\x28") },
	{ "alert-internal-error", ALERT("\x50") },
	{ "alert-unrecognized-name", ALERT("\x70") },
	{ "alert-protocol-version", ALERT("\x46") },
	{ "hello-silence", .at = AT_HELLO, .parting = SILENCE },
	{ "hello-close", .at = AT_HELLO, .parting = HANG_UP },
	{ "hello-reset", .at = AT_HELLO, .parting = RESET },
	{ "hello-plain", .at = AT_HELLO, .parting = HANG_UP, .alert = SAY("454 4.7.0 no TLS after all\r\n") },
	{ "flight-silence", .at = IN_FLIGHT, .keep = 200, .parting = SILENCE },
	{ "flight-close", .at = IN_FLIGHT, .keep = 200, .parting = HANG_UP },
	{ "flight-reset", .at = IN_FLIGHT, .keep = 200, .parting = RESET },
	{ "old-tls", .trick = UP_TO_TLS_11 },
	{ "old-tls10", .trick = ONLY_TLS_10 },
	{ "handshake-close", .at = AT_HANDSHAKE, .parting = HANG_UP },
	/* Half of the ten thousand hosts behind this address have been there when it dies. */
	{ "dies", .lives = 500 },
};

const struct smtp_play *smtp_play_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(plays); i++)
		if (strcmp(plays[i].name, name) == 0)
			return &plays[i];
	return NULL;
}

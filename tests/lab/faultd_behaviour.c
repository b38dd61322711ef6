/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_behaviour.c - the table of what HTTPS peers do. */
#include "faultd_behaviour.h"
#include "parsers/span.h"

#include <string.h>

#define RAW(text) .send = text, .send_len = sizeof(text) - 1
#define ALERT(number) .when = ON_HELLO, .end = CLOSE, RAW("\x15\x03\x03\x00\x02\x02" number)
#define LINE_1K                                                                                                        \
	"X-Filler: "                                                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n"

static const struct behaviour behaviours[] = {
	{ "serve", .when = ON_REQUEST, .end = SHUTDOWN },
	{ "serve-tls12", .when = ON_REQUEST, .end = SHUTDOWN, .trick = TLS_12 },
	{ "serve-keep", .when = ON_REQUEST, .end = KEEP },
	{ "serve-close", .when = ON_REQUEST, .end = CLOSE }, /* no close_notify */
	{ "serve-reset", .when = ON_REQUEST, .end = RESET },
	/* before TLS */
	{ "hello-reset", .when = ON_HELLO, .end = RESET },
	{ "hello-close", .when = ON_HELLO, .end = CLOSE },
	{ "hello-silence", .when = ON_HELLO, .end = KEEP },
	{ "alert-close-notify", .when = ON_HELLO, .end = CLOSE, RAW("\x15\x03\x03\x00\x02\x01\x00") },
	{ "alert-unexpected-message", ALERT("\x0a") },
	{ "alert-handshake-failure", ALERT("\x28") },
	{ "alert-access-denied", ALERT("\x31") },
	{ "alert-decode-error", ALERT("\x32") },
	{ "alert-protocol-version", ALERT("\x46") },
	{ "alert-insufficient-security", ALERT("\x47") },
	{ "alert-internal-error", ALERT("\x50") },
	{ "alert-unrecognized-name", ALERT("\x70") },
	{ "alert-certificate-required", ALERT("\x74") },
	{ "alert-unknown", ALERT("\xfe") },
	{ "smtp-banner", .when = ON_HELLO, .end = KEEP, RAW("220 mx.example ESMTP ready\r\n") },
	{ "smtp-banner-close", .when = ON_HELLO, .end = CLOSE, RAW("554 5.7.1 no service here\r\n") },
	{ "http-plain", .when = ON_HELLO, .end = CLOSE,
	  RAW("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") },
	{ "ssh-banner", .when = ON_HELLO, .end = KEEP, RAW("SSH-2.0-OpenSSH_9.2\r\n") },
	{ "garbage", .when = ON_HELLO, .end = CLOSE, RAW("\x00\x01\x02\x03\xff\xfe\xfd\xfc garbage \x80\x81\x82") },
	{ "one-octet", .when = ON_HELLO, .end = CLOSE, RAW("\x16") },
	{ "endless-garbage", .when = ON_HELLO, .end = KEEP, .repeat = "garbage without end " },
	{ "empty-records", .when = ON_HELLO, .end = KEEP,
	  RAW("\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00") },
	{ "huge-record", .when = ON_HELLO, .end = KEEP, RAW("\x16\x03\x03\xff\xff\x02\x00\xff\xfb") },
	{ "server-hello-ssl3", .when = ON_HELLO, .end = CLOSE,
	  RAW("\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00"
	      "0123456789abcdef0123456789abcdef\x00\x00\x2f\x00") },
	/* in the handshake: `keep` octets of the server's flight go out */
	{ "flight-reset", .when = IN_FLIGHT, .end = RESET, .keep = 200 },
	{ "flight-reset-early", .when = IN_FLIGHT, .end = RESET, .keep = 3 },
	{ "flight-close", .when = IN_FLIGHT, .end = CLOSE, .keep = 200 },
	{ "flight-silence", .when = IN_FLIGHT, .end = KEEP, .keep = 200 },
	{ "flight-silence-early", .when = IN_FLIGHT, .end = KEEP, .keep = 3 },
	{ "flight-drip", .when = IN_FLIGHT, .end = KEEP, .keep = 1 << 20, .drip_ms = 500 },
	{ "flight-drip-fast", .when = ON_REQUEST, .end = SHUTDOWN, .drip_ms = 0, .trick = TINY_RECORDS },
	{ "old-tls", .when = ON_REQUEST, .end = SHUTDOWN, .trick = OLD_TLS },
	{ "old-tls10", .when = ON_REQUEST, .end = SHUTDOWN, .trick = TLS_10_ONLY },
	/* after the handshake, before the answer */
	{ "tls-reset", .when = ON_HANDSHAKE, .end = RESET, .no_answer = true },
	{ "tls-close", .when = ON_HANDSHAKE, .end = CLOSE, .no_answer = true },
	{ "tls-shutdown", .when = ON_HANDSHAKE, .end = SHUTDOWN, .no_answer = true },
	{ "request-silence", .when = ON_REQUEST, .end = KEEP, .no_answer = true },
	{ "request-reset", .when = ON_REQUEST, .end = RESET, .no_answer = true },
	{ "request-shutdown", .when = ON_REQUEST, .end = SHUTDOWN, .no_answer = true },
	/* in the answer: the octets of the file, cut or stretched */
	{ "headers-reset", .when = ON_REQUEST, .end = RESET, .keep = 30 },
	{ "headers-close", .when = ON_REQUEST, .end = SHUTDOWN, .keep = 30 },
	{ "headers-silence", .when = ON_REQUEST, .end = KEEP, .keep = 30 },
	{ "status-reset", .when = ON_REQUEST, .end = RESET, .keep = 8 },
	{ "body-reset", .when = ON_REQUEST, .end = RESET, .keep = 110 },
	{ "body-close", .when = ON_REQUEST, .end = SHUTDOWN, .keep = 110 },
	{ "body-silence", .when = ON_REQUEST, .end = KEEP, .keep = 110 },
	{ "drip-headers", .when = ON_REQUEST, .end = SHUTDOWN, .drip_ms = 1000 },
	{ "drip-body", .when = ON_REQUEST, .end = SHUTDOWN, .drip_ms = 1000, .keep = 0,
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4000\r\n\r\n") },
	{ "endless-body", .when = ON_REQUEST, .end = KEEP, .no_answer = true,
	  .repeat = "x-filler: 0123456789012345678901234567890123456789\n",
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\nmode: enforce\nmx: "
	      "a.example\nmax_age: 1209600\n") },
	{ "endless-chunks", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "1\r\na\r\n",
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n") },
	{ "endless-chunk-extension", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "x",
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5;") },
	{ "endless-chunk-size", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "\r",
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5") },
	{ "endless-headers", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = LINE_1K,
	  RAW("HTTP/1.1 200 OK\r\n") },
	{ "endless-header-line", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "0123456789",
	  RAW("HTTP/1.1 200 OK\r\nX-Long: ") },
	{ "endless-status-line", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "0123456789",
	  RAW("HTTP/1.1 200 OK") },
	{ "endless-100", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = "HTTP/1.1 100 Continue\r\n\r\n",
	  RAW("") },
	{ "endless-103", .when = ON_REQUEST, .end = KEEP, .no_answer = true,
	  .repeat = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", RAW("") },
	{ "endless-trailers", .when = ON_REQUEST, .end = KEEP, .no_answer = true, .repeat = LINE_1K,
	  RAW("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n") },
	/* HTTP/2 that nobody negotiated: SETTINGS, then PINGs */
	{ "h2-frames", .when = ON_REQUEST, .end = KEEP, .no_answer = true,
	  RAW("\0\0\0\4\0\0\0\0\0"
	      "\0\0\x08\6\0\0\0\0\0"
	      "12345678"
	      "\0\0\x08\6\0\0\0\0\0"
	      "12345678") },
	{ "tiny-records", .when = ON_REQUEST, .end = SHUTDOWN, .trick = TINY_RECORDS },
	{ "renegotiate", .when = ON_REQUEST, .end = SHUTDOWN, .trick = RENEGOTIATE },
	{ "key-updates", .when = ON_REQUEST, .end = SHUTDOWN, .trick = KEY_UPDATES },
};

const struct behaviour behaviour_unknown = { "unknown", ALERT("\x70") };

const struct behaviour *behaviour_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(behaviours); i++)
		if (strcmp(behaviours[i].name, name) == 0)
			return &behaviours[i];
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/smtp_reply.h - a reply of an SMTP server (RFC 5321 4.2), octet by octet as it comes, and the extensions that
 * one to EHLO lists (4.1.1.1).
 *
 *   reply        = *( code "-" [ text ] CRLF ) code [ SP [ text ] ] CRLF
 *   code         = %x32-35 2DIGIT, the same in each line
 *   ehlo-line    = keyword *( SP parameter )
 *
 * Text may hold any octet but NUL, CR and LF; the code's second digit any digit, since servers use more than the RFC
 * has. Nothing is kept here: whoever reads keeps the octets of a reply as they came, and may walk over them afterwards.
 */
#ifndef STSURVEY_PARSERS_SMTP_REPLY_H
#define STSURVEY_PARSERS_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

enum {
	SMTP_LINE_MAX = 2048, /* octets of a line with its end; RFC 5321 4.5.3.1.5 has 512, and servers that list
			       * something in a line exceed it */
	SMTP_LINES_MAX = 128, /* of a reply; the longest known to EHLO have 30 */
};

/* What a reply has come to. */
enum smtp_reply_state {
	SMTP_REPLY_MORE,     /* more is to come */
	SMTP_REPLY_COMPLETE, /* its last line has come */
	SMTP_REPLY_BROKEN,   /* it is none: no code, another code than before, NUL, a CR or LF alone */
	SMTP_REPLY_TOO_LONG, /* it is beyond a limit above */
};

/* All zero at first. */
struct smtp_reply {
	enum smtp_reply_state state : 8;
	bool offers_starttls; /* one of its lines so far does, as smtp_extensions_next would tell; but for the first */
	uint16_t code;        /* of its first line; 0: that has not come so far */

	/* its own */
	uint16_t line_code; /* of the line being read */
	uint16_t column;    /* octets of it that have come */
	uint8_t lines;      /* that are complete */
	bool last;          /* this line is */
	bool cr;            /* its CR has come */
	uint8_t keyword;    /* octets of it that are STARTTLS; more: it is another */
};

/* Read on in @octets. The number of octets that belong to the reply: less than all where it ends before. */
size_t smtp_reply_read(struct smtp_reply *reply, struct span octets);

/* A line of a reply as kept: "250-SIZE 1000" is 250, not the last, "SIZE 1000". */
struct smtp_line {
	uint16_t code;
	bool last;
	struct span text;
};

/* The next line of *@rest, which begins with a reply's octets and shrinks. False: there is none, or it has no end, so
 * that more of it may have been cut off, or it is no line of a reply. */
bool smtp_line_next(struct span *rest, struct smtp_line *line);

/* A walk over the extensions that a kept reply to EHLO offers; `rest` is set to the reply, all else zero. */
struct smtp_extensions {
	struct span rest;
	bool begun;
};

/* The next one. The first line has none: it is the server's name and greeting, whatever it looks like. False: behind
 * the last whole line. @parameters is empty where there is none. */
bool smtp_extensions_next(struct smtp_extensions *extensions, struct span *keyword, struct span *parameters);

/* Is @keyword, in any case, among the extensions of the reply @ehlo? */
bool smtp_extensions_has(struct span ehlo, struct span keyword);

#endif

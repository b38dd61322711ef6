/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server says, one reply after the other: read at once and octet by octet, and its extensions walked over. */
#include "parsers/smtp_reply.h"

#include "tests/fuzz/fuzz.h"

static size_t octet_by_octet(struct smtp_reply *reply, struct span octets)
{
	size_t n = 0;

	while (n < octets.n && reply->state == SMTP_REPLY_MORE)
		FUZZ_CHECK(smtp_reply_read(reply, (struct span){ octets.p + n++, 1 }) == 1);
	return n;
}

static void check_lines(struct span text, const struct smtp_reply *reply)
{
	struct span rest = text;
	struct smtp_line line = { 0 };
	unsigned lines = 0;

	while (smtp_line_next(&rest, &line)) {
		lines++;
		FUZZ_CHECK(fuzz_is_inside(line.text, text) && line.text.n + 5 <= SMTP_LINE_MAX);
		FUZZ_CHECK(line.code >= 200 && line.code <= 599);
		if (reply->state == SMTP_REPLY_COMPLETE)
			FUZZ_CHECK(line.code == reply->code && line.last == (rest.n == 0));
	}
	FUZZ_CHECK(lines <= SMTP_LINES_MAX);
	if (reply->state == SMTP_REPLY_COMPLETE)
		FUZZ_CHECK(lines > 0 && rest.n == 0);
	FUZZ_CHECK(lines == 0 || (reply->code >= 200 && reply->code <= 599));
}

static void check_extensions(struct span text, const struct smtp_reply *reply)
{
	struct smtp_extensions walk = { .rest = text };
	struct span keyword, parameters;

	while (smtp_extensions_next(&walk, &keyword, &parameters))
		FUZZ_CHECK(fuzz_is_inside(keyword, text) && fuzz_is_inside(parameters, text));
	/* of what goes on, the reader has seen more than the walk, which minds whole lines alone */
	if (smtp_extensions_has(text, SPAN_LITERAL("starttls")))
		FUZZ_CHECK(reply->offers_starttls);
	if (reply->state == SMTP_REPLY_COMPLETE)
		FUZZ_CHECK(smtp_extensions_has(text, SPAN_LITERAL("STARTTLS")) == reply->offers_starttls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = { (const char *)data, size };

	do {
		struct smtp_reply reply = { 0 }, slow = { 0 };
		size_t n = smtp_reply_read(&reply, octets);
		struct span text = { octets.p, n };

		FUZZ_CHECK(n <= octets.n && (n == octets.n || reply.state != SMTP_REPLY_MORE));
		FUZZ_CHECK(octet_by_octet(&slow, octets) == n && slow.state == reply.state);
		FUZZ_CHECK(slow.code == reply.code && slow.offers_starttls == reply.offers_starttls);
		check_lines(text, &reply);
		check_extensions(text, &reply);
		octets = span_skip(octets, n);
	} while (octets.n > 0);
	return 0;
}

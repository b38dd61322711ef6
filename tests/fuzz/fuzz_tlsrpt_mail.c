/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets as mail, one message or an mbox: its parts, as GMime finds them. */
#include "analysis/tlsrpt/tlsrpt_mime.h"

#include "tests/fuzz/fuzz.h"

struct seen {
	struct tlsrpt_part *part;
	unsigned messages, reports, bad, parts;
};

static void on_report(void *arg, struct tlsrpt_report *report)
{
	struct seen *seen = arg;

	FUZZ_CHECK(report->policy_count <= TLSRPT_POLICIES_MAX);
	seen->reports++;
}

static void on_bad(void *arg, const char *why)
{
	struct seen *seen = arg;

	FUZZ_CHECK(why[0]);
	seen->bad++;
}

static void on_part(void *arg, unsigned number)
{
	struct seen *seen = arg;

	FUZZ_CHECK(number > 0 && number <= TLSRPT_MAIL_PARTS_MAX);
	seen->parts++;
}

static int on_message(void *arg, const struct tlsrpt_message *message, struct error *error)
{
	static const struct tlsrpt_mime_events events = { .on_part = on_part };
	struct seen *seen = arg;
	struct tlsrpt_mime_end end;

	FUZZ_CHECK(message->number == ++seen->messages && message->n <= TLSRPT_MAIL_MAX);
	if (message->bad)
		return 0;
	return tlsrpt_mime_read(message, seen->part, &events, seen, &end, error);
}

static struct seen read_in_pieces(struct span octets, bool is_mbox, size_t piece)
{
	static const struct tlsrpt_part_events events = { .on_report = on_report, .on_bad = on_bad };
	struct seen seen = { 0 };
	struct tlsrpt_mail *mail = tlsrpt_mail_new(on_message, &seen);
	struct error error;

	seen.part = tlsrpt_part_new(&events, &seen);
	FUZZ_CHECK(mail && seen.part);
	tlsrpt_mail_begin(mail, is_mbox);
	while (octets.n > 0) {
		size_t n = octets.n < piece ? octets.n : piece;

		FUZZ_CHECK(tlsrpt_mail_feed(mail, (struct span){ octets.p, n }, &error) == 0);
		octets = span_skip(octets, n);
	}
	FUZZ_CHECK(tlsrpt_mail_end(mail, &error) == 0);
	tlsrpt_mail_free(mail);
	tlsrpt_part_free(seen.part);
	seen.part = NULL;
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = { (const char *)data, size };
	bool is_mbox = span_starts_with(octets, SPAN_LITERAL("From "));
	struct seen whole = read_in_pieces(octets, is_mbox, size > 0 ? size : 1);
	struct seen single = read_in_pieces(octets, is_mbox, 1);

	FUZZ_CHECK(whole.messages == single.messages && whole.parts == single.parts);
	FUZZ_CHECK(whole.reports == single.reports && whole.bad == single.bad);
	FUZZ_CHECK(is_mbox || whole.messages <= 1);
	return 0;
}

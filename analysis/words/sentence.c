/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/words/sentence.h"

/* What a text may hold, and what stands there instead: what is in front, of whom, what is behind. */
enum subject { NOBODY, DOMAIN, PORT, HOST };

static const struct {
	struct span text;
	enum subject subject;
	const char *before, *behind;
} places[] = {
	{ SPAN_LITERAL("<domain>"), DOMAIN, "", "" },
	{ SPAN_LITERAL("port 443"), PORT, "port ", "" },
	{ SPAN_LITERAL("the mail server's MX name"), HOST, "", "" }, /* the longer ones first */
	{ SPAN_LITERAL("the mail server's"), HOST, "", "'s" },
	{ SPAN_LITERAL("the mail server"), HOST, "the mail server ", "" },
	{ SPAN_LITERAL("the MX name"), HOST, "the MX name ", "" },
	{ SPAN_LITERAL("…"), NOBODY, "...", "" },
};

static bool is_known(enum subject subject, const struct sentence_about *about)
{
	return (subject != HOST || about->host.n > 0) && (subject != PORT || about->https_port > 0);
}

static void put_subject(struct text *out, enum subject subject, const struct sentence_about *about)
{
	if (subject == DOMAIN)
		text_shown(out, about->domain);
	else if (subject == HOST)
		text_shown(out, about->host);
	else if (subject == PORT)
		text_uint(out, about->https_port);
}

void sentence_put(struct text *out, const char *text, const struct sentence_about *about)
{
	struct span rest = span_of(text);

	while (rest.n > 0) {
		size_t i = 0;

		while (i < COUNT_OF(places) &&
		       (!span_starts_with(rest, places[i].text) || !is_known(places[i].subject, about)))
			i++;
		if (i == COUNT_OF(places)) {
			text_char(out, rest.p[0]);
			rest = span_skip(rest, 1);
			continue;
		}
		text_string(out, places[i].before);
		put_subject(out, places[i].subject, about);
		text_string(out, places[i].behind);
		rest = span_skip(rest, places[i].text.n);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/explain/paper.h"

#include <inttypes.h>
#include <time.h>

#include "analysis/classify/classify_tls.h"
#include "analysis/words/sentence.h"
#include "analysis/words/tls_words.h"
#include "output/address_text.h"
#include "output/text.h"

void paper_text(const struct paper *paper, struct span s)
{
	size_t n = s.n < EXPLAIN_TEXT_MAX ? s.n : EXPLAIN_TEXT_MAX;
	char shown[TEXT_SHOWN_TIMES * EXPLAIN_TEXT_MAX + 1];

	text_show(shown, sizeof(shown), (struct span){ s.p, n });
	fputs(shown, paper->out);
	if (n < s.n)
		fprintf(paper->out, "... (%zu octets)", s.n);
}

void paper_sentence(const struct paper *paper, const char *text)
{
	struct text filled;

	text_open_memory(&filled);
	sentence_put(&filled, text,
		     &(struct sentence_about){ .domain = paper->domain, .https_port = paper->https_port });
	if (!text_failed(&filled))
		fwrite(filled.data, 1, filled.used, paper->out);
	else
		fputs(text, paper->out); /* no memory: it says it of any domain */
	text_free(&filled);
}

void paper_label(const struct paper *paper, const char *label)
{
	fprintf(paper->out, "  %-11s ", label);
}

void paper_more(const struct paper *paper, size_t shown, size_t all)
{
	if (shown < all)
		fprintf(paper->out, " and %zu more", all - shown);
}

void paper_date(const struct paper *paper, int64_t seconds)
{
	char text[32];
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) > 0)
		fputs(text, paper->out);
	else
		fprintf(paper->out, "%" PRId64, seconds);
}

size_t paper_shown_of(size_t count)
{
	return count < EXPLAIN_LIST_MAX ? count : EXPLAIN_LIST_MAX;
}

void paper_texts(const struct paper *paper, const char *first, const char *next, const struct span *text, size_t count,
		 size_t omitted)
{
	for (size_t i = 0; i < paper_shown_of(count); i++) {
		fputs(i == 0 ? first : next, paper->out);
		paper_text(paper, text[i]);
	}
	paper_more(paper, paper_shown_of(count), count + omitted);
}

void paper_answer(const struct paper *paper, const struct obs_answer *answer)
{
	fprintf(paper->out, "%s%s", dns_status_names[answer->status],
		answer->source == SOURCE_DIRECT ? " (of its own name server)"
		: answer->ad                    ? " (DNSSEC)"
						: "");
	paper_texts(paper, ", alias of ", " -> ", answer->cname, answer->cname_count, 0);
	if (answer->cname_loop)
		fputs(", in a loop", paper->out);
	if (obs_answer_is_bogus(answer))
		fputs(", but an answer without DNSSEC validation", paper->out);
	if (answer->ede > 0)
		fprintf(paper->out, " (Extended DNS Error %u)", answer->ede - 1U); /* as stored, one more */
}

void paper_address(const struct paper *paper, const struct obs_address *address)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(address, text);
	fputs(text, paper->out);
}

void paper_addresses(const struct paper *paper, const struct obs_answer *a, const struct obs_answer *aaaa,
		     const struct obs_address *address, size_t count, size_t omitted)
{
	fputs("A ", paper->out);
	paper_answer(paper, a);
	fputs(", AAAA ", paper->out);
	paper_answer(paper, aaaa);
	for (size_t i = 0; i < paper_shown_of(count); i++) {
		fputs(i == 0 ? ": " : ", ", paper->out);
		paper_address(paper, &address[i]);
	}
	paper_more(paper, paper_shown_of(count), count + omitted);
	fputc('\n', paper->out);
}

void paper_coloured(const struct paper *paper, const char *colour, int width, const char *text)
{
	fprintf(paper->out, "%s%-*s%s", paper->colour ? colour : "", width, text, paper->colour ? "\033[0m" : "");
}

void paper_certificate(const struct paper *paper, const struct obs_certificate *leaf)
{
	if (leaf->name_count == 0) {
		fputs("no DNS names, common name ", paper->out);
		paper_text(paper, leaf->common_name);
	}
	paper_texts(paper, "for ", ", ", leaf->name, leaf->name_count, leaf->name_omitted);
	fputs("; valid ", paper->out);
	paper_date(paper, leaf->not_before);
	fputs(" to ", paper->out);
	paper_date(paper, leaf->not_after);
	fputs("; issued by ", paper->out);
	paper_text(paper, leaf->issuer);
}

void paper_tls_errors(const struct paper *paper, const struct obs_tls *tls)
{
	for (size_t i = 0; i < tls->error_count; i++) {
		const struct obs_verify_error *error = &tls->error[i];

		fputs(error->depth == 0 ? "; the host's certificate" : "; a certificate above it", paper->out);
		fprintf(paper->out, " %s (OpenSSL's error %u at depth %u)", classify_tls_words(error->code),
			error->code, error->depth);
	}
	if (tls->alerted) {
		const char *words = tls_words_of_alert(tls->alert);

		fprintf(paper->out, "; the server sent alert %u%s%s%s", tls->alert, words[0] ? " (" : "", words,
			words[0] ? ")" : "");
	}
}

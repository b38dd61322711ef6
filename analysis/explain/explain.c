/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/explain/explain.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/explain/explain_mx.h"
#include "analysis/explain/paper.h"
#include "analysis/words/verdict_words.h"

enum {
	WIDTH_LEAST = 40, /* narrower terminals get lines of so many columns */
	HTTPS_PORT = 443, /* what is not told; the findings table speaks of it */
};

/* ---- dns ---- */

static void explain_mx(const struct paper *paper, const struct obs_mx *mx)
{
	paper_label(paper, "MX");
	paper_answer(paper, &mx->answer);
	for (size_t i = 0; i < paper_shown_of(mx->count); i++) {
		fprintf(paper->out, "%s %u ", i > 0 ? "," : "", mx->record[i].preference);
		paper_text(paper, mx->record[i].name.n > 0 ? mx->record[i].name : SPAN_LITERAL(". (no mail)"));
	}
	paper_more(paper, paper_shown_of(mx->count), mx->count + mx->omitted);
	fputc('\n', paper->out);
}

static void explain_txt(const struct paper *paper, struct span label, const struct obs_txt *txt,
			enum record_state state)
{
	fprintf(paper->out, "  %-11.*s ", (int)label.n - 1, label.p);
	paper_answer(paper, &txt->answer);
	if (state != RECORD_NOT_ASKED)
		fprintf(paper->out, ", record: %s", record_state_names[state]);
	for (size_t i = 0; i < paper_shown_of(txt->count); i++) {
		fprintf(paper->out, "\n  %-11s \"", "");
		paper_text(paper, txt->record[i]);
		fputc('"', paper->out);
	}
	paper_more(paper, paper_shown_of(txt->count), txt->count + txt->omitted);
	fputc('\n', paper->out);
}

/* ---- the policy ---- */

static void explain_host(const struct paper *paper, const struct obs_policy *policy)
{
	paper_label(paper, "mta-sts");
	paper_addresses(paper, &policy->a, &policy->aaaa, policy->address, policy->address_count,
			policy->address_omitted);
	if (policy->status == CONNECT_SKIPPED)
		return;
	paper_label(paper, "connection");
	fputs(connect_status_names[policy->status], paper->out);
	if (policy->address_used >= 0 && (size_t)policy->address_used < policy->address_count) {
		fputs(" at ", paper->out);
		paper_address(paper, &policy->address[policy->address_used]);
		if (paper->https_port != HTTPS_PORT)
			fprintf(paper->out, " port %u", paper->https_port);
		fprintf(paper->out, ", %u ms", policy->fetch_ms);
	}
	fputc('\n', paper->out);
}

static void explain_tls(const struct paper *paper, const struct obs_tls *tls, const char *verify)
{
	paper_label(paper, "TLS");
	fprintf(paper->out, "%s: %s", tls->version != TLS_NONE ? tls_version_names[tls->version] : "no version",
		verify);
	paper_tls_errors(paper, tls);
	fputc('\n', paper->out);
	if (tls->chain_count == 0)
		return;
	paper_label(paper, "certificate");
	paper_certificate(paper, &tls->chain[0]);
	fputc('\n', paper->out);
}

static void explain_http(const struct paper *paper, const struct obs_http *http)
{
	const struct {
		const char *before;
		struct span field;
	} part[] = { { ", ", http->content_type },
		     { ", coded as ", http->content_encoding },
		     { ", leads to ", http->location } };

	paper_label(paper, "HTTP");
	if (http->status > 0)
		fprintf(paper->out, "status %u", http->status);
	else
		fputs(http->failure == HTTP_PROTOCOL ? "no answer in HTTP/1.1 (HTTP/2 alone, or no HTTP?)"
						     : "no answer",
		      paper->out);
	for (size_t i = 0; i < COUNT_OF(part); i++)
		if (part[i].field.p)
			paper_texts(paper, part[i].before, NULL, &part[i].field, 1, 0);
	fprintf(paper->out, ", %" PRIu64 " octets\n", http->size);
}

static void explain_policy(const struct paper *paper, const struct classification *result)
{
	struct span pattern;
	size_t at = 0, shown = 0;

	paper_label(paper, "policy");
	fputs(policy_state_names[result->judgement.policy], paper->out);
	if (result->policy.mode != STS_MODE_UNSET)
		fprintf(paper->out, ", mode %s", sts_mode_names[result->policy.mode]);
	if (result->policy.has_max_age)
		fprintf(paper->out, ", max_age %" PRIu64 " s", result->policy.max_age);
	while (shown < EXPLAIN_LIST_MAX && sts_policy_next_mx(&result->policy, &at, &pattern)) {
		fputs(shown++ == 0 ? ", mx " : ", ", paper->out);
		paper_text(paper, pattern);
	}
	paper_more(paper, shown, result->policy.mx_count);
	fputc('\n', paper->out);
	if (result->mx_compared)
		fprintf(paper->out, "  %-11s %u MX fit the patterns\n", "", result->mx_matching);
}

static void explain_fetch(const struct paper *paper, const struct observation *observation,
			  const struct classification *result)
{
	const struct obs_policy *policy = &observation->policy;

	explain_host(paper, policy);
	if (result->tls_verify[0])
		explain_tls(paper, &policy->tls, result->tls_verify);
	if (policy->http.status > 0 || strcmp(result->tls_verify, "ok") == 0)
		explain_http(paper, &policy->http);
	if (result->judgement.policy != POLICY_UNJUDGED)
		explain_policy(paper, result);
}

/* ---- findings ---- */

static const char *const colours[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = "\033[36m",    [SEVERITY_WARNING] = "\033[33m",   [SEVERITY_TOLERATED] = "\033[33m",
	[SEVERITY_ERROR] = "\033[1;31m", [SEVERITY_TRANSIENT] = "\033[35m",
};

static void explain_findings(const struct paper *paper, const struct finding_set *findings)
{
	/* the worst first, as a person would tell it */
	static const enum severity order[] = { SEVERITY_ERROR, SEVERITY_TRANSIENT, SEVERITY_TOLERATED, SEVERITY_WARNING,
					       SEVERITY_INFO };

	for (size_t s = 0; s < COUNT_OF(order); s++) {
		for (unsigned f = finding_next(findings, 0); f < FINDING_COUNT; f = finding_next(findings, f + 1)) {
			const struct finding_info *info = &finding_table[f];

			if (info->severity != order[s])
				continue;
			fputs("  ", paper->out);
			paper_coloured(paper, colours[info->severity], 11, severity_names[info->severity]);
			fprintf(paper->out, " %s (%u): ", info->code, info->number);
			paper_sentence(paper, info->meaning);
			if (strcmp(info->rule, "-") != 0)
				fprintf(paper->out, " [%s]", info->rule);
			fprintf(paper->out, "\n  %-11s fix: ", "");
			paper_sentence(paper, info->fix);
			fputc('\n', paper->out);
		}
	}
}

static const char *colour_of_verdict(const struct judgement *judgement)
{
	if (judgement->component == COMPONENT_OK)
		return "\033[1;32m";
	return judgement->verdict == VERDICT_UNKNOWN ? colours[SEVERITY_TRANSIENT] : colours[SEVERITY_ERROR];
}

/* What a sender would do; where it has nothing to deliver to, or nothing to compare, no more is claimed. */
static const char *words_of_verdict(const struct obs_mx *mx, const struct judgement *judgement)
{
	bool no_mx = mx->count == 0 && dns_status_is_answer(mx->answer.status);

	if (mx->answer.status == DNS_NXDOMAIN)
		return "the domain does not exist: there is nothing to deliver to";
	if (judgement->verdict == VERDICT_NO_POLICY && judgement->record[TXT_STS] == RECORD_NONE)
		return obs_mx_is_null(mx) ? "the domain takes no mail (null MX), and has no policy"
					  : "there is no policy, so nothing is enforced";
	if (judgement->verdict == VERDICT_ENFORCE_OK && (no_mx || obs_mx_is_null(mx)))
		return "enforced, but there is no MX that the policy could be about";
	if (judgement->verdict == VERDICT_TESTING_OK && (no_mx || obs_mx_is_null(mx)))
		return "testing, but there is no MX that the policy could be about";
	return verdict_words[judgement->verdict];
}

/* Why a domain stayed unknown: asking again would not help where all was answered, and more than we keep. */
static const char *words_of_unknown(const struct observation *o)
{
	bool left_out = o->mx.omitted > 0 || o->policy.address_untried > 0;
	bool unanswered = dns_status_is_transient(o->mx.answer.status) || dns_status_is_transient(o->policy.a.status) ||
			  dns_status_is_transient(o->policy.aaaa.status);

	for (int q = 0; q < TXT_QUESTIONS; q++) {
		left_out = left_out || o->txt[q].omitted_meant > 0;
		unanswered = unanswered || dns_status_is_transient(o->txt[q].answer.status);
	}
	return left_out && !unanswered ? "it publishes more records than are kept, and those left out may matter"
				       : "some questions got no answer; check again later";
}

static void explain_conclusion(const struct paper *paper, const struct observation *observation,
			       const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;

	paper_label(paper, "verdict");
	paper_coloured(paper, colour_of_verdict(judgement), 0, verdict_names[judgement->verdict]);
	fprintf(paper->out, ": %s\n", words_of_verdict(&observation->mx, judgement));
	if (classification_misconfigured(result))
		fprintf(paper->out, "  %-11s a sender gets as far as %s\n", "", component_names[judgement->component]);
	explain_delivery(paper, result);
	if (judgement->status == DOMAIN_UNKNOWN)
		fprintf(paper->out, "  %-11s %s\n", "", words_of_unknown(observation));
}

static void explain_all(const struct paper *paper, const struct observation *observation,
			const struct classification *result, const struct senders_what_if *what_if)
{
	paper_text(paper, observation->name);
	fputc('\n', paper->out);
	if (observation->input != INPUT_OK) {
		paper_label(paper, "status");
		fputs(observation->input == INPUT_ILLEGAL ? "this is no domain name\n"
							  : "on the list of domains that are not asked about\n",
		      paper->out);
		return;
	}
	explain_mx(paper, &observation->mx);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		explain_txt(paper, txt_questions[q].label, &observation->txt[q], result->judgement.record[q]);
	if (result->judgement.record[TXT_STS] == RECORD_VALID)
		explain_fetch(paper, observation, result);
	explain_mx_hosts(paper, observation, result);
	fputc('\n', paper->out);
	explain_findings(paper, &result->judgement.findings);
	explain_conclusion(paper, observation, result);
	senders_explain(paper, observation, result, what_if);
}

/* ---- lines for a terminal ---- */

/* How much of @text, without the space it ends at, fits into @room columns; one word does always. The first @least
 * columns are not broken. An ANSI colour takes no room. */
static size_t fitting(struct span text, size_t least, size_t room)
{
	size_t column = 0, fits = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\033') {
			i = span_find(text, i, 'm');
			continue;
		}
		if (text.p[i] == ' ' && column >= least)
			fits = i;
		if (++column > room && fits > 0)
			return fits;
	}
	return text.n;
}

static void put_wrapped(FILE *out, struct span line, size_t width)
{
	size_t least = PAPER_INDENT, room = width, n;

	for (;;) {
		n = fitting(line, least, room);
		fwrite(line.p, 1, n, out);
		if (n == line.n)
			break;
		fprintf(out, "\n%*s", PAPER_INDENT, "");
		line = span_skip(line, n + 1);
		least = 1;
		room = width - PAPER_INDENT;
	}
	fputc('\n', out);
}

bool explain_domain(FILE *out, const struct observation *observation, const struct classification *result,
		    const struct explain_style *style)
{
	struct paper paper = { out, style->colour, style->https_port, observation->name };
	size_t width = style->width < WIDTH_LEAST ? WIDTH_LEAST : style->width, size, end;
	char *text = NULL;

	if (style->width == 0) {
		explain_all(&paper, observation, result, &style->what_if);
		return true;
	}
	paper.out = open_memstream(&text, &size);
	if (!paper.out)
		return false;
	explain_all(&paper, observation, result, &style->what_if);
	if (fclose(paper.out) != 0) {
		free(text);
		return false;
	}
	for (struct span rest = { text, size }; rest.n > 0; rest = span_skip(rest, end + 1)) {
		end = span_find(rest, 0, '\n');
		put_wrapped(out, (struct span){ rest.p, end }, width);
	}
	free(text);
	return true;
}

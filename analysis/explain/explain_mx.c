/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/explain/explain_mx.h"

#include <inttypes.h>

#include "analysis/classify/classify_dane.h"
#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"

static const char *const states[MX_STATE_COUNT] = {
	[MX_NOT_ASKED] = "nobody asked about it",
	[MX_USABLE] = "usable as MTA-STS asks",
	[MX_FAILS] = "not usable as MTA-STS asks",
	[MX_UNKNOWN] = "it could not be found out",
};

static const char *const dane_states[DANE_STATE_COUNT] = {
	[DANE_STATE_NOT_ASKED] = "",
	[DANE_STATE_NONE] = "no TLSA records that count",
	[DANE_STATE_INSECURE] = "TLSA records that DNSSEC does not authenticate",
	[DANE_STATE_UNUSABLE] = "no TLSA record is of use to SMTP: senders insist on TLS, and authenticate nobody",
	[DANE_STATE_VALID] = "the certificate matches",
	[DANE_STATE_INSECURE_MX] = "the certificate matches, but the MX answer is not secure: senders may use it",
	[DANE_STATE_NO_TLS] = "TLSA records ask for TLS, and there is none: senders that check DANE refuse it",
	[DANE_STATE_MISMATCH] = "the certificate does not match: senders that check DANE refuse it",
	[DANE_STATE_BOGUS] = "DNSSEC validation fails: senders that check DANE refuse it",
	[DANE_STATE_UNKNOWN] = "it could not be found out",
};

static const char *const deliveries[DELIVERY_COUNT] = {
	[DELIVERY_DANE_OK] = "authenticated by DANE",
	[DELIVERY_STS_OK] = "authenticated as the policy asks",
	[DELIVERY_TLS] = "encrypted, but to whoever answers",
	[DELIVERY_PLAINTEXT] = "in the clear",
	[DELIVERY_DANE_OK_STS_FAILS] = "DANE authenticates what the policy refuses: some senders deliver, some do not",
	[DELIVERY_DANE_FAILS] = "refused for DANE, whatever the policy says",
	[DELIVERY_STS_FAILS] = "refused for the policy",
	[DELIVERY_NO_HOST] = "no MX has an address that could be contacted",
	[DELIVERY_UNKNOWN] = "it could not be found out",
};

/* ---- one connection ---- */

static void explain_reply(const struct paper *paper, struct span text)
{
	struct span rest = span_strip(text), line;

	for (size_t n = 0; n < EXPLAIN_LIST_MAX && span_next_part(&rest, '\n', &line); n++) {
		if (n > 0)
			fputs(" / ", paper->out);
		paper_text(paper, span_strip(line));
	}
}

/* The reply that ended it, or how it ended without one. */
static void explain_end(const struct paper *paper, const struct obs_smtp *probe)
{
	const struct obs_smtp_reply *const reply[SMTP_PHASE_COUNT] = {
		[SMTP_GREETING] = &probe->greeting, [SMTP_EHLO] = &probe->ehlo, [SMTP_STARTTLS] = &probe->starttls
	};

	if (probe->status != CONNECT_SUCCESS || !reply[probe->phase]) {
		fprintf(paper->out, "%s in phase %s", connect_status_names[probe->status],
			smtp_phase_names[probe->phase]);
		return;
	}
	fprintf(paper->out, "ended in phase %s with \"", smtp_phase_names[probe->phase]);
	explain_reply(paper, reply[probe->phase]->text);
	fputc('"', paper->out);
}

static void explain_probe(const struct paper *paper, const struct obs_host *host, const struct obs_smtp *probe)
{
	const struct obs_tls *tls = &probe->tls;

	paper_label(paper, "");
	fputs("at ", paper->out);
	if (probe->address < host->address_count)
		paper_address(paper, &host->address[probe->address]);
	fputs(probe->sni == SMTP_SNI_NONE   ? ", no name asked for: "
	      : probe->sni == SMTP_SNI_BASE ? ", asked for its TLSA base domain: "
					    : ": ",
	      paper->out);
	if (probe->phase == SMTP_SECURE) {
		fprintf(paper->out, "STARTTLS, %s", tls_version_names[tls->version]);
		if (tls->cipher.n > 0) {
			fputc(' ', paper->out);
			paper_text(paper, tls->cipher);
		}
	} else {
		explain_end(paper, probe);
	}
	paper_tls_errors(paper, tls);
	if (probe->injected > 0)
		fprintf(paper->out, "; %" PRIu32 " octets in the clear behind the reply to STARTTLS", probe->injected);
	fputc('\n', paper->out);
	if (tls->chain_count == 0)
		return;
	paper_label(paper, "");
	fputs("certificate ", paper->out);
	paper_certificate(paper, &tls->chain[0]);
	fprintf(paper->out, " (%" PRId64 " days left)\n", classify_tls_days_left(&tls->chain[0], host->time_ms));
}

/* ---- one host ---- */

static void explain_dane(const struct paper *paper, const struct obs_host *host, enum dane_state state)
{
	const struct obs_tlsa *tlsa = classify_dane_tlsa(host);

	if (state == DANE_STATE_NOT_ASKED)
		return;
	paper_label(paper, "");
	fprintf(paper->out, "DANE: %s: %s", dane_state_names[state], dane_states[state]);
	for (size_t i = 0; tlsa && i < paper_shown_of(tlsa->count); i++)
		fprintf(paper->out, "%s%u %u %u", i == 0 ? "; TLSA " : ", ", tlsa->record[i].usage,
			tlsa->record[i].selector, tlsa->record[i].matching);
	fputc('\n', paper->out);
}

static void explain_reports(const struct paper *paper, const struct mx_judgement *mx)
{
	const char *result = result_type_names[mx_judgement_result(mx)], *code = mx_judgement_microsoft(mx);

	if (!result[0])
		return;
	paper_label(paper, "");
	fprintf(paper->out, "reports say %s", result);
	if (code[0])
		fprintf(paper->out, ", bounces of Exchange Online %s", code);
	fputc('\n', paper->out);
}

static void explain_host(const struct paper *paper, struct span name, const struct obs_host *host,
			 const struct mx_judgement *mx)
{
	paper_label(paper, "mail server");
	paper_text(paper, name);
	fprintf(paper->out, ": %s", states[mx->state]);
	if (mx->finding < FINDING_COUNT)
		fprintf(paper->out, " (%s)", finding_table[mx->finding].code);
	if (mx->outside)
		fputs("; the policy does not list it", paper->out);
	fputc('\n', paper->out);
	if (host) {
		paper_label(paper, "");
		paper_addresses(paper, &host->a, &host->aaaa, host->address, host->address_count,
				host->address_omitted);
		for (size_t i = 0; i < host->probe_count; i++)
			explain_probe(paper, host, &host->probe[i]);
		explain_dane(paper, host, mx->dane);
	}
	explain_reports(paper, mx);
}

void explain_mx_hosts(const struct paper *paper, const struct observation *observation,
		      const struct classification *result)
{
	const struct obs_mx *mx = &observation->mx;

	if (!mx->host)
		return;
	for (size_t i = 0; i < paper_shown_of(mx->count); i++)
		if (mx->host[i] || result->mx[i].state != MX_NOT_ASKED)
			explain_host(paper, mx->record[i].name, mx->host[i], &result->mx[i]);
}

void explain_delivery(const struct paper *paper, const struct classification *result)
{
	if (result->delivery == DELIVERY_NOT_JUDGED)
		return;
	paper_label(paper, "mail");
	fprintf(paper->out, "%s: from a sender that checks DANE and MTA-STS: %s\n", delivery_names[result->delivery],
		deliveries[result->delivery]);
}

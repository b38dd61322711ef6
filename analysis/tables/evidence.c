/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/evidence.h"

#include <inttypes.h>

#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"
#include "output/address_text.h"

typedef void put_evidence(struct text *out, const struct observation *o, const struct classification *result);

/* ---- words ---- */

static void put_short(struct text *out, struct span s)
{
	text_shown(out, (struct span){ s.p, s.n < EVIDENCE_TEXT_MAX ? s.n : EVIDENCE_TEXT_MAX });
	if (s.n > EVIDENCE_TEXT_MAX)
		text_literal(out, "...");
}

static void put_quoted(struct text *out, struct span s)
{
	text_char(out, '"');
	put_short(out, s);
	text_char(out, '"');
}

/* What stands in front of the @i-th of a list; false where the list is long enough. */
static bool begin_item(struct text *out, size_t i)
{
	if (i > 0 && i < EVIDENCE_LIST_MAX)
		text_literal(out, ", ");
	return i < EVIDENCE_LIST_MAX;
}

static void end_list(struct text *out, size_t count)
{
	if (count > EVIDENCE_LIST_MAX)
		text_printf(out, " and %zu more", count - EVIDENCE_LIST_MAX);
}

static void put_names(struct text *out, const struct span *name, size_t count, size_t omitted)
{
	for (size_t i = 0; i < count && begin_item(out, i); i++)
		put_short(out, name[i]);
	end_list(out, count + omitted);
}

/* What DNS says of a host. */
static void put_addresses(struct text *out, const struct obs_answer *a, const struct obs_answer *aaaa,
			  const struct obs_address *address, size_t count)
{
	text_printf(out, "A %s, AAAA %s", dns_status_names[a->status], dns_status_names[aaaa->status]);
	for (size_t i = 0; i < count && begin_item(out, i); i++) {
		char text[ADDRESS_TEXT_MAX];

		address_text(&address[i], text);
		text_printf(out, "%s%s", i == 0 ? ": " : "", text);
	}
	end_list(out, count);
}

static void put_alias(struct text *out, const struct obs_answer *answer)
{
	if (answer->cname_count == 0)
		return;
	text_literal(out, ", which is an alias of ");
	put_short(out, obs_cname_end(answer));
}

static void put_policy_host(struct text *out, const struct observation *o)
{
	text_literal(out, "mta-sts.");
	text_shown(out, o->name);
	put_alias(out, obs_policy_chain(&o->policy));
}

/* ---- by the stage that breaks ---- */

static void put_record(struct text *out, const struct observation *o, const struct classification *result)
{
	const struct obs_txt *txt = &o->txt[TXT_STS];

	(void)result;
	text_literal(out, "TXT at _mta-sts.");
	text_shown(out, o->name);
	put_alias(out, &txt->answer);
	text_string(out, txt->count > 0 ? ": " : ": none");
	for (size_t i = 0; i < txt->count && begin_item(out, i); i++)
		put_quoted(out, txt->record[i]);
	end_list(out, (size_t)txt->count + txt->omitted);
}

static void put_dns(struct text *out, const struct observation *o, const struct classification *result)
{
	(void)result;
	put_policy_host(out, o);
	text_literal(out, ": ");
	put_addresses(out, &o->policy.a, &o->policy.aaaa, o->policy.address, o->policy.address_count);
}

static void put_tcp(struct text *out, const struct observation *o, const struct classification *result)
{
	put_dns(out, o, result);
	text_printf(out, ": %s", connect_status_names[o->policy.status]);
}

static void put_certificate(struct text *out, const struct obs_certificate *leaf)
{
	text_literal(out, "; the certificate is ");
	if (leaf->name_count > 0) {
		text_literal(out, "for ");
		put_names(out, leaf->name, leaf->name_count, leaf->name_omitted);
	} else {
		text_literal(out, "for no DNS name, its common name is ");
		put_short(out, leaf->common_name);
	}
	text_literal(out, ", valid to ");
	text_time(out, leaf->not_after);
	text_literal(out, ", issued by ");
	put_short(out, leaf->issuer);
}

/* What went wrong in a handshake, and the certificate that was shown. */
static void put_handshake(struct text *out, const struct obs_tls *tls)
{
	for (size_t i = 0; i < tls->error_count && i < EVIDENCE_LIST_MAX; i++)
		text_printf(out, "; %s %s", tls->error[i].depth == 0 ? "its certificate" : "a certificate above it",
			    classify_tls_words(tls->error[i].code));
	if (tls->alerted)
		text_printf(out, "; the server sent TLS alert %u", tls->alert);
	if (tls->chain_count > 0)
		put_certificate(out, &tls->chain[0]);
}

static void put_tls(struct text *out, const struct observation *o, const struct classification *result)
{
	put_policy_host(out, o);
	text_printf(out, ": %s", result->tls_verify[0] ? result->tls_verify : "no handshake");
	put_handshake(out, &o->policy.tls);
}

static void put_http(struct text *out, const struct observation *o, const struct classification *result)
{
	const struct obs_http *http = &o->policy.http;

	(void)result;
	text_literal(out, "https://mta-sts.");
	text_shown(out, o->name);
	text_literal(out, "/.well-known/mta-sts.txt: ");
	if (http->status > 0)
		text_printf(out, "status %u", http->status);
	else
		text_string(out, http->failure == HTTP_TIMEOUT ? "no answer in time" : "no answer in HTTP/1.1");
	if (http->location.n > 0) {
		text_literal(out, ", leads to ");
		put_short(out, http->location);
	}
	text_printf(out, ", %" PRIu64 " octets", http->size);
}

/* A text of lines as one, with " | " between. */
static void put_lines(struct text *out, struct span s)
{
	struct span rest = { s.p, s.n < EVIDENCE_TEXT_MAX ? s.n : EVIDENCE_TEXT_MAX }, line;

	text_char(out, '"');
	for (bool first = true; span_next_part(&rest, '\n', &line); first = false) {
		if (span_ends_with(line, SPAN_LITERAL("\r")))
			line.n--;
		if (!first && (line.n > 0 || rest.p))
			text_literal(out, " | ");
		text_shown(out, line);
	}
	text_string(out, s.n > EVIDENCE_TEXT_MAX ? "..." : "");
	text_char(out, '"');
}

static void put_syntax(struct text *out, const struct observation *o, const struct classification *result)
{
	(void)result;
	text_literal(out, "the policy of ");
	put_policy_host(out, o);
	text_literal(out, ": ");
	put_lines(out, o->policy.http.body);
}

static void put_mx(struct text *out, const struct observation *o, const struct classification *result)
{
	struct span pattern;
	size_t at = 0, count = 0;

	text_literal(out, "the mail servers are ");
	for (size_t i = 0; i < o->mx.count && begin_item(out, i); i++)
		put_short(out, o->mx.record[i].name.n > 0 ? o->mx.record[i].name : SPAN_LITERAL("."));
	end_list(out, (size_t)o->mx.count + o->mx.omitted);
	text_literal(out, "; the policy lists ");
	while (sts_policy_next_mx(&result->policy, &at, &pattern) && begin_item(out, count)) {
		put_short(out, pattern);
		count++;
	}
	if (result->policy.mx_count > EVIDENCE_LIST_MAX)
		end_list(out, result->policy.mx_count);
	if (result->policy.mx_count == 0)
		text_literal(out, "none");
}

/* The connection that decides what a mail server is, as far as it came. */
static void put_probe(struct text *out, const struct obs_smtp *probe)
{
	const struct obs_smtp_reply *const reply[SMTP_PHASE_COUNT] = {
		[SMTP_GREETING] = &probe->greeting, [SMTP_EHLO] = &probe->ehlo, [SMTP_STARTTLS] = &probe->starttls
	};

	if (probe->phase == SMTP_SECURE) {
		text_printf(out, "; %s", tls_version_names[probe->tls.version]);
	} else if (probe->status == CONNECT_SUCCESS && reply[probe->phase]) {
		text_printf(out, "; in phase %s it says ", smtp_phase_names[probe->phase]);
		put_lines(out, span_strip(reply[probe->phase]->text));
	} else {
		text_printf(out, "; %s in phase %s", connect_status_names[probe->status],
			    smtp_phase_names[probe->phase]);
	}
	put_handshake(out, &probe->tls);
}

static void put_mail_server(struct text *out, const struct obs_host *host)
{
	const struct obs_smtp *probe = classify_host_probe(host);

	if (probe) {
		put_probe(out, probe);
		return;
	}
	text_literal(out, "; ");
	put_addresses(out, &host->a, &host->aaaa, host->address, host->address_count);
}

/* Of the first that fails, which the advice is about, what was seen; of the others what it is called. */
static void put_mxtls(struct text *out, const struct observation *o, const struct classification *result)
{
	size_t failing = 0;

	for (size_t i = 0; i < o->mx.count; i++) {
		if (result->mx[i].state != MX_FAILS)
			continue;
		if (begin_item(out, failing++)) {
			put_short(out, o->mx.record[i].name);
			if (result->mx[i].finding < FINDING_COUNT)
				text_printf(out, ": %s", finding_table[result->mx[i].finding].code);
			if (failing == 1 && o->mx.host && o->mx.host[i])
				put_mail_server(out, o->mx.host[i]);
		}
	}
	end_list(out, failing);
	if (o->mx.count > 1)
		text_printf(out, " (of %u mail servers)", o->mx.count);
}

void evidence_put(struct text *out, const struct observation *observation, const struct classification *result)
{
	static put_evidence *const put[COMPONENT_COUNT] = {
		[COMPONENT_RECORD] = put_record, [COMPONENT_DNS] = put_dns,     [COMPONENT_TCP] = put_tcp,
		[COMPONENT_TLS] = put_tls,       [COMPONENT_HTTP] = put_http,   [COMPONENT_SYNTAX] = put_syntax,
		[COMPONENT_MX] = put_mx,         [COMPONENT_MXTLS] = put_mxtls,
	};
	put_evidence *of = put[result->judgement.component];

	if (of)
		of(out, observation, result);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/dump.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static void print(struct dump *dump, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(dump->text + dump->n, sizeof(dump->text) - dump->n, format, arguments);
	va_end(arguments);
	if (n > 0)
		dump->n += (size_t)n < sizeof(dump->text) - dump->n ? (size_t)n : sizeof(dump->text) - dump->n - 1;
}

void dump_add(struct dump *dump, const char *key, const char *format, ...)
{
	char value[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	print(dump, "%s %s\n", key, value);
}

static void print_text(struct dump *dump, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			print(dump, "%c", c);
		else
			print(dump, "\\x%02x", c);
	}
}

static void list(struct dump *dump, const char *prefix, const char *key, const struct span *item, size_t count,
		 const char *between)
{
	print(dump, "%s.%s ", prefix, key);
	for (size_t i = 0; i < count; i++) {
		print(dump, "%s", i > 0 ? between : "");
		print_text(dump, item[i]);
	}
	print(dump, "\n");
}

static void dump_answer(struct dump *dump, const char *key, const struct obs_answer *answer)
{
	print(dump, "%s %s\n", key, dns_status_names[answer->status]);
	print(dump, "%s.ad %d\n%s.loop %d\n", key, answer->ad, key, answer->cname_loop);
	print(dump, "%s.ttl %u\n%s.tries %u\n", key, answer->ttl, key, answer->tries);
	print(dump, "%s.ede %d\n%s.unchecked %s\n", key, answer->ede - 1, key, dns_status_names[answer->unchecked]);
	print(dump, "%s.links %zu\n", key, (size_t)answer->cname_count);
	list(dump, key, "cname", answer->cname, answer->cname_count, " ");
}

/* With --direct: who answered, and why not somebody else. */
static void dump_source(struct dump *dump, const char *key, const struct obs_answer *answer)
{
	print(dump, "%s.source %s\n%s.fall_back %s\n", key, obs_source_names[answer->source], key,
	      obs_fall_back_names[answer->fall_back]);
}

static void dump_mx(struct dump *dump, const struct obs_mx *mx)
{
	dump_answer(dump, "mx", &mx->answer);
	dump_source(dump, "mx", &mx->answer);
	print(dump, "mx.count %zu\nmx.omitted %zu\nmx.null %d\nmx.records", (size_t)mx->count, (size_t)mx->omitted,
	      obs_mx_is_null(mx));
	for (size_t i = 0; i < mx->count; i++) {
		print(dump, " %u ", mx->record[i].preference);
		print_text(dump, mx->record[i].name.n > 0 ? mx->record[i].name : SPAN_LITERAL("."));
	}
	print(dump, "\n");
}

static void dump_txt(struct dump *dump, const char *key, const struct obs_txt *txt, enum record_state state)
{
	size_t octets = 0;

	dump_answer(dump, key, &txt->answer);
	dump_source(dump, key, &txt->answer);
	for (size_t i = 0; i < txt->count; i++)
		octets += txt->record[i].n;
	print(dump, "%s.state %s\n%s.count %zu\n%s.omitted %zu\n%s.octets %zu\n", key, record_state_names[state], key,
	      (size_t)txt->count, key, (size_t)txt->omitted, key, octets);
	list(dump, key, "records", txt->record, txt->count, " | ");
	print(dump, "%s.split", key);
	for (size_t i = 0; txt->split && i < txt->count; i++) {
		print(dump, "%s", i > 0 ? " |" : "");
		for (size_t k = 0; k < txt->split[i].n; k++)
			print(dump, " %u", (uint8_t)txt->split[i].p[k]);
	}
	print(dump, "\n");
}

static void print_address(struct dump *dump, const struct obs_address *address)
{
	char text[INET6_ADDRSTRLEN];

	print(dump, " %s", inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->octet, text, sizeof(text)));
}

static void dump_addresses(struct dump *dump, const struct obs_address *address, size_t count, size_t omitted)
{
	print(dump, "addresses");
	for (size_t i = 0; i < count; i++)
		print_address(dump, &address[i]);
	print(dump, "\naddresses.count %zu\naddresses.omitted %zu\n", count, omitted);
}

static void dump_tls(struct dump *dump, const struct obs_tls *tls)
{
	print(dump, "tls %s\ntls.alert %d\ntls.chain %zu\ntls.errors", tls_version_names[tls->version],
	      tls->alerted ? tls->alert : -1, (size_t)tls->chain_count);
	for (size_t i = 0; i < tls->error_count; i++)
		print(dump, " %u", tls->error[i].code);
	print(dump, "\n");
	if (tls->chain_count == 0)
		return;
	list(dump, "tls", "names", tls->chain[0].name, tls->chain[0].name_count, " ");
	list(dump, "tls", "cn", &tls->chain[0].common_name, 1, "");
}

static void dump_ns(struct dump *dump, const struct obs_ns *ns)
{
	dump_answer(dump, "ns", &ns->answer);
	print(dump, "ns.count %u\nns.omitted %u\nns.parent %d\n", ns->count, ns->omitted, ns->parent);
	list(dump, "ns", "names", ns->name, ns->count, " ");
}

static void dump_labels(struct dump *dump, const struct observation *observation)
{
	print(dump, "labels.count %zu\nlabels", observation->label_count);
	for (size_t i = 0; i < observation->label_count; i++) {
		print(dump, "%s", i > 0 ? " | " : " ");
		print_text(dump, observation->label[i].name);
		print(dump, " ");
		print_text(dump, observation->label[i].value);
	}
	print(dump, "\n");
}

static void dump_audits(struct dump *dump, const struct observation *observation)
{
	print(dump, "audits");
	for (size_t i = 0; i < observation->audit_count; i++) {
		const struct obs_audit *audit = &observation->audit[i];

		print(dump, "%s%s %s %s %s %s", i > 0 ? " | " : " ", obs_question_name(audit->question),
		      obs_audit_kind_names[audit->kind], dns_status_names[audit->direct],
		      dns_status_names[audit->resolver], dns_status_names[audit->again]);
		for (size_t r = 0; r < audit->record_count; r++) {
			print(dump, " ");
			print_text(dump, audit->record[r]);
		}
	}
	print(dump, "\n");
}

static void dump_policy(struct dump *dump, const struct obs_policy *policy)
{
	dump_answer(dump, "a", &policy->a);
	dump_answer(dump, "aaaa", &policy->aaaa);
	dump_addresses(dump, policy->address, policy->address_count, policy->address_omitted);
	print(dump, "used %d\n", policy->address_used);
	print(dump, "connect %s\nreserved %d\n", connect_status_names[policy->status], policy->reserved);
	dump_tls(dump, &policy->tls);
	print(dump, "http %u\nhttp.failure %d\nhttp.size %llu\n", policy->http.status, policy->http.failure,
	      (unsigned long long)policy->http.size);
	list(dump, "http", "type", &policy->http.content_type, 1, "");
	list(dump, "http", "location", &policy->http.location, 1, "");
	list(dump, "http", "coding", &policy->http.content_encoding, 1, "");
	list(dump, "http", "body", &policy->http.body, 1, "");
}

static void dump_tlsa(struct dump *dump, const char *key, const struct obs_tlsa *tlsa)
{
	dump_answer(dump, key, &tlsa->answer);
	list(dump, key, "base", &tlsa->base, 1, "");
	print(dump, "%s.count %u\n%s.omitted %u\n%s.records", key, tlsa->count, key, tlsa->omitted, key);
	for (size_t i = 0; i < tlsa->count; i++) {
		print(dump, "%s %u %u %u ", i > 0 ? " |" : "", tlsa->record[i].usage, tlsa->record[i].selector,
		      tlsa->record[i].matching);
		print_text(dump, tlsa->record[i].data);
	}
	print(dump, "\n");
}

void dump_host(struct dump *dump, const struct obs_host *host)
{
	static const char *const sni[SMTP_SNI_COUNT] = { "host", "base", "none" };

	dump->n = 0;
	list(dump, "host", "name", &host->name, 1, "");
	print(dump, "passes %u\nreserved %d\nblocklisted %d\nsecure %d\n", host->passes, host->reserved,
	      host->blocklisted, host->ad_believed);
	dump_answer(dump, "a", &host->a);
	dump_answer(dump, "aaaa", &host->aaaa);
	dump_addresses(dump, host->address, host->address_count, host->address_omitted);
	print(dump, "addresses.untried %zu\n", host->address_untried);
	dump_tlsa(dump, "expanded", &host->tlsa[HOST_TLSA_EXPANDED]);
	dump_tlsa(dump, "initial", &host->tlsa[HOST_TLSA_INITIAL]);
	print(dump, "unprobed %zu\nprobes.count %zu\nprobes", host->address_unprobed, host->probe_count);
	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_smtp *probe = &host->probe[i];

		print(dump, "%s", i > 0 ? " |" : "");
		print_address(dump, &host->address[probe->address]);
		print(dump, " %s %s %s", sni[probe->sni], smtp_phase_names[probe->phase],
		      connect_status_names[probe->status]);
	}
	print(dump, "\n");
}

void dump_make(struct dump *dump, const struct observation *observation, const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;
	const struct finding_set *set = &judgement->findings;

	dump->n = 0;
	print(dump, "status %s\n", domain_status_names[judgement->status]);
	print(dump, "component %s\n", component_names[judgement->component]);
	print(dump, "verdict %s\nfindings", verdict_names[judgement->verdict]);
	for (enum finding f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1))
		print(dump, " %s", finding_table[f].code);
	print(dump, "\npolicy %s\n", policy_state_names[judgement->policy]);
	list(dump, "domain", "name", &observation->name, 1, "");
	dump_mx(dump, &observation->mx);
	dump_txt(dump, "sts", &observation->txt[TXT_STS], judgement->record[TXT_STS]);
	dump_txt(dump, "tlsrpt", &observation->txt[TXT_TLSRPT], judgement->record[TXT_TLSRPT]);
	dump_policy(dump, &observation->policy);
	dump_ns(dump, &observation->ns);
	dump_labels(dump, observation);
	dump_audits(dump, observation);
}

struct span dump_value(const struct dump *dump, const char *key)
{
	struct span text = { dump->text, dump->n }, name = span_of(key);

	while (text.n > 0) {
		struct span line = { text.p, span_find(text, 0, '\n') };

		text = line.n < text.n ? span_skip(text, line.n + 1) : (struct span){ text.p, 0 };
		if (span_starts_with(line, name) && (line.n == name.n || line.p[name.n] == ' '))
			return span_trim(span_skip(line, name.n));
	}
	return (struct span){ NULL, 0 };
}

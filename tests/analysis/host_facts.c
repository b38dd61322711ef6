/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/host_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* Zeroes: as many octets as any record here says it has. */
static const char tlsa_data[64];

struct line {
	struct all_host_facts *facts;
	struct observation *observation;
	struct host_facts *host; /* the last, its last probe and what belongs to it */
	struct obs_smtp *probe;
	struct probe_facts *more;
	struct span value;
};

static struct span keep(struct all_host_facts *f, struct span s)
{
	char *p = f->text + f->used;

	assert_true(f->used + 2 * s.n + 1 < sizeof(f->text)); /* | becomes CRLF */
	f->used += s.n;
	memcpy(p, s.p, s.n);
	return (struct span){ p, s.n };
}

static int64_t number_in(struct span *rest)
{
	struct span part;
	char text[32] = "";

	assert_true(span_next_part(rest, ' ', &part) && part.n > 0 && part.n < sizeof(text));
	memcpy(text, part.p, part.n);
	return strtoll(text, NULL, 10);
}

static int64_t number(const struct line *l)
{
	struct span rest = l->value;

	return number_in(&rest);
}

static int word_of(struct span s, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (span_equal(s, span_of(names[i])))
			return i;
	fail_msg("no such word: %.*s", (int)s.n, s.p);
	return 0;
}

static enum dns_status dns_word(const struct line *l)
{
	return (enum dns_status)word_of(l->value, dns_status_names, DNS_STATUS_COUNT);
}

/* ---- the host ---- */

static void add_good_probe(struct host_facts *h)
{
	size_t i = h->host.probe_count++;
	struct probe_facts *more = &h->more[i];

	assert_true(i < OBS_PROBE_MAX);
	h->address[i] = (struct obs_address){ 4, { 192, 0, 2, (uint8_t)(10 + i) } };
	h->host.address_count = i + 1;
	more->san[0] = h->host.name;
	more->leaf = (struct obs_certificate){
		.sha256 = { 1 },
		.issuer = SPAN_LITERAL("CN=Test CA"),
		.not_before = h->host.time_ms / 1000 - 86400,
		.not_after = h->host.time_ms / 1000 + INT64_C(60) * 86400,
		.name = more->san,
		.name_count = 1,
	};
	h->probe[i] = (struct obs_smtp){
		.address = (uint8_t)i,
		.phase = SMTP_SECURE,
		.status = CONNECT_SUCCESS,
		.greeting = { .code = 220, .text = SPAN_LITERAL("220 mail.example.com ESMTP\r\n") },
		.ehlo = { .code = 250, .text = SPAN_LITERAL("250-mail.example.com\r\n250 STARTTLS\r\n") },
		.starttls = { .code = 220, .text = SPAN_LITERAL("220 go ahead\r\n") },
		.tls = { .version = TLS_1_3, .chain = &more->leaf, .chain_count = 1, .error = more->error },
		.dane = { .error = more->dane_error },
	};
}

static void begin_host(struct line *l)
{
	struct obs_mx *mx = &l->observation->mx;
	size_t i = l->facts->count++;
	struct host_facts *h = &l->facts->host[i];

	assert_true(i < HOST_FACTS_MAX && i < mx->count);
	mx->host = l->facts->joined;
	if (l->value.n > 0)
		return;
	h->host = (struct obs_host){
		.name = mx->record[i].name,
		.time_ms = l->observation->time_ms,
		.passes = 1,
		.a.status = DNS_NOERROR,
		.aaaa.status = DNS_NO_ANSWER,
		.address = h->address,
		.probe = h->probe,
	};
	h->base = HOST_TLSA_INITIAL;
	add_good_probe(h);
	l->facts->joined[i] = &h->host;
}

static void set_mx_ad(struct line *l)
{
	l->observation->mx.answer.ad = true;
}

static void set_mx_cname(struct line *l)
{
	l->facts->mx_cname[0] = keep(l->facts, l->value);
	l->observation->mx.answer.cname = l->facts->mx_cname;
	l->observation->mx.answer.cname_count = 1;
}

static void set_mx_bogus(struct line *l)
{
	l->observation->mx.answer.unchecked = DNS_NOERROR;
}

static void set_mx_ede(struct line *l)
{
	l->observation->mx.answer.ede = (uint16_t)(number(l) + 1);
}

static void set_passes(struct line *l)
{
	l->host->host.passes = (uint8_t)number(l);
}

static void set_doubted(struct line *l)
{
	l->host->host.doubted = true;
}

static void set_reserved(struct line *l)
{
	l->host->host.reserved = true;
	l->host->host.probe_count = 0;
}

static void set_blocklisted(struct line *l)
{
	l->host->host.blocklisted = true;
	l->host->host.probe_count = 0;
}

static void set_untried(struct line *l)
{
	l->host->host.address_omitted = l->host->host.address_untried = 1;
}

static void set_unprobed(struct line *l)
{
	l->host->host.address_unprobed = 1;
}

static void set_a(struct line *l)
{
	l->host->host.a.status = dns_word(l);
}

static void set_aaaa(struct line *l)
{
	l->host->host.aaaa.status = dns_word(l);
}

static void set_cname(struct line *l)
{
	l->host->cname[0] = keep(l->facts, l->value);
	l->host->host.a.cname = l->host->cname;
	l->host->host.a.cname_count = 1;
}

static void set_loop(struct line *l)
{
	l->host->host.a.cname_loop = true;
}

static void set_no_address(struct line *l)
{
	l->host->host.address_count = l->host->host.probe_count = 0;
}

static void set_no_probe(struct line *l)
{
	l->host->host.probe_count = 0;
}

static void set_bogus(struct line *l)
{
	struct obs_host *host = &l->host->host;
	struct obs_answer *answer = span_equal(l->value, SPAN_LITERAL("a"))      ? &host->a
				    : span_equal(l->value, SPAN_LITERAL("aaaa")) ? &host->aaaa
										 : &host->tlsa[l->host->base].answer;

	answer->status = DNS_SERVFAIL;
	answer->unchecked = DNS_NOERROR;
}

/* ---- its last probe ---- */

static void add_probe(struct line *l)
{
	add_good_probe(l->host);
}

static void set_same_address(struct line *l)
{
	l->probe->address = l->probe[-1].address;
	l->host->host.address_count--;
}

static void set_sni(struct line *l)
{
	static const char *const names[SMTP_SNI_COUNT] = { "host", "base", "none" };

	l->probe->sni = (enum smtp_sni)word_of(l->value, names, SMTP_SNI_COUNT);
}

static void set_end(struct line *l)
{
	struct obs_smtp_reply *reply[SMTP_PHASE_COUNT] = { [SMTP_GREETING] = &l->probe->greeting,
							   [SMTP_EHLO] = &l->probe->ehlo,
							   [SMTP_STARTTLS] = &l->probe->starttls };
	struct span rest = l->value, part;

	span_next_part(&rest, ' ', &part);
	l->probe->phase = (enum smtp_phase)word_of(part, smtp_phase_names, SMTP_PHASE_COUNT);
	assert_true(span_next_part(&rest, ' ', &part));
	l->probe->status = (enum connect_status)word_of(part, connect_status_names, CONNECT_STATUS_COUNT);
	if (l->probe->phase < SMTP_HANDSHAKE)
		l->probe->tls = (struct obs_tls){ 0 };
	if (!rest.p)
		return;
	assert_non_null(reply[l->probe->phase]);
	reply[l->probe->phase]->code = (uint16_t)number_in(&rest);
}

static void set_ehlo(struct line *l)
{
	char *text = l->facts->text + l->facts->used;
	size_t n = 0;

	keep(l->facts, l->value);
	for (size_t i = 0; i < l->value.n; i++) {
		if (l->value.p[i] == '|')
			text[n++] = '\r';
		text[n++] = l->value.p[i] == '|' ? '\n' : l->value.p[i];
	}
	l->facts->used += n - l->value.n;
	l->probe->ehlo.text = (struct span){ text, n };
}

static void set_ehlo_cut(struct line *l)
{
	l->probe->ehlo.cut = true;
}

static void set_helo(struct line *l)
{
	l->probe->helo.code = (uint16_t)number(l);
}

static void set_injected(struct line *l)
{
	l->probe->injected = (uint32_t)number(l);
}

static void set_version(struct line *l)
{
	static const char *const versions[TLS_VERSION_COUNT] = { "none", "1.0", "1.1", "1.2", "1.3" };

	l->probe->tls.version = (enum tls_version)word_of(l->value, versions, TLS_VERSION_COUNT);
}

static void set_key(struct line *l)
{
	l->more->leaf.sha256[0] = (uint8_t)number(l);
}

static void set_known_key(struct line *l)
{
	struct obs_certificate *leaf = &l->more->leaf;

	leaf->spki_known = leaf->self_issued = true;
	leaf->serial = SPAN_LITERAL("\x01\x02");
	leaf->key_type = SPAN_LITERAL("RSA");
	leaf->key_bits = 2048;
	leaf->signature = SPAN_LITERAL("RSA-SHA256");
	leaf->der = SPAN_LITERAL("der");
	l->probe->tls.cipher = SPAN_LITERAL("TLS_AES_128_GCM_SHA256");
	l->probe->tls.group = SPAN_LITERAL("x25519");
}

static void add_error(struct line *l)
{
	l->more->error[l->probe->tls.error_count++].code = (uint16_t)number(l);
}

static void set_expires(struct line *l)
{
	l->more->leaf.not_after = l->host->host.time_ms / 1000 + number(l);
}

static void set_issued(struct line *l)
{
	l->more->leaf.not_before = l->host->host.time_ms / 1000 + number(l);
}

static void add_san(struct line *l)
{
	if (!l->more->own_san)
		l->more->leaf.name_count = 0;
	l->more->own_san = true;
	l->more->san[l->more->leaf.name_count++] = keep(l->facts, l->value);
}

static void set_no_san(struct line *l)
{
	l->more->leaf.name_count = 0;
}

static void set_cn(struct line *l)
{
	l->more->leaf.common_name = keep(l->facts, l->value);
}

static void set_names_left_out(struct line *l)
{
	l->more->leaf.name_omitted = 1;
}

static void set_alert(struct line *l)
{
	l->probe->tls = (struct obs_tls){ .alerted = true, .alert = (uint8_t)number(l) };
}

static void set_nothing_shown(struct line *l)
{
	l->probe->tls = (struct obs_tls){ 0 };
}

/* ---- DANE ---- */

static void set_secure(struct line *l)
{
	struct obs_tlsa *tlsa = &l->host->host.tlsa[HOST_TLSA_INITIAL];

	l->host->host.ad_believed = true;
	tlsa->base = l->host->host.name;
	tlsa->answer = (struct obs_answer){ .status = DNS_NXDOMAIN, .ad = true };
}

static void set_base(struct line *l)
{
	struct obs_tlsa *tlsa = &l->host->host.tlsa[HOST_TLSA_EXPANDED];

	l->host->base = HOST_TLSA_EXPANDED;
	tlsa->base = keep(l->facts, l->value);
	tlsa->answer = (struct obs_answer){ .status = DNS_NXDOMAIN, .ad = true };
}

static void add_tlsa(struct line *l)
{
	static const size_t octets[] = { 8, 32, 64, 8 };
	struct obs_tlsa *tlsa = &l->host->host.tlsa[l->host->base];
	struct span rest = l->value;
	struct obs_tlsa_record *record = &l->host->tlsa[l->host->base][tlsa->count++];

	tlsa->answer.status = DNS_NOERROR;
	tlsa->record = l->host->tlsa[l->host->base];
	record->usage = (uint8_t)number_in(&rest);
	record->selector = (uint8_t)number_in(&rest);
	record->matching = (uint8_t)number_in(&rest);
	record->data = (struct span){ tlsa_data, rest.p ? (size_t)number_in(&rest) : octets[record->matching & 3] };
}

static void set_tlsa_insecure(struct line *l)
{
	l->host->host.tlsa[l->host->base].answer.ad = false;
}

static void set_tlsa_left_out(struct line *l)
{
	l->host->host.tlsa[l->host->base].omitted = 1;
}

static void set_tlsa_status(struct line *l)
{
	l->host->host.tlsa[l->host->base].answer.status = dns_word(l);
}

static void set_dane(struct line *l)
{
	struct span rest = l->value, part;

	span_next_part(&rest, ' ', &part);
	l->probe->dane.match = (enum dane_match)word_of(part, dane_match_names, DANE_MATCH_COUNT);
	if (l->probe->dane.match != DANE_NONE_USABLE)
		l->probe->dane.usable = 1;
	if (!rest.p)
		return;
	l->probe->dane.record = (uint8_t)number_in(&rest);
	l->probe->dane.usable |= 1U << l->probe->dane.record;
	l->probe->dane.matching = 1U << l->probe->dane.record;
}

static void set_dane_usable(struct line *l)
{
	l->probe->dane.usable = (uint32_t)number(l);
}

static void set_dane_matching(struct line *l)
{
	l->probe->dane.matching = (uint32_t)number(l);
}

static void add_dane_error(struct line *l)
{
	l->more->dane_error[l->probe->dane.error_count++].code = (uint16_t)number(l);
}

static const struct {
	const char *word;
	void (*set)(struct line *line);
} words[] = {
	{ "mx-ad", set_mx_ad },
	{ "mx-cname", set_mx_cname },
	{ "mx-bogus", set_mx_bogus },
	{ "mx-ede", set_mx_ede },
	{ "host", begin_host },
	{ "passes", set_passes },
	{ "doubted", set_doubted },
	{ "reserved-host", set_reserved },
	{ "blocklisted-host", set_blocklisted },
	{ "untried", set_untried },
	{ "unprobed", set_unprobed },
	{ "host-a", set_a },
	{ "host-aaaa", set_aaaa },
	{ "host-cname", set_cname },
	{ "host-loop", set_loop },
	{ "no-address", set_no_address },
	{ "no-probe", set_no_probe },
	{ "bogus", set_bogus },
	{ "probe", add_probe },
	{ "same-address", set_same_address },
	{ "sni", set_sni },
	{ "ends", set_end },
	{ "ehlo", set_ehlo },
	{ "ehlo-cut", set_ehlo_cut },
	{ "helo", set_helo },
	{ "injected", set_injected },
	{ "version", set_version },
	{ "key", set_key },
	{ "known-key", set_known_key },
	{ "chain-verify", add_error },
	{ "chain-expires", set_expires },
	{ "chain-issued", set_issued },
	{ "host-san", add_san },
	{ "no-host-san", set_no_san },
	{ "host-cn", set_cn },
	{ "left-out-names", set_names_left_out },
	{ "host-alert", set_alert },
	{ "nothing-shown", set_nothing_shown },
	{ "secure", set_secure },
	{ "tlsa-base", set_base },
	{ "tlsa", add_tlsa },
	{ "tlsa-insecure", set_tlsa_insecure },
	{ "tlsa-left-out", set_tlsa_left_out },
	{ "tlsa-status", set_tlsa_status },
	{ "dane", set_dane },
	{ "dane-usable", set_dane_usable },
	{ "dane-matching", set_dane_matching },
	{ "dane-error", add_dane_error },
};

bool host_facts_set(struct all_host_facts *facts, struct observation *observation, struct span word, struct span value)
{
	struct line line = { .facts = facts, .observation = observation, .value = value };
	size_t last;

	if (facts->count > 0) {
		line.host = &facts->host[facts->count - 1];
		last = line.host->host.probe_count > 0 ? line.host->host.probe_count - 1 : 0;
		line.probe = &line.host->probe[last];
		line.more = &line.host->more[last];
	}
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!span_equal(word, span_of(words[i].word)))
			continue;
		words[i].set(&line);
		return true;
	}
	return false;
}

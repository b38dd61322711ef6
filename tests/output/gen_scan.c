/* SPDX-License-Identifier: BSD-2-Clause */
/* gen_scan - a scan file of random observations, and the same facts as JSON for read_scan.py to compare.
 *
 * usage: gen_scan SCAN FACTS SEED FRAMES PER_FRAME
 *
 * Octets are written in hexadecimal, so that the comparison depends on nobody's idea of text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/scan_file/sink.h"
#include "tests/output/random_observation.h"

static FILE *facts;

static void put_hex(const void *p, size_t n)
{
	fputc('"', facts);
	for (size_t i = 0; i < n; i++)
		fprintf(facts, "%02x", ((const unsigned char *)p)[i]);
	fputc('"', facts);
}

static void put_span(struct span s)
{
	if (s.p)
		put_hex(s.p, s.n);
	else
		fputs("null", facts);
}

static void put_spans(const struct span *s, size_t n)
{
	fputc('[', facts);
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_hex(s[i].p, s[i].n);
	}
	fputc(']', facts);
}

static void put_answer(const struct obs_answer *a)
{
	fprintf(facts, "[%d,%d,%d,%u,%u,", a->status, a->ad, a->cname_loop, a->tries, a->ttl);
	put_spans(a->cname, a->cname_count);
	fprintf(facts, ",%u,%d]", a->ede, a->unchecked);
}

/* What an answer has in scans with --direct. */
static void put_source(const struct obs_answer *a)
{
	fprintf(facts, ",[%d,%d]", a->source, a->fall_back);
}

static void put_txt(const char *name, const struct obs_txt *txt)
{
	fprintf(facts, ",\"%s\":[", name);
	put_answer(&txt->answer);
	fputc(',', facts);
	put_spans(txt->record, txt->count);
	fprintf(facts, ",%u,%u,[", txt->omitted, txt->omitted_meant);
	for (uint32_t i = 0; i < txt->count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_span(txt->split ? txt->split[i] : (struct span){ NULL, 0 });
	}
	fputc(']', facts);
	put_source(&txt->answer);
	fputc(']', facts);
}

static void put_certificate(const struct obs_certificate *c)
{
	fputc('[', facts);
	put_hex(c->sha256, 32);
	fprintf(facts, ",%lld,%lld,", (long long)c->not_before, (long long)c->not_after);
	put_span(c->issuer);
	fputc(',', facts);
	put_span(c->common_name);
	fputc(',', facts);
	put_spans(c->name, c->name_count);
	fprintf(facts, ",%zu,", c->name_omitted);
	if (c->spki_known) {
		fputc('[', facts);
		put_hex(c->spki_sha256, 32);
		fputc(',', facts);
		put_span(c->serial);
		fputc(',', facts);
		put_span(c->key_type);
		fprintf(facts, ",%u,", c->key_bits);
		put_span(c->signature);
		fprintf(facts, ",%d],", c->self_issued);
	} else {
		fputs("null,", facts);
	}
	put_span(c->der);
	fputc(']', facts);
}

static void put_verify_errors(const struct obs_verify_error *error, size_t count)
{
	fputc('[', facts);
	for (size_t i = 0; i < count; i++)
		fprintf(facts, "%s%u,%u", i > 0 ? "," : "", error[i].code, error[i].depth);
	fputc(']', facts);
}

static void put_tls(const struct obs_tls *tls)
{
	fprintf(facts, "[%d,", tls->version);
	if (tls->alerted)
		fprintf(facts, "%d,[", tls->alert);
	else
		fputs("null,[", facts);
	for (size_t i = 0; i < tls->chain_count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_certificate(&tls->chain[i]);
	}
	fputs("],", facts);
	put_verify_errors(tls->error, tls->error_count);
	fprintf(facts, ",%zu,", tls->chain_omitted);
	put_hex(tls->cipher.p, tls->cipher.n);
	fputc(',', facts);
	put_hex(tls->group.p, tls->group.n);
	fputc(']', facts);
}

static void put_addresses(const struct obs_address *address, size_t count)
{
	fputc('[', facts);
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_hex(address[i].octet, address[i].family == 6 ? 16 : 4);
	}
	fputc(']', facts);
}

static void put_policy(const struct obs_policy *p)
{
	fprintf(facts, ",\"policy\":{\"status\":%d,\"a\":", p->status);
	put_answer(&p->a);
	fputs(",\"aaaa\":", facts);
	put_answer(&p->aaaa);
	fputs(",\"addresses\":", facts);
	put_addresses(p->address, p->address_count);
	fprintf(facts, ",\"used\":%d,\"fetch_ms\":%u,\"reserved\":%d,\"omitted\":%zu,\"untried\":%zu,\"tls\":",
		p->address_used, p->fetch_ms, p->reserved, p->address_omitted, p->address_untried);
	put_tls(&p->tls);
	fprintf(facts, ",\"http\":[%u,%d,%llu,", p->http.status, p->http.failure, (unsigned long long)p->http.size);
	put_span(p->http.content_type);
	fputc(',', facts);
	put_span(p->http.location);
	fputc(',', facts);
	put_hex(p->http.body.p, p->http.body.n);
	fputc(',', facts);
	put_hex(p->http.body_sha256, 32);
	fputc(',', facts);
	put_span(p->http.content_encoding);
	fputc(',', facts);
	put_span(p->http.challenge);
	fputs("]}", facts);
}

static void put_more(const struct observation *o)
{
	fputs(",\"ns\":[", facts);
	put_answer(&o->ns.answer);
	fputc(',', facts);
	put_spans(o->ns.name, o->ns.count);
	fprintf(facts, ",%u,%d],\"labels\":{", o->ns.omitted, o->ns.parent);
	for (size_t i = 0; i < o->label_count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_hex(o->label[i].name.p, o->label[i].name.n);
		fputc(':', facts);
		put_hex(o->label[i].value.p, o->label[i].value.n);
	}
	fputs("},\"audits\":[", facts);
	for (size_t i = 0; i < o->audit_count; i++) {
		const struct obs_audit *audit = &o->audit[i];

		fprintf(facts, "%s[%d,%d,%d,%d,%d,", i > 0 ? "," : "", audit->question, audit->kind, audit->direct,
			audit->resolver, audit->again);
		put_spans(audit->record, audit->record_count);
		fprintf(facts, ",%u]", audit->omitted);
	}
	fputc(']', facts);
}

static void put_facts(const struct observation *o)
{
	fputs("{\"name\":", facts);
	put_hex(o->name.p, o->name.n);
	fprintf(facts, ",\"input\":%d,\"index\":%llu,\"rank\":%llu,\"time\":%lld,\"duration\":%u,\"mx\":[", o->input,
		(unsigned long long)o->index, (unsigned long long)o->rank, (long long)o->time_ms, o->duration_ms);
	put_answer(&o->mx.answer);
	fputs(",[", facts);
	for (size_t i = 0; i < o->mx.count; i++) {
		fprintf(facts, "%s[%u,", i > 0 ? "," : "", o->mx.record[i].preference);
		put_hex(o->mx.record[i].name.p, o->mx.record[i].name.n);
		fputc(']', facts);
	}
	fprintf(facts, "],%u", o->mx.omitted);
	put_source(&o->mx.answer);
	fputc(']', facts);
	put_txt("sts", &o->txt[TXT_STS]);
	put_txt("tlsrpt", &o->txt[TXT_TLSRPT]);
	put_policy(&o->policy);
	put_more(o);
	fputs("}\n", facts);
}

static void put_tlsa(const struct obs_tlsa *tlsa)
{
	fputc('[', facts);
	put_span(tlsa->base);
	fputc(',', facts);
	put_answer(&tlsa->answer);
	fputs(",[", facts);
	for (uint32_t i = 0; i < tlsa->count; i++) {
		const struct obs_tlsa_record *record = &tlsa->record[i];

		fprintf(facts, "%s[%u,%u,%u,", i > 0 ? "," : "", record->usage, record->selector, record->matching);
		put_hex(record->data.p, record->data.n);
		fprintf(facts, ",%d]", record->cut);
	}
	fprintf(facts, "],%u]", tlsa->omitted);
}

static void put_reply(const struct obs_smtp_reply *reply)
{
	fprintf(facts, "[%u,", reply->code);
	put_span(reply->text);
	fprintf(facts, ",%d],", reply->cut);
}

static void put_probe(const struct obs_smtp *probe)
{
	const struct obs_dane *dane = &probe->dane;

	fprintf(facts, "[%u,%d,%d,%d,", probe->address, probe->sni, probe->phase, probe->status);
	put_reply(&probe->greeting);
	put_reply(&probe->ehlo);
	put_reply(&probe->helo);
	put_reply(&probe->starttls);
	put_reply(&probe->quit);
	for (int phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		fprintf(facts, "%s%u", phase > 0 ? "," : "[", probe->ms[phase]);
	fprintf(facts, "],%u,%d,", probe->injected, probe->retried_old);
	put_tls(&probe->tls);
	fprintf(facts, ",[%d,%u,%u,%u,%u,", dane->match, dane->record, dane->depth, dane->usable, dane->matching);
	put_verify_errors(dane->error, dane->error_count);
	fputs("]]", facts);
}

static void put_host_facts(const struct obs_host *h)
{
	fputs("{\"host\":", facts);
	put_hex(h->name.p, h->name.n);
	fprintf(facts,
		",\"time\":%lld,\"duration\":%u,\"passes\":%u,\"flags\":[%d,%d,%d],\"a\":", (long long)h->time_ms,
		h->duration_ms, h->passes, h->reserved, h->blocklisted, h->ad_believed);
	put_answer(&h->a);
	fputs(",\"aaaa\":", facts);
	put_answer(&h->aaaa);
	fputs(",\"addresses\":", facts);
	put_addresses(h->address, h->address_count);
	fprintf(facts, ",\"omitted\":%zu,\"untried\":%zu,\"unprobed\":%zu,\"tlsa\":[", h->address_omitted,
		h->address_untried, h->address_unprobed);
	put_tlsa(&h->tlsa[HOST_TLSA_EXPANDED]);
	fputc(',', facts);
	put_tlsa(&h->tlsa[HOST_TLSA_INITIAL]);
	fputs("],\"probes\":[", facts);
	for (size_t i = 0; i < h->probe_count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_probe(&h->probe[i]);
	}
	fprintf(facts, "],\"run\":%u}\n", h->run);
}

static void put_vantage_facts(const struct obs_vantage *v)
{
	fprintf(facts, "{\"vantage\":[%lld,%d,%d,%d,", (long long)v->time_ms, v->canary, v->state[VANTAGE_IPV4],
		v->state[VANTAGE_IPV6]);
	put_spans(v->host, v->host_count);
	fputc(',', facts);
	put_span(v->ehlo);
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		fputs(",[", facts);
		put_span(v->source[family]);
		fputc(',', facts);
		put_span(v->ptr[family]);
		fprintf(facts, ",%d]", v->ptr_confirmed[family]);
	}
	fprintf(facts, ",%u]}\n", v->run);
}

/* A host and a test of our own way in each frame: the one at its beginning, the other at its end, and the other way
 * round in the next. */
static void put_rare(struct record_buffer *buffer, struct maker *maker, bool is_host)
{
	struct obs_vantage vantage;
	struct obs_host host;
	int result;

	if (is_host) {
		maker_make_host(maker, &host);
		put_host_facts(&host);
		result = record_put_host(buffer, &host);
	} else {
		maker_make_vantage(maker, &vantage);
		put_vantage_facts(&vantage);
		result = record_put_vantage(buffer, &vantage);
	}
	if (result != 0)
		exit(1);
}

static void fill(struct sink *sink, struct maker *maker, unsigned domains, bool host_first)
{
	struct record_buffer *buffer;
	struct observation o;

	while (!(buffer = sink_take(sink)))
		usleep(100);
	put_rare(buffer, maker, host_first);
	for (unsigned i = 0; i < domains; i++) {
		maker_make(maker, &o);
		put_facts(&o);
		if (record_put_domain(buffer, &o) != 0)
			exit(1);
	}
	put_rare(buffer, maker, !host_first);
	sink_give(sink, buffer);
	/* One after the other, so that the file has the order of the facts. */
	while (!(buffer = sink_take(sink)))
		usleep(100);
	sink_give(sink, buffer);
}

int main(int argc, char **argv)
{
	const struct record_option option = { SPAN_LITERAL("rate"), SPAN_LITERAL("1000") };
	const struct record_header header = { .tool = SPAN_LITERAL("stsurvey test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .start_ms = INT64_C(1795300429120),
					      .option = &option,
					      .option_count = 1,
					      .input = SPAN_LITERAL("list"),
					      .input_size = 99,
					      .input_mtime = -7,
					      .input_sample = UINT64_MAX,
					      .input_hash = UINT64_C(1) << 63,
					      .shards = 2,
					      .shard = 1,
					      .sample = 0.25,
					      .sample_key = { 1, [15] = 2 },
					      .label = maker_label,
					      .label_count = MAKER_LABELS,
					      .direct = true,
					      .audit = 0.125,
					      .audit_least = 10000,
					      .audit_key = { 3, [15] = 4 },
					      .has_gaps = true };
	const unsigned frames = argc == 6 ? (unsigned)atoi(argv[4]) : 0;
	const unsigned per_frame = argc == 6 ? (unsigned)atoi(argv[5]) : 0;
	const struct record_trailer trailer = {
		.completion = COMPLETION_COMPLETE,
		.end_ms = INT64_C(1795300430000),
		.domains = frames * per_frame,
		.unknown = 1,
		.blocklisted = 2,
		.illegal = 3,
		.queries = 4,
		.fetches = 5,
		.hosts = frames,
		.hosts_unknown = 6,
		.probes = 7,
		.has_direct = true,
		.direct = { .source = { [SOURCE_RESOLVER] = 8, [SOURCE_DIRECT] = UINT64_C(1) << 40 },
			    .fall_back = { [FALL_BACK_CONFIRMED] = 9 },
			    .audit = { [AUDIT_ABSENT] = 10, [AUDIT_FAILED] = 11 } },
	};
	struct error error;
	struct maker maker;
	struct sink *sink;

	if (argc != 6)
		return 2;
	facts = fopen(argv[2], "w");
	if (!facts ||
	    sink_open(&sink,
		      &(struct sink_options){ .path = argv[1], .force = true, .resume_at = -1, .sync_interval = 60 },
		      &header, &error) != 0)
		return 1;
	maker_init(&maker, strtoull(argv[3], NULL, 10));
	for (unsigned i = 0; i < frames; i++)
		fill(sink, &maker, per_frame, i % 2 == 0);
	maker_fini(&maker);
	return sink_close(sink, &trailer, &error) != 0 || fclose(facts) != 0;
}

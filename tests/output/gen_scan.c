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
	fputc(']', facts);
}

static void put_txt(const char *name, const struct obs_txt *txt)
{
	fprintf(facts, ",\"%s\":[", name);
	put_answer(&txt->answer);
	fputc(',', facts);
	put_spans(txt->record, txt->count);
	fprintf(facts, ",%u,%u]", txt->omitted, txt->omitted_meant);
}

static void put_tls(const struct obs_tls *tls)
{
	fprintf(facts, ",\"tls\":[%d,", tls->version);
	if (tls->alerted)
		fprintf(facts, "%d,[", tls->alert);
	else
		fputs("null,[", facts);
	for (size_t i = 0; i < tls->chain_count; i++) {
		const struct obs_certificate *c = &tls->chain[i];

		fputs(i > 0 ? ",[" : "[", facts);
		put_hex(c->sha256, 32);
		fprintf(facts, ",%lld,%lld,", (long long)c->not_before, (long long)c->not_after);
		put_span(c->issuer);
		fputc(',', facts);
		put_span(c->common_name);
		fputc(',', facts);
		put_spans(c->name, c->name_count);
		fprintf(facts, ",%zu]", c->name_omitted);
	}
	fputs("],[", facts);
	for (size_t i = 0; i < tls->error_count; i++)
		fprintf(facts, "%s%u,%u", i > 0 ? "," : "", tls->error[i].code, tls->error[i].depth);
	fprintf(facts, "],%zu]", tls->chain_omitted);
}

static void put_policy(const struct obs_policy *p)
{
	fprintf(facts, ",\"policy\":{\"status\":%d,\"a\":", p->status);
	put_answer(&p->a);
	fputs(",\"aaaa\":", facts);
	put_answer(&p->aaaa);
	fputs(",\"addresses\":[", facts);
	for (size_t i = 0; i < p->address_count; i++) {
		fputs(i > 0 ? "," : "", facts);
		put_hex(p->address[i].octet, p->address[i].family == 6 ? 16 : 4);
	}
	fprintf(facts, "],\"used\":%d,\"fetch_ms\":%u,\"reserved\":%d,\"omitted\":%zu,\"untried\":%zu", p->address_used,
		p->fetch_ms, p->reserved, p->address_omitted, p->address_untried);
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
	fprintf(facts, "],%u]", o->mx.omitted);
	put_txt("sts", &o->txt[TXT_STS]);
	put_txt("tlsrpt", &o->txt[TXT_TLSRPT]);
	put_policy(&o->policy);
	fputs("}\n", facts);
}

static void fill(struct sink *sink, struct maker *maker, unsigned domains)
{
	struct record_buffer *buffer;
	struct observation o;

	while (!(buffer = sink_take(sink)))
		usleep(100);
	for (unsigned i = 0; i < domains; i++) {
		maker_make(maker, &o);
		put_facts(&o);
		if (record_put_domain(buffer, &o) != 0)
			exit(1);
	}
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
					      .shard = 1 };
	const unsigned frames = argc == 6 ? (unsigned)atoi(argv[4]) : 0;
	const unsigned per_frame = argc == 6 ? (unsigned)atoi(argv[5]) : 0;
	const struct record_trailer trailer = {
		COMPLETION_COMPLETE, INT64_C(1795300430000), frames * per_frame, 1, 2, 3, 4, 5, 0, 0, 0
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
		fill(sink, &maker, per_frame);
	maker_fini(&maker);
	return sink_close(sink, &trailer, &error) != 0 || fclose(facts) != 0;
}

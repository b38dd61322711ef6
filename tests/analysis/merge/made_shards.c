/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/merge/made_shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

char made_folder[] = "/tmp/stsurvey-merge-XXXXXX";

int made_folder_make(void **state)
{
	(void)state;
	return mkdtemp(made_folder) ? 0 : -1;
}

int made_folder_remove(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", made_folder);
	return system(command);
}

char *made_path(const char *name)
{
	static char path[32][256];
	static unsigned next;
	char *p = path[next++ % COUNT_OF(path)];

	snprintf(p, sizeof(path[0]), "%s/%s", made_folder, name);
	return p;
}

char *made_shard_path(unsigned shard)
{
	char name[32];

	snprintf(name, sizeof(name), "shard%u", shard);
	return made_path(name);
}

/* ---- what is in the files ---- */

void made_domain(struct maker *maker, uint64_t index, struct observation *o)
{
	maker->state = (index + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	maker_make(maker, o);
	o->index = index;
}

void made_host(struct maker *maker, unsigned host, unsigned shard, struct obs_host *h)
{
	static char name[32];

	maker->state = (host + 1000 * (shard + 1)) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	maker_make_host(maker, h);
	snprintf(name, sizeof(name), "mx%02u.Example%s", host, shard == 1 ? "." : "");
	h->name = span_of(name);
	h->passes = (uint8_t)(host % 2 == 0 ? 1 : shard == 0 ? 2 : 1);
	h->time_ms = 1000 * (shard + 1);
	h->run = host % 2;
}

void made_vantage(struct maker *maker, unsigned test, struct obs_vantage *vantage)
{
	maker->state = 5000 + test;
	maker_make_vantage(maker, vantage);
	vantage->time_ms = (int64_t)test - 4;
	vantage->run = test % 2;
}

static bool tells_of(unsigned shard, unsigned host)
{
	return host % MADE_SHARDS != shard;
}

unsigned made_best_shard(unsigned host, unsigned shards)
{
	if (host % 2 == 1 && tells_of(0, host))
		return 0;
	for (unsigned shard = shards; shard-- > 0;)
		if (tells_of(shard, host))
			return shard;
	return 0;
}

struct record_header made_header(unsigned shard)
{
	static const struct record_option option[] = { { SPAN_LITERAL("smtp"), SPAN_LITERAL("all") },
						       { SPAN_LITERAL("rate"), SPAN_LITERAL("7") } };

	return (struct record_header){ .tool = SPAN_LITERAL("stsurvey test"),
				       .major = RECORD_SCHEMA_MAJOR,
				       .minor = RECORD_SCHEMA_MINOR,
				       .start_ms = 5000 - shard,
				       .option = option,
				       .option_count = COUNT_OF(option),
				       .input = SPAN_LITERAL("/lists/list.txt"),
				       .input_size = 12345,
				       .input_sample = 77,
				       .input_hash = 99,
				       .shards = MADE_SHARDS,
				       .shard = shard,
				       .label = maker_label,
				       .label_count = MAKER_LABELS,
				       .direct = true,
				       .audit = 0.5,
				       .audit_least = 10 };
}

void made_begin(struct made_writing *w, const char *path, const struct record_header *header)
{
	const struct sink_options options = { .path = path, .force = true, .resume_at = -1, .buffers = 2 };
	struct error error;

	*w = (struct made_writing){
		.trailer = { .queries = 100, .fetches = 10, .probes = 1, .has_direct = header->direct }
	};
	assert_int_equal(sink_open(&w->sink, &options, header, &error), 0);
}

/* Frames of some records each. */
void made_added(struct made_writing *w, int put)
{
	assert_int_equal(put, 0);
	if (record_buffer_content(w->buffer).n < 32 * 1024)
		return;
	sink_give(w->sink, w->buffer);
	w->buffer = NULL;
}

struct record_buffer *made_buffer(struct made_writing *w)
{
	while (!w->buffer)
		w->buffer = sink_take(w->sink);
	return w->buffer;
}

void made_put_domain(struct made_writing *w, const struct observation *o)
{
	w->trailer.domains++;
	w->trailer.blocklisted += o->input == INPUT_BLOCKLISTED;
	w->trailer.illegal += o->input == INPUT_ILLEGAL;
	direct_counts_add(&w->trailer.direct, o);
	made_added(w, record_put_domain(made_buffer(w), o));
}

void made_end(struct made_writing *w, enum record_completion completion)
{
	struct error error;

	w->trailer.completion = completion;
	if (w->buffer)
		sink_give(w->sink, w->buffer);
	assert_int_equal(sink_close(w->sink, &w->trailer, &error), 0);
}

void made_write_shard(unsigned shard, enum record_completion completion)
{
	struct record_header header = made_header(shard);
	struct observation o;
	struct obs_vantage vantage;
	struct obs_host host;
	struct maker maker;
	struct made_writing w;

	maker_init(&maker, 1);
	made_begin(&w, made_shard_path(shard), &header);
	for (unsigned i = 0; i < MADE_DOMAINS; i++) {
		unsigned index = (i * 77 + 13) % MADE_DOMAINS;

		if (i < MADE_HOSTS && tells_of(shard, i)) {
			made_host(&maker, i, shard, &host);
			w.trailer.hosts++;
			made_added(&w, record_put_host(made_buffer(&w), &host));
		}
		if (i < MADE_TESTS && i % MADE_SHARDS == shard) {
			made_vantage(&maker, i, &vantage);
			made_added(&w, record_put_vantage(made_buffer(&w), &vantage));
		}
		if (index % MADE_SHARDS != shard)
			continue;
		made_domain(&maker, index, &o);
		made_put_domain(&w, &o);
	}
	made_end(&w, completion);
	maker_fini(&maker);
}

void made_write_small(const char *path, const struct record_header *header, uint64_t index, const char *name)
{
	struct observation o = { .index = index, .name = span_of(name), .mx.answer.status = DNS_NXDOMAIN };
	struct made_writing w;

	made_begin(&w, path, header);
	made_put_domain(&w, &o);
	made_end(&w, COMPLETION_COMPLETE);
}

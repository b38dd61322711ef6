/* SPDX-License-Identifier: BSD-2-Clause */
/* scan_pair OLD NEW DOMAINS EVERY - two scans of nearly one list, weeks apart: for tests of diff, and its benchmark.
 *
 * Each is in an order of its own. 2 % of the names of each are not in the other, 1 in 97 stands twice in one or the
 * other, and one in EVERY has an STS record; what is found of a domain changes for one in 16 of these. The numbers
 * decide everything: the same files each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "parsers/hash.h"
#include "tests/analysis/facts.h"

enum {
	PLAIN_KINDS = 5,
	PER_BUFFER = 2000, /* domains; SINK_FRAME_TARGET is about as much */
	RECORD_SET = 12,
	START = 1800000000,
	WEEK = 7 * 86400,
};

static const char *const plain[PLAIN_KINDS] = {
	"sts -\nrpt -",       "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", "sts -\nrpt -\nmx -", "sts SERVFAIL\nrpt -",
	"sts -\nrpt TIMEOUT",
};

/* What a domain with a record may be like. */
static const char *const record[RECORD_SET] = {
	"",
	"http 404",
	"sts v=STSv1",
	"sts v=STSv1; id=2",
	"body version: STSv1|mode: testing|max_age: 86400|mx: mail.example.com|",
	"mx 10 mx.elsewhere.net",
	"a SERVFAIL\naaaa SERVFAIL\naddresses 0\nconnect skipped",
	"a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped",
	"a-cname mta.provider.net",
	"rpt -",
	"sts -",
	"verify 10\nexpires -60",
};

struct side {
	unsigned number; /* 0 old, 1 new */
	uint64_t domains, every, index;
	struct facts plain[PLAIN_KINDS];
	struct record_buffer *buffer;
	struct sink *sink;
};

static uint64_t mixed(uint64_t number, uint64_t salt)
{
	return hash_mix(number, salt * UINT64_C(0x9e3779b97f4a7c15) + 1) >> 16;
}

static void die(const char *what)
{
	fprintf(stderr, "scan_pair: %s\n", what);
	exit(1);
}

static void put(struct side *side, const struct observation *observation)
{
	if (record_put_domain(side->buffer, observation) < 0)
		die("no memory");
	if (++side->index % PER_BUFFER != 0)
		return;
	sink_give(side->sink, side->buffer);
	while (!(side->buffer = sink_take(side->sink)))
		if (sink_failed(side->sink))
			die("cannot be written");
}

/* Most domains: nothing is made anew but the name. */
static void put_plain(struct side *side, struct span name, uint64_t i, int64_t time_ms)
{
	uint64_t kind = mixed(i, 7) % 64;
	struct observation *o;

	if (mixed(i, 8 + side->number) % 40 == 0) /* another answer than last time */
		kind++;
	o = &side->plain[kind < PLAIN_KINDS ? kind : 0].observation;
	o->name = name;
	o->index = side->index;
	o->time_ms = time_ms;
	put(side, o);
}

static void put_record(struct side *side, struct span name, uint64_t i, int64_t time_ms)
{
	static struct facts facts;
	uint64_t kind = mixed(i, 2) % RECORD_SET, moved = mixed(i, 20 + side->number);
	char lines[1024];

	if (moved % 16 == 0)
		kind = moved / 16 % RECORD_SET;
	snprintf(lines, sizeof(lines), "time %lld\nsan mta-sts.%.*s\n%s", (long long)time_ms / 1000, (int)name.n,
		 name.p, record[kind]);
	facts_make(&facts, lines);
	facts.observation.name = name;
	facts.observation.index = side->index;
	memcpy(facts.leaf.sha256, &i, sizeof(i));
	put(side, &facts.observation);
}

static void put_domain(struct side *side, uint64_t i)
{
	int64_t time_ms = ((int64_t)START + side->number * WEEK) * 1000 + (int64_t)side->index;
	bool own = mixed(i, 14 + side->number) % 50 == 0, twice = mixed(i, 6) % 97 == side->number;
	char text[64];
	struct span name = { text, (size_t)snprintf(text, sizeof(text), "%s%llx.example",
						    own ? (side->number ? "n" : "o") : "d",
						    (unsigned long long)mixed(i, 1)) };

	for (unsigned times = 0; times <= twice; times++) {
		if (mixed(i, 5) % side->every == 0)
			put_record(side, name, i + times, time_ms);
		else
			put_plain(side, name, i + times, time_ms);
	}
}

/* An order that is the side's own: the step has no divisor in common with their number. */
static uint64_t step_of(uint64_t domains, unsigned number)
{
	uint64_t step = domains / (number ? 3 : 2) + 1, a = step, b = domains;

	for (;; a = ++step, b = domains) {
		while (b > 0) {
			uint64_t rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			return step;
	}
}

static void write_side(struct side *side, const char *path)
{
	const struct sink_options options = {
		.path = path, .force = true, .resume_at = -1, .sync_interval = 3600, .buffers = 8
	};
	const struct record_header header = { .tool = SPAN_LITERAL("scan_pair"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .start_ms = ((int64_t)START + side->number * WEEK) * 1000,
					      .shards = 1 };
	struct record_trailer trailer = { 0 };
	uint64_t step = step_of(side->domains, side->number), at = 0;
	struct error error;

	if (sink_open(&side->sink, &options, &header, &error) < 0 || !(side->buffer = sink_take(side->sink)))
		die(error.text);
	for (uint64_t i = 0; i < side->domains; i++, at = (at + step) % side->domains)
		put_domain(side, at);
	sink_give(side->sink, side->buffer);
	trailer.domains = side->index;
	if (sink_close(side->sink, &trailer, &error) < 0)
		die(error.text);
}

int main(int argc, char **argv)
{
	static struct side side;

	if (argc < 5)
		die("usage: scan_pair OLD NEW DOMAINS EVERY");
	for (unsigned number = 0; number < 2; number++) {
		memset(&side, 0, sizeof(side));
		side.number = number;
		side.domains = strtoull(argv[3], NULL, 10);
		side.every = strtoull(argv[4], NULL, 10);
		for (unsigned k = 0; k < PLAIN_KINDS; k++)
			facts_make(&side.plain[k], plain[k]);
		write_side(&side, argv[1 + number]);
	}
	return 0;
}

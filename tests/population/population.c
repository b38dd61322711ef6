/* SPDX-License-Identifier: BSD-2-Clause */
/* population.c - a scan file of made-up domains: population PLAN SCAN [--seed N] [--shard I/N] [--time SECONDS]
 * [--direct 1]
 *
 * PLAN is what tests/population/population.py makes of population.toml: of each class a line "class COUNT FIRST BULK
 * NAME", lines of facts (tests/analysis/facts.h) and an empty line. {n} in them is the domain's number, from FIRST on,
 * {name} its name, and {dashed} its name with "-" for ".". Domains come in the order of the plan, or shuffled by a
 * seed; of a shard each N-th. With --direct they were asked as if by `scan --direct`.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "parsers/hash.h"
#include "tests/analysis/facts.h"

enum {
	CLASSES_MAX = 256,
	LINES_MAX = 4096, /* octets of a class's facts */
	NAME_MAX_OCTETS = 256,
	MS_BETWEEN = 1, /* the start of one domain and the next */
};

struct class
{
	unsigned long count, first;
	bool bulk;
	char name[NAME_MAX_OCTETS];
	char lines[LINES_MAX];
};

struct domain {
	uint32_t class, n;
};

struct plan {
	struct class class[CLASSES_MAX];
	uint32_t classes;
	struct domain *domain;
	size_t count;
};

struct given {
	const char *plan, *scan;
	uint64_t seed;
	uint32_t shard, shards;
	int64_t time;
	bool direct;
};

static void give_up(const char *what)
{
	fprintf(stderr, "population: %s\n", what);
	exit(1);
}

static void read_plan(struct plan *plan, const char *path)
{
	FILE *file = fopen(path, "r");
	struct class *class = NULL;
	char line[LINES_MAX];

	if (!file)
		give_up("the plan cannot be read");
	while (fgets(line, sizeof(line), file)) {
		if (!class && plan->classes < CLASSES_MAX) {
			int bulk;

			class = &plan->class[plan->classes];
			if (sscanf(line, "class %lu %lu %d %255[^\n]", &class->count, &class->first, &bulk,
				   class->name) != 4)
				give_up("a line that should begin a class does not");
			class->bulk = bulk;
		} else if (strcmp(line, "\n") == 0) {
			plan->count += class->count;
			plan->classes++;
			class = NULL;
		} else if (strlen(class->lines) + strlen(line) < LINES_MAX) {
			strcat(class->lines, line);
		} else {
			give_up("a class is too long, or there are too many");
		}
	}
	fclose(file);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

static void put_in_order(struct plan *plan, uint64_t seed)
{
	size_t at = 0;

	plan->domain = calloc(plan->count, sizeof(*plan->domain));
	if (!plan->domain)
		give_up("no memory");
	for (uint32_t c = 0; c < plan->classes; c++)
		for (unsigned long n = 0; n < plan->class[c].count; n++)
			plan->domain[at++] = (struct domain){ c, (uint32_t)(plan->class[c].first + n) };
	for (size_t i = plan->count; seed != 0 && i > 1; i--) {
		size_t k = next_random(&seed) % i;
		struct domain other = plan->domain[k];

		plan->domain[k] = plan->domain[i - 1];
		plan->domain[i - 1] = other;
	}
}

/* @text with the domain's words in their places. */
static void fill(char *out, size_t size, const char *text, uint32_t n, const char *name)
{
	char *end = out + size - 1;

	while (*text && out < end) {
		if (strncmp(text, "{n}", 3) == 0) {
			out += snprintf(out, (size_t)(end - out), "%u", n);
			text += 3;
		} else if (strncmp(text, "{name}", 6) == 0) {
			out += snprintf(out, (size_t)(end - out), "%s", name);
			text += 6;
		} else if (strncmp(text, "{dashed}", 8) == 0) {
			for (const char *p = name; *p && out < end; p++)
				*out++ = *p == '.' ? '-' : *p;
			text += 8;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Certificates and bodies are kept once by their hash. */
static void hash_facts(struct facts *f, const char *name)
{
	uint64_t leaf = hash_span(span_of(name)), body = hash_span(f->observation.policy.http.body);

	memcpy(f->leaf.sha256, &leaf, sizeof(leaf));
	memcpy(f->observation.policy.http.body_sha256, &body, sizeof(body));
}

/* What a bulk class has in common is made once. */
static struct facts *facts_of(const struct plan *plan, const struct domain *domain, const char *name)
{
	static struct facts *bulk[CLASSES_MAX], one;
	const struct class *class = &plan->class[domain->class];
	char lines[2 * LINES_MAX];

	if (class->bulk && bulk[domain->class])
		return bulk[domain->class];
	fill(lines, sizeof(lines), class->lines, domain->n, name);
	lines[strlen(lines) - 1] = '\0'; /* the last line's end */
	if (!class->bulk) {
		facts_make(&one, lines);
		hash_facts(&one, name);
		return &one;
	}
	bulk[domain->class] = malloc(sizeof(one));
	if (!bulk[domain->class])
		give_up("no memory");
	facts_make(bulk[domain->class], lines);
	return bulk[domain->class];
}

enum { FALL_BACK_EACH = 7, SECOND_EACH = 5, AUDIT_EACH = 3, WRONG_EACH = 99 }; /* domains, or of these so many */

/* Data of TXT is confirmed; of what is absent some is audited, with each outcome there is; each so many-th question has
 * one of the reasons to fall back, and another server's answer where that counts. */
static void ask_directly(struct observation *o, size_t index, struct obs_audit audit[static QUESTION_COUNT])
{
	o->audit = audit;
	for (unsigned q = 0; q < QUESTION_COUNT; q++) {
		struct obs_answer *answer = q == QUESTION_MX ? &o->mx.answer : &o->txt[q - QUESTION_TXT].answer;
		uint64_t n = hash_mix(index, q) >> 8, other = n / 1024; /* each value with each */

		if (answer->status == DNS_SKIPPED)
			continue;
		answer->source = SOURCE_DIRECT;
		if (q != QUESTION_MX && answer->status == DNS_NOERROR)
			answer->fall_back = FALL_BACK_CONFIRMED;
		else if (dns_status_is_transient(answer->status) || n % FALL_BACK_EACH == 0)
			answer->fall_back = FALL_BACK_CONFIRMED + 1 +
					    other % (FALL_BACK_OTHER - FALL_BACK_CONFIRMED - 1);
		if (answer->fall_back != FALL_BACK_NONE && other % SECOND_EACH > 0)
			answer->source = SOURCE_RESOLVER;
		if (answer->source == SOURCE_DIRECT && answer->status > DNS_NOERROR && other % AUDIT_EACH == 0)
			audit[o->audit_count++] = (struct obs_audit){
				.question = q,
				.kind = n % WRONG_EACH > 0
						? AUDIT_ABSENT
						: AUDIT_DATA + n / WRONG_EACH % (AUDIT_KIND_COUNT - AUDIT_DATA),
				.direct = answer->status
			};
	}
}

static void put(struct record_buffer *buffer, const struct plan *plan, size_t index, const struct given *given,
		struct record_trailer *trailer)
{
	struct obs_audit audit[QUESTION_COUNT];
	const struct domain *domain = &plan->domain[index];
	char name[NAME_MAX_OCTETS];
	struct observation o;

	fill(name, sizeof(name), plan->class[domain->class].name, domain->n, "");
	o = facts_of(plan, domain, name)->observation;
	o.name = span_of(name);
	o.index = index;
	o.rank = index + 1;
	o.time_ms = given->time * 1000 + (int64_t)index * MS_BETWEEN;
	o.duration_ms = 20;
	if (given->direct)
		ask_directly(&o, index, audit);
	if (record_put_domain(buffer, &o) != 0)
		give_up("a record does not fit");
	trailer->domains++;
	trailer->illegal += o.input == INPUT_ILLEGAL;
	trailer->blocklisted += o.input == INPUT_BLOCKLISTED;
	direct_counts_add(&trailer->direct, &o);
}

static void write_scan(const struct plan *plan, const struct given *given)
{
	struct sink_options options = {
		.path = given->scan, .force = true, .resume_at = -1, .buffers = 8, .sync_interval = 3600
	};
	struct span label = SPAN_LITERAL("registrar");
	struct record_header header = {
		.tool = SPAN_LITERAL("population"),
		.major = RECORD_SCHEMA_MAJOR,
		.minor = RECORD_SCHEMA_MINOR,
		.start_ms = given->time * 1000,
		.input = SPAN_LITERAL("population.csv"),
		.input_size = plan->count,
		.input_sample = 1 + plan->count,
		.label = &label,
		.label_count = 1,
		.shards = given->shards,
		.shard = given->shard,
		.direct = given->direct,
	};
	struct record_trailer trailer = { .end_ms = (given->time + 86400) * 1000, .has_direct = given->direct };
	struct record_buffer *buffer = NULL;
	struct error error;
	struct sink *sink;

	if (sink_open(&sink, &options, &header, &error) != 0)
		give_up(error.text);
	for (size_t i = given->shard; i < plan->count; i += given->shards) {
		while (!buffer)
			buffer = sink_take(sink);
		put(buffer, plan, i, given, &trailer);
		if (record_buffer_content(buffer).n < SINK_FRAME_TARGET)
			continue;
		sink_give(sink, buffer);
		buffer = NULL;
	}
	if (buffer)
		sink_give(sink, buffer);
	if (sink_close(sink, &trailer, &error) != 0)
		give_up(error.text);
}

int main(int argc, char **argv)
{
	static struct plan plan;
	struct given given = { .shards = 1, .time = FACTS_TIME };

	if (argc < 3 || argc % 2 == 0)
		give_up("usage: population PLAN SCAN [--seed N] [--shard I/N] [--time SECONDS] [--direct 1]");
	given.plan = argv[1];
	given.scan = argv[2];
	for (int i = 3; i < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			given.seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--time") == 0)
			given.time = strtoll(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--direct") == 0)
			given.direct = true;
		else if (strcmp(argv[i], "--shard") != 0 ||
			 sscanf(argv[i + 1], "%u/%u", &given.shard, &given.shards) != 2)
			give_up("no such option");
	}
	read_plan(&plan, given.plan);
	put_in_order(&plan, given.seed);
	write_scan(&plan, &given);
	return 0;
}

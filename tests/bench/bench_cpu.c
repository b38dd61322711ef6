/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/bench_cpu.c - what a domain costs apart from the network: bench_cpu MODE COUNT [FILE]
 *
 * The jobs are real; their net.h answers at once, in the same process, from the made-up internet, so that
 * instruction counts are the same in each run. Each mode does what the one before does and a step more:
 *
 *   answers   make the queries and the answers: the cost of this program itself
 *   job       scanner/job/job: parse the answers, keep the facts
 *   classify  judge them
 *   record    pack them
 *   frame     compress frames of SINK_FRAME_TARGET, write them to FILE if there is one
 *   read      none of this: read the scan file FILE back, COUNT times
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/classify/classify.h"
#include "output/scan_file/frame.h"
#include "output/scan_file/reader.h"
#include "output/scan_file/record.h"
#include "output/scan_file/sink.h"
#include "parsers/dns_answer.h"
#include "scanner/job/job.h"
#include "tests/bench/answer.h"
#include "tests/bench/name.h"
#include "tests/fake/give_answer.h"

enum mode { MODE_ANSWERS, MODE_JOB, MODE_CLASSIFY, MODE_RECORD, MODE_FRAME, MODE_READ, MODE_COUNT };

enum { DOMAINS_A_MS = 20, START_MS_SHIFT = 40 }; /* the clock goes on with the domains */

static const char *const modes[MODE_COUNT] = { "answers", "job", "classify", "record", "frame", "read" };

struct bench {
	struct net net; /* first: the job's net is this */
	struct answer_rules rules;
	struct job job;
	enum mode mode;
	uint64_t domains, octets, findings;
	struct record_buffer *buffer;
	struct frame_press *press;
	FILE *out;
};

/* The answer to one question; false where the name does not exist. */
static bool answer(const struct bench *bench, struct span name, uint16_t type, uint8_t packet[static ANSWER_MAX],
		   size_t *len)
{
	struct answer_question question;
	uint8_t query[DNS_QUERY_MAX];
	const int n = dns_query_write(1, name, type, DNS_QUERY_EDNS, query);

	if (n < 0 || !answer_read(query, (size_t)n, &question))
		return false;
	*len = answer_write(&bench->rules, query, &question, packet);
	return (packet[3] & 0x0f) == 0;
}

static void on_ask(struct net *net, struct net_query *query)
{
	uint8_t packet[ANSWER_MAX];
	size_t len = 0;

	query->fault = NET_OK;
	query->packets_sent = 1;
	answer((struct bench *)net, net_query_name(query), query->type, packet, &len);
	give_answer(query, packet, len, DNS_ERROR);
}

static void on_fetch(struct net *net, struct net_fetch *fetch)
{
	(void)net;
	fetch->fault = NET_OK;
	fetch->policy->status = CONNECT_REFUSED;
	fetch->on_done(fetch);
}

static int64_t wall_ms(struct net *net)
{
	return (INT64_C(1) << START_MS_SHIFT) + (int64_t)(((struct bench *)net)->domains / DOMAINS_A_MS);
}

static uint64_t now_ms(struct net *net)
{
	return ((struct bench *)net)->domains / DOMAINS_A_MS;
}

static void press_frame(struct bench *bench)
{
	struct span content = record_buffer_content(bench->buffer);
	const struct span frame = frame_press(bench->press, content);

	if (!frame.p || (bench->out && fwrite(frame.p, 1, frame.n, bench->out) != frame.n))
		exit(EXIT_FAILURE);
	bench->octets += frame.n;
	record_buffer_reset(bench->buffer);
}

static void on_done(struct job *job)
{
	struct bench *bench = job->context->arg;
	struct classification judged;
	struct observation observation;

	if (bench->mode < MODE_CLASSIFY)
		return;
	job_observation(job, &observation);
	classify(&observation, &judged);
	bench->findings += (uint64_t)judged.judgement.verdict;
	if (bench->mode < MODE_RECORD)
		return;
	if (record_put_domain(bench->buffer, &observation) != 0)
		exit(EXIT_FAILURE);
	if (record_buffer_content(bench->buffer).n < SINK_FRAME_TARGET)
		return;
	if (bench->mode == MODE_FRAME)
		press_frame(bench);
	else
		record_buffer_reset(bench->buffer);
}

/* What the jobs would ask, without them. */
static void only_answer(const struct bench *bench, struct span name)
{
	static const char *const prefix[] = { "_mta-sts.", "_smtp._tls." };
	char text[DOMAIN_NAME_MAX];
	uint8_t packet[ANSWER_MAX];
	size_t len;

	if (!answer(bench, name, DNS_TYPE_MX, packet, &len))
		return;
	for (int i = 0; i < 2; i++) {
		const int n = snprintf(text, sizeof(text), "%s%.*s", prefix[i], (int)name.n, name.p);

		answer(bench, (struct span){ text, (size_t)n }, DNS_TYPE_TXT, packet, &len);
	}
}

static void write_header(struct bench *bench)
{
	const struct record_header header = { .tool = SPAN_LITERAL("bench_cpu"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .start_ms = INT64_C(1) << START_MS_SHIFT,
					      .input = SPAN_LITERAL("-"),
					      .shards = 1 };

	if (record_put_header(bench->buffer, &header) != 0)
		exit(EXIT_FAILURE);
	press_frame(bench);
}

static int write_domains(enum mode mode, uint32_t count, const char *path)
{
	static struct bench bench;
	const struct job_context context = { .net = &bench.net, .done = on_done, .arg = &bench };
	char name[NAME_MAX_OCTETS];

	bench = (struct bench){ .net = { .ask = on_ask, .fetch = on_fetch, .wall_ms = wall_ms, .now_ms = now_ms },
				.mode = mode,
				.rules = { .shares = WORLD_SHARES_DEFAULT, .policy_hosts = 1 } };
	bench.rules.shares.sts = 0; /* what nearly all domains cost */
	bench.buffer = record_buffer_new();
	bench.press = frame_press_new();
	bench.out = path ? fopen(path, "wb") : NULL;
	if (!bench.buffer || !bench.press || (path && !bench.out))
		return 1;
	if (mode == MODE_FRAME)
		write_header(&bench);
	job_init(&bench.job, &context);
	for (uint32_t i = 0; i < count; i++) {
		const struct span span = { name, name_write(i, name) };

		if (mode == MODE_ANSWERS)
			only_answer(&bench, span);
		else
			job_start(&bench.job, &(struct job_target){ .index = i, .rank = 0, .name = span }, true);
		bench.domains++;
	}
	if (mode == MODE_FRAME)
		press_frame(&bench);
	job_fini(&bench.job);
	record_buffer_free(bench.buffer);
	frame_press_free(bench.press);
	printf("domains=%" PRIu64 "\noctets=%" PRIu64 "\n", bench.domains, bench.octets);
	return bench.out && fclose(bench.out) != 0;
}

static int read_domains(uint32_t times, const char *path)
{
	struct error error;
	struct observation observation;
	struct reader *reader;
	uint64_t domains = 0;
	int more = 0;

	for (uint32_t i = 0; i < times; i++) {
		if (!path || reader_open(&reader, path, &error) != 0)
			return 1;
		while ((more = reader_next(reader, &observation, &error)) > 0)
			domains++;
		reader_close(reader);
	}
	printf("domains=%" PRIu64 "\n", domains);
	return more < 0;
}

int main(int argc, char **argv)
{
	const char *path = argc > 3 ? argv[3] : NULL;
	struct timespec cpu;
	int mode = 0, status;

	while (argc > 1 && mode < MODE_COUNT && strcmp(modes[mode], argv[1]) != 0)
		mode++;
	if (argc < 3 || argc > 4 || mode == MODE_COUNT) {
		fprintf(stderr, "usage: bench_cpu answers|job|classify|record|frame|read COUNT [FILE]\n");
		return 2;
	}
	const uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);

	status = mode == MODE_READ ? read_domains(count, path) : write_domains((enum mode)mode, count, path);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	printf("cpu_seconds=%.3f\n", (double)cpu.tv_sec + (double)cpu.tv_nsec * 1e-9);
	return status;
}

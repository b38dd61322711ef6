/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/play.h"

#include <stdio.h>

enum { INDEX = 12, RANK = 34 };

static const char *fault_name(int fault)
{
	static const char *const names[] = { "", "memory", "sockets", "shutdown", "resting" };

	return fault <= 0 && fault >= NET_FAULT_RESTING ? names[-fault] : "?";
}

static void on_done(struct job *job)
{
	((struct play *)job->context->arg)->done++;
}

static void on_host_done(struct host_job *host)
{
	((struct play *)host->context->arg)->done++;
}

bool play_init(struct play *play, const struct script *script)
{
	play->script = script;
	play->context = (struct job_context){ .net = &play->fake.net,
					      .allow = script->allow,
					      .address_blocklist = script->address_blocklist,
					      .domain_blocklist = script->domain_blocklist,
					      .done = on_done,
					      .host_done = script->smtp ? on_host_done : NULL,
					      .all_hosts = script->all_hosts,
					      .ad_believed = script->ad_believed,
					      .without_sni = true,
					      .no_ipv4 = script->no_ipv4,
					      .no_ipv6 = script->no_ipv6,
					      .arg = play };
	play->why[0] = '\0';
	job_init(&play->job, &play->context);
	host_job_init(&play->host, &play->context);
	play->buffer = record_buffer_new();
	play->decode = decode_new();
	return play->buffer && play->decode;
}

void play_fini(struct play *play)
{
	job_fini(&play->job);
	host_job_fini(&play->host);
	record_buffer_free(play->buffer);
	decode_free(play->decode);
}

static void blame(struct play *play, const char *what, const char *detail)
{
	if (play->why[0] == '\0')
		snprintf(play->why, sizeof(play->why), "%.300s%.300s", what, detail);
}

/* What the scan file would say is judged alike. */
static void read_back(struct play *play)
{
	union decode_frame_record other;
	struct observation observation;
	struct classification result;

	decode_begin(play->decode, record_buffer_content(play->buffer));
	if (decode_next(play->decode, &observation, &other) != (play->script->is_host ? DECODE_HOST : DECODE_DOMAIN)) {
		blame(play, "the record can't be read back", "");
		return;
	}
	if (play->script->is_host) {
		dump_host(&play->read_back, &other.host);
	} else {
		classify(&observation, &result);
		dump_make(&play->read_back, &observation, &result);
	}
	if (play->read_back.n != play->dump.n || memcmp(play->read_back.text, play->dump.text, play->dump.n) != 0)
		blame(play, "the record read back differs", "");
}

static int conclude_host(struct play *play)
{
	if (host_job_fault(&play->host))
		return host_job_fault(&play->host);
	dump_host(&play->dump, &play->host.facts);
	record_buffer_reset(play->buffer);
	if (record_put_host(play->buffer, &play->host.facts) < 0)
		return record_buffer_content(play->buffer).n == 0 ? NET_FAULT_MEMORY : NET_OK;
	return NET_OK;
}

static int conclude(struct play *play)
{
	struct observation observation;
	struct classification result;

	if (job_fault(&play->job))
		return job_fault(&play->job);
	job_observation(&play->job, &observation);
	classify(&observation, &result);
	dump_make(&play->dump, &observation, &result);
	record_buffer_reset(play->buffer);
	if (record_put_domain(play->buffer, &observation) < 0)
		return record_buffer_content(play->buffer).n == 0 ? NET_FAULT_MEMORY : NET_OK;
	return NET_OK;
}

static void start_domain(struct play *play, const struct script_run *run)
{
	const struct net_delegation delegation = { .servers = extra_octets(&run->extra) };
	const struct job_target target = { .index = INDEX,
					   .rank = RANK,
					   .name = run->domain,
					   .extra = extra_octets(&run->extra),
					   .delegation = run->direct ? &delegation : NULL };

	job_start(&play->job, &target, run->last_pass);
}

int play_run(struct play *play, unsigned number, const struct net_fake_twist *twist)
{
	const struct script_run *run = &play->script->run[number];
	int fault;

	net_fake_init(&play->fake);
	play->fake.answer = run->answer;
	play->fake.answers = run->answers;
	play->fake.fetch = &run->fetch;
	play->fake.probe = run->probe;
	play->fake.probes = run->probes;
	play->fake.host = run->domain.p;
	play->fake.patient = run->last_pass;
	play->fake.wall_ms = run->wall_ms;
	if (twist)
		play->fake.twist = *twist;
	play->done = 0;
	if (play->script->is_host)
		host_job_start(&play->host, run->domain, run->last_pass);
	else
		start_domain(play, run);
	net_fake_run(&play->fake);
	fault = play->script->is_host ? conclude_host(play) : conclude(play);
	if (play->fake.why[0] != '\0')
		blame(play, play->fake.why, "");
	if (play->done != 1)
		blame(play, play->done ? "done was called more than once" : "done was never called", "");
	if (fault)
		return fault;
	net_fake_end(&play->fake);
	if (play->fake.why[0] != '\0')
		blame(play, "", play->fake.why);
	if (play->script->is_host
		    ? play->host.facts.time_ms != run->wall_ms
		    : play->job.index != INDEX || play->job.rank != RANK || play->job.time_ms != run->wall_ms)
		blame(play, "index, rank or time differ", "");
	return fault;
}

/* The value of a key: of the dump, or of what depends on time and faults. */
static struct span value_of(const struct play *play, const char *key, int fault, char text[static 16])
{
	if (strcmp(key, "fault") == 0)
		return span_of(fault_name(fault));
	if (fault)
		return (struct span){ NULL, 0 };
	if (strcmp(key, "duration") != 0)
		return dump_value(&play->dump, key);
	snprintf(text, 16, "%u", play->script->is_host ? play->host.facts.duration_ms : play->job.duration_ms);
	return span_of(text);
}

bool play_check(struct play *play, unsigned number, int fault)
{
	const struct script_run *run = &play->script->run[number];
	bool wants_fault = false;
	char text[16];

	for (size_t i = 0; i < run->expectations && play->why[0] == '\0'; i++) {
		const struct script_expected *expected = &run->expected[i];
		struct span value = value_of(play, expected->key, fault, text);

		wants_fault |= strcmp(expected->key, "fault") == 0;
		if (!value.p || !span_equal(value, span_of(expected->value)))
			snprintf(play->why, sizeof(play->why), "line %u: %s is \"%.*s\", not \"%s\"", expected->line,
				 expected->key, value.n < 400 ? (int)value.n : 400, value.p ? value.p : "",
				 expected->value);
	}
	if (fault && !wants_fault && play->why[0] == '\0')
		blame(play, "a fault of ours: ", fault_name(fault));
	if (run->expectations == 0)
		blame(play, "nothing is expected", "");
	if (!fault && play->why[0] == '\0')
		read_back(play);
	return play->why[0] == '\0';
}

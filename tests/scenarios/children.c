/* SPDX-License-Identifier: BSD-2-Clause */
/* A parent that starts a child for each of a domain's mail servers, with real answers, in every order: what a job does
 * that looks at the hosts behind its MX. The parent asks for the MX; each child for its host's IPv4 and IPv6 addresses,
 * one after the other. Any of the questions open may be answered next; all ways are gone through, and each again with a
 * fault of ours at each answer. Facts must be the same in all of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scanner/job/answers.h"
#include "scanner/job/job.h"
#include "tests/fake/dns_build.h"
#include "tests/fake/every_way.h"
#include "tests/fake/give_answer.h"

enum { HOSTS = 3, CHOICES_MAX = 16, NOBODY = 99 };

struct mail_host {
	struct task task; /* first */
	struct job *job;
	struct span name;
	struct obs_answer a, aaaa;
	struct address_list addresses;
	struct net_query query;
};

static struct world {
	struct net net; /* first */
	struct job job;
	struct mail_host *host[HOSTS];
	struct net_query *pending[CHOICES_MAX];
	unsigned pending_count, answers, ended;
	unsigned fault_at; /* this answer brings a fault */
	bool at_once;      /* answers come before ask returns */
	bool wrong;
} world;

/* ---- the network ---- */

static struct span host_name(unsigned i)
{
	static char name[HOSTS][16];

	snprintf(name[i], sizeof(name[i]), "mx%u.example.net", i);
	return span_of(name[i]);
}

static void give(struct net_query *query)
{
	static struct dns_build build;
	uint8_t octets[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct span name = net_query_name(query);

	query->fault = world.answers++ == world.fault_at ? NET_FAULT_SOCKETS : NET_OK;
	query->packets_sent = 1;
	dns_build_begin(&build, 0, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA);
	dns_build_question(&build, name, query->type);
	for (unsigned i = 0; i < HOSTS && query->type == DNS_TYPE_MX; i++)
		dns_build_mx(&build, name, 300, (uint16_t)(10 * i), host_name(i));
	if (query->type != DNS_TYPE_MX) {
		octets[query->type == DNS_TYPE_A ? 3 : 15] = (uint8_t)name.p[2];
		dns_build_record(&build, name, query->type, 300, octets, query->type == DNS_TYPE_A ? 4 : 16);
	}
	give_answer(query, query->fault ? NULL : build.octet, build.n, DNS_SKIPPED);
}

static void ask(struct net *net, struct net_query *query)
{
	(void)net;
	if (world.at_once)
		give(query);
	else
		world.pending[world.pending_count++] = query;
}

static int64_t wall_ms(struct net *net)
{
	(void)net;
	return 0;
}

static uint64_t now_ms(struct net *net)
{
	(void)net;
	return 0;
}

/* ---- a child: one mail server ---- */

static void on_address(struct net_query *query, const struct dns_answer *answer)
{
	struct mail_host *host = query->arg;

	task_fail(&host->task, answers_keep_addresses(&host->job->arena, query, answer, query->into, &host->addresses));
	task_answered(&host->task);
}

static uint8_t ask_address(struct mail_host *host, uint16_t type, struct obs_answer *into, uint8_t next)
{
	host->query = (struct net_query){ .type = type, .on_answer = on_address, .into = into };
	job_ask(host->job->context, &host->task, &host->query, host->name);
	return next;
}

static uint8_t ask_a(struct task *task)
{
	struct mail_host *host = (struct mail_host *)task;

	return ask_address(host, DNS_TYPE_A, &host->a, 1);
}

static uint8_t ask_aaaa(struct task *task)
{
	struct mail_host *host = (struct mail_host *)task;

	return ask_address(host, DNS_TYPE_AAAA, &host->aaaa, TASK_DONE);
}

/* ---- the parent ---- */

static void on_mx(struct net_query *query, const struct dns_answer *answer)
{
	struct job *job = query->arg;

	task_fail(&job->task, answers_keep_mx(&job->arena, query, answer, query->into));
	task_answered(&job->task);
}

static uint8_t ask_mx(struct task *task)
{
	struct job *job = (struct job *)task;

	job->query[0] = (struct net_query){ .type = DNS_TYPE_MX, .on_answer = on_mx, .into = &job->mx };
	job_ask(job->context, task, &job->query[0], job->name);
	return 1;
}

static uint8_t start_hosts(struct task *task)
{
	static uint8_t (*const steps[])(struct task * task) = { ask_a, ask_aaaa };
	static const struct task_kind kind = { steps, NULL };
	struct job *job = (struct job *)task;

	for (unsigned i = 0; i < job->mx.count; i++) {
		struct mail_host *host = arena_alloc(&job->arena, sizeof(*host));

		if (!host) {
			task_fail(task, NET_FAULT_MEMORY);
			break;
		}
		host->job = job;
		host->name = job->mx.record[i].name;
		world.host[i] = host;
		task_start(&host->task, &kind, task);
	}
	return 2;
}

static uint8_t look_at_hosts(struct task *task)
{
	struct job *job = (struct job *)task;

	world.wrong |= job->mx.count != HOSTS;
	for (unsigned i = 0; i < job->mx.count; i++) {
		const struct mail_host *host = world.host[i];
		const struct obs_address *address = host->addresses.address;
		const uint8_t mark = (uint8_t)('0' + i);

		world.wrong |= !span_equal(host->name, host_name(i)) || host->a.status != DNS_NOERROR ||
			       host->aaaa.status != DNS_NOERROR || host->addresses.count != 2 ||
			       address[0].family != 4 || address[0].octet[3] != mark || address[1].family != 6 ||
			       address[1].octet[15] != mark;
	}
	return TASK_DONE;
}

static void on_ended(struct task *task)
{
	world.wrong |= task->pending != 0;
	world.ended++;
}

/* ---- every way through ---- */

static unsigned play(const unsigned *choice, unsigned *choices)
{
	static uint8_t (*const steps[])(struct task * task) = { ask_mx, start_hosts, look_at_hosts };
	static const struct task_kind kind = { steps, on_ended };
	static const struct job_context context = { .net = &world.net };
	unsigned depth = 0;

	world.net = (struct net){ .ask = ask, .wall_ms = wall_ms, .now_ms = now_ms };
	world.answers = world.ended = world.pending_count = 0;
	job_init(&world.job, &context);
	world.job.name = SPAN_LITERAL("example.com");
	task_start(&world.job.task, &kind, NULL);
	while (world.pending_count > 0) {
		unsigned at = choice[depth];
		struct net_query *query = world.pending[at];

		world.wrong |= world.ended > 0;
		choices[depth++] = world.pending_count--;
		memmove(&world.pending[at], &world.pending[at + 1],
			(world.pending_count - at) * sizeof(world.pending[0]));
		give(query);
	}
	world.wrong |= world.ended != 1;
	world.wrong |= job_fault(&world.job) != (world.fault_at < world.answers ? NET_FAULT_SOCKETS : NET_OK);
	job_fini(&world.job);
	return depth;
}

static unsigned play_every_way(unsigned fault_at)
{
	unsigned choice[CHOICES_MAX] = { 0 }, choices[CHOICES_MAX], ways = 0, depth;

	world.fault_at = fault_at;
	do {
		depth = play(choice, choices);
		ways++;
	} while (next_way(choice, choices, depth));
	return ways;
}

int main(void)
{
	/* the MX, then three times two in their order: 6! / (2! 2! 2!) */
	enum { ANSWERS = 1 + 2 * HOSTS, WAYS = 90 };
	unsigned ways = play_every_way(NOBODY);

	for (unsigned at = 0; at < ANSWERS; at++)
		play_every_way(at);
	world.at_once = true;
	for (unsigned at = 0; at <= ANSWERS; at++)
		play_every_way(at);
	printf("%u ways of %u answers: %s\n", ways, ANSWERS, world.wrong ? "not ok" : "ok");
	return world.wrong || ways != WAYS ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fuzz/job_input.h"

#include "parsers/dns_answer.h"
#include "tests/fake/dns_build.h"
#include "tests/fake/give_answer.h"

enum { START_MS = 1000, STEP_MS = 7000 };

struct job_input job_input;

uint8_t job_input_octet(void)
{
	uint8_t octet = job_input.left.n > 0 ? (uint8_t)job_input.left.p[0] : 0;

	if (job_input.left.n > 0)
		job_input.left = span_skip(job_input.left, 1);
	return octet;
}

struct span job_input_octets(size_t most)
{
	size_t n = job_input_octet();
	struct span taken;

	n = n < most ? n : most;
	n = n < job_input.left.n ? n : job_input.left.n;
	taken = (struct span){ job_input.left.p, n };
	job_input.left = span_skip(job_input.left, n);
	return taken;
}

int job_input_fault(void)
{
	static const int fault[] = { NET_FAULT_MEMORY, NET_FAULT_SOCKETS, NET_FAULT_SHUTDOWN };
	int met = fault[job_input_octet() % 3];

	if (!job_input.fault)
		job_input.fault = met;
	return met;
}

/* ---- questions ---- */

static void add_records(struct dns_build *build, struct span owner, uint16_t type)
{
	static const char *const texts[] = { "v=STSv1; id=1", "v=STSv1; id=1;", "v=TLSRPTv1; rua=mailto:a@example.com",
					     "v=spf1 -all", "" };
	struct span targets[] = { SPAN_LITERAL("mx.example.com"), SPAN_LITERAL("192.0.2.1"), SPAN_LITERAL("") };
	unsigned count = job_input_octet() % 24;

	for (unsigned i = 0; i < count; i++) {
		uint8_t octet = job_input_octet(), address[16] = { 8, 8, octet, (uint8_t)i };
		struct span text = span_of(texts[octet % 5]);

		if (octet & 0x80)
			memcpy(address, "\x7f\0\0\1", 4);
		if (type == DNS_TYPE_AAAA)
			address[0] = 0x26;
		if (type == DNS_TYPE_MX)
			dns_build_mx(build, owner, 300, octet, targets[octet % 3]);
		else if (type == DNS_TYPE_TXT)
			dns_build_txt(build, owner, 300, &text, 1);
		else if (type == DNS_TYPE_TLSA)
			dns_build_record(build, owner, type, 300, address, 1u + octet % sizeof(address));
		else if (type == DNS_TYPE_CNAME || type == DNS_TYPE_NS)
			dns_build_name_record(build, owner, type, 300, targets[octet % 2]);
		else if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)
			dns_build_record(build, owner, type, 300, address, type == DNS_TYPE_A ? 4 : 16);
	}
}

/* A chain of names, some passed before, one blocklisted; records or nothing at its end. */
static void add_aliases(struct dns_build *build, struct span owner, uint16_t type)
{
	static const char *const targets[] = { "a.example.net",        "b.example.net",       "c.example.net",
					       "_mta-sts.example.com", "mta-sts.example.com", "sub.blocked.example",
					       "odd\\000.example.net" };
	const unsigned links = job_input_octet() % 20;
	char numbered[20][sizeof("n255.example.net")];

	for (unsigned i = 0; i < links; i++) {
		const uint8_t octet = job_input_octet();
		struct span target;

		snprintf(numbered[i], sizeof(numbered[i]), "n%u.example.net", octet);
		target = span_of(octet < 7 ? targets[octet] : numbered[i]);
		dns_build_name_record(build, owner, DNS_TYPE_CNAME, 300, target);
		owner = target;
	}
	if (job_input_octet() & 1)
		add_records(build, owner, type);
}

static void build_answer(struct net_query *query, uint8_t control, struct dns_build *build)
{
	static const unsigned rcode[] = { [MEETS_NXDOMAIN] = 3, [MEETS_FAILURE] = 2 };
	const enum meets meets = control & JOB_INPUT_MEETS;
	unsigned flags = DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA;

	if (control & JOB_INPUT_AD)
		flags |= DNS_FLAG_AD;
	if (meets == MEETS_NXDOMAIN || meets == MEETS_FAILURE)
		flags |= rcode[meets];
	if (meets == MEETS_ALIAS)
		flags |= (job_input_octet() & 1 ? 3u : 0);
	dns_build_begin(build, 0, flags);
	dns_build_question(build, net_query_name(query), query->type);
	if (meets == MEETS_RECORDS)
		add_records(build, net_query_name(query), query->type);
	else if (meets == MEETS_ALIAS)
		add_aliases(build, net_query_name(query), query->type);
}

void job_input_answer(struct net_query *query, uint8_t control)
{
	static const enum dns_status lost[] = { DNS_TIMEOUT, DNS_TRUNCATED, DNS_ERROR, DNS_SERVFAIL };
	static struct dns_build build;
	const enum meets meets = control & JOB_INPUT_MEETS;
	struct span packet = { NULL, 0 };
	uint8_t *copy = NULL;

	query->packets_sent = 1;
	query->fault = 0;
	if (meets == MEETS_FAULT) {
		query->fault = (int8_t)job_input_fault();
	} else if (meets == MEETS_PACKET) {
		packet = job_input_octets(255);
	} else if (meets != MEETS_NO_PACKET) {
		build_answer(query, control, &build);
		packet = (struct span){ (const char *)build.octet, build.n };
	}
	if (packet.n > 0) {
		copy = malloc(packet.n); /* of exactly its size, and gone after the callback */
		FUZZ_CHECK(copy);
		memcpy(copy, packet.p, packet.n);
	}
	give_answer(query, copy, packet.n, lost[control >> 5 & 3]);
	free(copy);
}

/* ---- time ---- */

int64_t job_input_wall_ms(struct net *net)
{
	return INT64_C(1800000000000) + (int64_t)job_input_now_ms(net);
}

uint64_t job_input_now_ms(struct net *net)
{
	(void)net;
	return START_MS + job_input.now_ms;
}

void job_input_postpone(struct net_query *query, void *connection, uint8_t control)
{
	FUZZ_CHECK(job_input.pending_count < JOB_INPUT_PENDING_MAX);
	job_input.pending[job_input.pending_count].query = query;
	job_input.pending[job_input.pending_count].connection = connection;
	job_input.pending[job_input.pending_count++].control = control;
}

void job_input_let_time_pass(void (*finish)(void *connection, uint8_t control))
{
	while (job_input.pending_count > 0) {
		const unsigned at = job_input.pending[0].control & JOB_INPUT_LAST_FIRST ? job_input.pending_count - 1
											: 0;
		struct net_query *query = job_input.pending[at].query;
		void *connection = job_input.pending[at].connection;
		const uint8_t control = job_input.pending[at].control;

		job_input.now_ms += STEP_MS;
		job_input.pending_count--;
		for (unsigned i = at; i < job_input.pending_count; i++)
			job_input.pending[i] = job_input.pending[i + 1];
		if (query)
			job_input_answer(query, control);
		else
			finish(connection, control);
	}
}

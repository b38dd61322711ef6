/* The state machine of one domain: the input decides what each question meets, when, and in which order. The first
 * octet is the pass and the domain; then one octet a question (enum meets, at once or later), with more where its
 * answer needs them. Every way ends once, asks a bounded number of questions, none after a fault, and yields facts that
 * can be judged and recorded. */
#include "analysis/classify/classify.h"
#include "output/scan_file/record.h"
#include "parsers/dns_answer.h"
#include "scanner/job/job.h"
#include "scanner/rules/contact.h"
#include "tests/fake/dns_build.h"
#include "tests/fake/give_answer.h"
#include "tests/fuzz/fuzz.h"

enum meets { PACKET, RECORDS, ALIAS, NXDOMAIN, NODATA, FAILURE, NO_PACKET, FAULT };

enum {
	MEETS_MASK = 7,
	LATER = 0x08,      /* in a control octet: not before ask returns */
	LAST_FIRST = 0x10, /* and not in the order of the questions */
	DOMAINS_MAX = 4,   /* surveyed one after another with the same job */
	PENDING_MAX = 2,
	STEP_MS = 7000,
	/* MX, two TXT, A, AAAA, and two chases of one question more than there are links */
	QUESTIONS_MAX = 5 + 2 * (OBS_CNAME_MAX + 1),
};

static struct world {
	struct net net; /* first */
	struct span input;
	uint64_t now_ms;
	struct {
		struct net_query *query; /* or */
		struct net_fetch *fetch;
		uint8_t control;
	} pending[PENDING_MAX];
	unsigned pending_count;
	/* since job_start */
	unsigned asked, fetched, done;
	int fault; /* the first that was met */
	struct domain_set *domain_blocklist;
} world;

static uint8_t next_octet(void)
{
	uint8_t octet = world.input.n > 0 ? (uint8_t)world.input.p[0] : 0;

	if (world.input.n > 0)
		world.input = span_skip(world.input, 1);
	return octet;
}

static struct span next_octets(size_t most)
{
	size_t n = next_octet();
	struct span taken;

	n = n < most ? n : most;
	n = n < world.input.n ? n : world.input.n;
	taken = (struct span){ world.input.p, n };
	world.input = span_skip(world.input, n);
	return taken;
}

static int next_fault(void)
{
	static const int fault[] = { NET_FAULT_MEMORY, NET_FAULT_SOCKETS, NET_FAULT_SHUTDOWN };
	int met = fault[next_octet() % 3];

	if (!world.fault)
		world.fault = met;
	return met;
}

/* ---- questions ---- */

static void add_records(struct dns_build *build, struct span owner, uint16_t type)
{
	static const char *const texts[] = { "v=STSv1; id=1", "v=STSv1; id=1;", "v=TLSRPTv1; rua=mailto:a@example.com",
					     "v=spf1 -all", "" };
	struct span targets[] = { SPAN_LITERAL("mx.example.com"), SPAN_LITERAL("192.0.2.1"), SPAN_LITERAL("") };
	unsigned count = next_octet() % 24;

	for (unsigned i = 0; i < count; i++) {
		uint8_t octet = next_octet(), address[16] = { 8, 8, octet, (uint8_t)i };
		struct span text = span_of(texts[octet % 5]);

		if (octet & 0x80)
			memcpy(address, "\x7f\0\0\1", 4);
		if (type == DNS_TYPE_AAAA)
			address[0] = 0x26;
		if (type == DNS_TYPE_MX)
			dns_build_mx(build, owner, 300, octet, targets[octet % 3]);
		else if (type == DNS_TYPE_TXT)
			dns_build_txt(build, owner, 300, &text, 1);
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
	const unsigned links = next_octet() % 20;
	char numbered[20][sizeof("n255.example.net")];

	for (unsigned i = 0; i < links; i++) {
		const uint8_t octet = next_octet();
		struct span target;

		snprintf(numbered[i], sizeof(numbered[i]), "n%u.example.net", octet);
		target = span_of(octet < 7 ? targets[octet] : numbered[i]);
		dns_build_name_record(build, owner, DNS_TYPE_CNAME, 300, target);
		owner = target;
	}
	if (next_octet() & 1)
		add_records(build, owner, type);
}

static void build_answer(struct net_query *query, enum meets meets, struct dns_build *build)
{
	static const unsigned rcode[] = { [NXDOMAIN] = 3, [FAILURE] = 2 };
	unsigned flags = DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA;

	if (meets == NXDOMAIN || meets == FAILURE)
		flags |= rcode[meets];
	if (meets == ALIAS)
		flags |= (next_octet() & 1 ? 3u : 0);
	dns_build_begin(build, 0, flags);
	dns_build_question(build, net_query_name(query), query->type);
	if (meets == RECORDS)
		add_records(build, net_query_name(query), query->type);
	else if (meets == ALIAS)
		add_aliases(build, net_query_name(query), query->type);
}

static void answer(struct net_query *query, uint8_t control)
{
	static const enum dns_status lost[] = { DNS_TIMEOUT, DNS_TRUNCATED, DNS_ERROR, DNS_SERVFAIL };
	static struct dns_build build;
	const enum meets meets = control & MEETS_MASK;
	struct span packet = { NULL, 0 };
	uint8_t *copy = NULL;

	query->packets_sent = 1;
	query->fault = 0;
	if (meets == FAULT) {
		query->fault = (int8_t)next_fault();
	} else if (meets == PACKET) {
		packet = next_octets(255);
	} else if (meets != NO_PACKET) {
		build_answer(query, meets, &build);
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

static void postpone(struct net_query *query, struct net_fetch *fetch, uint8_t control)
{
	FUZZ_CHECK(world.pending_count < PENDING_MAX);
	world.pending[world.pending_count].query = query;
	world.pending[world.pending_count].fetch = fetch;
	world.pending[world.pending_count++].control = control;
}

static void ask(struct net *net, struct net_query *query)
{
	const uint8_t control = next_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && world.fetched == 0);
	FUZZ_CHECK(++world.asked <= QUESTIONS_MAX);
	FUZZ_CHECK(net_query_name(query).p && net_query_name(query).n > 0);
	FUZZ_CHECK(!domain_set_has(world.domain_blocklist, net_query_name(query)));
	/* The two TXT questions are one step: the first may have met a fault already. */
	FUZZ_CHECK(!world.fault || span_starts_with(net_query_name(query), SPAN_LITERAL("_smtp._tls.")));
	if (control & LATER)
		postpone(query, NULL, control);
	else
		answer(query, control);
}

/* ---- the fetch ---- */

static void finish(struct net_fetch *fetch, uint8_t control)
{
	struct obs_policy *policy = fetch->policy;

	fetch->fault = 0;
	if ((control & MEETS_MASK) == FAULT) {
		fetch->fault = next_fault();
	} else {
		policy->status = CONNECT_SUCCESS + next_octet() % (CONNECT_BLOCKLISTED - CONNECT_SUCCESS);
		policy->address_used = (int8_t)(next_octet() % fetch->address_count);
		policy->http.status = (uint16_t)(control & 0x20 ? 200 : 404);
		policy->http.body = arena_copy(fetch->arena, next_octets(255));
		FUZZ_CHECK(policy->http.body.p);
	}
	fetch->on_done(fetch);
}

static void fetch_policy(struct net *net, struct net_fetch *fetch)
{
	const uint8_t control = next_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && !world.fault);
	FUZZ_CHECK(++world.fetched == 1);
	FUZZ_CHECK(fetch->address_count > 0 && fetch->address_count <= OBS_ADDRESS_MAX);
	FUZZ_CHECK(fetch->allowed > 0 && fetch->allowed >> fetch->address_count == 0);
	for (size_t i = 0; i < fetch->address_count; i++)
		FUZZ_CHECK((contact_check(&fetch->address[i], NULL, NULL) == CONTACT_ALLOWED) ==
			   (fetch->allowed >> i & 1));
	if (control & LATER)
		postpone(NULL, fetch, control);
	else
		finish(fetch, control);
}

static int64_t wall_ms(struct net *net)
{
	(void)net;
	return INT64_C(1800000000000) + (int64_t)world.now_ms;
}

static uint64_t now_ms(struct net *net)
{
	(void)net;
	return world.now_ms;
}

/* ---- one domain ---- */

static void on_done(struct job *job)
{
	FUZZ_CHECK(++world.done == 1);
	FUZZ_CHECK(job->task.pending == 0 && job->task.state == TASK_DONE && world.pending_count == 0);
}

static void let_time_pass(void)
{
	while (world.pending_count > 0) {
		const unsigned at = world.pending[0].control & LAST_FIRST ? world.pending_count - 1 : 0;
		struct net_query *query = world.pending[at].query;
		struct net_fetch *fetch = world.pending[at].fetch;
		const uint8_t control = world.pending[at].control;

		world.now_ms += STEP_MS;
		world.pending_count--;
		if (at == 0)
			world.pending[0] = world.pending[1];
		if (query)
			answer(query, control);
		else
			finish(fetch, control);
	}
}

static void check_facts(const struct job *job)
{
	static struct classification result;
	struct record_buffer *buffer = record_buffer_new();
	struct observation observation;

	FUZZ_CHECK(buffer);
	job_observation(job, &observation);
	FUZZ_CHECK(observation.policy.address_used < (int)observation.policy.address_count ||
		   observation.policy.address_count == 0);
	classify(&observation, &result);
	FUZZ_CHECK(record_put_domain(buffer, &observation) == 0);
	record_buffer_free(buffer);
}

static void survey(struct job *job)
{
	/* the longest name, below which nothing can be asked for */
	static const char longest[] =
		"a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.g23456789.h23456789.i23456789.j23456789."
		"k23456789.l23456789.m23456789.n23456789.o23456789.p23456789.q23456789.r23456789.s23456789.t23456789."
		"u23456789.v23456789.w23456789.x23456789.y23456789.com";
	const uint8_t octet = next_octet();

	world.asked = world.fetched = world.done = 0;
	world.fault = 0;
	job_start(job, 1, 2, octet & 2 ? span_of(longest + (octet >> 2) % 16) : SPAN_LITERAL("example.com"), octet & 1);
	let_time_pass();
	FUZZ_CHECK(world.done == 1);
	/* a fault that was met is not forgotten, and nothing else is one: the arena's cap is far away */
	FUZZ_CHECK((job_fault(job) != 0) == (world.fault != 0));
	if (!job_fault(job))
		check_facts(job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain_set *domain_blocklist = domain_set_new();
	struct job_context context = { .net = &world.net, .domain_blocklist = domain_blocklist, .done = on_done };
	struct job job;

	FUZZ_CHECK(domain_blocklist && domain_set_add(domain_blocklist, SPAN_LITERAL("blocked.example")) == 0);
	world = (struct world){ .net = { .ask = ask, .fetch = fetch_policy, .wall_ms = wall_ms, .now_ms = now_ms },
				.input = { (const char *)data, size },
				.now_ms = 1000,
				.domain_blocklist = domain_blocklist };
	job_init(&job, &context);
	for (int i = 0; i < DOMAINS_MAX && world.input.n > 0; i++)
		survey(&job);
	job_fini(&job);
	domain_set_free(domain_blocklist);
	return 0;
}

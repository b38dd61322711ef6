/* SPDX-License-Identifier: BSD-2-Clause */
/* MX hosts from the queue to their records, on a network that only says whether a name exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/reader.h"
#include "scanner/worker/host_window.h"

#include "tests/fake/failing_malloc.h"

enum { MOST = 40, STEP_MS = 600, ALLOCATIONS_MAX = 400 }; /* a step is longer than the pause after a fault of ours */

/* What is asked about a host is by its name's first letter: Gone, Silent, Parked; Faulty once, and then gone. */
struct peer {
	struct net net; /* first */
	STAILQ_HEAD(, parked) parked;
	unsigned asked, faults;
	int fault; /* of those that are faulty */
	uint64_t now_ms;
};

struct parked {
	STAILQ_ENTRY(parked) next;
	struct net_query *query;
};

static char path[] = "/tmp/stsurvey-host-window-XXXXXX";
static struct error error;

static void answer(struct net_query *query, enum dns_status status, int fault)
{
	query->status = status;
	query->fault = (int8_t)fault;
	query->on_answer(query, NULL);
}

static void ask(struct net *net, struct net_query *query)
{
	struct peer *peer = (struct peer *)net;
	struct parked *parked;

	peer->asked++;
	switch (query->name[0]) {
	case 's':
		answer(query, DNS_TIMEOUT, 0);
		break;
	case 'f':
		answer(query, DNS_NXDOMAIN, peer->faults > 0 ? peer->fault : 0);
		peer->faults -= peer->faults > 0;
		break;
	case 'p':
		assert_non_null(parked = __real_malloc(sizeof(*parked)));
		parked->query = query;
		STAILQ_INSERT_TAIL(&peer->parked, parked, next);
		break;
	default:
		answer(query, DNS_NXDOMAIN, 0);
	}
}

static void answer_parked(struct peer *peer, int fault)
{
	struct parked *parked;

	while ((parked = STAILQ_FIRST(&peer->parked))) {
		STAILQ_REMOVE_HEAD(&peer->parked, next);
		answer(parked->query, DNS_NXDOMAIN, fault);
		free(parked);
	}
}

static int64_t wall_ms(struct net *net)
{
	(void)net;
	return 1;
}

static uint64_t now_ms(struct net *net)
{
	return ((struct peer *)net)->now_ms;
}

/* ---- the rig: one worker's part of a scan ---- */

struct rig {
	struct options options;
	struct scan scan;
	struct worker_counts counts;
	uv_loop_t loop;
	struct records records;
	struct peer peer;
	struct job_context context;
	struct host_window hosts;
};

static void on_host_done(struct host_job *job)
{
	host_window_take_back(job->context->arg, job);
}

static void open_rig(struct rig *rig, unsigned most)
{
	const struct record_option mx_hosts = { SPAN_LITERAL("mx-hosts"), SPAN_LITERAL("yes") };
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .option = &mx_hosts,
					      .option_count = 1,
					      .shards = 1 };
	const struct sink_options sink = { .path = path, .force = true, .resume_at = -1, .buffers = 3 };

	*rig = (struct rig){ .options = { .mx_hosts = true } };
	rig->scan.options = &rig->options;
	rig->scan.workers = 1;
	host_queue_init(&rig->scan.hosts);
	assert_int_equal(sink_open(&rig->scan.sink, &sink, &header, &error), 0);
	uv_loop_init(&rig->loop);
	rig->records = (struct records){ .sink = rig->scan.sink, .loop = &rig->loop };
	rig->peer.net = (struct net){ .ask = ask, .wall_ms = wall_ms, .now_ms = now_ms };
	STAILQ_INIT(&rig->peer.parked);
	rig->context = (struct job_context){ .net = &rig->peer.net, .host_done = on_host_done, .arg = &rig->hosts };
	host_window_init(&rig->hosts, &rig->scan, &rig->counts, &rig->records, &rig->context, most);
}

static void add(struct rig *rig, const char *names)
{
	for (size_t n; (n = strcspn(names, " ")) > 0; names += n + (names[n] == ' '))
		host_queue_add(&rig->scan.hosts, (struct span){ names, n });
}

static void turn(struct rig *rig, unsigned times)
{
	for (unsigned i = 0; i < times; i++, rig->peer.now_ms += STEP_MS)
		host_window_turn(&rig->hosts, rig->peer.now_ms, false);
}

static void put_host(void *arg, const struct obs_host *host)
{
	char *text = arg;

	sprintf(strchr(text, '\0'), "%s%.*s%s", text[0] ? " " : "", (int)host->name.n, host->name.p,
		host->passes == 1   ? ""
		: host->passes == 2 ? "+1"
				    : "?");
}

/* The hosts of the file, which is closed: "a b c"; one that was looked at twice: "c+1". */
static const char *recorded(struct rig *rig)
{
	struct record_trailer trailer = { .hosts = rig->counts.hosts.recorded };
	struct observation observation;
	static char text[16 * 1024];
	struct reader *reader;

	records_give(&rig->records);
	assert_int_equal(sink_close(rig->scan.sink, &trailer, &error), 0);
	text[0] = '\0';
	assert_int_equal(reader_open(&reader, path, &error), 0);
	reader_watch(reader, put_host, NULL, text);
	assert_int_equal(reader_next(reader, &observation, &error), 0);
	reader_close(reader);
	return text;
}

static void close_rig(struct rig *rig)
{
	host_window_fini(&rig->hosts);
	host_queue_fini(&rig->scan.hosts);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
}

static struct rig rig;

static void what_is_unknown_is_looked_at_twice(void **state)
{
	(void)state;
	open_rig(&rig, MOST);
	add(&rig, "gone.example silent.example g2.example s2.example gone.example");
	turn(&rig, 3);
	assert_int_equal(rig.hosts.in_flight, 0);
	assert_int_equal(rig.counts.hosts.recorded, 2);
	assert_int_equal(rig.counts.hosts.deferred, 2);
	assert_int_equal(rig.scan.hosts.deferred_left, 2);
	rig.scan.phase = SCAN_SECOND_PASS;
	add(&rig, "s3.example"); /* a deferred domain's */
	turn(&rig, 3);
	assert_int_equal(rig.counts.hosts.recorded, 5);
	assert_int_equal(rig.counts.hosts.unknown, 3);
	assert_string_equal(recorded(&rig), "gone.example g2.example silent.example+1 s2.example+1 s3.example+1");
	close_rig(&rig);
}

static void a_fault_of_ours_is_no_fact_and_pauses(void **state)
{
	(void)state;
	open_rig(&rig, MOST);
	rig.peer.faults = 3;
	rig.peer.fault = NET_FAULT_SOCKETS;
	add(&rig, "f1.example f2.example gone.example");
	host_window_turn(&rig.hosts, 0, false);
	host_window_turn(&rig.hosts, 1, false);
	assert_int_equal(rig.counts.hosts.recorded, 1);
	assert_int_equal(rig.counts.faults, 2);
	assert_int_equal(rig.hosts.window.allowed, MOST / 2);
	add(&rig, "g2.example");
	host_window_turn(&rig.hosts, 2, false);
	assert_int_equal(rig.counts.hosts.recorded, 1); /* none is begun in the pause */
	rig.peer.now_ms = STEP_MS;
	turn(&rig, 5);
	assert_int_equal(rig.counts.faults, 3);
	assert_int_equal(rig.hosts.in_flight, 0);
	assert_int_equal(strlen(recorded(&rig)), strlen("gone.example g2.example f1.example f2.example"));
	assert_int_equal(rig.counts.hosts.unknown, 0);
	close_rig(&rig);
}

static void memory_that_is_never_enough_is_given_up(void **state)
{
	(void)state;
	open_rig(&rig, 1);
	rig.peer.faults = 1000;
	rig.peer.fault = NET_FAULT_MEMORY;
	add(&rig, "f.example gone.example");
	turn(&rig, 40);
	assert_int_equal(rig.counts.hosts.unknown, 1);
	assert_string_equal(recorded(&rig), "f.example gone.example");
	close_rig(&rig);
}

/* 5,000 tarpits would else let the first hosts behind them wait for minutes. */
static void the_window_grows_though_none_ends(void **state)
{
	char name[32];

	(void)state;
	open_rig(&rig, 2 * WINDOW_START);
	for (int i = 0; i < 3 * WINDOW_START; i++) {
		snprintf(name, sizeof(name), "p%d.example", i);
		host_queue_add(&rig.scan.hosts, span_of(name));
	}
	turn(&rig, 4);
	assert_int_equal(rig.hosts.in_flight, WINDOW_START); /* so many are begun in 4 turns */
	turn(&rig, 20);
	assert_int_equal(rig.hosts.in_flight, 2 * WINDOW_START);
	answer_parked(&rig.peer, 0);
	turn(&rig, 20);
	answer_parked(&rig.peer, 0);
	turn(&rig, 1);
	assert_int_equal(rig.counts.hosts.recorded, 3 * WINDOW_START);
	recorded(&rig);
	close_rig(&rig);
}

static void what_is_in_flight_when_it_stops_is_left_to_resume(void **state)
{
	(void)state;
	open_rig(&rig, MOST);
	rig.peer.faults = 1;
	rig.peer.fault = NET_FAULT_SOCKETS;
	add(&rig, "p1.example f.example silent.example p2.example");
	turn(&rig, 1);
	host_window_turn(&rig.hosts, 0, true); /* held: none is begun */
	rig.scan.stop = SCAN_DRAIN;
	add(&rig, "gone.example");
	rig.peer.now_ms = 0;
	host_window_turn(&rig.hosts, 0, false);
	assert_int_equal(rig.scan.hosts.deferred_left, 1);
	answer_parked(&rig.peer, NET_FAULT_SHUTDOWN);
	host_window_turn(&rig.hosts, 1, false);
	host_window_drop(&rig.hosts);
	assert_int_equal(rig.hosts.in_flight, 0);
	assert_false(host_queue_is_empty(&rig.scan.hosts, false));
	assert_string_equal(recorded(&rig), "");
	close_rig(&rig);
}

/* Whichever allocation fails, each host has its record. */
static void no_memory_forgets_no_host(void **state)
{
	bool again = true;

	(void)state;
	for (long n = 0; again; n++) {
		assert_in_range(n, 0, ALLOCATIONS_MAX);
		open_rig(&rig, MOST);
		add(&rig, "gone.example silent.example g2.example");
		fail_at(n);
		turn(&rig, 8);
		rig.scan.phase = SCAN_SECOND_PASS;
		turn(&rig, 8);
		again = hit;
		fail_at(-1);
		turn(&rig, 4);
		assert_int_equal(rig.hosts.in_flight, 0);
		assert_int_equal(rig.counts.hosts.recorded, 3);
		assert_int_equal(strlen(recorded(&rig)), strlen("gone.example g2.example silent.example+1"));
		close_rig(&rig);
	}
}

static int make_file(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_unknown_is_looked_at_twice),
		cmocka_unit_test(a_fault_of_ours_is_no_fact_and_pauses),
		cmocka_unit_test(memory_that_is_never_enough_is_given_up),
		cmocka_unit_test(the_window_grows_though_none_ends),
		cmocka_unit_test(what_is_in_flight_when_it_stops_is_left_to_resume),
		cmocka_unit_test(no_memory_forgets_no_host),
	};

	return cmocka_run_group_tests_name("host_window", tests, make_file, remove_file);
}

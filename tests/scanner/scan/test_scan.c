/* SPDX-License-Identifier: BSD-2-Clause */
/* The phases that the workers of a scan go through together, with workers that only take targets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/scan/scan.h"
#include "scanner/run/scan_watch.h"

enum { DOMAINS = 2000, WORKERS_MAX = 8 };

static char path[] = "/tmp/stsurvey-scan-XXXXXX";

/* What a run does with its domains, and when it stops. */
struct plan {
	const char *name;
	unsigned workers;
	unsigned defer_every;          /* of the list: the first, and each so many further on; 0: none */
	unsigned stop_after;           /* domains taken of … */
	enum scan_phase stop_in_phase; /* … this phase; SCAN_END: it is not stopped */
	enum scan_stop stop;
};

struct worker {
	struct run *run;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t rung;
	bool woken;
};

struct run {
	const struct plan *plan;
	struct scan scan;
	struct worker worker[WORKERS_MAX];
	struct worker *workers[WORKERS_MAX];
	struct worker_counts counts[WORKERS_MAX];
	_Atomic unsigned taken[SCAN_END];    /* domains, of each phase … */
	_Atomic unsigned char done[DOMAINS]; /* … and of each, how often it was done with for good */
	_Atomic bool second_pass;
};

static void wake(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->woken = true;
	pthread_cond_signal(&worker->rung);
	pthread_mutex_unlock(&worker->lock);
}

static void wait_for_wake(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	while (!worker->woken)
		pthread_cond_wait(&worker->rung, &worker->lock);
	worker->woken = false;
	pthread_mutex_unlock(&worker->lock);
}

static void on_ready(void *arg)
{
	scan_wake_all(arg);
}

static void survey(struct run *run, int phase, const struct feed_target *target)
{
	const struct plan *plan = run->plan;

	if (phase == SCAN_LIST && plan->defer_every > 0 && target->index % plan->defer_every == 0)
		assert_int_equal(
			deferred_put(&run->scan.deferred,
				     &(struct name_entry){ .index = target->index, .rank = 0, .name = target->name }),
			0);
	else
		atomic_fetch_add(&run->done[target->index], 1);
	if (atomic_fetch_add(&run->taken[phase], 1) + 1 == plan->stop_after && phase == (int)plan->stop_in_phase)
		scan_stop(&run->scan, plan->stop);
}

/* All targets of one phase. */
static void take_all(struct worker *worker, int phase)
{
	struct scan *scan = &worker->run->scan;
	enum feed_result result;
	struct feed_batch *batch;

	while ((result = scan_take(scan, &batch)) != FEED_END) {
		if (result == FEED_WAIT) {
			wait_for_wake(worker);
			continue;
		}
		for (unsigned i = 0; i < batch->count; i++)
			survey(worker->run, phase, &batch->target[i]);
		feed_release(scan->feed, batch);
	}
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct scan *scan = &worker->run->scan;
	int phase, next;

	for (phase = atomic_load(&scan->phase); phase != SCAN_END; phase = next) {
		if (phase == SCAN_SECOND_PASS)
			atomic_store(&worker->run->second_pass, true);
		take_all(worker, phase);
		scan_idle(scan);
		while ((next = atomic_load(&scan->phase)) == phase)
			wait_for_wake(worker);
	}
	return NULL;
}

static void open_run(struct run *run, const struct plan *plan)
{
	struct error error;

	memset(run, 0, sizeof(*run));
	run->plan = plan;
	run->scan.workers = plan->workers;
	run->scan.worker = run->workers;
	run->scan.counts = run->counts;
	run->scan.wake = wake;
	deferred_init(&run->scan.deferred);
	atomic_store(&run->scan.busy, plan->workers);
	assert_int_equal(
		feed_open(&run->scan.feed,
			  &(struct feed_options){ .path = path, .shards = 1, .on_ready = on_ready, .arg = &run->scan },
			  &error),
		0);
	for (unsigned i = 0; i < plan->workers; i++) {
		run->workers[i] = &run->worker[i];
		run->worker[i].run = run;
		pthread_mutex_init(&run->worker[i].lock, NULL);
		pthread_cond_init(&run->worker[i].rung, NULL);
	}
}

static void close_run(struct run *run)
{
	struct feed_batch *first = atomic_load(&run->scan.first);

	if (first)
		feed_release(run->scan.feed, first);
	feed_close(run->scan.feed);
	deferred_fini(&run->scan.deferred);
}

/* Until every worker has come to the end. */
static void play(struct run *run)
{
	for (unsigned i = 0; i < run->plan->workers; i++)
		assert_int_equal(pthread_create(&run->worker[i].thread, NULL, work, &run->worker[i]), 0);
	atomic_store(&run->scan.started, true);
	scan_wake_all(&run->scan);
	for (unsigned i = 0; i < run->plan->workers; i++)
		pthread_join(run->worker[i].thread, NULL);
	assert_int_equal(atomic_load(&run->scan.phase), SCAN_END);
}

static const struct plan plans[] = {
	{ "alone, none is deferred", 1, 0, 0, SCAN_END, SCAN_RUN },
	{ "alone, some are", 1, 7, 0, SCAN_END, SCAN_RUN },
	{ "several, none is", 4, 0, 0, SCAN_END, SCAN_RUN },
	{ "several, some are", 4, 7, 0, SCAN_END, SCAN_RUN },
	{ "several, all are", 8, 1, 0, SCAN_END, SCAN_RUN },
	{ "fewer than workers are", 8, DOMAINS / 2, 0, SCAN_END, SCAN_RUN },
	{ "drained at the first domain", 4, 7, 1, SCAN_LIST, SCAN_DRAIN },
	{ "drained in the middle of the list", 4, 7, DOMAINS / 2, SCAN_LIST, SCAN_DRAIN },
	{ "drained at the list's end", 4, 7, DOMAINS, SCAN_LIST, SCAN_DRAIN },
	{ "stopped in the middle of the list", 4, 1, DOMAINS / 2, SCAN_LIST, SCAN_AT_ONCE },
	{ "drained in the second pass", 4, 1, DOMAINS / 2, SCAN_SECOND_PASS, SCAN_DRAIN },
	{ "stopped in the second pass", 4, 1, DOMAINS / 2, SCAN_SECOND_PASS, SCAN_AT_ONCE },
	{ "stopped at its end", 1, 1, DOMAINS, SCAN_SECOND_PASS, SCAN_DRAIN },
};

/* Each domain is done with once, in one of the passes; when it is stopped, at most once. */
static void every_domain_has_its_pass(void **state)
{
	static struct run run;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plans); i++) {
		const struct plan *plan = &plans[i];
		bool stopped = plan->stop_in_phase != SCAN_END;
		bool second = plan->defer_every > 0 && plan->stop_in_phase != SCAN_LIST;
		unsigned done = 0;

		open_run(&run, plan);
		play(&run);
		for (size_t domain = 0; domain < DOMAINS; domain++) {
			if (run.done[domain] > 1 || (run.done[domain] == 0 && !stopped))
				fail_msg("%s: domain %zu was done %u times", plan->name, domain, run.done[domain]);
			done += run.done[domain];
		}
		if (run.second_pass != second)
			fail_msg("%s: there was %s second pass", plan->name, second ? "no" : "a");
		if (stopped)
			assert_in_range(run.taken[plan->stop_in_phase], plan->stop_after, DOMAINS);
		else
			assert_int_equal(done, DOMAINS);
		assert_int_equal(scan_is_stopping(&run.scan), stopped);
		close_run(&run);
	}
}

static void the_first_batch_is_handed_out_first_and_once(void **state)
{
	static const struct plan plan = { "first", 1, 0, 0, SCAN_END, SCAN_RUN };
	static struct run run;
	struct feed_batch *first, *batch;

	(void)state;
	open_run(&run, &plan);
	while (feed_await(run.scan.feed, &first, 1) == FEED_WAIT)
		continue;
	assert_int_equal(first->target[0].index, 0);
	atomic_store(&run.scan.first, first);
	assert_int_equal(scan_take(&run.scan, &batch), FEED_BATCH_TAKEN);
	assert_ptr_equal(batch, first);
	assert_null(atomic_load(&run.scan.first));
	for (unsigned i = 0; i < first->count; i++)
		atomic_store(&run.done[i], 1);
	feed_release(run.scan.feed, batch);
	play(&run);
	for (size_t domain = 0; domain < DOMAINS; domain++)
		assert_int_equal(run.done[domain], 1);
	close_run(&run);
}

static void stopping_never_gets_softer(void **state)
{
	static const struct plan plan = { "stop", 2, 0, 0, SCAN_END, SCAN_RUN };
	static struct run run;
	struct feed_batch *batch;

	(void)state;
	open_run(&run, &plan);
	assert_false(scan_is_stopping(&run.scan));
	scan_stop(&run.scan, SCAN_DRAIN);
	assert_int_equal(run.scan.stop, SCAN_DRAIN);
	scan_stop(&run.scan, SCAN_AT_ONCE);
	scan_stop(&run.scan, SCAN_DRAIN);
	assert_int_equal(run.scan.stop, SCAN_AT_ONCE);
	assert_true(scan_is_stopping(&run.scan));
	assert_int_equal(scan_take(&run.scan, &batch), FEED_END);
	assert_false(run.worker[0].woken); /* they are not there yet */
	atomic_store(&run.scan.started, true);
	scan_stop(&run.scan, SCAN_DRAIN);
	assert_true(run.worker[0].woken && run.worker[1].woken);
	close_run(&run);
}

/* paused and in_flight of each worker: does the scan wait for name servers? */
static void a_scan_is_paused_when_all_that_is_in_flight_waits(void **state)
{
	static const struct {
		unsigned paused[3], in_flight[3];
		bool is_paused;
	} table[] = {
		{ { 0, 0, 0 }, { 0, 0, 0 }, false }, { { 0, 0, 0 }, { 5, 5, 5 }, false },
		{ { 1, 1, 1 }, { 5, 5, 5 }, true },  { { 1, 0, 1 }, { 5, 1, 5 }, false },
		{ { 1, 0, 0 }, { 5, 0, 0 }, true }, /* the others have nothing to ask */
		{ { 0, 0, 1 }, { 0, 1, 5 }, false }, { { 1, 1, 1 }, { 0, 0, 0 }, true },
	};
	static struct worker_counts counts[3];
	static struct scan scan = { .workers = 3, .counts = counts };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		uint64_t in_flight = 0;

		for (unsigned k = 0; k < 3; k++) {
			atomic_store(&counts[k].paused, table[i].paused[k]);
			atomic_store(&counts[k].in_flight, table[i].in_flight[k]);
			in_flight += table[i].in_flight[k];
		}
		assert_int_equal(scan_is_paused(&scan), table[i].is_paused);
		assert_int_equal(SCAN_SUM(&scan, in_flight), in_flight);
	}
}

/* Only the time since a name server last answered is an outage; one that ends is forgotten. */
static void an_outage_begins_with_the_pause(void **state)
{
	static const struct {
		double now_s;
		unsigned paused;
		double outage_s;
	} table[] = {
		{ 1, 0, 0 },   { 100, 0, 0 }, { 101, 1, 1 }, { 102, 1, 2 },  { 105.5, 1, 5.5 },
		{ 106, 0, 0 }, { 107, 1, 1 }, { 108, 0, 0 }, { 200, 1, 92 }, /* the second before was missed */
	};
	static struct worker_counts counts[1];
	static struct scan scan = { .workers = 1, .counts = counts };
	struct scan_watch watch = { .scan = &scan };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		atomic_store(&counts[0].paused, table[i].paused);
		assert_true(scan_watch_outage_s(&watch, table[i].now_s) == table[i].outage_s);
	}
}

static int write_list(void **state)
{
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	for (int i = 0; file && i < DOMAINS; i++)
		fprintf(file, "d%d.example\n", i);
	return file && fclose(file) == 0 ? 0 : -1;
}

static int remove_list(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_domain_has_its_pass),
		cmocka_unit_test(the_first_batch_is_handed_out_first_and_once),
		cmocka_unit_test(stopping_never_gets_softer),
		cmocka_unit_test(a_scan_is_paused_when_all_that_is_in_flight_waits),
		cmocka_unit_test(an_outage_begins_with_the_pause),
	};

	return cmocka_run_group_tests_name("scan", tests, write_list, remove_list);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/scan.h"

bool scan_is_stopping(const struct scan *scan)
{
	return atomic_load(&scan->stop) != SCAN_RUN;
}

static enum feed_result take_of_list(struct scan *scan, struct feed_batch **batch)
{
	if (atomic_load_explicit(&scan->first, memory_order_relaxed) && (*batch = atomic_exchange(&scan->first, NULL)))
		return FEED_BATCH_TAKEN;
	return feed_take(scan->feed, batch);
}

static enum feed_result take_of_deferred(struct scan *scan, struct feed_batch **batch)
{
	*batch = feed_spare(scan->feed);
	if (!*batch)
		return FEED_WAIT; /* no memory just now */
	deferred_take(&scan->deferred, *batch);
	if ((*batch)->count > 0)
		return FEED_BATCH_TAKEN;
	feed_release(scan->feed, *batch);
	return FEED_END;
}

enum feed_result scan_take(struct scan *scan, struct feed_batch **batch)
{
	int phase = atomic_load(&scan->phase);

	if (scan_is_stopping(scan) || phase == SCAN_END)
		return FEED_END;
	return phase == SCAN_LIST ? take_of_list(scan, batch) : take_of_deferred(scan, batch);
}

void scan_set_rate(struct scan *scan)
{
	atomic_store(&scan->live.rate, scan->congestion.rate / scan->workers);
}

void scan_wake_all(struct scan *scan)
{
	for (unsigned i = 0; i < scan->workers && atomic_load(&scan->started); i++)
		scan->wake(scan->worker[i]);
}

bool scan_may_have_hosts(const struct scan *scan)
{
	/* in this order: nobody who has named all adds one */
	return atomic_load(&scan->naming) > 0 ||
	       !host_queue_is_empty(&scan->hosts, atomic_load(&scan->phase) == SCAN_SECOND_PASS);
}

void scan_named_all(struct scan *scan)
{
	atomic_fetch_sub(&scan->naming, 1);
}

void scan_idle(struct scan *scan)
{
	if (atomic_fetch_sub(&scan->busy, 1) != 1)
		return;
	/* All others wait to be woken: the phase is this worker's to change. */
	if (atomic_load(&scan->phase) == SCAN_LIST && !scan_is_stopping(scan) &&
	    (atomic_load(&scan->deferred.count) > 0 || !host_queue_is_empty(&scan->hosts, true))) {
		atomic_store(&scan->naming, scan->workers);
		atomic_store(&scan->busy, scan->workers);
		atomic_store(&scan->phase, SCAN_SECOND_PASS);
	} else {
		atomic_store(&scan->phase, SCAN_END);
	}
	scan_wake_all(scan);
}

void scan_stop(struct scan *scan, enum scan_stop stop)
{
	int now = atomic_load(&scan->stop);

	while (now < (int)stop && !atomic_compare_exchange_weak(&scan->stop, &now, (int)stop))
		continue;
	feed_stop(scan->feed);
	scan_wake_all(scan);
}

bool scan_is_paused(const struct scan *scan)
{
	bool paused = false;

	/* A worker without questions does not learn that nobody would answer them. */
	for (unsigned i = 0; i < scan->workers; i++) {
		if (atomic_load(&scan->counts[i].paused))
			paused = true;
		else if (atomic_load(&scan->counts[i].in_flight) + atomic_load(&scan->counts[i].hosts.in_flight) > 0)
			return false;
	}
	return paused;
}

uint64_t scan_sum(const struct scan *scan, size_t offset)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < scan->workers; i++) {
		const char *counts = (const char *)&scan->counts[i];

		total += atomic_load_explicit((const _Atomic uint64_t *)(counts + offset), memory_order_acquire);
	}
	return total;
}

uint64_t scan_queries(const struct scan *scan)
{
	return SCAN_SUM(scan, packets) + SCAN_SUM(scan, direct.packets);
}

double scan_elapsed_s(const struct scan *scan)
{
	return (double)(uv_hrtime() - scan->start_ns) / 1e9;
}

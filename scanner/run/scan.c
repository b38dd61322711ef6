#include "scanner/run/scan.h"

#include "scanner/run/worker.h"

static bool is_draining(struct scan *scan)
{
	return atomic_load(&scan->stop) != SCAN_RUN;
}

enum feed_result scan_take(struct scan *scan, struct feed_batch **batch, struct feed_batch *room)
{
	switch (atomic_load(&scan->phase)) {
	case SCAN_LIST:
		if (is_draining(scan))
			return FEED_END;
		if (atomic_load_explicit(&scan->first, memory_order_relaxed) &&
		    (*batch = atomic_exchange(&scan->first, NULL)))
			return FEED_BATCH_TAKEN;
		return feed_take(scan->feed, batch);
	case SCAN_SECOND_PASS:
		if (is_draining(scan) || deferred_take(scan->deferred, room) < 0 || room->count == 0)
			return FEED_END;
		*batch = room;
		return FEED_BATCH_TAKEN;
	default:
		return FEED_END;
	}
}

void scan_release(struct scan *scan, struct feed_batch *batch, struct feed_batch *room)
{
	if (batch != room)
		feed_release(scan->feed, batch);
}

void scan_wake_all(struct scan *scan)
{
	for (unsigned i = 0; i < scan->workers && atomic_load(&scan->started); i++)
		worker_wake(scan->worker[i]);
}

void scan_idle(struct scan *scan)
{
	if (atomic_fetch_sub(&scan->busy, 1) != 1)
		return;
	/* Everybody else waits to be woken: the phase is this worker's to change. */
	if (atomic_load(&scan->phase) == SCAN_LIST && !is_draining(scan) && deferred_count(scan->deferred) > 0) {
		deferred_rewind(scan->deferred);
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

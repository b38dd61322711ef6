/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/work_pace.h"

#include <sys/stat.h>
#include <unistd.h>

#include "scanner/base/wall_clock.h"
#include "scanner/fleet_work/work_own.h"

enum {
	ENDS = 4096,    /* octets of a status file's beginning and end that are read: a row has some 200 */
	LOOK_MS = 1000, /* a scan writes a row a second */
	PACE_MS = 3000, /* a pace is that of so long at least */
};

bool work_pace_read(struct span head, struct span tail, const char *column, uint64_t *number)
{
	struct span names = { head.p, span_find(head, 0, '\n') }, row = { NULL, 0 }, name, value;

	if (names.n == head.n) /* not a line yet */
		return false;
	while (tail.n > 0) {
		size_t end = span_find(tail, 0, '\n');

		if (end == tail.n)
			break;
		row = (struct span){ tail.p, end };
		tail = span_skip(tail, end + 1);
	}
	/* numbers alone stand before the last columns: no quotes to be minded */
	while (row.p && span_next_part(&names, ',', &name) && span_next_part(&row, ',', &value))
		if (span_equal(name, span_of(column)))
			return span_decimal(value, UINT64_MAX, number);
	return false;
}

static bool read_ends(const struct work *work, char head[static ENDS], char tail[static ENDS], struct span *first,
		      struct span *last)
{
	struct error unused;
	struct stat info;
	int fd = workspace_read(&work->space, work->chunk.number, WORKSPACE_STATUS, &unused);
	ssize_t n = -1, m = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &info) == 0) {
		n = pread(fd, head, ENDS, 0);
		m = pread(fd, tail, ENDS, info.st_size > ENDS ? info.st_size - ENDS : 0);
	}
	close(fd);
	if (n <= 0 || m <= 0)
		return false;
	*first = (struct span){ head, (size_t)n };
	*last = (struct span){ tail, (size_t)m };
	return true;
}

void work_pace_look(struct work *work)
{
	struct work_pace *pace = &work->pace;
	int64_t now = (int64_t)machine_clock_ms();
	char head[ENDS], tail[ENDS];
	struct span first, last;
	uint64_t hosts = 0;

	if (now - pace->looked_ms < LOOK_MS)
		return;
	pace->looked_ms = now;
	if (!read_ends(work, head, tail, &first, &last) || !work_pace_read(first, last, "domains", &pace->count))
		return;
	if (work_pace_read(first, last, "hosts", &hosts) && hosts > pace->count)
		pace->count = hosts;
	work->word.domains = work->domains + pace->count;
	work->word.scanned = pace->count;
	if (pace->before_ms == 0) {
		pace->before = pace->count;
		pace->before_ms = now;
	}
	if (now - pace->before_ms < PACE_MS)
		return;
	work->word.per_second = pace->count < pace->before
					? 0
					: (double)(pace->count - pace->before) * 1000 / (double)(now - pace->before_ms);
	pace->before = pace->count;
	pace->before_ms = now;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/cli/torn_write.c - preloaded: the writes and syncs of a scan file, torn, refused or told; temporary files.
 *
 * TORN_WRITE=kill:OFFSET writes up to the offset and dies as of SIGKILL; eio:OFFSET and enospc:OFFSET write up to it
 * and fail from there on; sync:N lets the N-th sync and all behind it fail with EIO. WRITE_LOG=PATH: a line for each
 * write and sync, "write" or "sync", octets in the file after it, and what its thread last read of the monotonic clock;
 * and one, "look", for what the thread reads there next: what it knows of the time, however slow the machine is. The
 * file is told by its name's end, ".msgpack.zst", so logs and metadata pass. With TORN_WRITE=temporary:0 no temporary
 * file can be made, with temporary:1 it can be written, but not read. With TORN_WRITE=signal:N the process gets signal
 * N at each sync but the first, which is the header's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "parsers/span.h"

static bool is_scan_file(int fd)
{
	static const char end[] = ".msgpack.zst";
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n >= (ssize_t)sizeof(end) - 1 && memcmp(path + n - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

/* What TORN_WRITE asks of @kind ("kill", …): its number, or -1. */
static long order(const char *kind)
{
	const char *text = getenv("TORN_WRITE");
	size_t n = strlen(kind);

	return text && strncmp(text, kind, n) == 0 && text[n] == ':' ? strtol(text + n + 1, NULL, 10) : -1;
}

/* Of this thread: what it last read of the clock; whether its next look is to be told. */
static _Thread_local double looked;
static _Thread_local bool tell_look;

static void tell(const char *what, long long octets)
{
	const char *path = getenv("WRITE_LOG");
	int error = errno, log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;

	if (log >= 0) {
		dprintf(log, "%s %lld %.9f\n", what, octets, looked);
		close(log);
	}
	errno = error;
}

int clock_gettime(clockid_t id, struct timespec *time)
{
	static int (*real)(clockid_t, struct timespec *);
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	result = real(id, time);
	if (id != CLOCK_MONOTONIC)
		return result;
	looked = (double)time->tv_sec + (double)time->tv_nsec / 1e9;
	if (tell_look)
		tell("look", 0);
	tell_look = false;
	return result;
}

static void tell_event(const char *what, int fd)
{
	tell(what, (long long)lseek(fd, 0, SEEK_CUR));
	tell_look = true;
}

ssize_t write(int fd, const void *data, size_t n)
{
	static const struct {
		const char *kind;
		int error; /* 0: death */
	} faults[] = { { "kill", 0 }, { "eio", EIO }, { "enospc", ENOSPC } };
	ssize_t (*real)(int, const void *, size_t), result;

	*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (!is_scan_file(fd))
		return real(fd, data, n);
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		off_t limit = order(faults[i].kind), at = lseek(fd, 0, SEEK_CUR);
		size_t room = at < limit ? (size_t)(limit - at) : 0;

		if (limit < 0 || n <= room)
			continue;
		if (room > 0 && real(fd, data, room) < 0)
			return -1;
		if (faults[i].error == 0)
			raise(SIGKILL);
		errno = faults[i].error;
		return room > 0 ? (ssize_t)room : -1;
	}
	result = real(fd, data, n);
	tell_event("write", fd);
	return result;
}

static int sync_with(const char *call, int fd)
{
	static int syncs;
	long fails = order("sync");
	int (*real)(int), result;

	*(void **)&real = dlsym(RTLD_NEXT, call);
	if (!is_scan_file(fd))
		return real(fd);
	if (order("signal") >= 0 && ++syncs > 1)
		kill(getpid(), (int)order("signal"));
	if (fails >= 0 && ++syncs >= fails) {
		errno = EIO;
		return -1;
	}
	result = real(fd);
	tell_event("sync", fd);
	return result;
}

int fsync(int fd)
{
	return sync_with("fsync", fd);
}

int fdatasync(int fd)
{
	return sync_with("fdatasync", fd);
}

int mkostemp(char *template, int flags)
{
	int (*real)(char *template, int flags);

	*(void **)&real = dlsym(RTLD_NEXT, "mkostemp");
	switch (order("temporary")) {
	case 0:
		errno = ENOSPC;
		return -1;
	case 1:
		return open("/dev/null", O_WRONLY | O_CLOEXEC);
	default:
		return real(template, flags);
	}
}

/* tests/cli/torn_write.c - preloaded: the write that would take a scan file past an offset is torn there.
 *
 * TORN_WRITE=kill:OFFSET writes up to the offset and dies as of SIGKILL; eio:OFFSET and enospc:OFFSET write up to it
 * and fail from there on. The file is told by its name's end, ".msgpack.zst", so logs and metadata pass.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_scan_file(int fd)
{
	static const char end[] = ".msgpack.zst";
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path);
	return n >= (ssize_t)sizeof end - 1 && memcmp(path + n - (sizeof end - 1), end, sizeof end - 1) == 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
	ssize_t (*real)(int, const void *, size_t);
	const char *order = getenv("TORN_WRITE"), *colon = order ? strchr(order, ':') : NULL;
	off_t limit, at;

	*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (!colon || !is_scan_file(fd))
		return real(fd, data, n);
	limit = strtol(colon + 1, NULL, 10);
	at = lseek(fd, 0, SEEK_CUR);
	if (at + (off_t)n <= limit)
		return real(fd, data, n);
	n = at < limit ? (size_t)(limit - at) : 0;
	if (n > 0 && real(fd, data, n) < 0)
		return -1;
	if (*order == 'k')
		raise(SIGKILL);
	if (n > 0)
		return (ssize_t)n;
	errno = order[1] == 'i' ? EIO : ENOSPC;
	return -1;
}

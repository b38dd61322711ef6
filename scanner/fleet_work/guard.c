/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/base/wall_clock.h"

enum {
	LOOK_MS =
		100, /* between two looks at the clock, which goes on while the machine is suspended; poll's does not */
	TOLD_MAX = 64, /* words that are read at once: the last one holds */
};

/* Until when it may go on; a worker that is gone has taken its scan with it (PR_SET_PDEATHSIG). */
static bool read_until(int told, uint64_t *until)
{
	uint64_t word[TOLD_MAX];
	ssize_t n = read(told, word, sizeof(word));

	if (n >= (ssize_t)sizeof(*word))
		*until = word[(size_t)n / sizeof(*word) - 1];
	return n > 0 || (n < 0 && errno == EINTR);
}

/* Behind fork, where other threads' locks may be held: nothing but system calls. */
static void keep_watch(int told, pid_t group, uint64_t stop_ms, _Atomic bool *has_struck)
{
	struct pollfd one = { .fd = told, .events = POLLIN };
	uint64_t until = UINT64_MAX, now;
	int number = SIGTERM;

	setpgid(0, 0); /* a terminal's ^C is not for us */
	if (told > 0)
		close_range(0, (unsigned)told - 1, 0);
	close_range((unsigned)told + 1, ~0u, 0);
	for (;;) {
		if (poll(&one, 1, LOOK_MS) > 0 && !read_until(told, &until))
			_exit(0);
		now = machine_clock_ms();
		if (now < until)
			continue;
		*has_struck = true;
		kill(-group, number);
		if (number == SIGKILL)
			_exit(0);
		number = SIGKILL;
		until = now + stop_ms;
	}
}

int guard_begin(struct guard *guard, pid_t group, double stop_s, struct error *error)
{
	int tell[2];

	*guard = GUARD_NONE;
	guard->has_struck = mmap(NULL, sizeof(*guard->has_struck), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				 -1, 0);
	if (guard->has_struck == MAP_FAILED) {
		*guard = GUARD_NONE;
		return error_set(error, "no memory");
	}
	if (pipe2(tell, O_CLOEXEC) < 0) {
		error_set(error, "a pipe: %s", strerror(errno));
		guard_end(guard);
		return -1;
	}
	guard->pid = fork();
	if (guard->pid == 0)
		keep_watch(tell[0], group, (uint64_t)(stop_s * 1000), guard->has_struck);
	close(tell[0]);
	if (guard->pid > 0) {
		guard->tell = tell[1];
		(void)!fcntl(guard->tell, F_SETFL, O_NONBLOCK);
		return 0;
	}
	error_set(error, "no process can be started: %s", strerror(errno));
	guard->pid = 0;
	close(tell[1]);
	guard_end(guard);
	return -1;
}

void guard_allow(const struct guard *guard, double left_s)
{
	uint64_t until = machine_clock_ms() + (left_s > 0 ? (uint64_t)(left_s * 1000) : 0);

	if (guard->pid > 0)
		(void)!write(guard->tell, &until, sizeof(until));
}

bool guard_end(struct guard *guard)
{
	bool has_struck = false;

	if (guard->pid > 0) {
		close(guard->tell);
		kill(guard->pid, SIGKILL); /* one that is stopped would not see it */
		while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (guard->has_struck) {
		has_struck = *guard->has_struck;
		munmap(guard->has_struck, sizeof(*guard->has_struck));
	}
	*guard = GUARD_NONE;
	return has_struck;
}

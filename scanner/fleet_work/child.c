/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output/text.h"
#include "parsers/span.h"

enum {
	TAIL = 4096,            /* octets of the log in which its last line is looked for */
	POLL_NS = 20 * 1000000, /* between two looks at a child that is to end */
	EXEC_FAILED = 127,      /* as a shell has it; nobody sees it */
	VERSION_S = 10,         /* a version is told in milliseconds */
	PERMISSIONS = 0644,     /* of the log */
};

static bool find_on_path(char path[static PATH_MAX])
{
	const char *value = getenv("PATH");
	struct span rest = span_of(value ? value : "/usr/local/bin:/usr/bin:/bin"), part;

	while (span_next_part(&rest, ':', &part)) {
		int n = snprintf(path, PATH_MAX, "%.*s/stsurvey", (int)part.n, part.p);

		if (part.n > 0 && n > 0 && n < PATH_MAX && access(path, X_OK) == 0)
			return true;
	}
	snprintf(path, PATH_MAX, "stsurvey");
	return false;
}

bool child_find_program(char path[static PATH_MAX])
{
	static const char name[] = "stsurvey";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof(name));
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash) {
		memcpy(slash + 1, name, sizeof(name));
		if (access(path, X_OK) == 0)
			return true;
	}
	return find_on_path(path);
}

/* Between fork and exec, where other threads' locks may be held: nothing but system calls. */
static void become(const struct child_start *start, char **environment, int log, pid_t parent, int tell)
{
	int number;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && setpgid(0, 0) == 0 && fchdir(start->folder) == 0 &&
	    dup2(start->input, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
		/* libraries' connections are not all closed by exec, and no business of the child's */
		close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
		execve(start->program, start->argv, environment);
	}
	number = errno;
	(void)!write(tell, &number, sizeof(number));
	_exit(EXEC_FAILED);
}

/* What kept the child from becoming the program; 0: nothing did. */
static int wait_for_exec(int tell)
{
	int number;
	ssize_t n;

	do
		n = read(tell, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(number) ? number : 0;
}

/* Without what says how the queue is entered: a scan meets strangers, and has no business there. To be freed; NULL: no
 * memory. */
static char **its_environment(void)
{
	static const char secret[] = "NATS_";
	size_t count = 0, n = 0;
	char **words;

	while (environ[count])
		count++;
	words = calloc(count + 1, sizeof(*words));
	for (size_t i = 0; words && i < count; i++)
		if (strncmp(environ[i], secret, sizeof(secret) - 1) != 0)
			words[n++] = environ[i];
	return words;
}

static int fail(struct child *child, const char *program, int number, struct error *error)
{
	if (child->log >= 0)
		close(child->log);
	*child = CHILD_NONE;
	return error_set(error, "%s: the scan cannot be started: %s", program, strerror(number));
}

int child_start(struct child *child, const struct child_start *start, struct error *error)
{
	char **environment = its_environment();
	pid_t parent = getpid();
	int tell[2], number;

	*child = CHILD_NONE;
	if (!environment)
		return fail(child, start->program, ENOMEM, error);
	child->log = openat(start->folder, start->log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, PERMISSIONS);
	if (child->log < 0 || pipe2(tell, O_CLOEXEC) < 0) {
		number = errno;
		free(environment);
		return fail(child, child->log < 0 ? start->log : start->program, number, error);
	}
	child->pid = fork();
	if (child->pid == 0)
		become(start, environment, child->log, parent, tell[1]);
	number = child->pid < 0 ? errno : 0;
	free(environment);
	close(tell[1]);
	if (number == 0 && (number = wait_for_exec(tell[0])) != 0)
		waitpid(child->pid, NULL, 0);
	close(tell[0]);
	return number == 0 ? 0 : fail(child, start->program, number, error);
}

int child_version(const char *program, int folder, char version[static CHILD_SAID_MAX], struct error *error)
{
	static char option[] = "--version";
	static const char log[] = "version.log";
	char name[PATH_MAX], *argv[] = { name, option, NULL };
	struct child_start start = { .program = program, .argv = argv, .folder = folder, .log = log };
	struct child child;
	ssize_t n = 0;

	snprintf(name, sizeof(name), "%s", program);
	start.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (start.input < 0)
		return error_set(error, "/dev/null: %s", strerror(errno));
	if (child_start(&child, &start, error) < 0) {
		close(start.input);
		return -1;
	}
	child_end(&child, VERSION_S);
	n = pread(child.log, version, CHILD_SAID_MAX - 1, 0);
	version[n > 0 ? n : 0] = '\0';
	version[strcspn(version, "\n")] = '\0';
	close(start.input);
	unlinkat(folder, log, 0);
	child_forget(&child);
	return version[0] ? 0 : error_set(error, "%s --version: says nothing", program);
}

/* What is written goes to the end, so that a log that was emptied has no hole in front. */
static void bound_log(const struct child *child)
{
	struct stat info;

	if (child->log >= 0 && fstat(child->log, &info) == 0 && info.st_size > CHILD_LOG_MAX)
		(void)!ftruncate(child->log, 0);
}

bool child_has_ended(struct child *child)
{
	pid_t pid;

	if (child->pid == 0)
		return true;
	do
		pid = waitpid(child->pid, &child->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == child->pid)
		child->pid = 0;
	else
		bound_log(child); /* of one that has ended the last line is wanted */
	return child->pid == 0;
}

void child_signal(const struct child *child, int number)
{
	if (child->pid > 0)
		kill(-child->pid, number); /* whatever it has started, too */
}

void child_end(struct child *child, double seconds)
{
	long long polls = (long long)(seconds * 1e9 / POLL_NS);

	while (!child_has_ended(child) && polls-- > 0)
		nanosleep(&(struct timespec){ 0, POLL_NS }, NULL);
	child_signal(child, SIGKILL);
	while (child->pid > 0 && waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
}

/* "2026-11-28T04:00:00.000Z [error] what" → what */
static struct span without_time(struct span line)
{
	size_t at = span_find(line, 0, '[');
	size_t end = span_find(line, at, ']');

	return line.n > 0 && ascii_is_digit(*line.p) && end + 1 < line.n ? span_trim(span_skip(line, end + 1)) : line;
}

void child_said(const struct child *child, char said[static CHILD_SAID_MAX])
{
	char tail[TAIL];
	struct stat info;
	struct span text, line = { "", 0 };
	off_t from;
	ssize_t n;

	said[0] = '\0';
	if (child->log < 0 || fstat(child->log, &info) < 0)
		return;
	from = info.st_size > TAIL ? info.st_size - TAIL : 0;
	n = pread(child->log, tail, sizeof(tail), from);
	text = (struct span){ tail, n > 0 ? (size_t)n : 0 };
	while (text.n > 0) {
		size_t end = span_find(text, 0, '\n');
		struct span next = span_strip((struct span){ text.p, end });

		if (next.n > 0)
			line = next;
		text = span_skip(text, end < text.n ? end + 1 : end);
	}
	line = without_time(line);
	text_show(said, CHILD_SAID_MAX, line);
}

void child_tell_end(const struct child *child, struct error *words)
{
	if (WIFSIGNALED(child->status))
		error_set(words, "was ended by signal %d (%s)", WTERMSIG(child->status),
			  strsignal(WTERMSIG(child->status)));
	else
		error_set(words, "ended with exit status %d", WEXITSTATUS(child->status));
}

void child_forget(struct child *child)
{
	if (child->log >= 0)
		close(child->log);
	*child = CHILD_NONE;
}

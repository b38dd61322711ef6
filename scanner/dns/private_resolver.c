/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/private_resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "parsers/dns_answer.h"
#include "scanner/base/log.h"

enum {
	READY_MS = 5000,        /* from its start to its first answer, at most */
	STOP_MS = 5000,         /* from SIGTERM to SIGKILL */
	STARTS_MAX = 8,         /* its port may be in use for TCP, or taken before it has it */
	THREADS_MAX = 64,       /* the most slabs it knows, too */
	QUESTIONS_MIN = 4096,   /* num-queries-per-thread, as in the file */
	QUESTIONS_MAX = 30000,  /* outgoing-range is twice that, and ports are 65,536 */
	ROUND_MS = 20,          /* between two looks for an answer, or for its end */
	LOG_READ = 4096,        /* octets at the end of its log where that is looked for */
	PROGRAM_PATH_MAX = 256, /* octets with NUL; of a folder of PATH and the name */
};

static const char root_key[] = "/usr/share/dns/root.key"; /* Debian's dns-root-data, renewed by its updates */
static const char run_as[] = "unbound";
static const char anchor[] = "trust-anchor";
/* Of Unbound 1.20, and Debian 12's 1.17.1 since a security update: of one client 1,000 questions may wait, and none for
 * longer than 1.9 s; what is more is dropped. The one client is the survey, whose silent domains would use that up. */
static const char no_limits[] = "\twait-limit: 0\n\tdiscard-timeout: 0\n";

static const char survey_conf[] = {
#include "unbound_survey.inc"
};

struct private_resolver {
	pid_t pid;  /* 0: ended and waited for */
	int status; /* of waitpid, then */
	int log;    /* -1: none */
	struct endpoint server;
	char path[PROGRAM_PATH_MAX];
	char ready[48];     /* a name that this one alone knows */
	bool has_no_limits; /* it is older than wait-limit and discard-timeout */
};

enum readiness { READY_NOT_YET, READY_YES, READY_IS_ANOTHER };

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* ---- the program and its port ---- */

/* As execvp looks, and where Debian puts what ordinary users' PATH has not. */
static bool find_program(char path[static PROGRAM_PATH_MAX])
{
	const char *search = getenv("PATH");
	char all[4096], *rest = all, *folder;

	snprintf(all, sizeof(all), "%s:/usr/sbin:/sbin:/usr/local/sbin", search ? search : "/usr/bin");
	while ((folder = strsep(&rest, ":"))) {
		int n = snprintf(path, PROGRAM_PATH_MAX, "%s/unbound", folder);

		if (folder[0] == '/' && n < PROGRAM_PATH_MAX && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Give it a port that is free for UDP. */
static bool take_port(struct endpoint *server)
{
	struct sockaddr_storage address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	socklen_t size = address_sockaddr(&server->address, 0, &address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
		     getsockname(fd, (struct sockaddr *)&address, &size) == 0;

	server->port = found ? ntohs(v4->sin_port) : 0;
	if (fd >= 0)
		close(fd);
	return found;
}

/* ---- its configuration ---- */

/* The file as it is; without its trust anchors where others are given. */
static void write_survey(FILE *config, bool own_anchors)
{
	struct span rest = { survey_conf, sizeof(survey_conf) };

	while (rest.n > 0) {
		size_t end = span_find(rest, 0, '\n');
		size_t n = end < rest.n ? end + 1 : rest.n;

		if (!own_anchors || !memmem(rest.p, n, anchor, strlen(anchor)))
			fwrite(rest.p, 1, n, config);
		rest = span_skip(rest, n);
	}
}

/* What differs from the file. Unbound takes the last of what is said twice. */
static void write_changes(FILE *config, const struct private_resolver *resolver, unsigned threads, unsigned concurrency)
{
	unsigned slabs = 1, questions = concurrency / threads * TXT_QUESTIONS;

	while (slabs < threads) /* a power of two */
		slabs *= 2;
	questions = questions < QUESTIONS_MIN ? QUESTIONS_MIN : questions;
	questions = questions > QUESTIONS_MAX ? QUESTIONS_MAX : questions;
	fprintf(config, "\nserver:\n\tport: %u\n\tnum-threads: %u\n", resolver->server.port, threads);
	fprintf(config, "\tnum-queries-per-thread: %u\n\toutgoing-range: %u\n", questions, 2 * questions);
	fprintf(config, "\tmsg-cache-slabs: %u\n\trrset-cache-slabs: %u\n", slabs, slabs);
	fprintf(config, "\tkey-cache-slabs: %u\n\tinfra-cache-slabs: %u\n", slabs, slabs);
	fprintf(config, "%s", resolver->has_no_limits ? "" : no_limits);
	fprintf(config, "\tlocal-data: \"%s. 0 IN A 127.0.0.1\"\n", resolver->ready);
}

/* The octets of --resolver-config: copied, not included, as the user it runs as may not be allowed to read it. */
static char *read_extra(const char *path, size_t *n, struct error *error)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t got = file ? getdelim(&text, &room, '\0', file) : -1; /* a text has no NUL: all of it */

	*n = got > 0 ? (size_t)got : 0;
	if (!file || (got < 0 && !feof(file))) {
		error_set(error, "--resolver-config %s: %s", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* The whole configuration as a memory file; NULL with one line in @error. */
static FILE *make_config(const struct private_resolver *resolver, const char *extra, unsigned threads,
			 unsigned concurrency, struct error *error)
{
	size_t n = 0;
	char *text = extra ? read_extra(extra, &n, error) : NULL;
	bool own_anchors = text && memmem(text, n, anchor, strlen(anchor));
	int fd = extra && !text ? -1 : memfd_create("unbound.conf", 0);
	FILE *config = fd < 0 ? NULL : fdopen(fd, "w");

	if (extra && !text)
		return NULL;
	if (config) {
		write_survey(config, own_anchors);
		write_changes(config, resolver, threads, concurrency);
		if (!own_anchors && access(root_key, R_OK) == 0)
			fprintf(config, "\ttrust-anchor-file: \"%s\"\n", root_key);
		fwrite(text ? text : "", 1, n, config);
	}
	free(text);
	if (config && fflush(config) == 0)
		return config;
	if (config)
		fclose(config);
	else if (fd >= 0)
		close(fd);
	error_set(error, "no memory for Unbound's configuration");
	return NULL;
}

/* ---- the child ---- */

/* In the child, before exec: no return. Between fork and exec only what is async-signal-safe. */
static void run_program(const char *path, int config, int log, const struct passwd *user, pid_t parent)
{
	char *arguments[] = { (char *)"unbound",         (char *)"-d", (char *)"-p", (char *)"-c",
			      (char *)"/proc/self/fd/0", NULL };
	struct rlimit limit;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);                               /* the terminal's ^C is for us: we still ask it while we drain */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) { /* each socket it asks from is a descriptor */
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (dup2(config, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	if (user && (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
		_exit(127);
	/* after the change of user, which undoes it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	execv(path, arguments);
	dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

static int spawn(struct private_resolver *resolver, int config, struct error *error)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(run_as) : NULL;
	pid_t parent = getpid();

	if (resolver->log >= 0) /* of an attempt before */
		close(resolver->log);
	resolver->log = memfd_create("unbound.log", MFD_CLOEXEC);
	resolver->pid = resolver->log < 0 ? -1 : fork();
	if (resolver->pid == 0)
		run_program(resolver->path, config, resolver->log, user, parent);
	if (resolver->pid > 0)
		return 0;
	resolver->pid = 0;
	return error_set(error, "Unbound can't be started: %s", strerror(errno));
}

bool private_resolver_has_ended(struct private_resolver *resolver, struct error *error)
{
	char log[LOG_READ + 1], *complaint; /* the first one; those that follow are consequences */
	off_t size;
	ssize_t n;

	if (resolver->pid > 0 && waitpid(resolver->pid, &resolver->status, WNOHANG) == resolver->pid)
		resolver->pid = 0;
	if (resolver->pid > 0)
		return false;
	size = lseek(resolver->log, 0, SEEK_END);
	n = pread(resolver->log, log, LOG_READ, size > LOG_READ ? size - LOG_READ : 0);
	log[n > 0 ? n : 0] = '\0';
	complaint = strstr(log, "error: ");
	error_set(error, "the private Unbound ended (%s %d)%s%.*s", WIFSIGNALED(resolver->status) ? "signal" : "status",
		  WIFSIGNALED(resolver->status) ? WTERMSIG(resolver->status) : WEXITSTATUS(resolver->status),
		  complaint ? ": " : "", complaint ? (int)strcspn(complaint, "\n") : 0, complaint ? complaint : "");
	return true;
}

/* ---- is it there? ---- */

/* One question, one short wait. The answer is in its own configuration, so no other server is needed for it, and no
 * other resolver has it. A late answer to an earlier question will do. */
static enum readiness try_question(const struct private_resolver *resolver, int fd)
{
	uint8_t question[DNS_QUERY_MAX], packet[DNS_EDNS_SIZE];
	int n = dns_query_write(0, span_of(resolver->ready), DNS_TYPE_A, 0, question);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct dns_answer_room room;
	struct dns_answer answer;
	ssize_t got;

	/* until it listens, the kernel refuses for it: that is the wait's end, and no more */
	if (n < 0 || send(fd, question, (size_t)n, 0) < 0 || poll(&wait, 1, ROUND_MS) <= 0)
		return READY_NOT_YET;
	got = recv(fd, packet, sizeof(packet), 0);
	if (got < 0 || dns_answer_parse(packet, (size_t)got, span_of(resolver->ready), DNS_TYPE_A, &room, &answer) < 0)
		return READY_NOT_YET;
	return answer.status == DNS_NOERROR ? READY_YES : READY_IS_ANOTHER;
}

static int wait_ready(struct private_resolver *resolver, enum readiness *ready, struct error *error)
{
	struct sockaddr_storage address;
	socklen_t size = address_sockaddr(&resolver->server.address, resolver->server.port, &address);
	uint64_t end = now_ms() + READY_MS;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = -1;

	*ready = READY_NOT_YET;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0) {
		error_set(error, "a socket for the private Unbound: %s", strerror(errno));
		goto done;
	}
	while (*ready == READY_NOT_YET && now_ms() < end) {
		if (private_resolver_has_ended(resolver, error))
			goto done;
		*ready = try_question(resolver, fd);
		if (*ready == READY_NOT_YET)
			usleep(ROUND_MS * 1000);
	}
	if (*ready == READY_YES)
		result = 0;
	else
		error_set(error, "the private Unbound %s",
			  *ready == READY_IS_ANOTHER ? "lost its port to another process" : "does not answer");
done:
	if (fd >= 0)
		close(fd);
	return result;
}

/* ---- life ---- */

static void end_process(struct private_resolver *resolver)
{
	uint64_t end = now_ms() + STOP_MS;

	if (resolver->pid <= 0)
		return;
	kill(resolver->pid, SIGTERM);
	while (waitpid(resolver->pid, &resolver->status, WNOHANG) == 0) {
		if (now_ms() >= end)
			kill(resolver->pid, SIGKILL);
		usleep(ROUND_MS * 1000);
	}
	resolver->pid = 0;
}

/* 0 ready; -1 with @error; *again: another port may do, or fewer lines. */
static int start_once(struct private_resolver *resolver, const char *extra, unsigned threads, unsigned concurrency,
		      bool *again, struct error *error)
{
	enum readiness ready;
	unsigned long long nonce;
	FILE *config;
	int result;

	*again = false;
	if (getrandom(&nonce, sizeof(nonce), 0) < 0)
		nonce = now_ms();
	snprintf(resolver->ready, sizeof(resolver->ready), "ready-%016llx.stsurvey.invalid", nonce);
	if (!take_port(&resolver->server))
		return error_set(error, "no free port on 127.0.0.1 for the private Unbound");
	config = make_config(resolver, extra, threads, concurrency, error);
	if (!config)
		return -1;
	result = spawn(resolver, fileno(config), error);
	fclose(config);
	if (result < 0 || wait_ready(resolver, &ready, error) == 0)
		return result;
	*again = ready == READY_IS_ANOTHER || strstr(error->text, "already in use");
	if (!resolver->has_no_limits && strstr(error->text, "'wait-limit'"))
		*again = resolver->has_no_limits = true;
	end_process(resolver);
	return -1;
}

int private_resolver_start(struct private_resolver **result, const char *extra, unsigned threads, unsigned concurrency,
			   struct endpoint *server, struct error *error)
{
	struct private_resolver *resolver = calloc(1, sizeof(*resolver));
	int started = -1;
	bool again;

	*result = NULL;
	if (!resolver)
		return error_set(error, "no memory");
	resolver->log = -1;
	resolver->server.address = (struct obs_address){ 4, { 127, 0, 0, 1 } };
	threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
	again = find_program(resolver->path);
	if (!again)
		error_set(error, "--resolver unbound: it is not installed; apt install unbound dns-root-data");
	for (unsigned i = 0; i < STARTS_MAX && started < 0 && again; i++)
		started = start_once(resolver, extra, threads, concurrency, &again, error);
	if (started < 0) {
		private_resolver_stop(resolver);
		return -1;
	}
	*server = resolver->server;
	log_info("private Unbound: process %d on 127.0.0.1 port %u, %u threads", (int)resolver->pid, server->port,
		 threads);
	error->text[0] = '\0'; /* of an attempt that lost its port */
	*result = resolver;
	return 0;
}

void private_resolver_stop(struct private_resolver *resolver)
{
	if (!resolver)
		return;
	end_process(resolver);
	if (resolver->log >= 0)
		close(resolver->log);
	free(resolver);
}

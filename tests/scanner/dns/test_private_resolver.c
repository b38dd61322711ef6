/* SPDX-License-Identifier: BSD-2-Clause */
/* The private Unbound, started for real on loopback. Exit 77 where Unbound is not installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "scanner/dns/private_resolver.h"

enum {
	SKIPPED = 77,
	PATIENCE_MS = 10000, /* for what takes milliseconds on an idle machine */
	STEP_MS = 10,
	EXTRA_LINES = 200,
	CROWD = 2000, /* questions: more than Unbound lets wait of one client by itself … */
	AT_ONCE = 20, /* … so many at a time as a socket surely holds */
};

static struct error error;

/* The status of one question over UDP; DNS_TIMEOUT without an answer. */
static enum dns_status ask(const struct endpoint *server, const char *name)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(server->port) };
	uint8_t question[DNS_QUERY_MAX], packet[DNS_EDNS_SIZE];
	int n = dns_query_write(7, span_of(name), DNS_TYPE_A, DNS_QUERY_EDNS, question);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct dns_answer_room room;
	struct dns_answer answer = { .status = DNS_TIMEOUT };
	ssize_t got;

	memcpy(&address.sin_addr, server->address.octet, 4);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (send(fd, question, (size_t)n, 0) == n && poll(&wait, 1, 2000) == 1 &&
	    (got = recv(fd, packet, sizeof(packet), 0)) > 0)
		assert_int_equal(dns_answer_parse(packet, (size_t)got, span_of(name), DNS_TYPE_A, &room, &answer), 0);
	close(fd);
	return answer.status;
}

/* Our one child; 0: none. */
static pid_t child(void)
{
	char path[64];
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%d", &pid) != 1)
			pid = 0;
		fclose(file);
	}
	return pid;
}

/* @before and a number and @after, @times. */
static char *write_extra(const char *before, const char *after, unsigned times)
{
	static char path[64];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "/tmp/stsurvey-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	for (unsigned i = 0; i < times; i++)
		fprintf(file, "server:\n\t%s%u%s\n", before, i, after);
	fclose(file);
	return path;
}

static void answers_from_its_start_to_its_stop(void **state)
{
	struct private_resolver *resolver;
	struct endpoint server;

	(void)state;
	assert_int_equal(private_resolver_start(&resolver, NULL, 2, 4000, &server, &error), 0);
	assert_true(server.address.family == 4 && server.address.octet[0] == 127);
	assert_int_equal(ask(&server, "localhost"), DNS_NOERROR);
	assert_int_equal(ask(&server, "there.is.none.invalid"), DNS_NXDOMAIN);
	assert_false(private_resolver_has_ended(resolver, &error));
	assert_int_not_equal(getpgid(child()), getpgid(0)); /* ^C is not for it */
	private_resolver_stop(resolver);
	assert_int_equal(child(), 0);
	assert_int_equal(ask(&server, "localhost"), DNS_TIMEOUT);
}

static void two_at_once_do_not_meet(void **state)
{
	struct private_resolver *first, *second;
	struct endpoint a, b;

	(void)state;
	assert_int_equal(private_resolver_start(&first, NULL, 1, 1, &a, &error), 0);
	assert_int_equal(private_resolver_start(&second, NULL, 1, 1, &b, &error), 0);
	assert_int_not_equal(a.port, b.port);
	private_resolver_stop(first);
	assert_int_equal(ask(&b, "localhost"), DNS_NOERROR);
	private_resolver_stop(second);
}

static void takes_lines_of_the_users(void **state)
{
	struct private_resolver *resolver;
	struct endpoint server;
	char *path = write_extra("local-data: \"host", ".test. A 192.0.2.1\"", EXTRA_LINES);

	(void)state;
	assert_int_equal(private_resolver_start(&resolver, path, 1, 1, &server, &error), 0);
	assert_int_equal(ask(&server, "host199.test"), DNS_NOERROR);
	assert_int_equal(ask(&server, "host200.test"), DNS_NXDOMAIN);
	private_resolver_stop(resolver);
	unlink(path);
}

/* Nobody answers what is asked of it; how many questions come there, each counted once? */
static unsigned count_passed_on(const struct endpoint *server, int silent)
{
	static bool seen[CROWD];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(server->port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd come = { .fd = silent, .events = POLLIN };
	unsigned count = 0, number;
	uint8_t packet[DNS_QUERY_MAX];
	char name[32];
	int n;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < CROWD || poll(&come, 1, 500) > 0;) {
		if (i < CROWD) {
			snprintf(name, sizeof(name), "n%04u.silent.test", i++);
			n = dns_query_write(7, span_of(name), DNS_TYPE_A, DNS_QUERY_EDNS, packet);
			sendto(fd, packet, (size_t)n, 0, (struct sockaddr *)&to, sizeof(to));
			if (i % AT_ONCE == 0)
				usleep(1000);
		}
		while (recv(silent, packet, sizeof(packet), MSG_DONTWAIT) > 18) {
			if (sscanf((char *)packet + 14, "%4u", &number) != 1 || number >= CROWD || seen[number])
				continue;
			seen[number] = true;
			if (++count == CROWD)
				goto done;
		}
	}
done:
	close(fd);
	return count;
}

/* Of one client more than 1,000 questions may wait. */
static void domains_that_are_silent_leave_room_for_others(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct private_resolver *resolver;
	struct endpoint server;
	char after[200], *path;

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(silent, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&at, &size), 0);
	snprintf(after, sizeof(after),
		 ".test. A 192.0.2.1\"\n\tdo-not-query-localhost: no\n\tlocal-zone: test. transparent\n"
		 "forward-zone:\n\tname: silent.test\n\tforward-addr: 127.0.0.1@%u\n",
		 ntohs(at.sin_port));
	path = write_extra("local-data: \"host", after, 1);
	assert_int_equal(private_resolver_start(&resolver, path, 1, 1, &server, &error), 0);
	assert_in_range(count_passed_on(&server, silent), CROWD * 9 / 10, CROWD);
	private_resolver_stop(resolver);
	unlink(path);
	close(silent);
}

/* An older Unbound takes a setting it does not know for an error. */
static void an_older_one_is_started_without_what_it_does_not_know(void **state)
{
	char folder[] = "/tmp/stsurvey-test-XXXXXX", path[64], search[512], *before = strdup(getenv("PATH"));
	struct private_resolver *resolver;
	struct endpoint server;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/unbound", folder);
	file = fopen(path, "w");
	fprintf(file, "#!/bin/sh\nif grep -q '^.wait-limit' /dev/stdin\n"
		      "then echo \"/dev/stdin:200: error: unknown keyword 'wait-limit'\"; exit 1\nfi\n"
		      "PATH=$PATH:/usr/sbin exec /usr/sbin/unbound \"$@\"\n");
	fclose(file);
	chmod(path, 0755);
	snprintf(search, sizeof(search), "%s:%s", folder, before);
	setenv("PATH", search, 1);
	assert_int_equal(private_resolver_start(&resolver, NULL, 1, 1, &server, &error), 0);
	assert_int_equal(ask(&server, "localhost"), DNS_NOERROR);
	private_resolver_stop(resolver);
	setenv("PATH", before, 1);
	free(before);
	unlink(path);
	rmdir(folder);
}

static void says_what_unbound_does_not_like(void **state)
{
	struct private_resolver *resolver;
	struct endpoint server;
	char *path = write_extra("no-such-setting: ", "", 1);

	(void)state;
	assert_int_equal(private_resolver_start(&resolver, path, 1, 1, &server, &error), -1);
	assert_null(resolver);
	assert_non_null(strstr(error.text, "the private Unbound ended (status 1): "));
	assert_non_null(strstr(error.text, "error"));
	assert_int_equal(child(), 0);
	unlink(path);
	assert_int_equal(private_resolver_start(&resolver, path, 1, 1, &server, &error), -1);
	assert_non_null(strstr(error.text, "--resolver-config /tmp/stsurvey-test-"));
	assert_non_null(strstr(error.text, "No such file"));
}

static void its_end_is_noticed(void **state)
{
	struct private_resolver *resolver;
	struct endpoint server;
	bool ended = false;

	(void)state;
	assert_int_equal(private_resolver_start(&resolver, NULL, 1, 1, &server, &error), 0);
	assert_true(child() > 0);
	kill(child(), SIGKILL);
	for (unsigned ms = 0; ms < PATIENCE_MS && !ended; ms += STEP_MS) {
		ended = private_resolver_has_ended(resolver, &error);
		usleep(1000 * STEP_MS);
	}
	assert_true(ended);
	assert_non_null(strstr(error.text, "ended (signal 9)"));
	private_resolver_stop(resolver);
}

/* Whoever starts it is killed without a chance to stop it. */
static void ends_with_its_parent(void **state)
{
	pid_t parent, orphan = 0;
	int status = 0;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* the orphan becomes ours, so that its end can be awaited */
	fflush(NULL);
	parent = fork();
	if (parent == 0) {
		struct private_resolver *resolver;
		struct endpoint server;

		if (private_resolver_start(&resolver, NULL, 1, 1, &server, &error) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	for (unsigned ms = 0; ms < PATIENCE_MS && orphan == 0; ms += STEP_MS) {
		orphan = waitpid(-1, &status, WNOHANG);
		usleep(1000 * STEP_MS);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	assert_true(orphan > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_from_its_start_to_its_stop),
		cmocka_unit_test(two_at_once_do_not_meet),
		cmocka_unit_test(takes_lines_of_the_users),
		cmocka_unit_test(domains_that_are_silent_leave_room_for_others),
		cmocka_unit_test(an_older_one_is_started_without_what_it_does_not_know),
		cmocka_unit_test(says_what_unbound_does_not_like),
		cmocka_unit_test(its_end_is_noticed),
		cmocka_unit_test(ends_with_its_parent),
	};

	if (access("/usr/sbin/unbound", X_OK) != 0 && system("command -v unbound >/dev/null") != 0) {
		puts("unbound is not installed, skipped");
		return SKIPPED;
	}
	return cmocka_run_group_tests_name("private_resolver", tests, NULL, NULL);
}

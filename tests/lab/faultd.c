/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd.c - the fault server's loop, sockets and ticks. */
#include "faultd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 256 };

static int epoll_fd;
static struct watch *first;  /* every watch with a tick */
static struct watch *dead;   /* to be freed when the round is over; chained by previous */
static const char *tripwire; /* file */
static volatile sig_atomic_t stopping;

uint64_t faultd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool faultd_watch(struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) != 0)
		return false;
	if (watch->on_tick) {
		watch->next = first;
		watch->previous = NULL;
		if (first)
			first->previous = watch;
		first = watch;
	}
	return true;
}

void faultd_rewatch(struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void faultd_drop(struct watch *watch, bool reset)
{
	if (watch->dead)
		return;
	if (reset)
		setsockopt(watch->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(watch->fd);
	if (watch->on_tick) {
		if (watch->next)
			watch->next->previous = watch->previous;
		if (watch->previous)
			watch->previous->next = watch->next;
		else
			first = watch->next;
	}
	watch->dead = true;
	watch->previous = dead;
	dead = watch;
}

static void bury(void)
{
	while (dead) {
		struct watch *watch = dead;

		dead = watch->previous;
		watch->free(watch);
	}
}

int faultd_bind(const char *address, uint16_t port, int backlog)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, (backlog < 0 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &to.sin_addr);
	if (fd >= 0 && backlog >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || (backlog >= 0 && listen(fd, backlog) != 0)) {
		fprintf(stderr, "faultd: %s:%u: %s\n", address, port, strerror(errno));
		exit(1);
	}
	return fd;
}

void faultd_tripped(const char *what)
{
	FILE *file = tripwire ? fopen(tripwire, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%s\n", what);
	fclose(file);
}

static void tick(void)
{
	uint64_t now = faultd_now();
	struct watch *next;

	for (struct watch *watch = first; watch; watch = next) {
		next = watch->next;
		watch->on_tick(watch, now);
	}
}

static void loop(void)
{
	struct epoll_event event[EVENTS_MAX];
	uint64_t ticked = faultd_now();

	while (!stopping) {
		int count = epoll_wait(epoll_fd, event, EVENTS_MAX, FAULTD_TICK_MS);

		for (int i = 0; i < count; i++) {
			struct watch *watch = event[i].data.ptr;

			if (!watch->dead)
				watch->on_event(watch, event[i].events);
		}
		if (faultd_now() - ticked >= FAULTD_TICK_MS) {
			tick();
			ticked = faultd_now();
		}
		bury();
	}
}

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

int main(int argc, char **argv)
{
	const char *config = NULL, *illness = NULL, *mail = NULL, *counts = NULL;
	uint16_t port = 0, mail_port = 0;
	int option;

	while ((option = getopt(argc, argv, "c:p:t:i:m:q:n:")) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 'p')
			port = (uint16_t)atoi(optarg);
		else if (option == 't')
			tripwire = optarg;
		else if (option == 'i')
			illness = optarg;
		else if (option == 'm')
			mail = optarg;
		else if (option == 'q')
			mail_port = (uint16_t)atoi(optarg);
		else if (option == 'n')
			counts = optarg;
		else
			return 2;
	}
	if (!port || optind != argc) {
		fprintf(stderr, "usage: faultd -p PORT [-c faultd.conf] [-t TRIPWIRE] [-i ILLNESS] [-m smtp.conf -q "
				"PORT [-n COUNTS]]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	faultd_dns_start("127.53.0.4", port);
	faultd_relay_start("127.53.0.5", "127.53.0.1", port, illness);
	faultd_tls_start(config, port);
	if (mail)
		faultd_smtp_start(mail, mail_port, counts);
	loop();
	return 0;
}

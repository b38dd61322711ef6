/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/feed/feed_rig.h - a feed and what comes out of it, for the feed's tests. */
#ifndef STSURVEY_TESTS_SCANNER_FEED_FEED_RIG_H
#define STSURVEY_TESTS_SCANNER_FEED_FEED_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "scanner/feed/feed.h"

/* More than are shuffled together (scanner/feed/feed_shuffle.h), and octets for that many. */
enum { FEED_RIG_LINES = 80000, FEED_RIG_BIG = FEED_RIG_LINES * 16 };

/* Name servers of a zone file are in the output, too. */
extern bool feed_rig_shows_servers;

struct feed_rig_output {
	char *text; /* "index rank input name\n" of every target; behind the name its labels, [a|b], or servers, {a|b}
		     */
	size_t size;
	FILE *file;
	enum feed_result result;
	struct error error;
	uint64_t entries, targets;
};

struct feed_rig_bell {
	pthread_mutex_t lock;
	pthread_cond_t rung;
	bool ready;
};

/* struct feed_options' on_ready, with a bell as its arg; wait until it was called. */
void feed_rig_on_ready(void *arg);
void feed_rig_wait(struct feed_rig_bell *bell);

/* Everything the feed hands out; free the text. */
struct feed_rig_output feed_rig_drain(struct feed_options options);

/* The same of @n octets in a file, which is removed. */
struct feed_rig_output feed_rig_drain_octets(const void *p, size_t n, struct feed_options options);

/* A new file; @path ends in XXXXXX. */
void feed_rig_write(char path[], const void *p, size_t n);

/* Octets written to @out. */
size_t feed_rig_gzip(const char *text, size_t n, unsigned char *out, size_t size);

/* FEED_RIG_LINES names, to be freed; *n octets of at most FEED_RIG_BIG. */
char *feed_rig_big_list(size_t *n);

#endif

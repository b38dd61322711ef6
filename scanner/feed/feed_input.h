/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_input.h - the octets of the input: a file, a pipe, standard input; interruptible. */
#ifndef STSURVEY_SCANNER_FEED_FEED_INPUT_H
#define STSURVEY_SCANNER_FEED_FEED_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "scanner/feed/feed.h"

struct feed_input {
	int fd;
	int wake;     /* eventfd(2); once it is set, every read ends */
	bool is_file; /* a regular file */
	struct feed_identity identity;
	atomic_uint_least64_t taken; /* octets read so far */
	uint64_t hash;               /* of them */
};

/* @path "-": standard input. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int feed_input_open(struct feed_input *input, const char *path,
							struct error *error);
void feed_input_close(struct feed_input *input);

/* Will feed_input_read come back within @ms milliseconds? Waits no longer than that to know. */
bool feed_input_is_ready(const struct feed_input *input, int ms);

/* Octets read, 0 at the end or after feed_input_wake, -1 and errno. Blocks. */
ssize_t feed_input_read(struct feed_input *input, char *buffer, size_t size);

/* Has the file changed since it was opened, or while it was read? Content decides: what is left of it is read. False of
 * what is no file. */
bool feed_input_has_changed(struct feed_input *input);

/* End the read in progress and all that follow. Any thread. */
void feed_input_wake(struct feed_input *input);

#endif

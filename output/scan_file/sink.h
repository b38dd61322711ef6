/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/sink.h - where records go: one thread that compresses frames, writes them whole and
 * syncs them at a bounded interval. Frames are independent zstd frames with a content checksum.
 *
 * The workers of a scan each fill a buffer and hand it over; the sink gives empty ones back.
 * The number of buffers is fixed, which is the back-pressure: a worker that gets none waits.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_SINK_H
#define STSURVEY_OUTPUT_SCAN_FILE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "output/error.h"
#include "output/scan_file/record.h"

enum {
	SINK_FRAME_TARGET = 256 * 1024, /* octets before compression; four times as many make a domain 2 % smaller */
};

struct sink;

struct sink_options {
	const char *path;           /* lives as long as the sink; "-": standard output */
	bool force;                 /* replace what is there */
	long long resume_at;        /* octets of whole frames to keep and append to; -1: a new file */
	double sync_interval;       /* seconds between fsyncs, 0: after every frame */
	struct kept *kept;          /* certificates that the file has whole; lives as long as the sink; may be NULL */
	unsigned buffers;           /* how many may be in flight; at least 2 */
	void (*on_free)(void *arg); /* a buffer came back, or the sink failed; called on the sink's thread */
	void *arg;
};

/* Open and start the thread. 0, or -1 with one line for the user in @error (names file and remedy).
 * A new file gets @header in a frame of its own, at once; so does one with nothing to keep (resume_at 0). */
__attribute__((warn_unused_result)) int sink_open(struct sink **sink, const struct sink_options *options,
						  const struct record_header *header, struct error *error);

/* An empty buffer, or NULL while all are in use (on_free tells when to ask again) or when there is no memory
 * for one. Any thread. */
struct record_buffer *sink_take(struct sink *sink);

/* Hand a filled (or unused, empty) buffer over. Any thread; never blocks. */
void sink_give(struct sink *sink, struct record_buffer *buffer);

/* Has writing failed (disk full, I/O error, reader of the pipe gone)? Then nothing more is written and the
 * file ends with a whole frame. Any thread. */
bool sink_failed(const struct sink *sink);

/* Write what was given, then the trailer in a frame of its own, sync, close, join, free. 0, or -1 with the
 * first failure in @error. */
__attribute__((warn_unused_result)) int sink_close(struct sink *sink, const struct record_trailer *trailer,
						   struct error *error);

#endif

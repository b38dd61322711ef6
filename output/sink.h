/* output/sink.h - where records go: one thread that compresses frames, writes them whole and
 * syncs them at a bounded interval. Frames are independent zstd frames with a content checksum.
 *
 * The workers of a scan each fill a buffer and hand it over; the sink gives empty ones back.
 * The number of buffers is fixed, which is the back-pressure: who gets none waits.
 */
#ifndef STSURVEY_OUTPUT_SINK_H
#define STSURVEY_OUTPUT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "output/error.h"
#include "output/record.h"

enum {
	SINK_FRAME_TARGET = 256 * 1024, /* octets before compression; at four times as many a domain costs 2 % less */
};

struct sink;

/* What the sink asks of the system; tests put short writes and full disks here. Same results as the calls
 * they stand for. */
struct sink_system {
	ssize_t (*write)(int fd, const void *data, size_t n);
	int (*sync)(int fd);
};

struct sink_options {
	const char *path;           /* "-": standard output */
	bool force;                 /* replace what is there */
	long long resume_at;        /* octets of whole frames to keep and append to; -1: a new file */
	double sync_interval;       /* seconds between fsyncs, 0: after every frame */
	unsigned buffers;           /* how many may be in flight; at least 2 */
	void (*on_free)(void *arg); /* a buffer came back, or the sink failed; called on the sink's thread */
	void *arg;
	const struct sink_system *system; /* NULL: write(2) and fsync(2) */
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

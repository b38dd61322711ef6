/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/frame.h - zstd frames: independent, whole records inside, a checksum over the content (RFC 8878).
 *
 * Writing: one buffer, one frame. Reading: the frames of a file or pipe in order. What cannot be read is a torn tail (a
 * crash or a full disk leaves that) when it is the beginning of a frame that the file's end cuts off, or a whole
 * frame's octets and the file's last, zeros behind it left out, or when no whole frame follows it; else it is damage,
 * as it is where too many places look like a frame to look at them all.
 * What stands within a frame is never searched for frames as long as the frame's own structure holds: a domain's text
 * in it may contain some.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_FRAME_H
#define STSURVEY_OUTPUT_SCAN_FILE_FRAME_H

#include <stdbool.h>

#include "parsers/span.h"

enum {
	/* Measured (tests/bench/bench_bytes): level 1 costs 0.1 microseconds a domain, level 3 twice that for
	   a file 10 % smaller. */
	FRAME_LEVEL = 1,
	FRAME_CONTENT_MAX = 64 * 1024 * 1024, /* octets; our own are one MiB and a record, so more is no scan file */
	FRAME_READ_FIRST = 256 * 1024,        /* octets asked for at a time; the window grows to hold one frame */
};

/* ---- writing ---- */

struct frame_press;

struct frame_press *frame_press_new(void); /* NULL: no memory */
void frame_press_free(struct frame_press *press);

/* @content as one frame, valid until the next call. p NULL: no memory. */
struct span frame_press(struct frame_press *press, struct span content);

/* ---- reading ---- */

enum frame_result {
	FRAME_WHOLE,
	FRAME_END,       /* the file ends with a whole frame */
	FRAME_TORN,      /* the file ends, and what stands behind the last whole frame is a torn tail */
	FRAME_DAMAGED,   /* what stands here is no frame, nor a torn tail */
	FRAME_FOREIGN,   /* the file's first octets are no frame, nor the beginning of one */
	FRAME_TOO_LARGE, /* a frame with more than FRAME_CONTENT_MAX octets of content */
	FRAME_READ,      /* reading failed; errno tells */
	FRAME_MEMORY,
};

struct frame {
	struct span content;  /* valid until the next call */
	long long start, end; /* octets of the file before it, and through it */
};

struct frame_walk;

/* @fd stays the caller's. NULL: no memory. */
struct frame_walk *frame_walk_new(int fd);
void frame_walk_free(struct frame_walk *walk);

/* The next frame. Every result but FRAME_WHOLE is final, and leaves @frame as it was. */
__attribute__((warn_unused_result)) enum frame_result frame_next(struct frame_walk *walk, struct frame *frame);

/* ---- reading by threads: one walks, any opens ---- */

/* A thread's own. NULL: no memory. */
struct frame_content;
struct frame_content *frame_content_new(void);
void frame_content_free(struct frame_content *content);

/* Decompress @frame into *@out, valid until the next call. FRAME_WHOLE, FRAME_DAMAGED, FRAME_TOO_LARGE, FRAME_MEMORY.
 */
__attribute__((warn_unused_result)) enum frame_result frame_content_open(struct frame_content *content,
									 struct span frame, struct span *out);

/* The frame that stands next, its `content` still compressed, and not looked at: it may not open. False: frame_next
 * tells why there is none, once those before it are known to open. */
__attribute__((warn_unused_result)) bool frame_pass(struct frame_walk *walk, struct frame *frame);

/* The @octets of a frame that was passed as if they had not been read; several in reverse order. Then frame_next judges
 * as ever. False: no memory. */
__attribute__((warn_unused_result)) bool frame_put_back(struct frame_walk *walk, struct span octets);

/* After the first frame: it stands next again. */
void frame_rewind(struct frame_walk *walk);

/* After the first frame: copy the whole file to @fd, for what can be read but once; nothing more can be read here. 0;
 * or errno, with *@reading where it was not the writing that failed. */
__attribute__((warn_unused_result)) int frame_copy_all(struct frame_walk *walk, int fd, bool *reading);

/* Of zstd, as it runs. */
const char *frame_library_version(void);

#endif

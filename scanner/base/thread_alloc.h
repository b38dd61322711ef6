/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/thread_alloc.h - small blocks kept for the next one of their size, thread by thread.
 *
 * c-ares allocates for every question, and a window holds tens of thousands: with this behind them a warm scan asks
 * the C library for nothing, and a block costs eight octets more than it holds. A block is freed on the
 * thread that allocated it; what could not be had is counted (scanner/base/counted_alloc.h). Under AddressSanitizer
 * every block is malloc's own, so that it is watched.
 */
#ifndef STSURVEY_SCANNER_BASE_THREAD_ALLOC_H
#define STSURVEY_SCANNER_BASE_THREAD_ALLOC_H

#include <stddef.h>

enum {
	THREAD_ALLOC_SIZE_MAX = 512,        /* octets; larger blocks go straight to malloc */
	THREAD_ALLOC_STEP = 16,             /* octets between size classes */
	THREAD_ALLOC_SLAB = 64 * 1024 - 64, /* octets blocks are cut from */
	THREAD_ALLOC_ALIGNMENT = 8,         /* of every block; nothing here holds a long double */
};

/* malloc, realloc and free by another way; a block of one must not meet the other. */
void *thread_alloc_new(size_t size);
void *thread_alloc_resize(void *block, size_t size);
void thread_alloc_free(void *block);

/* The calling thread has no block in use any more: give everything back to the C library. */
void thread_alloc_trim(void);

#endif

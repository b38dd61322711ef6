/* scanner/freelist.h - small blocks kept for the next one of their size, thread by thread.
 *
 * c-ares allocates for every question; with this behind it a warm scan asks the C library for
 * nothing. A block may be freed on another thread than allocated it: it then stays there.
 */
#ifndef STSURVEY_SCANNER_FREELIST_H
#define STSURVEY_SCANNER_FREELIST_H

#include <stddef.h>

enum {
	FREELIST_SIZE_MAX = 512, /* octets; larger blocks go straight to malloc */
	FREELIST_STEP = 32,      /* octets between size classes */
};

/* malloc, realloc and free by another way; a block of one must not meet the other. */
void *freelist_alloc(size_t size);
void *freelist_realloc(void *block, size_t size);
void freelist_free(void *block);

/* Give the calling thread's kept blocks back to the C library. */
void freelist_trim(void);

#endif

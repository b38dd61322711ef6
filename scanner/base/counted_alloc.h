/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/counted_alloc.h - malloc and its kin for libraries, with a count of what could not be had.
 *
 * A library that gets no memory says so in many ways, some of which it also uses for what the other side did: a failed
 * handshake, a lost connection, a name that does not match. So none of its words is asked: where the count has moved
 * during a call, what the call found out is not believed.
 */
#ifndef STSURVEY_SCANNER_BASE_COUNTED_ALLOC_H
#define STSURVEY_SCANNER_BASE_COUNTED_ALLOC_H

#include <stddef.h>

/* Those of the C library; free is its own. */
void *counted_malloc(size_t size);
void *counted_calloc(size_t count, size_t size);
void *counted_realloc(void *block, size_t size);
char *counted_strdup(const char *text);

/* How often the calling thread got nothing from them, ever; wraps around. */
unsigned counted_alloc_failures(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/intern.h - which octets of a buffer were seen before? Each new run gets the next number.
 *
 * Runs are remembered as offsets, so the buffer may move. A run that is not found again only costs
 * octets in the file; that allows a bound on probing, and hostile names cannot make it slow.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_INTERN_H
#define STSURVEY_OUTPUT_SCAN_FILE_INTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "output/hash_table.h"

enum {
	INTERN_FIRST = 128,     /* runs at the beginning */
	INTERN_PROBES_MAX = 16, /* slots looked at; chains are shorter while at most half are in use */
};

struct intern_run {
	uint64_t hash;
	uint32_t offset, n;
};

struct intern {
	struct intern_run *run; /* by number */
	uint32_t count, size;
	struct hash_table numbers; /* of places in run */
};

void intern_init(struct intern *intern);
void intern_fini(struct intern *intern);

/* The number of the @n octets at @offset of @base. Where they were not there before they get the next one: then
 * @is_new. -1: no memory. */
long intern_number(struct intern *intern, const char *base, size_t offset, size_t n, bool *is_new);

/* Forget the runs from number @count on. */
void intern_cut(struct intern *intern, uint32_t count);

#endif

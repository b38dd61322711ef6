/* output/intern.h - which octets of a buffer were seen before? Each new run gets the next number.
 *
 * Runs are remembered as offsets, so the buffer may move. A run nobody finds again only costs
 * octets in the file; that allows a bound on probing, and hostile names cannot make it slow.
 */
#ifndef STSURVEY_OUTPUT_INTERN_H
#define STSURVEY_OUTPUT_INTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "output/hash_table.h"
#include "parsers/span.h"

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

/* The number of @key among the runs of @base, or -1. */
long intern_find(const struct intern *intern, const char *base, struct span key);

/* Give the run at @offset of @base the next number. False without memory. */
bool intern_add(struct intern *intern, const char *base, size_t offset, size_t n);

/* Forget the runs from number @count on. */
void intern_cut(struct intern *intern, uint32_t count);

#endif

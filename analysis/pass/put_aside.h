/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/put_aside.h - the temporary file behind spill and sorted_rows: octets are added at its end and read
 * from anywhere. Errors name the folder and the remedy.
 */
#ifndef STSURVEY_ANALYSIS_PASS_PUT_ASIDE_H
#define STSURVEY_ANALYSIS_PASS_PUT_ASIDE_H

#include <stddef.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum {
	PUT_ASIDE_ROW_MAX = 64 * 1024 * 1024, /* octets; no row of ours comes near */
};

struct put_aside {
	int fd;       /* -1: nothing has been written, and there is no file */
	uint64_t end; /* octets */
};

static inline void put_aside_init(struct put_aside *file)
{
	*file = (struct put_aside){ .fd = -1 };
}

void put_aside_fini(struct put_aside *file);

/* Octets at the end. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int put_aside_write(struct put_aside *file, struct span octets,
							struct error *error);

/* @n octets from @offset, all of which were written. Several threads may read. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int put_aside_read(const struct put_aside *file, uint64_t offset, char *octets,
						       size_t n, struct error *error);

/* Always -1. */
int put_aside_no_memory(struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/parsers/probe.h - what a probe is asked on its standard input, by drivers that are not C: one octet of kind,
 * the number of items (32 bit, big-endian), and each item with its length (32 bit, big-endian) in front.
 */
#ifndef STSURVEY_TESTS_PARSERS_PROBE_H
#define STSURVEY_TESTS_PARSERS_PROBE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/span.h"

enum {
	PROBE_ITEMS_MAX = 4096,
	PROBE_ITEM_MAX = 16 << 20
}; /* a driver's mistake shall not look like that of what it drives */

static inline uint32_t probe_read32(void)
{
	uint8_t octet[4];

	if (fread(octet, sizeof(octet), 1, stdin) != 1)
		exit(2);
	return (uint32_t)octet[0] << 24 | (uint32_t)octet[1] << 16 | (uint32_t)octet[2] << 8 | octet[3];
}

/* Each item in memory of exactly its size, so that a sanitizer sees a step beyond it. */
static inline size_t probe_read_items(struct span *item)
{
	uint32_t count = probe_read32();

	if (count > PROBE_ITEMS_MAX)
		exit(2);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = probe_read32();
		char *p = size > PROBE_ITEM_MAX ? NULL : malloc(size);

		if ((!p && size > 0) || (size > 0 && fread(p, size, 1, stdin) != 1))
			exit(2);
		item[i] = (struct span){ p, size };
	}
	return count;
}

/* Until the end of the input; the exit status. @answer writes a line. */
static inline int probe_run(void (*answer)(int kind, const struct span *item, size_t count))
{
	static struct span item[PROBE_ITEMS_MAX];
	int kind;

	while ((kind = getchar()) != EOF) {
		size_t count = probe_read_items(item);

		answer(kind, item, count);
		for (size_t i = 0; i < count; i++)
			free((void *)(uintptr_t)item[i].p);
	}
	return 0;
}

#endif

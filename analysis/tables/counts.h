/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/counts.h - arrays of counters, whatever their shape. */
#ifndef STSURVEY_ANALYSIS_TABLES_COUNTS_H
#define STSURVEY_ANALYSIS_TABLES_COUNTS_H

#include <stddef.h>
#include <stdint.h>

/* Add the counters @from to those @into, @size octets of uint64_t each. */
static inline void counts_add(void *into, const void *from, size_t size)
{
	uint64_t *sum = into;
	const uint64_t *part = from;

	for (size_t i = 0; i < size / sizeof(*sum); i++)
		sum[i] += part[i];
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/job_numbers.h - which chunks have a key of some kind in the job's book. */
#ifndef STSURVEY_SCANNER_FLEET_JOB_NUMBERS_H
#define STSURVEY_SCANNER_FLEET_JOB_NUMBERS_H

#include "scanner/fleet/job.h"

struct job_numbers {
	uint32_t *number; /* in order */
	size_t count;
};

/* To be freed (free(numbers.number)) also where it failed. */
__attribute__((warn_unused_result)) enum bus_result job_numbers_read(struct bus_bucket *book, enum job_key key,
								     struct job_numbers *numbers, struct error *error);

/* What stands under the key of each of @number, many asked for at once (bus_get_each); NULL where there is nothing.
 * False from @on_value: that is enough. */
typedef bool job_on_value(void *arg, uint32_t chunk, const struct bus_value *value);
__attribute__((warn_unused_result)) enum bus_result job_values_read(struct bus_bucket *book, enum job_key key,
								    const uint32_t *number, size_t count,
								    job_on_value *on_value, void *arg,
								    struct error *error);

#endif

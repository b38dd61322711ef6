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

#endif

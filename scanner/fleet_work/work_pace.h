/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/work_pace.h - how far a scan is and how fast, from the status updates that it writes (-u). */
#ifndef STSURVEY_SCANNER_FLEET_WORK_WORK_PACE_H
#define STSURVEY_SCANNER_FLEET_WORK_WORK_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

/* The number in that column of the last whole row; false: there is none. @head: the file's first line, @tail: its last
 * octets. Pure. */
__attribute__((warn_unused_result)) bool work_pace_read(struct span head, struct span tail, const char *column,
							uint64_t *number);

/* Of the chunk at hand, into its pace and our word. */
struct work;
void work_pace_look(struct work *work);

#endif

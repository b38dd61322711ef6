/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/host_stage.h - the mail servers of what was found, for the job's second stage: each once, however many
 * domains and chunks name it, so that it is probed once for the whole fleet. Those of one registrable domain stand
 * together. */
#ifndef STSURVEY_SCANNER_FLEET_HOST_STAGE_H
#define STSURVEY_SCANNER_FLEET_HOST_STAGE_H

#include <stddef.h>
#include <stdint.h>

#include "output/error.h"
#include "scanner/options/options.h"

/* The names of the MX of all domains in the scan files at @path to which @smtp applies, one a line, to the new file
 * @list. How many: *@hosts. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int host_stage_list(char *const *path, size_t count, enum options_smtp smtp,
							size_t memory, const char *list, uint64_t *hosts,
							struct error *error);

#endif

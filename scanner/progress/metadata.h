/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/progress/metadata.h - the JSON file about a scan.
 *
 * It is replaced as a whole each time, so that a reader finds either the old one or the new one.
 */
#ifndef STSURVEY_SCANNER_PROGRESS_METADATA_H
#define STSURVEY_SCANNER_PROGRESS_METADATA_H

#include "scanner/progress/moment.h"

/* Write it, if there is to be one. @exit_status below 0: the scan runs; otherwise it has ended, and what is written
 * reaches the disk, too. @failure: what went wrong, or "". 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int metadata_write(const struct scan *scan, const struct moment *moment,
						       int exit_status, const char *failure, struct error *error);

#endif

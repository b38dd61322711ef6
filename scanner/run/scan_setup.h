/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/run/scan_setup.h - a scan before its first domain: descriptors, the file to go on with, the list, the name
 * servers, the scan file. What is wrong is said before anything is written.
 */
#ifndef STSURVEY_SCANNER_RUN_SCAN_SETUP_H
#define STSURVEY_SCANNER_RUN_SCAN_SETUP_H

#include "scanner/scan/scan.h"

enum { SCAN_SETUP_NOTHING_LEFT = 1 };

/* Fill @scan, whose options and wake are set. 0; -1 with one line in @error; or SCAN_SETUP_NOTHING_LEFT: the file is
 * complete, and is left alone. In any case what was opened by then is the caller's to close. */
__attribute__((warn_unused_result)) int scan_setup(struct scan *scan, struct error *error);

#endif

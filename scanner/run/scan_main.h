/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/run/scan_main.h - one whole scan, from options to exit status: the main thread's part. */
#ifndef STSURVEY_SCANNER_RUN_SCAN_MAIN_H
#define STSURVEY_SCANNER_RUN_SCAN_MAIN_H

#include "scanner/options/options.h"

/* Run it. Returns the process's exit status (scanner/options/exit_status.h; 128 + signal when interrupted); on FATAL
 * one line stands in @error, which is empty before. */
int scan_main_run(const struct options *options, struct error *error);

#endif

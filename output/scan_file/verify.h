/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/verify.h - is a scan file whole: every frame intact, every input index recorded once, and a trailer?
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_VERIFY_H
#define STSURVEY_OUTPUT_SCAN_FILE_VERIFY_H

#include "output/error.h"
#include "output/text.h"

/* Read @path ("-": standard input) to its end and write one line about it to @out. 1: it is whole; 0: it is not, and
 * the line says why; -1: it cannot be read or is damaged, and what is wrong stands in @error alone. */
__attribute__((warn_unused_result)) int verify_scan(struct text *out, const char *path, struct error *error);

#endif

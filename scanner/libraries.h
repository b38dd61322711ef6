/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/libraries.h - the libraries of stsurvey. */
#ifndef STSURVEY_SCANNER_LIBRARIES_H
#define STSURVEY_SCANNER_LIBRARIES_H

#include "output/library.h"

extern const struct library stsurvey_libraries[];
extern const size_t stsurvey_library_count;

#endif

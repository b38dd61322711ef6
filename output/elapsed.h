/* SPDX-License-Identifier: BSD-2-Clause */
/* output/elapsed.h - how long something took, or takes still, as lines of progress tell it: "02h:05m:09s". */
#ifndef STSURVEY_OUTPUT_ELAPSED_H
#define STSURVEY_OUTPUT_ELAPSED_H

#include <stdint.h>

enum { ELAPSED_MAX = 28 }; /* octets, NUL included, of as many hours as there can be */

/* @out, into which it is written. */
const char *elapsed_text(char out[static ELAPSED_MAX], uint64_t seconds);

#endif

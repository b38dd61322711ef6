/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/kept.h - which certificates does a file hold whole (--keep-certificates)? Each needs to be there
 * once, whichever frame shows it first.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_KEPT_H
#define STSURVEY_OUTPUT_SCAN_FILE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"

struct kept; /* shared by all who write to one file */

struct kept *kept_new(void); /* NULL: no memory */
void kept_free(struct kept *kept);

/* Is it the first of this hash? Also without memory to remember it: then a later one is written, too. */
bool kept_add(struct kept *kept, const uint8_t sha256[static 32]);

/* It was not written after all. */
void kept_remove(struct kept *kept, const uint8_t sha256[static 32]);

/* What a file that is gone on with has already (--resume): those of a chain that was read from it. */
void kept_add_chain(struct kept *kept, const struct obs_tls *tls);

#endif

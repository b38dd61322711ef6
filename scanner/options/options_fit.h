/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/options_fit.h - what lies between options: which need or exclude each other, and what follows from
 * several of them.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTIONS_FIT_H
#define STSURVEY_SCANNER_OPTIONS_OPTIONS_FIT_H

#include "scanner/options/options.h"

/* Do they fit together, and is all there that their command needs? Then what they leave open is filled in: threads,
 * name servers, rates. One line in @error on USAGE and FATAL. */
__attribute__((warn_unused_result)) enum options_result options_fit(struct options *options, struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/ehlo_name.h - the name we greet mail servers with (RFC 5321 4.1.1.1): what --ehlo-domain says, or this
 * machine's, or what is left where it has none.
 */
#ifndef STSURVEY_SCANNER_LIVE_EHLO_NAME_H
#define STSURVEY_SCANNER_LIVE_EHLO_NAME_H

#include <stdbool.h>

#include "scanner/base/limits.h"
#include "scanner/options/options.h"

/* May ask the system's resolver, and wait for it. False: no name was to be found; @name is an address literal, or
 * localhost.localdomain, and some hosts will turn us away for that. */
bool ehlo_name_find(const struct options *options, char name[static SMTP_EHLO_NAME_MAX + 1]);

/* Of a name this machine has: could the internet know it? */
bool ehlo_name_is_good(struct span name);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/idna.h - U-labels → A-labels, by IDNA 2008 (RFC 5891) with the non-transitional mapping of UTS 46.
 *
 * The one place that names libidn2. Names of plain ASCII do not need it.
 */
#ifndef STSURVEY_SCANNER_RULES_IDNA_H
#define STSURVEY_SCANNER_RULES_IDNA_H

#include <stdbool.h>

#include "parsers/domain.h"
#include "parsers/span.h"

/* A name as people write it, in UTF-8: lower-cased, U-labels turned into A-labels, one trailing dot dropped;
 * the result, which domain_is_name accepts, stands in @out and has *@n octets, no NUL. False: no domain name.
 */
bool idna_name(struct span text, char out[static DOMAIN_NAME_MAX], size_t *n);

/* Of libidn2, as it runs. */
const char *idna_library_version(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_pick.h - of a domain's line of JSON, what a user chose. */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_PICK_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_PICK_H

#include "analysis/lines/domain_members.h"
#include "output/text.h"

/* Append it to @out, as a line. */
void domain_pick_write(struct text *out, struct span line, const struct domain_choice *choice);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/meant.h - what a TXT record wants to be, however it was pasted. */
#ifndef STSURVEY_PARSERS_MEANT_H
#define STSURVEY_PARSERS_MEANT_H

#include "parsers/span.h"

/* Does @record begin with @beginning, once quotes of every kind, white space of every script and characters without
 * width are taken away, and case is ignored? @beginning is ASCII in lower case. What begins so is not unrelated,
 * whether or not it is well formed. */
bool meant_as(struct span record, struct span beginning);

#endif

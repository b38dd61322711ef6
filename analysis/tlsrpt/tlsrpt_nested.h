/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_nested.h - a string that holds an array of JSON, as Microsoft's policy-string of type tlsa. */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_NESTED_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_NESTED_H

#include "analysis/tlsrpt/tlsrpt_report.h"

/* Its strings, each with a line end behind; @lines->p is to be freed in any case. False: it is no array of strings. */
bool tlsrpt_nested_read(struct span text, struct tlsrpt_octets *lines);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/option_value.h - a value's text → a member of struct options. */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTION_VALUE_H
#define STSURVEY_SCANNER_OPTIONS_OPTION_VALUE_H

#include "scanner/options/option_table.h"
#include "scanner/options/options.h"

/* Set the row's member from @value ("" for flags), which lives as long as @options. Messages in @error name the option
 * and what is allowed. */
__attribute__((warn_unused_result)) enum options_result
option_set(struct options *options, const struct option_row *row, const char *value, struct error *error);

/* Add the name servers of a resolv.conf(5). FATAL without any. */
__attribute__((warn_unused_result)) enum options_result option_read_resolv_conf(struct options *options,
										const char *path, struct error *error);

#endif

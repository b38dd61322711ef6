/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/canary_list.h - mail servers that are surely well (datasets/smtp_canaries.csv): of operators who carry
 * so much mail that the world would know if they were not, and whose certificates name them. Where they seem not to be
 * well, it is us.
 */
#ifndef STSURVEY_SCANNER_LIVE_CANARY_LIST_H
#define STSURVEY_SCANNER_LIVE_CANARY_LIST_H

#include <stddef.h>

struct canary_name {
	const char *host, *run_by;
};

extern const struct canary_name canary_list[];
extern const size_t canary_list_count;

#endif

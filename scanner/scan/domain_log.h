/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/domain_log.h - -v: one line in the log for each domain and MX host, and for what ended it by a fault of
 * ours. */
#ifndef STSURVEY_SCANNER_SCAN_DOMAIN_LOG_H
#define STSURVEY_SCANNER_SCAN_DOMAIN_LOG_H

#include "analysis/classify/classify_host.h"
#include "analysis/classify/judgement.h"
#include "scanner/base/log.h"

void domain_log_write_host(struct span name, const struct host_judgement *result, const char *then);
void domain_log_write(struct span name, const struct judgement *judgement, const char *then);

/* It was judged; @then: what becomes of it, "recorded". */
static inline void domain_log_judged(struct span name, const struct judgement *judgement, const char *then)
{
	if (log_wants(LOG_LEVEL_DEBUG))
		domain_log_write(name, judgement, then);
}

/* An MX host was. */
static inline void domain_log_host(struct span name, const struct host_judgement *result, const char *then)
{
	if (log_wants(LOG_LEVEL_DEBUG))
		domain_log_write_host(name, result, then);
}

/* A fault of ours ended it; @fault: enum net_fault. */
void domain_log_fault(struct span name, int fault, const char *then);

#endif

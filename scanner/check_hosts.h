/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/check_hosts.h - the MX hosts of the domains that `check --smtp` looks at, each once. */
#ifndef STSURVEY_SCANNER_CHECK_HOSTS_H
#define STSURVEY_SCANNER_CHECK_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/mail_host.h"
#include "scanner/job/host_job.h"

struct check_hosts {
	const struct job_context *context; /* its host_done is check_hosts_done */
	struct host_job **job;
	size_t count, size, pending;
};

/* All zero but for the context is none. When the loop has closed: */
void check_hosts_fini(struct check_hosts *hosts);

/* Begin to look at those MX of a domain that are not looked at yet. 0, or -1: no memory. */
__attribute__((warn_unused_result)) int check_hosts_add(struct check_hosts *hosts, const struct obs_mx *mx);

/* One has ended, of @hosts. */
void check_hosts_done(struct check_hosts *hosts, struct host_job *job);

/* Put what was found into @mx; @room is what it points to. Hosts that a fault of ours kept from us are not known. */
void check_hosts_join(const struct check_hosts *hosts, struct obs_mx *mx,
		      const struct obs_host *room[static OBS_MX_MAX]);

/* Was any of them tried, and none connected to, at whatever address? Then it may be our way that is shut. */
bool check_hosts_none_reached(const struct check_hosts *hosts);

#endif

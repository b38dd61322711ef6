/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/check_hosts.h"

#include <stdlib.h>

void check_hosts_fini(struct check_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		host_job_fini(hosts->job[i]);
		free(hosts->job[i]);
	}
	free(hosts->job);
}

static struct host_job *find(const struct check_hosts *hosts, struct span name)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (span_equal_nocase(hosts->job[i]->facts.name, name))
			return hosts->job[i];
	return NULL;
}

static int begin(struct check_hosts *hosts, struct span name)
{
	struct host_job *job = malloc(sizeof(*job));

	if (!job)
		return -1;
	hosts->job[hosts->count++] = job;
	hosts->pending++;
	host_job_init(job, hosts->context);
	host_job_start(job, name, 1); /* nobody looks again, so patiently */
	return 0;
}

int check_hosts_add(struct check_hosts *hosts, const struct obs_mx *mx)
{
	size_t size = hosts->count + mx->count;
	struct host_job **grown = size > hosts->size ? realloc(hosts->job, size * sizeof(struct host_job *))
						     : hosts->job;

	if (!grown && size > 0)
		return -1;
	hosts->job = grown;
	hosts->size = size > hosts->size ? size : hosts->size;
	for (size_t i = 0; i < mx->count; i++)
		if (mx->record[i].name.n > 0 && !find(hosts, mx->record[i].name) &&
		    begin(hosts, mx->record[i].name) != 0)
			return -1;
	return 0;
}

void check_hosts_done(struct check_hosts *hosts, struct host_job *job)
{
	job->facts.passes = 1; /* whatever it was told: a refusal for now (454) was seen once */
	hosts->pending--;
}

void check_hosts_join(const struct check_hosts *hosts, struct obs_mx *mx,
		      const struct obs_host *room[static OBS_MX_MAX])
{
	for (size_t i = 0; i < mx->count; i++) {
		const struct host_job *job = find(hosts, mx->record[i].name);

		room[i] = job && !host_job_fault(job) ? &job->facts : NULL;
	}
	mx->host = room;
}

bool check_hosts_none_reached(const struct check_hosts *hosts)
{
	size_t tried = 0;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct obs_host *host = &hosts->job[i]->facts;

		for (size_t k = 0; k < host->probe_count; k++)
			if (host->probe[k].phase > SMTP_CONNECT)
				return false;
		tried += host->probe_count;
	}
	return tried > 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "scanner/fleet/fleet.h"

/* @found: something was there. */
static enum bus_result remove_streams(struct bus *bus, const char *job, bool *found, struct error *error)
{
	enum bus_result result = BUS_OK;
	char name[BUS_NAME_MAX];

	for (int i = 0; i < JOB_STREAMS && (result == BUS_OK || result == BUS_MISSING); i++) {
		job_stream_name(job, (enum job_stream)i, name);
		result = bus_stream_delete(bus, name, error);
		*found = *found || result == BUS_OK;
	}
	/* the book goes last: as long as it is there, the job can be cancelled again */
	for (int i = JOB_BUCKETS - 1; i >= 0 && (result == BUS_OK || result == BUS_MISSING); i--) {
		job_bucket_name(job, (enum job_bucket)i, name);
		result = bus_bucket_delete(bus, name, error);
		*found = *found || result == BUS_OK;
	}
	return result == BUS_MISSING ? BUS_OK : result;
}

int fleet_cancel(const struct options *options, struct error *error)
{
	enum bus_result result;
	bool found = false;
	struct bus *bus;

	stop_signal_catch();
	result = fleet_connect(options, "cancel", &bus, error);
	if (result == BUS_OK)
		result = remove_streams(bus, options->job, &found, error);
	bus_close(bus);
	if (stop_signal)
		return fleet_ended(error);
	if (result != BUS_OK)
		return EXIT_FATAL;
	if (!found) {
		error_set(error, "there is no job '%s' at the server: 'stsurvey fleet status' lists those there are",
			  options->job);
		return EXIT_FATAL;
	}
	error->text[0] = '\0';
	fprintf(stderr, "stsurvey fleet cancel: job %s is removed from the server; its workers end by themselves\n",
		options->job);
	return EXIT_COMPLETE;
}

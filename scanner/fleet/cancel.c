/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/fleet.h"

int fleet_cancel(const struct options *options, struct error *error)
{
	(void)options;
	error_set(error, "not yet");
	return EXIT_FATAL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void merge_warn(const struct merge *merge, const char *format, ...)
{
	struct error line;
	va_list arguments;

	va_start(arguments, format);
	error_set_list(&line, format, arguments);
	va_end(arguments);
	fprintf(stderr, "stsurvey %s: warning: %s\n", merge->options->command, line.text);
}

int merge_go_on(struct merge *merge, uint64_t done, const char *what, struct error *error)
{
	char elapsed[ELAPSED_MAX];

	if (merge->options->stop && *merge->options->stop) {
		merge->result->stopped = true;
		return error_set(error, "interrupted; %s was not written", merge->options->output);
	}
	if (!merge->options->quiet && elapsed_is_due(&merge->elapsed, elapsed))
		fprintf(stderr, "stsurvey %s: %s; %" PRIu64 " records %s\n", merge->options->command, elapsed, done,
			what);
	return 0;
}

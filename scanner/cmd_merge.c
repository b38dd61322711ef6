/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/merge/merge.h"
#include "scanner/base/stop_signal.h"
#include "scanner/options/exit_status.h"
#include "scanner/options/option_table.h"
#include "scanner/program.h"

/* What the option table says of an option of scan. Where the parts of a list are told apart, and what is not about
 * what was found, is left out; one that no version knows any more decides nothing. */
static enum merge_option option_of(struct span name)
{
	static const char *const own[] = { "shards", "shard", "resume", "force", "quiet", "verbose" };
	const struct option_row *row = option_find(name, 1u << COMMAND_SCAN);

	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (span_equal(name, span_of(own[i])))
			return MERGE_LEFT_OUT;
	if (!row)
		return MERGE_FREE;
	if (row->kind == OPTION_OUTPUT)
		return MERGE_LEFT_OUT;
	if (row->resume == RESUME_FREE)
		return MERGE_FREE;
	return row->kind == OPTION_INPUT || row->kind == OPTION_CIDR_FILE || row->kind == OPTION_DOMAIN_FILE
		       ? MERGE_SAME_FILE
		       : MERGE_SAME;
}

static void say(const struct options *options, const struct merge_result *result)
{
	struct error line, hosts = { "" }, left_out = { "" };

	if (result->hosts > 0)
		error_set(&hosts, " and %" PRIu64 " mail servers", result->hosts);
	if (result->duplicates > 0)
		error_set(&left_out, "; %" PRIu64 " records that stood twice left out", result->duplicates);
	error_set(&line, "%" PRIu64 " domains%s in %s, %s%s", result->domains, hosts.text, options->output_file,
		  result->complete ? "complete" : "an interrupted scan, which scan --resume completes", left_out.text);
	fprintf(stderr, "stsurvey merge: %s\n", line.text);
}

int cmd_merge(const struct options *options, struct error *error)
{
	const struct merge_options merge = { .command = command_table[options->command].name,
					     .path = options->operand,
					     .count = options->operands,
					     .output = options->output_file,
					     .force = options->force,
					     .partial = options->partial,
					     .quiet = options->quiet,
					     .memory = options->memory,
					     .option = option_of,
					     .stop = &stop_signal };
	struct merge_result result;
	int done;

	stop_signal_catch();
	done = merge_scans(&merge, &result, error);
	if (done == 0)
		say(options, &result);
	return done == 0 ? EXIT_COMPLETE : result.stopped ? 128 + stop_signal : EXIT_FATAL;
}

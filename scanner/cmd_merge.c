/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "analysis/merge/merge.h"
#include "scanner/options/exit_status.h"
#include "scanner/options/option_table.h"
#include "scanner/program.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t stopped; /* by this one */

static void on_signal(int number)
{
	stopped = number;
}

/* One that is ignored stays so; a second one ends the process as it would without us. */
static void catch_signals(struct sigaction before[static COUNT_OF(signals)])
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	stopped = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

static void release_signals(const struct sigaction before[static COUNT_OF(signals)])
{
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		sigaction(signals[i], &before[i], NULL);
}

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
					     .stop = &stopped };
	struct sigaction before[COUNT_OF(signals)];
	struct merge_result result;
	int done;

	catch_signals(before);
	done = merge_scans(&merge, &result, error);
	release_signals(before);
	if (done == 0)
		say(options, &result);
	return done == 0 ? EXIT_COMPLETE : result.stopped ? 128 + stopped : EXIT_FATAL;
}

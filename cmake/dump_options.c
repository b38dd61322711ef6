/* SPDX-License-Identifier: BSD-2-Clause */
/* dump_options - the tables of commands and options as lines of fields with tabs between, for
 * cmake/generate_completions.py:
 *
 *     command NAME WHAT OPERANDS     none, file, or what messages call one
 *     option COMMAND NAME LETTER VALUE TIMES ARGUMENT HELP
 */
#include <stdio.h>
#include <stdlib.h>

#include "scanner/options/option_table.h"

/* What a shell offers as its value. */
static const char *value_of(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_FLAG:
	case OPTION_COUNTED:
	case OPTION_HELP:
		return "flag";
	case OPTION_INPUT:
	case OPTION_OUTPUT:
	case OPTION_SCANS:
	case OPTION_CIDR_FILE:
	case OPTION_DOMAIN_FILE:
	case OPTION_CONFIG:
		return "file";
	case OPTION_FOLDER:
		return "folder";
	case OPTION_WORD:
		return "words";
	case OPTION_MAYBE_WORD:
		return "maybe-words";
	case OPTION_SERVERS:
	case OPTION_HOSTS:
		return "list"; /* or @FILE */
	case OPTION_TEXT:
	case OPTION_WHOLE:
	case OPTION_WHOLE64:
	case OPTION_SHARD:
	case OPTION_SIZE:
	case OPTION_DECIMAL:
	case OPTION_KEY:
	case OPTION_LABELS:
	case OPTION_CONTACT:
	case OPTION_CIDRS:
		return "text";
	}
	abort();
}

static const char *times_of(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_COUNTED:
	case OPTION_SCANS:
	case OPTION_LABELS:
	case OPTION_CIDRS:
	case OPTION_CIDR_FILE:
	case OPTION_DOMAIN_FILE:
		return "many";
	default:
		return "once";
	}
}

int main(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		printf("command\t%s\t%s\t%s\n", row->name, row->what,
		       row->operands_are_files ? "file"
		       : row->operand          ? row->operand
					       : "none");
	}
	for (size_t o = 0; o < option_count; o++) {
		const struct option_row *row = &option_table[o];
		const char letter[] = { row->letter, '\0' };

		for (int i = 0; i < COMMAND_COUNT; i++)
			if (row->commands & 1u << i)
				printf("option\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", command_table[i].name, row->name, letter,
				       value_of(row), times_of(row), row->argument ? row->argument : "", row->help);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/command_table.h - the commands of the program: their names, their operands, and what `stsurvey help`
 * says of them. Their options stand in scanner/options/option_table.h, their functions in scanner/program.c.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_COMMAND_TABLE_H
#define STSURVEY_SCANNER_OPTIONS_COMMAND_TABLE_H

#include <stdbool.h>

#include "output/error.h"

enum command {
	COMMAND_SCAN,
	COMMAND_CHECK,
	COMMAND_STATS,
	COMMAND_EXPORT,
	COMMAND_DIFF,
	COMMAND_REPORT,
	COMMAND_VERIFY,
	COMMAND_MERGE,
	COMMAND_TLSRPT,
	COMMAND_FINDINGS,
	COMMAND_FLEET, /* alone: what there is of it */
	COMMAND_FLEET_SUBMIT,
	COMMAND_FLEET_WORK,
	COMMAND_FLEET_COLLECT,
	COMMAND_FLEET_STATUS,
	COMMAND_FLEET_CANCEL,
	COMMAND_HELP,
	COMMAND_COUNT
};

/* Are they of the other program, stsurvey-fleet? */
static inline bool command_is_fleet(enum command command)
{
	return command >= COMMAND_FLEET && command <= COMMAND_FLEET_CANCEL;
}

/* A text has one paragraph a line; a line "TERM\tTEXT" is laid out as an option is. */
struct command_row {
	const char *name;    /* one word, or "fleet" and another */
	const char *what;    /* its line in `stsurvey help` */
	const char *usage;   /* one line */
	const char *above;   /* text between usage and options */
	const char *below;   /* text after the options */
	const char *operand; /* what messages call one; NULL: the command takes none … */
	const char *instead; /* … and who gives one is told this; NULL: nothing */
	int operands_least, operands_most;
	bool operands_are_files; /* that it reads; - is standard input */
};

extern const struct command_row command_table[COMMAND_COUNT];

/* The command that @word begins with, of @count words: "scan", or "fleet" and "work". How many words its name has, or
 * -1 with one line in @error. */
__attribute__((warn_unused_result)) int command_find(char *const word[], int count, enum command *command,
						     struct error *error);

#endif

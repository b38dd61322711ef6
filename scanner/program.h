/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/program.h - the program: one command of its table, from the words of the command line to the exit status. */
#ifndef STSURVEY_SCANNER_PROGRAM_H
#define STSURVEY_SCANNER_PROGRAM_H

#include "scanner/options/options.h"

/* argv[1] is the command. What goes wrong is told on standard error. Returns the exit status
 * (scanner/options/exit_status.h; 128 + signal where a scan was interrupted). Once at a time: the log is the process's.
 * @is_process: the process is the command's alone; it gives up what the command does not need, for good. */
int program_run(int argc, char **argv, bool is_process);

/* What a command does: it returns the exit status; a line in @error, which is empty before, is for the user. */
typedef int program_command(const struct options *options, struct error *error);

/* One command, whose name is argv[0]: options read, log opened, @function called, errors told. Another program than
 * ours runs its own so. */
int program_run_command(enum command command, int argc, char **argv, program_command *function, bool is_process);

/* The commands with a file of their own. */
program_command cmd_check, cmd_merge;

#endif

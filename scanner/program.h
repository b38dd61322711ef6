/* scanner/program.h - the program: one command of its table, from the words of the command line to the exit status. */
#ifndef STSURVEY_SCANNER_PROGRAM_H
#define STSURVEY_SCANNER_PROGRAM_H

#include "scanner/options/options.h"

/* argv[1] is the command. What goes wrong is told on standard error. Returns the exit status
 * (scanner/options/exit_status.h; 128 + signal where a scan was interrupted). Once at a time: the log is the process's.
 */
int program_run(int argc, char **argv);

/* Commands with files of their own. As all in the table, they return the exit status; a line in @error, which is empty
 * before, is for standard error. */
int cmd_scan(const struct options *options, struct error *error);
int cmd_check(const struct options *options, struct error *error);

/* Start the private resolver that @given asks for, if it does: @used is @given with it as its one name server. The two
 * share all memory. 0, or -1 with one line in @error. After use, private_resolver_stop(used->started). */
__attribute__((warn_unused_result)) int program_start_resolver(const struct options *given, struct options *used,
							       struct error *error);

#endif

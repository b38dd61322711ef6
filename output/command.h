/* output/command.h - what every command of the one binary looks like.
 *
 * scanner/main.c holds the table; each folder defines its own commands. A command gets its
 * own argv (argv[0] is its name) and returns the process's exit status.
 */
#ifndef STSURVEY_OUTPUT_COMMAND_H
#define STSURVEY_OUTPUT_COMMAND_H

/* Exit statuses, INTERFACE of every command. */
enum {
	EXIT_COMPLETE = 0,
	EXIT_FATAL = 1,
	EXIT_USAGE = 2,
	EXIT_UNMEASURED = 3, /* scan: finished, but over 1 % of the domains are unknown */
};

int cmd_scan(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_findings(int argc, char **argv);

#endif

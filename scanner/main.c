/* stsurvey - survey scanner for MTA-STS and TLSRPT: the table of commands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output/command.h"
#include "parsers/span.h"

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "scan", cmd_scan, "survey domains: a list in, a scan file out" },
	{ "check", cmd_check, "one domain, explained for a person, with the fix" },
	{ "stats", cmd_stats, "the CSV tables of one or more scan files" },
	{ "export", cmd_export, "one line a domain, JSON Lines or CSV" },
	{ "report", cmd_report, "one self-contained HTML page to look at" },
	{ "verify", cmd_verify, "is a scan file whole? how many records?" },
	{ "findings", cmd_findings, "the table of findings" },
	{ "help", cmd_help, "this text, or a command's" },
};

enum { COMMANDS = COUNT_OF(commands) };

static void usage(FILE *out)
{
	fputs("usage: stsurvey COMMAND [OPTION]...\n\ncommands:\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].what);
	fputs("\n'stsurvey help COMMAND' tells a command's options; stsurvey(1) tells everything.\n", out);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	fprintf(stderr, "stsurvey: %s: no such command; 'stsurvey help' lists them\n", name);
	return EXIT_USAGE;
}

static int cmd_help(int argc, char **argv)
{
	static char option[] = "--help";
	char *arguments[] = { argc > 1 ? argv[1] : NULL, option, NULL };
	const struct command *command;

	if (argc < 2) {
		usage(stdout);
		return EXIT_COMPLETE;
	}
	command = find(argv[1]);
	if (!command)
		return unknown(argv[1]);
	if (command->run != cmd_help)
		return command->run(2, arguments);
	usage(stdout);
	return EXIT_COMPLETE;
}

/* A standard descriptor that came closed would be the next file's: messages would stand in a scan file. In its place
 * comes one that fails in the same way, EBADF. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FATAL);
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("stsurvey " STSURVEY_VERSION);
		return EXIT_COMPLETE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, argv);
	command = find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int status;

	fill_standard_descriptors();
	/* A reader that goes away is an error to report, not a way to die. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file that reached `ulimit -f`. */
	signal(SIGXFSZ, SIG_IGN);
	status = run(argc, argv);
	if (status == EXIT_COMPLETE && fflush(stdout) != 0) {
		fprintf(stderr, "stsurvey: standard output: %s\n", strerror(errno));
		status = EXIT_FATAL;
	}
	return status;
}

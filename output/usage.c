#include "output/usage.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "output/command.h"

enum { LONG_BASE = 256 }; /* getopt's values for options without a letter: above any octet */

int usage_error(const char *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "stsurvey %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; see 'stsurvey help %s'\n", command);
	return EXIT_USAGE;
}

int usage_fatal(const char *command, const char *error)
{
	fprintf(stderr, "stsurvey %s: %s\n", command, error);
	return EXIT_FATAL;
}

static int say_help(const char *command, const char *help)
{
	if (fputs(help, stdout) == EOF || fflush(stdout) != 0) {
		fprintf(stderr, "stsurvey %s: standard output: %s\n", command, strerror(errno));
		return EXIT_FATAL;
	}
	return EXIT_COMPLETE;
}

/* What getopt_long did not like. */
static int complain(int c, char **argv)
{
	if (c == ':')
		return usage_error(argv[0], "%s needs a value", argv[optind - 1]);
	if (optopt > 0 && optopt < LONG_BASE && strncmp(argv[optind - 1], "--", 2) != 0)
		return usage_error(argv[0], "unknown option '-%c'", optopt);
	return usage_error(argv[0], optopt ? "%s takes no value" : "unknown option '%s'", argv[optind - 1]);
}

int usage_read(int argc, char **argv, const char *help, const struct usage_option *option, size_t count,
	       const char *argument, int *status)
{
	struct option table[USAGE_OPTIONS_MAX + 2] = { { "help", no_argument, NULL, 'h' } };
	char letters[2 * USAGE_OPTIONS_MAX + 3] = ":h", *letter = letters + 2;
	int c;

	for (size_t i = 0; i < count; i++) {
		table[i + 1] = (struct option){ option[i].name, required_argument, NULL, LONG_BASE + (int)i };
		if (option[i].letter) {
			*letter++ = option[i].letter;
			*letter++ = ':';
		}
	}
	opterr = 0;
	optind = 0; /* glibc: start anew, whatever main parsed */
	while ((c = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		size_t i = c >= LONG_BASE ? (size_t)(c - LONG_BASE) : 0;

		if (c == '?' || c == ':' || c == 'h') {
			*status = c == 'h' ? say_help(argv[0], help) : complain(c, argv);
			return 0;
		}
		while (c < LONG_BASE && option[i].letter != c)
			i++;
		*option[i].value = optarg;
	}
	if (argument ? optind < argc : optind == argc)
		return optind;
	*status = argument ? usage_error(argv[0], "no %s given", argument)
			   : usage_error(argv[0], "unexpected argument '%s'", argv[optind]);
	return 0;
}

bool usage_same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

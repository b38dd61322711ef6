#include "analysis/usage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/command.h"

int usage_error(const char *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "stsurvey %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nTry 'stsurvey %s --help'.\n", command);
	return EXIT_USAGE;
}

int usage_fatal(const char *command, const char *error)
{
	fprintf(stderr, "stsurvey %s: %s\n", command, error);
	return EXIT_FATAL;
}

int usage_help(const char *command, const char *help)
{
	if (fputs(help, stdout) == EOF || fflush(stdout) != 0) {
		fprintf(stderr, "stsurvey %s: standard output: %s\n", command, strerror(errno));
		return EXIT_FATAL;
	}
	return EXIT_COMPLETE;
}

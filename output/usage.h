/* output/usage.h - what the offline commands share: reading their options, and what they say to a command line they
 * cannot follow; whether two names are of one file is scan's question too.
 */
#ifndef STSURVEY_OUTPUT_USAGE_H
#define STSURVEY_OUTPUT_USAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { USAGE_OPTIONS_MAX = 8 }; /* of one command, besides --help */

/* An option that takes a value. */
struct usage_option {
	const char *name;
	char letter; /* 0: none */
	const char **value;
};

/* Read the options of argv[0] into their values and answer --help with @help. The place of the first argument in
 * @argv, which is put in order; 0: *status is the command's exit status. @argument says what arguments are, of which
 * there must be one ("scan file"); NULL: there may be none. */
__attribute__((warn_unused_result)) int usage_read(int argc, char **argv, const char *help,
						   const struct usage_option *option, size_t count,
						   const char *argument, int *status);

/* One line on stderr. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);

/* One line on stderr. Returns EXIT_FATAL. */
int usage_fatal(const char *command, const char *error);

/* Do both exist and lead to one regular file? Devices and pipes may well be given twice. */
bool usage_same_file(const char *a, const char *b);

#endif

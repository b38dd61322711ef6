/* analysis/usage.h - what the offline commands say to a command line they cannot follow. */
#ifndef STSURVEY_ANALYSIS_USAGE_H
#define STSURVEY_ANALYSIS_USAGE_H

/* One line about what is wrong and one about --help, on stderr. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);

/* One line on stderr. Returns EXIT_FATAL. */
int usage_fatal(const char *command, const char *error);

/* Print @help on standard output. Returns EXIT_COMPLETE, or EXIT_FATAL where it cannot be written. */
int usage_help(const char *command, const char *help);

#endif

/* scanner/options/command_line.h - the words of a command line, and the lines of a configuration file → options. */
#ifndef STSURVEY_SCANNER_OPTIONS_COMMAND_LINE_H
#define STSURVEY_SCANNER_OPTIONS_COMMAND_LINE_H

#include "scanner/options/options.h"

/* Set what --config's file and then @argv give, and @options' operands, which point into @argv. --help goes to standard
 * output. One line in @error on USAGE and FATAL. */
__attribute__((warn_unused_result)) enum options_result command_line_read(struct options *options, enum command command,
									  int argc, char **argv, struct error *error);

#endif

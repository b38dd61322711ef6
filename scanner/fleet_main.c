/* SPDX-License-Identifier: BSD-2-Clause */
/* stsurvey-fleet - the queue of `stsurvey fleet` (scanner/fleet/fleet.h): the process around its commands. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "scanner/fleet/fleet.h"
#include "scanner/libraries.h"
#include "scanner/program.h"

enum { WORDS_MAX = 2 }; /* of a command's name */

static program_command *const run[COMMAND_COUNT] = {
	[COMMAND_FLEET_SUBMIT] = fleet_submit,   [COMMAND_FLEET_WORK] = fleet_work,
	[COMMAND_FLEET_COLLECT] = fleet_collect, [COMMAND_FLEET_STATUS] = fleet_status,
	[COMMAND_FLEET_CANCEL] = fleet_cancel,
};

static int run_checked(const struct options *options, struct error *error)
{
	return fleet_check(options, error) == 0 ? run[options->command](options, error) : EXIT_USAGE;
}

static bool is_word(const char *word, const char *full, const char *letter)
{
	return strcmp(word, full) == 0 || strcmp(word, letter) == 0;
}

int main(int argc, char **argv)
{
	static char fleet[] = "fleet";
	char *word[WORDS_MAX] = { fleet, argc > 1 ? argv[1] : NULL };
	enum command command;
	struct error error;

	signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error to report, not a way to die */
	signal(SIGXFSZ, SIG_IGN);
	if (argc > 1 && is_word(argv[1], "--version", "-V")) {
		const struct library own[] = { { "libnats", bus_library_version } };

		libraries_tell("stsurvey-fleet", stsurvey_libraries, stsurvey_library_count);
		libraries_list(own, COUNT_OF(own));
		return EXIT_COMPLETE;
	}
	if (argc > 1 && is_word(argv[1], "--help", "-h")) {
		options_help(COMMAND_FLEET, stdout);
		return EXIT_COMPLETE;
	}
	if (argc < 2) {
		options_help(COMMAND_FLEET, stderr);
		return EXIT_USAGE;
	}
	if (command_find(word, WORDS_MAX, &command, &error) < WORDS_MAX) {
		fprintf(stderr, "stsurvey fleet: '%.40s': no such command; %s\n", argv[1],
			command_table[COMMAND_FLEET].instead);
		return EXIT_USAGE;
	}
	return program_run_command(command, argc - 1, argv + 1, run_checked, false);
}

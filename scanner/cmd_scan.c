#include <stdio.h>

#include "output/command.h"
#include "output/usage.h"
#include "scanner/run/early_signal.h"
#include "scanner/base/log.h"
#include "scanner/options/options.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/run/scan_main.h"

static enum log_level level_of(const struct options *options)
{
	if (options->quiet)
		return LOG_LEVEL_WARNING;
	if (options->verbose > 1)
		return LOG_LEVEL_TRACE;
	return options->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static int survey(struct options *options, int argc, char **argv)
{
	struct error error;
	int status;

	early_signal_catch();
	if (options->resolver) {
		if (private_resolver_start(&options->started, options->resolver_config, options->threads,
					   options->concurrency, &options->server[0], &error) < 0) {
			log_error("%s", error.text);
			return EXIT_FATAL;
		}
		options->server_count = 1;
	}
	status = scan_main_run(options, argc, argv);
	private_resolver_stop(options->started);
	return status;
}

int cmd_scan(int argc, char **argv)
{
	struct error error;
	struct options options;
	int status = EXIT_FATAL, first;

	switch (options_read(&options, OPTIONS_SCAN, argc, argv, &first, &error)) {
	case OPTIONS_HELP_SHOWN:
		return EXIT_COMPLETE;
	case OPTIONS_USAGE:
		fprintf(stderr, "stsurvey scan: %s\n", error.text);
		return EXIT_USAGE;
	case OPTIONS_FATAL:
		return usage_fatal("scan", error.text);
	case OPTIONS_OK:
		break;
	}
	if (log_open(options.log_file, level_of(&options), &error) < 0)
		fprintf(stderr, "stsurvey scan: %s\n", error.text);
	else
		status = survey(&options, argc, argv);
	log_close();
	options_free(&options);
	return status;
}

#include "scanner/base/log.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/options/exit_status.h"
#include "scanner/program.h"
#include "scanner/run/early_signal.h"
#include "scanner/run/survey.h"

int cmd_scan(struct options *options, struct error *error)
{
	int status;

	early_signal_catch();
	if (options->resolver) {
		if (private_resolver_start(&options->started, options->resolver_config, options->threads,
					   options->concurrency, &options->server[0], error) < 0) {
			log_error("%s", error->text);
			error->text[0] = '\0'; /* has been told */
			return EXIT_FATAL;
		}
		options->server_count = 1;
	}
	status = survey_run(options, options->argc, options->argv);
	private_resolver_stop(options->started);
	return status;
}

#include "scanner/base/log.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/options/exit_status.h"
#include "scanner/program.h"
#include "scanner/run/early_signal.h"
#include "scanner/run/scan_main.h"

int cmd_scan(const struct options *options, struct error *error)
{
	struct options used;
	int status;

	early_signal_catch();
	if (program_start_resolver(options, &used, error) < 0) {
		log_error("%s", error->text);
		error->text[0] = '\0'; /* has been told */
		return EXIT_FATAL;
	}
	status = scan_main_run(&used, options->argc, options->argv);
	private_resolver_stop(used.started);
	return status;
}

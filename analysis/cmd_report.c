#include "output/command.h"

#include <stdlib.h>

#include "analysis/report.h"
#include "analysis/scan_files.h"
#include "output/usage.h"

static const char help[] = "usage: stsurvey report SCAN… -o FILE.html\n"
			   "\n"
			   "Read scan files in one pass and write one self-contained page: adoption, how far a\n"
			   "sender gets, findings with what to do, reasons, policies, providers, TLDs, ranks.\n"
			   "No scripts, nothing loaded from elsewhere. SCAN - is standard input. Several files\n"
			   "(the shards of one scan) are counted as one.\n"
			   "\n"
			   "options:\n"
			   "  -o, --output-file FILE  the page; a file that is there is replaced once everything\n"
			   "                          has been read; - is standard output (required)\n"
			   "  -h, --help              this text\n"
			   "\n"
			   "exit status: 0 done; 1 a file cannot be read or written, or is damaged; 2 usage\n";

static bool on_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	stats_add(arg, observation, result);
	return true;
}

static int run(struct stats *stats, const char *command, char **path, int count, const char *output)
{
	struct scan_files files = {
		.command = command,
		.path = path,
		.count = count,
		.on_domain = on_domain,
		.arg = stats,
	};
	struct error error;
	struct text text;

	if (!scan_files_differ(&files, output) || !scan_files_read(&files) || files.domains == 0)
		return EXIT_FATAL;
	if (text_open(&text, output, &error) != 0)
		return usage_fatal(command, error.text);
	report_write(&text, stats, (unsigned)count, files.incomplete);
	return text_close(&text, &error) == 0 ? EXIT_COMPLETE : usage_fatal(command, error.text);
}

int cmd_report(int argc, char **argv)
{
	const char *output = NULL;
	const struct usage_option options[] = { { "output-file", 'o', &output } };
	struct stats *stats;
	int first, status;

	first = usage_read(argc, argv, help, options, COUNT_OF(options), &status);
	if (first == 0)
		return status;
	if (first == argc)
		return usage_error(argv[0], "no scan file given");
	if (!output)
		return usage_error(argv[0], "no file given for the page: -o FILE.html");
	stats = malloc(sizeof(*stats));
	if (!stats)
		return usage_fatal(argv[0], "no memory for the counters");
	stats_init(stats);
	status = run(stats, argv[0], argv + first, argc - first, output);
	stats_fini(stats);
	free(stats);
	return status;
}

#include "output/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/scan_files.h"
#include "analysis/stats_tables.h"
#include "output/usage.h"

static const char help[] =
	"usage: stsurvey stats SCAN… -d DIR\n"
	"\n"
	"Read scan files in one pass and write the tables into the folder DIR, which is\n"
	"created if it is missing. Tables that are there already are replaced, each only\n"
	"once its successor is whole. SCAN - is standard input. Several files (the shards\n"
	"of one scan) are counted as one; a domain that is in two of them counts twice.\n"
	"\n"
	"options:\n"
	"  -d, --directory DIR   where the tables go (required)\n"
	"  -h, --help            this text\n"
	"\n"
	"Tables are CSV (RFC 4180, UTF-8, LF, header row). A share stands beside its\n"
	"numerator and denominator and is empty where the denominator is 0. What could\n"
	"not be found out counts as unknown, never as absent.\n"
	"\n"
	"  overview.csv        totals; each metric is a part of: scanned (complete, unknown,\n"
	"                      blocklisted and illegal_input sum to it), sts_record (any\n"
	"                      state but none and unknown), sts_valid_record, policy_fetched\n"
	"                      (TLS verified, a whole body), policy_usable (valid or tolerated;\n"
	"                      the modes sum to it), tlsrpt_record\n"
	"  by_tld.csv          by right-most label; share_sts = sts / domains\n"
	"  by_rank.csv         by rank, in decades; the row without bounds is the unranked\n"
	"  components.csv      where domains with an STS record (or an unknown one) break\n"
	"  findings.csv        domains with each finding, of all scanned; a domain may have several\n"
	"  tls.csv, http.csv, syntax.csv\n"
	"                      outcome of each stage for those that reached it: ok, or the\n"
	"                      reason with the lowest number; rows sum to `of`\n"
	"  mode_max_age.csv    usable policies by mode and max_age\n"
	"  mx_consistency.csv  usable policies with patterns and MX, by the worst MX\n"
	"  tlsrpt.csv          state: all scanned domains; scheme, host: valid records, host\n"
	"                      by the registrable domain of the first address\n"
	"  providers.csv       domains with an STS record by the registrable domain of the\n"
	"                      policy host's CNAME target and of the first MX; self: the\n"
	"                      domain's own; (none): no address or no MX\n"
	"  misconfigured.csv   a row for each domain that breaks, for notification\n"
	"\n"
	"exit status: 0 done; 1 a file cannot be read or written, or is damaged; 2 usage\n";

struct pass {
	struct stats stats;
	struct table misconfigured;
};

static bool on_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	struct pass *pass = arg;

	stats_add(&pass->stats, observation, result);
	if (classification_misconfigured(result))
		stats_misconfigured_row(&pass->misconfigured.csv, observation, result);
	return !text_failed(&pass->misconfigured.text);
}

static bool make_directory(const char *command, const char *directory)
{
	struct stat status;

	if (mkdir(directory, 0777) == 0)
		return true;
	if (errno == EEXIST && stat(directory, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	if (errno == EEXIST)
		return true;
	fprintf(stderr, "stsurvey %s: %s: cannot be used as the folder for the tables: %s; choose another with -d\n",
		command, directory, strerror(errno));
	return false;
}

static int run(struct pass *pass, const char *command, char **path, int count, const char *directory)
{
	struct scan_files files = {
		.command = command,
		.path = path,
		.count = count,
		.on_domain = on_domain,
		.arg = pass,
	};
	struct error error;
	bool done;

	if (!scan_files_differ(&files, NULL) || !make_directory(command, directory))
		return EXIT_FATAL;
	if (table_open(&pass->misconfigured, directory, "misconfigured", STATS_MISCONFIGURED_COLUMNS, &error) != 0)
		return usage_fatal(command, error.text);
	done = scan_files_read(&files) && files.domains > 0;
	if (table_close(&pass->misconfigured, done, &error) != 0)
		return usage_fatal(command, error.text);
	if (!done)
		return EXIT_FATAL;
	if (stats_tables_write(&pass->stats, directory, &error) != 0)
		return usage_fatal(command, error.text);
	fprintf(stderr, "stsurvey %s: %" PRIu64 " domains, tables in %s\n", command, files.domains, directory);
	return EXIT_COMPLETE;
}

int cmd_stats(int argc, char **argv)
{
	const char *directory = NULL;
	const struct usage_option options[] = { { "directory", 'd', &directory } };
	struct pass *pass;
	int first, status;

	first = usage_read(argc, argv, help, options, COUNT_OF(options), &status);
	if (first == 0)
		return status;
	if (first == argc)
		return usage_error(argv[0], "no scan file given");
	if (!directory)
		return usage_error(argv[0], "no folder given for the tables: -d DIR");
	pass = malloc(sizeof(*pass)); /* some 20 KiB: too much for a stack frame to hide */
	if (!pass)
		return usage_fatal(argv[0], "no memory for the counters");
	stats_init(&pass->stats);
	status = run(pass, argv[0], argv + first, argc - first, directory);
	stats_fini(&pass->stats);
	free(pass);
	return status;
}

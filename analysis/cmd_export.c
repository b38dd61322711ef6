#include "output/command.h"

#include "analysis/domain_csv.h"
#include "analysis/domain_json.h"
#include "analysis/scan_files.h"
#include "output/usage.h"

static const char help[] =
	"usage: stsurvey export SCAN… --format jsonl|csv [-o FILE]\n"
	"\n"
	"Write one line a domain, in the order of the scan files. SCAN - is standard\n"
	"input. Findings, component and verdict are judged anew from the recorded facts.\n"
	"\n"
	"options:\n"
	"      --format jsonl|csv  jsonl: everything that was recorded, as JSON (RFC 8259);\n"
	"                          csv: the columns below (RFC 4180) (required)\n"
	"  -o, --output-file FILE  write to FILE, which is replaced, instead of standard output (-)\n"
	"  -h, --help              this text\n"
	"\n"
	"csv columns: name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,\n"
	"sts_id,tlsrpt_state,policy_status,http_status,tls_verify,mode,max_age,policy_state,\n"
	"findings,component,verdict. mx: names in order of preference, with a space between;\n"
	"tls_verify: ok, or the first error of TLS, its code without policy-tls-; findings:\n"
	"codes with a space between. What was not asked is empty.\n"
	"\n"
	"exit status: 0 done; 1 a file cannot be read or written, or is damaged; 2 usage\n";

struct export
{
	struct text text;
	struct csv csv;
};

static bool write_jsonl(void *arg, const struct observation *observation, const struct classification *result)
{
	struct export *export = arg;

	domain_json_write(&export->text, observation, result);
	return !text_failed(&export->text);
}

static bool write_csv(void *arg, const struct observation *observation, const struct classification *result)
{
	struct export *export = arg;

	domain_csv_write(&export->csv, observation, result);
	return !text_failed(&export->text);
}

static int run(const char *command, char **path, int count, bool as_csv, const char *output)
{
	struct export export;
	struct scan_files files = {
		.command = command,
		.path = path,
		.count = count,
		.on_domain = as_csv ? write_csv : write_jsonl,
		.arg = &export,
	};
	struct error error;
	bool done;

	if (!scan_files_differ(&files, output))
		return EXIT_FATAL;
	if (text_open(&export.text, output, &error) != 0)
		return usage_fatal(command, error.text);
	csv_init(&export.csv, &export.text);
	if (as_csv)
		csv_header(&export.csv, domain_csv_columns);
	done = scan_files_read(&files);
	if (text_close(&export.text, &error) != 0)
		return usage_fatal(command, error.text);
	return done ? EXIT_COMPLETE : EXIT_FATAL;
}

int cmd_export(int argc, char **argv)
{
	const char *format = NULL, *output = "-";
	const struct usage_option options[] = { { "format", 0, &format }, { "output-file", 'o', &output } };
	int first, status;

	first = usage_read(argc, argv, help, options, COUNT_OF(options), &status);
	if (first == 0)
		return status;
	if (first == argc)
		return usage_error(argv[0], "no scan file given");
	if (!format)
		return usage_error(argv[0], "no format given: --format jsonl or --format csv");
	if (strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
		return usage_error(argv[0], "unknown format '%s': jsonl or csv", format);
	return run(argv[0], argv + first, argc - first, strcmp(format, "csv") == 0, output);
}

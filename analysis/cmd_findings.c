#include "output/command.h"

#include <string.h>

#include "output/csv.h"
#include "output/usage.h"
#include "parsers/finding.h"

static const char help[] = "usage: stsurvey findings [--format csv|text] [-o FILE]\n"
			   "\n"
			   "Print every finding that a domain can get: its number and code (both stable for\n"
			   "ever), the component it belongs to, how severe it is, what it means, the rule\n"
			   "behind it, and what the domain's owner should do.\n"
			   "\n"
			   "Severities: error breaks a sender's way; tolerated breaks the grammar, but\n"
			   "deployed senders read on; warning and info break nothing; transient means that\n"
			   "it could not be found out.\n"
			   "\n"
			   "options:\n"
			   "      --format csv|text   text (default): for reading; csv: number,code,component,\n"
			   "                          severity,meaning,rule,fix\n"
			   "  -o, --output-file FILE  write to FILE instead of standard output (-)\n"
			   "  -h, --help              this text\n"
			   "\n"
			   "exit status: 0 done; 1 the output cannot be written; 2 usage\n";

static void write_csv(struct text *text)
{
	struct csv csv;

	csv_init(&csv, text);
	csv_header(&csv, "number,code,component,severity,meaning,rule,fix");
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		csv_uint(&csv, info->number);
		csv_string(&csv, info->code);
		csv_string(&csv, component_name(info->component));
		csv_string(&csv, severity_name(info->severity));
		csv_string(&csv, info->meaning);
		csv_string(&csv, info->rule);
		csv_string(&csv, info->fix);
		csv_end(&csv);
	}
}

static void write_text(struct text *text)
{
	enum component last = COMPONENT_NONE;

	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		if (info->component != last)
			text_printf(text, "%s%s\n\n", f > 0 ? "\n" : "", component_name(info->component));
		last = info->component;
		text_printf(text, "  %u  %-30s %s\n", info->number, info->code, severity_name(info->severity));
		text_printf(text, "       means  %s\n", info->meaning);
		if (strcmp(info->rule, "-") != 0)
			text_printf(text, "       rule   %s\n", info->rule);
		text_printf(text, "       fix    %s\n", info->fix);
	}
}

int cmd_findings(int argc, char **argv)
{
	const char *format = "text", *path = "-";
	const struct usage_option options[] = { { "format", 0, &format }, { "output-file", 'o', &path } };
	struct error error;
	struct text text;
	int first, status;

	first = usage_read(argc, argv, help, options, COUNT_OF(options), &status);
	if (first == 0)
		return status;
	if (first < argc)
		return usage_error(argv[0], "unexpected argument '%s'", argv[first]);
	if (strcmp(format, "csv") != 0 && strcmp(format, "text") != 0)
		return usage_error(argv[0], "unknown format '%s': csv or text", format);
	if (text_open(&text, path, &error) != 0)
		return usage_fatal(argv[0], error.text);
	if (strcmp(format, "csv") == 0)
		write_csv(&text);
	else
		write_text(&text);
	return text_close(&text, &error) == 0 ? EXIT_COMPLETE : usage_fatal(argv[0], error.text);
}

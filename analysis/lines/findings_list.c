#include "analysis/lines/findings_list.h"

#include "output/csv.h"
#include "output/whole_file.h"
#include "parsers/finding.h"

static void write_csv(struct text *text)
{
	struct csv csv;

	csv_init(&csv, text);
	csv_header(&csv, "number,code,component,severity,meaning,rule,fix");
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		csv_uint(&csv, info->number);
		csv_string(&csv, info->code);
		csv_string(&csv, component_names[info->component]);
		csv_string(&csv, severity_names[info->severity]);
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
			text_printf(text, "%s%s\n\n", f > 0 ? "\n" : "", component_names[info->component]);
		last = info->component;
		text_printf(text, "  %u  %-30s %s\n", info->number, info->code, severity_names[info->severity]);
		text_printf(text, "       means  %s\n", info->meaning);
		if (strcmp(info->rule, "-") != 0)
			text_printf(text, "       rule   %s\n", info->rule);
		text_printf(text, "       fix    %s\n", info->fix);
	}
}

int findings_list_write(const char *path, bool as_csv, struct error *error)
{
	struct whole_file file;

	if (whole_file_open(&file, path, true) < 0)
		return whole_file_fail(path, error);
	if (as_csv)
		write_csv(&file.text);
	else
		write_text(&file.text);
	return whole_file_close(&file, true, false) < 0 ? whole_file_fail(path, error) : 0;
}

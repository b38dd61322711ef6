#include "analysis/findings_list.h"

#include "output/csv.h"
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

int findings_list_write(const char *path, bool as_csv, struct error *error)
{
	struct text text;

	if (text_open(&text, path, error) < 0)
		return -1;
	if (as_csv)
		write_csv(&text);
	else
		write_text(&text);
	return text_close(&text, error);
}

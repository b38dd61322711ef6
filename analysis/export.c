#include "analysis/export.h"

#include "analysis/domain_csv.h"
#include "analysis/domain_json.h"

struct output {
	struct text text;
	struct csv csv;
	bool as_csv;
};

static bool write_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	struct output *output = arg;

	if (output->as_csv)
		domain_csv_write(&output->csv, observation, result);
	else
		domain_json_write(&output->text, observation, result);
	return !text_failed(&output->text);
}

int export_write(struct scan_files *files, const char *path, bool as_csv, struct error *error)
{
	struct output output = { .as_csv = as_csv };
	struct error late;
	int result;

	if (scan_files_check_distinct(files, path, error) < 0 || text_open(&output.text, path, error) < 0)
		return -1;
	csv_init(&output.csv, &output.text);
	if (as_csv)
		csv_header(&output.csv, domain_csv_columns);
	result = scan_files_read(files, write_domain, &output, error);
	if (text_close(&output.text, &late) < 0 && result == 0) {
		*error = late;
		result = -1;
	}
	return result;
}

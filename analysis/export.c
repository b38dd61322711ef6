#include "analysis/export.h"

#include "analysis/domain_csv.h"
#include "analysis/domain_json.h"

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

int export_write(struct scan_files *files, const char *path, bool as_csv, struct error *error)
{
	struct export export;
	struct error late;
	int result;

	if (scan_files_differ(files, path, error) < 0 || text_open(&export.text, path, error) < 0)
		return -1;
	csv_init(&export.csv, &export.text);
	if (as_csv)
		csv_header(&export.csv, domain_csv_columns);
	result = scan_files_read(files, as_csv ? write_csv : write_jsonl, &export, error);
	if (text_close(&export.text, &late) < 0 && result == 0) {
		*error = late;
		result = -1;
	}
	return result;
}

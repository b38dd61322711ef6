#include "analysis/lines/export.h"

#include <sys/stat.h>

#include "analysis/lines/domain_csv.h"
#include "analysis/lines/domain_json.h"
#include "output/scan_file/reader.h"
#include "output/whole_file.h"

struct output {
	struct whole_file file;
	struct csv csv;
	bool as_csv, begun;
};

/* The header row waits for what it stands above: without that there is nothing on standard output. */
static void begin(struct output *output)
{
	if (output->as_csv && !output->begun)
		csv_header(&output->csv, domain_csv_columns);
	output->begun = true;
}

static bool write_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	struct output *output = arg;

	begin(output);
	if (output->as_csv)
		domain_csv_write(&output->csv, observation, result);
	else
		domain_json_write(&output->file.text, observation, result);
	return !text_failed(&output->file.text);
}

/* A misspelt name is told before anything is written. What can be read but once is not looked at. */
static int check_readable(const struct scan_files *files, struct error *error)
{
	struct reader *reader;
	struct stat info;

	for (int i = 0; i < files->count; i++) {
		if (strcmp(files->path[i], "-") == 0 || (stat(files->path[i], &info) == 0 && S_ISFIFO(info.st_mode)))
			continue;
		if (reader_open(&reader, files->path[i], error) != 0)
			return -1;
		reader_close(reader);
	}
	return 0;
}

int export_write(struct scan_files *files, const char *path, bool as_csv, bool raw, struct error *error)
{
	struct output output = { .as_csv = as_csv };
	int result;

	if (scan_files_check_distinct(files, error) < 0 || check_readable(files, error) < 0)
		return -1;
	if (whole_file_open(&output.file, path, true) < 0)
		return whole_file_fail(path, error);
	csv_init(&output.csv, &output.file.text);
	output.csv.raw = raw;
	result = scan_files_read(files, write_domain, &output, error);
	if (result == 0)
		begin(&output);
	if (whole_file_close(&output.file, result == 0, false) < 0)
		result = whole_file_fail(path, error);
	return result;
}

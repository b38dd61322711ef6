/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/export.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/lines/line_writer.h"
#include "output/scan_file/reader.h"
#include "output/whole_file.h"

struct output {
	struct export_request *request;
	struct whole_file file;
	struct line_writer writer;
	struct line_file lines;
	struct error error; /* of what could not be put into the file */
};

/* On any thread: what is written is the same for all. */
static bool write_domain(void *arg, struct text *text, const struct observation *observation,
			 const struct classification *result)
{
	const struct output *output = arg;

	line_writer_write(&output->writer, text, observation, result);
	return true;
}

static bool on_output(void *arg, unsigned number, struct span octets)
{
	struct output *output = arg;

	(void)number;
	return line_file_take(&output->lines, octets, &output->error) == 0 && !text_failed(&output->file.text);
}

static const struct scan_files_work work = { .outputs = 1, .on_domain = write_domain, .on_output = on_output };

/* What there is to choose from is known when the labels are. */
static int choose(void *arg, const struct scan_headers *headers, struct error *error)
{
	struct output *output = arg;
	struct export_request *request = output->request;

	request->refused = true;
	if (line_writer_init(&output->writer, request->format, request->raw, request->fields, request->where, headers,
			     error) < 0)
		return -1;
	request->refused = false;
	return 0;
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

static int read_and_write(struct output *output, struct scan_files *files, struct error *error)
{
	const char *path = output->request->path;
	int result;

	if (whole_file_open(&output->file, path, true) < 0)
		return whole_file_fail(path, error);
	output->lines = (struct line_file){ .writer = &output->writer, .text = &output->file.text };
	files->on_headers = choose;
	result = scan_files_work(files, &work, output, error);
	if (result == 0 && output->error.text[0] != '\0') {
		*error = output->error;
		result = -1;
	}
	if (line_file_end(&output->lines, result == 0, error) < 0)
		result = -1;
	if (whole_file_close(&output->file, result == 0, false) < 0)
		result = whole_file_fail(path, error);
	return result;
}

int export_write(struct scan_files *files, struct export_request *request, struct error *error)
{
	struct output *output;
	int result;

	if (scan_files_check_distinct(files, error) < 0 || check_readable(files, error) < 0)
		return -1;
	output = calloc(1, sizeof(*output));
	if (!output)
		return error_set(error, "no memory");
	output->request = request;
	result = read_and_write(output, files, error);
	free(output);
	return result;
}

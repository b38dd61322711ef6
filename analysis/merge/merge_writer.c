/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_writer.h"

#include <string.h>
#include <sys/stat.h>

#include "output/scan_file/frame.h"
#include "output/scan_file/sink.h"

int merge_writer_check(const char *path, bool force, struct error *error)
{
	struct stat info;

	if (strcmp(path, "-") == 0 || stat(path, &info) < 0)
		return 0;
	if (S_ISDIR(info.st_mode))
		return error_set(error, "%s: is a directory; choose another --output-file", path);
	if (S_ISREG(info.st_mode) && !force)
		return error_set(error, "%s: exists; --force replaces it", path);
	return 0;
}

static int fail_memory(const struct merge_writer *writer, struct error *error)
{
	return error_set(error, "%s: no memory to write it", writer->path);
}

/* What is in the buffer, as a frame. */
static int write_frame(struct merge_writer *writer, struct error *error)
{
	struct span frame = { NULL, 0 };

	if (record_buffer_content(writer->buffer).n == 0)
		return 0;
	frame = frame_press(writer->press, record_buffer_content(writer->buffer));
	if (!frame.p)
		return fail_memory(writer, error);
	text_put(&writer->file.text, frame);
	record_buffer_reset(writer->buffer);
	if (text_failed(&writer->file.text))
		return text_explain(writer->path, writer->file.text.error, error);
	return 0;
}

int merge_writer_open(struct merge_writer *writer, const char *path, bool force, const struct record_header *header,
		      struct error *error)
{
	*writer = (struct merge_writer){ .path = path, .force = force };
	if (merge_writer_check(path, force, error) < 0)
		return -1;
	if (whole_file_open(&writer->file, path, true) < 0)
		return whole_file_fail(path, error);
	writer->open = true;
	writer->press = frame_press_new();
	writer->buffer = record_buffer_new();
	if (!writer->press || !writer->buffer || record_put_header(writer->buffer, header) < 0)
		return fail_memory(writer, error);
	return write_frame(writer, error);
}

int merge_writer_added(struct merge_writer *writer, int put, struct error *error)
{
	if (put < 0)
		return fail_memory(writer, error);
	return record_buffer_content(writer->buffer).n < SINK_FRAME_TARGET ? 0 : write_frame(writer, error);
}

int merge_writer_finish(struct merge_writer *writer, const struct record_trailer *trailer, struct error *error)
{
	if (write_frame(writer, error) < 0)
		return -1;
	if (record_put_trailer(writer->buffer, trailer) < 0)
		return fail_memory(writer, error);
	/* somebody else may have made one meanwhile */
	if (write_frame(writer, error) < 0 || merge_writer_check(writer->path, writer->force, error) < 0)
		return -1;
	writer->open = false;
	return whole_file_close(&writer->file, true, true) < 0 ? whole_file_fail(writer->path, error) : 0;
}

void merge_writer_drop(struct merge_writer *writer)
{
	if (writer->open)
		(void)!whole_file_close(&writer->file, false, false);
	writer->open = false;
	record_buffer_free(writer->buffer);
	frame_press_free(writer->press);
	writer->buffer = NULL;
	writer->press = NULL;
}

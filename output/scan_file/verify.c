/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/verify.h"

#include <stdio.h>

#include "output/scan_file/reader.h"

enum { TOOL_MAX = 200 }; /* octets shown of what wrote the file */

static int read_records(struct reader *reader, struct error *error)
{
	struct observation observation;
	int result;

	while ((result = reader_next(reader, &observation, error)) > 0)
		;
	return result;
}

static const char *completion(const struct record_trailer *trailer)
{
	return trailer->completion == COMPLETION_COMPLETE
		       ? "complete"
		       : "interrupted: the scan was stopped, the file is whole; scan --resume goes on with it";
}

int verify_scan(struct text *out, const char *path, struct error *error)
{
	char schema[TOOL_MAX + 32], tool[TOOL_MAX]; /* the header is there until a record is read */
	const struct record_header *header;
	struct reader *reader;
	struct error words;
	int result = -1;

	if (reader_open(&reader, path, error) < 0)
		return -1;
	header = reader_header(reader);
	text_show(tool, sizeof(tool), header->tool);
	snprintf(schema, sizeof(schema), "schema %u.%u, %s", header->major, header->minor, tool);
	if (read_records(reader, error) == 0) {
		const struct reader_end *end = reader_end(reader);

		result = reader_judge(reader, &words) == READER_WHOLE;
		if (result == 1)
			error_set(&words, "%s", completion(end->trailer));
		text_shown(out, span_of(path));
		text_printf(out, ": %s; %llu records", words.text, end->records);
		if (end->hosts > 0)
			text_printf(out, " and %llu mail server%s", end->hosts, end->hosts > 1 ? "s" : "");
		text_printf(out, " in %llu frames; %s\n", end->frames, schema);
	}
	reader_close(reader);
	return result;
}

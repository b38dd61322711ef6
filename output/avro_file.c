/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/avro_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <avro.h>

struct avro_file {
	struct text *out;
	FILE *stream; /* to @out */
	avro_schema_t schema;
	avro_file_writer_t writer;
	size_t in_block; /* octets since the last flush */
};

/* "Avro: what", with the library's reason; always -1. */
static int fail(const struct avro_file *file, const char *what, struct error *error)
{
	struct span reason;

	if (text_failed(file->out))
		return text_explain(file->out->path, file->out->error, error);
	reason = span_trim(span_of(avro_strerror())); /* some end their line */
	return error_set(error, "Avro: %s: %.*s", what, (int)reason.n, reason.p);
}

static ssize_t write_cookie(void *cookie, const char *octets, size_t n)
{
	struct avro_file *file = cookie;

	text_put(file->out, (struct span){ octets, n });
	if (!text_failed(file->out))
		return (ssize_t)n;
	errno = file->out->error;
	return 0;
}

static int begin(struct avro_file *file, struct span schema, struct error *error)
{
	file->stream = fopencookie(file, "w", (cookie_io_functions_t){ .write = write_cookie });
	if (!file->stream)
		return error_set(error, "Avro: no memory");
	if (avro_schema_from_json_length(schema.p, schema.n, &file->schema) != 0)
		return error_set(error,
				 "Avro: no memory for the schema"); /* which is ours; its parser knows other words */
	if (avro_file_writer_create_with_codec_fp(file->stream, file->out->path, 0, file->schema, &file->writer,
						  "deflate", AVRO_DATUM_MAX) != 0)
		return fail(file, "the file cannot be begun", error);
	return 0;
}

int avro_file_new(struct avro_file **made, struct text *out, struct span schema, struct error *error)
{
	struct avro_file *file = calloc(1, sizeof(*file));
	struct error ignored;

	if (!file)
		return error_set(error, "Avro: no memory");
	file->out = out;
	*made = file;
	if (begin(file, schema, error) == 0)
		return 0;
	(void)!avro_file_free(file, false, &ignored);
	*made = NULL;
	return -1;
}

int avro_file_put(struct avro_file *file, struct span datum, struct error *error)
{
	if (datum.n > AVRO_DATUM_MAX)
		return error_set(error,
				 "Avro: a domain of %zu octets, and %d is what a block holds; export it as jsonl",
				 datum.n, (int)AVRO_DATUM_MAX);
	if (file->in_block > 0 && file->in_block + datum.n > AVRO_BLOCK) {
		if (avro_file_writer_flush(file->writer) != 0 || text_failed(file->out))
			return fail(file, "a block cannot be written", error);
		file->in_block = 0;
	}
	if (avro_file_writer_append_encoded(file->writer, datum.p, (int64_t)datum.n) != 0)
		return fail(file, "a record cannot be written", error);
	file->in_block += datum.n;
	return 0;
}

int avro_file_free(struct avro_file *file, bool keep, struct error *error)
{
	int result = 0;

	if (keep && avro_file_writer_flush(file->writer) != 0)
		result = fail(file, "the last block cannot be written", error);
	if (file->writer && avro_file_writer_close(file->writer) != 0 && keep && result == 0)
		result = fail(file, "the file cannot be ended", error);
	if (file->stream && fclose(file->stream) != 0 && keep && result == 0)
		result = fail(file, "the file cannot be ended", error);
	if (file->schema)
		avro_schema_decref(file->schema);
	free(file);
	return result;
}

const char *avro_file_library_version(void)
{
	return STSURVEY_AVRO_VERSION;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* output/avro_file.h - an Avro container file: records that are encoded already, in compressed blocks (deflate).
 *
 * Memory is bounded by AVRO_DATUM_MAX, whatever the file's size.
 */
#ifndef STSURVEY_OUTPUT_AVRO_FILE_H
#define STSURVEY_OUTPUT_AVRO_FILE_H

#include <stddef.h>

#include "output/text.h"

enum {
	AVRO_BLOCK = 256 * 1024,           /* octets of records in a block, before they are compressed, or one record */
	AVRO_DATUM_MAX = 32 * 1024 * 1024, /* octets of one record; ours have a few KiB */
};

struct avro_file;

/* Begin a file of records of @schema (JSON) in @out, which outlives it. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int avro_file_new(struct avro_file **file, struct text *out, struct span schema,
						      struct error *error);

/* Add a record. 0, or -1 with one line in @error; what @out failed with shows there, too. */
__attribute__((warn_unused_result)) int avro_file_put(struct avro_file *file, struct span datum, struct error *error);

/* Write what is left, where @keep, and free it. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int avro_file_free(struct avro_file *file, bool keep, struct error *error);

/* Of avro-c, as it was when this was compiled: it does not tell. */
const char *avro_file_library_version(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge_writer.h - the scan file that is made: frames, into a file that gets its name when it is whole
 * (output/whole_file.h).
 */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_WRITER_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_WRITER_H

#include "output/scan_file/record.h"
#include "output/whole_file.h"

struct merge_writer {
	const char *path;
	bool force;
	struct whole_file file;
	bool open;
	struct frame_press *press;
	struct record_buffer *buffer; /* records that are no frame yet */
};

/* Is there a file at @path that is not to be replaced? To be asked before the work begins. 0, or -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int merge_writer_check(const char *path, bool force, struct error *error);

/* Open it, and write the header. 0, or -1 with one line in @error, and merge_writer_drop is called all the same. */
__attribute__((warn_unused_result)) int merge_writer_open(struct merge_writer *writer, const char *path, bool force,
							  const struct record_header *header, struct error *error);

/* Behind each record that was put into the buffer (@put: what record_put_… returned). 0, or -1 with one line in @error.
 */
__attribute__((warn_unused_result)) int merge_writer_added(struct merge_writer *writer, int put, struct error *error);

/* The trailer; then the file is on the disk, and has its name. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int merge_writer_finish(struct merge_writer *writer,
							    const struct record_trailer *trailer, struct error *error);

/* Nothing is left of a file that was not finished. */
void merge_writer_drop(struct merge_writer *writer);

#endif

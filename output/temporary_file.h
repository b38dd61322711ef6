/* SPDX-License-Identifier: BSD-2-Clause */
/* output/temporary_file.h - a file without a name, in the folder that TMPDIR names or /tmp, for what would need too
 * much memory. It ends with its descriptor.
 */
#ifndef STSURVEY_OUTPUT_TEMPORARY_FILE_H
#define STSURVEY_OUTPUT_TEMPORARY_FILE_H

/* Where such files are. */
const char *temporary_folder(void);

/* A descriptor to read and write, or -errno. */
__attribute__((warn_unused_result)) int temporary_file(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/file_name.h - what a file's name says is in it. */
#ifndef STSURVEY_SCANNER_OPTIONS_FILE_NAME_H
#define STSURVEY_SCANNER_OPTIONS_FILE_NAME_H

/* That of @endings (".csv"; a NULL ends them) which @path ends with, whatever the case; NULL: none. */
const char *file_name_ending(const char *path, const char *const *endings);

#endif

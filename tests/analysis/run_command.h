/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/run_command.h - the program as a command, in this process, and a folder for its files. */
#ifndef STSURVEY_TESTS_ANALYSIS_RUN_COMMAND_H
#define STSURVEY_TESTS_ANALYSIS_RUN_COMMAND_H

#include <stddef.h>

extern char command_folder[];
extern char said[65536], printed[262144]; /* what the last command wrote */

/* Fixtures of cmocka. */
int command_folder_make(void **state);
int command_folder_remove(void **state);

/* The path of a file in the folder; valid for some calls. */
char *path_of(const char *name);

/* A table of a folder there, without its ".csv"; valid for some calls. */
const char *table_of(const char *folder, const char *name);

/* A file as one text. */
void read_into(const char *path, char *text, size_t size);

/* Run the program with the words of @line; file names are taken from the folder where they begin with %. Its exit
 * status.
 */
int run(const char *line);

#endif

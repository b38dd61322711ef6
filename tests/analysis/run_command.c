/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/run_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/program.h"

enum { ARGUMENTS_MAX = 12 };

char command_folder[] = "/tmp/stsurvey-commands-XXXXXX";
char said[65536], printed[262144];

int command_folder_make(void **state)
{
	(void)state;
	return mkdtemp(command_folder) ? 0 : -1;
}

int command_folder_remove(void **state)
{
	char command[600];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", command_folder);
	return system(command);
}

char *path_of(const char *name)
{
	static char path[8][256];
	static unsigned next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", command_folder, name);
	return p;
}

const char *table_of(const char *folder, const char *name)
{
	static char text[4][16384];
	static unsigned next;
	char path[64], *into = text[next++ % 4];

	snprintf(path, sizeof(path), "%s/%s.csv", folder, name);
	read_into(path_of(path), into, sizeof(text[0]));
	return into;
}

void read_into(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

static void write_into(const char *name, int stream)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	dup2(fd, stream);
	close(fd);
}

int run(const char *line)
{
	char program[] = "stsurvey", words[512], *save = NULL, *argv[ARGUMENTS_MAX + 1] = { program };
	int argc = 1, status, out, err;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok_r(words, " ", &save); word && argc < ARGUMENTS_MAX; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word[0] == '%' ? path_of(word + 1) : word;
	argv[argc] = NULL;
	fflush(NULL);
	out = dup(STDOUT_FILENO);
	err = dup(STDERR_FILENO);
	write_into("out", STDOUT_FILENO);
	write_into("err", STDERR_FILENO);
	status = program_run(argc, argv, false);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	read_into(path_of("out"), printed, sizeof(printed));
	read_into(path_of("err"), said, sizeof(said));
	return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/caught.h - what a test writes to standard error, caught in a file; and small files to read from. */
#ifndef STSURVEY_TESTS_SCANNER_CAUGHT_H
#define STSURVEY_TESTS_SCANNER_CAUGHT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAUGHT_SIZE = 32 * 1024 };

static char caught_text[CAUGHT_SIZE];
static char caught_path[] = "/tmp/stsurvey-test-stderr-XXXXXX";
static int caught_real = -1;

/* The file's content, until the next call. */
static inline const char *caught_read(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(caught_text, 1, sizeof(caught_text) - 1, file);
	caught_text[n] = '\0';
	fclose(file);
	return caught_text;
}

/* From here to caught_end standard error is a file. */
static inline void caught_begin(void)
{
	int fd;

	strcpy(caught_path + strlen(caught_path) - 6, "XXXXXX");
	fd = mkstemp(caught_path);
	assert_true(fd >= 0);
	fflush(stderr);
	caught_real = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* What was written in between, until the next call. */
static inline const char *caught_end(void)
{
	dup2(caught_real, STDERR_FILENO);
	close(caught_real);
	caught_read(caught_path);
	unlink(caught_path);
	return caught_text;
}

/* A temporary file of these @n octets; @path ends in XXXXXX. */
static inline void caught_put(char *path, const char *octets, size_t n)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, n), n);
	close(fd);
}

#endif

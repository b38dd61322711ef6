/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/queue/told.h - how often a log says something. */
#ifndef STSURVEY_TESTS_SCANNER_QUEUE_TOLD_H
#define STSURVEY_TESTS_SCANNER_QUEUE_TOLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Lines of the file with these words. */
static inline unsigned told(const char *path, const char *words)
{
	FILE *file = fopen(path, "r");
	char line[2048];
	unsigned count = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, words) ? 1 : 0;
	fclose(file);
	return count;
}

#endif

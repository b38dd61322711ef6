#include "scanner/base/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum { LINE_ERROR_MAX = 256 }; /* octets of a reader's own message */

/* Only a `#` that begins a word begins a comment: a contact URL may have one inside. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || ascii_is_space(line.p[i - 1])))
			return (struct span){ line.p, i };
	return line;
}

int lines_read(const char *path, lines_on_line *on_line, void *arg, char *error, size_t error_size)
{
	static const struct span bom = { "\xef\xbb\xbf", 3 };
	char *buffer = NULL, what[LINE_ERROR_MAX] = "";
	size_t size = 0;
	unsigned long number = 0;
	ssize_t n;
	int result = 0;
	FILE *file = fopen(path, "re");

	if (!file) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (result == 0 && (n = getline(&buffer, &size, file)) >= 0) {
		struct span line = { buffer, (size_t)n };

		if (++number == 1 && span_starts_with(line, bom))
			line = span_skip(line, bom.n);
		line = span_strip(without_comment(line));
		if (line.n == 0)
			continue;
		result = on_line(arg, line, what, sizeof(what));
		if (result != 0)
			snprintf(error, error_size, "%s:%lu: %s", path, number, what);
	}
	if (result == 0 && ferror(file)) { /* a directory opens, and fails only here */
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		result = -1;
	}
	free(buffer);
	fclose(file);
	return result;
}

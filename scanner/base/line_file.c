#include "scanner/base/line_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* Only a `#` that begins a word begins a comment: a contact URL may have one inside. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || ascii_is_space(line.p[i - 1])))
			return (struct span){ line.p, i };
	return line;
}

int line_file_read(const char *path, line_file_on_line *on_line, void *arg, struct error *error)
{
	static const struct span bom = { "\xef\xbb\xbf", 3 };
	char *buffer = NULL;
	size_t size = 0;
	unsigned long number = 0;
	ssize_t n;
	int result = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return error_set(error, "%s: %s", path, strerror(errno));
	while (result == 0 && (n = getline(&buffer, &size, file)) >= 0) {
		struct span line = { buffer, (size_t)n };

		if (++number == 1 && span_starts_with(line, bom))
			line = span_skip(line, bom.n);
		line = span_strip(without_comment(line));
		if (line.n == 0)
			continue;
		result = on_line(arg, line, error);
		if (result != 0)
			error_prefix(error, "%s:%lu", path, number);
	}
	if (result == 0 && ferror(file)) /* a directory opens, and fails only here */
		result = error_set(error, "%s: %s", path, strerror(errno));
	free(buffer);
	fclose(file);
	return result;
}

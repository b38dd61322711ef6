/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/line_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* Only a `#` that begins a word begins a comment: a contact URL may have one inside. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || ascii_is_space(line.p[i - 1])))
			return (struct span){ line.p, i };
	return line;
}

/* Octets up to the next line end, which is left out; false: there are none. Those beyond LINE_FILE_LINE_MAX are counted
 * alone. */
static bool next_line(FILE *file, char line[static LINE_FILE_LINE_MAX], size_t *n)
{
	int c = getc_unlocked(file);

	*n = 0;
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n' && *n <= LINE_FILE_LINE_MAX; c = getc_unlocked(file)) {
		if (*n < LINE_FILE_LINE_MAX)
			line[*n] = (char)c;
		++*n;
	}
	return true;
}

/* A line that can't be understood whole is no line less: whoever reads on would do what it forbids. */
static int take_line(struct span line, line_file_on_line *on_line, void *arg, struct error *error)
{
	if (line.n > LINE_FILE_LINE_MAX)
		return error_set(error, "a line of more than %d octets; is it a text file?", LINE_FILE_LINE_MAX);
	if (span_find(line, 0, '\0') < line.n)
		return error_set(error, "a NUL octet; text is expected, in UTF-8");
	line = span_strip(without_comment(line));
	return line.n > 0 ? on_line(arg, line, error) : 0;
}

int line_file_read(const char *path, line_file_on_line *on_line, void *arg, struct error *error)
{
	static const struct span bom = { "\xef\xbb\xbf", 3 };
	char octets[LINE_FILE_LINE_MAX];
	unsigned long number = 0;
	int result = 0;
	size_t n;
	FILE *file = fopen(path, "re");

	if (!file)
		return error_set(error, "%s: %s", path, strerror(errno));
	while (result == 0 && next_line(file, octets, &n)) {
		struct span line = { octets, n };

		if (++number == 1 && span_starts_with(line, bom))
			line = span_skip(line, bom.n);
		if (ferror(file)) /* it may go on */
			break;
		result = take_line(line, on_line, arg, error);
		if (result != 0)
			error_prefix(error, "%s:%lu", path, number);
	}
	if (result == 0 && ferror(file)) /* a directory opens, and fails only here */
		result = error_set(error, "%s: %s", path, strerror(errno));
	fclose(file);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/script_words.h"

#include <stdlib.h>

enum { REPEAT_MAX = 2000000 };

char *script_keep(struct script_memory **memory, size_t n)
{
	struct script_memory *kept = calloc(1, sizeof(*kept) + n + 1);

	if (!kept)
		abort();
	kept->next = *memory;
	*memory = kept;
	return kept->octet;
}

int script_hex_digit(char c)
{
	c = ascii_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet behind a backslash; *line stands on the character behind it. -1: none such. */
static int escaped(const char **line)
{
	char c = *(*line)++;
	int high, low;

	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '"':
	case '\\':
		return c;
	case 'x':
		high = script_hex_digit((*line)[0]);
		low = high < 0 ? -1 : script_hex_digit((*line)[1]);
		*line += low < 0 ? 0 : 2;
		return low < 0 ? -1 : high * 16 + low;
	default:
		return -1;
	}
}

static struct span repeated(struct script_memory **memory, struct span s, unsigned long times)
{
	char *text = script_keep(memory, s.n * times);

	for (unsigned long i = 0; i < times; i++)
		memcpy(text + i * s.n, s.p, s.n);
	return (struct span){ text, s.n * times };
}

/* A word in quotes; *line stands behind the first of them. p NULL: it can't be read. */
static struct span quoted(struct script_memory **memory, const char **line)
{
	struct span word = { script_keep(memory, strlen(*line)), 0 };
	char *text = (char *)word.p, *end;
	unsigned long times;

	while (**line != '"') {
		int octet = (unsigned char)*(*line)++;

		if (octet == '\\')
			octet = escaped(line);
		if (octet <= 0 && (*line)[-1] != '0')
			return (struct span){ NULL, 0 };
		text[word.n++] = (char)octet;
	}
	(*line)++;
	if (**line != '*')
		return word;
	times = strtoul(*line + 1, &end, 10);
	*line = end;
	return times > REPEAT_MAX ? (struct span){ NULL, 0 } : repeated(memory, word, times);
}

static struct span bare(struct script_memory **memory, const char **line)
{
	size_t n = strcspn(*line, " \t\r\n");
	char *text = script_keep(memory, n);

	memcpy(text, *line, n);
	*line += n;
	return (struct span){ text, n };
}

int script_words(struct script_memory **memory, const char *line, struct span word[static SCRIPT_WORDS_MAX])
{
	int count = 0;

	for (;;) {
		line += strspn(line, " \t\r\n");
		if (*line == '\0' || *line == '#')
			return count;
		if (count == SCRIPT_WORDS_MAX)
			return -1;
		if (*line == '"') {
			line++;
			word[count] = quoted(memory, &line);
		} else {
			word[count] = bare(memory, &line);
		}
		if (!word[count++].p)
			return -1;
	}
}

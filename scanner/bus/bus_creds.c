/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a file of credentials, where a server did not want them: it does not say which of them, nor why. */
#include "scanner/bus/bus_own.h"

#include <stdio.h>
#include <string.h>

#include "output/text.h"
#include "scanner/base/wall_clock.h"

enum { JWT_OCTETS_MAX = 16 * 1024 };

static int value_of(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *place = c ? strchr(alphabet, c) : NULL;

	return place ? (int)(place - alphabet) : -1;
}

/* RFC 4648 5, in place: it becomes shorter. */
static struct span decode(char *text, size_t n)
{
	unsigned bits = 0, waiting = 0;
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			break;
		waiting = (waiting << 6 | (unsigned)value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			text[used++] = (char)(waiting >> bits & 0xff);
		}
	}
	return (struct span){ text, used };
}

/* The first line that begins as a JWT does ({" in base64): its claims are between its two dots. */
static char *find_claims(FILE *file, char line[static JWT_OCTETS_MAX])
{
	while (fgets(line, JWT_OCTETS_MAX, file)) {
		char *dot = strncmp(line, "eyJ", 3) == 0 ? strchr(line, '.') : NULL;

		if (dot)
			return dot + 1;
	}
	return NULL;
}

void bus_creds_expired(const char *path, char when[static BUS_WHEN_MAX])
{
	char line[JWT_OCTETS_MAX];
	FILE *file = fopen(path, "re");
	char *claims = file ? find_claims(file, line) : NULL;
	struct error unused;
	yajl_val root = claims ? bus_json_read(decode(claims, strcspn(claims, ".\r\n")), &unused) : NULL;
	uint64_t end = bus_json_number(root, NULL, "exp");

	when[0] = '\0';
	if (end > 0 && end < (uint64_t)INT32_MAX * 4 && (int64_t)end * 1000 <= wall_clock_ms()) {
		struct text text;

		text_open_memory(&text);
		text_time(&text, (int64_t)end);
		snprintf(when, BUS_WHEN_MAX, "%.*s", (int)text.used, text.data ? text.data : "");
		text_free(&text);
	}
	yajl_tree_free(root);
	if (file)
		fclose(file);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/library.h"

#include <stdio.h>
#include <string.h>

void libraries_list(const struct library *library, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *version = library[i].version();

		printf("%s %.*s\n", library[i].name, (int)strcspn(version, " "), version);
	}
}

void libraries_tell(const char *program, const struct library *library, size_t count)
{
	printf("%s %s\n", program, STSURVEY_VERSION);
	libraries_list(library, count);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/file_name.h"

#include <stddef.h>

#include "parsers/span.h"

const char *file_name_ending(const char *path, const char *const *endings)
{
	struct span name = span_of(path);

	for (; *endings; endings++) {
		struct span ending = span_of(*endings);

		if (name.n > ending.n && span_equal_nocase(span_skip(name, name.n - ending.n), ending))
			return *endings;
	}
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/error.h"

#include <stdio.h>

#include "output/text.h"

int error_set_list(struct error *error, const char *format, va_list arguments)
{
	struct error raw;

	vsnprintf(raw.text, sizeof(raw.text), format, arguments);
	text_show(error->text, sizeof(error->text), span_of(raw.text)); /* names of files, what strangers wrote */
	return -1;
}

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_set_list(error, format, arguments);
	va_end(arguments);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	struct error before, what = *error;
	va_list arguments;

	va_start(arguments, format);
	error_set_list(&before, format, arguments);
	va_end(arguments);
	return error_set(error, "%s: %s", before.text, what.text);
}

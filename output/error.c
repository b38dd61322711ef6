#include "output/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	struct error before, what = *error;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(before.text, sizeof(before.text), format, arguments);
	va_end(arguments);
	return error_set(error, "%s: %s", before.text, what.text);
}

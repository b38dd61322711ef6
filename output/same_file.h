/* output/same_file.h - do two paths lead to one file? */
#ifndef STSURVEY_OUTPUT_SAME_FILE_H
#define STSURVEY_OUTPUT_SAME_FILE_H

#include <stdbool.h>

/* Do both exist and lead to one regular file? A device or pipe may be given twice. */
bool same_file(const char *a, const char *b);

#endif

/* output/same_file.h - one file by two names? */
#ifndef STSURVEY_OUTPUT_SAME_FILE_H
#define STSURVEY_OUTPUT_SAME_FILE_H

#include <stdbool.h>

/* Do both exist and lead to one regular file? Devices and pipes may well be given twice. */
bool same_file(const char *a, const char *b);

#endif

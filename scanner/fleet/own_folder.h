/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/own_folder.h - a folder in which we alone write: whoever else may, could have a name of ours lead to
 * any file of ours. */
#ifndef STSURVEY_SCANNER_FLEET_OWN_FOLDER_H
#define STSURVEY_SCANNER_FLEET_OWN_FOLDER_H

#include "output/error.h"

enum { OWN_FOLDER_ID_MAX = 17 }; /* octets of a folder's identity, NUL included */

/* Made if it is missing. A descriptor, or -1 with one line in @error: it is another user's, or everybody may write in
 * it. */
__attribute__((warn_unused_result)) int own_folder_open(const char *path, struct error *error);

/* What tells a folder from all others, to be kept in it: random, in lower-case hexadecimal. 0, or -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int own_folder_make_id(char id[static OWN_FOLDER_ID_MAX], struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/digest.h - SHA-256 (FIPS 180-4), in lower-case hexadecimal: which octets a message is about. */
#ifndef STSURVEY_SCANNER_FLEET_DIGEST_H
#define STSURVEY_SCANNER_FLEET_DIGEST_H

#include "output/error.h"
#include "parsers/span.h"
#include "scanner/fleet/job.h"

struct digest;

struct digest *digest_new(void); /* NULL: no memory */
void digest_add(struct digest *digest, struct span octets);
/* Frees it. False: OpenSSL had no memory. */
__attribute__((warn_unused_result)) bool digest_end(struct digest *digest, char hex[static JOB_HASH_TEXT]);

__attribute__((warn_unused_result)) bool digest_of(struct span octets, char hex[static JOB_HASH_TEXT]);

/* Of what @fd holds from its present place to its end. 0, or -1 with one line in @error, which calls it @name. */
__attribute__((warn_unused_result)) int digest_of_file(int fd, const char *name, char hex[static JOB_HASH_TEXT],
						       struct error *error);

#endif

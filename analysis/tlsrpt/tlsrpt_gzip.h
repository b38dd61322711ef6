/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_gzip.h - gzip (RFC 1952), octets in, octets out, a little at a time: what it unpacks to is
 * limited by who takes it. Several members follow each other; what follows the last and is none is left out.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_GZIP_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_GZIP_H

#include "output/error.h"
#include "parsers/span.h"

struct tlsrpt_gzip;

/* What is unpacked; -1 ends it, @error is written. */
typedef int tlsrpt_gzip_on_octets(void *arg, struct span octets, struct error *error);

/* NULL: no memory. */
struct tlsrpt_gzip *tlsrpt_gzip_new(void);
void tlsrpt_gzip_free(struct tlsrpt_gzip *gzip);

/* From the first octet on; may be called again and again. */
void tlsrpt_gzip_begin(struct tlsrpt_gzip *gzip);

/* 0, or -1 with the reason in @error: damage, or what @on_octets says. */
__attribute__((warn_unused_result)) int tlsrpt_gzip_feed(struct tlsrpt_gzip *gzip, struct span octets,
							 tlsrpt_gzip_on_octets *on_octets, void *arg,
							 struct error *error);

/* All is there: does it end where a member does? 0, or -1 with the reason. */
__attribute__((warn_unused_result)) int tlsrpt_gzip_end(const struct tlsrpt_gzip *gzip, struct error *error);

#endif

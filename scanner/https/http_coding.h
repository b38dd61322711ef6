/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/https/http_coding.h - a Content-Encoding undone as the body arrives (RFC 9110 8.4.1): gzip and deflate.
 *
 * We ask for identity; some servers compress all the same, and every sender's HTTP library reads what they send. A
 * decoder lives in the domain's arena and holds one window, so that a bomb costs time up to the body's limit and no
 * memory.
 */
#ifndef STSURVEY_SCANNER_HTTPS_HTTP_CODING_H
#define STSURVEY_SCANNER_HTTPS_HTTP_CODING_H

#include <stdbool.h>

#include "parsers/span.h"
#include "scanner/base/arena.h"

enum http_coding_kind {
	HTTP_CODING_NONE, /* no such field, identity, or a word that names no coding */
	HTTP_CODING_GZIP,
	HTTP_CODING_DEFLATE,
	HTTP_CODING_UNKNOWN, /* another one, or several */
};

/* What the value of a Content-Encoding field asks for. */
enum http_coding_kind http_coding_of(struct span field);

struct http_coding;

/* For GZIP or DEFLATE. NULL: no memory. Lives as long as @arena. */
struct http_coding *http_coding_new(struct arena *arena, enum http_coding_kind kind);

enum http_coding_result {
	HTTP_CODING_GO_ON,
	HTTP_CODING_STOPPED, /* on_octets said so */
	HTTP_CODING_BROKEN,  /* what arrives is no such stream */
	HTTP_CODING_NO_MEMORY,
};

/* Hand what @coded holds to @on_octets, in pieces; false from there stops. */
enum http_coding_result http_coding_push(struct http_coding *coding, struct span coded,
					 bool (*on_octets)(void *arg, struct span octets), void *arg);

/* Has the stream come to its own end? One of no octets at all has. */
bool http_coding_is_whole(const struct http_coding *coding);

/* Of zlib, as it runs. */
const char *http_coding_library_version(void);

#endif

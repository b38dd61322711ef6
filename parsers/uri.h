/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/uri.h - where reports are to go, and who scans: mailto (RFC 6068 2) and https (RFC 9110 4.2.2) among the URIs
 * of RFC 3986.
 */
#ifndef STSURVEY_PARSERS_URI_H
#define STSURVEY_PARSERS_URI_H

#include <stdbool.h>

#include "parsers/span.h"

enum uri_scheme { URI_MAILTO, URI_HTTPS, URI_OTHER };

struct uri {
	enum uri_scheme scheme;
	bool is_uri;   /* RFC 3986 */
	bool has_goal; /* mailto has a mail address; others have a host that can be looked up, and a port that is one */
	struct span host; /* where has_goal: the mail address's domain, or the host, as written and without its port */
};

struct uri uri_read(struct span text);

/* The octet that @text, which is not empty, begins with, percent-encoded or not (RFC 3986 2.1); it is taken off. */
char uri_take_octet(struct span *text);

/* RFC 5322 3.4.1 without white space and comments: dot-atom or quoted string, "@", domain or address literal; octets
 * may be percent-encoded, and those that are may be UTF-8. *@domain: what stands behind the @. */
bool uri_is_mail_address(struct span text, struct span *domain);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/tlsrpt_record.h - the TXT records at _smtp._tls.<domain> (RFC 8460 3).
 *
 *   record = %s"v=TLSRPTv1" 1*( delim field ) [ delim ]
 *   field  = %s"rua=" uri *( *WSP "," *WSP uri ) / ext-name "=" ext-value
 */
#ifndef STSURVEY_PARSERS_TLSRPT_RECORD_H
#define STSURVEY_PARSERS_TLSRPT_RECORD_H

#include "parsers/field.h"
#include "parsers/finding.h"
#include "parsers/span.h"
#include "parsers/uri.h"

struct tlsrpt_record {
	enum record_state state;     /* NONE, VALID, INVALID or MULTIPLE */
	struct span text;            /* the record chosen; for tlsrpt_next_rua */
	struct finding_set findings; /* 901…909. Beside VALID may stand 902 (another record was discarded),
				      * 904 and 905 (another URI is usable). */
};

extern const struct txt_kind tlsrpt_record_kind;

/* As sts_record_parse. */
void tlsrpt_record_parse(const struct span *record, size_t count, size_t unrelated, struct tlsrpt_record *result);

/* Walk the rua URIs of a valid record in order, those that no sender can use included: as written, and what they are.
 * *@at starts at 0. False at the end. */
bool tlsrpt_next_rua(const struct tlsrpt_record *record, size_t *at, struct span *text, struct uri *uri);

/* Likewise the hosts of those that senders can use, without the dot of the root. */
bool tlsrpt_next_host(const struct tlsrpt_record *record, size_t *at, struct span *host);

#endif

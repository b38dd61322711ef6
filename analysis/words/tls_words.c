/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/words/tls_words.h"

#include <stddef.h>

#include "parsers/span.h"

struct word {
	unsigned number;
	const char *words;
};

static const struct word alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 22, "record_overflow" },
	{ 40, "handshake_failure" },
	{ 47, "illegal_parameter" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 112, "unrecognized_name" },
	{ 116, "certificate_required" },
	{ 120, "no_application_protocol: it may speak HTTP/2 alone, and was asked for HTTP/1.1" },
};

const char *tls_words_of_alert(uint8_t alert)
{
	for (size_t i = 0; i < COUNT_OF(alerts); i++)
		if (alerts[i].number == alert)
			return alerts[i].words;
	return "";
}

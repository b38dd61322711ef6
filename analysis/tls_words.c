#include "analysis/tls_words.h"

#include <stddef.h>

#include "parsers/span.h"

struct word {
	unsigned number;
	const char *words;
};

static const struct word errors[] = {
	{ 2, "has an issuer that was not found" },
	{ 7, "has a wrong signature" },
	{ 9, "is not valid yet" },
	{ 10, "has expired" },
	{ 18, "is signed by itself, not by an authority" },
	{ 19, "is a root that is not trusted" },
	{ 20, "has an issuer that was neither sent nor is trusted" },
	{ 21, "could not be checked, for lack of its issuer" },
	{ 22, "is one too many in the chain" },
	{ 25, "stands too far below its authority" },
	{ 26, "is not made for web servers" },
	{ 34, "has a critical extension that nobody knows" },
	{ 47, "is outside the names its authority may sign for" },
	{ 48, "is outside the names its authority may sign for" },
	{ 66, "has a key that is too small" },
	{ 67, "has an issuer whose key is too small" },
	{ 68, "is signed with too weak a hash" },
	{ 79, "has an issuer that may not sign certificates" },
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

static const char *find(const struct word *word, size_t count, unsigned number, const char *otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (word[i].number == number)
			return word[i].words;
	return otherwise;
}

const char *tls_words_of_error(uint16_t code)
{
	return find(errors, COUNT_OF(errors), code, "is not valid");
}

const char *tls_words_of_alert(uint8_t alert)
{
	return find(alerts, COUNT_OF(alerts), alert, "");
}

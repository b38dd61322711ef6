#include "parsers/observation.h"

#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"

const char *const dns_status_names[DNS_STATUS_COUNT] = {
	[DNS_SKIPPED] = "SKIPPED",     [DNS_NOERROR] = "NOERROR",   [DNS_NXDOMAIN] = "NXDOMAIN",
	[DNS_NO_ANSWER] = "NO_ANSWER", [DNS_SERVFAIL] = "SERVFAIL", [DNS_REFUSED] = "REFUSED",
	[DNS_FORMERR] = "FORMERR",     [DNS_NOTIMP] = "NOTIMP",     [DNS_TIMEOUT] = "TIMEOUT",
	[DNS_TRUNCATED] = "TRUNCATED", [DNS_ERROR] = "ERROR",
};

const char *const connect_status_names[CONNECT_STATUS_COUNT] = {
	[CONNECT_SKIPPED] = "skipped",
	[CONNECT_SUCCESS] = "success",
	[CONNECT_REFUSED] = "connection-refused",
	[CONNECT_TIMEOUT] = "connection-timeout",
	[CONNECT_RESET] = "connection-reset",
	[CONNECT_UNREACHABLE] = "network-unreachable",
	[CONNECT_IO_TIMEOUT] = "io-timeout",
	[CONNECT_PROTOCOL_ERROR] = "protocol-error",
	[CONNECT_HANDSHAKE_ERROR] = "handshake-error",
	[CONNECT_BLOCKLISTED] = "blocklisted-target",
};

const char *const tls_version_names[TLS_VERSION_COUNT] = {
	[TLS_NONE] = "", [TLS_1_0] = "TLSv1.0", [TLS_1_1] = "TLSv1.1", [TLS_1_2] = "TLSv1.2", [TLS_1_3] = "TLSv1.3",
};

const struct txt_question_info txt_questions[TXT_QUESTIONS] = {
	[TXT_STS] = { SPAN_LITERAL("_mta-sts."), "STS", &sts_record_kind },
	[TXT_TLSRPT] = { SPAN_LITERAL("_smtp._tls."), "TLSRPT", &tlsrpt_record_kind },
};

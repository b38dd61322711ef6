/* SPDX-License-Identifier: BSD-2-Clause */
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

const char *const obs_source_names[SOURCE_COUNT] = {
	[SOURCE_NONE] = "",
	[SOURCE_RESOLVER] = "resolver",
	[SOURCE_DIRECT] = "direct",
};

const char *const obs_fall_back_names[FALL_BACK_COUNT] = {
	[FALL_BACK_NONE] = "",
	[FALL_BACK_CONFIRMED] = "confirmed",
	[FALL_BACK_UNDELEGATED] = "undelegated",
	[FALL_BACK_UNSEEN] = "unseen",
	[FALL_BACK_ADDRESSLESS] = "no-address",
	[FALL_BACK_FORBIDDEN] = "forbidden",
	[FALL_BACK_PATIENCE] = "patience",
	[FALL_BACK_TIMEOUT] = "timeout",
	[FALL_BACK_REFUSED] = "refused",
	[FALL_BACK_SERVFAIL] = "servfail",
	[FALL_BACK_RCODE] = "rcode",
	[FALL_BACK_TRUNCATED] = "truncated",
	[FALL_BACK_NOT_AUTHORITATIVE] = "not-authoritative",
	[FALL_BACK_ALIAS] = "alias",
	[FALL_BACK_FOREIGN] = "foreign-record",
	[FALL_BACK_NO_SOA] = "no-soa",
	[FALL_BACK_MALFORMED] = "malformed",
	[FALL_BACK_SPOOFED] = "spoofed",
	[FALL_BACK_UNSENT] = "unsent",
	[FALL_BACK_SECOND_PASS] = "second-pass",
	[FALL_BACK_OTHER] = "other",
};

const char *const obs_audit_kind_names[AUDIT_KIND_COUNT] = {
	[AUDIT_NONE] = "",           [AUDIT_ABSENT] = "absent", [AUDIT_DATA] = "data",
	[AUDIT_CHANGED] = "changed", [AUDIT_FAILED] = "failed",
};

const struct txt_question_info txt_questions[TXT_QUESTIONS] = {
	[TXT_STS] = { SPAN_LITERAL("_mta-sts."), "STS", &sts_record_kind },
	[TXT_TLSRPT] = { SPAN_LITERAL("_smtp._tls."), "TLSRPT", &tlsrpt_record_kind },
};

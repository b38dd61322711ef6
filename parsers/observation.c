#include "parsers/observation.h"

static const char *const dns_status_names[DNS_STATUS_COUNT] = {
	[DNS_SKIPPED] = "SKIPPED",     [DNS_NOERROR] = "NOERROR",   [DNS_NXDOMAIN] = "NXDOMAIN",
	[DNS_NO_ANSWER] = "NO_ANSWER", [DNS_SERVFAIL] = "SERVFAIL", [DNS_REFUSED] = "REFUSED",
	[DNS_FORMERR] = "FORMERR",     [DNS_NOTIMP] = "NOTIMP",     [DNS_TIMEOUT] = "TIMEOUT",
	[DNS_TRUNCATED] = "TRUNCATED", [DNS_ERROR] = "ERROR",
};

static const char *const connect_status_names[CONNECT_STATUS_COUNT] = {
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

static const char *const domain_status_names[DOMAIN_STATUS_COUNT] = {
	[DOMAIN_COMPLETE] = "complete",
	[DOMAIN_UNKNOWN] = "unknown",
	[DOMAIN_BLOCKLISTED] = "blocklisted",
	[DOMAIN_ILLEGAL_INPUT] = "illegal-input",
};

static const char *const record_state_names[RECORD_STATE_COUNT] = {
	[RECORD_NOT_ASKED] = "",      [RECORD_NONE] = "none",         [RECORD_VALID] = "valid",
	[RECORD_INVALID] = "invalid", [RECORD_MULTIPLE] = "multiple", [RECORD_UNKNOWN] = "unknown",
};

static const char *const policy_state_names[POLICY_STATE_COUNT] = {
	[POLICY_UNJUDGED] = "",
	[POLICY_VALID] = "valid",
	[POLICY_TOLERATED] = "tolerated",
	[POLICY_INVALID] = "invalid",
};

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_NO_POLICY] = "no-policy",       [VERDICT_NONE] = "none",
	[VERDICT_TESTING_OK] = "testing-ok",     [VERDICT_TESTING_FAIL] = "testing-fail",
	[VERDICT_ENFORCE_OK] = "enforce-ok",     [VERDICT_ENFORCE_PARTIAL] = "enforce-partial",
	[VERDICT_ENFORCE_FAIL] = "enforce-fail", [VERDICT_UNKNOWN] = "unknown",
};

static const char *const tls_version_names[TLS_VERSION_COUNT] = {
	[TLS_NONE] = "", [TLS_1_0] = "TLSv1.0", [TLS_1_1] = "TLSv1.1", [TLS_1_2] = "TLSv1.2", [TLS_1_3] = "TLSv1.3",
};

const struct txt_question_info txt_questions[TXT_QUESTIONS] = {
	[TXT_STS] = { SPAN_LITERAL("_mta-sts."), "STS" },
	[TXT_TLSRPT] = { SPAN_LITERAL("_smtp._tls."), "TLSRPT" },
};

const char *dns_status_name(enum dns_status status)
{
	return dns_status_names[status];
}

const char *connect_status_name(enum connect_status status)
{
	return connect_status_names[status];
}

const char *domain_status_name(enum domain_status status)
{
	return domain_status_names[status];
}

const char *record_state_name(enum record_state state)
{
	return record_state_names[state];
}

const char *policy_state_name(enum policy_state state)
{
	return policy_state_names[state];
}

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

const char *judgement_verdict_name(const struct judgement *judgement)
{
	bool asked = judgement->status != DOMAIN_BLOCKLISTED && judgement->status != DOMAIN_ILLEGAL_INPUT;

	return asked ? verdict_name(judgement->verdict) : "";
}

const char *tls_version_name(enum tls_version version)
{
	return tls_version_names[version];
}

bool obs_mx_is_null(const struct obs_mx *mx)
{
	/* RFC 7505 3: preference 0 is a SHOULD, the root name and standing alone are the mark. */
	return mx->count == 1 && mx->record[0].name.n == 0;
}

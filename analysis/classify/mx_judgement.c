/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/mx_judgement.h"

const char *const mx_state_names[MX_STATE_COUNT] = {
	[MX_NOT_ASKED] = "",      [MX_USABLE] = "usable",   [MX_FAILS] = "fails",
	[MX_PARTIAL] = "partial", [MX_UNKNOWN] = "unknown",
};

const char *const dane_state_names[DANE_STATE_COUNT] = {
	[DANE_STATE_NOT_ASKED] = "",
	[DANE_STATE_NONE] = "none",
	[DANE_STATE_INSECURE] = "insecure",
	[DANE_STATE_UNUSABLE] = "unusable",
	[DANE_STATE_VALID] = "valid",
	[DANE_STATE_INSECURE_MX] = "insecure-mx",
	[DANE_STATE_VALID_SOME] = "valid-some",
	[DANE_STATE_PARTIAL] = "partial",
	[DANE_STATE_NO_TLS] = "no-tls",
	[DANE_STATE_MISMATCH] = "mismatch",
	[DANE_STATE_BOGUS] = "bogus",
	[DANE_STATE_UNKNOWN] = "unknown",
};

const char *const result_type_names[RESULT_TYPE_COUNT] = {
	[RESULT_NONE] = "",
	[RESULT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
	[RESULT_CERTIFICATE_HOST_MISMATCH] = "certificate-host-mismatch",
	[RESULT_CERTIFICATE_EXPIRED] = "certificate-expired",
	[RESULT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
	[RESULT_VALIDATION_FAILURE] = "validation-failure",
	[RESULT_TLSA_INVALID] = "tlsa-invalid",
	[RESULT_DNSSEC_INVALID] = "dnssec-invalid",
	[RESULT_DANE_REQUIRED] = "dane-required",
	[RESULT_STS_POLICY_FETCH_ERROR] = "sts-policy-fetch-error",
	[RESULT_STS_POLICY_INVALID] = "sts-policy-invalid",
	[RESULT_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
};

const char *const delivery_names[DELIVERY_COUNT] = {
	[DELIVERY_NOT_JUDGED] = "",           [DELIVERY_DANE_OK] = "dane-ok",
	[DELIVERY_STS_OK] = "sts-ok",         [DELIVERY_TLS] = "opportunistic-tls",
	[DELIVERY_PLAINTEXT] = "plaintext",   [DELIVERY_DANE_OK_STS_FAILS] = "dane-ok-sts-fails",
	[DELIVERY_DANE_FAILS] = "dane-fails", [DELIVERY_STS_FAILS] = "sts-fails",
	[DELIVERY_NO_HOST] = "no-host",       [DELIVERY_UNKNOWN] = "unknown",
};

enum result_type result_of_finding(enum finding finding)
{
	static const struct {
		enum finding finding;
		enum result_type result;
	} table[] = {
		{ FINDING_MXTLS_NO_STARTTLS, RESULT_STARTTLS_NOT_SUPPORTED },
		{ FINDING_MXTLS_STARTTLS_REFUSED, RESULT_STARTTLS_NOT_SUPPORTED },
		{ FINDING_MXTLS_NO_EHLO, RESULT_STARTTLS_NOT_SUPPORTED },
		{ FINDING_MXTLS_NAME_MISMATCH, RESULT_CERTIFICATE_HOST_MISMATCH },
		{ FINDING_MXTLS_CN_ONLY, RESULT_CERTIFICATE_HOST_MISMATCH },
		{ FINDING_MXTLS_EXPIRED, RESULT_CERTIFICATE_EXPIRED },
		{ FINDING_MXTLS_NOT_YET_VALID, RESULT_CERTIFICATE_NOT_TRUSTED },
		{ FINDING_MXTLS_SELF_SIGNED, RESULT_CERTIFICATE_NOT_TRUSTED },
		{ FINDING_MXTLS_INCOMPLETE_CHAIN, RESULT_CERTIFICATE_NOT_TRUSTED },
		{ FINDING_MXTLS_UNTRUSTED, RESULT_CERTIFICATE_NOT_TRUSTED },
		{ FINDING_MXTLS_HANDSHAKE, RESULT_VALIDATION_FAILURE },
		{ FINDING_MXTLS_OLD_VERSION, RESULT_VALIDATION_FAILURE },
		{ FINDING_DANE_MISMATCH, RESULT_TLSA_INVALID },
		{ FINDING_DANE_BOGUS, RESULT_DNSSEC_INVALID },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].finding == finding)
			return table[i].result;
	return RESULT_NONE;
}

enum result_type result_of_component(enum component component)
{
	switch (component) {
	case COMPONENT_DNS:
	case COMPONENT_TCP:
	case COMPONENT_HTTP:
		return RESULT_STS_POLICY_FETCH_ERROR;
	case COMPONENT_TLS:
		return RESULT_STS_WEBPKI_INVALID;
	case COMPONENT_SYNTAX:
		return RESULT_STS_POLICY_INVALID;
	default:
		return RESULT_NONE;
	}
}

/* learn.microsoft.com: "How SMTP DANE works", "Enhancing mail flow with MTA-STS", the list of non-delivery reports. The
 * last two are MTA-STS's alone: MX hosts that are not in the policy, and a certificate that fails it. */
const char *mx_judgement_microsoft(const struct mx_judgement *mx)
{
	static const char *const code[RESULT_TYPE_COUNT] = {
		[RESULT_STARTTLS_NOT_SUPPORTED] = "4/5.7.321",
		[RESULT_CERTIFICATE_EXPIRED] = "4/5.7.322",
		[RESULT_TLSA_INVALID] = "4/5.7.323",
		[RESULT_DNSSEC_INVALID] = "4/5.7.324",
		[RESULT_CERTIFICATE_HOST_MISMATCH] = "4/5.7.325",
		[RESULT_VALIDATION_FAILURE] = "4.4.8/5.4.8",
		[RESULT_CERTIFICATE_NOT_TRUSTED] = "4/5.7.5",
	};
	enum result_type result = mx_judgement_result(mx);

	if (result == RESULT_VALIDATION_FAILURE && !mx->outside) /* a handshake: not documented */
		return "";
	return code[result] ? code[result] : "";
}

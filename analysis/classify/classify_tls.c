/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_tls.h"

#include "parsers/domain.h"

/* OpenSSL adds it to the others: it says something only when alone. */
enum { VERIFY_LEAF_UNVERIFIABLE = 21 };

/* X509_V_ERR_… of OpenSSL 3, by number: the file keeps numbers, and classify needs no OpenSSL. */
static const struct {
	uint16_t code;
	enum chain_fault fault;
	const char *words;
} errors[] = {
	{ 2, CHAIN_INCOMPLETE, "has an issuer that was not found" },
	{ 7, CHAIN_INVALID, "has a wrong signature" },
	{ 9, CHAIN_NOT_YET_VALID, "is not valid yet" },
	{ 10, CHAIN_EXPIRED, "has expired" },
	{ 18, CHAIN_SELF_SIGNED, "is signed by itself, not by an authority" },
	{ 19, CHAIN_UNTRUSTED_ROOT, "is a root that is not trusted" },
	{ 20, CHAIN_INCOMPLETE, "has an issuer that was neither sent nor is trusted" },
	{ VERIFY_LEAF_UNVERIFIABLE, CHAIN_INCOMPLETE, "could not be checked, for lack of its issuer" },
	{ 22, CHAIN_INVALID, "is one too many in the chain" },
	{ 25, CHAIN_INVALID, "stands too far below its authority" },
	{ 26, CHAIN_INVALID, "is not made for servers" },
	{ 34, CHAIN_INVALID, "has a critical extension that nobody knows" },
	{ 47, CHAIN_INVALID, "is outside the names its authority may sign for" },
	{ 48, CHAIN_INVALID, "is outside the names its authority may sign for" },
	{ 66, CHAIN_INVALID, "has a key that is too small" },
	{ 67, CHAIN_INVALID, "has an issuer whose key is too small" },
	{ 68, CHAIN_INVALID, "is signed with too weak a hash" },
	{ 79, CHAIN_INVALID, "has an issuer that may not sign certificates" },
};

static enum chain_fault fault_of(uint16_t code)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		if (errors[i].code == code)
			return errors[i].fault;
	return CHAIN_INVALID;
}

const char *classify_tls_words(uint16_t code)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		if (errors[i].code == code)
			return errors[i].words;
	return "is not valid";
}

unsigned classify_tls_chain(const struct obs_verify_error *error, size_t count)
{
	const unsigned explains = 1U << CHAIN_INCOMPLETE | 1U << CHAIN_SELF_SIGNED | 1U << CHAIN_UNTRUSTED_ROOT;
	unsigned faults = 0;
	bool unverifiable = false;

	for (size_t i = 0; i < count; i++) {
		if (error[i].code == VERIFY_LEAF_UNVERIFIABLE)
			unverifiable = true;
		else
			faults |= 1U << fault_of(error[i].code);
	}
	if (unverifiable && !(faults & explains))
		faults |= 1U << CHAIN_INCOMPLETE;
	return faults;
}

enum name_match classify_tls_name(const struct obs_certificate *leaf, struct span host)
{
	for (size_t i = 0; i < leaf->name_count; i++)
		if (domain_matches(leaf->name[i], host))
			return NAME_MATCHES;
	if (leaf->name_omitted > 0)
		return NAME_UNKNOWN;
	return leaf->name_count == 0 && domain_matches(leaf->common_name, host) ? NAME_CN_ONLY : NAME_DIFFERS;
}

bool classify_tls_ends_soon(const struct obs_certificate *leaf, int64_t time_ms, int64_t seconds)
{
	int64_t left = obs_time_between(time_ms / 1000, leaf->not_after);

	return left >= 0 && left <= seconds;
}

int64_t classify_tls_days(int64_t from, int64_t to)
{
	const int64_t day = 86400;
	int64_t seconds = obs_time_between(from, to);

	return seconds / day - (seconds % day < 0);
}

int64_t classify_tls_days_left(const struct obs_certificate *leaf, int64_t time_ms)
{
	return classify_tls_days(time_ms / 1000, leaf->not_after);
}

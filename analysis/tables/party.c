/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/party.h"

#include <stdio.h>
#include <string.h>

#include "analysis/attribution/attribution.h"
#include "analysis/classify/public_suffix.h"
#include "parsers/siphash.h"

enum {
	NAME_KEPT = 100, /* octets of a party's name in a file's: the rest is told apart by the hash */
	HASH_KEPT = 10,  /* octets of the hash: chance does not meet 80 bits, and malice gains a text overwritten */
};

void party_of_domain(struct party *party, const struct observation *observation, const struct classification *result)
{
	party->name = observation->name;
	contact_of(observation, result, &party->contact);
}

/* ---- by provider ---- */

static const enum attribution_role role_of[COMPONENT_COUNT] = {
	[COMPONENT_RECORD] = ROLE_RECORD,   [COMPONENT_DNS] = ROLE_POLICY_HOST,  [COMPONENT_TCP] = ROLE_POLICY_HOST,
	[COMPONENT_TLS] = ROLE_POLICY_HOST, [COMPONENT_HTTP] = ROLE_POLICY_HOST, [COMPONENT_SYNTAX] = ROLE_POLICY_HOST,
	[COMPONENT_MX] = ROLE_POLICY_HOST,
};

static void set_own(struct party *party, const struct observation *observation, const struct classification *result)
{
	party_of_domain(party, observation, result);
	party->name = public_suffix_cut(observation->name).registrable;
}

static void set_other(struct party *party, struct span name, bool is_domain)
{
	party->name = name;
	party->contact.kind = CONTACT_NONE;
	party->contact.n = 0;
	if (!is_domain || !domain_is_host(name))
		return;
	party->contact.kind = CONTACT_POSTMASTER;
	party->contact.n = domain_join(SPAN_LITERAL("postmaster@"), name, party->contact.address).n;
}

/* The first MX that fails is the one whose mail is lost. */
static void party_of_mx(struct party *party, const struct observation *o, const struct classification *result)
{
	struct span host = contact_host(o, result, contact_finding(result)), registrable;
	const struct provider *provider = provider_find(host, PROVIDER_MAIL);

	registrable = public_suffix_cut(host).registrable;
	if (host.n == 0 || span_equal_nocase(registrable, public_suffix_cut(o->name).registrable))
		set_own(party, o, result);
	else if (provider)
		set_other(party, span_of(provider->name), false);
	else
		set_other(party, registrable, true);
}

void party_of_provider(struct party *party, const struct observation *observation, const struct classification *result)
{
	enum component component = result->judgement.component;
	const struct attributed *attributed;
	struct attribution attribution;

	if (component == COMPONENT_MXTLS) {
		party_of_mx(party, observation, result);
		return;
	}
	attribution_of(observation, result, &attribution);
	attributed = &attribution.role[role_of[component]];
	if (attributed->way == ATTRIBUTION_PROVIDER)
		set_other(party, attributed->name, false);
	else if (attributed->way == ATTRIBUTION_SHARED)
		set_other(party, attributed->name, true);
	else
		set_own(party, observation, result);
}

/* ---- a file's name ---- */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '-' || c == '_' || c == '.';
}

void party_file_name(struct span name, char file[static PARTY_FILE_NAME_MAX])
{
	static const uint8_t key[SIPHASH_KEY_OCTETS]; /* known: the names are the same each time */
	uint8_t hash[SIPHASH_LONG_OCTETS];
	size_t n = 0;
	bool same = name.n > 0 && name.n <= NAME_KEPT;

	for (size_t i = 0; i < name.n && n < NAME_KEPT; i++) {
		char c = ascii_lower(name.p[i]);
		bool plain = is_plain(c) &&
			     (n > 0 || (c != '.' && c != '-')); /* no hidden file, no option of a program */

		same = same && plain && c == name.p[i];
		if (plain || (n > 0 && file[n - 1] != '-'))
			file[n++] = plain ? c : '-';
	}
	if (n == 0) {
		memcpy(file, "none", 4);
		n = 4;
	}
	if (!same) {
		siphash_long(key, name, hash);
		file[n++] = '-';
		for (size_t i = 0; i < HASH_KEPT; i++, n += 2)
			snprintf(file + n, PARTY_FILE_NAME_MAX - n, "%02x", hash[i]);
	}
	memcpy(file + n, ".txt", sizeof(".txt"));
}

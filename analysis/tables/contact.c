/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/contact.h"

#include "analysis/classify/public_suffix.h"
#include "analysis/words/sentence.h"

const char *const contact_kind_names[CONTACT_KIND_COUNT] = {
	[CONTACT_NONE] = "none",
	[CONTACT_POSTMASTER] = "postmaster",
	[CONTACT_TLSRPT] = "tlsrpt",
};

/* ---- the address ---- */

/* More is allowed, and means something to a shell, a spreadsheet or a mail program that is handed it. */
static bool is_plain_local(struct span local)
{
	if (local.n == 0 || local.n > CONTACT_LOCAL_MAX || !ascii_is_alnum(local.p[0]))
		return false;
	for (size_t i = 0; i < local.n; i++)
		if (!ascii_is_alnum(local.p[i]) && (local.p[i] == '\0' || !strchr("-._+=", local.p[i])))
			return false;
	return true;
}

/* The address of a mailto URI, without percent-encoding and what follows it, in @room; empty where it is longer. */
static struct span address_of(struct span uri, char room[static CONTACT_ADDRESS_MAX])
{
	struct span rest = span_skip(uri, span_find(uri, 0, ':') + 1);
	size_t n = 0;

	while (rest.n > 0 && rest.p[0] != '?' && rest.p[0] != '#') {
		if (n == CONTACT_ADDRESS_MAX)
			return (struct span){ room, 0 };
		room[n++] = uri_take_octet(&rest);
	}
	return (struct span){ room, n };
}

/* May it be written to about @domain? */
static bool is_own(struct span address, struct span domain, bool has_mail)
{
	size_t at = span_find(address, 0, '@');
	struct span host;

	if (at >= address.n || !is_plain_local((struct span){ address.p, at }))
		return false;
	host = span_skip(address, at + 1);
	return domain_is_host(host) && (has_mail || !span_equal_nocase(host, domain)) &&
	       span_equal_nocase(public_suffix_cut(host).registrable, public_suffix_cut(domain).registrable);
}

static bool find_tlsrpt(const struct observation *o, const struct classification *result, bool has_mail,
			struct contact *contact)
{
	struct span text;
	struct uri uri;
	size_t at = 0;

	if (result->judgement.record[TXT_TLSRPT] != RECORD_VALID)
		return false;
	while (tlsrpt_next_rua(&result->tlsrpt, &at, &text, &uri)) {
		struct span address;

		if (uri.scheme != URI_MAILTO || !uri.has_goal)
			continue;
		address = address_of(text, contact->address);
		contact->n = address.n;
		if (is_own(address, o->name, has_mail))
			return true;
	}
	return false;
}

void contact_of(const struct observation *observation, const struct classification *result, struct contact *contact)
{
	const struct obs_mx *mx = &observation->mx;
	/* what could not be found out may be there */
	bool has_mail = obs_mx_has_hosts(mx) || (mx->count == 0 && !dns_status_is_answer(mx->answer.status));

	contact->kind = CONTACT_TLSRPT;
	if (find_tlsrpt(observation, result, has_mail, contact))
		return;
	contact->n = 0;
	contact->kind = has_mail && domain_is_name(observation->name) ? CONTACT_POSTMASTER : CONTACT_NONE;
	if (contact->kind == CONTACT_POSTMASTER)
		contact->n = domain_join(SPAN_LITERAL("postmaster@"), observation->name, contact->address).n;
}

/* ---- the advice ---- */

enum finding contact_finding(const struct classification *result)
{
	const struct finding_set *set = &result->judgement.findings;
	enum finding finding = finding_first(set, SEVERITY_ERROR, result->judgement.component);

	return finding < FINDING_COUNT ? finding : finding_first(set, SEVERITY_ERROR, COMPONENT_NONE);
}

struct span contact_host(const struct observation *observation, const struct classification *result,
			 enum finding finding)
{
	for (size_t i = 0; observation->mx.host && i < observation->mx.count; i++)
		if (finding_has(&result->mx[i].findings, finding))
			return observation->mx.record[i].name;
	return SPAN_LITERAL("");
}

void contact_put_advice(struct text *out, const struct observation *observation, const struct classification *result)
{
	enum finding finding = contact_finding(result);

	if (finding == FINDING_COUNT)
		return;
	sentence_put(out, finding_table[finding].fix,
		     &(struct sentence_about){ .domain = observation->name,
					       .host = contact_host(observation, result, finding) });
}

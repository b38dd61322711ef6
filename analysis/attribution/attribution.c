/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/attribution/attribution.h"

#include "analysis/classify/public_suffix.h"
#include "parsers/domain.h"

const char *const attribution_role_names[ROLE_COUNT] = {
	[ROLE_MAILBOX] = "mailbox", [ROLE_FILTER] = "filter",           [ROLE_FORWARDING] = "forwarding",
	[ROLE_RECORD] = "record",   [ROLE_POLICY_HOST] = "policy-host", [ROLE_PLATFORM] = "platform",
	[ROLE_DNS] = "dns",         [ROLE_REPORTS] = "reports",         [ROLE_MX] = "mx",
};

const char *const managed_names[MANAGED_COUNT] = {
	[MANAGED_SELF] = "self",
	[MANAGED_THIRD_PARTY] = "third-party",
	[MANAGED_UNCLASSIFIED] = "unclassified",
};

static const struct attributed nobody = { .name = { ATTRIBUTION_NAME_NONE, sizeof(ATTRIBUTION_NAME_NONE) - 1 } };
static const struct attributed unknown = { .way = ATTRIBUTION_UNKNOWN,
					   .name = { ATTRIBUTION_NAME_UNKNOWN, sizeof(ATTRIBUTION_NAME_UNKNOWN) - 1 } };
static const struct attributed self = { .way = ATTRIBUTION_SELF,
					.name = { ATTRIBUTION_NAME_SELF, sizeof(ATTRIBUTION_NAME_SELF) - 1 } };

enum { RUA_MAX = 16 }; /* hosts of one TLSRPT record that are looked at; two are usual */

/* The domain itself. */
struct owner {
	struct span name, registrable;
};

static struct span without_root(struct span host)
{
	return (struct span){ host.p, host.n - span_ends_with(host, SPAN_LITERAL(".")) };
}

/* The list is slow to ask; most names need no question. */
static bool is_own_registrable(const struct owner *owner, struct span host, struct span registrable)
{
	return span_equal_nocase(host, owner->name) || span_equal_nocase(registrable, owner->registrable);
}

static bool is_own(const struct owner *owner, struct span host)
{
	return span_equal_nocase(host, owner->name) ||
	       is_own_registrable(owner, host, public_suffix_cut(host).registrable);
}

static struct attributed of_provider(const struct provider *provider, enum attribution_way way)
{
	return (struct attributed){ way, span_of(provider->name), provider };
}

/* By the name alone. Below a suffix of the public list's private section each user has names of his own: a platform. */
static struct attributed of_stranger(struct span host, struct span registrable)
{
	struct span registered = domain_is_ipv4(host) ? host : public_suffix_registered(host);
	bool split = registered.n < registrable.n;

	return (struct attributed){ split ? ATTRIBUTION_PLATFORM : ATTRIBUTION_SHARED, registered, NULL };
}

static struct attributed of_host(const struct owner *owner, struct span host)
{
	struct span registrable = public_suffix_cut(host).registrable;

	return is_own_registrable(owner, host, registrable) ? self : of_stranger(host, registrable);
}

/* The first of @count names, own ones aside, that is known as one of @kinds. */
static const struct provider *first_known(const struct owner *owner, const struct span *host, size_t count,
					  unsigned kinds)
{
	const struct provider *found = NULL;

	for (size_t i = 0; i < count && !found; i++) {
		found = provider_find(host[i], kinds);
		if (found && is_own(owner, without_root(host[i])))
			found = NULL;
	}
	return found;
}

/* ---- aliases: the record, the policy host ---- */

/* Mail servers, filters and the like have policies of customers, too, and machines that customers rent: what their name
 * says of who writes it is what any name says. */
static struct attributed of_chain(const struct owner *owner, const struct obs_answer *answer)
{
	const struct provider *known = first_known(owner, answer->cname, answer->cname_count, PROVIDER_POLICY);

	if (known)
		return of_provider(known,
				   known->kind == PROVIDER_PLATFORM ? ATTRIBUTION_PLATFORM : ATTRIBUTION_PROVIDER);
	known = first_known(owner, answer->cname, answer->cname_count, PROVIDER_BIT(PROVIDER_REPORTS));
	if (known)
		return of_provider(known, ATTRIBUTION_PROVIDER);
	known = first_known(owner, answer->cname, answer->cname_count, PROVIDER_MAIL);
	if (known)
		return of_provider(known, ATTRIBUTION_SHARED);
	return of_host(owner, obs_cname_end(answer));
}

static struct attributed record_of(const struct owner *owner, const struct observation *observation,
				   const struct classification *result)
{
	const struct obs_answer *answer = &observation->txt[TXT_STS].answer;

	if (answer->cname_count > 0)
		return of_chain(owner, answer);
	if (judgement_has_record(&result->judgement, TXT_STS))
		return self;
	return dns_status_is_answer(answer->status) ? nobody : unknown;
}

static struct attributed policy_host_of(const struct owner *owner, const struct obs_policy *policy)
{
	const struct obs_answer *chain = obs_policy_chain(policy);

	if (chain->cname_count > 0)
		return of_chain(owner, chain);
	if (policy->address_count > 0)
		return self;
	return dns_status_is_answer(policy->a.status) && dns_status_is_answer(policy->aaaa.status) ? nobody : unknown;
}

/* ---- mail ---- */

/* What is behind a filter, where another MX shows it. */
static struct attributed behind(const struct owner *owner, const struct obs_mx *mx)
{
	for (size_t i = 1; i < mx->count; i++) {
		const struct provider *known = provider_find(mx->record[i].name, PROVIDER_MAIL);

		if (is_own(owner, mx->record[i].name))
			return self;
		if (known && known->kind == PROVIDER_MAILBOX)
			return of_provider(known, ATTRIBUTION_PROVIDER);
	}
	return unknown;
}

/* The root is no host. p NULL: none has a name. */
static struct span first_host(const struct obs_mx *mx)
{
	struct span host = { NULL, 0 };

	for (size_t i = 0; i < mx->count && host.n == 0; i++)
		host = mx->record[i].name;
	return host;
}

static void attribute_mail(const struct owner *owner, const struct obs_mx *mx, struct attributed *role)
{
	const struct attributed missing = dns_status_is_answer(mx->answer.status) ? nobody : unknown;
	const struct span host = first_host(mx), registrable = public_suffix_cut(host).registrable;
	const struct provider *known;

	role[ROLE_MAILBOX] = role[ROLE_MX] = missing;
	role[ROLE_FILTER] = role[ROLE_FORWARDING] = missing;
	if (host.n == 0)
		return;
	role[ROLE_FILTER] = role[ROLE_FORWARDING] = nobody;
	role[ROLE_MAILBOX] = role[ROLE_MX] = self;
	if (is_own_registrable(owner, host, registrable))
		return;
	known = provider_find(host, PROVIDER_MAIL);
	role[ROLE_MAILBOX] = known ? of_provider(known, ATTRIBUTION_PROVIDER) : of_stranger(host, registrable);
	role[ROLE_MX] = (struct attributed){ role[ROLE_MAILBOX].way, registrable, known };
	if (known && known->kind != PROVIDER_MAILBOX) {
		role[known->kind == PROVIDER_FILTER ? ROLE_FILTER : ROLE_FORWARDING] = role[ROLE_MAILBOX];
		role[ROLE_MAILBOX] = behind(owner, mx);
	}
}

/* ---- name servers, reports ---- */

static struct attributed of_set(const struct owner *owner, const struct span *host, size_t count, unsigned kinds)
{
	const struct provider *known = first_known(owner, host, count, kinds);

	if (known)
		return of_provider(known, ATTRIBUTION_PROVIDER);
	for (size_t i = 0; i < count; i++) {
		struct attributed one = of_host(owner, without_root(host[i]));

		if (one.way != ATTRIBUTION_SELF)
			return one;
	}
	return self;
}

static struct attributed dns_of(const struct owner *owner, const struct obs_ns *ns)
{
	return ns->count > 0 ? of_set(owner, ns->name, ns->count, PROVIDER_BIT(PROVIDER_DNS)) : unknown;
}

static struct attributed reports_of(const struct owner *owner, const struct classification *result)
{
	struct span host[RUA_MAX];
	size_t count = 0, at = 0;

	if (result->judgement.record[TXT_TLSRPT] == RECORD_UNKNOWN ||
	    result->judgement.record[TXT_TLSRPT] == RECORD_NOT_ASKED)
		return unknown;
	if (result->judgement.record[TXT_TLSRPT] != RECORD_VALID)
		return nobody;
	while (count < RUA_MAX && tlsrpt_next_host(&result->tlsrpt, &at, &host[count]))
		count++;
	return count > 0 ? of_set(owner, host, count,
				  PROVIDER_BIT(PROVIDER_REPORTS) | PROVIDER_BIT(PROVIDER_POLICY_HOSTING))
			 : nobody;
}

static struct owner owner_of(const struct observation *observation)
{
	return (struct owner){ observation->name, public_suffix_cut(observation->name).registrable };
}

void attribution_of_mail(const struct observation *observation, struct attribution *attribution)
{
	struct owner owner = owner_of(observation);

	attribute_mail(&owner, &observation->mx, attribution->role);
}

void attribution_of(const struct observation *observation, const struct classification *result,
		    struct attribution *attribution)
{
	struct owner owner = owner_of(observation);
	struct attributed *role = attribution->role;

	if (observation->input == INPUT_ILLEGAL) { /* a line that is no name owns nothing */
		for (unsigned r = 0; r < ROLE_COUNT; r++)
			role[r] = unknown;
		return;
	}
	attribute_mail(&owner, &observation->mx, role);
	role[ROLE_RECORD] = record_of(&owner, observation, result);
	role[ROLE_POLICY_HOST] = policy_host_of(&owner, &observation->policy);
	role[ROLE_PLATFORM] = role[ROLE_POLICY_HOST].way == ATTRIBUTION_PLATFORM ||
					      role[ROLE_POLICY_HOST].way == ATTRIBUTION_UNKNOWN
				      ? role[ROLE_POLICY_HOST]
				      : nobody;
	role[ROLE_DNS] = dns_of(&owner, &observation->ns);
	role[ROLE_REPORTS] = reports_of(&owner, result);
}

bool attribution_is_same(const struct attributed *a, const struct attributed *b)
{
	const struct provider *one = a->provider, *other = b->provider;

	if (one && other)
		return one->number == other->number;
	return !one && !other && span_equal_nocase(a->name, b->name);
}

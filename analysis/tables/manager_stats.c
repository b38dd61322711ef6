/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/manager_stats.h"

#include "analysis/tables/counts.h"

const char *const orphan_names[ORPHAN_COUNT] = {
	[ORPHAN_USABLE] = "usable",
	[ORPHAN_TARGET_GONE] = "target-gone",
	[ORPHAN_HTTP_403_404] = "http-403-404",
	[ORPHAN_NAME] = "certificate-without-name",
	[ORPHAN_OTHER] = "other",
};

const char *const parties_names[PARTIES_COUNT] = {
	[PARTIES_SELF] = "self",
	[PARTIES_SAME] = "same-provider",
	[PARTIES_DIFFERENT] = "different-provider",
	[PARTIES_UNKNOWN] = "unknown",
};

const unsigned manager_largest[MANAGER_LARGEST] = { 1, 5, 10 };

uint64_t manager_stats_with(const struct manager_stats *stats, unsigned role)
{
	return stats->domains - stats->way[role][ATTRIBUTION_NONE].domains;
}

uint64_t manager_stats_known(const struct manager_stats *stats, unsigned role)
{
	return manager_stats_with(stats, role) - stats->way[role][ATTRIBUTION_UNKNOWN].domains;
}

void manager_stats_init(struct manager_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		provider_list_init(&stats->list[r], PROVIDER_LIST_MAX);
}

void manager_stats_fini(struct manager_stats *stats)
{
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		provider_list_fini(&stats->list[r]);
}

/* ---- one domain ---- */

/* A domain on its way through the roles. */
struct domain {
	const struct observation *observation;
	const struct classification *result;
	struct text *rows;
	unsigned cell; /* of its MX */
	bool sts;      /* it has an STS record */
	bool broken;
};

static void add_count(struct manager_count *count, const struct domain *domain)
{
	count->domains++;
	count->misconfigured += domain->broken;
}

/* What is told by who manages the role. */
static void add_managed(struct manager_stats *stats, enum attribution_role role, bool sts, uint32_t cell,
			enum managed managed)
{
	stats->managed[role][managed] += sts;
	if (role == ROLE_POLICY_HOST)
		stats->component[managed][cell]++;
	else if (role == ROLE_MX && cell < HOST_STATS_CELLS)
		stats->reason[managed][cell]++;
}

/* One row of all that is to be told of a role by others. */
static void put_row(const struct domain *domain, enum attribution_role role, uint32_t cell, unsigned flags,
		    struct span key)
{
	struct share share = {
		.administrator = flags & SHARING_MANAGED ? sharing_administrator(domain->observation, domain->result)
							 : 0,
		.cell = cell,
		.role = (uint8_t)role,
		.flags = (uint8_t)(flags | (domain->broken ? SHARING_BROKEN : 0)),
		.key = key,
	};

	if (domain->rows)
		sharing_row(domain->rows, &share);
}

/* A site on a platform is its owner's, be it behind many names; one that serves the same policy to the domains of
 * strangers is a service. */
static bool put_site(const struct domain *domain, uint32_t cell)
{
	const struct obs_http *http = &domain->observation->policy.http;
	struct span host = obs_cname_end(obs_policy_chain(&domain->observation->policy));
	char key[SHARING_KEY_MAX];

	if (!domain->rows || http->body.n == 0 || http->status != 200 || host.n > sizeof(key) - 33)
		return false;
	memcpy(key, host.p, host.n);
	key[host.n] = '\0'; /* no name has one */
	memcpy(key + host.n + 1, http->body_sha256, sizeof(http->body_sha256));
	put_row(domain, ROLE_POLICY_HOST, cell, SHARING_MANAGED | SHARING_OWNED,
		(struct span){ key, host.n + 1 + sizeof(http->body_sha256) });
	return true;
}

/* Cells of rows say whether the domain has a record, in the lowest bit. */
static void add_role(struct manager_stats *stats, const struct domain *domain, enum attribution_role role,
		     const struct attributed *attributed, uint32_t cell)
{
	bool listed = domain->sts && attributed->way > ATTRIBUTION_SELF && !attributed->provider;
	uint32_t row_cell = cell << 1 | domain->sts;
	unsigned flags = attributed->way == ATTRIBUTION_SHARED ? SHARING_MANAGED : 0;
	bool put = false;

	/* a name of its own beside a provider that is known: the MX's registrable domain */
	if (role == ROLE_MX && attributed->way == ATTRIBUTION_PROVIDER)
		listed = domain->sts;
	else if (domain->sts && attributed->way <= ATTRIBUTION_SELF)
		add_count(&stats->way[role][attributed->way], domain);
	else if (domain->sts && attributed->provider)
		add_count(&stats->known[role][attributed->provider->number], domain);
	flags |= listed ? SHARING_NAMED : 0;
	if (flags && domain->rows)
		put_row(domain, role, row_cell, flags, attributed->name);
	if (role == ROLE_POLICY_HOST && attributed->way == ATTRIBUTION_PLATFORM)
		put = put_site(domain, row_cell);
	if (!(flags & SHARING_MANAGED) && !put && attributed->way > ATTRIBUTION_UNKNOWN)
		add_managed(stats, role, domain->sts, cell, attribution_managed(attributed));
}

static enum orphan orphan_of(const struct domain *domain)
{
	const struct obs_policy *policy = &domain->observation->policy;
	const struct finding_set *findings = &domain->result->judgement.findings;
	enum component component = domain->result->judgement.component;

	if (classification_usable(domain->result))
		return ORPHAN_USABLE;
	if (finding_has(findings, FINDING_POLICY_DNS_DANGLING_CNAME) ||
	    finding_has(findings, FINDING_POLICY_DNS_NODATA))
		return ORPHAN_TARGET_GONE;
	if (component == COMPONENT_HTTP && (policy->http.status == 403 || policy->http.status == 404))
		return ORPHAN_HTTP_403_404;
	if (component == COMPONENT_TLS && finding_has(findings, FINDING_POLICY_TLS_NAME_MISMATCH))
		return ORPHAN_NAME;
	return ORPHAN_OTHER;
}

static enum parties parties_of(const struct attribution *attribution)
{
	const struct attributed *host = &attribution->role[ROLE_POLICY_HOST], *mx = &attribution->role[ROLE_MX];

	if (!attribution_is_known(host) || !attribution_is_known(mx))
		return PARTIES_UNKNOWN;
	if (!attribution_is_same(host, mx))
		return PARTIES_DIFFERENT;
	return host->way == ATTRIBUTION_SELF ? PARTIES_SELF : PARTIES_SAME;
}

void manager_stats_add(struct manager_stats *stats, const struct observation *observation,
		       const struct classification *result, unsigned cell, struct text *rows)
{
	struct domain domain = { observation,
				 result,
				 rows,
				 cell,
				 judgement_has_record(&result->judgement, TXT_STS),
				 classification_misconfigured(result) };
	struct attribution attribution;

	if (!domain.sts && cell == HOST_STATS_CELLS)
		return;
	if (domain.sts)
		attribution_of(observation, result, &attribution);
	else
		attribution_of_mail(observation, &attribution);
	add_role(stats, &domain, ROLE_MX, &attribution.role[ROLE_MX], cell);
	if (!domain.sts)
		return;
	stats->domains++;
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		if (r != ROLE_MX)
			add_role(stats, &domain, (enum attribution_role)r, &attribution.role[r],
				 r == ROLE_POLICY_HOST ? result->judgement.component : 0);
	if (attribution.role[ROLE_POLICY_HOST].provider)
		stats->orphan[attribution.role[ROLE_POLICY_HOST].provider->number][orphan_of(&domain)]++;
	if (classification_usable(result) && result->mx_compared)
		stats->inconsistency[parties_of(&attribution)][result->mx_kind]++;
}

void manager_stats_merge(struct manager_stats *into, const struct manager_stats *from)
{
	counts_add(into->component, from->component, sizeof(into->component));
	counts_add(into->reason, from->reason, sizeof(into->reason));
	counts_add(into->managed, from->managed, sizeof(into->managed));
	counts_add(into->way, from->way, sizeof(into->way));
	counts_add(into->known, from->known, sizeof(into->known));
	counts_add(into->orphan, from->orphan, sizeof(into->orphan));
	counts_add(into->inconsistency, from->inconsistency, sizeof(into->inconsistency));
	into->domains += from->domains;
}

/* ---- behind the last ---- */

static void on_share(void *arg, const struct share *share, enum managed managed)
{
	add_managed(arg, (enum attribution_role)share->role, share->cell & 1, share->cell >> 1, managed);
}

static bool on_name(void *arg, enum attribution_role role, struct span name, uint64_t domains, uint64_t broken)
{
	struct manager_stats *stats = arg;

	return provider_list_add(&stats->list[role], name, domains, broken);
}

static int add_known(struct manager_stats *stats, struct error *error)
{
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		for (unsigned p = 0; p < provider_count(); p++)
			if (!provider_list_add(&stats->list[r], span_of(provider_name(p)), stats->known[r][p].domains,
					       stats->known[r][p].misconfigured))
				return error_set(error, "no memory to count providers");
	return 0;
}

int manager_stats_finish(struct manager_stats *stats, struct sharing *sharing, const struct sharing_limits *limits,
			 struct error *error)
{
	struct sharing_answers answers = { on_share, on_name, stats };

	if (add_known(stats, error) < 0 || (sharing && sharing_finish(sharing, limits, &answers, error) < 0))
		return -1;
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		provider_list_sort(&stats->list[r]);
	return 0;
}

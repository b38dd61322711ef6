/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/manager_tables.h"

#include "analysis/tables/host_tables.h"

#define ALL "all"

static const char *name_of(unsigned managed)
{
	return managed == MANAGED_COUNT ? ALL : managed_names[managed];
}

void manager_tables_components(struct csv *csv, const struct stats *stats)
{
	const struct manager_stats *managers = &stats->managers;

	for (unsigned m = 0; m <= MANAGED_COUNT; m++) {
		uint64_t part[COMPONENT_COUNT], of = 0;

		for (unsigned c = COMPONENT_RECORD; c <= COMPONENT_UNKNOWN; c++) {
			part[c] = manager_stats_part(m, managers->component[MANAGED_SELF][c],
						     managers->component[MANAGED_THIRD_PARTY][c], stats->component[c]);
			of += part[c];
		}
		for (unsigned c = COMPONENT_RECORD; c <= COMPONENT_UNKNOWN; c++) {
			csv_string(csv, name_of(m));
			csv_string(csv, component_names[c]);
			csv_share_row(csv, part[c], of);
		}
	}
}

void manager_tables_mx_tls(struct csv *csv, const struct stats *stats)
{
	const struct manager_stats *managers = &stats->managers;

	for (unsigned m = 0; m <= MANAGED_COUNT; m++) {
		uint64_t part[HOST_STATS_CELLS];

		for (unsigned c = 0; c < HOST_STATS_CELLS; c++)
			part[c] = manager_stats_part(m, managers->reason[MANAGED_SELF][c],
						     managers->reason[MANAGED_THIRD_PARTY][c], stats->hosts.reason[c]);
		host_tables_mx_tls(csv, name_of(m), part);
	}
}

/* ---- providers ---- */

static void provider_row(struct csv *csv, unsigned role, struct span name, uint64_t domains, uint64_t misconfigured)
{
	if (domains == 0)
		return;
	csv_string(csv, attribution_role_names[role]);
	csv_text(csv, name);
	csv_uint(csv, domains);
	csv_uint(csv, misconfigured);
	csv_end(csv);
}

void manager_tables_providers(struct csv *csv, const struct stats *stats)
{
	static const char *const names[ATTRIBUTION_SELF + 1] = {
		[ATTRIBUTION_NONE] = ATTRIBUTION_NAME_NONE,
		[ATTRIBUTION_UNKNOWN] = ATTRIBUTION_NAME_UNKNOWN,
		[ATTRIBUTION_SELF] = ATTRIBUTION_NAME_SELF,
	};

	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		const struct provider_list *list = &stats->managers.list[r];

		for (unsigned w = ATTRIBUTION_SELF + 1; w-- > 0;)
			provider_row(csv, r, span_of(names[w]), stats->managers.way[r][w].domains,
				     stats->managers.way[r][w].misconfigured);
		for (size_t i = 0; i < list->count; i++)
			provider_row(csv, r, list->entry[i].name, list->entry[i].domains, list->entry[i].misconfigured);
		provider_row(csv, r, SPAN_LITERAL(TALLY_OTHER), list->other_domains, list->other_misconfigured);
	}
}

void manager_tables_managed(struct csv *csv, const struct stats *stats)
{
	const struct manager_stats *managers = &stats->managers;

	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		uint64_t all = manager_stats_with(managers, r);

		for (unsigned m = 0; m < MANAGED_COUNT; m++) {
			csv_string(csv, attribution_role_names[r]);
			csv_string(csv, managed_names[m]);
			csv_share_row(csv,
				      manager_stats_part(m, managers->managed[r][MANAGED_SELF],
							 managers->managed[r][MANAGED_THIRD_PARTY], all),
				      all);
		}
	}
}

void manager_tables_inconsistency(struct csv *csv, const struct stats *stats)
{
	for (unsigned p = 0; p < PARTIES_COUNT; p++) {
		const uint64_t *domains = stats->managers.inconsistency[p];
		uint64_t of = 0;

		for (unsigned k = 0; k < MX_KIND_COUNT; k++)
			of += domains[k];
		for (unsigned k = 0; k < MX_KIND_COUNT; k++) {
			csv_string(csv, parties_names[p]);
			csv_string(csv, mx_kind_names[k]);
			csv_share_row(csv, domains[k], of);
		}
	}
}

void manager_tables_orphans(struct csv *csv, const struct stats *stats)
{
	for (unsigned p = 0; p < provider_count(); p++) {
		const uint64_t *domains = stats->managers.orphan[p];
		uint64_t of = 0;

		for (unsigned o = 0; o < ORPHAN_COUNT; o++)
			of += domains[o];
		for (unsigned o = 0; o < ORPHAN_COUNT && of > 0; o++) {
			csv_string(csv, provider_name(p));
			csv_string(csv, orphan_names[o]);
			csv_share_row(csv, domains[o], of);
		}
	}
}

void manager_tables_concentration(struct csv *csv, const struct stats *stats)
{
	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		for (size_t l = 0; l < MANAGER_LARGEST; l++) {
			csv_string(csv, attribution_role_names[r]);
			csv_uint(csv, manager_largest[l]);
			csv_share_row(csv, provider_list_largest(&stats->managers.list[r], manager_largest[l]),
				      manager_stats_known(&stats->managers, r));
		}
	}
}

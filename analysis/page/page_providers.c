/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

#include <stdio.h>

#define KEY "<span class=\"key\"></span> misconfigured, <span class=\"key b\"></span> in order or unknown"

static void put_provider(struct html *html, struct span name, uint64_t domains, uint64_t wrong)
{
	const double part[] = { (double)wrong, (double)(domains - wrong) };

	html_name_begin(html);
	html_text(html, name);
	html_name_end(html);
	html_cell_number(html, domains);
	html_cell_count(html, wrong, domains);
	html_bar(html, part, COUNT_OF(part));
}

/* The domain itself, where it does it, and the largest providers. */
static void put_role(struct html *html, const struct manager_stats *managers, enum attribution_role role,
		     const char *what)
{
	const struct provider_list *list = &managers->list[role];
	const struct manager_count *self = &managers->way[role][ATTRIBUTION_SELF];
	uint64_t most = self->domains;
	char caption[256];

	if (list->count > 0 && list->entry[0].domains > most)
		most = list->entry[0].domains;
	if (most == 0)
		return;
	snprintf(caption, sizeof(caption), "%s <code>%s</code>, in domains: " KEY ".", what,
		 attribution_role_names[role]);
	html_chart(html, caption, "provider|#domains|#misconfigured", HTML_COUNTS, (double)most);
	if (self->domains > 0)
		put_provider(html, SPAN_LITERAL(ATTRIBUTION_NAME_SELF), self->domains, self->misconfigured);
	for (size_t i = 0; i < list->count && i < PAGE_PROVIDERS_MAX; i++)
		put_provider(html, list->entry[i].name, list->entry[i].domains, list->entry[i].misconfigured);
}

static void put_concentration(struct html *html, const struct manager_stats *managers)
{
	html_table(
		html,
		"How much the largest providers have of the domains whose provider is known, <code>self</code> among "
		"them.",
		"part|#domains|#largest|#5 largest|#10 largest");
	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		uint64_t of = manager_stats_known(managers, r);

		if (of == 0)
			continue;
		html_row(html);
		text_printf(html->out, "<th scope=\"row\"><code>%s</code></th>", attribution_role_names[r]);
		html_cell_number(html, of);
		for (size_t l = 0; l < MANAGER_LARGEST; l++)
			html_cell_count(html, provider_list_largest(&managers->list[r], manager_largest[l]), of);
	}
}

void page_providers(struct page *page)
{
	static const struct {
		enum attribution_role role;
		const char *what;
	} shown[] = {
		{ ROLE_POLICY_HOST, "Policy hosts" }, { ROLE_MAILBOX, "Mailboxes" }, { ROLE_FILTER, "Mail filters" },
		{ ROLE_MX, "The most preferred MX" }, { ROLE_DNS, "Name servers" },  { ROLE_REPORTS, "Reports" },
	};
	const struct manager_stats *managers = &page->scan->stats.managers;

	html_paragraph(&page->html, "Of the domains with an MTA-STS record: the largest providers of each part, by "
				    "name where it is known and "
				    "else by registrable domain (Public Suffix List); <code>self</code> is the "
				    "domain&#39;s own. Behind a mail "
				    "filter the mailboxes do not show. The share of the misconfigured is of the "
				    "line&#39;s domains. Record, "
				    "forwarding and platforms, and all others, are in the table.");
	for (size_t i = 0; i < COUNT_OF(shown); i++)
		put_role(&page->html, managers, shown[i].role, shown[i].what);
	page_data(page, "providers");
	put_concentration(&page->html, managers);
	page_data(page, "concentration");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Who manages what: the domain itself, or a third party. */
#include "analysis/page/page.h"

#include "analysis/attribution/provider.h"

#define PARTS_KEY                                                                                                      \
	"<span class=\"key\"></span> self, <span class=\"key b\"></span> third party, <span class=\"key c\"></span> "  \
	"unclassified"

static const char *const role_labels[ROLE_COUNT] = {
	[ROLE_MAILBOX] = "mailboxes",
	[ROLE_FILTER] = "mail filter in front of them",
	[ROLE_FORWARDING] = "mail forwarding",
	[ROLE_RECORD] = "the record at _mta-sts",
	[ROLE_POLICY_HOST] = "the policy host",
	[ROLE_PLATFORM] = "policy on a platform for pages",
	[ROLE_DNS] = "name servers",
	[ROLE_REPORTS] = "reports (TLSRPT)",
	[ROLE_MX] = "the most preferred MX",
};

static void begin_row(struct html *html, const char *label, const char *code)
{
	html_name_begin(html);
	html_string(html, label);
	text_printf(html->out, " <code>%s</code>", code);
	html_name_end(html);
}

/* ---- does it matter? ---- */

/* Domains of one kind of manager whose component is from @from to @to. */
static uint64_t components(const struct stats *stats, unsigned managed, unsigned from, unsigned to)
{
	const struct manager_stats *managers = &stats->managers;
	uint64_t sum = 0;

	for (unsigned c = from; c <= to; c++)
		sum += manager_stats_part(managed, managers->component[MANAGED_SELF][c],
					  managers->component[MANAGED_THIRD_PARTY][c], stats->component[c]);
	return sum;
}

static void put_faults(struct html *html, const struct stats *stats)
{
	static const char *const label[MANAGED_COUNT] = {
		[MANAGED_SELF] = "the domain itself",
		[MANAGED_THIRD_PARTY] = "a third party",
		[MANAGED_UNCLASSIFIED] = "does not show",
	};
	double share[MANAGED_COUNT], most = 0;
	uint64_t wrong[MANAGED_COUNT], of[MANAGED_COUNT];

	for (unsigned m = 0; m < MANAGED_COUNT; m++) {
		wrong[m] = components(stats, m, COMPONENT_RECORD, COMPONENT_MXTLS);
		of[m] = wrong[m] + components(stats, m, COMPONENT_OK, COMPONENT_OK);
		share[m] = html_ratio(wrong[m], of[m]);
		most = share[m] > most ? share[m] : most;
	}
	html_chart(html,
		   "Misconfigured domains by who manages the policy host. Shares are of those of the line of which it "
		   "is known "
		   "whether they are in order.",
		   "managed by|#domains|#misconfigured", HTML_SHARES, most);
	for (unsigned m = 0; m < MANAGED_COUNT; m++) {
		begin_row(html, label[m], managed_names[m]);
		html_cell_number(html, of[m]);
		html_cell_count(html, wrong[m], of[m]);
		html_bar(html, &share[m], 1);
	}
}

/* ---- role by role ---- */

static void put_roles(struct html *html, const struct manager_stats *managers)
{
	html_chart(html,
		   "Domains with an MTA-STS record, by who manages a part of theirs, where they have it: " PARTS_KEY
		   ".",
		   "part|#self|#third party|#unclassified", HTML_COUNTS, (double)managers->domains);
	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		const uint64_t all = manager_stats_with(managers, r), self = managers->managed[r][MANAGED_SELF];
		const uint64_t third = managers->managed[r][MANAGED_THIRD_PARTY];
		const double part[] = { (double)self, (double)third, (double)(all - self - third) };

		begin_row(html, role_labels[r], attribution_role_names[r]);
		html_cell_number(html, self);
		html_cell_number(html, third);
		html_cell_number(html, all - self - third);
		html_bar(html, part, COUNT_OF(part));
	}
}

/* ---- two parties to be kept in step ---- */

static void put_parties(struct html *html, const struct manager_stats *managers)
{
	static const char *const label[PARTIES_COUNT] = {
		[PARTIES_SELF] = "the domain runs both",
		[PARTIES_SAME] = "one provider runs both",
		[PARTIES_DIFFERENT] = "two parties run them",
		[PARTIES_UNKNOWN] = "one of them is not known",
	};
	double share[PARTIES_COUNT], most = 0;
	uint64_t of[PARTIES_COUNT] = { 0 };

	for (unsigned p = 0; p < PARTIES_COUNT; p++) {
		for (unsigned k = 0; k < MX_KIND_COUNT; k++)
			of[p] += managers->inconsistency[p][k];
		share[p] = html_ratio(of[p] - managers->inconsistency[p][MX_KIND_MATCH], of[p]);
		most = share[p] > most ? share[p] : most;
	}
	html_chart(html,
		   "Usable policies that leave out an MX, by who runs policy host and MX. Shares are of the line&#39;s "
		   "domains.",
		   "run by|#domains|#with such an MX", HTML_SHARES, most);
	for (unsigned p = 0; p < PARTIES_COUNT; p++) {
		begin_row(html, label[p], parties_names[p]);
		html_cell_number(html, of[p]);
		html_cell_count(html, of[p] - managers->inconsistency[p][MX_KIND_MATCH], of[p]);
		html_bar(html, &share[p], 1);
	}
}

/* ---- delegations that one side has given up ---- */

static uint64_t given_up(const uint64_t orphan[static ORPHAN_COUNT])
{
	return orphan[ORPHAN_TARGET_GONE] + orphan[ORPHAN_HTTP_403_404] + orphan[ORPHAN_NAME];
}

/* The most that is less than @n; 0: there is none. */
static uint64_t next_below(const struct manager_stats *managers, uint64_t n)
{
	uint64_t next = 0;

	for (unsigned p = 0; p < provider_count(); p++) {
		uint64_t domains = given_up(managers->orphan[p]);

		next = domains < n && domains > next ? domains : next;
	}
	return next;
}

static void put_orphan(struct html *html, unsigned provider, const uint64_t orphan[static ORPHAN_COUNT])
{
	static const enum orphan shown[] = { ORPHAN_TARGET_GONE, ORPHAN_HTTP_403_404, ORPHAN_NAME };
	double part[COUNT_OF(shown)];

	html_name_begin(html);
	html_string(html, provider_name(provider));
	html_name_end(html);
	for (size_t i = 0; i < COUNT_OF(shown); i++) {
		part[i] = (double)orphan[shown[i]];
		html_cell_number(html, orphan[shown[i]]);
	}
	html_bar(html, part, COUNT_OF(part));
}

static void put_orphans(struct html *html, const struct manager_stats *managers)
{
	uint64_t most = 0, left = PAGE_PROVIDERS_MAX;

	for (unsigned p = 0; p < provider_count(); p++)
		most = given_up(managers->orphan[p]) > most ? given_up(managers->orphan[p]) : most;
	if (most == 0) {
		html_paragraph(html, "No policy host is an alias that its provider has given up.");
		return;
	}
	html_chart(html,
		   "Policy hosts that are aliases to a provider who has no policy for the domain any more: "
		   "<span class=\"key\"></span> no address, <span class=\"key b\"></span> HTTP 403 or 404, "
		   "<span class=\"key c\"></span> no certificate with the name.",
		   "provider|#no address|#403, 404|#certificate", HTML_COUNTS, (double)most);
	for (uint64_t n = most; n > 0 && left > 0; n = next_below(managers, n))
		for (unsigned p = 0; p < provider_count() && left > 0; p++)
			if (given_up(managers->orphan[p]) == n) {
				put_orphan(html, p, managers->orphan[p]);
				left--;
			}
}

void page_managed(struct page *page)
{
	const struct stats *stats = &page->scan->stats;
	struct html *html = &page->html;

	text_printf(html->out,
		    "<p>A part is managed by the domain itself where its host is in the domain&#39;s own name, or in "
		    "one that at "
		    "most %u administrators share; by a third party where its host is a known provider&#39;s, or in a "
		    "name that "
		    "at least %u domains share. What is on a platform for pages the domain&#39;s owner has put there. "
		    "The rest is "
		    "unclassified.</p>\n",
		    page->limits.self_at_most, page->limits.third_party_at);
	put_faults(html, stats);
	page_data(page, "components");
	put_roles(html, &stats->managers);
	page_data(page, "managed");
	put_parties(html, &stats->managers);
	page_data(page, "inconsistency");
	put_orphans(html, &stats->managers);
	page_data(page, "orphans");
}

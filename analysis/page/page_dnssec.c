/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

/* Domains whose MX answer was so, with or without a record at @question. */
static uint64_t domains_of(const struct dnssec_stats *stats, enum txt_question question, enum dnssec_ad mx,
			   bool has_record)
{
	uint64_t sum = 0;

	for (unsigned ad = 0; ad < DNSSEC_AD_COUNT; ad++)
		for (unsigned state = 0; state < RECORD_STATE_COUNT; state++)
			for (unsigned dane = 0; dane < DANE_STATE_COUNT; dane++)
				if (!has_record || (state >= RECORD_VALID && state <= RECORD_MULTIPLE))
					sum += stats->domains[question][ad][mx][state][dane];
	return sum;
}

void page_dnssec(struct page *page)
{
	static const char *const label[DNSSEC_AD_COUNT] = {
		[DNSSEC_NOT_ASKED] = "not asked",
		[DNSSEC_SECURE] = "signed: the resolver vouches for the answer",
		[DNSSEC_INSECURE] = "not signed, or nobody vouches for it",
		[DNSSEC_BOGUS] = "signed, and the signature is wrong",
		[DNSSEC_UNKNOWN] = "not found out",
	};
	static const enum dnssec_ad order[] = { DNSSEC_SECURE, DNSSEC_INSECURE, DNSSEC_BOGUS, DNSSEC_UNKNOWN,
						DNSSEC_NOT_ASKED };
	const struct dnssec_stats *stats = &page->scan->stats.dnssec;
	struct html *html = &page->html;

	html_table(html,
		   "DNSSEC of the MX answer (the AD bit, which is worth as much as the resolver), and how many domains "
		   "have "
		   "a record. Shares are of the line&#39;s domains.",
		   "MX answer|#domains|#MTA-STS|#share|#TLSRPT|#share");
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		uint64_t of = domains_of(stats, TXT_STS, order[i], false);
		uint64_t sts = domains_of(stats, TXT_STS, order[i], true);
		uint64_t tlsrpt = domains_of(stats, TXT_TLSRPT, order[i], true);

		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s</th>", label[order[i]]);
		html_cell_number(html, of);
		html_cell_number(html, sts);
		html_cell_share(html, sts, of);
		html_cell_number(html, tlsrpt);
		html_cell_share(html, tlsrpt, of);
	}
	page_data(page, "dnssec");
}

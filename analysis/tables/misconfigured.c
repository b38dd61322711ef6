/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/misconfigured.h"

#include "analysis/lines/domain_csv.h"
#include "analysis/tables/contact.h"

static const char columns[] = "domain,component,findings,verdict,contact,contact_kind,advice";

void misconfigured_header(struct csv *csv, struct label_columns *labels, const struct scan_headers *headers)
{
	label_columns_init(labels, headers, columns);
	csv_header_begin(csv, columns);
	label_columns_names(csv, labels);
	csv_header_end(csv);
}

void misconfigured_row(struct csv *csv, const struct label_columns *labels, const struct observation *observation,
		       const struct classification *result)
{
	struct contact contact;
	struct text advice;

	contact_of(observation, result, &contact);
	text_open_memory(&advice);
	contact_put_advice(&advice, observation, result);
	csv_text(csv, observation->name);
	csv_string(csv, component_names[result->judgement.component]);
	domain_csv_findings(csv, &result->judgement.findings);
	csv_string(csv, verdict_names[result->judgement.verdict]);
	csv_text(csv, (struct span){ contact.address, contact.n });
	csv_string(csv, contact_kind_names[contact.kind]);
	csv_text(csv, (struct span){ advice.data, advice.used });
	label_columns_values(csv, labels, observation);
	csv_end(csv);
	if (text_failed(&advice) && !text_failed(csv->out))
		csv->out->error = advice.error;
	text_free(&advice);
}

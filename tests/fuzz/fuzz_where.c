/* SPDX-License-Identifier: BSD-2-Clause */
/* An expression of `export --where`. What is taken is asked of a domain, and says the opposite within not ( ). */
#include "analysis/lines/where.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scan_headers headers = { .label = { SPAN_LITERAL("registrar") }, .label_count = 1 };
	static const struct obs_label label[] = { { SPAN_LITERAL("registrar"), SPAN_LITERAL("r") } };
	static const struct obs_mx_record mx[] = { { 10, SPAN_LITERAL("mx.example.com") } };
	static struct domain_columns columns;
	static struct where where;
	struct observation observation = { .name = SPAN_LITERAL("example.com"),
					   .mx = { { .status = DNS_NOERROR }, mx, 1, 0 },
					   .label = label,
					   .label_count = 1 };
	struct span text = { (const char *)data, size };
	struct classification result;
	struct error error = { .text = "" };
	char opposite[WHERE_TEXT_MAX + 8];
	bool holds;
	int n;

	domain_columns_init(&columns, &headers);
	if (where_parse(&where, text, &columns, &error) < 0) {
		FUZZ_CHECK(error.text[0] != '\0');
		return 0;
	}
	FUZZ_CHECK(where.count > 0 && where.root < where.count);
	classify(&observation, &result);
	holds = where_holds(&where, &observation, &result);
	n = snprintf(opposite, sizeof(opposite), "not(%.*s)", (int)text.n, text.p);
	/* it may be too long or too deep now */
	if (!memchr(text.p, '\0', text.n) &&
	    where_parse(&where, (struct span){ opposite, (size_t)n }, &columns, &error) == 0)
		FUZZ_CHECK(where_holds(&where, &observation, &result) != holds);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analysis/tables/dnssec_stats.h"
#include "tests/analysis/facts.h"

/* What a name server of the domain says nobody has validated, whatever its AD: it is no unsigned zone. */
static void each_answer_is_counted_as_what_is_known_of_it(void **state)
{
	static const struct {
		const char *facts;
		enum dnssec_ad sts, mx;
	} cases[] = {
		{ "", DNSSEC_INSECURE, DNSSEC_INSECURE },
		{ "mx-ad", DNSSEC_INSECURE, DNSSEC_SECURE },
		{ "source MX direct", DNSSEC_INSECURE, DNSSEC_NOT_ASKED },
		{ "source MX direct\nmx-ad", DNSSEC_INSECURE, DNSSEC_NOT_ASKED },
		{ "source MX direct\nsource STS direct\nsts -", DNSSEC_NOT_ASKED, DNSSEC_NOT_ASKED },
		{ "mx NXDOMAIN\nsts SKIPPED", DNSSEC_NOT_ASKED, DNSSEC_INSECURE },
		{ "mx SERVFAIL\nmx-bogus\nsts TIMEOUT", DNSSEC_UNKNOWN, DNSSEC_BOGUS },
	};
	static struct dnssec_stats stats;
	static struct classification result;
	static struct facts facts;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		facts_make(&facts, cases[i].facts);
		classify(&facts.observation, &result);
		memset(&stats, 0, sizeof(stats));
		dnssec_stats_add(&stats, &facts.observation, &result);
		if (stats.domains[TXT_STS][cases[i].sts][cases[i].mx][result.judgement.record[TXT_STS]][result.dane] !=
		    1)
			fail_msg("%s", cases[i].facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_is_counted_as_what_is_known_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

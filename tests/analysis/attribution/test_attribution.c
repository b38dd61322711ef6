/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/attribution/attribution.h"
#include "tests/analysis/facts.h"

static void attribute(const char *lines, struct attribution *attribution)
{
	static struct facts facts;
	static struct classification result;

	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	attribution_of(&facts.observation, &result, attribution);
}

static void who_has_which_role(void **state)
{
	static const struct {
		const char *facts;
		enum attribution_role role;
		enum managed managed; /* without looking at others */
		const char *name;
	} table[] = {
		{ "", ROLE_MAILBOX, MANAGED_SELF, "self" },
		{ "", ROLE_FILTER, MANAGED_UNCLASSIFIED, "(none)" },
		{ "", ROLE_RECORD, MANAGED_SELF, "self" },
		{ "", ROLE_POLICY_HOST, MANAGED_SELF, "self" },
		{ "", ROLE_PLATFORM, MANAGED_UNCLASSIFIED, "(none)" },
		{ "", ROLE_DNS, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "", ROLE_REPORTS, MANAGED_SELF, "self" },
		{ "", ROLE_MX, MANAGED_SELF, "self" },
		{ "input illegal\nname no name", ROLE_MX, MANAGED_UNCLASSIFIED, "(unknown)" },

		/* the most preferred MX */
		{ "mx 10 a.ab-v1.mx.microsoft", ROLE_MAILBOX, MANAGED_THIRD_PARTY, "Microsoft 365" },
		{ "mx 10 a.ab-v1.mx.microsoft", ROLE_MX, MANAGED_THIRD_PARTY, "mx.microsoft" },
		{ "mx 10 mx.provider.net\nmx 20 aspmx.l.google.com", ROLE_MAILBOX, MANAGED_UNCLASSIFIED,
		  "provider.net" },
		{ "mx 10 mx.provider.net", ROLE_MX, MANAGED_UNCLASSIFIED, "provider.net" },
		{ "mx -", ROLE_MX, MANAGED_UNCLASSIFIED, "(none)" },
		{ "mx 0 .", ROLE_MAILBOX, MANAGED_UNCLASSIFIED, "(none)" },
		{ "mx 0 .\nmx 10 mx.provider.net", ROLE_MX, MANAGED_UNCLASSIFIED, "provider.net" },
		{ "mx TIMEOUT", ROLE_MX, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "mx TIMEOUT", ROLE_FILTER, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "name google.com\nmx 10 smtp.google.com", ROLE_MAILBOX, MANAGED_SELF, "self" },
		/* a filter is no mailbox */
		{ "mx 10 mx1.pphosted.com\nmx 10 mx2.pphosted.com", ROLE_FILTER, MANAGED_THIRD_PARTY, "Proofpoint" },
		{ "mx 10 mx1.pphosted.com\nmx 10 mx2.pphosted.com", ROLE_MAILBOX, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "mx 10 mx1.pphosted.com\nmx 20 x.mail.protection.outlook.com", ROLE_MAILBOX, MANAGED_THIRD_PARTY,
		  "Microsoft 365" },
		{ "mx 10 mx1.pphosted.com\nmx 20 mail.example.com", ROLE_MAILBOX, MANAGED_SELF, "self" },
		{ "mx 10 mx1.pphosted.com\nmx 20 mx.provider.net", ROLE_MAILBOX, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "mx 10 mx1.pphosted.com", ROLE_FORWARDING, MANAGED_UNCLASSIFIED, "(none)" },
		{ "mx 10 route1.mx.cloudflare.net", ROLE_FORWARDING, MANAGED_THIRD_PARTY, "Cloudflare Email Routing" },
		{ "mx 10 route1.mx.cloudflare.net", ROLE_MAILBOX, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "mx 10 mx.evilpphosted.com", ROLE_MAILBOX, MANAGED_UNCLASSIFIED, "evilpphosted.com" },

		/* record and policy host are two roles */
		{ "sts-cname _mta-sts.mx.cloudflare.net\na-cname mine.workers.dev", ROLE_RECORD, MANAGED_THIRD_PARTY,
		  "Cloudflare Email Routing" },
		{ "sts-cname _mta-sts.mx.cloudflare.net\na-cname mine.workers.dev", ROLE_POLICY_HOST, MANAGED_SELF,
		  "Cloudflare Workers" },
		{ "a-cname mine.workers.dev", ROLE_PLATFORM, MANAGED_SELF, "Cloudflare Workers" },
		{ "a-cname x.github.io", ROLE_PLATFORM, MANAGED_SELF, "GitHub Pages" },
		{ "a-cname y.github.io", ROLE_PLATFORM, MANAGED_SELF, "GitHub Pages" },
		{ "a-cname x.web.app", ROLE_PLATFORM, MANAGED_SELF, "web.app" }, /* the list's private section */
		{ "a-cname alice.github.io\nname alice.github.io", ROLE_POLICY_HOST, MANAGED_SELF, "self" },
		/* first and last of a chain differ */
		{ "a-cname D_mta_sts.easydmarc.pro\na-cname mta.easydmarc.com\na-cname d1.provider.net",
		  ROLE_POLICY_HOST, MANAGED_THIRD_PARTY, "EasyDMARC" },
		{ "a-cname sts.example.com\na-cname d.mta-sts.mailhardener.com", ROLE_POLICY_HOST, MANAGED_THIRD_PARTY,
		  "Mailhardener" },
		{ "a-cname a.provider.net\na-cname b.other.org", ROLE_POLICY_HOST, MANAGED_UNCLASSIFIED, "other.org" },
		{ "aaaa-cname a.provider.co.uk", ROLE_POLICY_HOST, MANAGED_UNCLASSIFIED, "provider.co.uk" },
		{ "a-cname sts.example.com", ROLE_POLICY_HOST, MANAGED_SELF, "self" },
		{ "a-cname mta.dmarcian.com", ROLE_POLICY_HOST, MANAGED_THIRD_PARTY, "dmarcian" },
		/* a machine of a mail host's may be rented */
		{ "a-cname vps1.ovh.net", ROLE_POLICY_HOST, MANAGED_UNCLASSIFIED, "OVHcloud" },
		{ "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0", ROLE_POLICY_HOST, MANAGED_UNCLASSIFIED, "(none)" },
		{ "a SERVFAIL\naddresses 0", ROLE_POLICY_HOST, MANAGED_UNCLASSIFIED, "(unknown)" },
		{ "a NXDOMAIN\na-cname d.mta-sts.tech\naddresses 0", ROLE_POLICY_HOST, MANAGED_THIRD_PARTY,
		  "PowerDMARC" },
		{ "sts NXDOMAIN", ROLE_RECORD, MANAGED_UNCLASSIFIED, "(none)" },
		{ "sts SERVFAIL", ROLE_RECORD, MANAGED_UNCLASSIFIED, "(unknown)" },

		{ "ns ns-1.awsdns-00.com\nns ns-2.awsdns-01.co.uk", ROLE_DNS, MANAGED_THIRD_PARTY, "Amazon Route 53" },
		{ "ns a.provider.net\nns b.provider.net", ROLE_DNS, MANAGED_UNCLASSIFIED, "provider.net" },
		{ "ns ns1.example.com\nns b.provider.net", ROLE_DNS, MANAGED_UNCLASSIFIED, "provider.net" },
		{ "ns ns1.example.com\nns ns2.example.com", ROLE_DNS, MANAGED_SELF, "self" },

		/* all rua */
		{ "rpt v=TLSRPTv1; rua=mailto:a@example.com,mailto:b@tls.us.dmarcian.com", ROLE_REPORTS,
		  MANAGED_THIRD_PARTY, "dmarcian" },
		{ "rpt v=TLSRPTv1; rua=https://r.provider.co.uk./x,mailto:a@example.com", ROLE_REPORTS,
		  MANAGED_UNCLASSIFIED, "provider.co.uk" },
		{ "rpt NXDOMAIN", ROLE_REPORTS, MANAGED_UNCLASSIFIED, "(none)" },
		{ "rpt TIMEOUT", ROLE_REPORTS, MANAGED_UNCLASSIFIED, "(unknown)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct attribution got;
		const struct attributed *one = &got.role[table[i].role];

		attribute(table[i].facts, &got);
		if (!span_equal(one->name, span_of(table[i].name)) || attribution_managed(one) != table[i].managed)
			fail_msg("%zu: %s: %s: got %.*s, %s", i, table[i].facts, attribution_role_names[table[i].role],
				 (int)one->name.n, one->name.p, managed_names[attribution_managed(one)]);
	}
}

static void one_party_or_two(void **state)
{
	static const struct {
		const char *facts;
		bool same;
	} table[] = {
		{ "", true },
		{ "mx 10 mail.tutanota.de\na-cname mta-sts.tutanota.de", true },
		{ "mx 10 mx.provider.net\na-cname sts.provider.net", true },
		{ "mx 10 mx.provider.net\na-cname sts.provider.org", false },
		{ "mx 10 aspmx.l.google.com\na-cname d.mta-sts.tech", false },
		{ "mx 10 aspmx.l.google.com", false },
		{ "mx 10 mx1.emailsrvr.com\na-cname x.emailsrvr.com", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct attribution got;

		attribute(table[i].facts, &got);
		if (attribution_is_same(&got.role[ROLE_MX], &got.role[ROLE_POLICY_HOST]) != table[i].same)
			fail_msg("%s", table[i].facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_which_role),
		cmocka_unit_test(one_party_or_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

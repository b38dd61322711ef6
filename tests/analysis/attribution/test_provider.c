/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/attribution/provider.h"

enum { DNS = PROVIDER_BIT(PROVIDER_DNS), REPORTS = PROVIDER_BIT(PROVIDER_REPORTS), ANY = ~0u };

static void longest_suffix_on_label_boundaries(void **state)
{
	static const struct {
		const char *host;
		unsigned kinds;
		const char *name; /* NULL: nobody known */
	} table[] = {
		{ "mx0a-00000001.pphosted.com", ANY, "Proofpoint" },
		{ "pphosted.com", ANY, "Proofpoint" },
		{ "MX0A.PPHosted.Com.", ANY, "Proofpoint" },
		{ "evilpphosted.com", ANY, NULL },
		{ "mx.evilpphosted.com", ANY, NULL },
		{ "pphosted.com.example.net", ANY, NULL },
		{ "com", ANY, NULL },
		{ "", ANY, NULL },
		{ ".", ANY, NULL },
		{ "a..pphosted.com", ANY, "Proofpoint" },
		/* one platform, however the public list cuts it */
		{ "x.github.io", PROVIDER_POLICY, "GitHub Pages" },
		{ "y.github.io", PROVIDER_POLICY, "GitHub Pages" },
		{ "a.ab-v1.mx.microsoft", ANY, "Microsoft 365" },
		{ "example-com.mail.protection.outlook.com", ANY, "Microsoft 365" },
		{ "eur.olc.protection.outlook.com", ANY, "Outlook.com (consumer)" },
		{ "protection.outlook.com", ANY, "Microsoft (other)" },
		{ "aspmx.l.google.com", ANY, "Google Workspace" },
		{ "alt1.gmail-smtp-in.l.google.com", ANY, "Gmail (consumer)" },
		{ "www123.your-server.de", PROVIDER_MAIL, "Hetzner webhosting" },
		/* a star is one part of one label */
		{ "ns-1.awsdns-00.com", DNS, "Amazon Route 53" },
		{ "ns-513.awsdns-00.net", DNS, "Amazon Route 53" },
		{ "ns-1024.awsdns-63.org", DNS, "Amazon Route 53" },
		{ "NS-2000.AWSDNS-58.CO.UK", DNS, "Amazon Route 53" },
		{ "ns-1.awsdns-.com", DNS, NULL },
		{ "ns-1.awsdns-00.de", DNS, NULL },
		{ "ns-1.xawsdns-00.com", DNS, NULL },
		{ "inbound-smtp.eu-west-1.amazonaws.com", PROVIDER_MAIL, "Amazon SES (inbound)" },
		{ "inbound-smtp.a.b.amazonaws.com", PROVIDER_MAIL, NULL },
		{ "ec2-1-2-3-4.eu-west-1.amazonaws.com", PROVIDER_MAIL, NULL },
		/* one suffix, another service for another question */
		{ "eforward1.registrar-servers.com", PROVIDER_MAIL, "Namecheap mail forwarding" },
		{ "dns1.registrar-servers.com", DNS, "Namecheap" },
		{ "dns1.registrar-servers.com", REPORTS, NULL },
		{ "mta.easydmarc.com", PROVIDER_POLICY, "EasyDMARC" },
		{ "example_com_mta_sts.easydmarc.pro", PROVIDER_POLICY, "EasyDMARC" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct provider *got = provider_find(span_of(table[i].host), table[i].kinds);

		if (!got != !table[i].name || (got && strcmp(got->name, table[i].name) != 0))
			fail_msg("%s: got %s", table[i].host, got ? got->name : "nobody");
	}
}

/* A name of 253 octets, all of them labels. */
static void long_names_end(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	memcpy(text + 240, ".pphosted.com", 13);
	text[253] = 'a';
	assert_non_null(provider_find((struct span){ text, 253 }, ANY));
	assert_null(provider_find((struct span){ text, 255 }, ANY));
}

/* Every suffix is found by itself: the order of the table is the one it is searched in. */
static void every_row_is_found(void **state)
{
	char line[4096], *suffix, *save;
	FILE *file = fopen("datasets/providers.csv", "r");
	unsigned rows = 0;

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		char host[256], *star;
		const struct provider *got;

		suffix = strtok_r(line, ",", &save);
		snprintf(host, sizeof(host), "host.%s", suffix);
		star = strchr(host, '*');
		if (star)
			*star = '7';
		got = provider_find(span_of(host), ANY);
		if (!got || strcmp(got->suffix, suffix) != 0)
			fail_msg("%s: got %s", suffix, got ? got->suffix : "nothing");
		assert_string_equal(provider_name(got->number), got->name);
		assert_true(got->number < provider_count());
		rows++;
	}
	fclose(file);
	assert_true(rows > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_suffix_on_label_boundaries),
		cmocka_unit_test(long_names_end),
		cmocka_unit_test(every_row_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

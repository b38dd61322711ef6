/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom to write to about a domain, and what it is told to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/words/sentence.h"
#include "analysis/tables/contact.h"
#include "analysis/tables/evidence.h"
#include "analysis/tables/party.h"
#include "tests/analysis/facts.h"

static void the_address_is_the_domains_own(void **state)
{
	static const struct {
		const char *facts, *kind, *address;
	} rows[] = {
		{ "", "tlsrpt", "reports@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:tls@Reports.Example.COM", "tlsrpt", "tls@Reports.Example.COM" },
		/* a service of others reads for machines */
		{ "rpt v=TLSRPTv1; rua=mailto:x@tlsrpt.service.example", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:x@notexample.com", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=https://example.com/x", "postmaster", "postmaster@example.com" },
		/* the first that is its own */
		{ "rpt v=TLSRPTv1; rua=mailto:x@service.example,https://example.com/x,mailto:a@example.com", "tlsrpt",
		  "a@example.com" },
		/* percent-encoding is taken away before anything is believed */
		{ "rpt v=TLSRPTv1; rua=mailto:tls%2Brpt@example.com", "tlsrpt", "tls+rpt@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:tls@example.c%6Fm?subject=x", "tlsrpt", "tls@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:a@example.com%0d%0aBcc:b@example.com", "postmaster",
		  "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:a%2Cb@example.com", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:-rf@example.com", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:$(id)@example.com", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:%22a%22@example.com", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1; rua=mailto:a%00@example.com", "postmaster", "postmaster@example.com" },
		/* customers of one platform are not one another */
		{ "name alice.github.io\nrpt v=TLSRPTv1; rua=mailto:a@bob.github.io", "postmaster",
		  "postmaster@alice.github.io" },
		{ "name x.co.uk\nrpt v=TLSRPTv1; rua=mailto:a@y.co.uk", "postmaster", "postmaster@x.co.uk" },
		{ "name mail.x.co.uk\nrpt v=TLSRPTv1; rua=mailto:a@x.co.uk", "tlsrpt", "a@x.co.uk" },
		/* what is no usable record says nothing */
		{ "rpt -", "postmaster", "postmaster@example.com" },
		{ "rpt v=TLSRPTv1;", "postmaster", "postmaster@example.com" },
		/* without mail nothing can be delivered; to another name it can */
		{ "mx 0 .", "none", "" },
		{ "mx -", "none", "" },
		{ "mx NXDOMAIN", "none", "" },
		{ "mx 0 .\nrpt v=TLSRPTv1; rua=mailto:a@mail.example.com", "tlsrpt", "a@mail.example.com" },
		{ "mx SERVFAIL\nrpt -", "postmaster", "postmaster@example.com" }, /* it may have some */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct facts facts;
		struct classification result;
		struct contact contact;

		facts_make(&facts, rows[i].facts);
		classify(&facts.observation, &result);
		contact_of(&facts.observation, &result, &contact);
		if (strcmp(contact_kind_names[contact.kind], rows[i].kind) != 0 ||
		    !span_equal((struct span){ contact.address, contact.n }, span_of(rows[i].address)))
			fail_msg("%s: got %s %.*s", rows[i].facts, contact_kind_names[contact.kind], (int)contact.n,
				 contact.address);
	}
}

/* An address of as many octets as there may be, and of one more. */
static void long_addresses_are_bounded(void **state)
{
	(void)state;
	for (unsigned over = 0; over < 2; over++) {
		static struct facts facts;
		char lines[512], local[CONTACT_LOCAL_MAX + 2] = { 0 };
		struct classification result;
		struct contact contact;

		memset(local, 'a', CONTACT_LOCAL_MAX + over);
		snprintf(lines, sizeof(lines), "rpt v=TLSRPTv1; rua=mailto:%s@example.com", local);
		facts_make(&facts, lines);
		classify(&facts.observation, &result);
		contact_of(&facts.observation, &result, &contact);
		assert_int_equal(contact.kind, over ? CONTACT_POSTMASTER : CONTACT_TLSRPT);
	}
}

static void the_advice_names_what_it_is_about(void **state)
{
	static const struct {
		const char *facts, *advice;
	} rows[] = {
		{ "http 404", "Serve the policy at https://mta-sts.example.com/.well-known/mta-sts.txt." },
		{ "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped",
		  "Publish an A or AAAA record for mta-sts.example.com that leads to the web server with the policy." },
		{ "connect connection-refused",
		  "Start a web server on port 443 of mta-sts.example.com, or open the port in the firewall." },
		{ "body version: STSv1|mode: enforce|max_age: 86400|",
		  "Add one mx line for each mail server of the domain." },
		/* a mail server is called by its name */
		{ "host\nchain-verify 10", "Renew mail.example.com's certificate, install it with its current "
					   "intermediates, and automate the renewal." },
		{ "mx 10 a.example.com\nmx 20 b.example.com\nbody version: STSv1|mode: enforce|max_age: 86400|mx: "
		  "*.example.com|\nhost\nhost-san a.example.com\nhost\nhost-san b.example.com\nehlo 250 x|\nends ehlo "
		  "success 250",
		  "Turn on STARTTLS on the mail server b.example.com." },
		{ "", "" }, /* nothing breaks */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct facts facts;
		struct classification result;
		struct text text;

		facts_make(&facts, rows[i].facts);
		classify(&facts.observation, &result);
		text_open_memory(&text);
		contact_put_advice(&text, &facts.observation, &result);
		text_char(&text, '\0');
		assert_string_equal(text.data, rows[i].advice);
		text_free(&text);
	}
}

static void the_evidence_is_what_was_seen(void **state)
{
	static const struct {
		const char *facts, *evidence;
	} rows[] = {
		{ "sts v=STSv1;", "TXT at _mta-sts.example.com: \"v=STSv1;\"" },
		{ "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped",
		  "mta-sts.example.com: A NXDOMAIN, AAAA NXDOMAIN" },
		{ "connect connection-refused\na-cname h.hoster.example",
		  "mta-sts.example.com, which is an alias of h.hoster.example: A NOERROR, AAAA NO_ANSWER: 192.0.2.1: "
		  "connection-refused" },
		{ "connect handshake-error\nverify 10\nsan \033[2J.example",
		  "mta-sts.example.com: name-mismatch; its certificate has expired; the certificate is for "
		  "\\x1b[2J.example, "
		  "valid to 2027-03-16T08:00:00Z, issued by CN=Test CA" },
		{ "http 404", "https://mta-sts.example.com/.well-known/mta-sts.txt: status 404, 67 octets" },
		{ "body version: STSv1|max_age: 86400|mx: \033[2J|",
		  "the policy of mta-sts.example.com: \"version: STSv1 | max_age: 86400 | mx: \\x1b[2J\"" },
		{ "body ", "the policy of mta-sts.example.com: \"\"" },
		{ "mx 10 a.example\nmx 20 b.example\nmx 30 c.example\nmx 40 d.example\nmx 50 e.example\nmx 60 "
		  "f.example",
		  "the mail servers are a.example, b.example, c.example, d.example, e.example and 1 more; the policy "
		  "lists mail.example.com" },
		{ "host\nchain-verify 10",
		  "mail.example.com: mxtls-expired; TLSv1.3; its certificate has expired; the certificate is for "
		  "mail.example.com, valid to 2027-03-16T08:00:00Z, issued by CN=Test CA" },
		{ "host\nends starttls success 554",
		  "mail.example.com: mxtls-starttls-refused; in phase starttls it says \"220 go ahead\"" },
		{ "host\nno-probe\nno-address\nhost-a NXDOMAIN\nhost-aaaa NXDOMAIN",
		  "mail.example.com: mxtls-no-address; A NXDOMAIN, AAAA NXDOMAIN" },
		{ "host\nends handshake handshake-error\nnothing-shown",
		  "mail.example.com: mxtls-handshake; handshake-error in phase handshake" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct facts facts;
		struct classification result;
		struct text text;

		facts_make(&facts, rows[i].facts);
		classify(&facts.observation, &result);
		text_open_memory(&text);
		evidence_put(&text, &facts.observation, &result);
		text_char(&text, '\0');
		assert_string_equal(text.data, rows[i].evidence);
		text_free(&text);
	}
}

#define POLICY(mx) "body version: STSv1|mode: enforce|max_age: 86400|mx: " mx "|\n"

/* Who can repair it: by the step that breaks. */
static void the_provider_of_the_broken_step_is_responsible(void **state)
{
	static const struct {
		const char *facts, *name, *contact;
	} rows[] = {
		/* its own, by the registrable domain; of a platform the owner writes what lies there */
		{ "name www.example.com\nsts v=STSv1;", "example.com", "reports@example.com" },
		{ "http 404\na-cname example.github.io", "example.com", "reports@example.com" },
		{ "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped", "example.com", "reports@example.com" },
		{ "sts v=STSv1;\nsts-cname x.hoster.example", "hoster.example", "postmaster@hoster.example" },
		/* the record's provider does not hold the policy */
		{ "http 404\nsts-cname x.hoster.example\na-cname y.other.example", "other.example",
		  "postmaster@other.example" },
		{ "http 404\na-cname example-com_mta_sts.easydmarc.pro", "EasyDMARC", "" },
		/* who writes the policy is to list the MX */
		{ "mx 10 mx.elsewhere.example\na-cname policy.hoster.example", "hoster.example",
		  "postmaster@hoster.example" },
		/* a certificate of the mail server is its operator's */
		{ "host\nchain-verify 10", "example.com", "reports@example.com" },
		{ "mx 10 mx.hoster.example\n" POLICY("mx.hoster.example") "host\nhost-san mx.hoster.example\n"
									  "chain-verify 10",
		  "hoster.example", "postmaster@hoster.example" },
		{ "mx 10 x.mail.protection.outlook.com\n" POLICY("*.mail.protection.outlook.com") "host\n"
												  "chain-verify 10",
		  "Microsoft 365", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct facts facts;
		struct classification result;
		struct party party;

		facts_make(&facts, rows[i].facts);
		classify(&facts.observation, &result);
		assert_true(classification_misconfigured(&result));
		party_of_provider(&party, &facts.observation, &result);
		if (!span_equal(party.name, span_of(rows[i].name)) ||
		    !span_equal((struct span){ party.contact.address, party.contact.n }, span_of(rows[i].contact)))
			fail_msg("%s: got %.*s %.*s", rows[i].facts, (int)party.name.n, party.name.p,
				 (int)party.contact.n, party.contact.address);
	}
}

/* Whatever is wrong, no placeholder of the table of findings is left to be read. */
static void no_placeholder_remains(void **state)
{
	static const struct sentence_about about = { .domain = SPAN_LITERAL("a.example"),
						     .https_port = 8443,
						     .host = SPAN_LITERAL("mx.a.example") };

	(void)state;
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const char *text[] = { finding_table[f].fix, finding_table[f].meaning };

		for (size_t i = 0; i < COUNT_OF(text); i++) {
			static const char *const left[] = {
				"<", "port 443", "the mail server.", "the mail server's", "mta-sts. ", "\xe2\x80\xa6"
			};
			struct text out;

			text_open_memory(&out);
			sentence_put(&out, text[i], &about);
			text_char(&out, '\0');
			for (size_t l = 0; l < COUNT_OF(left); l++)
				if (strstr(out.data, left[l]))
					fail_msg("%s: %s", finding_table[f].code, out.data);
			text_free(&out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_address_is_the_domains_own),
		cmocka_unit_test(long_addresses_are_bounded),
		cmocka_unit_test(the_advice_names_what_it_is_about),
		cmocka_unit_test(the_provider_of_the_broken_step_is_responsible),
		cmocka_unit_test(the_evidence_is_what_was_seen),
		cmocka_unit_test(no_placeholder_remains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

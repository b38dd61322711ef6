/* SPDX-License-Identifier: BSD-2-Clause */
/* A domain, a line feed, and its TXT record at _smtp._tls: whatever is written there, an address that a letter goes to
 * is plain and the domain's own.
 */
#include "analysis/classify/public_suffix.h"
#include "analysis/tables/contact.h"
#include "analysis/tables/party.h"

#include "tests/fuzz/fuzz.h"

static void check_address(const struct contact *contact, struct span domain)
{
	struct span address = { contact->address, contact->n }, host;
	size_t at = span_find(address, 0, '@');

	FUZZ_CHECK(contact->n <= sizeof(contact->address));
	FUZZ_CHECK((contact->kind == CONTACT_NONE) == (contact->n == 0));
	if (contact->n == 0)
		return;
	FUZZ_CHECK(at > 0 && at <= CONTACT_LOCAL_MAX && at + 1 < address.n);
	for (size_t i = 0; i < at; i++)
		FUZZ_CHECK(ascii_is_alnum(address.p[i]) || (i > 0 && strchr("-._+=", address.p[i])));
	host = span_skip(address, at + 1);
	FUZZ_CHECK(domain_is_name(host));
	FUZZ_CHECK(span_equal_nocase(public_suffix_cut(host).registrable, public_suffix_cut(domain).registrable));
}

static void check_file_name(struct span name)
{
	char file[PARTY_FILE_NAME_MAX];

	party_file_name(name, file);
	FUZZ_CHECK(strlen(file) < PARTY_FILE_NAME_MAX && file[0] != '.' && file[0] != '-');
	FUZZ_CHECK(strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(file));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct obs_mx_record mx = { 10, SPAN_LITERAL("mx.example.net") };
	struct observation o = { .mx = { .answer.status = DNS_NOERROR, .record = &mx, .count = 1 } };
	struct classification result;
	struct contact contact;
	struct span part[2];

	if (fuzz_split(data, size, '\n', part, COUNT_OF(part)) < 2)
		return 0;
	check_file_name(part[1]);
	if (!domain_is_name(part[0]))
		return 0;
	o.name = part[0];
	o.txt[TXT_TLSRPT] = (struct obs_txt){ .answer.status = DNS_NOERROR, .record = &part[1], .count = 1 };
	classify(&o, &result);
	contact_of(&o, &result, &contact);
	check_address(&contact, o.name);
	o.mx.count = 0;
	o.mx.answer.status = DNS_NO_ANSWER;
	contact_of(&o, &result, &contact);
	check_address(&contact, o.name);
	FUZZ_CHECK(contact.kind != CONTACT_POSTMASTER);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* One octet that picks the question's type, and a packet. The question's name is taken from the
 * packet, so that most inputs get past it.
 */
#include "parsers/dns_answer.h"

#include "tests/fuzz/fuzz.h"

static const uint16_t types[] = { DNS_TYPE_A,   DNS_TYPE_NS,   DNS_TYPE_CNAME, DNS_TYPE_MX,
				  DNS_TYPE_TXT, DNS_TYPE_AAAA, DNS_TYPE_OPT,   DNS_TYPE_TLSA };

enum { HEADER_SIZE = 12, TEXT_SIZE = 4 * DNS_NAME_TEXT_MAX };

/* The name at @offset, whether the packet parses or not. */
static int name_at(struct span packet, size_t offset, char text[static TEXT_SIZE])
{
	const struct dns_answer as_it_is = { .packet = (const uint8_t *)packet.p,
					     .len = (uint16_t)(packet.n < UINT16_MAX ? packet.n : UINT16_MAX) };

	return dns_name_text(&as_it_is, offset, text);
}

static void check_name(struct span packet, size_t offset)
{
	char text[TEXT_SIZE];
	int n = name_at(packet, offset, text);

	FUZZ_CHECK(n >= 0 && n < TEXT_SIZE && text[n] == '\0' && strlen(text) == (size_t)n);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(text[i] > 0x20 && text[i] < 0x7f && !(text[i] >= 'A' && text[i] <= 'Z'));
}

static void check_txt(const struct dns_answer *answer, size_t i)
{
	size_t size = answer->rdata[i].n; /* at least one length octet is not joined */
	char *out = malloc(size);
	long n = dns_txt_join(answer, i, out, size);

	FUZZ_CHECK(n >= 0 && (size_t)n < size);
	if (n > 0)
		FUZZ_CHECK(dns_txt_join(answer, i, out, (size_t)n - 1) == -1);
	free(out);
}

static void check(struct span packet, uint16_t type, const struct dns_answer *answer)
{
	FUZZ_CHECK(answer->status > DNS_SKIPPED && answer->status < DNS_STATUS_COUNT && answer->status != DNS_TIMEOUT);
	FUZZ_CHECK((answer->status == DNS_NOERROR) == (answer->count > 0));
	FUZZ_CHECK(answer->count <= DNS_RECORDS_MAX && answer->cname_count <= OBS_CNAME_MAX);
	FUZZ_CHECK(!answer->cname_loop || answer->count == 0);
	FUZZ_CHECK(answer->status != DNS_TRUNCATED || answer->tc);
	FUZZ_CHECK(answer->ede == 0 || answer->has_opt);
	for (size_t i = 0; i < answer->cname_count; i++)
		check_name(packet, answer->cname[i]);
	for (size_t i = 0; i < answer->count; i++) {
		FUZZ_CHECK((size_t)answer->rdata[i].at + answer->rdata[i].n <= packet.n);
		if (type == DNS_TYPE_MX)
			check_name(packet, answer->rdata[i].at + 2u);
		else if (type == DNS_TYPE_TXT)
			check_txt(answer, i);
		else if (type == DNS_TYPE_CNAME || type == DNS_TYPE_NS || type == DNS_TYPE_PTR)
			check_name(packet, answer->rdata[i].at);
		else if (type == DNS_TYPE_A)
			FUZZ_CHECK(answer->rdata[i].n == 4);
		else if (type == DNS_TYPE_AAAA)
			FUZZ_CHECK(answer->rdata[i].n == 16);
		else if (type == DNS_TYPE_TLSA)
			FUZZ_CHECK(answer->rdata[i].n >= DNS_TLSA_FIXED);
	}
}

/* The same out of memory of its own. */
static void check_copy(const struct dns_answer *answer, struct span packet, uint16_t type)
{
	void *memory = malloc(dns_answer_size(answer));
	struct dns_answer *copy = dns_answer_copy(answer, memory);

	FUZZ_CHECK(copy->len == packet.n && memcmp(copy->packet, packet.p, packet.n) == 0);
	check((struct span){ (const char *)copy->packet, copy->len }, type, copy);
	free(memory);
}

/* A caller may ask for the name at any offset. */
static void check_any_name(struct span packet, size_t offset)
{
	char text[TEXT_SIZE];

	if (name_at(packet, offset, text) >= 0)
		check_name(packet, offset);
}

/* What we ask can be read as an answer, once it says that it is one. */
static void check_query(struct span name, uint16_t type)
{
	uint8_t query[DNS_QUERY_MAX];
	struct dns_answer_room room;
	struct dns_answer answer;
	int n = dns_query_write(1, name, type, DNS_QUERY_EDNS, query);

	FUZZ_CHECK(!domain_is_name(name) || n > 0);
	if (n < 0 || !domain_is_name(name))
		return;
	query[2] |= 0x80;
	FUZZ_CHECK(dns_answer_parse(query, (size_t)n, name, type, &room, &answer) == 0);
	FUZZ_CHECK(answer.status == DNS_NO_ANSWER && answer.has_opt && answer.ad && answer.id == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_SIZE] = "a.example";
	struct dns_answer_room room;
	struct dns_answer answer;
	struct span packet, name;
	uint16_t type;

	if (size == 0)
		return 0;
	type = types[data[0] % (COUNT_OF(types))];
	packet = (struct span){ (const char *)data + 1, size - 1 };
	if (name_at(packet, HEADER_SIZE, text) < 0)
		strcpy(text, "a.example");
	name = span_of(text);
	if (dns_answer_parse(data + 1, size - 1, name, type, &room, &answer) == 0) {
		check(packet, type, &answer);
		check_copy(&answer, packet, type);
	}
	check_any_name(packet, data[size - 1]);
	check_query(name, type);
	return 0;
}

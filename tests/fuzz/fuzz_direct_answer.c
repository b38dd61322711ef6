/* SPDX-License-Identifier: BSD-2-Clause */
/* One octet that picks the question's type, the zone and whether the datagram was cut, and a packet. The question's
 * name is taken from the packet, so that most inputs get past it.
 */
#include "parsers/direct_answer.h"

#include "tests/fuzz/fuzz.h"

static const uint16_t types[] = { DNS_TYPE_MX, DNS_TYPE_TXT, DNS_TYPE_A, DNS_TYPE_NS };

/* As the engine finds it: the name is one that was asked. */
static struct span name_of(const uint8_t *packet, size_t size, char text[static DNS_NAME_ESCAPED_MAX])
{
	const struct dns_answer as_it_is = { .packet = packet,
					     .len = (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX) };

	if (dns_name_text(&as_it_is, DNS_HEADER_SIZE, text) < 0 || !domain_is_name(span_of(text)))
		strcpy(text, "_mta-sts.a.example");
	return span_of(text);
}

/* The name, or what is left of it behind its first @labels. */
static struct span zone_of(struct span name, unsigned labels)
{
	for (; labels > 0; labels--) {
		size_t dot = span_find(name, 0, '.');

		if (dot == name.n)
			return name;
		name = span_skip(name, dot + 1);
	}
	return name;
}

/* What counts is read by others as the same. */
static void check_agreement(const uint8_t *packet, size_t size, struct span name, uint16_t type, enum dns_status status)
{
	struct dns_answer_room room;
	struct dns_answer answer;

	FUZZ_CHECK(dns_answer_parse(packet, size, name, type, &room, &answer) == 0);
	FUZZ_CHECK(answer.status == status && answer.cname_count == 0 && !answer.tc);
	FUZZ_CHECK(answer.count == (status == DNS_NOERROR ? (unsigned)(packet[6] << 8 | packet[7]) : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[DNS_NAME_ESCAPED_MAX];
	enum dns_status status = DNS_SKIPPED, other;
	enum obs_fall_back why, deeper;
	struct span name, zone;
	const uint8_t *packet = data + 1;
	uint16_t type;
	bool cut;

	if (size-- == 0 || size > UINT16_MAX)
		return 0;
	type = types[data[0] % COUNT_OF(types)];
	cut = (data[0] & 0x70) == 0x70;
	name = name_of(packet, size, text);
	zone = zone_of(name, data[0] >> 2 & 3);
	why = direct_answer_judge(packet, size, cut, name, type, zone, &status);
	FUZZ_CHECK(why < FALL_BACK_COUNT && (why == FALL_BACK_NONE) == (status != DNS_SKIPPED));
	FUZZ_CHECK(why == FALL_BACK_MALFORMED || direct_answer_is_of(packet, size, name, type));
	if (why == FALL_BACK_NONE) {
		FUZZ_CHECK(!cut && dns_status_is_answer(status));
		check_agreement(packet, size, name, type, status);
	}
	/* the nearer the zone, the less counts, and of absence alone */
	deeper = direct_answer_judge(packet, size, cut, name, type, name, &other);
	FUZZ_CHECK(deeper == why || (why == FALL_BACK_NONE && deeper == FALL_BACK_NO_SOA && status != DNS_NOERROR));
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/direct_answer.h"

#include "parsers/dns_message.h"

struct reading {
	struct dns_message m;
	size_t records;   /* offset of the first one */
	size_t name_end;  /* offset behind the question's name; 0: the question is missing, as a failure's may */
	size_t zone_size; /* octets of the zone's name, with the root */
	uint16_t type;
	uint16_t flags;
	unsigned extended; /* the response code's upper octet, where it belongs (RFC 6891 6.1.3) */
	unsigned soas;     /* in the authority section */
	bool has_ns;       /* there as well */
	bool soa_fits;     /* the last of them */
	bool has_alias, has_foreign, has_broken;
};

/* ---- the question ---- */

/* The offset behind the name of the question section, or 0: the octets are not those of @name. */
static size_t question_name_end(const uint8_t *packet, size_t len, struct span name)
{
	const uint8_t *wire = packet + DNS_HEADER_SIZE;
	size_t at = 0; /* where a label's length octet stands; as text it begins here */

	if (len - DNS_HEADER_SIZE < name.n + 2)
		return 0;
	while (at < name.n) {
		size_t n = span_find(name, at, '.') - at;

		if (wire[at] != n || memcmp(wire + at + 1, name.p + at, n) != 0)
			return 0;
		at += n + 1;
	}
	return wire[at] == 0 ? DNS_HEADER_SIZE + at + 1 : 0;
}

bool direct_answer_is_of(const uint8_t *packet, size_t len, struct span name, uint16_t type)
{
	size_t end;

	if (dns_question_count(packet) ==
	    0) /* it says no more than the code, and so can do no more harm than silence */
		return dns_status_is_transient(dns_status_of_rcode(dns_rcode(packet)));
	end = question_name_end(packet, len, name);
	return dns_question_count(packet) == 1 && end > 0 && len - end >= 4 && dns_get16(packet + end) == type &&
	       dns_get16(packet + end + 2) == DNS_CLASS_IN;
}

static bool reading_begin(struct reading *r, const uint8_t *packet, size_t len, struct span name, uint16_t type,
			  struct span zone)
{
	if (len < DNS_HEADER_SIZE || (dns_get16(packet + 2) & (DNS_HEAD_QR | DNS_HEAD_OPCODE)) != DNS_HEAD_QR ||
	    !direct_answer_is_of(packet, len, name, type))
		return false;
	*r = (struct reading){ .m = { packet, len },
			       .records = DNS_HEADER_SIZE,
			       .zone_size = zone.n + 2,
			       .type = type,
			       .flags = dns_get16(packet + 2) };
	if (dns_question_count(packet) == 1) {
		r->name_end = DNS_HEADER_SIZE + name.n + 2;
		r->records = r->name_end + 4;
	}
	return true;
}

/* ---- records ---- */

/* Where in the question's name the name at @at, of @size octets, begins; 0: it is neither that nor a name above it.
 * As a rule it is a pointer to there, and nothing is compared. */
static size_t place_in_question(const struct reading *r, size_t at, size_t size)
{
	size_t place = DNS_HEADER_SIZE;

	if (r->name_end < DNS_HEADER_SIZE + size)
		return 0;
	while (r->name_end - place > size) /* from label to label */
		place += 1u + r->m.p[place];
	return dns_name_equal(r->m, at, place) ? place : 0;
}

static void take_answer(struct reading *r, const struct dns_record *record)
{
	size_t size = dns_name_size(r->m, record->owner);

	if (size == 0 || !dns_rdata_is_whole(r->m, record))
		r->has_broken = true;
	else if (record->type != r->type && (record->type == DNS_TYPE_CNAME || record->type == DNS_TYPE_DNAME))
		r->has_alias = true;
	else if (record->type != r->type || record->class != DNS_CLASS_IN ||
		 place_in_question(r, record->owner, size) != DNS_HEADER_SIZE)
		r->has_foreign = true;
}

static void take_extended(struct reading *r, const struct dns_record *record)
{
	if (record->type == DNS_TYPE_OPT)
		r->extended |= dns_opt_rcode(r->m, record) << 4;
}

static void take_authority(struct reading *r, const struct dns_record *record)
{
	size_t size;

	take_extended(r, record);
	if (record->type == DNS_TYPE_NS)
		r->has_ns = true;
	if (record->type != DNS_TYPE_SOA)
		return;
	size = dns_name_size(r->m, record->owner);
	if (size == 0 || !dns_rdata_is_whole(r->m, record))
		r->has_broken = true;
	r->soas++;
	r->soa_fits = size >= r->zone_size && record->class == DNS_CLASS_IN &&
		      place_in_question(r, record->owner, size) > 0;
}

/* All of them; false: a record is cut, or octets are left over. */
static bool read_records(struct reading *r)
{
	static void (*const take[])(struct reading *, const struct dns_record *) = { take_answer, take_authority,
										     take_extended };
	size_t at = r->records;
	struct dns_record record;

	for (size_t section = 0; section < COUNT_OF(take); section++) {
		unsigned count = dns_get16(r->m.p + 6 + 2 * section); /* RFC 1035 4.1.1: ANCOUNT, NSCOUNT, ARCOUNT */

		while (count-- > 0) {
			if (!dns_record_next(r->m, &at, &record))
				return false;
			take[section](r, &record);
		}
	}
	return at == r->m.n;
}

/* ---- the verdict ---- */

static enum obs_fall_back judge_code(unsigned code)
{
	switch (dns_status_of_rcode(code)) {
	case DNS_NOERROR:
	case DNS_NXDOMAIN:
		return FALL_BACK_NONE;
	case DNS_REFUSED:
		return FALL_BACK_REFUSED;
	case DNS_SERVFAIL:
		return FALL_BACK_SERVFAIL;
	default:
		return FALL_BACK_RCODE;
	}
}

static enum obs_fall_back judge_data(const struct reading *r, enum dns_status status)
{
	if (r->has_alias)
		return FALL_BACK_ALIAS;
	return r->has_foreign || status == DNS_NXDOMAIN ? FALL_BACK_FOREIGN : FALL_BACK_NONE;
}

/* RFC 2308 2.1, 2.2 and 5. NS beside the SOA is a referral as well, and an SOA from above the delegation is a server's
 * that does not have the zone. */
static enum obs_fall_back judge_absence(const struct reading *r)
{
	return r->soas == 1 && r->soa_fits && !r->has_ns ? FALL_BACK_NONE : FALL_BACK_NO_SOA;
}

enum obs_fall_back direct_answer_judge(const uint8_t *packet, size_t len, bool cut, struct span name, uint16_t type,
				       struct span zone, enum dns_status *status)
{
	enum obs_fall_back why;
	enum dns_status said;
	struct reading r;
	bool whole, has_answer;

	if (!reading_begin(&r, packet, len, name, type, zone))
		return FALL_BACK_MALFORMED;
	whole = read_records(&r); /* first of all, as OPT, which stands last, has a part of the code */
	why = judge_code(r.extended | dns_rcode(packet));
	if (why != FALL_BACK_NONE)
		return why;
	if (cut || r.flags & DNS_HEAD_TC)
		return FALL_BACK_TRUNCATED;
	if (!(r.flags & DNS_HEAD_AA))
		return FALL_BACK_NOT_AUTHORITATIVE;
	if (!whole || r.has_broken)
		return FALL_BACK_MALFORMED;
	has_answer = dns_get16(packet + 6) > 0;
	said = dns_status_of_rcode(dns_rcode(packet));
	why = has_answer ? judge_data(&r, said) : judge_absence(&r);
	if (why == FALL_BACK_NONE)
		*status = has_answer || said == DNS_NXDOMAIN ? said : DNS_NO_ANSWER;
	return why;
}

bool direct_answer_try_another(enum obs_fall_back why)
{
	static const bool try_another[FALL_BACK_COUNT] = {
		[FALL_BACK_ADDRESSLESS] = true, [FALL_BACK_FORBIDDEN] = true,
		[FALL_BACK_TIMEOUT] = true,     [FALL_BACK_REFUSED] = true,
		[FALL_BACK_SERVFAIL] = true,    [FALL_BACK_RCODE] = true,
		[FALL_BACK_TRUNCATED] = true,   [FALL_BACK_NOT_AUTHORITATIVE] = true,
		[FALL_BACK_NO_SOA] = true,      [FALL_BACK_MALFORMED] = true,
		[FALL_BACK_UNSENT] = true,
	};

	return try_another[why];
}

int direct_query_write(uint16_t id, struct span name, uint16_t type, uint8_t out[static DNS_QUERY_MAX])
{
	int n = dns_query_write(id, name, type, DNS_QUERY_EDNS, out);

	if (n > 0)
		out[2] = out[3] = 0; /* RD and AD ask for what a server without recursion does not do */
	return n;
}

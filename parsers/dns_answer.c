/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/dns_answer.h"

#include "parsers/dns_message.h"

enum {
	PACKET_MAX = 65535,             /* octets, RFC 1035 4.2.2 */
	OPTION_FIXED = 4,               /* code and length of an option in OPT: RFC 6891 6.1.2 */
	OPTION_EDE = 15,                /* RFC 8914 2 */
	CNAMES_MAX = 4 * OBS_CNAME_MAX, /* CNAME records that are looked at; whoever sends more sends decoys */
};

#define TTL_NONE UINT32_MAX /* no record seen yet; a TTL is at most INT32_MAX (RFC 2181 8) */

const char *dns_type_name(unsigned type)
{
	static const char *const names[] = {
		[DNS_TYPE_A] = "A",       [DNS_TYPE_NS] = "NS",   [DNS_TYPE_CNAME] = "CNAME", [DNS_TYPE_SOA] = "SOA",
		[DNS_TYPE_MX] = "MX",     [DNS_TYPE_TXT] = "TXT", [DNS_TYPE_AAAA] = "AAAA",   [DNS_TYPE_OPT] = "OPT",
		[DNS_TYPE_TLSA] = "TLSA", [DNS_TYPE_PTR] = "PTR", [DNS_TYPE_DNAME] = "DNAME",
	};

	return type < COUNT_OF(names) && names[type] ? names[type] : "?";
}

enum dns_status dns_status_of_rcode(unsigned rcode)
{
	static const uint8_t status[] = {
		DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED
	};

	return rcode < COUNT_OF(status) ? (enum dns_status)status[rcode] : DNS_ERROR;
}

/* Is the uncompressed name at @at @name? Returns the offset behind it, or 0. */
static size_t question_matches(struct dns_message m, size_t at, struct span name)
{
	size_t i = 0;

	while (at < m.n && m.p[at] != 0) {
		size_t length = m.p[at];

		/* a dot inside one label looks in text like two labels */
		if (length > DOMAIN_LABEL_MAX || m.n - at <= length || name.n - i < length ||
		    memchr(name.p + i, '.', length) ||
		    !dns_octets_equal(m.p + at + 1, (const uint8_t *)name.p + i, length))
			return 0;
		at += 1 + length;
		i += length;
		if (i < name.n && name.p[i++] != '.')
			return 0;
	}
	return at < m.n && i == name.n ? at + 1 : 0;
}

/* ---- the answer section ---- */

struct section {
	struct dns_message m;
	size_t start; /* offset of the first record */
	size_t end;   /* offset behind the last */
	unsigned count;
	uint16_t type;   /* that was asked */
	bool has_type;   /* at least one record of that type, at any name */
	unsigned cnames; /* all there are */
	struct dns_record cname[CNAMES_MAX];
};

/* First pass: is every record whole, and which are CNAMEs? */
static bool section_scan(struct section *section)
{
	struct dns_record record;
	size_t at = section->start;

	for (unsigned i = 0; i < section->count; i++) {
		if (!dns_record_next(section->m, &at, &record) || !dns_name_is_whole(section->m, record.owner))
			return false;
		if (record.class != DNS_CLASS_IN || (record.type != section->type && record.type != DNS_TYPE_CNAME))
			continue;
		if (!dns_rdata_is_whole(section->m, &record))
			return false;
		if (record.type == section->type)
			section->has_type = true;
		else if (section->cnames++ < CNAMES_MAX)
			section->cname[section->cnames - 1] = record;
	}
	section->end = at;
	return true;
}

static const struct dns_record *cname_of(const struct section *section, size_t name)
{
	for (unsigned i = 0; i < section->cnames && i < CNAMES_MAX; i++)
		if (dns_name_equal(section->m, section->cname[i].owner, name))
			return &section->cname[i];
	return NULL;
}

static void note_ttl(struct dns_answer *answer, uint32_t ttl)
{
	if (ttl < answer->ttl)
		answer->ttl = ttl;
}

/* Has the chain come back to a name it had passed? */
static bool is_passed(const struct section *section, const struct dns_answer *answer, size_t question, size_t name)
{
	if (dns_name_equal(section->m, question, name))
		return true;
	for (unsigned i = 0; i < answer->cname_count; i++)
		if (dns_name_equal(section->m, answer->cname[i], name))
			return true;
	return false;
}

/* Follow the chain from the question's name, in whatever order its records stand (RFC 1034 3.6.2).
 * Returns the offset of the name at its end, or 0 where it has none. */
static size_t chain_follow(const struct section *section, size_t question, struct dns_answer_room *room,
			   struct dns_answer *answer)
{
	const struct dns_record *record;
	size_t name = question;

	while (!answer->cname_loop && (record = cname_of(section, name))) {
		note_ttl(answer, record->ttl);
		name = record->rdata;
		/* longer than any resolver follows counts as endless */
		answer->cname_loop = is_passed(section, answer, question, name) || answer->cname_count == OBS_CNAME_MAX;
		if (answer->cname_count < OBS_CNAME_MAX)
			room->cname[answer->cname_count++] = (uint16_t)name;
	}
	return answer->cname_loop ? 0 : name;
}

/* Second pass: the records of the asked type that the chain's end owns. */
static void section_collect(const struct section *section, size_t name, struct dns_answer_room *room,
			    struct dns_answer *answer)
{
	struct dns_record record;
	size_t at = section->start;

	for (unsigned i = 0; i < section->count && dns_record_next(section->m, &at, &record); i++) {
		if (record.type != section->type || record.class != DNS_CLASS_IN ||
		    !dns_name_equal(section->m, record.owner, name))
			continue;
		note_ttl(answer, record.ttl);
		room->rdata[answer->count++] = (struct dns_rdata){ (uint16_t)record.rdata, record.rdata_len };
	}
}

/* Returns the offset behind the section, or 0 where it is broken. */
static size_t read_answers(struct dns_message m, size_t start, uint16_t type, struct dns_answer_room *room,
			   struct dns_answer *answer)
{
	struct section section; /* large: its CNAMEs stay unset until there are any */
	size_t name;

	section.m = m;
	section.start = start;
	section.count = dns_get16(m.p + 6);
	section.type = type;
	section.has_type = false;
	section.cnames = 0;
	if (!section_scan(&section))
		return 0;
	answer->ttl = TTL_NONE;
	name = chain_follow(&section, DNS_HEADER_SIZE, room, answer);
	if (name != 0 && section.has_type && answer->status == DNS_NOERROR)
		section_collect(&section, name, room, answer);
	if (section.cnames > CNAMES_MAX && answer->count == 0 && !answer->cname_loop)
		return 0; /* one that was not looked at may be the next link */
	if (answer->ttl == TTL_NONE)
		answer->ttl = 0;
	return section.end;
}

/* The first Extended DNS Error among the options of an OPT record. */
static uint16_t first_ede(struct dns_message m, const struct dns_record *opt)
{
	const size_t end = opt->rdata + opt->rdata_len;
	size_t at = opt->rdata;

	while (end - at >= OPTION_FIXED) {
		size_t data = at + OPTION_FIXED, n = dns_get16(m.p + at + 2);

		if (n > end - data)
			break;
		if (dns_get16(m.p + at) == OPTION_EDE && n >= 2) {
			uint16_t code = dns_get16(m.p + data);

			return code < UINT16_MAX ? code + 1 : code; /* the last two are private use (RFC 8914 5.2) */
		}
		at = data + n;
	}
	return 0;
}

/* RFC 6891 6.1.1: an OPT record among the additional ones. Its TTL carries the upper octet of the response code; every
 * such code is an error of its own. What is broken here does not spoil the rest. */
static void read_opt(struct dns_message m, size_t at, struct dns_answer *answer)
{
	unsigned count = (unsigned)dns_get16(m.p + 8) + dns_get16(m.p + 10);
	struct dns_record record;

	for (unsigned i = 0; i < count && dns_record_next(m, &at, &record); i++) {
		if (record.type != DNS_TYPE_OPT || m.p[record.owner] != 0)
			continue;
		answer->has_opt = true;
		answer->opt_size = dns_opt_size(m, &record);
		if (dns_opt_rcode(m, &record) != 0)
			answer->status = DNS_ERROR;
		if (record.rdata_len > 0)
			answer->ede = first_ede(m, &record);
		return;
	}
}

static void answer_init(struct dns_answer *answer, struct dns_message m, const struct dns_answer_room *room)
{
	uint16_t flags = dns_get16(m.p + 2);

	*answer = (struct dns_answer){
		.packet = m.p,
		.len = (uint16_t)m.n,
		.cname = room->cname,
		.rdata = room->rdata,
		.status = dns_status_of_rcode(flags & DNS_HEAD_RCODE),
		.id = dns_get16(m.p),
		.ad = flags & DNS_HEAD_AD,
		.tc = flags & DNS_HEAD_TC,
	};
}

/* Offset behind the question section, or 0 where it is not the question that was asked. */
static size_t read_question(struct dns_message m, struct span name, uint16_t type, const struct dns_answer *answer)
{
	size_t end;

	/* A server that cannot read a question need not repeat it (RFC 1035 4.1.1, RFC 6891 7). */
	if (dns_get16(m.p + 4) == 0)
		return answer->status == DNS_NOERROR || answer->status == DNS_NXDOMAIN ? 0 : DNS_HEADER_SIZE;
	end = question_matches(m, DNS_HEADER_SIZE, name);
	if (dns_get16(m.p + 4) != 1 || end == 0 || m.n - end < 4)
		return 0;
	return dns_get16(m.p + end) == type && dns_get16(m.p + end + 2) == DNS_CLASS_IN ? end + 4 : 0;
}

int dns_answer_parse(const uint8_t *packet, size_t len, struct span name, uint16_t type, struct dns_answer_room *room,
		     struct dns_answer *answer)
{
	struct dns_message m = { packet, len };
	size_t at;

	if (len < DNS_HEADER_SIZE || len > PACKET_MAX ||
	    (dns_get16(packet + 2) & (DNS_HEAD_QR | DNS_HEAD_OPCODE)) != DNS_HEAD_QR)
		return -1;
	answer_init(answer, m, room);
	at = read_question(m, name, type, answer);
	if (at == 0)
		return -1;
	if (at > DNS_HEADER_SIZE && dns_get16(packet + 6) > 0)
		at = read_answers(m, at, type, room, answer);
	if (at > 0)
		read_opt(m, at, answer);
	else
		answer->status = DNS_ERROR;
	/* RFC 2181 9: what a truncated answer holds is not to be used. */
	if (answer->tc && (at == 0 || answer->status == DNS_NOERROR || answer->status == DNS_NXDOMAIN))
		answer->status = DNS_TRUNCATED;
	else if (answer->status == DNS_NOERROR && answer->count == 0)
		answer->status = DNS_NO_ANSWER;
	if (answer->status != DNS_NOERROR)
		answer->count = 0;
	return 0;
}

/* ---- what the caller reads out of it ---- */

size_t dns_answer_size(const struct dns_answer *answer)
{
	return sizeof(*answer) + answer->count * sizeof(*answer->rdata) + answer->cname_count * sizeof(*answer->cname) +
	       answer->len;
}

struct dns_answer *dns_answer_copy(const struct dns_answer *answer, void *memory)
{
	struct dns_answer *copy = memory;
	struct dns_rdata *rdata = (struct dns_rdata *)(copy + 1);
	uint16_t *cname = (uint16_t *)(rdata + answer->count);
	uint8_t *packet = (uint8_t *)(cname + answer->cname_count);

	*copy = *answer;
	copy->rdata = memcpy(rdata, answer->rdata, answer->count * sizeof(*rdata));
	copy->cname = memcpy(cname, answer->cname, answer->cname_count * sizeof(*cname));
	copy->packet = memcpy(packet, answer->packet, answer->len);
	return copy;
}

/* RFC 4343 2.1: what is no visible character, and what would mean something else in text, is escaped. */
static bool is_visible(uint8_t octet)
{
	return octet > 0x20 && octet < 0x7f && octet != '\\' && octet != '.';
}

static size_t put_escaped(uint8_t octet, char *text)
{
	text[0] = '\\';
	if (octet == '.') {
		text[1] = '.';
		return 2;
	}
	text[1] = (char)('0' + octet / 100);
	text[2] = (char)('0' + octet / 10 % 10);
	text[3] = (char)('0' + octet % 10);
	return 4;
}

int dns_name_text(const struct dns_answer *answer, size_t offset, char text[static DNS_NAME_ESCAPED_MAX])
{
	struct dns_message m = { answer->packet, answer->len };
	size_t n = 0, at = offset, floor = offset;

	if (!dns_name_is_whole(m, offset))
		return -1;
	while (at = dns_name_follow(m, at, &floor), m.p[at] != 0) {
		uint8_t length = m.p[at];

		if (n > 0)
			text[n++] = '.';
		for (const uint8_t *octet = m.p + at + 1, *end = octet + length; octet < end; octet++) {
			if (is_visible(*octet))
				text[n++] = ascii_lower((char)*octet);
			else
				n += put_escaped(*octet, text + n);
		}
		at += 1u + length;
	}
	text[n] = '\0';
	return (int)n;
}

long dns_txt_join(const struct dns_answer *answer, size_t i, char *out, size_t size)
{
	const uint8_t *p = answer->packet + answer->rdata[i].at, *end = p + answer->rdata[i].n;
	size_t n = 0;

	while (p < end) {
		size_t length = *p++;

		if (length > (size_t)(end - p) || length > size - n)
			return -1;
		if (length > 0) /* @out may be NULL where nothing is due */
			memcpy(out + n, p, length);
		n += length;
		p += length;
	}
	return (long)n;
}

/* Write @name as labels. Returns octets written, or 0 for a name that is no name. */
static size_t put_name(struct span name, uint8_t *out)
{
	size_t n = 0;

	if (name.n == 0 || name.n > DOMAIN_NAME_MAX)
		return 0;
	if (name.n == 1 && name.p[0] == '.') {
		out[0] = 0;
		return 1;
	}
	for (size_t at = 0; at <= name.n;) {
		size_t dot = span_find(name, at, '.'), length = dot - at;

		if (length == 0 || length > DOMAIN_LABEL_MAX)
			return 0;
		out[n++] = (uint8_t)length;
		memcpy(out + n, name.p + at, length);
		n += length;
		at = dot + 1;
	}
	out[n++] = 0;
	return n;
}

static void put16(uint8_t *out, unsigned value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

int dns_query_write(uint16_t id, struct span name, uint16_t type, unsigned flags, uint8_t out[static DNS_QUERY_MAX])
{
	/* flags, and one question; AD in a query asks for AD in the answer (RFC 6840 5.7) */
	static const uint8_t header[DNS_HEADER_SIZE] = { [2] = DNS_HEAD_RD >> 8, [3] = DNS_HEAD_AD, [5] = 1 };
	/* RFC 6891 6.1.2: the root owns it; class is the size, TTL and RDATA are empty */
	static const uint8_t opt[11] = { 0, 0, DNS_TYPE_OPT, DNS_EDNS_SIZE >> 8, DNS_EDNS_SIZE & 0xff };
	size_t n = put_name(name, out + DNS_HEADER_SIZE);

	if (n == 0)
		return -1;
	n += DNS_HEADER_SIZE;
	memcpy(out, header, sizeof(header));
	out[3] |= flags & DNS_QUERY_UNCHECKED;
	put16(out, id);
	put16(out + n, type);
	put16(out + n + 2, DNS_CLASS_IN);
	if (!(flags & DNS_QUERY_EDNS))
		return (int)n + 4;
	out[11] = 1;
	memcpy(out + n + 4, opt, sizeof(opt));
	return (int)(n + 4 + sizeof(opt));
}

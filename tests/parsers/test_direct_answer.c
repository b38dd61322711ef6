/* SPDX-License-Identifier: BSD-2-Clause */
/* Each row is an answer as some server gives it (RD=0, EDNS): what it holds as "SECTION OWNER TYPE" with commas
 * between, the owner a name written out, or "@" for the question's own, compressed, or "@N" for what stands N octets
 * behind its beginning. */
#include "parsers/direct_answer.h"

#include "tests/parsers/dns_packet.h"
#include "tests/parsers/expect.h"

enum { AA = 0x0400 };

static struct packet packet;

/* ---- packets ---- */

static void put_owner_of(const char *owner)
{
	if (owner[0] == '@')
		put(&packet, TO_QUESTION + (unsigned)strtoul(owner + 1, NULL, 10), 2);
	else
		put_name(&packet, strcmp(owner, ".") == 0 ? "" : owner);
}

static void put_rdata(uint16_t type)
{
	static const uint8_t txt[] = "\011v=STSv1; \004id=1";

	switch (type) {
	case DNS_TYPE_MX:
		put(&packet, 10, 2);
		put_labels(&packet, "mx");
		put(&packet, TO_QUESTION, 2);
		break;
	case DNS_TYPE_TXT:
		memcpy(packet.p + packet.n, txt, 15);
		packet.n += 15;
		break;
	case DNS_TYPE_SOA:
		put_name(&packet, "ns.example.net");
		put_name(&packet, "root.example.net");
		put(&packet, 0, 20);
		break;
	case DNS_TYPE_A:
		put(&packet, 0x7f000001, 4);
		break;
	default:
		put_name(&packet, "elsewhere.example.net");
	}
}

static uint16_t type_of(const char *word)
{
	for (uint16_t type = 1; type <= DNS_TYPE_TLSA; type++)
		if (strcmp(dns_type_name(type), word) == 0)
			return type;
	fail_msg("no type %s", word);
	return 0;
}

/* "an @ TXT" */
static void add_record(const char *text)
{
	char section[4], owner[64], word[8];
	uint16_t type;
	size_t at;

	assert_int_equal(sscanf(text, "%3s %63s %7s", section, owner, word), 3);
	type = type_of(word);
	put_owner_of(owner);
	at = put_fixed(&packet, type, 300);
	if (type != DNS_TYPE_OPT)
		put_rdata(type);
	end_record(&packet,
		   strcmp(section, "an") == 0   ? ANSWER
		   : strcmp(section, "ns") == 0 ? AUTHORITY
						: ADDITIONAL,
		   at);
}

/* @flags with the code; QR is set, RA is not. */
static void build(unsigned flags, const char *name, uint16_t type, const char *records)
{
	char text[256], *rest = text;

	begin(&packet, 0, name, type);
	packet.p[2] = (uint8_t)((QR | flags) >> 8);
	packet.p[3] = (uint8_t)flags;
	snprintf(text, sizeof(text), "%s", records);
	for (char *record; *text && (record = strsep(&rest, ","));)
		add_record(record);
}

/* ---- verdicts ---- */

/* What counts is what dns_answer_parse, which reads the resolver's answers, makes of it. */
static void expect_agreement(const char *what, const char *name, uint16_t type, enum dns_status status)
{
	static struct dns_answer_room room;
	struct dns_answer answer;

	assert_int_equal(dns_answer_parse(packet.p, packet.n, span_of(name), type, &room, &answer), 0);
	expect_word(what, dns_status_names[answer.status], dns_status_names[status]);
	assert_int_equal(answer.count, status == DNS_NOERROR ? packet.p[ANSWER + 1] : 0);
	assert_int_equal(answer.cname_count, 0);
}

/* @due: a word of dns_status_names where it counts, else of obs_fall_back_names. Judged out of memory of exactly the
 * packet's size. */
static void expect_verdict(const char *what, const char *name, uint16_t type, const char *zone, bool cut,
			   const char *due)
{
	struct span copy = expect_copy((const char *)packet.p, packet.n);
	enum dns_status status = DNS_SKIPPED;
	enum obs_fall_back why = direct_answer_judge((const uint8_t *)copy.p, copy.n, cut, span_of(name), type,
						     span_of(zone), &status);

	expect_free(copy);
	expect_word(what, why == FALL_BACK_NONE ? dns_status_names[status] : obs_fall_back_names[why], due);
	if (why == FALL_BACK_NONE)
		expect_agreement(what, name, type, status);
	else
		assert_int_equal(status, DNS_SKIPPED);
}

struct row {
	const char *what;
	unsigned flags;
	uint16_t type;
	const char *name, *zone, *records, *due;
};

static void expect_rows(const struct row *row, size_t count)
{
	for (; count > 0; row++, count--) {
		build(row->flags, row->name, row->type, row->records);
		expect_verdict(row->what, row->name, row->type, row->zone, false, row->due);
	}
}

enum { MX = DNS_TYPE_MX, TXT = DNS_TYPE_TXT };
#define STS "_mta-sts.a.example"
#define RPT "_smtp._tls.a.example"
#define ZONE "a.example"

/* The table of what BIND, NSD, Knot, PowerDNS, gdnsd and yadifa answer. */
static void what_six_servers_answer(void **state)
{
	static const struct row rows[] = {
		{ "data", AA, MX, ZONE, ZONE, "an @ MX, ar . OPT", "NOERROR" },
		{ "data of two", AA, TXT, STS, ZONE, "an @ TXT, an @ TXT, ar . OPT", "NOERROR" },
		{ "bind, nsd: NS and glue", AA, MX, ZONE, ZONE,
		  "an @ MX, ns @ NS, ns @ NS, ar ns.a.example A, ar . OPT", "NOERROR" },
		{ "of a wildcard", AA, TXT, STS, ZONE, "an @ TXT, ns @9 NS, ar . OPT", "NOERROR" },
		{ "no EDNS", AA, MX, ZONE, ZONE, "an @ MX", "NOERROR" },
		{ "NODATA", AA, MX, ZONE, ZONE, "ns @ SOA, ar . OPT", "NO_ANSWER" },
		{ "NXDOMAIN", AA | 3, TXT, STS, ZONE, "ns @9 SOA, ar . OPT", "NXDOMAIN" },
		{ "deep NXDOMAIN", AA | 3, TXT, RPT, ZONE, "ns @11 SOA, ar . OPT", "NXDOMAIN" },
		{ "an empty non-terminal", AA, TXT, STS, ZONE, "ns @9 SOA, ar . OPT", "NO_ANSWER" },
		{ "tinydns: it is NXDOMAIN", AA | 3, TXT, RPT, ZONE, "ns a.example SOA", "NXDOMAIN" },
		{ "CNAME inside the zone", AA, TXT, STS, ZONE, "an @ CNAME, an x.a.example TXT, ar . OPT", "alias" },
		{ "gdnsd: the CNAME alone", AA, TXT, STS, ZONE, "an @ CNAME, ar . OPT", "alias" },
		{ "yadifa: TXT first", AA, TXT, STS, ZONE, "an x.a.example TXT, an @ CNAME, ar . OPT", "alias" },
		{ "CNAME to a missing name", AA | 3, TXT, STS, ZONE, "an @ CNAME, ns @9 SOA, ar . OPT", "alias" },
		{ "gdnsd: NOERROR", AA, TXT, STS, ZONE, "an @ CNAME, ns @9 SOA, ar . OPT", "alias" },
		{ "AWS: SOA of another zone", AA | 3, TXT, STS, ZONE, "an @ CNAME, ns b.example SOA, ar . OPT",
		  "alias" },
		{ "nsd, pdns: another zone's TXT", AA, TXT, STS, ZONE, "an @ CNAME, an x.b.example TXT, ar . OPT",
		  "alias" },
		{ "DNAME", AA, TXT, STS, ZONE, "an @9 DNAME, an @ CNAME, ar . OPT", "alias" },
		{ "pdns: CNAME before DNAME", AA, TXT, STS, ZONE, "an @ CNAME, an @9 DNAME, an x.b.example TXT",
		  "alias" },
		{ "DNAME alone", AA, TXT, STS, ZONE, "an @9 DNAME, ar . OPT", "alias" },
		{ "a referral", 0, MX, ZONE, ZONE, "ns @ NS, ns @ NS, ar ns.a.example A, ar . OPT",
		  "not-authoritative" },
		{ "a referral at _tls", 0, TXT, RPT, ZONE, "ns @6 NS, ar . OPT", "not-authoritative" },
		{ "a referral to the root", 0, MX, ZONE, ZONE, "ns . NS, ar . OPT", "not-authoritative" },
		{ "a cache's data", 0, MX, ZONE, ZONE, "an @ MX, ar . OPT", "not-authoritative" },
		{ "a cache's absence", 3, TXT, STS, ZONE, "ns @9 SOA, ar . OPT", "not-authoritative" },
		{ "not served", 5, MX, ZONE, ZONE, "ar . OPT", "refused" },
		{ "not loaded", 2, MX, ZONE, ZONE, "ar . OPT", "servfail" },
		{ "pdns: not loaded, with AA", AA | 2, MX, ZONE, ZONE, "ar . OPT", "servfail" },
		{ "too big", AA | TC, TXT, STS, ZONE, "ar . OPT", "truncated" },
		{ "yadifa: 5 of 13", AA | TC, TXT, STS, ZONE, "an @ TXT, an @ TXT, an @ TXT, an @ TXT, an @ TXT",
		  "truncated" },
		{ "slip of a rate limit", TC, MX, ZONE, ZONE, "", "truncated" },
	};

	(void)state;
	expect_rows(rows, COUNT_OF(rows));
}

static void an_absence_is_the_zones_own(void **state)
{
	static const struct row rows[] = {
		{ "no SOA", AA, MX, ZONE, ZONE, "ar . OPT", "no-soa" },
		{ "no SOA, NXDOMAIN", AA | 3, TXT, STS, ZONE, "ar . OPT", "no-soa" },
		{ "SOA in another section", AA, MX, ZONE, ZONE, "ar @ SOA, ar . OPT", "no-soa" },
		{ "two", AA, MX, ZONE, ZONE, "ns @ SOA, ns @ SOA, ar . OPT", "no-soa" },
		{ "NS beside it", AA, TXT, STS, ZONE, "ns @9 SOA, ns @9 NS", "no-soa" },
		{ "NS before it", AA, TXT, STS, ZONE, "ns @ NS, ns @9 SOA", "no-soa" },
		{ "a referral with AA", AA, MX, ZONE, ZONE, "ns @ NS, ar . OPT", "no-soa" },
		{ "of the root: MSFT.NET", AA, MX, ZONE, ZONE, "ns . SOA, ar . OPT", "no-soa" },
		{ "of the TLD", AA, MX, ZONE, ZONE, "ns @2 SOA, ar . OPT", "no-soa" },
		{ "of the TLD, NXDOMAIN", AA | 3, TXT, STS, ZONE, "ns example SOA, ar . OPT", "no-soa" },
		{ "of a child zone at _mta-sts", AA, TXT, STS, ZONE, "ns @ SOA, ar . OPT", "NO_ANSWER" },
		{ "of a child zone at _tls", AA | 3, TXT, RPT, ZONE, "ns @6 SOA, ar . OPT", "NXDOMAIN" },
		{ "of a zone below the question", AA, MX, ZONE, ZONE, "ns _mta-sts.a.example SOA", "no-soa" },
		{ "of a sister", AA, TXT, STS, ZONE, "ns b.example SOA, ar . OPT", "no-soa" },
		{ "of another TLD", AA, TXT, STS, ZONE, "ns a.examples SOA, ar . OPT", "no-soa" },
		{ "of a longer name", AA, MX, ZONE, ZONE, "ns aa.example SOA, ar . OPT", "no-soa" },
		{ "written out, in capitals", AA, TXT, STS, ZONE, "ns A.Example SOA, ar . OPT", "NO_ANSWER" },
		{ "of a delegation deeper than a label", AA | 3, TXT, "_mta-sts.a.co.example", "a.co.example",
		  "ns @9 SOA, ar . OPT", "NXDOMAIN" },
		{ "of a zone above it", AA | 3, TXT, "_mta-sts.a.co.example", "a.co.example", "ns @11 SOA, ar . OPT",
		  "no-soa" },
		{ "of a name that begins inside a label", AA, MX, "ab.example", "ab.example", "ns b.example SOA",
		  "no-soa" },
		{ "NSEC's neighbours are no matter", AA, MX, ZONE, ZONE, "ns @ TXT, ns @ SOA, ns @ PTR", "NO_ANSWER" },
	};

	(void)state;
	expect_rows(rows, COUNT_OF(rows));
}

static void data_is_of_the_very_name_and_type(void **state)
{
	static const struct row rows[] = {
		{ "written out, in capitals", AA, MX, ZONE, ZONE, "an A.EXAMPLE MX", "NOERROR" },
		{ "a pointer behind a label", AA, TXT, STS, ZONE, "an @ TXT, an @0 TXT", "NOERROR" },
		{ "of the zone", AA, TXT, STS, ZONE, "an @9 TXT", "foreign-record" },
		{ "of the root", AA, TXT, STS, ZONE, "an . TXT", "foreign-record" },
		{ "of a sister", AA, MX, ZONE, ZONE, "an b.example MX", "foreign-record" },
		{ "of a name below", AA, MX, ZONE, ZONE, "an x.a.example MX", "foreign-record" },
		{ "one among many", AA, TXT, STS, ZONE, "an @ TXT, an @ TXT, an @9 TXT, an @ TXT", "foreign-record" },
		{ "of another type", AA, TXT, STS, ZONE, "an @ MX", "foreign-record" },
		{ "of another type, too", AA, MX, ZONE, ZONE, "an @ MX, an @ A", "foreign-record" },
		{ "SOA where the answer is", AA, MX, ZONE, ZONE, "an @ SOA", "foreign-record" },
		{ "OPT where the answer is", AA, MX, ZONE, ZONE, "an . OPT", "foreign-record" },
		{ "with NXDOMAIN", AA | 3, MX, ZONE, ZONE, "an @ MX, ns @ SOA", "foreign-record" },
		{ "an alias goes before", AA | 3, TXT, STS, ZONE, "an x.example TXT, an @ CNAME", "alias" },
		{ "of a name elsewhere that has an alias", AA, TXT, STS, ZONE, "an @ TXT, an b.example CNAME",
		  "alias" },
	};

	(void)state;
	expect_rows(rows, COUNT_OF(rows));
}

/* What says less about the zone goes first. */
static void the_first_reason_in_order_is_told(void **state)
{
	static const struct row rows[] = {
		{ "the code before TC", TC | 5, MX, ZONE, ZONE, "", "refused" },
		{ "the code before the rest", AA | TC | 2, TXT, STS, ZONE, "an @ CNAME", "servfail" },
		{ "TC before AA", TC, TXT, STS, ZONE, "an @ CNAME", "truncated" },
		{ "AA before aliases", 0, TXT, STS, ZONE, "an @ CNAME, an x.b.example TXT", "not-authoritative" },
		{ "AA before no SOA", 3, TXT, STS, ZONE, "", "not-authoritative" },
		{ "FORMERR", 1, MX, ZONE, ZONE, "", "rcode" },
		{ "NOTIMP", 4, MX, ZONE, ZONE, "", "rcode" },
		{ "NOTAUTH", AA | 9, MX, ZONE, ZONE, "an @ MX", "rcode" },
	};

	(void)state;
	expect_rows(rows, COUNT_OF(rows));
}

static void a_code_has_a_part_in_opt(void **state)
{
	static const struct {
		unsigned flags, extended;
		const char *records, *due;
	} rows[] = {
		{ AA, 0, "an @ MX", "NOERROR" },
		{ AA, 1, "an @ MX", "rcode" }, /* BADVERS */
		{ AA | 3, 1, "ns @ SOA", "rcode" },
		{ 0, 1, "", "rcode" },
		{ TC, 255, "", "rcode" },
		{ 5, 1, "", "rcode" }, /* 21 is not REFUSED */
		{ 2, 1, "", "rcode" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		build(rows[i].flags, ZONE, MX, rows[i].records);
		add_opt(&packet, rows[i].extended);
		expect_verdict(rows[i].records, ZONE, MX, ZONE, false, rows[i].due);
	}
	build(AA, ZONE, MX, "an @ MX");
	add_opt(&packet, 1);
	packet.p[AUTHORITY + 1] = 1; /* where it does not belong, but is read */
	packet.p[ADDITIONAL + 1] = 0;
	expect_verdict("among the authorities", ZONE, MX, ZONE, false, "rcode");
}

static void what_did_not_fit_says_nothing(void **state)
{
	(void)state;
	build(AA, STS, TXT, "an @ TXT, ar . OPT");
	expect_verdict("cut by us", STS, TXT, ZONE, true, "truncated");
	packet.n -= 20;
	expect_verdict("cut within a record", STS, TXT, ZONE, true, "truncated");
	packet.p[2] |= TC >> 8;
	expect_verdict("TC, and cut within a record", STS, TXT, ZONE, false, "truncated");
	build(5, STS, TXT, "");
	expect_verdict("a code is whole", STS, TXT, ZONE, true, "refused");
	/* yadifa sends 2.9 kB to whoever speaks no EDNS: more than is taken, so it comes cut */
	build(AA, STS, TXT, "");
	for (unsigned i = 0; i < 13; i++)
		add_raw(&packet, NULL, TXT,
			"\310" /* 200 */ "0123456789012345678901234567890123456789012345678901234567890"
			"01234567890123456789012345678901234567890123456789012345678901234567890123456"
			"789012345678901234567890123456789012345678901234567890123456789",
			201);
	assert_in_range(packet.n, 2500, 3000);
	expect_verdict("whole", STS, TXT, ZONE, false, "NOERROR");
	packet.n = 1536;
	expect_verdict("as far as it is taken", STS, TXT, ZONE, true, "truncated");
}

/* ---- what is no answer ---- */

static void every_beginning_of_an_answer_is_broken(void **state)
{
	static const char *const records[] = { "an @ MX, an a.example MX, ns @2 NS, ar . OPT", "ns @ SOA, ar . OPT" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		size_t whole;

		build(AA, ZONE, MX, records[i]);
		for (whole = packet.n--; packet.n > 0; packet.n--)
			expect_verdict(records[i], ZONE, MX, ZONE, false, "malformed");
		packet.n = whole;
		put(&packet, 0, 1);
		expect_verdict("with an octet behind it", ZONE, MX, ZONE, false, "malformed");
	}
}

static void data_has_the_form_of_its_type(void **state)
{
	static const struct {
		uint16_t type;
		const char *rdata;
		size_t n;
		const char *due;
	} rows[] = {
		{ TXT, "\003abc", 4, "NOERROR" },
		{ TXT, "\000", 1, "NOERROR" },
		{ TXT, "", 0, "malformed" },
		{ TXT, "\004abc", 4, "malformed" },
		{ TXT, "\003abc\005", 5, "malformed" },
		{ MX, "\0\012\0", 3, "NOERROR" }, /* the root: null MX */
		{ MX, "\0\012\300\014", 4, "NOERROR" },
		{ MX, "\0\012", 2, "malformed" },
		{ MX, "\0\012\001a", 4, "malformed" },
		{ MX, "\0\012\001a\0\0", 6, "malformed" },
		{ MX, "\0\012\300\377", 4, "malformed" }, /* forward */
		{ MX, "\0\012\300\000", 4, "malformed" }, /* into the header */
		{ MX, "\0\012\100a", 4, "malformed" },
		{ MX, "\0\012\300", 3, "malformed" },
		{ DNS_TYPE_CNAME, "\001a", 2, "malformed" }, /* before all it would say */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint16_t asked = rows[i].type == DNS_TYPE_CNAME ? TXT : rows[i].type;

		build(AA, ZONE, asked, "");
		add_raw(&packet, NULL, rows[i].type, rows[i].rdata, rows[i].n);
		expect_verdict(dns_type_name(rows[i].type), ZONE, asked, ZONE, false, rows[i].due);
	}
}

static void an_soa_has_the_form_of_its_type(void **state)
{
	(void)state;
	for (unsigned shorter = 0; shorter < 3; shorter++) {
		size_t at;

		build(AA, ZONE, MX, "");
		put(&packet, TO_QUESTION, 2);
		at = put_fixed(&packet, DNS_TYPE_SOA, 900);
		put(&packet, TO_QUESTION, 2);
		put(&packet, shorter == 2 ? 0xc0ff : TO_QUESTION, 2); /* forward */
		put(&packet, 0, 20 - shorter % 2);
		end_record(&packet, AUTHORITY, at);
		expect_verdict("SOA", ZONE, MX, ZONE, false, shorter ? "malformed" : "NO_ANSWER");
	}
}

static void owners_lead_backwards_only(void **state)
{
	(void)state;
	for (unsigned shape = 0; shape < 8; shape++) {
		enum section section = shape < 4 ? ANSWER : AUTHORITY;
		size_t at;

		build(AA, ZONE, MX, "");
		at = packet.n;
		if (shape % 4 == 0)
			put(&packet, 0xc000 | (unsigned)at, 2); /* to itself */
		else if (shape % 4 == 1)
			put(&packet, 0xc000 | (unsigned)(at + 2), 2); /* forward */
		else if (shape % 4 == 2)
			put(&packet, 0xc004, 2); /* into the header */
		if (shape % 4 == 3) {            /* a label and back to it, round and round */
			put_labels(&packet, "x");
			put(&packet, 0xc000 | (unsigned)at, 2);
		}
		at = put_fixed(&packet, section == ANSWER ? MX : DNS_TYPE_SOA, 60);
		put_rdata(section == ANSWER ? MX : DNS_TYPE_SOA);
		end_record(&packet, section, at);
		expect_verdict("owner", ZONE, MX, ZONE, false, "malformed");
	}
}

static void only_class_in_counts(void **state)
{
	static const char *const records[] = { "an @ MX", "ns @ SOA" };
	static const char *const due[] = { "foreign-record", "no-soa" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		build(AA, ZONE, MX, records[i]);
		packet.p[DNS_HEADER_SIZE + strlen(ZONE) + 2 + 4 + 2 + 3] = 3; /* CHAOS */
		expect_verdict(records[i], ZONE, MX, ZONE, false, due[i]);
	}
}

/* A label of the owner may be of a length that is a digit or '-' in the question: that octet is no label's beginning.
 */
static void an_owner_begins_where_a_label_does(void **state)
{
	static const char name[] = "x-aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee.example"; /* '-' and 45 octets */
	size_t at;

	(void)state;
	build(AA, name, MX, "");
	put(&packet, TO_QUESTION + 2, 2);
	at = put_fixed(&packet, DNS_TYPE_SOA, 60);
	put_rdata(DNS_TYPE_SOA);
	end_record(&packet, AUTHORITY, at);
	expect_verdict("inside a label", name, MX, "example", false, "no-soa");
}

/* ---- the question ---- */

static bool is_of(const char *name, uint16_t type)
{
	struct span copy = expect_copy((const char *)packet.p, packet.n);
	bool is = direct_answer_is_of((const uint8_t *)copy.p, copy.n, span_of(name), type);

	expect_free(copy);
	return is;
}

static void the_question_is_the_one_asked_to_the_octet(void **state)
{
	size_t whole;

	(void)state;
	build(AA, STS, TXT, "");
	assert_true(is_of(STS, TXT));
	assert_false(is_of(STS, MX));
	assert_false(is_of(ZONE, TXT));
	assert_false(is_of("x" STS, TXT));
	assert_false(is_of("_mta-sts.b.example", TXT));
	assert_false(is_of("_mta-sts.a.exampl", TXT));
	for (whole = packet.n--; packet.n >= DNS_HEADER_SIZE; packet.n--)
		assert_false(is_of(STS, TXT));
	packet.n = whole;
	packet.p[packet.n - 1] = 3; /* CHAOS */
	assert_false(is_of(STS, TXT));
	for (unsigned count = 0; count < 3; count++) {
		build(AA, STS, TXT, "");
		packet.p[5] = (uint8_t)count;
		assert_int_equal(is_of(STS, TXT), count == 1);
	}
	build(AA, "_MTA-STS.a.example", TXT, "");
	assert_false(is_of(STS, TXT));
	expect_verdict("another case", STS, TXT, ZONE, false, "malformed");
	begin(&packet, AA, NULL, 0); /* a longer name, the label of which looks like type and class */
	packet.p[5] = 1;
	put_labels(&packet, STS);
	put_label(&packet, "\0\20\0\1", 4);
	put(&packet, 0, 1);
	put(&packet, TXT << 16 | 1, 4);
	assert_false(is_of(STS, TXT));
	begin(&packet, AA, NULL, 0); /* a dot inside a label */
	packet.p[5] = 1;
	put_label(&packet, "a.example", 9);
	put(&packet, 0, 1);
	put(&packet, MX << 16 | 1, 4);
	assert_false(is_of(ZONE, MX));
}

static void a_failure_may_come_without_the_question(void **state)
{
	static const struct {
		unsigned code;
		const char *due;
	} rows[] = {
		{ 0, "malformed" }, { 1, "rcode" }, { 2, "servfail" },
		{ 3, "malformed" }, { 4, "rcode" }, { 5, "refused" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(&packet, AA | rows[i].code, NULL, 0);
		assert_int_equal(is_of(ZONE, MX), strcmp(rows[i].due, "malformed") != 0);
		expect_verdict("without", ZONE, MX, ZONE, false, rows[i].due);
	}
}

static void a_question_or_another_opcode_is_no_answer(void **state)
{
	(void)state;
	build(AA, ZONE, MX, "an @ MX");
	packet.p[2] &= 0x7f;
	expect_verdict("QR", ZONE, MX, ZONE, false, "malformed");
	build(AA | 0x2000, ZONE, MX, "an @ MX"); /* NOTIFY */
	expect_verdict("opcode", ZONE, MX, ZONE, false, "malformed");
}

/* ---- asking ---- */

static void a_query_asks_for_nothing_that_a_server_does_not_do(void **state)
{
	uint8_t query[DNS_QUERY_MAX], plain[DNS_QUERY_MAX];
	int n = direct_query_write(0x1234, span_of(STS), TXT, query);

	(void)state;
	assert_int_equal(n, dns_query_write(0x1234, span_of(STS), TXT, DNS_QUERY_EDNS, plain));
	assert_int_equal(query[2], 0); /* no RD */
	assert_int_equal(query[3], 0); /* neither AD nor CD */
	plain[2] = plain[3] = 0;
	assert_memory_equal(query, plain, n);
	assert_memory_equal(query + n - 11, "\0\0\51\4\320\0\0\0\0\0\0", 11); /* OPT: 1232 octets, no DO, no options */
	assert_true(direct_answer_is_of(query, (size_t)n, span_of(STS), TXT));
	assert_int_equal(direct_query_write(1, span_of("a..example"), TXT, query), -1);
}

static void another_server_may_say_better_but_not_of_the_zone_itself(void **state)
{
	char text[256] = "";

	(void)state;
	for (unsigned why = 0; why < FALL_BACK_COUNT; why++)
		if (direct_answer_try_another(why))
			strcat(strcat(text, obs_fall_back_names[why]), " ");
	assert_string_equal(text,
			    "no-address forbidden timeout refused servfail rcode truncated not-authoritative no-soa "
			    "malformed unsent ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_six_servers_answer),
		cmocka_unit_test(an_absence_is_the_zones_own),
		cmocka_unit_test(data_is_of_the_very_name_and_type),
		cmocka_unit_test(the_first_reason_in_order_is_told),
		cmocka_unit_test(a_code_has_a_part_in_opt),
		cmocka_unit_test(what_did_not_fit_says_nothing),
		cmocka_unit_test(every_beginning_of_an_answer_is_broken),
		cmocka_unit_test(data_has_the_form_of_its_type),
		cmocka_unit_test(an_soa_has_the_form_of_its_type),
		cmocka_unit_test(owners_lead_backwards_only),
		cmocka_unit_test(only_class_in_counts),
		cmocka_unit_test(an_owner_begins_where_a_label_does),
		cmocka_unit_test(the_question_is_the_one_asked_to_the_octet),
		cmocka_unit_test(a_failure_may_come_without_the_question),
		cmocka_unit_test(a_question_or_another_opcode_is_no_answer),
		cmocka_unit_test(a_query_asks_for_nothing_that_a_server_does_not_do),
		cmocka_unit_test(another_server_may_say_better_but_not_of_the_zone_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_answer.c - the table of what DNS answers are made to be. */
#include "faultd_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faultd.h"
#include "parsers/hash.h"

enum {
	SEEN_MAX = 65536, /* names remembered by the "-once" behaviours */
	TYPE_A = 1,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_OPT = 41,
};

/* ---- writing ---- */

static void put(struct message *m, const void *data, size_t len)
{
	if (m->len + len <= sizeof(m->data)) {
		memcpy(m->data + m->len, data, len);
		m->len += len;
	}
}

static void put16(struct message *m, unsigned value)
{
	put(m, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		put(m, &(uint8_t){ (uint8_t)len }, 1);
		put(m, name, len);
		name += len + (name[len] == '.');
	}
	put(m, "", 1);
}

static void count(struct message *m, int section)
{
	unsigned value = ((unsigned)m->data[4 + 2 * section] << 8 | m->data[5 + 2 * section]) + 1;

	m->data[4 + 2 * section] = (uint8_t)(value >> 8);
	m->data[5 + 2 * section] = (uint8_t)value;
}

/* Owner, type, class, TTL; the RDATA's length follows from close_record. @owner NULL: the question's name. */
static size_t open_record(struct message *m, const char *owner, unsigned type, int section)
{
	if (owner)
		put_name(m, owner);
	else
		put(m, "\xc0\x0c", 2);
	put16(m, type);
	put(m, "\0\1\0\0\1\x2c\0\0", 8);
	count(m, section);
	return m->len;
}

static void close_record(struct message *m, size_t start)
{
	size_t len = m->len - start;

	m->data[start - 2] = (uint8_t)(len >> 8);
	m->data[start - 1] = (uint8_t)len;
}

static void add_text(struct message *m, const char *owner, const char *text)
{
	size_t start = open_record(m, owner, TYPE_TXT, 1), len = strlen(text);

	put(m, &(uint8_t){ (uint8_t)len }, 1);
	put(m, text, len);
	close_record(m, start);
}

static void add_cname(struct message *m, const char *owner, const char *target)
{
	size_t start = open_record(m, owner, TYPE_CNAME, 1);

	put_name(m, target);
	close_record(m, start);
}

static void add_mx(struct message *m, const char *owner, unsigned preference, const char *target)
{
	size_t start = open_record(m, owner, TYPE_MX, 1);

	put16(m, preference);
	put_name(m, target);
	close_record(m, start);
}

static void add_address(struct message *m, const char *owner, const uint8_t address[static 4])
{
	size_t start = open_record(m, owner, TYPE_A, 1);

	put(m, address, 4);
	close_record(m, start);
}

static void add_soa(struct message *m)
{
	size_t start = open_record(m, "fault.test", TYPE_SOA, 2);

	put_name(m, "ns.fault.test");
	put_name(m, "hostmaster.fault.test");
	put(m, "\0\0\0\1\0\0\x1c\x20\0\0\3\x84\0\x12\x75\0\0\0\0\x05", 20);
	close_record(m, start);
}

static void begin(struct message *m, const struct question *q, unsigned rcode)
{
	m->len = 0;
	put(m, q->packet, q->name_end);
	m->data[2] = (uint8_t)(0x84 | (q->packet[2] & 1)); /* QR, AA, RD as asked */
	m->data[3] = (uint8_t)(0x80 | rcode);
	memset(m->data + 6, 0, 6);
}

static const char *text_of(const struct question *q, char out[static 512])
{
	if (strcmp(q->step, "tlsrpt") == 0)
		snprintf(out, 512, "v=TLSRPTv1; rua=mailto:tls@%s", q->domain);
	else
		snprintf(out, 512, "v=STSv1; id=20260101000000Z;");
	return out;
}

/* The records an ordinary domain has, owned by @owner. */
static void add_ordinary(struct message *m, const struct question *q, const char *owner)
{
	char text[512], host[300];

	if (q->type == TYPE_MX) {
		snprintf(host, sizeof(host), "mx.%s", q->domain);
		add_mx(m, owner, 10, host);
	} else if (q->type == TYPE_TXT && (strcmp(q->step, "sts") == 0 || strcmp(q->step, "tlsrpt") == 0)) {
		add_text(m, owner, text_of(q, text));
	} else if (q->type == TYPE_A && strcmp(q->step, "a") == 0) {
		bool nobody = strncmp(q->domain, "nobody.", 7) == 0; /* listens there */

		add_address(m, owner, nobody ? (const uint8_t[]){ 127, 80, 2, 1 } : (const uint8_t[]){ 127, 80, 0, 1 });
	} else {
		add_soa(m);
	}
}

static void ordinary(struct message *m, const struct question *q)
{
	begin(m, q, 0);
	add_ordinary(m, q, NULL);
}

/* ---- behaviours: each fills the message and says how it leaves ---- */

static enum departure rcode(struct message *m, const struct question *q, int value)
{
	begin(m, q, (unsigned)value);
	if (value == 3)
		add_soa(m);
	return NOW;
}

static enum departure leave(struct message *m, const struct question *q, int how)
{
	ordinary(m, q);
	return (enum departure)how;
}

/* TC over UDP; over TCP the answer (0), nothing (1) or silence (2). */
static enum departure truncated(struct message *m, const struct question *q, int tcp)
{
	ordinary(m, q);
	if (!q->tcp) {
		begin(m, q, 0);
		m->data[2] |= 2;
		return NOW;
	}
	return tcp == 0 ? NOW : tcp == 1 ? HANG_UP : NEVER;
}

static enum departure spoilt_header(struct message *m, const struct question *q, int what)
{
	ordinary(m, q);
	switch (what) {
	case 0:
		m->data[0] ^= 0x5a;
		break; /* id */
	case 1:
		m->data[13] ^= 1;
		break; /* question's name */
	case 2:
		m->data[q->name_end - 3] = 99;
		break; /* question's type */
	case 3:
		m->data[2] &= 0x7f;
		break; /* no response */
	case 4:
		m->data[2] |= 0x28;
		break; /* opcode UPDATE */
	case 5:
		m->data[6] = 3, m->data[7] = 0xe8;
		break; /* 1000 answers announced */
	case 6:
		memset(m->data + 4, 0, 2);
		m->len = 12;
		break; /* no question, no answer */
	case 7:
		m->len = 5;
		break;
	case 8:
		m->len = 0;
		break;
	case 9:
		m->data[3] |= 0x20;
		break; /* AD, unearned */
	case 10:
		put(m, "trailing garbage", 16);
		break;
	case 11:
		m->len -= 3;
		break; /* cut inside the last record */
	}
	return NOW;
}

static enum departure garbage(struct message *m, const struct question *q, int len)
{
	for (m->len = 2; m->len < (size_t)len; m->len++)
		m->data[m->len] = (uint8_t)(m->len * 167 + 13);
	memcpy(m->data, q->packet, 2);
	return NOW;
}

/* A record whose owner or RDATA is built to hurt. */
static enum departure spoilt_record(struct message *m, const struct question *q, int what)
{
	static const struct {
		const char *owner;
		size_t len;
	} owners[] = {
		{ "\xc0\xff", 2 },
		{ NULL, 0 },
		{ "\x40"
		  "bad",
		  4 },
		{ "\x80"
		  "bad",
		  4 },
	};
	size_t at;

	begin(m, q, 0);
	if (what == 1)
		put(m, (uint8_t[]){ (uint8_t)(0xc0 | m->len >> 8), (uint8_t)m->len }, 2); /* points at itself */
	else
		put(m, owners[what].owner, owners[what].len);
	put16(m, q->type);
	put(m, "\0\1\0\0\1\x2c\0\0", 8);
	count(m, 1);
	at = m->len;
	put(m, "\x0cv=STSv1;id=1", 13);
	close_record(m, at);
	return NOW;
}

static enum departure spoilt_rdata(struct message *m, const struct question *q, int what)
{
	static const struct {
		const char *data;
		size_t len;
		unsigned claimed;
	} rdata[] = {
		{ "\xff"
		  "short",
		  6, 6 },     /* a string longer than the RDATA */
		{ "", 0, 0 }, /* empty */
		{ "\x03"
		  "abc",
		  4, 4000 },                         /* RDATA longer than the packet */
		{ "\0\12\xc0\xff", 4, 4 },           /* MX: pointer past the end */
		{ "\0\12", 2, 2 },                   /* MX without a name */
		{ "\0\12\x05ma.il\0", 9, 9 },        /* MX: a dot inside a label */
		{ "\0\12\x03\xff\xfe\xfd\0", 7, 7 }, /* MX: octets that are no letters */
		{ "\0\12\x01\0\0", 5, 5 },           /* MX: a NUL in a label */
		{ "\0", 1, 1 },                      /* one empty string */
	};
	size_t at;

	begin(m, q, 0);
	at = open_record(m, NULL, q->type, 1);
	put(m, rdata[what].data, rdata[what].len);
	m->data[at - 2] = (uint8_t)(rdata[what].claimed >> 8);
	m->data[at - 1] = (uint8_t)rdata[what].claimed;
	return NOW;
}

/* Many records: `what` of them beside the ordinary one. */
static enum departure many(struct message *m, const struct question *q, int number)
{
	char text[256];

	ordinary(m, q);
	for (int i = 0; i < number; i++) {
		snprintf(text, sizeof(text), q->type == TYPE_MX ? "mx%d.%s" : "filler=%d for %s", i, q->domain);
		if (q->type == TYPE_MX)
			add_mx(m, NULL, 20, text);
		else
			add_text(m, NULL, text);
	}
	return NOW;
}

/* One TXT record of almost 64 KB. */
static enum departure huge(struct message *m, const struct question *q, int strings)
{
	size_t at;
	char text[512];

	begin(m, q, 0);
	at = open_record(m, NULL, TYPE_TXT, 1);
	text_of(q, text);
	put(m, &(uint8_t){ (uint8_t)strlen(text) }, 1);
	put(m, text, strlen(text));
	for (int i = 0; i < strings; i++) {
		put(m, "\xff", 1);
		for (int j = 0; j < 255; j++)
			put(m, "x", 1);
	}
	close_record(m, at);
	return NOW;
}

/* A chain of @length CNAMEs in one answer; negative: without an end, back to the start. */
static enum departure cnames(struct message *m, const struct question *q, int length)
{
	char owner[300] = "", target[300];
	int links = length < 0 ? -length : length;

	begin(m, q, 0);
	for (int i = q->link + 1; i < links; i++) {
		if (length < 0 && i == links - 1)
			snprintf(target, sizeof(target), "%s%s",
				 strcmp(q->step, "sts") == 0      ? "_mta-sts."
				 : strcmp(q->step, "tlsrpt") == 0 ? "_smtp._tls."
				 : strcmp(q->step, "mx") == 0     ? ""
								  : "mta-sts.",
				 q->domain);
		else
			snprintf(target, sizeof(target), "c%d.%s", i, q->domain);
		add_cname(m, i > q->link + 1 ? owner : NULL, target);
		memcpy(owner, target, sizeof(owner));
	}
	if (length > 0)
		add_ordinary(m, q, *owner ? owner : NULL);
	return NOW;
}

/* A CNAME to a name that does not exist (3) or has nothing (0). */
static enum departure dangling(struct message *m, const struct question *q, int value)
{
	char target[300];

	begin(m, q, (unsigned)value);
	snprintf(target, sizeof(target), "gone.%s", q->domain);
	if (!q->gone)
		add_cname(m, NULL, target);
	add_soa(m);
	return NOW;
}

/* Records of a name nobody asked about: alone (0), before (1) or after (2) the right ones. */
static enum departure other_name(struct message *m, const struct question *q, int where)
{
	begin(m, q, 0);
	if (where == 2)
		add_ordinary(m, q, NULL);
	add_ordinary(m, q, "victim.example");
	if (where == 1)
		add_ordinary(m, q, NULL);
	return NOW;
}

static enum departure opt_matters(struct message *m, const struct question *q, int value)
{
	if (!q->edns) {
		ordinary(m, q);
		return NOW;
	}
	begin(m, q, value == 16 ? 0 : (unsigned)value);
	if (value == 16) { /* BADVERS: its upper bits stand in the OPT record */
		put(m, "\0\0\x29\4\xd0\1\0\0\0\0\0", 11);
		count(m, 3);
	}
	return NOW;
}

/* Is this the first time this very question comes? */
static bool first_time(const struct question *q)
{
	static uint64_t seen[SEEN_MAX];
	uint64_t hash = HASH_NOTHING;

	for (size_t i = 12; i < q->name_end; i++)
		hash = hash_octet(hash, (uint8_t)(q->packet[i] | 0x20));
	if (seen[hash % SEEN_MAX] == hash)
		return false;
	seen[hash % SEEN_MAX] = hash;
	return true;
}

static enum departure once(struct message *m, const struct question *q, int value)
{
	bool first = first_time(q);

	if (first && value >= 0)
		return rcode(m, q, value);
	ordinary(m, q);
	return first ? NEVER : NOW;
}

static enum departure zero_ttl(struct message *m, const struct question *q, int octet)
{
	ordinary(m, q);
	memset(m->data + q->name_end + 6, octet, 4);
	return NOW;
}

static enum departure tripwire(struct message *m, const struct question *q, int value)
{
	(void)value;
	faultd_tripped("DNS question for a blocklisted domain");
	ordinary(m, q);
	return NOW;
}

/* clang-format off */
static const struct {
	const char *name;
	enum departure (*play)(struct message *m, const struct question *q, int argument);
	int argument;
} behaviours[] = {
	{ "formerr", rcode, 1 },       { "servfail", rcode, 2 },        { "nxdomain", rcode, 3 },
	{ "notimp", rcode, 4 },        { "refused", rcode, 5 },         { "notauth", rcode, 9 },
	{ "rcode11", rcode, 11 },      { "nodata", rcode, 0 },          { "silence", leave, NEVER },
	{ "late", leave, LATE },       { "twice", leave, TWICE },       { "spoofed-first", leave, WRONG_FIRST },
	{ "tc", truncated, 0 },        { "tc-notcp", truncated, 1 },    { "tc-tcpsilent", truncated, 2 },
	{ "wrong-id", spoilt_header, 0 },   { "wrong-question", spoilt_header, 1 }, { "wrong-type", spoilt_header, 2 },
	{ "no-response", spoilt_header, 3 }, { "wrong-opcode", spoilt_header, 4 }, { "count-lie", spoilt_header, 5 },
	{ "no-question", spoilt_header, 6 }, { "short", spoilt_header, 7 },       { "empty", spoilt_header, 8 },
	{ "ad-lie", spoilt_header, 9 },     { "trailing", spoilt_header, 10 },    { "cut", spoilt_header, 11 },
	{ "garbage", garbage, 100 },        { "garbage-long", garbage, 1200 },
	{ "pointer-past-end", spoilt_record, 0 }, { "pointer-loop", spoilt_record, 1 }, { "label-type-1", spoilt_record, 2 },
	{ "label-type-2", spoilt_record, 3 },
	{ "string-overrun", spoilt_rdata, 0 }, { "rdata-empty", spoilt_rdata, 1 }, { "rdata-overrun", spoilt_rdata, 2 },
	{ "mx-pointer", spoilt_rdata, 3 },  { "mx-nameless", spoilt_rdata, 4 },   { "mx-dot-in-label", spoilt_rdata, 5 },
	{ "mx-binary", spoilt_rdata, 6 },   { "mx-nul", spoilt_rdata, 7 },        { "string-empty", spoilt_rdata, 8 },
	{ "many-20", many, 20 },            { "many-500", many, 500 },
	{ "huge-txt", huge, 254 },          { "txt-4k", huge, 15 },
	{ "cname-1", cnames, 1 },           { "cname-8", cnames, 8 },             { "cname-100", cnames, 100 },
	{ "cname-self", cnames, -1 },       { "cname-loop", cnames, -3 },
	{ "cname-dangling", dangling, 3 },  { "cname-nodata", dangling, 0 },
	{ "other-name", other_name, 0 },    { "other-name-first", other_name, 1 }, { "other-name-last", other_name, 2 },
	{ "edns-formerr", opt_matters, 1 }, { "edns-notimp", opt_matters, 4 },     { "edns-badvers", opt_matters, 16 },
	{ "servfail-once", once, 2 },       { "refused-once", once, 5 },          { "silence-once", once, -1 },
	{ "ttl-zero", zero_ttl, 0 },        { "ttl-huge", zero_ttl, 0xff },
	{ "tripwire", tripwire, 0 },
};
/* clang-format on */

/* ---- reading ---- */

static bool is_step(const struct question *q, const char *meant)
{
	return strcmp(meant, q->step) == 0 || strcmp(meant, "all") == 0 ||
	       (strcmp(meant, "host") == 0 && (strcmp(q->step, "a") == 0 || strcmp(q->step, "aaaa") == 0));
}

/* A name our own CNAMEs lead to is about the same step as the name they stand at. */
static void understand_target(struct question *q)
{
	const char *meant = q->label[q->labels - 3];

	q->gone = strcmp(q->label[0], "gone") == 0;
	q->link = q->gone ? -1 : atoi(q->label[0] + 1);
	q->step = strcmp(meant, "host") != 0 ? meant : q->type == TYPE_A ? "a" : "aaaa";
}

/* What the question is about, from its labels and type. */
static void understand(struct question *q)
{
	int from = 0, n = q->labels;
	size_t used = 0;

	q->behaviour = q->step = "";
	q->link = -1;
	q->gone = false;
	if (n < 4 || strcmp(q->label[n - 1], "test") != 0 || strcmp(q->label[n - 2], "fault") != 0)
		return;
	if (strcmp(q->label[0], "_mta-sts") == 0)
		q->step = "sts", from = 1;
	else if (strcmp(q->label[0], "_smtp") == 0 && strcmp(q->label[1], "_tls") == 0)
		q->step = "tlsrpt", from = 2;
	else if (strcmp(q->label[0], "mta-sts") == 0)
		q->step = q->type == TYPE_A ? "a" : q->type == TYPE_AAAA ? "aaaa" : "", from = 1;
	else if (n > 4 && (strcmp(q->label[0], "gone") == 0 ||
			   (q->label[0][0] == 'c' && isdigit((unsigned char)q->label[0][1]))))
		understand_target(q), from = 1;
	else if (q->type == TYPE_MX)
		q->step = "mx";
	for (int i = from; i < n && used < sizeof(q->domain) - 65; i++)
		used += (size_t)snprintf(q->domain + used, sizeof(q->domain) - used, "%s%s", i > from ? "." : "",
					 q->label[i]);
	if (is_step(q, q->label[n - 3]))
		q->behaviour = q->label[n - 4];
}

bool question_read(struct question *q, const uint8_t *packet, size_t len, bool tcp)
{
	size_t at = 12;

	if (len < 17 || len > sizeof(q->packet) || (packet[2] & 0x80) || packet[4] != 0 || packet[5] != 1)
		return false;
	memcpy(q->packet, packet, len);
	q->len = len;
	q->tcp = tcp;
	q->labels = 0;
	while (at < len && packet[at]) {
		size_t size = packet[at];

		if (size > 63 || at + 1 + size >= len || q->labels == LABELS_MAX)
			return false;
		for (size_t i = 0; i < size; i++) {
			uint8_t c = packet[at + 1 + i];

			q->label[q->labels][i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		}
		q->label[q->labels++][size] = '\0';
		at += 1 + size;
	}
	if (at + 5 > len)
		return false;
	q->type = (uint16_t)(packet[at + 1] << 8 | packet[at + 2]);
	q->name_end = at + 5;
	q->edns = packet[11] > 0 && len >= at + 5 + 11;
	understand(q);
	return true;
}

enum departure question_answer(struct message *m, const struct question *q)
{
	for (size_t i = 0; i < COUNT_OF(behaviours); i++)
		if (strcmp(behaviours[i].name, q->behaviour) == 0)
			return behaviours[i].play(m, q, behaviours[i].argument);
	ordinary(m, q);
	return NOW;
}

void question_truncate(struct message *m, const struct question *q)
{
	begin(m, q, 0);
	m->data[2] |= 2;
}

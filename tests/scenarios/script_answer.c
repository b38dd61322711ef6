/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/script_reading.h"

#include "parsers/dns_answer.h"

enum { TTL = 300 };

static const char *dns_word(int value)
{
	return dns_status_names[value];
}

bool script_answer_seal(struct script_reading *reading)
{
	struct net_fake_answer *answer = reading->answer;
	struct span packet = { (const char *)reading->build.octet, reading->build.n };
	char *kept;

	reading->in_fetch = false;
	reading->probe = NULL;
	if (!answer)
		return true;
	reading->answer = NULL;
	if (reading->no_packet)
		return true;
	if (reading->raw.p)
		packet = reading->raw;
	else if (reading->build.failed)
		return false;
	if (reading->cut && reading->cut < packet.n)
		packet.n = reading->cut;
	kept = script_keep(&reading->memory, packet.n);
	memcpy(kept, packet.p, packet.n);
	answer->packet = (const uint8_t *)kept;
	answer->len = packet.n;
	return true;
}

/* How a question must be asked, by its word; NULL: there is no such word. */
static bool *flag_of(struct net_fake_answer *answer, struct span word)
{
	const struct {
		const char *word;
		bool *flag;
	} table[] = { { "shared", &answer->shared },       { "unchecked", &answer->unchecked },
		      { "decided", &answer->decided },     { "delegated", &answer->delegated },
		      { "validated", &answer->validated }, { "lame", &answer->lame } };

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (span_equal(word, span_of(table[i].word)))
			return table[i].flag;
	return NULL;
}

static bool on_ask(struct script_reading *reading, struct words w)
{
	struct script_run *run = reading->run;
	struct span name = script_name(reading, w.word[1]);

	if (!script_answer_seal(reading) || run->answers == SCRIPT_ANSWERS_MAX || !run->domain.p)
		return false;
	reading->answer = &run->answer[run->answers++];
	*reading->answer = (struct net_fake_answer){ .name = name.p,
						     .type = dns_build_type(w.word[2]),
						     .after_ms = SCRIPT_AFTER_MS,
						     .status = DNS_TIMEOUT,
						     .tries = 1 };
	for (int i = 3; i < w.count; i++) {
		bool *flag = flag_of(reading->answer, w.word[i]);

		if (!flag)
			return false;
		*flag = true;
	}
	reading->no_packet = false;
	reading->raw.p = NULL;
	reading->cut = 0;
	reading->owner = name;
	reading->ttl = TTL;
	dns_build_begin(&reading->build, 0, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA);
	dns_build_question(&reading->build, name, reading->answer->type);
	return reading->answer->type != 0;
}

static bool on_after(struct script_reading *reading, struct words w)
{
	if (reading->in_fetch)
		reading->run->fetch.after_ms = (uint32_t)script_number(w.word[1]);
	else if (reading->answer)
		reading->answer->after_ms = (uint32_t)script_number(w.word[1]);
	else if (reading->probe)
		reading->probe->after_ms = (uint32_t)script_number(w.word[1]);
	return reading->in_fetch || reading->answer || reading->probe;
}

static bool on_now(struct script_reading *reading, struct words w)
{
	(void)w;
	if (reading->in_fetch)
		reading->run->fetch.at_once = true;
	else if (reading->answer)
		reading->answer->at_once = true;
	else if (reading->probe)
		reading->probe->at_once = true;
	return reading->in_fetch || reading->answer || reading->probe;
}

static bool on_fault(struct script_reading *reading, struct words w)
{
	int fault = script_value(w.word[1], SCRIPT_FAULTS, script_fault_word);

	reading->run->as_written = true;
	if (reading->in_fetch)
		reading->run->fetch.fault = -fault;
	else if (reading->answer)
		reading->answer->fault = -fault;
	else if (reading->probe)
		reading->probe->fault = -fault;
	return fault < SCRIPT_FAULTS && (reading->in_fetch || reading->answer || reading->probe);
}

static bool on_silence(struct script_reading *reading, struct words w)
{
	int status = script_value(w.word[1], DNS_STATUS_COUNT, dns_word);

	if (!reading->answer || status == DNS_STATUS_COUNT)
		return false;
	reading->answer->status = (enum dns_status)status;
	reading->no_packet = true;
	return true;
}

static const char *source_word(int value)
{
	return obs_source_names[value];
}

static const char *fall_back_word(int value)
{
	return obs_fall_back_names[value];
}

/* source WORD [FALL-BACK] */
static bool on_source(struct script_reading *reading, struct words w)
{
	int source = script_value(w.word[1], SOURCE_COUNT, source_word);
	int fall_back = w.count > 2 ? script_value(w.word[2], FALL_BACK_COUNT, fall_back_word) : FALL_BACK_NONE;

	if (!reading->answer || source == SOURCE_COUNT || fall_back == FALL_BACK_COUNT)
		return false;
	reading->answer->source = (enum obs_source)source;
	reading->answer->fall_back = (enum obs_fall_back)fall_back;
	return true;
}

static const char *audit_word(int value)
{
	return obs_audit_kind_names[value];
}

/* audit KIND DIRECT RESOLVER [AGAIN] */
static bool on_audit(struct script_reading *reading, struct words w)
{
	enum dns_status status[3] = { DNS_SKIPPED, DNS_SKIPPED, DNS_SKIPPED };
	int kind = script_value(w.word[1], AUDIT_KIND_COUNT, audit_word);

	for (int i = 2; i < w.count && i < 5; i++)
		status[i - 2] = (enum dns_status)script_value(w.word[i], DNS_STATUS_COUNT, dns_word);
	if (!reading->answer || kind == AUDIT_KIND_COUNT)
		return false;
	reading->answer->audit = (struct obs_audit){
		.kind = (enum obs_audit_kind)kind, .direct = status[0], .resolver = status[1], .again = status[2]
	};
	return status[0] < DNS_STATUS_COUNT && status[1] < DNS_STATUS_COUNT && status[2] < DNS_STATUS_COUNT;
}

static bool on_rcode(struct script_reading *reading, struct words w)
{
	static const struct {
		const char *word;
		uint8_t rcode;
	} table[] = { { "NOERROR", 0 }, { "FORMERR", 1 }, { "SERVFAIL", 2 }, { "NXDOMAIN", 3 },
		      { "NOTIMP", 4 },  { "REFUSED", 5 }, { "NOTAUTH", 9 } };

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (!span_equal(w.word[1], span_of(table[i].word)))
			continue;
		reading->build.octet[3] = (uint8_t)((reading->build.octet[3] & 0xf0) | table[i].rcode);
		return reading->answer;
	}
	return false;
}

static bool on_flag(struct script_reading *reading, struct words w)
{
	if (span_equal(w.word[0], SPAN_LITERAL("ad")))
		reading->build.octet[3] |= DNS_FLAG_AD;
	else
		reading->build.octet[2] |= DNS_FLAG_TC >> 8;
	return reading->answer;
}

static bool on_opt(struct script_reading *reading, struct words w)
{
	(void)w;
	dns_build_opt(&reading->build);
	return reading->answer;
}

static bool on_ede(struct script_reading *reading, struct words w)
{
	dns_build_ede(&reading->build, (uint16_t)script_number(w.word[1]));
	return reading->answer;
}

static bool on_tries(struct script_reading *reading, struct words w)
{
	if (reading->answer)
		reading->answer->tries = (uint8_t)script_number(w.word[1]);
	return reading->answer;
}

/* The packet answers another question than was asked. */
static bool on_question(struct script_reading *reading, struct words w)
{
	dns_build_begin(&reading->build, 0, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA);
	reading->owner = script_name(reading, w.word[1]);
	dns_build_question(&reading->build, reading->owner, dns_build_type(w.word[2]));
	return reading->answer;
}

static bool unhex(struct span text, char *out)
{
	for (size_t i = 0; i + 1 < text.n; i += 2) {
		int high = script_hex_digit(text.p[i]), low = script_hex_digit(text.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (char)(high * 16 + low);
	}
	return text.n % 2 == 0;
}

static bool on_hex(struct script_reading *reading, struct words w)
{
	struct span hex = w.count > 1 ? w.word[1] : SPAN_LITERAL("");
	char *octets = script_keep(&reading->memory, hex.n / 2);

	reading->raw = (struct span){ octets, hex.n / 2 };
	return reading->answer && unhex(hex, octets);
}

static bool on_octets(struct script_reading *reading, struct words w)
{
	size_t at = script_number(w.word[1]);

	return reading->answer && at + w.word[2].n / 2 <= reading->build.n &&
	       unhex(w.word[2], (char *)reading->build.octet + at);
}

static bool on_cut(struct script_reading *reading, struct words w)
{
	reading->cut = script_number(w.word[1]);
	return reading->answer;
}

static bool on_owner(struct script_reading *reading, struct words w)
{
	reading->owner = script_name(reading, w.word[1]);
	return reading->answer;
}

static bool on_ttl(struct script_reading *reading, struct words w)
{
	reading->ttl = (uint32_t)script_number(w.word[1]);
	return reading->answer;
}

static bool on_address_record(struct script_reading *reading, struct words w)
{
	struct obs_address address;

	for (int i = 1; i < w.count; i++) {
		if (!address_parse(w.word[i], &address))
			return false;
		dns_build_record(&reading->build, reading->owner, address.family == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA,
				 reading->ttl, address.octet, address.family == 4 ? 4 : 16);
	}
	return reading->answer;
}

static bool on_mx(struct script_reading *reading, struct words w)
{
	dns_build_mx(&reading->build, reading->owner, reading->ttl, (uint16_t)script_number(w.word[1]),
		     script_name(reading, w.word[2]));
	return reading->answer;
}

static bool on_ns(struct script_reading *reading, struct words w)
{
	for (int i = 1; i < w.count; i++)
		dns_build_name_record(&reading->build, reading->owner, DNS_TYPE_NS, reading->ttl,
				      script_name(reading, w.word[i]));
	return reading->answer;
}

static bool on_txt(struct script_reading *reading, struct words w)
{
	dns_build_txt(&reading->build, reading->owner, reading->ttl, w.word + 1, (size_t)w.count - 1);
	return reading->answer;
}

/* TLSA USAGE SELECTOR MATCHING [HEX]; the data is "ab" unless given. */
static bool on_tlsa(struct script_reading *reading, struct words w)
{
	struct span hex = w.count > 4 ? w.word[4] : SPAN_LITERAL("6162");
	char *rdata = script_keep(&reading->memory, 3 + hex.n / 2);

	for (int i = 0; i < 3; i++)
		rdata[i] = (char)script_number(w.word[1 + i]);
	if (!unhex(hex, rdata + 3))
		return false;
	dns_build_record(&reading->build, reading->owner, DNS_TYPE_TLSA, reading->ttl, rdata, 3 + hex.n / 2);
	return reading->answer;
}

static bool on_cname(struct script_reading *reading, struct words w)
{
	struct span target = script_name(reading, w.word[1]);

	dns_build_name_record(&reading->build, reading->owner, DNS_TYPE_CNAME, reading->ttl, target);
	reading->owner = target;
	return reading->answer;
}

const struct script_word script_answer_words[] = {
	{ "ask", on_ask, 3 },
	{ "after", on_after, 2 },
	{ "now", on_now, 1 },
	{ "fault", on_fault, 2 },
	{ "silence", on_silence, 2 },
	{ "rcode", on_rcode, 2 },
	{ "ad", on_flag, 1 },
	{ "tc", on_flag, 1 },
	{ "opt", on_opt, 1 },
	{ "ede", on_ede, 2 },
	{ "tries", on_tries, 2 },
	{ "source", on_source, 2 },
	{ "audit", on_audit, 4 },
	{ "question", on_question, 3 },
	{ "hex", on_hex, 1 },
	{ "octets", on_octets, 3 },
	{ "cut", on_cut, 2 },
	{ "owner", on_owner, 2 },
	{ "ttl", on_ttl, 2 },
	{ "A", on_address_record, 2 },
	{ "AAAA", on_address_record, 2 },
	{ "MX", on_mx, 3 },
	{ "NS", on_ns, 2 },
	{ "TXT", on_txt, 1 },
	{ "CNAME", on_cname, 2 },
	{ "TLSA", on_tlsa, 4 },
	{ 0 },
};

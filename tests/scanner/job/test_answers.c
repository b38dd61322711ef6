/* SPDX-License-Identifier: BSD-2-Clause */
/* What did not fit is never taken for absent: random answers, of which less may be kept than there was. */
#include "scanner/job/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"
#include "tests/fake/dns_build.h"

enum { ROUNDS = 3000, RECORDS_MAX = 150, HUGE = 17000 };

static uint64_t seed = 8461;

static unsigned chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static struct dns_build packet;
static struct dns_answer_room room;
static struct dns_answer answer;
static const struct span host = SPAN_LITERAL("a.example");
static char huge[HUGE];

static const struct net_query *ask(uint16_t type)
{
	static struct net_query query;

	query = (struct net_query){ .type = type };
	assert_false(packet.failed);
	assert_int_equal(dns_answer_parse(packet.octet, packet.n, host, type, &room, &answer), 0);
	query.status = answer.status;
	return &query;
}

static void begin(uint16_t type)
{
	dns_build_begin(&packet, 1, DNS_FLAG_QR);
	dns_build_question(&packet, host, type);
}

static void add_txt(struct span text)
{
	struct span string[HUGE / 255 + 1];
	size_t count = 0;

	for (size_t at = 0; at < text.n || count == 0; at += 255)
		string[count++] = (struct span){ text.p + at, text.n - at < 255 ? text.n - at : 255 };
	dns_build_txt(&packet, host, 60, string, count);
}

/* The same, with some that are meant in every likeness. */
static struct span random_text(void)
{
	static const char *const texts[] = {
		"v=STSv1; id=1;",      "v=STSv1 ;id=2", "v=stsv1; id=3",
		"\"v=STSv1; id=4\"",   "v=STSv1;",      "v=spf1 -all",
		"a site-verification", "v=STS",         "v=TLSRPTv1; rua=mailto:a@b.c",
	};
	size_t n = COUNT_OF(texts);

	switch (chance(20)) {
	case 0:
		return span_of(texts[chance((unsigned)n)]);
	case 1:
		return (struct span){ huge, chance(HUGE) };
	default:
		return span_of(texts[5 + chance(2)]);
	}
}

static void a_record_that_is_there_is_found(void **state)
{
	static struct span text[RECORDS_MAX];
	struct arena arena = { 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct obs_txt txt = { .count = 0 };
		struct sts_record all, kept;
		size_t count = 1 + chance(RECORDS_MAX), octets = 0, n = 0;

		begin(DNS_TYPE_TXT);
		for (; n < count; n++) {
			text[n] = random_text();
			octets += text[n].n + text[n].n / 255 + 20;
			if (octets > DNS_BUILD_MAX - 100)
				break;
			add_txt(text[n]);
		}
		count = n;
		arena_reset(&arena);
		assert_int_equal(answers_keep_txt(&arena, ask(DNS_TYPE_TXT), &answer, &sts_record_kind, &txt), NET_OK);
		assert_int_equal(txt.count + txt.omitted, count);
		assert_true(txt.count <= OBS_TXT_MAX);
		sts_record_parse(text, count, 0, &all);
		sts_record_parse(txt.record, txt.count, txt.omitted - txt.omitted_meant, &kept);
		if (txt.omitted_meant == 0) {
			assert_int_equal(kept.state, all.state);
			assert_true(span_equal(kept.id, all.id));
		}
	}
	arena_fini(&arena);
}

/* The first by preference are kept, wherever they stand in the answer. */
static void the_first_by_preference_are_kept(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned count = 1 + chance(RECORDS_MAX), seen = 0;
		uint16_t preference[RECORDS_MAX], last = 0;
		struct obs_mx mx = { .count = 0 };

		begin(DNS_TYPE_MX);
		for (unsigned i = 0; i < count; i++) {
			preference[i] = (uint16_t)chance(30);
			dns_build_mx(&packet, host, 60, preference[i], SPAN_LITERAL("mx.example.com"));
		}
		arena_reset(&arena);
		assert_int_equal(answers_keep_mx(&arena, ask(DNS_TYPE_MX), &answer, &mx), NET_OK);
		assert_int_equal(mx.count, count < OBS_MX_MAX ? count : OBS_MX_MAX);
		assert_int_equal(mx.count + mx.omitted, count);
		for (size_t i = 0; i < mx.count; i++) {
			assert_true(mx.record[i].preference >= last);
			last = mx.record[i].preference;
		}
		/* none of a lower preference was left out */
		for (unsigned i = 0; i < count; i++)
			seen += preference[i] < last;
		assert_true(seen <= mx.count);
	}
	arena_fini(&arena);
}

/* The strings of record @i, as the answer has them, are what its split says. */
static void expect_split(const struct obs_txt *txt, const struct dns_rdata *rdata, size_t i)
{
	const uint8_t *p = answer.packet + rdata->at;
	struct span split = txt->split ? txt->split[i] : (struct span){ NULL, 0 };
	size_t sum = 0;

	if (!split.p) {
		assert_int_equal(p[0] + 1, rdata->n);
		return;
	}
	assert_true(split.n > 1);
	for (size_t k = 0, at = 0; k < split.n; at += 1u + p[at], k++) {
		assert_int_equal((uint8_t)split.p[k], p[at]);
		sum += p[at];
	}
	assert_int_equal(sum, txt->record[i].n);
	assert_int_equal(sum + split.n, rdata->n);
}

static void strings_of_a_record_can_be_told_apart(void **state)
{
	static const struct span one = SPAN_LITERAL("v=STSv1; id=1;"), none = SPAN_LITERAL("");
	static const struct span two[] = { SPAN_LITERAL("v=STS"), SPAN_LITERAL("v1; id=1") };
	static const struct span empty[] = { SPAN_LITERAL(""), SPAN_LITERAL(""), SPAN_LITERAL("v=STSv1;") };
	struct arena arena = { 0 };
	struct obs_txt txt = { .count = 0 };

	(void)state;
	begin(DNS_TYPE_TXT);
	dns_build_txt(&packet, host, 60, &one, 1);
	dns_build_txt(&packet, host, 60, &none, 1);
	assert_int_equal(answers_keep_txt(&arena, ask(DNS_TYPE_TXT), &answer, &sts_record_kind, &txt), NET_OK);
	assert_null(txt.split);
	txt = (struct obs_txt){ .count = 0 };
	begin(DNS_TYPE_TXT);
	dns_build_txt(&packet, host, 60, &one, 1);
	dns_build_txt(&packet, host, 60, two, COUNT_OF(two));
	dns_build_txt(&packet, host, 60, empty, COUNT_OF(empty));
	assert_int_equal(answers_keep_txt(&arena, ask(DNS_TYPE_TXT), &answer, &sts_record_kind, &txt), NET_OK);
	assert_int_equal(txt.count, 3);
	assert_null(txt.split[0].p);
	assert_true(span_equal(txt.split[1], SPAN_LITERAL("\5\10")));
	assert_int_equal(txt.split[2].n, 3);
	assert_memory_equal(txt.split[2].p, "\0\0\10", 3);
	for (size_t i = 0; i < txt.count; i++)
		expect_split(&txt, &answer.rdata[i], i);
	arena_fini(&arena);
}

/* Where not all records are kept, the lengths stay with theirs. */
static void lengths_stay_with_their_record(void **state)
{
	struct arena arena = { 0 };
	char meant[255] = "v=STSv1;";

	(void)state;
	memset(meant + 8, 'y', sizeof(meant) - 8);
	for (unsigned round = 0; round < ROUNDS / 10; round++) {
		struct obs_txt txt = { .count = 0 };

		begin(DNS_TYPE_TXT);
		for (unsigned i = 0; i < RECORDS_MAX; i++) {
			/* the first alone tells each from all others; those that are meant are kept first */
			const struct span part[] = { { i % 3 ? huge : meant, 10 + i },
						     { "v=STSv1; id=1", chance(14) } };

			dns_build_txt(&packet, host, 60, part, 1 + chance(2));
		}
		arena_reset(&arena);
		assert_int_equal(answers_keep_txt(&arena, ask(DNS_TYPE_TXT), &answer, &sts_record_kind, &txt), NET_OK);
		assert_int_equal(txt.count, OBS_TXT_MAX);
		for (size_t i = 0, from = 0; i < txt.count; i++, from++) {
			static char joined[HUGE];

			while (!span_equal((struct span){ joined, (size_t)dns_txt_join(&answer, from, joined, HUGE) },
					   txt.record[i]))
				from++; /* left out: what is kept stays in its order */
			expect_split(&txt, &answer.rdata[from], i);
		}
	}
	arena_fini(&arena);
}

static void tlsa_is_kept_up_to_its_limits(void **state)
{
	static const size_t sizes[] = { 0, 1, 32, OBS_TLSA_DATA_MAX, OBS_TLSA_DATA_MAX + 1, HUGE };
	struct arena arena = { 0 };
	struct obs_tlsa tlsa = { .count = 0 };
	static char rdata[HUGE + DNS_TLSA_FIXED];

	(void)state;
	memset(rdata, 'x', sizeof(rdata));
	begin(DNS_TYPE_TLSA);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		memcpy(rdata, (char[]){ (char)i, 1, 2 }, DNS_TLSA_FIXED);
		dns_build_record(&packet, host, DNS_TYPE_TLSA, 60, rdata, DNS_TLSA_FIXED + sizes[i]);
	}
	assert_int_equal(answers_keep_tlsa(&arena, ask(DNS_TYPE_TLSA), &answer, &tlsa), NET_OK);
	assert_int_equal(tlsa.count, COUNT_OF(sizes));
	assert_int_equal(tlsa.omitted, 0);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		const struct obs_tlsa_record *record = &tlsa.record[i];
		size_t due = sizes[i] < OBS_TLSA_DATA_MAX ? sizes[i] : OBS_TLSA_DATA_MAX;

		assert_int_equal(record->usage, i);
		assert_int_equal(record->selector, 1);
		assert_int_equal(record->matching, 2);
		assert_int_equal(record->cut, sizes[i] > OBS_TLSA_DATA_MAX);
		assert_int_equal(record->data.n, due);
		assert_memory_equal(record->data.p, rdata + DNS_TLSA_FIXED, due);
	}
	for (unsigned more = 0; more < 2; more++) {
		tlsa = (struct obs_tlsa){ .count = 0 };
		begin(DNS_TYPE_TLSA);
		for (unsigned i = 0; i < OBS_TLSA_MAX + more; i++)
			dns_build_record(&packet, host, DNS_TYPE_TLSA, 60, "\3\1\1", 3);
		assert_int_equal(answers_keep_tlsa(&arena, ask(DNS_TYPE_TLSA), &answer, &tlsa), NET_OK);
		assert_int_equal(tlsa.count, OBS_TLSA_MAX);
		assert_int_equal(tlsa.omitted, more);
	}
	arena_fini(&arena);
}

/* A failure without records: with an OPT record that says why. */
static const struct net_query *fail_with_reason(uint16_t type)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2, 0, 6 };

	dns_build_begin(&packet, 1, DNS_FLAG_QR | 2);
	dns_build_question(&packet, host, type);
	memcpy(packet.octet + packet.n, opt, sizeof(opt));
	packet.n += sizeof(opt);
	packet.octet[11] = 1;
	return ask(type);
}

static void the_resolvers_reason_is_kept(void **state)
{
	struct arena arena = { 0 };
	struct obs_mx mx = { .count = 0 };
	struct obs_txt txt = { .count = 0 };
	struct obs_tlsa tlsa = { .count = 0 };
	struct obs_answer a = { .ttl = 0 };
	struct address_list addresses = { NULL, 0 };

	(void)state;
	assert_int_equal(answers_keep_mx(&arena, fail_with_reason(DNS_TYPE_MX), &answer, &mx), NET_OK);
	assert_int_equal(mx.answer.ede, 7);
	assert_int_equal(answers_keep_txt(&arena, fail_with_reason(DNS_TYPE_TXT), &answer, &sts_record_kind, &txt),
			 NET_OK);
	assert_int_equal(txt.answer.ede, 7);
	assert_int_equal(answers_keep_tlsa(&arena, fail_with_reason(DNS_TYPE_TLSA), &answer, &tlsa), NET_OK);
	assert_int_equal(tlsa.answer.ede, 7);
	assert_int_equal(answers_keep_addresses(&arena, fail_with_reason(DNS_TYPE_A), &answer, &a, &addresses), NET_OK);
	assert_int_equal(a.ede, 7);
	assert_int_equal(a.status, DNS_SERVFAIL);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_is_there_is_found),
		cmocka_unit_test(the_first_by_preference_are_kept),
		cmocka_unit_test(strings_of_a_record_can_be_told_apart),
		cmocka_unit_test(lengths_stay_with_their_record),
		cmocka_unit_test(tlsa_is_kept_up_to_its_limits),
		cmocka_unit_test(the_resolvers_reason_is_kept),
	};

	memset(huge, 'x', sizeof(huge));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

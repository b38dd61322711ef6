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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_is_there_is_found),
		cmocka_unit_test(the_first_by_preference_are_kept),
	};

	memset(huge, 'x', sizeof(huge));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

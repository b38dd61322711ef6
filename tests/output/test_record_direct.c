/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"
#include "tests/output/random_observation.h"
#include "tests/output/round_trip.h"

/* With --direct a frame's domains say once who answered, and then a number that they had before. */
static void sources_are_written_once_a_frame(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct observation o = { .name = SPAN_LITERAL("example.com") }, got;
	size_t plain, next, sourced;

	(void)state;
	round_trip(buffer, decode, &o);
	plain = record_buffer_content(buffer).n;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	next = record_buffer_content(buffer).n - plain;
	o.mx.answer.source = SOURCE_DIRECT;
	o.txt[TXT_STS].answer.source = SOURCE_RESOLVER;
	o.txt[TXT_STS].answer.fall_back = FALL_BACK_CONFIRMED;
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	sourced = record_buffer_content(buffer).n;
	assert_int_equal(sourced - plain, 1 + 1 + 6); /* no `why`, and two numbers of each question */
	assert_int_equal(record_put_domain(buffer, &o), 0);
	assert_int_equal(record_buffer_content(buffer).n - sourced, next);
	o.mx.answer.ede = 23;
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	decode_free(decode);
	record_buffer_free(buffer);
}

/* What an audit keeps is what a resolver told us, and so whatever somebody wrote. */
static void audits_are_kept_within_limits(void **state)
{
	static char octets[OBS_AUDIT_OCTETS_MAX + 9];
	struct span record[OBS_AUDIT_RECORDS_MAX + 3] = { SPAN_LITERAL("\xff\0") };
	struct obs_audit audit[] = {
		{ QUESTION_TXT + TXT_TLSRPT, AUDIT_DATA, DNS_NXDOMAIN, DNS_NOERROR, DNS_NO_ANSWER, 1, record, 1 },
		{ QUESTION_MX, AUDIT_FAILED, DNS_NO_ANSWER, DNS_SERVFAIL, DNS_SKIPPED, 0, NULL, 0 },
		{ QUESTION_TXT + TXT_STS, AUDIT_ABSENT, DNS_NXDOMAIN, DNS_NO_ANSWER, DNS_SKIPPED, 0, NULL, 0 },
	};
	struct observation o = { .name = SPAN_LITERAL("example.com"), .audit = audit }, got;
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();

	(void)state;
	_Static_assert(COUNT_OF(audit) == QUESTION_COUNT, "one of each question");
	for (o.audit_count = 0; o.audit_count <= COUNT_OF(audit); o.audit_count++) {
		got = round_trip(buffer, decode, &o);
		assert_null(observation_difference(&o, &got));
	}
	o.audit_count = 1;
	for (size_t i = 1; i < COUNT_OF(record); i++)
		record[i] = (struct span){ octets, sizeof(octets) };
	audit[0].record_count = COUNT_OF(record);
	got = round_trip(buffer, decode, &o);
	assert_int_equal(got.audit[0].record_count, OBS_AUDIT_RECORDS_MAX);
	assert_int_equal(got.audit[0].omitted, 1 + 3);
	assert_int_equal(got.audit[0].record[1].n, OBS_AUDIT_OCTETS_MAX);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void header_tells_what_was_audited(void **state)
{
	static const struct span label[] = { SPAN_LITERAL("registrar") };
	static const double shares[] = { 0, 0.001, 1 };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record got;
	struct observation o;

	(void)state;
	for (size_t i = 0; i < 8 * COUNT_OF(shares); i++) {
		struct record_header header = { .major = 1,
						.minor = RECORD_SCHEMA_MINOR,
						.label = label,
						.label_count = i & 1,
						.sample = i & 2 ? 0.5 : 0,
						.direct = i & 4,
						.audit = shares[i / 8],
						.audit_least = i * 10000,
						.audit_key = { 1, [15] = 9 } };

		record_buffer_reset(buffer);
		assert_int_equal(record_put_header(buffer, &header), 0);
		decode_begin(decode, record_buffer_content(buffer));
		assert_int_equal(decode_next(decode, &o, &got), DECODE_HEADER);
		assert_int_equal(got.header.direct, header.direct);
		assert_int_equal(got.header.label_count, header.label_count);
		assert_true(got.header.sample == header.sample);
		assert_true(got.header.audit == (header.direct ? header.audit : 0));
		assert_int_equal(got.header.audit_least, header.direct ? header.audit_least : 0);
		assert_int_equal(got.header.audit_key[15], header.direct ? 9 : 0);
		assert_int_equal(decode_next(decode, &o, &got), DECODE_END);
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

/* No writer of ours: what is not a share is refused, for all counts of audits would be of something else. */
static void header_with_another_share_is_damaged(void **state)
{
	static const double shares[] = { -0.1, 1.1, INFINITY, NAN };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record got;
	struct observation o;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shares); i++) {
		const struct record_header header = { .major = 1, .minor = 5, .direct = true, .audit = shares[i] };

		record_buffer_reset(buffer);
		assert_int_equal(record_put_header(buffer, &header), 0);
		decode_begin(decode, record_buffer_content(buffer));
		assert_int_equal(decode_next(decode, &o, &got), DECODE_DAMAGED);
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

/* A domain "x", and what stands in its shape behind what every shape has. */
#define DOMAIN(shape) "\x01\x05\x05\x05\xa1x" shape
#define SHAPE "\0\1\1\2\1\2\1"
#define AUDITS(audits) "\xdc\0\x10" DOMAIN("\x97" SHAPE) "\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0" audits

static const struct {
	const char *name;
	struct span content;
	enum decode_result result;
	enum obs_source source; /* of MX */
	enum obs_fall_back fall_back;
	size_t audits;
	enum obs_audit_kind kind; /* of the first audit */
} hand_made[] = {
	{ "sources", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x96\2\7\1\x13\0\0")), .result = DECODE_DOMAIN,
	  .source = SOURCE_DIRECT, .fall_back = FALL_BACK_TIMEOUT },
	{ "the first of them alone", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x91\1")), .result = DECODE_DOMAIN,
	  .source = SOURCE_RESOLVER },
	{ "more of them than we know", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x98\1\1\1\1\1\1\1\1")),
	  .result = DECODE_DOMAIN, .source = SOURCE_RESOLVER, .fall_back = FALL_BACK_CONFIRMED },
	{ "of a newer minor", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x96\x7f\x7f\1\x13\0\0")),
	  .result = DECODE_DOMAIN, .fall_back = FALL_BACK_OTHER },
	{ "no numbers", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x92\xa1x\xa1x")), .result = DECODE_DAMAGED },
	{ "no array", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\5")), .result = DECODE_DAMAGED },
	{ "cut off", SPAN_LITERAL("\x96" DOMAIN("\x99" SHAPE "\xc0\x96\1\1")), .result = DECODE_DAMAGED },
	{ "an audit", SPAN_LITERAL(AUDITS("\x91\x97\0\2\2\1\3\x91\xa1y\0")), .result = DECODE_DOMAIN, .audits = 1,
	  .kind = AUDIT_DATA },
	{ "of a newer kind", SPAN_LITERAL(AUDITS("\x91\x97\0\x7f\x7f\x7f\x7f\x90\0")), .result = DECODE_DOMAIN,
	  .audits = 1, .kind = AUDIT_FAILED },
	{ "of no kind, and one that is short", SPAN_LITERAL(AUDITS("\x92\x91\0\x92\1\3")), .result = DECODE_DOMAIN,
	  .audits = 1, .kind = AUDIT_CHANGED },
	{ "of a newer question", SPAN_LITERAL(AUDITS("\x92\x97\3\2\2\1\3\x91\xa1y\0\x92\2\1")), .result = DECODE_DOMAIN,
	  .audits = 1, .kind = AUDIT_ABSENT },
	{ "of one question, many", SPAN_LITERAL(AUDITS("\x95\x92\1\4\x92\1\1\x92\1\1\x92\1\1\x92\1\1")),
	  .result = DECODE_DOMAIN, .audits = 1, .kind = AUDIT_FAILED },
	{ "no array of audits", SPAN_LITERAL(AUDITS("\x91\1")), .result = DECODE_DAMAGED },
	{ "more records than are kept",
	  SPAN_LITERAL(AUDITS("\x91\x96\0\2\2\1\3\x99\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0")),
	  .result = DECODE_DAMAGED },
	{ "more audits than octets", SPAN_LITERAL(AUDITS("\xdd\x7f\xff\xff\xff\x91\0")), .result = DECODE_DAMAGED },
};

static void hand_made_facts_are_taken_or_refused(void **state)
{
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hand_made); i++) {
		enum decode_result got;

		decode_begin(decode, hand_made[i].content);
		got = decode_next(decode, &o, &other);
		if (got != hand_made[i].result)
			fail_msg("%s: %d, not %d", hand_made[i].name, got, hand_made[i].result);
		if (got == DECODE_DAMAGED)
			continue;
		if (o.mx.answer.source != hand_made[i].source || o.mx.answer.fall_back != hand_made[i].fall_back ||
		    o.audit_count != hand_made[i].audits || (o.audit_count && o.audit[0].kind != hand_made[i].kind))
			fail_msg("%s: source %d, fall_back %d, %zu audits, the first %d", hand_made[i].name,
				 o.mx.answer.source, o.mx.answer.fall_back, o.audit_count,
				 o.audit_count ? o.audit[0].kind : AUDIT_NONE);
		assert_int_equal(decode_next(decode, &o, &other), DECODE_END);
	}
	decode_free(decode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_written_once_a_frame),
		cmocka_unit_test(audits_are_kept_within_limits),
		cmocka_unit_test(header_tells_what_was_audited),
		cmocka_unit_test(header_with_another_share_is_damaged),
		cmocka_unit_test(hand_made_facts_are_taken_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/kept.h"
#include "output/scan_file/record.h"
#include "tests/output/random_observation.h"
#include "tests/output/round_trip.h"

enum { SEEDS = 60, PER_FRAME = 60, HOSTS = 20 };

/* The two makers run in step, so that nothing has to be copied. */
static void check_frame(struct record_buffer *buffer, struct decode *decode, uint64_t seed)
{
	struct maker written, expected;
	struct observation o, got;
	union decode_frame_record other;

	maker_init(&written, seed);
	maker_init(&expected, seed);
	record_buffer_reset(buffer);
	for (int i = 0; i < PER_FRAME; i++) {
		maker_make(&written, &o);
		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	decode_begin(decode, record_buffer_content(buffer));
	for (int i = 0; i < PER_FRAME; i++) {
		const char *difference;

		maker_make(&expected, &o);
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		difference = observation_difference(&o, &got);
		if (difference)
			fail_msg("seed %d, record %d: %s differs", (int)seed, i, difference);
	}
	assert_int_equal(decode_next(decode, &got, &other), DECODE_END);
	assert_int_equal(decode_offset(decode), record_buffer_content(buffer).n);
	maker_fini(&written);
	maker_fini(&expected);
}

static void any_observation_comes_back_as_it_was(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();

	(void)state;
	assert_true(decode_set_labels(decode, maker_label, MAKER_LABELS));
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		check_frame(buffer, decode, seed);
	decode_free(decode);
	record_buffer_free(buffer);
}

/* Hosts, and tests of our own way, between domains: what each refers to is its own. */
static void hosts_come_back_as_they_were(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct maker maker, expected;
	union decode_frame_record other;
	struct obs_vantage vantage;
	struct observation o, got;
	struct obs_host host;

	(void)state;
	assert_true(decode_set_labels(decode, maker_label, MAKER_LABELS));
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		maker_init(&maker, seed);
		maker_init(&expected, seed);
		record_buffer_reset(buffer);
		for (int i = 0; i < HOSTS; i++) {
			maker_make_host(&maker, &host);
			assert_int_equal(record_put_host(buffer, &host), 0);
			maker_make(&maker, &o);
			assert_int_equal(record_put_domain(buffer, &o), 0);
			maker_make_vantage(&maker, &vantage);
			assert_int_equal(record_put_vantage(buffer, &vantage), 0);
		}
		decode_begin(decode, record_buffer_content(buffer));
		for (int i = 0; i < HOSTS; i++) {
			const char *difference;

			maker_make_host(&expected, &host);
			assert_int_equal(decode_next(decode, &got, &other), DECODE_HOST);
			difference = host_difference(&host, &other.host);
			if (difference)
				fail_msg("seed %d, host %d: %s differs", (int)seed, i, difference);
			maker_make(&expected, &o);
			assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
			assert_null(observation_difference(&o, &got));
			maker_make_vantage(&expected, &vantage);
			assert_int_equal(decode_next(decode, &got, &other), DECODE_VANTAGE);
			assert_true(same_vantage(&vantage, &other.vantage));
		}
		assert_int_equal(decode_next(decode, &got, &other), DECODE_END);
		maker_fini(&maker);
		maker_fini(&expected);
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

static void mx_names_that_hold_the_domain_come_back(void **state)
{
	static const char *const domain[] = { "example.com", "a.b", "x", "ex-ample.com", "" };
	static const char *const mx[] = { "example.com",
					  "mail.example.com",
					  "mailexample.com",
					  "example-com.mx.net",
					  "example-com",
					  "a-b.c",
					  "a.b",
					  "x",
					  "xx",
					  "",
					  "x.x.x",
					  "ex-ample-com.net",
					  "exxample.com.net",
					  "\001",
					  "a\001b",
					  "\377" };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();

	(void)state;
	for (size_t d = 0; d < COUNT_OF(domain); d++) {
		for (size_t i = 0; i < COUNT_OF(mx); i++) {
			struct obs_mx_record record = { 10, span_of(mx[i]) };
			struct observation o = { .name = span_of(domain[d]), .mx = { .record = &record, .count = 1 } };
			struct observation got = round_trip(buffer, decode, &o);

			assert_null(observation_difference(&o, &got));
		}
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

static void what_repeats_is_written_once(void **state)
{
	static const struct obs_mx_record google[] = { { 1, { "aspmx.l.google.com", 18 } },
						       { 5, { "alt1.aspmx.l.google.com", 23 } } };
	static const struct span san = { "mta-sts.example.com", 19 };
	const struct obs_certificate certificate = {
		.sha256 = { 1 }, .issuer = { "CN=A long issuer", 16 }, .name = &san, .name_count = 1
	};
	struct record_buffer *buffer = record_buffer_new();
	struct observation o = {
		.name = { "example.com", 11 },
		.mx = { .answer = { .status = DNS_NOERROR, .tries = 1, .ttl = 300 }, .record = google, .count = 2 }
	};
	size_t first;

	(void)state;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	first = record_buffer_content(buffer).n;
	o.index++;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	/* Array, kind, three numbers, name, shape, MX, TTL. */
	assert_int_equal(record_buffer_content(buffer).n - first, 1 + 1 + 3 + 12 + 1 + 1 + 3);
	o.policy.tls = (struct obs_tls){ .version = TLS_1_3, .chain = &certificate, .chain_count = 1 };
	o.policy.http = (struct obs_http){ .status = 200, .body = span_of("version: STSv1\n"), .size = 15 };
	first = record_buffer_content(buffer).n;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	assert_true(record_buffer_content(buffer).n - first > 32 + 15 + 19 + 16);
	first = record_buffer_content(buffer).n;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	assert_true(record_buffer_content(buffer).n - first < 60);
	record_buffer_free(buffer);
}

/* With --keep-certificates: of two frames that show one certificate, the first has it whole, be it a host's or a
 * policy's; a record that found no memory has not. */
static void a_certificate_is_kept_once_a_file(void **state)
{
	const struct obs_certificate certificate = { .sha256 = { 1 }, .der = SPAN_LITERAL("0123456789") };
	const struct obs_tls tls = { .version = TLS_1_3, .chain = &certificate, .chain_count = 1 };
	const struct obs_address address = { .family = 4 };
	const struct obs_smtp probe = { .phase = SMTP_SECURE, .tls = tls };
	const struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
				       .address = &address,
				       .address_count = 1,
				       .probe = &probe,
				       .probe_count = 1 };
	const struct observation domain = { .name = SPAN_LITERAL("example"), .policy = { .tls = tls } };
	struct kept *kept = kept_new();
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation got;

	(void)state;
	for (int frame = 0; frame < 3; frame++) {
		struct record_buffer *buffer = record_buffer_new();

		record_buffer_keep(buffer, kept);
		assert_int_equal(record_put_host(buffer, &host), 0);
		assert_int_equal(record_put_domain(buffer, &domain), 0);
		decode_begin(decode, record_buffer_content(buffer));
		assert_int_equal(decode_next(decode, &got, &other), DECODE_HOST);
		assert_int_equal(other.host.probe[0].tls.chain[0].der.n, frame == 0 ? 10 : 0);
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		assert_int_equal(got.policy.tls.chain[0].der.n, frame == 0 ? 10 : 0);
		record_buffer_free(buffer);
		if (frame == 1)
			kept_add_chain(kept, &tls); /* as --resume does; it is there already */
	}
	kept_remove(kept, certificate.sha256);
	assert_true(kept_add(kept, certificate.sha256));
	assert_false(kept_add(kept, certificate.sha256));
	kept_free(kept);
	decode_free(decode);
}

/* What few answers have costs the others nothing, and nothing is lost of what stands behind. */
static void what_is_rare_is_left_out(void **state)
{
	static const struct span record[] = { SPAN_LITERAL("v=STSv1; id=1;"), SPAN_LITERAL("abcdef") };
	static const struct span split[] = { { NULL, 0 }, SPAN_LITERAL("\2\4") };
	static const struct span wrong[] = { { NULL, 0 }, SPAN_LITERAL("\2\5") };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct observation o = { .name = SPAN_LITERAL("example.com"),
				 .txt[TXT_STS] = { .record = record, .count = 2 } };
	struct observation got;
	size_t plain;

	(void)state;
	round_trip(buffer, decode, &o);
	plain = record_buffer_content(buffer).n;
	o.txt[TXT_STS].split = split;
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	assert_int_equal(record_buffer_content(buffer).n - plain, 3 + 1 + 1 + 4);
	o.txt[TXT_STS].split = wrong;
	got = round_trip(buffer, decode, &o);
	assert_null(got.txt[TXT_STS].split[1].p);
	o.txt[TXT_STS].split = NULL;
	o.txt[TXT_TLSRPT].answer.ede = 7;
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	assert_int_equal(record_buffer_content(buffer).n - plain, 7);
	decode_free(decode);
	record_buffer_free(buffer);
}

/* What zstd -d | zstd makes of a file: many frames' content in one. */
static void frames_joined_into_one_are_read_apart(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o = { .name = SPAN_LITERAL("example.com"), .index = 40, .rank = 41, .time_ms = 1000 }, got;
	char joined[1024];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		record_buffer_reset(buffer);
		for (int k = 0; k < 2; k++, o.index++, o.rank++)
			assert_int_equal(record_put_domain(buffer, &o), 0);
		memcpy(joined + n, record_buffer_content(buffer).p, record_buffer_content(buffer).n);
		n += record_buffer_content(buffer).n;
	}
	decode_begin(decode, (struct span){ joined, n });
	for (uint64_t i = 40; i < 46; i++) {
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		assert_true(got.index == i && got.rank == i + 1 && got.time_ms == 1000);
	}
	assert_int_equal(decode_next(decode, &got, &other), DECODE_END);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void facts_over_a_limit_are_counted_as_omitted(void **state)
{
	static struct obs_mx_record mx[OBS_MX_MAX + 3];
	static struct span txt[OBS_TXT_MAX + 5];
	static const char value[OBS_LABEL_OCTETS_MAX + 1];
	const struct obs_label label = { SPAN_LITERAL("a"), { value, sizeof(value) } };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct observation o = { .name = { "example.com", 11 },
				 .mx = { .record = mx, .count = OBS_MX_MAX + 3, .omitted = 1 },
				 .txt[TXT_STS] = { .record = txt, .count = OBS_TXT_MAX + 5 },
				 .ns = { .name = txt, .count = OBS_NS_MAX + 2, .omitted = 1 },
				 .label = &label,
				 .label_count = 1 };
	struct observation got;

	(void)state;
	assert_true(decode_set_labels(decode, &label.name, 1));
	got = round_trip(buffer, decode, &o);
	assert_int_equal(got.mx.count, OBS_MX_MAX);
	assert_int_equal(got.mx.omitted, 4);
	assert_int_equal(got.txt[TXT_STS].count, OBS_TXT_MAX);
	assert_int_equal(got.txt[TXT_STS].omitted, 5);
	assert_int_equal(got.ns.count, OBS_NS_MAX);
	assert_int_equal(got.ns.omitted, 3);
	assert_int_equal(got.label[0].value.n, OBS_LABEL_OCTETS_MAX);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void check_header_and_trailer(double sample, size_t labels)
{
	static const struct span name[] = { SPAN_LITERAL("registrar"), SPAN_LITERAL("\xff") };
	const struct record_option option[] = { { SPAN_LITERAL("rate"), SPAN_LITERAL("1000") },
						{ SPAN_LITERAL("contact"), SPAN_LITERAL("\xff") } };
	const struct record_header header = { .tool = SPAN_LITERAL("stsurvey 0.1.0"),
					      .major = 1,
					      .minor = 7,
					      .start_ms = -5,
					      .option = option,
					      .option_count = 2,
					      .input = SPAN_LITERAL("list"),
					      .input_size = UINT64_MAX,
					      .input_mtime = -1,
					      .input_sample = UINT64_MAX,
					      .input_hash = UINT64_MAX - 1,
					      .shards = 9,
					      .shard = 8,
					      .sample = sample,
					      .sample_key = { 1, 2, 3, [15] = 255 },
					      .label = name,
					      .label_count = labels,
					      .first_index = labels > 0 ? UINT64_MAX - 2 : 0,
					      .has_gaps = sample > 0 };
	const struct record_trailer trailer = {
		.completion = COMPLETION_ABORTED, INT64_MAX, 1, 2, 3, 4, 5, UINT64_MAX, 7, 8, UINT64_MAX
	};
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record got;
	struct observation o;

	assert_int_equal(record_put_header(buffer, &header), 0);
	assert_int_equal(record_put_trailer(buffer, &trailer), 0);
	decode_begin(decode, record_buffer_content(buffer));
	assert_int_equal(decode_next(decode, &o, &got), DECODE_HEADER);
	assert_true(span_equal(got.header.tool, header.tool) && span_equal(got.header.input, header.input));
	assert_int_equal(got.header.minor, 7);
	assert_int_equal(got.header.start_ms, -5);
	assert_int_equal(got.header.option_count, 2);
	assert_true(span_equal(got.header.option[1].name, option[1].name));
	assert_true(span_equal(got.header.option[1].value, option[1].value));
	assert_true(got.header.input_size == UINT64_MAX && got.header.input_mtime == -1 &&
		    got.header.input_sample == UINT64_MAX && got.header.input_hash == UINT64_MAX - 1);
	assert_true(got.header.shards == 9 && got.header.shard == 8);
	assert_true(got.header.first_index == header.first_index && got.header.has_gaps == header.has_gaps);
	assert_true(got.header.sample == (sample < 1 ? sample : 0) && got.header.label_count == labels);
	if (sample > 0)
		assert_memory_equal(got.header.sample_key, header.sample_key, sizeof(header.sample_key));
	for (size_t i = 0; i < labels; i++)
		assert_true(span_equal(got.header.label[i], name[i]));
	assert_int_equal(decode_next(decode, &o, &got), DECODE_TRAILER);
	assert_true(got.trailer.completion == COMPLETION_ABORTED && got.trailer.end_ms == INT64_MAX);
	assert_true(got.trailer.domains == 1 && got.trailer.unknown == 2 && got.trailer.blocklisted == 3);
	assert_true(got.trailer.illegal == 4 && got.trailer.queries == 5 && got.trailer.fetches == UINT64_MAX);
	assert_true(got.trailer.hosts == 7 && got.trailer.hosts_unknown == 8 && got.trailer.probes == UINT64_MAX);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void header_and_trailer_come_back(void **state)
{
	static const double samples[] = { 0, 0.01, 1, 0x1p-60 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		for (size_t labels = 0; labels <= 2; labels++)
			check_header_and_trailer(samples[i], labels);
}

static void what_a_trailer_counts_of_direct_comes_back(void **state)
{
	const struct record_trailer without = { .domains = 2, .direct.source = { [SOURCE_DIRECT] = 1 } };
	struct record_trailer with = { .domains = 1, .has_direct = true };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record got;
	struct observation o;

	(void)state;
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		with.direct.counter[i] = UINT64_MAX - i;
	assert_int_equal(record_put_trailer(buffer, &with), 0);
	assert_int_equal(record_put_trailer(buffer, &without), 0);
	decode_begin(decode, record_buffer_content(buffer));
	assert_int_equal(decode_next(decode, &o, &got), DECODE_TRAILER);
	assert_true(got.trailer.has_direct && got.trailer.domains == 1 && got.trailer.probes == 0);
	assert_memory_equal(&got.trailer.direct, &with.direct, sizeof(with.direct));
	memset(&got, 0xff, sizeof(got)); /* nothing is left as it was */
	assert_int_equal(decode_next(decode, &o, &got), DECODE_TRAILER);
	assert_false(got.trailer.has_direct);
	assert_true(got.trailer.domains == 2 && direct_counts_questions(&got.trailer.direct) == 0);
	decode_free(decode);
	record_buffer_free(buffer);
}

/* Three sources more than there are, one reason, no audits, and something behind them. */
static void counts_that_this_version_does_not_know_are_passed_over(void **state)
{
	static const char octets[] =
		"\x9e\x04\0\0\x01\0\0\0\0\0\0\0\0\x94\x96\0\x07\x08\x01\x02\x03\x91\x0f\xc0\xa1x\xa1y";
	struct decode *decode = decode_new();
	union decode_frame_record got;
	struct observation o;

	(void)state;
	memset(&got, 0xff, sizeof(got));
	decode_begin(decode, (struct span){ octets, sizeof(octets) - 1 });
	assert_int_equal(decode_next(decode, &o, &got), DECODE_TRAILER);
	assert_true(got.trailer.has_direct && direct_counts_questions(&got.trailer.direct) == 15);
	assert_true(got.trailer.direct.source[SOURCE_DIRECT] == 8 && got.trailer.direct.fall_back[0] == 15);
	assert_true(got.trailer.direct.fall_back[1] == 0 && got.trailer.direct.audit[AUDIT_DATA] == 0);
	assert_int_equal(decode_next(decode, &o, &got), DECODE_END);
	decode_free(decode);
}

/* Hand-made frames: what a decoder must take, and what it must refuse. */
static const struct {
	const char *name;
	struct span content;
	enum decode_result first;
} frames[] = {
	{ "empty", SPAN_LITERAL(""), DECODE_END },
	{ "unknown kind with anything in it", SPAN_LITERAL("\x94\x63\xc0\x92\x01\x81\xa1x\xc3\xcb\0\0\0\0\0\0\0\0"),
	  DECODE_END },
	{ "unknown trailing fields",
	  SPAN_LITERAL(
		  "\xdc\0\x12\x01\x05\x05\x05\xa1x\x97\0\1\1\2\1\2\1\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\x93\1\2\3"
		  "\xa0"),
	  DECODE_DOMAIN },
	{ "longer shape", SPAN_LITERAL("\x96\x01\x05\x05\x05\xa1x\x9a\0\1\1\2\1\2\1\x90\x90\xc4\0"), DECODE_DOMAIN },
	{ "unknown status", SPAN_LITERAL("\x96\x01\x05\x05\x05\xa1x\x97\0\x0f\1\2\1\2\1"), DECODE_DOMAIN },
	{ "newer major, else unlike ours", SPAN_LITERAL("\x94\0\xadstsurvey-scan\x92\x02\x03\xc3"), DECODE_NEWER },
	{ "a sample of nothing",
	  SPAN_LITERAL("\x98\0\xadstsurvey-scan\x92\x01\x04\xa0\0\x80\x90\x92\xcb\0\0\0\0\0\0\0\0\xc4\x10"
		       "0123456789abcdef"),
	  DECODE_DAMAGED },
	{ "a sample without its key",
	  SPAN_LITERAL("\x98\0\xadstsurvey-scan\x92\x01\x04\xa0\0\x80\x90\x91\xcb\x3f\xf0\0\0\0\0\0\0"),
	  DECODE_DAMAGED },
	{ "a sample",
	  SPAN_LITERAL("\x98\0\xadstsurvey-scan\x92\x01\x04\xa0\0\x80\x90\x92\xcb\x3f\xf0\0\0\0\0\0\0\xc4\x10"
		       "0123456789abcdef"),
	  DECODE_HEADER },
	{ "other format", SPAN_LITERAL("\x93\0\xa1x\x92\x01\x00"), DECODE_DAMAGED },
	{ "no array", SPAN_LITERAL("\x01"), DECODE_DAMAGED },
	{ "empty array", SPAN_LITERAL("\x90"), DECODE_DAMAGED },
	{ "kind no number", SPAN_LITERAL("\x91\xa0"), DECODE_DAMAGED },
	{ "domain without a name", SPAN_LITERAL("\x94\x01\x05\x05\x05"), DECODE_DAMAGED },
	{ "shape never defined", SPAN_LITERAL("\x96\x01\x05\x05\x05\xa1x\x00"), DECODE_DAMAGED },
	{ "MX set never defined", SPAN_LITERAL("\x97\x01\x05\x05\x05\xa1x\x97\0\1\1\2\1\2\1\x00"), DECODE_DAMAGED },
	{ "MX set of an odd number", SPAN_LITERAL("\x97\x01\x05\x05\x05\xa1x\x97\0\1\1\2\1\2\1\x91\x01"),
	  DECODE_DAMAGED },
	{ "name cut off", SPAN_LITERAL("\x96\x01\x05\x05\x05\xa5x"), DECODE_DAMAGED },
	{ "count beyond the octets", SPAN_LITERAL("\xdd\xff\xff\xff\xff\x01"), DECODE_DAMAGED },
	{ "certificate hash too short", SPAN_LITERAL("\x92\x02\xc4\x01\x00"), DECODE_DAMAGED },
	{ "body cut off", SPAN_LITERAL("\x93\x03\xc4\x20"), DECODE_DAMAGED },
};

static void hand_made_frames_are_taken_or_refused(void **state)
{
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		enum decode_result got;

		decode_begin(decode, frames[i].content);
		got = decode_next(decode, &o, &other);
		if (got != frames[i].first)
			fail_msg("%s: %d, not %d", frames[i].name, got, frames[i].first);
		if (got == DECODE_DAMAGED)
			assert_int_equal(decode_next(decode, &o, &other), DECODE_DAMAGED);
	}
	decode_free(decode);
}

static void values_of_a_newer_minor_become_the_catch_all(void **state)
{
	static const struct span content = SPAN_LITERAL("\x96\x01\x05\x05\x05\xa1x\x97\x09\x1f\1\2\1\2\1");
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o;

	(void)state;
	decode_begin(decode, content);
	assert_int_equal(decode_next(decode, &o, &other), DECODE_DOMAIN);
	assert_int_equal(o.mx.answer.status, DNS_ERROR);
	assert_true(o.mx.answer.ad);
	assert_int_equal(o.input, INPUT_ILLEGAL);
	assert_int_equal(o.policy.address_used, -1);
	decode_free(decode);
}

/* Every octet of a rich frame, cut there or changed: an error or other facts, never a crash. */
static void damaged_frames_are_survived(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o;
	struct maker maker;

	(void)state;
	assert_true(decode_set_labels(decode, maker_label, MAKER_LABELS));
	maker_init(&maker, 4);
	for (int i = 0; i < 12; i++) {
		maker_make(&maker, &o);
		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	for (size_t at = 0; at < record_buffer_content(buffer).n; at += 1 + at / 400) {
		size_t n = record_buffer_content(buffer).n;
		char *copy = malloc(at > 0 ? at : 1), *changed = malloc(n);

		memcpy(copy, record_buffer_content(buffer).p, at);
		decode_begin(decode, (struct span){ copy, at });
		while (decode_next(decode, &o, &other) == DECODE_DOMAIN)
			;
		memcpy(changed, record_buffer_content(buffer).p, n);
		changed[at] = (char)(changed[at] ^ (1 << maker_chance(&maker, 8)));
		decode_begin(decode, (struct span){ changed, n });
		while (decode_next(decode, &o, &other) == DECODE_DOMAIN)
			;
		free(copy);
		free(changed);
	}
	maker_fini(&maker);
	decode_free(decode);
	record_buffer_free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_observation_comes_back_as_it_was),
		cmocka_unit_test(hosts_come_back_as_they_were),
		cmocka_unit_test(mx_names_that_hold_the_domain_come_back),
		cmocka_unit_test(what_repeats_is_written_once),
		cmocka_unit_test(a_certificate_is_kept_once_a_file),
		cmocka_unit_test(what_is_rare_is_left_out),
		cmocka_unit_test(frames_joined_into_one_are_read_apart),
		cmocka_unit_test(facts_over_a_limit_are_counted_as_omitted),
		cmocka_unit_test(header_and_trailer_come_back),
		cmocka_unit_test(what_a_trailer_counts_of_direct_comes_back),
		cmocka_unit_test(counts_that_this_version_does_not_know_are_passed_over),
		cmocka_unit_test(hand_made_frames_are_taken_or_refused),
		cmocka_unit_test(values_of_a_newer_minor_become_the_catch_all),
		cmocka_unit_test(damaged_frames_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The content of one frame. What can be read must come back the same when it is written and read again. */
#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/output/random_observation.h"

static void check_again(struct record_buffer *buffer, struct decode *decode, const struct observation *o)
{
	struct observation again;
	union decode_frame_record other;
	const char *difference;

	record_buffer_reset(buffer);
	FUZZ_CHECK(record_put_domain(buffer, o) == 0);
	decode_begin(decode, record_buffer_content(buffer));
	FUZZ_CHECK(decode_next(decode, &again, &other) == DECODE_DOMAIN);
	difference = observation_difference(o, &again);
	if (difference)
		fprintf(stderr, "%s differs\n", difference);
	FUZZ_CHECK(!difference);
	FUZZ_CHECK(decode_next(decode, &again, &other) == DECODE_END);
}

/* Two certificates under one hash are one to the encoder, as they should be: such a chain cannot come back.
 */
static bool has_twins(const struct obs_tls *tls)
{
	for (size_t i = 0; i < tls->chain_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (memcmp(tls->chain[i].sha256, tls->chain[k].sha256, 32) == 0)
				return true;
		}
	}
	return false;
}

static bool host_has_twins(const struct obs_host *host)
{
	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_tls *tls = &host->probe[i].tls;

		if (has_twins(tls))
			return true;
		for (size_t k = 0; k < i; k++)
			for (size_t c = 0; c < tls->chain_count; c++)
				for (size_t e = 0; e < host->probe[k].tls.chain_count; e++)
					if (memcmp(tls->chain[c].sha256, host->probe[k].tls.chain[e].sha256, 32) == 0)
						return true;
	}
	return false;
}

static void check_host_again(struct record_buffer *buffer, struct decode *decode, const struct obs_host *host)
{
	union decode_frame_record other;
	struct observation none;
	const char *difference;

	record_buffer_reset(buffer);
	FUZZ_CHECK(record_put_host(buffer, host) == 0);
	decode_begin(decode, record_buffer_content(buffer));
	FUZZ_CHECK(decode_next(decode, &none, &other) == DECODE_HOST);
	difference = host_difference(host, &other.host);
	if (difference)
		fprintf(stderr, "%s differs\n", difference);
	FUZZ_CHECK(!difference);
}

static void check_vantage_again(struct record_buffer *buffer, struct decode *decode, const struct obs_vantage *vantage)
{
	union decode_frame_record other;
	struct observation none;

	record_buffer_reset(buffer);
	FUZZ_CHECK(record_put_vantage(buffer, vantage) == 0);
	decode_begin(decode, record_buffer_content(buffer));
	FUZZ_CHECK(decode_next(decode, &none, &other) == DECODE_VANTAGE);
	FUZZ_CHECK(same_vantage(vantage, &other.vantage));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode *first = decode_new(), *second = decode_new();
	struct record_buffer *buffer = record_buffer_new();
	union decode_frame_record other;
	enum decode_result result;
	struct observation o;

	FUZZ_CHECK(first && second && buffer);
	FUZZ_CHECK(decode_set_labels(first, maker_label, MAKER_LABELS) &&
		   decode_set_labels(second, maker_label, MAKER_LABELS));
	decode_begin(first, (struct span){ (const char *)data, size });
	do {
		result = decode_next(first, &o, &other);
		FUZZ_CHECK(decode_offset(first) <= size);
		if (result == DECODE_DOMAIN && !has_twins(&o.policy.tls))
			check_again(buffer, second, &o);
		if (result == DECODE_HOST && !host_has_twins(&other.host))
			check_host_again(buffer, second, &other.host);
		if (result == DECODE_VANTAGE)
			check_vantage_again(buffer, second, &other.vantage);
	} while (result != DECODE_END && result != DECODE_NEWER && result != DECODE_DAMAGED && result != DECODE_MEMORY);
	record_buffer_free(buffer);
	decode_free(first);
	decode_free(second);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/output/round_trip.h - a domain put into a frame and read back. Included by a test, behind cmocka. */
#ifndef STSURVEY_TESTS_OUTPUT_ROUND_TRIP_H
#define STSURVEY_TESTS_OUTPUT_ROUND_TRIP_H

#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"

/* What is read lives in @decode and @buffer. */
static struct observation round_trip(struct record_buffer *buffer, struct decode *decode, const struct observation *o)
{
	struct observation got;
	union decode_frame_record other;

	record_buffer_reset(buffer);
	assert_int_equal(record_put_domain(buffer, o), 0);
	decode_begin(decode, record_buffer_content(buffer));
	assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
	return got;
}

#endif

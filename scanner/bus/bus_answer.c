/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_own.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* $JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE.SEQUENCE-OF-CONSUMER.TIME.PENDING */
enum { TOKEN_DELIVERED = 4, TOKEN_SEQUENCE = 5, ACK_TOKENS = 9 };

static const struct bus_error errors[] = {
	{ 10002, BUS_FULL, false, "the account's storage is used up" },
	{ 10004, BUS_AWAY, true, NULL },     /* a cluster that is not whole */
	{ 10008, BUS_AWAY, true, NULL },     /* JetStream is temporarily unavailable */
	{ 10009, BUS_AWAY, true, NULL },     /* no leader yet */
	{ 10014, BUS_MISSING, false, NULL }, /* consumer */
	{ 10023, BUS_FULL, false, "JetStream's storage is used up" },
	{ 10026, BUS_REFUSED, false, "a job has 1, with --direct 32: max_consumers of the account is less" },
	{ 10027, BUS_REFUSED, false,
	  "a job has 6, with its buckets: max_streams of the account, or 'fleet cancel' of old jobs" },
	{ 10037, BUS_MISSING, false, NULL }, /* message */
	{ 10039, BUS_REFUSED, false,
	  "JetStream is not enabled for this account: jetstream: enabled in the server's "
	  "configuration of the account" },
	{ 10043, BUS_MISSING, false, NULL }, /* sequence */
	{ 10047, BUS_FULL, false, "JetStream's storage is used up: max_file_store in the server's configuration" },
	{ 10052, BUS_REFUSED, false,
	  "a job's messages are told apart for longer: duplicate_window among the limits in the server's "
	  "configuration" },
	{ 10058, BUS_REFUSED, false, "a stream of that name is there with other settings" },
	{ 10059, BUS_MISSING, false, NULL }, /* stream */
	{ 10065, BUS_REFUSED, false, "a stream of somebody else takes these subjects" },
	{ 10071, BUS_EXISTS, false, NULL }, /* wrong last sequence */
	{ 10076, BUS_REFUSED, false, "start nats-server with -js" },
	{ 10077, BUS_FULL, false, NULL }, /* "maximum bytes exceeded", "no space left on device" */
	{ 10100, BUS_REFUSED, false, "another consumer takes these messages already" },
	{ 10113, BUS_REFUSED, false,
	  "only the results have one, by --results-size: max_bytes_required of the account has to be off" },
	{ 10118, BUS_AWAY, true, NULL }, /* stream is offline */
	{ 10119, BUS_AWAY, true, NULL }, /* consumer is offline */
	{ 10121, BUS_REFUSED, false,
	  "every chunk may be at a worker: max_ack_pending among the limits in the server's configuration" },
	{ 10122, BUS_FULL, false, "more than the account may have in a stream" },
};

const struct bus_error *bus_error_find(int code)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		if (errors[i].code == code)
			return &errors[i];
	}
	return NULL;
}

const char *bus_header_text(natsMsg *message, const char *name)
{
	const char *text = NULL;

	return natsMsgHeader_Get(message, name, &text) == NATS_OK && text ? text : "";
}

uint64_t bus_header_number(natsMsg *message, const char *name)
{
	uint64_t number = 0;

	return span_decimal(span_of(bus_header_text(message, name)), UINT64_MAX, &number) ? number : 0;
}

int64_t bus_time_ms(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms;

	if (!end)
		return 0;
	ms = (int64_t)timegm(&tm) * 1000;
	if (*end == '.') {
		for (int unit = 100; unit > 0 && ascii_is_digit(end[1]); unit /= 10)
			ms += (*++end - '0') * unit;
	}
	return ms;
}

bool bus_read_delivery(const char *reply, uint64_t *sequence, unsigned *deliveries)
{
	struct span rest = span_of(reply ? reply : ""), token;
	uint64_t number[ACK_TOKENS] = { 0 };
	size_t count = 0;

	for (; count < ACK_TOKENS && span_next_part(&rest, '.', &token); count++)
		span_decimal(token, UINT64_MAX, &number[count]);
	if (count < ACK_TOKENS || !span_starts_with(span_of(reply), SPAN_LITERAL("$JS.ACK.")))
		return false;
	*sequence = number[TOKEN_SEQUENCE];
	*deliveries = number[TOKEN_DELIVERED] < UINT_MAX ? (unsigned)number[TOKEN_DELIVERED] : UINT_MAX;
	return *sequence > 0 && *deliveries > 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a bucket: a consumer for a moment, that hands out the last message of each subject, without its data. */
#include "scanner/bus/bus_bucket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/text.h"
#include "scanner/base/wall_clock.h"

enum {
	BUS_FILTER_MAX = 2 * BUS_NAME_MAX + 8,
	KEYS_MAX = 8000000, /* of a bucket: eight for each of as many chunks as a job may have */
	BATCH = 500,        /* keys that are asked for at a time */
	BATCH_MS = 5000,    /* for the next of them */
	UNUSED_S = 60       /* then the server forgets the consumer, if we do not tell it */
};

/* The subjects below the last whole token of the prefix. */
static void put_filter(const struct bus_bucket *bucket, const char *prefix, char filter[static BUS_FILTER_MAX])
{
	const char *dot = strrchr(prefix, '.');

	snprintf(filter, BUS_FILTER_MAX, "$KV.%s.%.*s>", bucket->name, dot ? (int)(dot - prefix + 1) : 0, prefix);
}

static enum bus_result begin(const struct bus_bucket *bucket, const char *prefix, char name[static BUS_NAME_MAX],
			     uint64_t *count, struct error *error)
{
	char filter[BUS_FILTER_MAX], json[BUS_REQUEST_MAX];
	enum bus_result result;
	yajl_val root = NULL;

	put_filter(bucket, prefix, filter);
	snprintf(json, sizeof(json),
		 "{\"stream_name\":\"%s\",\"config\":{\"deliver_policy\":\"last_per_subject\",\"ack_policy\":\"none\","
		 "\"filter_subject\":\"%s\",\"replay_policy\":\"instant\",\"headers_only\":true,\"num_replicas\":1,"
		 "\"mem_storage\":true,\"inactive_threshold\":%" PRId64 "}}",
		 bucket->stream, filter, UNUSED_S * INT64_C(1000000000));
	result = bus_api(bucket->bus, "CONSUMER.CREATE", bucket->stream, NULL, json, &root, error);
	if (result == BUS_OK) {
		snprintf(name, BUS_NAME_MAX, "%s", bus_json_text(root, NULL, "name"));
		*count = bus_json_number(root, NULL, "num_pending");
	}
	yajl_tree_free(root);
	if (result == BUS_OK && (*count > KEYS_MAX || !bus_is_name(name, false)))
		return bus_refuse(bucket->bus, error, "%s: more than %d keys, or no consumer for them", bucket->name,
				  KEYS_MAX);
	return result;
}

static void end(const struct bus_bucket *bucket, const char *name)
{
	struct error unused;

	bus_api_do(bucket->bus, "CONSUMER.DELETE", bucket->stream, name, NULL, &unused);
}

static void add_key(const struct bus_bucket *bucket, const char *prefix, natsMsg *message, struct text *keys)
{
	struct span subject = span_of(natsMsg_GetSubject(message));
	size_t before = strlen("$KV.") + strlen(bucket->name) + 1;

	if (subject.n <= before || subject.n >= BUS_NAME_MAX ||
	    bus_is_removed(message)) /* too long: nobody asks for it */
		return;
	subject = span_skip(subject, before);
	if (!span_starts_with(subject, span_of(prefix)))
		return;
	text_put(keys, subject);
	text_char(keys, '\0');
}

/* The next of them, at most @left. NATS_NOT_FOUND: there are no more. */
static natsStatus read_batch(struct bus_bucket *bucket, const char *name, const char *prefix, uint64_t *left,
			     struct text *keys)
{
	char subject[2 * BUS_NAME_MAX + 64], json[BUS_REQUEST_MAX], deliveries[BUS_DELIVERIES_MAX];
	struct bus_question question = { .subject = subject };
	struct bus_wait wait = bus_wait_begin(bucket->bus);
	uint64_t wanted = *left < BATCH ? *left : BATCH;
	natsStatus status;

	bus_deliveries(bucket->stream, name, deliveries);
	snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", bucket->stream, name);
	snprintf(json, sizeof(json), "{\"batch\":%" PRIu64 ",\"no_wait\":true}", wanted);
	question.data = span_of(json);
	status = bus_send(bucket->bus, &question);
	for (*left -= wanted; status == NATS_OK && wanted > 0; wanted--) {
		natsMsg *message;

		if (!bus_wait_lasts(bucket->bus, &wait)) /* however fast they come */
			return NATS_TIMEOUT;
		status = bus_answer(bucket->bus, &question, &wait, machine_clock_ms() + BATCH_MS, deliveries, &message);
		if (status != NATS_OK)
			return status;
		if (bus_header_number(message, "Status") != 0)
			status = NATS_NOT_FOUND; /* fewer than it said: some have run out */
		else
			add_key(bucket, prefix, message, keys);
		natsMsg_Destroy(message);
	}
	return status;
}

/* All of them, or none: OK and *@whole false where it is to be begun again. */
static enum bus_result read_keys(struct bus_bucket *bucket, const char *prefix, struct text *keys, bool *whole,
				 struct error *error)
{
	char name[BUS_NAME_MAX];
	uint64_t left = 0;
	enum bus_result result = begin(bucket, prefix, name, &left, error);
	natsStatus status = NATS_OK;

	if (result != BUS_OK)
		return result;
	while (status == NATS_OK && left > 0)
		status = read_batch(bucket, name, prefix, &left, keys);
	*whole = status == NATS_OK || status == NATS_NOT_FOUND;
	if (status == NATS_NO_MEMORY || text_failed(keys))
		result = bus_no_memory(error);
	end(bucket, name);
	return result;
}

enum bus_result bus_keys(struct bus_bucket *bucket, const char *prefix, bus_on_key *on_key, void *arg,
			 struct error *error)
{
	struct bus_wait wait = bus_wait_begin(bucket->bus);
	enum bus_result result;
	bool is_whole = false;
	struct text keys;

	text_open_memory(&keys);
	while ((result = read_keys(bucket, prefix, &keys, &is_whole, error)) == BUS_OK && !is_whole) {
		keys.used = 0;
		if (!bus_wait_again(bucket->bus, &wait)) {
			result = bus_away(bucket->bus, error);
			break;
		}
	}
	for (size_t at = 0; result == BUS_OK && at < keys.used; at += strlen(keys.data + at) + 1) {
		if (!on_key(arg, keys.data + at))
			break;
	}
	text_free(&keys);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A bucket is a stream KV_NAME on $KV.NAME.>, that keeps one message for each subject, as `nats kv` has it. What was
 * removed has a message that says so: it survives a server that is killed, as a message taken away might not. */
#include "scanner/bus/bus_bucket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUPLICATES_NS (INT64_C(120) * 1000000000) /* as `nats kv` has it; not longer than the time to live */

static enum bus_result new_bucket(struct bus *bus, const char *name, struct bus_bucket **out, struct error *error)
{
	struct bus_bucket *bucket = calloc(1, sizeof(*bucket));

	*out = bucket;
	if (!bucket)
		return bus_no_memory(error);
	bucket->bus = bus;
	snprintf(bucket->name, sizeof(bucket->name), "%s", name);
	snprintf(bucket->stream, sizeof(bucket->stream), "KV_%s", name);
	return BUS_OK;
}

void bus_bucket_close(struct bus_bucket *bucket)
{
	if (bucket)
		natsMsg_Destroy(bucket->held);
	free(bucket);
}

static enum bus_result create(const struct bus_bucket *bucket, double ttl_s, struct error *error)
{
	int64_t age = (int64_t)(ttl_s * 1e9);
	char json[BUS_REQUEST_MAX];
	enum bus_result result;

	snprintf(json, sizeof(json),
		 "{\"name\":\"%s\",\"subjects\":[\"$KV.%s.>\"],\"retention\":\"limits\",\"storage\":\"file\","
		 "\"discard\":\"new\",\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":%" PRId64 ","
		 "\"max_msgs_per_subject\":1,\"max_msg_size\":-1,\"num_replicas\":1,\"duplicate_window\":%" PRId64 ","
		 "\"allow_rollup_hdrs\":true,\"deny_delete\":true,\"allow_direct\":true}",
		 bucket->stream, bucket->name, age, age > 0 && age < DUPLICATES_NS ? age : DUPLICATES_NS);
	result = bus_api_do(bucket->bus, "STREAM.CREATE", bucket->stream, NULL, json, error);
	return result == BUS_FULL ? BUS_REFUSED : result;
}

/* It is there. */
static enum bus_result look(const struct bus_bucket *bucket, struct error *error)
{
	struct bus_stream_info info;

	return bus_stream_look(bucket->bus, bucket->stream, &info, error);
}

enum bus_result bus_bucket_create(struct bus *bus, const char *name, double ttl_s, struct bus_bucket **bucket,
				  struct error *error)
{
	enum bus_result result = new_bucket(bus, name, bucket, error);

	if (result == BUS_OK)
		result = look(*bucket, error);
	if (result == BUS_MISSING)
		result = create(*bucket, ttl_s, error);
	if (result != BUS_OK) {
		bus_bucket_close(*bucket);
		*bucket = NULL;
	}
	return result;
}

enum bus_result bus_bucket_open(struct bus *bus, const char *name, struct bus_bucket **bucket, struct error *error)
{
	enum bus_result result = new_bucket(bus, name, bucket, error);

	if (result == BUS_OK)
		result = look(*bucket, error);
	if (result != BUS_OK) {
		bus_bucket_close(*bucket);
		*bucket = NULL;
	}
	return result;
}

enum bus_result bus_bucket_delete(struct bus *bus, const char *name, struct error *error)
{
	char stream[BUS_NAME_MAX];

	snprintf(stream, sizeof(stream), "KV_%s", name);
	return bus_stream_delete(bus, stream, error);
}

/* ---- keys ---- */

static enum bus_result subject_of(const struct bus_bucket *bucket, const char *key, char subject[static BUS_NAME_MAX],
				  struct error *error)
{
	int n = snprintf(subject, BUS_NAME_MAX, "$KV.%s.%s", bucket->name, key);

	return n > 0 && n < BUS_NAME_MAX && bus_is_name(key, false) && !strchr(key, '$')
		       ? BUS_OK
		       : bus_refuse(bucket->bus, error, "'%s' is no key of a bucket", key);
}

bool bus_is_removed(natsMsg *message)
{
	return bus_header_text(message, "KV-Operation")[0] != '\0';
}

static void last_json(const char *subject, char json[static BUS_REQUEST_MAX])
{
	snprintf(json, BUS_REQUEST_MAX, "{\"last_by_subj\":\"%s\"}", subject);
}

/* It points into @message. */
static struct bus_value value_of(natsMsg *message)
{
	return (struct bus_value){
		.data = { natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message) },
		.revision = bus_header_number(message, "Nats-Sequence"),
		.time_ms = bus_time_ms(bus_header_text(message, "Nats-Time-Stamp")),
	};
}

/* The last message of the key, which may be one of removal. */
static enum bus_result last(struct bus_bucket *bucket, const char *subject, struct bus_value *value, bool *is_removed,
			    struct error *error)
{
	char json[BUS_REQUEST_MAX];
	enum bus_result result;

	natsMsg_Destroy(bucket->held);
	bucket->held = NULL;
	last_json(subject, json);
	result = bus_direct(bucket->bus, bucket->stream, json, &bucket->held, error);
	if (result != BUS_OK)
		return result;
	*is_removed = bus_is_removed(bucket->held);
	*value = value_of(bucket->held);
	return BUS_OK;
}

enum bus_result bus_get(struct bus_bucket *bucket, const char *key, struct bus_value *value, struct error *error)
{
	char subject[BUS_NAME_MAX];
	bool is_removed = false;
	enum bus_result result = subject_of(bucket, key, subject, error);

	if (result == BUS_OK)
		result = last(bucket, subject, value, &is_removed, error);
	if (result == BUS_OK && is_removed) {
		bus_refuse(bucket->bus, error, "%s: key %s was removed", bucket->name, key);
		result = BUS_MISSING;
	}
	return result;
}

struct asking {
	struct bus_bucket *bucket;
	bus_key_of *key_of;
	void *arg;
	char direct[BUS_DIRECT_MAX], subject[BUS_NAME_MAX], json[BUS_REQUEST_MAX];
	struct span data; /* to be put */
};

static enum bus_result key_subject(struct asking *asking, size_t i, struct error *error)
{
	char key[BUS_NAME_MAX];

	asking->key_of(asking->arg, i, key);
	return subject_of(asking->bucket, key, asking->subject, error);
}

static void get_question(void *arg, size_t i, struct bus_question *question)
{
	struct asking *asking = arg;
	struct error unused;

	asking->json[0] = '\0'; /* what is no key is refused when it is asked for alone */
	if (key_subject(asking, i, &unused) == BUS_OK)
		last_json(asking->subject, asking->json);
	question->subject = asking->direct;
	question->data = span_of(asking->json);
}

/* By the answer that came ahead, or without one. *@goes_on: as the callback has it. */
static enum bus_result take_value(const struct asking *asking, size_t i, natsMsg *answer, bus_on_value *on_value,
				  bool *goes_on, struct error *error)
{
	enum bus_result result = BUS_OK;
	struct bus_value value;
	struct error why;

	if (answer && bus_direct_has(answer)) {
		value = value_of(answer);
		result = bus_is_removed(answer) ? BUS_MISSING : BUS_OK;
	} else if (answer && bus_direct_is_missing(answer)) {
		result = BUS_MISSING;
	} else {
		char key[BUS_NAME_MAX];

		asking->key_of(asking->arg, i, key);
		result = bus_get(asking->bucket, key, &value, &why);
	}
	if (result == BUS_OK || result == BUS_MISSING) {
		*goes_on = on_value(asking->arg, i, result == BUS_OK ? &value : NULL);
		return BUS_OK;
	}
	*error = why;
	return result;
}

enum bus_result bus_get_each(struct bus_bucket *bucket, size_t count, bus_key_of *key_of, bus_on_value *on_value,
			     void *arg, struct error *error)
{
	struct asking asking = { .bucket = bucket, .key_of = key_of, .arg = arg };
	unsigned most = bus_ahead_most(bucket->bus);
	enum bus_result result = BUS_OK;
	natsMsg *answer[BUS_AHEAD_MAX];
	bool goes_on = true;

	bus_direct_subject(bucket->stream, asking.direct);
	for (size_t first = 0; first < count && result == BUS_OK && goes_on; first += most) {
		unsigned n = count - first < most ? (unsigned)(count - first) : most;

		bus_ask_ahead(bucket->bus, get_question, &asking, first, n, answer);
		for (unsigned i = 0; i < n && result == BUS_OK && goes_on; i++)
			result = take_value(&asking, first + i, answer[i], on_value, &goes_on, error);
		bus_free_ahead(answer, n);
	}
	return result;
}

/* Publish where the key's last revision is @revision. */
static enum bus_result compare_and_set(struct bus_bucket *bucket, const char *subject, struct span data,
				       uint64_t revision, uint64_t *new_revision, bool *lost, struct error *error)
{
	char number[BUS_NUMBER_MAX];
	struct bus_header header = { "Nats-Expected-Last-Subject-Sequence", number };

	snprintf(number, sizeof(number), "%" PRIu64, revision);
	return bus_store(bucket->bus, subject, &header, 1, data, new_revision, NULL, lost, error);
}

/* The server says that the key has another revision than we think. Where an answer was lost, that may be our own: OK
 * and *@revision; EXISTS: somebody else's. Where it was removed: MISSING, and *@revision is the removal's. */
static enum bus_result whose(struct bus_bucket *bucket, const char *subject, struct span data, bool lost,
			     uint64_t *revision, struct error *error)
{
	struct error unused;
	struct bus_value value;
	bool is_removed = false;
	enum bus_result result = last(bucket, subject, &value, &is_removed, &unused);

	if (result == BUS_MISSING) { /* it ran out in between */
		*revision = 0;
		return BUS_MISSING;
	}
	if (result != BUS_OK) {
		*error = unused;
		return result;
	}
	*revision = value.revision;
	if (is_removed)
		return BUS_MISSING;
	return lost && span_equal(value.data, data) ? BUS_OK : BUS_EXISTS;
}

enum bus_result bus_create(struct bus_bucket *bucket, const char *key, struct span data, struct error *error)
{
	char subject[BUS_NAME_MAX];
	enum bus_result result = subject_of(bucket, key, subject, error);
	uint64_t revision = 0;
	bool lost = false;

	/* twice: what was removed lets us in with its own revision */
	for (unsigned tries = 0; tries < 2 && result == BUS_OK; tries++) {
		uint64_t made;

		result = compare_and_set(bucket, subject, data, revision, &made, &lost, error);
		if (result != BUS_EXISTS)
			return result;
		result = whose(bucket, subject, data, lost, &revision, error);
		if (result != BUS_MISSING)
			return result;
		result = BUS_OK;
	}
	return result == BUS_OK ? BUS_EXISTS : result;
}

enum bus_result bus_update(struct bus_bucket *bucket, const char *key, struct span data, uint64_t *revision,
			   struct error *error)
{
	char subject[BUS_NAME_MAX];
	enum bus_result result = subject_of(bucket, key, subject, error);
	uint64_t made = 0;
	bool lost = false;

	if (result == BUS_OK)
		result = compare_and_set(bucket, subject, data, *revision, &made, &lost, error);
	if (result == BUS_EXISTS) {
		result = whose(bucket, subject, data, lost, &made, error);
		if (result == BUS_MISSING)
			result = BUS_EXISTS;
	}
	if (result == BUS_OK)
		*revision = made;
	return result;
}

enum bus_result bus_put(struct bus_bucket *bucket, const char *key, struct span data, struct error *error)
{
	char subject[BUS_NAME_MAX];
	enum bus_result result = subject_of(bucket, key, subject, error);

	return result == BUS_OK ? bus_store(bucket->bus, subject, NULL, 0, data, NULL, NULL, NULL, error) : result;
}

static void put_question(void *arg, size_t i, struct bus_question *question)
{
	struct asking *asking = arg;
	struct error unused;

	if (key_subject(asking, i, &unused) != BUS_OK)
		asking->subject[0] = '\0'; /* cannot be sent, and is refused when it is put alone */
	question->subject = asking->subject;
	question->data = asking->data;
}

static enum bus_result put_one(void *arg, size_t i, struct error *error)
{
	struct asking *asking = arg;
	enum bus_result result = key_subject(asking, i, error);

	return result == BUS_OK
		       ? bus_store(asking->bucket->bus, asking->subject, NULL, 0, asking->data, NULL, NULL, NULL, error)
		       : result;
}

enum bus_result bus_put_each(struct bus_bucket *bucket, size_t count, bus_key_of *key_of, void *arg, struct span data,
			     struct error *error)
{
	struct asking asking = { .bucket = bucket, .key_of = key_of, .arg = arg, .data = data };

	return bus_do_each(bucket->bus, count, put_question, put_one, &asking, error);
}

enum bus_result bus_remove(struct bus_bucket *bucket, const char *key, struct error *error)
{
	struct bus_header header = { "KV-Operation", "DEL" };
	char subject[BUS_NAME_MAX];
	enum bus_result result = subject_of(bucket, key, subject, error);

	return result == BUS_OK ? bus_store(bucket->bus, subject, &header, 1, SPAN_LITERAL(""), NULL, NULL, NULL, error)
				: result;
}

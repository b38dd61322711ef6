/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages into a stream and out of it. */
#include "scanner/bus/bus_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_NO_MESSAGE = 404 };

#define OFFSET_HEADER "Stsurvey-Offset"

bool bus_is_name(const char *name, bool wildcards)
{
	size_t n = strlen(name);

	if (n == 0 || n >= BUS_NAME_MAX || name[0] == '.' || name[n - 1] == '.' || strstr(name, ".."))
		return false; /* no empty parts */
	for (size_t i = 0; i < n; i++) {
		bool is_wild = name[i] == '*' || name[i] == '>';

		if (is_wild ? !wildcards : !ascii_is_alnum(name[i]) && !strchr("_-.$=/", name[i]))
			return false;
	}
	return true;
}

enum bus_result bus_store(struct bus *bus, const char *subject, const struct bus_header *header, size_t headers,
			  struct span data, uint64_t *sequence, bool *duplicate, bool *lost, struct error *error)
{
	struct bus_question question = { .subject = subject, .data = data };
	struct bus_wait wait = bus_wait_begin(bus);
	yajl_val root = NULL;
	enum bus_result result;

	if (!bus_is_name(subject, false))
		return bus_refuse(bus, error, "'%s' is no subject or key", subject);
	if (data.n > bus->data_max)
		return bus_refuse(bus, error, "%zu octets are more than a message may have, %zu", data.n,
				  bus->data_max);
	for (size_t i = 0; i < headers; i++)
		question.header[i] = header[i];
	result = bus_ask_json(bus, &question, &wait, &root, lost, error);
	/* whoever listens to the subject may answer: only a stream knows which message of it this is */
	if (result == BUS_OK && bus_json_number(root, NULL, "seq") == 0)
		result = bus_refuse(bus, error,
				    "%s: the answer does not say that it is stored; who else answers there?", subject);
	if (result == BUS_OK && sequence)
		*sequence = bus_json_number(root, NULL, "seq");
	if (result == BUS_OK && duplicate)
		*duplicate = bus_json_true(root, "duplicate");
	yajl_tree_free(root);
	return result;
}

enum bus_result bus_publish(struct bus *bus, const char *subject, const char *id, uint64_t offset, struct span data,
			    bool *duplicate, struct error *error)
{
	char number[BUS_NUMBER_MAX];
	struct bus_header header[2] = { { OFFSET_HEADER, number } };
	size_t headers = 1;

	if (strlen(id) >= BUS_ID_MAX)
		return bus_refuse(bus, error, "'%s' is too long for a message id", id);
	snprintf(number, sizeof(number), "%" PRIu64, offset);
	if (id[0] != '\0')
		header[headers++] = (struct bus_header){ "Nats-Msg-Id", id };
	return bus_store(bus, subject, header, headers, data, NULL, duplicate, NULL, error);
}

void bus_direct_subject(const char *stream, char subject[static BUS_DIRECT_MAX])
{
	snprintf(subject, BUS_DIRECT_MAX, "$JS.API.DIRECT.GET.%s", stream);
}

bool bus_direct_has(natsMsg *answer)
{
	return bus_header_number(answer, "Status") == 0 && bus_header_text(answer, "Nats-Sequence")[0] != '\0';
}

bool bus_direct_is_missing(natsMsg *answer)
{
	return bus_header_number(answer, "Status") == STATUS_NO_MESSAGE;
}

enum bus_result bus_direct(struct bus *bus, const char *stream, const char *json, natsMsg **message,
			   struct error *error)
{
	char subject[BUS_DIRECT_MAX];
	struct bus_question question = { .subject = subject, .stream = stream, .data = span_of(json) };
	struct bus_wait wait = bus_wait_begin(bus);
	enum bus_result result;
	bool is_missing;

	bus_direct_subject(stream, subject);
	result = bus_ask(bus, &question, &wait, message, NULL, error);
	if (result != BUS_OK || bus_direct_has(*message))
		return result;
	is_missing = bus_direct_is_missing(*message);
	bus_refuse(bus, error, "%s: %s", stream,
		   is_missing ? "no such message" : bus_header_text(*message, "Description"));
	natsMsg_Destroy(*message);
	*message = NULL;
	return is_missing ? BUS_MISSING : BUS_REFUSED;
}

void bus_read_message(natsMsg *answer, struct bus_message *message)
{
	*message = (struct bus_message){
		.subject = bus_header_text(answer, "Nats-Subject"),
		.data = { natsMsg_GetData(answer), (size_t)natsMsg_GetDataLength(answer) },
		.sequence = bus_header_number(answer, "Nats-Sequence"),
		.offset = bus_header_number(answer, OFFSET_HEADER),
		.time_ms = bus_time_ms(bus_header_text(answer, "Nats-Time-Stamp")),
	};
}

/* Keeps it for the caller. One before the sequence @least is none that was asked for: who reads on behind it would come
 * to no end. */
static enum bus_result get(struct bus *bus, const char *stream, const char *json, uint64_t least,
			   struct bus_message *message, struct error *error)
{
	enum bus_result result;

	natsMsg_Destroy(bus->held);
	bus->held = NULL;
	result = bus_direct(bus, stream, json, &bus->held, error);
	if (result != BUS_OK)
		return result;
	bus_read_message(bus->held, message);
	if (message->sequence >= least && message->sequence < UINT64_MAX)
		return BUS_OK;
	return bus_refuse(bus, error, "%s: asked for message %" PRIu64 ", it sends %" PRIu64, stream, least,
			  message->sequence);
}

void bus_next_json(const char *subject, uint64_t sequence, char json[static BUS_REQUEST_MAX])
{
	snprintf(json, BUS_REQUEST_MAX, "{\"seq\":%" PRIu64 ",\"next_by_subj\":\"%s\"}", sequence ? sequence : 1,
		 subject);
}

enum bus_result bus_next(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			 struct bus_message *message, struct error *error)
{
	char json[BUS_REQUEST_MAX];

	if (!bus_is_name(subject, true))
		return bus_refuse(bus, error, "'%s' is no subject", subject);
	bus_next_json(subject, sequence, json);
	return get(bus, stream, json, sequence, message, error);
}

enum bus_result bus_at(struct bus *bus, const char *stream, uint64_t sequence, struct bus_message *message,
		       struct error *error)
{
	char json[BUS_REQUEST_MAX];

	snprintf(json, sizeof(json), "{\"seq\":%" PRIu64 "}", sequence);
	return get(bus, stream, json, sequence, message, error);
}

enum bus_result bus_delete_at(struct bus *bus, const char *stream, uint64_t sequence, struct error *error)
{
	char json[BUS_REQUEST_MAX];
	enum bus_result result;

	snprintf(json, sizeof(json), "{\"seq\":%" PRIu64 "}", sequence);
	result = bus_api_do(bus, "STREAM.MSG.DELETE", stream, NULL, json, error);
	if (result == BUS_REFUSED) { /* one error for all that may be: that it is not there is none of them */
		natsMsg *message = NULL;
		struct error unused;

		if (bus_direct(bus, stream, json, &message, &unused) == BUS_MISSING)
			result = BUS_MISSING;
		natsMsg_Destroy(message);
	}
	return result;
}

static void purge_json(const char *subject, uint64_t sequence, char json[static BUS_REQUEST_MAX])
{
	int n = snprintf(json, BUS_REQUEST_MAX, "{");

	if (subject[0] != '\0')
		n += snprintf(json + n, BUS_REQUEST_MAX - (size_t)n, "\"filter\":\"%s\"%s", subject,
			      sequence ? "," : "");
	if (sequence > 0)
		n += snprintf(json + n, BUS_REQUEST_MAX - (size_t)n, "\"seq\":%" PRIu64, sequence);
	snprintf(json + n, BUS_REQUEST_MAX - (size_t)n, "}");
}

enum bus_result bus_purge(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			  struct error *error)
{
	char json[BUS_REQUEST_MAX];

	purge_json(subject, sequence, json);
	return bus_api_do(bus, "STREAM.PURGE", stream, NULL, json, error);
}

struct purging {
	struct bus *bus;
	const char *stream;
	bus_key_of *subject_of;
	void *arg;
	char api[BUS_DIRECT_MAX], subject[BUS_NAME_MAX], json[BUS_REQUEST_MAX];
};

static void purge_question(void *arg, size_t i, struct bus_question *question)
{
	struct purging *purging = arg;

	purging->subject_of(purging->arg, i, purging->subject);
	purge_json(purging->subject, 0, purging->json);
	question->subject = purging->api;
	question->data = span_of(purging->json);
}

static enum bus_result purge_one(void *arg, size_t i, struct error *error)
{
	struct purging *purging = arg;

	purging->subject_of(purging->arg, i, purging->subject);
	return bus_purge(purging->bus, purging->stream, purging->subject, 0, error);
}

enum bus_result bus_purge_each(struct bus *bus, const char *stream, size_t count, bus_key_of *subject_of, void *arg,
			       struct error *error)
{
	struct purging purging = { .bus = bus, .stream = stream, .subject_of = subject_of, .arg = arg };

	snprintf(purging.api, sizeof(purging.api), "$JS.API.STREAM.PURGE.%s", stream);
	return bus_do_each(bus, count, purge_question, purge_one, &purging, error);
}

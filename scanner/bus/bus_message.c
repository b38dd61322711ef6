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

enum bus_result bus_direct(struct bus *bus, const char *stream, const char *json, natsMsg **message,
			   struct error *error)
{
	char subject[BUS_NAME_MAX + 64];
	struct bus_question question = { .subject = subject, .stream = stream, .data = span_of(json) };
	struct bus_wait wait = bus_wait_begin(bus);
	enum bus_result result;
	uint64_t status;

	snprintf(subject, sizeof(subject), "$JS.API.DIRECT.GET.%s", stream);
	result = bus_ask(bus, &question, &wait, message, NULL, error);
	if (result != BUS_OK)
		return result;
	status = bus_header_number(*message, "Status");
	if (status == 0 && bus_header_text(*message, "Nats-Sequence")[0] != '\0')
		return BUS_OK;
	bus_refuse(bus, error, "%s: %s", stream,
		   status == STATUS_NO_MESSAGE ? "no such message" : bus_header_text(*message, "Description"));
	natsMsg_Destroy(*message);
	*message = NULL;
	return status == STATUS_NO_MESSAGE ? BUS_MISSING : BUS_REFUSED;
}

/* Keeps it for the caller. */
static enum bus_result get(struct bus *bus, const char *stream, const char *json, struct bus_message *message,
			   struct error *error)
{
	enum bus_result result;

	natsMsg_Destroy(bus->held);
	bus->held = NULL;
	result = bus_direct(bus, stream, json, &bus->held, error);
	if (result != BUS_OK)
		return result;
	*message = (struct bus_message){
		.subject = bus_header_text(bus->held, "Nats-Subject"),
		.data = { natsMsg_GetData(bus->held), (size_t)natsMsg_GetDataLength(bus->held) },
		.sequence = bus_header_number(bus->held, "Nats-Sequence"),
		.offset = bus_header_number(bus->held, OFFSET_HEADER),
		.time_ms = bus_time_ms(bus_header_text(bus->held, "Nats-Time-Stamp")),
	};
	return BUS_OK;
}

enum bus_result bus_next(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			 struct bus_message *message, struct error *error)
{
	char json[BUS_REQUEST_MAX];

	if (!bus_is_name(subject, true))
		return bus_refuse(bus, error, "'%s' is no subject", subject);
	snprintf(json, sizeof(json), "{\"seq\":%" PRIu64 ",\"next_by_subj\":\"%s\"}", sequence ? sequence : 1, subject);
	return get(bus, stream, json, message, error);
}

enum bus_result bus_at(struct bus *bus, const char *stream, uint64_t sequence, struct bus_message *message,
		       struct error *error)
{
	char json[BUS_REQUEST_MAX];

	snprintf(json, sizeof(json), "{\"seq\":%" PRIu64 "}", sequence);
	return get(bus, stream, json, message, error);
}

enum bus_result bus_delete_at(struct bus *bus, const char *stream, uint64_t sequence, struct error *error)
{
	char json[BUS_REQUEST_MAX];
	yajl_val root = NULL;
	enum bus_result result;

	snprintf(json, sizeof(json), "{\"seq\":%" PRIu64 "}", sequence);
	result = bus_api(bus, "STREAM.MSG.DELETE", stream, NULL, json, &root, error);
	yajl_tree_free(root);
	if (result == BUS_REFUSED) { /* one error for all that may be: that it is not there is none of them */
		natsMsg *message = NULL;
		struct error unused;

		if (bus_direct(bus, stream, json, &message, &unused) == BUS_MISSING)
			result = BUS_MISSING;
		natsMsg_Destroy(message);
	}
	return result;
}

enum bus_result bus_purge(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			  struct error *error)
{
	char json[BUS_REQUEST_MAX];
	yajl_val root = NULL;
	enum bus_result result;
	int n = 0;

	n += snprintf(json + n, sizeof(json) - (size_t)n, "{");
	if (subject[0] != '\0')
		n += snprintf(json + n, sizeof(json) - (size_t)n, "\"filter\":\"%s\"%s", subject, sequence ? "," : "");
	if (sequence > 0)
		n += snprintf(json + n, sizeof(json) - (size_t)n, "\"seq\":%" PRIu64, sequence);
	snprintf(json + n, sizeof(json) - (size_t)n, "}");
	result = bus_api(bus, "STREAM.PURGE", stream, NULL, json, &root, error);
	yajl_tree_free(root);
	return result;
}

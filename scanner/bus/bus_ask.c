/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_own.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/wall_clock.h"

enum {
	ANSWER_MS = 5000,   /* for an answer; then it is asked again: a message of 1 MiB at 2 Mbit/s */
	STREAM_MS = 1000,   /* for the first of a stream: where that is gone, nobody says so unasked */
	NOBODY_BELIEVED = 5 /* times that nobody answers for JetStream, one after the other, until there is none */
};

natsStatus bus_send(struct bus *bus, const struct bus_question *question)
{
	char reply[BUS_INBOX_MAX + BUS_NUMBER_MAX];
	natsMsg *message = NULL;
	natsStatus status;

	bus->denied = bus_denied_count();
	bus->awaited = ++bus->asked;
	snprintf(reply, sizeof(reply), "%s.%llu", bus->inbox, (unsigned long long)bus->asked);
	status = natsMsg_Create(&message, question->subject, reply, question->data.p, (int)question->data.n);
	for (size_t i = 0; status == NATS_OK && i < COUNT_OF(question->header); i++) {
		if (question->header[i].name)
			status = natsMsgHeader_Set(message, question->header[i].name, question->header[i].value);
	}
	if (status == NATS_OK)
		status = natsConnection_PublishMsg(bus->connection, message);
	natsMsg_Destroy(message);
	return status;
}

void bus_say(natsConnection *connection, const char *subject, const char *text)
{
	natsConnection_PublishString(connection, subject, text);
}

#define ACK_PREFIX "$JS.ACK."

void bus_deliveries(const char *stream, const char *consumer, char deliveries[static BUS_DELIVERIES_MAX])
{
	snprintf(deliveries, BUS_DELIVERIES_MAX, ACK_PREFIX "%s.%s.", stream, consumer);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The number of the question that it answers; 0: of none of ours. */
static uint64_t question_of(const struct bus *bus, natsMsg *message)
{
	struct span subject = span_of(natsMsg_GetSubject(message)), inbox = span_of(bus->inbox);
	uint64_t number = 0;

	if (!span_starts_with(subject, inbox))
		return 0;
	subject = span_skip(subject, inbox.n);
	return subject.n > 0 && subject.p[0] == '.' && span_decimal(span_skip(subject, 1), UINT64_MAX, &number) ? number
														: 0;
}

uint64_t bus_answer_index(const struct bus *bus, natsMsg *answer)
{
	return question_of(bus, answer) - bus->awaited;
}

/* Is it what we wait for? An answer has the subject that we chose, a message of a stream its own one. */
static bool is_awaited(const struct bus *bus, const char *deliveries, natsMsg *message)
{
	const char *reply = natsMsg_GetReply(message);
	uint64_t number = question_of(bus, message);

	return (number > 0 && number >= bus->awaited && number <= bus->asked) ||
	       (deliveries && reply && begins(reply, deliveries));
}

/* A message that came for somebody who did not wait any more: a task is given back, so that it need not be waited for.
 */
static void put_back(struct bus *bus, natsMsg *message)
{
	const char *reply = natsMsg_GetReply(message);

	if (reply && begins(reply, ACK_PREFIX))
		bus_say(bus->connection, reply, "-NAK");
}

/* The next message that is for us, if it comes within @ms. */
static natsStatus next(struct bus *bus, int64_t ms, const char *deliveries, natsMsg **answer)
{
	uint64_t end = machine_clock_ms() + (uint64_t)ms;

	for (;;) {
		uint64_t now = machine_clock_ms();
		natsStatus status = natsSubscription_NextMsg(answer, bus->answers,
							     now < end ? (int64_t)(end - now) : 0);

		if (status != NATS_OK)
			return status;
		if (is_awaited(bus, deliveries, *answer))
			return NATS_OK;
		put_back(bus, *answer);
		natsMsg_Destroy(*answer);
		*answer = NULL;
	}
}

void bus_give_back(struct bus *bus)
{
	natsMsg *none = NULL;

	if (!bus->connection || !bus->answers)
		return;
	bus->awaited = ++bus->asked; /* nothing is waited for any more */
	if (next(bus, 0, NULL, &none) == NATS_OK)
		natsMsg_Destroy(none);
}

natsStatus bus_answer(struct bus *bus, const struct bus_question *question, const struct bus_wait *wait,
		      uint64_t until_ms, const char *deliveries, natsMsg **answer)
{
	for (;;) {
		natsStatus status = next(bus, BUS_LOOK_MS, deliveries, answer);

		if (status != NATS_TIMEOUT)
			return status;
		if (bus_denied(bus->denied, question->subject, bus->why) ||
		    bus_denied(bus->denied_before, bus->inbox, bus->why))
			return NATS_NOT_PERMITTED;
		if (machine_clock_ms() >= until_ms || !bus_wait_lasts(bus, wait))
			return NATS_TIMEOUT;
	}
}

/* One try. */
static natsStatus ask_once(struct bus *bus, const struct bus_question *question, const struct bus_wait *wait,
			   natsMsg **answer)
{
	unsigned ms = question->stream && wait->tries == 0 ? STREAM_MS : ANSWER_MS;
	natsStatus status = bus_send(bus, question);

	return status == NATS_OK ? bus_answer(bus, question, wait, machine_clock_ms() + ms, NULL, answer) : status;
}

/* Nobody answered: is there somebody who could? OK: ask again. */
static enum bus_result look_for_stream(struct bus *bus, const struct bus_question *question, struct bus_wait *wait,
				       struct error *error)
{
	char json[BUS_NAME_MAX + 64];
	enum bus_result result;
	yajl_val root = NULL;

	if (question->stream) {
		result = bus_api_within(bus, wait, "STREAM.INFO", question->stream, NULL, NULL, &root, error);
	} else {
		snprintf(json, sizeof(json), "{\"subject\":\"%s\"}", question->subject);
		result = bus_api_within(bus, wait, "STREAM.NAMES", NULL, NULL, json, &root, error);
		if (result == BUS_OK && bus_json_number(root, NULL, "total") == 0) {
			bus_refuse(bus, error, "no stream takes %s", question->subject);
			result = BUS_MISSING;
		}
	}
	yajl_tree_free(root);
	return result;
}

static bool is_api(const struct bus_question *question)
{
	return !question->stream && begins(question->subject, "$JS.API.");
}

/* What to do after a try without an answer. OK: try again. */
static enum bus_result judge(struct bus *bus, const struct bus_question *question, natsStatus status,
			     struct bus_wait *wait, struct error *error)
{
	switch (status) {
	case NATS_NO_MEMORY:
		return bus_no_memory(error);
	case NATS_NOT_PERMITTED:
		return bus_refuse(bus, error, "%s; the account's user needs this permission", bus->why);
	case NATS_MAX_PAYLOAD:
		return bus_refuse(bus, error, "a message is larger than the server's max_payload");
	case NATS_NO_RESPONDERS:
		snprintf(bus->why, sizeof(bus->why), "JetStream does not answer");
		if (!is_api(question))
			return look_for_stream(bus, question, wait, error);
		if (++wait->nobody < NOBODY_BELIEVED)
			return BUS_OK;
		return bus_refuse(bus, error,
				  "JetStream is not enabled: start nats-server with -js, or with jetstream {} "
				  "in its configuration");
	case NATS_TIMEOUT:
		return question->stream ? look_for_stream(bus, question, wait, error) : BUS_OK;
	default:
		snprintf(bus->why, sizeof(bus->why), "%s", natsStatus_GetText(status));
		return BUS_OK;
	}
}

enum bus_result bus_ask(struct bus *bus, const struct bus_question *question, struct bus_wait *wait, natsMsg **answer,
			bool *lost, struct error *error)
{
	*answer = NULL;
	for (;;) {
		enum bus_result result = bus_connected(bus, wait, error);
		natsStatus status;

		if (result != BUS_OK)
			return result;
		status = ask_once(bus, question, wait, answer);
		if (status == NATS_OK)
			return BUS_OK;
		if (lost && status != NATS_NO_RESPONDERS)
			*lost = true;
		if (status == NATS_TIMEOUT) {
			snprintf(bus->why, sizeof(bus->why),
				 "it is connected, but says nothing: a full disk stops JetStream, see its log");
			if (!bus_wait_lasts(bus, wait))
				return bus_away(bus, error);
		}
		result = judge(bus, question, status, wait, error);
		if (result != BUS_OK)
			return result;
		if (!bus_wait_again(bus, wait))
			return bus_away(bus, error);
	}
}

/* OK and *@again: the error passes. An error that has no number, or none that we read, is one nevertheless. */
static enum bus_result judge_json(struct bus *bus, yajl_val root, bool *again, struct error *error)
{
	uint64_t number = bus_json_number(root, "error", "err_code");
	int code = number <= INT_MAX ? (int)number : 0;
	const struct bus_error *known;
	const char *text;

	*again = false;
	if (!bus_json_has(root, "error"))
		return BUS_OK;
	known = bus_error_find(code);
	text = bus_json_text(root, "error", "description");
	if (known && known->again) {
		snprintf(bus->why, sizeof(bus->why), "%s", text);
		*again = true;
		return BUS_OK;
	}
	bus_refuse(bus, error, "%s (%d)%s%s", text, code, known && known->remedy ? "; " : "",
		   known && known->remedy ? known->remedy : "");
	return known ? known->result : BUS_REFUSED;
}

enum bus_result bus_ask_json(struct bus *bus, const struct bus_question *question, struct bus_wait *wait,
			     yajl_val *root, bool *lost, struct error *error)
{
	*root = NULL;
	for (;;) {
		natsMsg *answer;
		enum bus_result result = bus_ask(bus, question, wait, &answer, lost, error);
		struct error why;
		bool again;

		if (result != BUS_OK)
			return result;
		*root = bus_json_read((struct span){ natsMsg_GetData(answer), (size_t)natsMsg_GetDataLength(answer) },
				      &why);
		natsMsg_Destroy(answer);
		if (!*root)
			return bus_refuse(bus, error, "what it answers to %s %s", question->subject, why.text);
		result = judge_json(bus, *root, &again, error);
		if (result == BUS_OK && !again)
			return BUS_OK;
		yajl_tree_free(*root);
		*root = NULL;
		if (result != BUS_OK)
			return result;
		if (!bus_wait_again(bus, wait))
			return bus_away(bus, error);
	}
}

enum bus_result bus_api_within(struct bus *bus, struct bus_wait *wait, const char *verb, const char *name,
			       const char *name2, const char *json, yajl_val *root, struct error *error)
{
	char subject[2 * BUS_NAME_MAX + 64];
	struct bus_question question = { .subject = subject, .data = span_of(json ? json : "") };

	snprintf(subject, sizeof(subject), "$JS.API.%s%s%s%s%s", verb, name ? "." : "", name ? name : "",
		 name2 ? "." : "", name2 ? name2 : "");
	return bus_ask_json(bus, &question, wait, root, NULL, error);
}

enum bus_result bus_api_do(struct bus *bus, const char *verb, const char *name, const char *name2, const char *json,
			   struct error *error)
{
	yajl_val root = NULL;
	enum bus_result result = bus_api(bus, verb, name, name2, json, &root, error);

	yajl_tree_free(root);
	return result;
}

enum bus_result bus_api(struct bus *bus, const char *verb, const char *name, const char *name2, const char *json,
			yajl_val *root, struct error *error)
{
	struct bus_wait wait = bus_wait_begin(bus);

	return bus_api_within(bus, &wait, verb, name, name2, json, root, error);
}

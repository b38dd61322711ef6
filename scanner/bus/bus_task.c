/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue's consumers. */
#include "scanner/bus/bus_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/wall_clock.h"

enum {
	UNANSWERED_MAX = 20000, /* tasks that all workers together may have */
	LATE_MS = 1000          /* that a server may take longer than it was told to wait */
};

enum bus_result bus_consumer_create(struct bus *bus, const char *stream, const char *consumer, const char *subject,
				    const struct bus_consumer_options *options, struct error *error)
{
	char json[BUS_REQUEST_MAX];

	snprintf(json, sizeof(json),
		 "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"%s\",\"deliver_policy\":\"all\","
		 "\"ack_policy\":\"explicit\",\"ack_wait\":%" PRId64 ",\"max_deliver\":%u,\"filter_subject\":\"%s\","
		 "\"replay_policy\":\"instant\",\"max_ack_pending\":%d,\"num_replicas\":0}}",
		 stream, consumer, (int64_t)(options->ack_wait_s * 1e9), options->deliveries, subject, UNANSWERED_MAX);
	return bus_api_do(bus, "CONSUMER.DURABLE.CREATE", stream, consumer, json, error);
}

enum bus_result bus_consumer_look(struct bus *bus, const char *stream, const char *consumer,
				  struct bus_consumer_info *info, struct error *error)
{
	yajl_val root = NULL;
	enum bus_result result = bus_api(bus, "CONSUMER.INFO", stream, consumer, NULL, &root, error);

	if (result == BUS_OK)
		*info = (struct bus_consumer_info){
			.waiting = bus_json_number(root, NULL, "num_pending"),
			.in_flight = bus_json_number(root, NULL, "num_ack_pending"),
			.redelivered = bus_json_number(root, NULL, "num_redelivered"),
		};
	yajl_tree_free(root);
	return result;
}

/* ---- tasks ---- */

struct bus_task {
	struct bus *bus;
	natsMsg *message;
	uint64_t sequence;
	unsigned deliveries;
	char stream[BUS_NAME_MAX], consumer[BUS_NAME_MAX];
};

void bus_task_free(struct bus_task *task)
{
	if (task)
		natsMsg_Destroy(task->message);
	free(task);
}

/* Takes @message. */
static struct bus_task *new_task(struct bus *bus, const char *stream, const char *consumer, natsMsg *message)
{
	struct bus_task *task = calloc(1, sizeof(*task));

	if (!task || !bus_read_delivery(natsMsg_GetReply(message), &task->sequence, &task->deliveries)) {
		free(task);
		natsMsg_Destroy(message);
		return NULL;
	}
	task->bus = bus;
	task->message = message;
	snprintf(task->stream, sizeof(task->stream), "%s", stream);
	snprintf(task->consumer, sizeof(task->consumer), "%s", consumer);
	return task;
}

static enum bus_result none(const char *stream, struct error *error)
{
	error_set(error, "%s: nothing to do at the moment", stream);
	return BUS_MISSING;
}

/* Nobody answered for the consumer. OK: it is there. */
static enum bus_result look_for_consumer(struct bus *bus, const char *stream, const char *consumer, struct error *error)
{
	struct bus_consumer_info info;
	enum bus_result result = bus_consumer_look(bus, stream, consumer, &info, error);

	return result == BUS_MISSING ? BUS_REFUSED : result;
}

/* OK: ask again. */
static enum bus_result judge_pull(struct bus *bus, natsStatus status, const char *stream, const char *consumer,
				  struct error *error)
{
	switch (status) {
	case NATS_NO_MEMORY:
		return bus_no_memory(error);
	case NATS_NOT_PERMITTED:
		return bus_refuse(bus, error, "%s; the account's user needs this permission", bus->why);
	case NATS_NO_RESPONDERS:
		return look_for_consumer(bus, stream, consumer, error);
	case NATS_TIMEOUT: /* it says when the time is over, where it is there */
		return look_for_consumer(bus, stream, consumer, error);
	default:
		snprintf(bus->why, sizeof(bus->why), "%s", natsStatus_GetText(status));
		return BUS_OK;
	}
}

/* A message has come: a task, or the server's word that there is none. OK and *@task NULL: ask again. */
static enum bus_result take(struct bus *bus, const char *stream, const char *consumer, natsMsg *message,
			    struct bus_task **task, struct error *error)
{
	uint64_t status = bus_header_number(message, "Status");
	enum bus_result result = BUS_OK;

	if (status == 0) {
		*task = new_task(bus, stream, consumer, message);
		return *task ? BUS_OK : bus_no_memory(error);
	}
	if (status == 404 || status == 408) /* none within the time */
		result = none(stream, error);
	else /* 409: it was deleted, or too many ask it */
		result = look_for_consumer(bus, stream, consumer, error);
	natsMsg_Destroy(message);
	return result;
}

enum bus_result bus_pull(struct bus *bus, const char *stream, const char *consumer, double wait_s,
			 struct bus_task **task, struct error *error)
{
	uint64_t end = machine_clock_ms() + (uint64_t)(wait_s * 1e3);
	char subject[2 * BUS_NAME_MAX + 64], json[BUS_REQUEST_MAX], deliveries[BUS_DELIVERIES_MAX];
	struct bus_question question = { .subject = subject };
	struct bus_wait wait = bus_wait_begin(bus);

	*task = NULL;
	if (wait.until_ms != UINT64_MAX && !wait.was_stopped)
		wait.until_ms += (uint64_t)(wait_s * 1e3); /* that nothing is there to do tries nobody's patience */
	bus_deliveries(stream, consumer, deliveries);
	snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", stream, consumer);
	for (;;) {
		enum bus_result result = bus_connected(bus, &wait, error);
		uint64_t now = machine_clock_ms();
		natsMsg *message = NULL;
		natsStatus status;

		if (result != BUS_OK)
			return result;
		/* a moment at least: who was reconnecting all the time asks once nevertheless */
		snprintf(json, sizeof(json), "{\"batch\":1,\"expires\":%" PRIu64 "}",
			 (now < end ? end - now : 1) * 1000000 + 100000);
		question.data = span_of(json);
		status = bus_send(bus, &question);
		if (status == NATS_OK) /* a message, or one that has a status only */
			status = bus_answer(bus, &question, &wait, (now < end ? end : now) + LATE_MS, deliveries,
					    &message);
		if (status == NATS_OK)
			result = take(bus, stream, consumer, message, task, error);
		else if (status == NATS_TIMEOUT && !bus_wait_lasts(bus, &wait))
			result = bus_away(bus, error);
		else
			result = judge_pull(bus, status, stream, consumer, error);
		if (result != BUS_OK || *task)
			return result;
		if (!bus_wait_again(bus, &wait))
			return bus_away(bus, error);
	}
}

struct span bus_task_data(const struct bus_task *task)
{
	return (struct span){ natsMsg_GetData(task->message), (size_t)natsMsg_GetDataLength(task->message) };
}

uint64_t bus_task_sequence(const struct bus_task *task)
{
	return task->sequence;
}

unsigned bus_task_deliveries(const struct bus_task *task)
{
	return task->deliveries;
}

/* Without waiting: where there is no connection, the next call makes one. */
static void say(struct bus_task *task, const char *text)
{
	natsConnection *connection = task->bus->connection;

	if (connection && natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED)
		bus_say(connection, natsMsg_GetReply(task->message), text);
}

void bus_task_progress(struct bus_task *task)
{
	say(task, "+WPI");
}

void bus_task_nak(struct bus_task *task, double delay_s)
{
	char text[64] = "-NAK";

	if (delay_s > 0)
		snprintf(text, sizeof(text), "-NAK {\"delay\":%" PRId64 "}", (int64_t)(delay_s * 1e9));
	say(task, text);
	bus_task_free(task);
}

enum bus_result bus_task_ack(struct bus *bus, struct bus_task *task, struct error *error)
{
	struct bus_question question = { .subject = natsMsg_GetReply(task->message),
					 .stream = task->stream,
					 .data = SPAN_LITERAL("+ACK") };
	struct bus_wait wait = bus_wait_begin(bus);
	natsMsg *answer = NULL;
	enum bus_result result;

	/* nats-server 2.9 writes down later what was acknowledged; killed before, it would deliver it again */
	result = bus_delete_at(bus, task->stream, task->sequence, error);
	if (result == BUS_OK || result == BUS_MISSING)
		result = bus_ask(bus, &question, &wait, &answer, NULL, error);
	natsMsg_Destroy(answer);
	if (result == BUS_MISSING) /* the stream is gone, and the message with it */
		result = BUS_OK;
	if (result != BUS_AWAY)
		bus_task_free(task);
	return result;
}

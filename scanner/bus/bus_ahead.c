/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions that are sent before the ones in front of them are answered. */
#include "scanner/bus/bus_own.h"

#include <string.h>

#include "scanner/base/wall_clock.h"

enum { AHEAD_ANSWER_MS = 5000 }; /* from one answer to the next: a message of 1 MiB at 2 Mbit/s */

unsigned bus_ahead_most(const struct bus *bus)
{
	size_t most = BUS_AHEAD_OCTETS / (bus->data_max + BUS_HEADROOM);

	return most < 1 ? 1 : most > BUS_AHEAD_MAX ? BUS_AHEAD_MAX : (unsigned)most;
}

void bus_ask_ahead(struct bus *bus, bus_question_of *question_of, void *arg, size_t first, unsigned count,
		   natsMsg *answer[static BUS_AHEAD_MAX])
{
	struct bus_question question = { NULL };
	struct bus_wait wait = bus_wait_begin(bus);
	natsStatus status = bus->connection && wait.until_ms > 0 ? NATS_OK : NATS_CONNECTION_CLOSED;
	unsigned sent = 0;

	memset(answer, 0, BUS_AHEAD_MAX * sizeof(natsMsg *));
	for (; sent < count && status == NATS_OK; sent++) {
		question = (struct bus_question){ NULL };
		question_of(arg, first + sent, &question);
		status = bus_send(bus, &question);
	}
	bus->awaited = bus->asked + 1 - sent;
	for (unsigned got = 0; got < sent && status == NATS_OK; got++) {
		natsMsg *message = NULL;
		uint64_t i;

		status = bus_answer(bus, &question, &wait, machine_clock_ms() + AHEAD_ANSWER_MS, NULL, &message);
		if (status != NATS_OK)
			break;
		i = bus_answer_index(bus, message);
		if (answer[i]) /* a server's stutter */
			natsMsg_Destroy(message);
		else
			answer[i] = message;
	}
}

void bus_free_ahead(natsMsg *answer[static BUS_AHEAD_MAX], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		natsMsg_Destroy(answer[i]);
}

/* Is it JSON that tells of no error, but of a message stored, or of what was done? */
static bool is_done(natsMsg *answer)
{
	yajl_val root = NULL;
	struct error unused;
	bool is;

	if (answer)
		root = bus_json_read((struct span){ natsMsg_GetData(answer), (size_t)natsMsg_GetDataLength(answer) },
				     &unused);
	is = root && !bus_json_has(root, "error") &&
	     (bus_json_number(root, NULL, "seq") > 0 || bus_json_true(root, "success"));
	yajl_tree_free(root);
	return is;
}

enum bus_result bus_do_each(struct bus *bus, size_t count, bus_question_of *question_of, bus_do_one *do_one, void *arg,
			    struct error *error)
{
	unsigned most = bus_ahead_most(bus);
	enum bus_result result = BUS_OK;
	natsMsg *answer[BUS_AHEAD_MAX];

	for (size_t first = 0; first < count && result == BUS_OK; first += most) {
		unsigned n = count - first < most ? (unsigned)(count - first) : most;

		bus_ask_ahead(bus, question_of, arg, first, n, answer);
		for (unsigned i = 0; i < n && result == BUS_OK; i++)
			if (!is_done(answer[i]))
				result = do_one(arg, first + i, error);
		bus_free_ahead(answer, n);
	}
	return result;
}

/* ---- of a stream ---- */

struct following {
	const char *subject;
	uint64_t sequence;
	char direct[BUS_DIRECT_MAX], json[BUS_REQUEST_MAX];
};

static void following_question(void *arg, size_t i, struct bus_question *question)
{
	struct following *following = arg;

	bus_next_json(following->subject, following->sequence + i, following->json);
	question->subject = following->direct;
	question->data = span_of(following->json);
}

enum bus_result bus_next_many(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			      bus_on_message *on_message, void *arg, struct error *error)
{
	unsigned most = bus_ahead_most(bus), count = bus->ahead < 1 ? 1 : bus->ahead < most ? bus->ahead : most, i = 0;
	struct following following = { .subject = subject, .sequence = sequence ? sequence : 1 };
	natsMsg *answer[BUS_AHEAD_MAX];
	uint64_t next = following.sequence;
	struct bus_message message;
	enum bus_result result;

	if (count == 1 || !bus_is_name(subject, true)) {
		result = bus_next(bus, stream, subject, sequence, &message, error);
		bus->ahead = result == BUS_OK ? 2 : 1;
		if (result == BUS_OK)
			on_message(arg, &message);
		return result;
	}
	bus_direct_subject(stream, following.direct);
	bus_ask_ahead(bus, following_question, &following, 0, count, answer);
	/* what is behind the first that is not there may have come after we looked for that, and something before it */
	for (bool goes_on = true; goes_on && i < count && answer[i] && bus_direct_has(answer[i]); i++) {
		bus_read_message(answer[i], &message);
		if (message.sequence < next) /* it came in the place of one that was removed */
			continue;
		next = message.sequence + 1;
		goes_on = on_message(arg, &message);
	}
	bus_free_ahead(answer, count);
	bus->ahead = i == count ? 2 * count : 1;
	/* the first is asked for alone, which tells why it did not come */
	return i > 0 ? BUS_OK : bus_next_many(bus, stream, subject, sequence, on_message, arg, error);
}

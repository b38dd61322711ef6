/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections, made in a thread of their own: libnats waits for names and TLS as long as these last, and who is stopped
 * or has no patience left shall not. */
#include "scanner/bus/bus_own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/wall_clock.h"

enum {
	DIAL_MS = 8000,             /* then it is left alone: a server that says nothing in the middle of TLS */
	DIALS_LEFT_MAX = 8,         /* that are left alone and have not ended: no more are begun */
	REFUSALS_BELIEVED = 3,      /* one after the other: a server that is killed while we connect looks the same */
	DATA_MIN = 16 * 1024,       /* octets that a message must be able to have, at least */
	DATA_MAX = 8 * 1024 * 1024, /* and more than we send, whatever the server says */
	ANSWERS_MAX = 1024,         /* messages that wait for us in libnats */
	ANSWERS_OCTETS_MAX = 64 * 1024 * 1024
};

static atomic_uint dials_left;

/* One try; who is last to leave it frees it. */
struct dial {
	pthread_mutex_t lock;
	natsOptions *options;
	natsConnection *connection;
	natsStatus status;
	char text[BUS_WHY_MAX]; /* of the error */
	bool is_over, is_left;
};

static void free_dial(struct dial *dial)
{
	natsConnection_Destroy(dial->connection);
	natsOptions_Destroy(dial->options);
	pthread_mutex_destroy(&dial->lock);
	free(dial);
}

static void *run_dial(void *arg)
{
	struct dial *dial = arg;
	bool is_left;

	dial->status = natsConnection_Connect(&dial->connection, dial->options);
	if (dial->status != NATS_OK) {
		const char *text = nats_GetLastError(NULL), *place;

		if (!text)
			text = natsStatus_GetText(dial->status);
		place = text[0] == '(' ? strstr(text, "): ") : NULL; /* in libnats' source */
		snprintf(dial->text, sizeof(dial->text), "%s", place ? place + strlen("): ") : text);
	}
	pthread_mutex_lock(&dial->lock);
	dial->is_over = true;
	is_left = dial->is_left;
	pthread_mutex_unlock(&dial->lock);
	if (is_left) {
		free_dial(dial);
		atomic_fetch_sub(&dials_left, 1);
	}
	nats_ReleaseThreadMemory();
	return NULL;
}

static struct dial *begin_dial(natsOptions *options)
{
	struct dial *dial = calloc(1, sizeof(*dial));
	pthread_t thread;

	if (!dial || pthread_mutex_init(&dial->lock, NULL) != 0) {
		free(dial);
		natsOptions_Destroy(options);
		return NULL;
	}
	dial->options = options;
	if (pthread_create(&thread, NULL, run_dial, dial) != 0) {
		free_dial(dial);
		return NULL;
	}
	pthread_detach(thread);
	return dial;
}

static bool is_over(struct dial *dial)
{
	bool is;

	pthread_mutex_lock(&dial->lock);
	is = dial->is_over;
	pthread_mutex_unlock(&dial->lock);
	return is;
}

/* False: it was not over in time, and is not ours any more. */
static bool wait_for_dial(const struct bus *bus, const struct bus_wait *wait, struct dial *dial)
{
	uint64_t end = machine_clock_ms() + DIAL_MS;

	while (!is_over(dial)) {
		bool is_left = machine_clock_ms() >= end || !bus_wait_lasts(bus, wait);

		if (is_left) {
			pthread_mutex_lock(&dial->lock);
			is_left = !dial->is_over;
			dial->is_left = is_left;
			pthread_mutex_unlock(&dial->lock);
		}
		if (is_left) {
			atomic_fetch_add(&dials_left, 1);
			return false;
		}
		nats_Sleep(1);
	}
	return true;
}

/* What a server that does not want us says. */
static const struct {
	natsStatus status;
	const char *remedy;
} refusal[] = {
	{ NATS_CONNECTION_AUTH_FAILED,
	  "give the credentials of a user of this server: --creds, --nkey, or NATS_USER and "
	  "NATS_PASSWORD" },
	{ NATS_SSL_ERROR, "is --tlsca the authority of its certificate, and the certificate for the name in the URL?" },
	{ NATS_SECURE_CONNECTION_WANTED, "the server does not speak TLS: a nats:// URL without --tlscert and --tlsca" },
	{ NATS_SECURE_CONNECTION_REQUIRED, "the server wants TLS: --tlsca" },
	{ NATS_PROTOCOL_ERROR, "is that a NATS server? And if it wants a certificate, ours (--tlscert)?" },
	{ NATS_LINE_TOO_LONG, "is that a NATS server?" },
	{ NATS_ERR, "are the credentials as `nsc generate creds` writes them?" }, /* or what else it says */
	{ NATS_INVALID_ARG, "expected a URL as nats://127.0.0.1:4222" },
	{ NATS_ADDRESS_MISSING, "expected a URL as nats://127.0.0.1:4222" },
};

static enum bus_result refuse(const struct bus *bus, const struct dial *dial, const char *remedy, struct error *error)
{
	char when[BUS_WHEN_MAX] = "";

	if (dial->status == NATS_CONNECTION_AUTH_FAILED && bus->options.creds)
		bus_creds_expired(bus->options.creds, when);
	if (when[0] != '\0')
		return bus_refuse(bus, error, "%s; the credentials in %s expired on %s: get new ones", dial->text,
				  bus->options.creds, when);
	return bus_refuse(bus, error, "%s; %s", dial->text, remedy);
}

/* A server that is full or slow is away: these of its words are no refusal. */
static bool passes(const char *text)
{
	return strcasestr(text, "maximum") || strcasestr(text, "timeout");
}

/* OK: it may pass. */
static enum bus_result judge(struct bus *bus, const struct dial *dial, struct error *error)
{
	snprintf(bus->why, sizeof(bus->why), "%s", dial->text);
	if (dial->status == NATS_NO_MEMORY)
		return bus_no_memory(error);
	for (size_t i = 0; i < COUNT_OF(refusal) && !passes(dial->text); i++) {
		if (dial->status == refusal[i].status)
			return ++bus->refusals < REFUSALS_BELIEVED ? BUS_OK
								   : refuse(bus, dial, refusal[i].remedy, error);
	}
	if (dial->status == NATS_NO_SERVER) /* it is not there; other errors may be a refusal that came too late */
		bus->refusals = 0;
	return BUS_OK;
}

/* A connection is of use once answers find us. */
static enum bus_result welcome(struct bus *bus, struct error *error)
{
	int64_t most = natsConnection_GetMaxPayload(bus->connection);
	natsStatus status;

	bus->refusals = 0;
	bus->why[0] = '\0';
	if (natsConnection_HasHeaderSupport(bus->connection) != NATS_OK)
		return bus_refuse(bus, error, "the server knows no headers; nats-server 2.9 and later do");
	if (most < DATA_MIN + BUS_HEADROOM)
		return bus_refuse(bus, error,
				  "the server takes messages of %lld octets at most (max_payload); at least %d "
				  "are needed",
				  (long long)most, DATA_MIN + BUS_HEADROOM);
	bus->data_max = (size_t)(most < DATA_MAX ? most : DATA_MAX) - BUS_HEADROOM;
	status = NATS_OK;
	if (bus->inbox[0] == '\0') {
		natsInbox *inbox = NULL;

		status = natsInbox_Create(&inbox);
		if (status == NATS_OK)
			snprintf(bus->inbox, sizeof(bus->inbox), "%s", inbox);
		natsInbox_Destroy(inbox);
	}
	if (status == NATS_OK) {
		char subject[BUS_INBOX_MAX + 2];

		snprintf(subject, sizeof(subject), "%s.*", bus->inbox);
		bus->denied_before = bus_denied_count();
		status = natsConnection_SubscribeSync(&bus->answers, bus->connection, subject);
	}
	if (status == NATS_OK)
		status = natsSubscription_SetPendingLimits(bus->answers, ANSWERS_MAX, ANSWERS_OCTETS_MAX);
	if (status == NATS_NO_MEMORY)
		return bus_no_memory(error);
	if (status != NATS_OK)
		bus_disconnect(bus); /* closed meanwhile */
	return BUS_OK;
}

/* Closed first, which waits for libnats' reading thread: that uses a subscription without holding on to it. */
void bus_disconnect(struct bus *bus)
{
	natsConnection_Close(bus->connection);
	natsSubscription_Destroy(bus->answers);
	bus->answers = NULL;
	natsConnection_Destroy(bus->connection);
	bus->connection = NULL;
}

static enum bus_result connect_once(struct bus *bus, const struct bus_wait *wait, struct error *error)
{
	natsOptions *options = NULL;
	enum bus_result result;
	struct dial *dial;

	if (atomic_load(&dials_left) >= DIALS_LEFT_MAX)
		return BUS_OK;
	result = bus_make_options(&bus->options, &options, error);
	if (result != BUS_OK)
		return result;
	dial = begin_dial(options);
	if (!dial)
		return bus_no_memory(error);
	if (!wait_for_dial(bus, wait, dial)) {
		snprintf(bus->why, sizeof(bus->why), "it does not speak when we connect");
		return BUS_OK;
	}
	if (dial->status == NATS_OK) {
		bus->connection = dial->connection;
		dial->connection = NULL;
		result = welcome(bus, error);
	} else {
		result = judge(bus, dial, error);
	}
	free_dial(dial);
	return result;
}

enum bus_result bus_connected(struct bus *bus, struct bus_wait *wait, struct error *error)
{
	for (;;) {
		enum bus_result result;

		if (wait->until_ms == 0)
			return bus_away(bus, error);
		if (bus->connection && natsConnection_Status(bus->connection) == NATS_CONN_STATUS_CONNECTED)
			return BUS_OK;
		bus_disconnect(bus);
		result = connect_once(bus, wait, error);
		if (result != BUS_OK)
			return result;
		if (!bus->connection && !bus_wait_again(bus, wait))
			return bus_away(bus, error);
	}
}

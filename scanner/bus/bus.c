/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_own.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scanner/base/wall_clock.h"

enum {
	PAUSE_FIRST_MS = 50,  /* before something is tried again; then twice as long each time */
	PAUSE_LAST_MS = 1000, /* up to this */
	STOPPED_MS = 500,     /* what a call has that begins when we are stopped already: to take leave */
	STOPPED_CALLS = 250 /* that take leave; whoever reads on, from a server that always has more, is none of them */
};

static bool is_stopped(const struct bus *bus)
{
	return bus->options.stop && *bus->options.stop;
}

struct bus_wait bus_wait_begin(struct bus *bus)
{
	struct bus_wait wait = { .until_ms = UINT64_MAX, .was_stopped = is_stopped(bus) };

	if (wait.was_stopped)
		wait.until_ms = bus->stopped_calls++ < STOPPED_CALLS ? machine_clock_ms() + STOPPED_MS : 0;
	else if (bus->options.patience_s > 0)
		wait.until_ms = machine_clock_ms() + (uint64_t)(bus->options.patience_s * 1e3);
	return wait;
}

bool bus_wait_lasts(const struct bus *bus, const struct bus_wait *wait)
{
	return machine_clock_ms() < wait->until_ms && (wait->was_stopped || !is_stopped(bus));
}

/* Not all who lost the server come back at once. */
static unsigned pause_ms(unsigned tries)
{
	unsigned ms = tries < 5 ? PAUSE_FIRST_MS << tries : PAUSE_LAST_MS;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ms / 2 + (unsigned)(now.tv_nsec / 1000) % ms;
}

bool bus_wait_again(struct bus *bus, struct bus_wait *wait)
{
	uint64_t end = machine_clock_ms() + pause_ms(wait->tries++);

	while (machine_clock_ms() < end) {
		if (!bus_wait_lasts(bus, wait))
			return false;
		nats_Sleep(BUS_LOOK_MS / 2);
	}
	return bus_wait_lasts(bus, wait);
}

enum bus_result bus_away(const struct bus *bus, struct error *error)
{
	if (is_stopped(bus))
		error_set(error, "%s: no answer yet when we were stopped", bus->options.url);
	else
		error_set(error, "%s: no answer%s%s; is the server there?", bus->options.url, bus->why[0] ? ": " : "",
			  bus->why);
	return BUS_AWAY;
}

enum bus_result bus_no_memory(struct error *error)
{
	error_set(error, "no memory");
	return BUS_REFUSED;
}

enum bus_result bus_refuse(const struct bus *bus, struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_set_list(error, format, arguments);
	va_end(arguments);
	error_prefix(error, "%s", bus->options.url);
	return BUS_REFUSED;
}

/* The texts of the options, in the order of the struct. */
static const size_t texts[] = {
	offsetof(struct bus_options, url),  offsetof(struct bus_options, creds),    offsetof(struct bus_options, nkey),
	offsetof(struct bus_options, cert), offsetof(struct bus_options, key),      offsetof(struct bus_options, ca),
	offsetof(struct bus_options, user), offsetof(struct bus_options, password), offsetof(struct bus_options, name),
};

static char **text_of(struct bus_options *options, size_t i)
{
	return (char **)(void *)((char *)options + texts[i]);
}

static bool copy_options(struct bus_options *to, const struct bus_options *from)
{
	bool is_well = true;

	*to = *from;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char **text = text_of(to, i);

		if (*text && !(*text = strdup(*text)))
			is_well = false;
	}
	return is_well;
}

/* Somebody answers there, and has JetStream for us. */
static enum bus_result look_for_jetstream(struct bus *bus, struct error *error)
{
	struct bus_storage unused;

	return bus_storage_look(bus, &unused, error);
}

enum bus_result bus_open(struct bus **out, const struct bus_options *options, struct error *error)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	enum bus_result result = BUS_OK;
	struct bus_wait wait;

	*out = NULL;
	if (!bus)
		return bus_no_memory(error);
	if (!copy_options(&bus->options, options))
		result = bus_no_memory(error);
	if (result == BUS_OK)
		result = bus_check_options(&bus->options, error);
	if (result == BUS_OK) {
		wait = bus_wait_begin(bus);
		result = bus_connected(bus, &wait, error);
	}
	if (result == BUS_OK)
		result = look_for_jetstream(bus, error);
	if (result != BUS_OK) {
		bus_close(bus);
		return result;
	}
	*out = bus;
	return BUS_OK;
}

void bus_close(struct bus *bus)
{
	if (!bus)
		return;
	natsMsg_Destroy(bus->held);
	bus_give_back(bus);
	bus_disconnect(bus);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(*text_of(&bus->options, i));
	free(bus);
}

void bus_set_patience(struct bus *bus, double seconds)
{
	bus->options.patience_s = seconds;
}

size_t bus_data_max(const struct bus *bus)
{
	return bus->data_max;
}

const char *bus_library_version(void)
{
	return nats_GetVersion();
}

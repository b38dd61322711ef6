/* SPDX-License-Identifier: BSD-2-Clause */
/* bus_probe - the bus (scanner/bus/bus.h) by hand: a command a line on standard input, an answer a line on standard
 * output, which begins with how the call ended: ok, missing, exists, full, away, refused. Words are parted by spaces;
 * "-" is an empty one, @N stands for N octets. What --… may be given: the members of struct bus_options. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/wall_clock.h"
#include "scanner/bus/bus.h"

enum {
	WORDS_MAX = 8,
	LINE_OCTETS = 4096,
	BUCKETS_MAX = 8,
	TASKS_MAX = 8,
	PATIENCE_S = 60 /* unless told: whatever takes longer hangs */
};

static const char *const result_name[] = { "ok", "missing", "exists", "full", "away", "refused" };

static struct bus *bus;
static struct bus_bucket *bucket[BUCKETS_MAX];
static struct bus_task *task[TASKS_MAX];
static struct error error;
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* @N: N octets that do not repeat soon; else the word itself. */
static struct span data_of(char *word)
{
	static char *room;
	size_t n;

	if (word[0] != '@')
		return span_of(word);
	n = strtoul(word + 1, NULL, 10);
	free(room);
	room = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		room[i] = (char)('a' + i * 7919 % 23);
	return (struct span){ room, n };
}

static void answer(enum bus_result result)
{
	if (result != BUS_OK)
		printf("%s %s\n", result_name[result], error.text);
}

static void tell_name(void *arg, const char *name)
{
	(void)arg;
	printf(" %s", name);
}

static bool tell_key(void *arg, const char *name)
{
	++*(uint64_t *)arg;
	if (*(uint64_t *)arg <= 20)
		printf(" %s", name);
	return true;
}

typedef enum bus_result command(char **w);

static enum bus_result do_stream(char **w) /* name subject queue|limits max_bytes */
{
	struct bus_stream stream = { .is_queue = strcmp(w[3], "queue") == 0, .max_bytes = strtoull(w[4], NULL, 10) };
	enum bus_result result;

	snprintf(stream.name, sizeof(stream.name), "%s", w[1]);
	snprintf(stream.subject[0], sizeof(stream.subject[0]), "%s", w[2]);
	result = bus_stream_create(bus, &stream, &error);
	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_delete(char **w)
{
	enum bus_result result = bus_stream_delete(bus, w[1], &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_look(char **w)
{
	struct bus_stream_info info;
	enum bus_result result = bus_stream_look(bus, w[1], &info, &error);

	if (result == BUS_OK)
		printf("ok messages=%" PRIu64 " first=%" PRIu64 " last=%" PRIu64 " max=%" PRIu64 " consumers=%u\n",
		       info.messages, info.first, info.last, info.max_bytes, info.consumers);
	return result;
}

static enum bus_result do_names(char **w)
{
	enum bus_result result;

	printf("names");
	result = bus_stream_names(bus, w[1], tell_name, NULL, &error);
	printf("%s", result == BUS_OK ? "\n" : "");
	return result;
}

static enum bus_result do_publish(char **w) /* subject id offset data */
{
	bool duplicate = false;
	enum bus_result result = bus_publish(bus, w[1], w[2][0] == '-' ? "" : w[2], strtoull(w[3], NULL, 10),
					     data_of(w[4]), &duplicate, &error);

	if (result == BUS_OK)
		printf("ok%s\n", duplicate ? " duplicate" : "");
	return result;
}

static enum bus_result tell_message(enum bus_result result, const struct bus_message *message)
{
	if (result == BUS_OK)
		printf("ok seq=%" PRIu64 " subject=%s offset=%" PRIu64 " age=%" PRId64 " n=%zu data=%.*s\n",
		       message->sequence, message->subject, message->offset, wall_clock_ms() - message->time_ms,
		       message->data.n, (int)(message->data.n < 200 ? message->data.n : 200), message->data.p);
	return result;
}

static enum bus_result do_next(char **w) /* stream subject sequence */
{
	struct bus_message message;

	return tell_message(bus_next(bus, w[1], w[2], strtoull(w[3], NULL, 10), &message, &error), &message);
}

static bool tell_one_of_many(void *arg, const struct bus_message *message)
{
	*(uint64_t *)arg = message->sequence + 1;
	printf(" %" PRIu64 "=%.*s", message->sequence, (int)message->data.n, message->data.p);
	return true;
}

/* stream subject sequence times: one call after the other, each from where the last ended */
static enum bus_result do_next_many(char **w)
{
	enum bus_result result = BUS_OK;
	uint64_t next = strtoull(w[3], NULL, 10);

	printf("ok");
	for (unsigned times = 0; times < strtoul(w[4], NULL, 10) && result == BUS_OK; times++)
		result = bus_next_many(bus, w[1], w[2], next, tell_one_of_many, &next, &error);
	printf(" %s\n", result_name[result]);
	return BUS_OK;
}

static enum bus_result do_at(char **w)
{
	struct bus_message message;

	return tell_message(bus_at(bus, w[1], strtoull(w[2], NULL, 10), &message, &error), &message);
}

static enum bus_result do_delete_at(char **w)
{
	enum bus_result result = bus_delete_at(bus, w[1], strtoull(w[2], NULL, 10), &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_purge(char **w) /* stream subject sequence */
{
	enum bus_result result = bus_purge(bus, w[1], w[2][0] == '-' ? "" : w[2], strtoull(w[3], NULL, 10), &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_consumer(char **w) /* stream name subject ack_wait deliveries */
{
	struct bus_consumer_options options = { strtod(w[4], NULL), (unsigned)atoi(w[5]) };
	enum bus_result result = bus_consumer_create(bus, w[1], w[2], w[3], &options, &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_consumer_look(char **w)
{
	struct bus_consumer_info info;
	enum bus_result result = bus_consumer_look(bus, w[1], w[2], &info, &error);

	if (result == BUS_OK)
		printf("ok waiting=%" PRIu64 " in_flight=%" PRIu64 " redelivered=%" PRIu64 "\n", info.waiting,
		       info.in_flight, info.redelivered);
	return result;
}

static enum bus_result do_pull(char **w) /* slot stream consumer wait */
{
	struct bus_task **one = &task[atoi(w[1]) % TASKS_MAX];
	enum bus_result result;

	bus_task_free(*one);
	result = bus_pull(bus, w[2], w[3], strtod(w[4], NULL), one, &error);
	if (result == BUS_OK)
		printf("ok seq=%" PRIu64 " deliveries=%u data=%.*s\n", bus_task_sequence(*one),
		       bus_task_deliveries(*one), (int)bus_task_data(*one).n, bus_task_data(*one).p);
	return result;
}

static enum bus_result do_progress(char **w)
{
	bus_task_progress(task[atoi(w[1]) % TASKS_MAX]);
	printf("ok\n");
	return BUS_OK;
}

static enum bus_result do_nak(char **w) /* slot delay */
{
	bus_task_nak(task[atoi(w[1]) % TASKS_MAX], strtod(w[2], NULL));
	task[atoi(w[1]) % TASKS_MAX] = NULL;
	printf("ok\n");
	return BUS_OK;
}

static enum bus_result do_ack(char **w)
{
	struct bus_task **one = &task[atoi(w[1]) % TASKS_MAX];
	enum bus_result result = bus_task_ack(bus, *one, &error);

	if (result != BUS_AWAY)
		*one = NULL;
	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static struct bus_bucket **slot(char **w)
{
	return &bucket[atoi(w[1]) % BUCKETS_MAX];
}

static enum bus_result do_bucket(char **w) /* slot name ttl */
{
	enum bus_result result;

	bus_bucket_close(*slot(w));
	result = bus_bucket_create(bus, w[2], strtod(w[3], NULL), slot(w), &error);
	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_open_bucket(char **w)
{
	enum bus_result result;

	bus_bucket_close(*slot(w));
	result = bus_bucket_open(bus, w[2], slot(w), &error);
	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_delete_bucket(char **w)
{
	enum bus_result result = bus_bucket_delete(bus, w[1], &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_get(char **w)
{
	struct bus_value value;
	enum bus_result result = bus_get(*slot(w), w[2], &value, &error);

	if (result == BUS_OK)
		printf("ok revision=%" PRIu64 " age=%" PRId64 " data=%.*s\n", value.revision,
		       wall_clock_ms() - value.time_ms, (int)value.data.n, value.data.p);
	return result;
}

static void name_key(void *arg, size_t i, char key[static BUS_NAME_MAX])
{
	snprintf(key, BUS_NAME_MAX, "%s%zu", (const char *)arg, i);
}

static bool tell_value(void *arg, size_t i, const struct bus_value *value)
{
	(void)arg;
	if (value)
		printf(" %zu=%.*s", i, (int)value->data.n, value->data.p);
	return true;
}

static enum bus_result do_get_each(char **w) /* bucket prefix count */
{
	enum bus_result result;

	printf("ok");
	result = bus_get_each(*slot(w), strtoul(w[3], NULL, 10), name_key, tell_value, w[2], &error);
	printf(" %s\n", result_name[result]);
	return BUS_OK;
}

static enum bus_result do_put_each(char **w) /* bucket prefix count data */
{
	enum bus_result result = bus_put_each(*slot(w), strtoul(w[3], NULL, 10), name_key, w[2], span_of(w[4]), &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_purge_each(char **w) /* stream prefix count */
{
	enum bus_result result = bus_purge_each(bus, w[1], strtoul(w[3], NULL, 10), name_key, w[2], &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_create(char **w)
{
	enum bus_result result = bus_create(*slot(w), w[2], data_of(w[3]), &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_update(char **w) /* slot key data revision */
{
	uint64_t revision = strtoull(w[4], NULL, 10);
	enum bus_result result = bus_update(*slot(w), w[2], data_of(w[3]), &revision, &error);

	if (result == BUS_OK)
		printf("ok revision=%" PRIu64 "\n", revision);
	return result;
}

static enum bus_result do_put(char **w)
{
	enum bus_result result = bus_put(*slot(w), w[2], data_of(w[3]), &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_remove(char **w)
{
	enum bus_result result = bus_remove(*slot(w), w[2], &error);

	if (result == BUS_OK)
		printf("ok\n");
	return result;
}

static enum bus_result do_keys(char **w)
{
	uint64_t count = 0;
	enum bus_result result;

	printf("keys");
	result = bus_keys(*slot(w), w[2][0] == '-' ? "" : w[2], tell_key, &count, &error);
	if (result == BUS_OK)
		printf(" count=%" PRIu64 "\n", count);
	return result;
}

/* Keys PREFIX0 … by the thousand, and how long they take: for bounds. */
static enum bus_result do_put_many(char **w) /* slot prefix count */
{
	enum bus_result result = BUS_OK;
	unsigned count = (unsigned)atoi(w[3]);
	uint64_t begin = machine_clock_ms();

	for (unsigned i = 0; result == BUS_OK && i < count; i++) {
		char key[BUS_NAME_MAX];

		snprintf(key, sizeof(key), "%s%u", w[2], i);
		result = bus_put(*slot(w), key, SPAN_LITERAL("{}"), &error);
	}
	if (result == BUS_OK)
		printf("ok ms=%" PRIu64 "\n", machine_clock_ms() - begin);
	return result;
}

static enum bus_result do_patience(char **w)
{
	bus_set_patience(bus, strtod(w[1], NULL));
	printf("ok\n");
	return BUS_OK;
}

static enum bus_result do_data_max(char **w)
{
	(void)w;
	printf("ok %zu\n", bus_data_max(bus));
	return BUS_OK;
}

static const struct {
	const char *name;
	unsigned words;
	command *run;
} commands[] = {
	{ "stream", 5, do_stream },
	{ "delete", 2, do_delete },
	{ "look", 2, do_look },
	{ "names", 2, do_names },
	{ "publish", 5, do_publish },
	{ "next", 4, do_next },
	{ "next_many", 5, do_next_many },
	{ "at", 3, do_at },
	{ "delete_at", 3, do_delete_at },
	{ "purge", 4, do_purge },
	{ "purge_each", 4, do_purge_each },
	{ "consumer", 6, do_consumer },
	{ "consumer_look", 3, do_consumer_look },
	{ "pull", 5, do_pull },
	{ "progress", 2, do_progress },
	{ "nak", 3, do_nak },
	{ "ack", 2, do_ack },
	{ "bucket", 4, do_bucket },
	{ "open_bucket", 3, do_open_bucket },
	{ "delete_bucket", 2, do_delete_bucket },
	{ "get", 3, do_get },
	{ "get_each", 4, do_get_each },
	{ "create", 4, do_create },
	{ "update", 5, do_update },
	{ "put", 4, do_put },
	{ "put_each", 5, do_put_each },
	{ "remove", 3, do_remove },
	{ "keys", 3, do_keys },
	{ "put_many", 4, do_put_many },
	{ "patience", 2, do_patience },
	{ "data_max", 1, do_data_max },
};

static void run(char *line)
{
	char *word[WORDS_MAX + 1] = { NULL }, *place = NULL;
	unsigned count = 0;

	for (char *w = strtok_r(line, " \n", &place); w && count < WORDS_MAX; w = strtok_r(NULL, " \n", &place))
		word[count++] = w;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (count == commands[i].words && strcmp(word[0], commands[i].name) == 0) {
			answer(commands[i].run(word));
			return;
		}
	}
	printf("usage no such command, or not with so many words\n");
}

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "--url", offsetof(struct bus_options, url) },   { "--creds", offsetof(struct bus_options, creds) },
	{ "--nkey", offsetof(struct bus_options, nkey) }, { "--cert", offsetof(struct bus_options, cert) },
	{ "--key", offsetof(struct bus_options, key) },   { "--ca", offsetof(struct bus_options, ca) },
	{ "--user", offsetof(struct bus_options, user) }, { "--password", offsetof(struct bus_options, password) },
};

int main(int argc, char **argv)
{
	struct bus_options options = { .url = "", .name = "bus_probe", .patience_s = PATIENCE_S, .stop = &stop };
	char line[LINE_OCTETS];
	enum bus_result result;

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_signal, .sa_flags = SA_RESTART }, NULL);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--patience") == 0)
			options.patience_s = strtod(argv[i + 1], NULL);
		for (size_t k = 0; k < COUNT_OF(texts); k++) {
			if (strcmp(argv[i], texts[k].name) == 0)
				memcpy((char *)&options + texts[k].offset, &argv[i + 1], sizeof(char *));
		}
	}
	result = bus_open(&bus, &options, &error);
	answer(result);
	if (result == BUS_OK)
		printf("ok\n");
	fflush(stdout);
	while (result == BUS_OK && fgets(line, sizeof(line), stdin)) {
		run(line);
		fflush(stdout);
	}
	for (size_t i = 0; i < TASKS_MAX; i++)
		bus_task_free(task[i]);
	for (size_t i = 0; i < BUCKETS_MAX; i++)
		bus_bucket_close(bucket[i]);
	bus_close(bus);
	return result == BUS_OK ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/forecast.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "output/hash_table.h"
#include "parsers/hash.h"
#include "scanner/base/log.h"
#include "scanner/queue/admission.h"
#include "scanner/rules/operator.h"

enum {
	SERVER_BITS = 128, /* a bit for each name of a server, by its hash: tells about so many apart */
	AWAIT_S = 1,
	NUMBER_MAX = 32,
};

struct counter {
	uint64_t operator_hash;
	uint64_t missed; /* rounds before it came */
	uint64_t server[SERVER_BITS / 64];
	char name[DOMAIN_NAME_MAX + 1];
};

struct forecast {
	struct forecast_options options;
	struct feed *feed;
	pthread_t thread;
	struct hash_table place; /* of operators, among the counters */
	struct counter counter[FORECAST_OPERATORS];
	uint64_t domains[FORECAST_OPERATORS]; /* of each, less the rounds since it came */
	unsigned counters;
	uint64_t rounds; /* in which each gave up one domain, and the newcomer its only one */
	_Atomic uint64_t seen;
	_Atomic bool stops;
	pthread_mutex_t lock;
	struct forecast_result result; /* its rows, once done */
};

/* ---- counting ---- */

static void free_place(struct forecast *forecast, unsigned i)
{
	unsigned last = --forecast->counters;

	hash_table_remove(&forecast->place, forecast->counter[i].operator_hash, hash_item_of(i));
	if (i == last)
		return;
	hash_table_remove(&forecast->place, forecast->counter[last].operator_hash, hash_item_of(last));
	forecast->counter[i] = forecast->counter[last];
	forecast->domains[i] = forecast->domains[last];
	hash_table_put(&forecast->place, forecast->counter[i].operator_hash, hash_item_of(i));
}

/* Each gives up one. So many rounds at most as there were domains for that: they cost little. */
static void give_up_one(struct forecast *forecast)
{
	forecast->rounds++;
	for (unsigned i = forecast->counters; i-- > 0;)
		if (--forecast->domains[i] == 0)
			free_place(forecast, i);
}

static struct counter *counter_of(struct forecast *forecast, uint64_t operator_hash, struct span servers)
{
	size_t at = 0;
	const void *item = hash_table_next(&forecast->place, operator_hash, &at);
	struct counter *counter;
	struct span name;

	if (item)
		return &forecast->counter[hash_item_place(item)];
	if (forecast->counters == FORECAST_OPERATORS || !hash_table_reserve(&forecast->place, 1)) {
		give_up_one(forecast);
		return NULL;
	}
	name = operator_name(servers);
	counter = &forecast->counter[forecast->counters];
	*counter = (struct counter){ .operator_hash = operator_hash, .missed = forecast->rounds };
	memcpy(counter->name, name.p, name.n < DOMAIN_NAME_MAX ? name.n : DOMAIN_NAME_MAX);
	forecast->domains[forecast->counters] = 0;
	hash_table_put(&forecast->place, operator_hash, hash_item_of(forecast->counters++));
	return counter;
}

static void count(struct forecast *forecast, const struct feed_target *target)
{
	struct span server[EXTRA_SERVERS_ASKED];
	size_t servers = extra_is(target->extra, EXTRA_SERVERS) ? extra_items(target->extra, server, COUNT_OF(server))
								: 0;
	struct counter *counter;
	uint64_t operator_hash;

	if (target->input != INPUT_OK)
		return;
	forecast->seen++;
	if (servers == 0)
		return;
	operator_hash = operator_of(target->extra);
	counter = operator_hash != 0 ? counter_of(forecast, operator_hash, target->extra) : NULL;
	if (!counter)
		return;
	forecast->domains[counter - forecast->counter]++;
	for (size_t i = 0; i < servers; i++) {
		uint64_t bit = hash_mix(hash_span(server[i]), 0) >> 32;

		counter->server[bit / 64 % COUNT_OF(counter->server)] |= UINT64_C(1) << bit % 64;
	}
}

/* ---- what it comes to ---- */

/* Names by the bits that they set (linear counting: Whang, Vander-Zanden, Taylor 1990). */
static unsigned servers_of(const struct counter *counter)
{
	int zeros = SERVER_BITS;

	for (size_t i = 0; i < COUNT_OF(counter->server); i++)
		zeros -= __builtin_popcountll(counter->server[i]);
	return (unsigned)lround(-SERVER_BITS * log((zeros > 0 ? zeros : 1) / (double)SERVER_BITS));
}

static struct forecast_row row_of(const struct forecast *forecast, unsigned i)
{
	const struct counter *counter = &forecast->counter[i];
	struct forecast_row row = { .domains = forecast->domains[i] + forecast->rounds - counter->missed,
				    .servers = servers_of(counter) };
	double rate = forecast->options.operator_rate, together = forecast->options.server_rate * row.servers;

	if (together > 0 && (rate <= 0 || together < rate)) {
		rate = together;
		row.by_servers = true;
	}
	row.seconds = rate > 0 ? (double)row.domains * ADMISSION_QUESTIONS / rate : 0;
	memcpy(row.name, counter->name, sizeof(row.name));
	return row;
}

static void find_slowest(const struct forecast *forecast, struct forecast_result *result)
{
	for (unsigned i = 0; i < forecast->counters; i++) {
		struct forecast_row row = row_of(forecast, i);
		unsigned place = result->count;

		if (row.seconds < FORECAST_LEAST_S)
			continue;
		while (place > 0 && result->row[place - 1].seconds < row.seconds)
			place--;
		if (place == FORECAST_ROWS)
			continue;
		result->count += result->count < FORECAST_ROWS;
		memmove(&result->row[place + 1], &result->row[place],
			(result->count - 1 - place) * sizeof(result->row[0]));
		result->row[place] = row;
	}
}

static void put_duration(char text[static NUMBER_MAX], double seconds)
{
	static const struct {
		double seconds, below;
		const char *name;
	} units[] = { { 60, 120, "minutes" }, { 3600, 48, "hours" }, { 86400, INFINITY, "days" } };
	size_t i = 0;

	while (seconds / units[i].seconds >= units[i].below)
		i++;
	snprintf(text, NUMBER_MAX, "%.1f %s", seconds / units[i].seconds, units[i].name);
}

/* With a comma between thousands. */
static void put_number(char text[static NUMBER_MAX], uint64_t number)
{
	char digits[NUMBER_MAX];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

	for (int i = 0; i < n; i++) {
		*text++ = digits[i];
		if (i + 1 < n && (n - i - 1) % 3 == 0)
			*text++ = ',';
	}
	*text = '\0';
}

static void tell(const struct forecast *forecast, const struct forecast_result *result)
{
	char duration[NUMBER_MAX], domains[NUMBER_MAX];

	for (unsigned i = 0; i < result->count; i++) {
		const struct forecast_row *row = &result->row[i];

		put_duration(duration, row->seconds);
		put_number(domains, row->domains);
		if (row->by_servers)
			log_info("%s: %s domains, %s at --server-rate %.10g and %u name servers", row->name, domains,
				 duration, forecast->options.server_rate, row->servers);
		else
			log_info("%s: %s domains, %s at --operator-rate %.10g", row->name, domains, duration,
				 forecast->options.operator_rate);
	}
	if (result->count == 0)
		return;
	put_duration(duration, result->row[0].seconds);
	log_info(
		"the whole list takes %s at least, as long as its slowest operator; before you raise a rate, ask those "
		"who run these name servers (docs/before-you-scan.md)",
		duration);
}

static void *read_list(void *arg)
{
	struct forecast *forecast = arg;
	struct feed_batch *batch;
	enum feed_result taken;

	while ((taken = feed_await(forecast->feed, &batch, AWAIT_S)) == FEED_BATCH_TAKEN || taken == FEED_WAIT) {
		if (taken == FEED_WAIT)
			continue;
		for (unsigned i = 0; i < batch->count; i++)
			count(forecast, &batch->target[i]);
		feed_release(forecast->feed, batch);
	}
	pthread_mutex_lock(&forecast->lock);
	if (taken == FEED_END && !atomic_load(&forecast->stops)) {
		forecast->result.done = true;
		find_slowest(forecast, &forecast->result);
		tell(forecast, &forecast->result);
		if (forecast->options.on_counted)
			forecast->options.on_counted(forecast->options.arg, atomic_load(&forecast->seen));
	}
	pthread_mutex_unlock(&forecast->lock);
	return NULL;
}

/* ---- begin and end ---- */

/* Can the list be read beside the scan? A pipe can be read once. */
static bool is_file(const char *path)
{
	struct stat status;

	return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

struct forecast *forecast_begin(const struct forecast_options *options)
{
	struct forecast *forecast = is_file(options->feed.path) ? calloc(1, sizeof(*forecast)) : NULL;
	struct error error; /* the scan meets with the same, and tells */

	if (!forecast)
		return NULL;
	forecast->options = *options;
	forecast->options.feed.past = NULL;
	forecast->options.feed.on_ready = NULL;
	forecast->options.feed.told = true;        /* by the scan */
	pthread_mutex_init(&forecast->lock, NULL); /* cannot fail */
	if (feed_open(&forecast->feed, &forecast->options.feed, &error) == 0) {
		if (pthread_create(&forecast->thread, NULL, read_list, forecast) == 0)
			return forecast;
		feed_close(forecast->feed);
	}
	pthread_mutex_destroy(&forecast->lock);
	free(forecast);
	return NULL;
}

void forecast_result(struct forecast *forecast, struct forecast_result *result)
{
	*result = (struct forecast_result){ .done = false };
	if (!forecast)
		return;
	pthread_mutex_lock(&forecast->lock);
	*result = forecast->result;
	pthread_mutex_unlock(&forecast->lock);
	result->domains = atomic_load(&forecast->seen);
}

void forecast_free(struct forecast *forecast)
{
	if (!forecast)
		return;
	atomic_store(&forecast->stops, true);
	feed_stop(forecast->feed);
	pthread_join(forecast->thread, NULL);
	feed_close(forecast->feed);
	hash_table_fini(&forecast->place);
	pthread_mutex_destroy(&forecast->lock);
	free(forecast);
}

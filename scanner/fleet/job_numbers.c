/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/job_numbers.h"

#include <stdlib.h>

enum { NUMBERS_FIRST = 256 }; /* room at first */

struct reading {
	enum job_key key;
	struct job_numbers *numbers;
	size_t room;
	bool failed;
};

static bool make_room(struct reading *reading)
{
	size_t room = reading->room ? 2 * reading->room : NUMBERS_FIRST;
	uint32_t *grown;

	if (reading->numbers->count < reading->room)
		return true;
	grown = room > 2 * JOB_CHUNKS_MAX ? NULL : realloc(reading->numbers->number, room * sizeof(*grown));
	if (!grown)
		return false;
	reading->numbers->number = grown;
	reading->room = room;
	return true;
}

static bool on_key(void *arg, const char *key)
{
	struct reading *reading = arg;
	uint32_t chunk;

	if (!job_key_chunk(reading->key, key, &chunk))
		return true;
	reading->failed = !make_room(reading);
	if (!reading->failed)
		reading->numbers->number[reading->numbers->count++] = chunk;
	return !reading->failed;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

enum bus_result job_numbers_read(struct bus_bucket *book, enum job_key key, struct job_numbers *numbers,
				 struct error *error)
{
	struct reading reading = { .key = key, .numbers = numbers };
	enum bus_result result;

	*numbers = (struct job_numbers){ 0 };
	result = bus_keys(book, job_key_prefix[key], on_key, &reading, error);
	if (reading.failed) {
		error_set(error, "no memory for the numbers of a job's chunks, or more than %d", JOB_CHUNKS_MAX);
		return BUS_REFUSED;
	}
	if (numbers->count > 1)
		qsort(numbers->number, numbers->count, sizeof(*numbers->number), by_number);
	return result == BUS_MISSING ? BUS_OK : result;
}

struct values {
	enum job_key key;
	const uint32_t *number;
	job_on_value *on_value;
	void *arg;
};

static void key_of(void *arg, size_t i, char key[static BUS_NAME_MAX])
{
	const struct values *values = arg;

	job_key(values->key, values->number[i], key);
}

static bool on_value(void *arg, size_t i, const struct bus_value *value)
{
	const struct values *values = arg;

	return values->on_value(values->arg, values->number[i], value);
}

enum bus_result job_values_read(struct bus_bucket *book, enum job_key key, const uint32_t *number, size_t count,
				job_on_value *on_one, void *arg, struct error *error)
{
	struct values values = { key, number, on_one, arg };

	return bus_get_each(book, count, key_of, on_value, &values, error);
}

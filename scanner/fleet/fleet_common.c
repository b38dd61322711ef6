/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "scanner/fleet/fleet.h"
#include "scanner/rules/address.h"

/* A server that is restarted is back within seconds; one that is not there when we begin is named wrongly. */
#define CONNECT_PATIENCE_S 20.0

int fleet_ended(struct error *error)
{
	error_set(error, "ended by signal %d (%s)", stop_signal, strsignal(stop_signal));
	return 128 + stop_signal;
}

/* What the command line does not say, the environment may, under the names of the nats tools. */
static const char *told(const char *given, const char *variable)
{
	const char *value = given ? given : getenv(variable);

	return value && *value ? value : NULL;
}

static struct bus_options server_of(const struct options *options)
{
	return (struct bus_options){ .url = told(options->nats, "NATS_URL"),
				     .creds = told(options->nats_creds, "NATS_CREDS"),
				     .nkey = told(options->nats_nkey, "NATS_NKEY"),
				     .cert = told(options->nats_cert, "NATS_CERT"),
				     .key = told(options->nats_key, "NATS_KEY"),
				     .ca = told(options->nats_ca, "NATS_CA"),
				     .user = told(NULL, "NATS_USER"),
				     .password = told(NULL, "NATS_PASSWORD"),
				     .patience_s = CONNECT_PATIENCE_S,
				     .stop = &stop_signal };
}

int fleet_check(const struct options *options, struct error *error)
{
	const struct bus_options server = server_of(options);

	if (options->job && job_check_name(options->job, error) < 0)
		return -1;
	if (!server.url)
		return error_set(error, "no NATS server: give --nats nats://HOST[:PORT], or set NATS_URL");
	return bus_check_options(&server, error) == BUS_OK ? 0 : -1;
}

static bool is_of_this_machine(struct span url)
{
	size_t scheme = span_find(url, 0, ':');
	struct endpoint endpoint;

	if (url.n > scheme + 2 && memcmp(url.p + scheme, "://", 3) == 0)
		url = span_skip(url, scheme + 3);
	if (endpoint_parse(url, &endpoint))
		return address_is_loopback(&endpoint.address);
	url.n = span_find(url, 0, ':');
	return span_equal_nocase(url, SPAN_LITERAL("localhost"));
}

bool fleet_server_is_local(const struct options *options)
{
	struct span rest = span_of(server_of(options).url), url;

	while (span_next_part(&rest, ',', &url))
		if (!is_of_this_machine(url))
			return false;
	return true;
}

enum bus_result fleet_connect(const struct options *options, const char *role, struct bus **bus, struct error *error)
{
	struct bus_options server = server_of(options);
	char name[BUS_NAME_MAX];

	snprintf(name, sizeof(name), "stsurvey-fleet %s %.32s", role, options->job ? options->job : "");
	server.name = name;
	return bus_open(bus, &server, error);
}

/* ---- which jobs ---- */

/* Of the stream that each job has, what is between. */
static void on_stream(void *arg, const char *name)
{
	struct span job = span_skip(span_of(name), strlen(JOB_PREFIX));
	static const struct span end = SPAN_LITERAL("_QUEUE");
	struct text *names = arg;

	if (!span_ends_with(job, end) || job.n == end.n)
		return;
	job.n -= end.n;
	text_put(names, job);
	text_char(names, '\0');
}

enum bus_result fleet_jobs(struct bus *bus, fleet_on_job *on_job, void *arg, struct error *error)
{
	enum bus_result result;
	struct text names;

	text_open_memory(&names);
	result = bus_stream_names(bus, JOB_PREFIX, on_stream, &names, error);
	if (result == BUS_OK && text_failed(&names)) {
		error_set(error, "out of memory");
		result = BUS_REFUSED;
	}
	for (size_t at = 0; at < names.used && result == BUS_OK; at += strlen(names.data + at) + 1) {
		struct bus_stream_info results = { 0 };
		char stream[BUS_NAME_MAX];
		struct error unused;

		job_stream_name(names.data + at, JOB_RESULTS, stream);
		result = bus_stream_look(bus, stream, &results, &unused);
		if (result == BUS_OK || result == BUS_MISSING)
			on_job(arg, names.data + at, &results);
		else
			*error = unused;
		result = result == BUS_MISSING ? BUS_OK : result;
	}
	text_free(&names);
	return result;
}

/* ---- one job ---- */

/* Its streams and subjects are called after the name in it: one that a stranger put there may be of another job. */
static enum bus_result read_manifest(struct fleet_job *fleet, const char *name, struct error *error)
{
	struct bus_value value;
	enum bus_result result = bus_get(fleet->book, JOB_MANIFEST, &value, error);

	if (result != BUS_OK)
		return result;
	if (job_read(&fleet->job, value.data, error) < 0)
		return BUS_REFUSED;
	if (strcmp(fleet->job.name, name) == 0)
		return BUS_OK;
	error_set(error, "the manifest of job '%s' at the server is that of another job, '%s'", name, fleet->job.name);
	return BUS_REFUSED;
}

enum bus_result fleet_open(const struct options *options, const char *role, struct fleet_job *fleet,
			   struct error *error)
{
	char book[BUS_NAME_MAX], alive[BUS_NAME_MAX];
	enum bus_result result;

	*fleet = (struct fleet_job){ 0 };
	job_bucket_name(options->job, JOB_BOOK, book);
	job_bucket_name(options->job, JOB_ALIVE, alive);
	result = fleet_connect(options, role, &fleet->bus, error);
	if (result == BUS_OK)
		result = bus_bucket_open(fleet->bus, book, &fleet->book, error);
	if (result == BUS_OK)
		result = bus_bucket_open(fleet->bus, alive, &fleet->alive, error);
	if (result == BUS_OK)
		result = read_manifest(fleet, options->job, error);
	if (result == BUS_MISSING)
		error_set(error,
			  "there is no job '%s' at the server: 'stsurvey fleet status' lists those there are, "
			  "'stsurvey fleet submit' makes one",
			  options->job);
	if (result != BUS_OK)
		fleet_close(fleet);
	return result;
}

void fleet_close(struct fleet_job *fleet)
{
	job_free(&fleet->job);
	bus_bucket_close(fleet->alive);
	bus_bucket_close(fleet->book);
	bus_close(fleet->bus);
	*fleet = (struct fleet_job){ 0 };
}

enum bus_result fleet_read_cut(struct bus_bucket *book, enum job_stage stage, struct job_cut *cut, struct error *error)
{
	char key[BUS_NAME_MAX];
	struct bus_value value;
	enum bus_result result;

	job_cut_key(stage, key);
	result = bus_get(book, key, &value, error);
	return result == BUS_OK && job_cut_read(cut, value.data, error) < 0 ? BUS_REFUSED : result;
}

enum bus_result fleet_put_cut(struct bus_bucket *book, enum job_stage stage, const struct job_cut *cut,
			      struct error *error)
{
	enum bus_result result = BUS_REFUSED;
	char key[BUS_NAME_MAX];
	struct text value;

	job_cut_key(stage, key);
	text_open_memory(&value);
	job_cut_write(cut, &value);
	if (text_failed(&value))
		text_explain(key, value.error, error);
	else
		result = bus_create(book, key, (struct span){ value.data, value.used }, error);
	text_free(&value);
	return result == BUS_EXISTS ? BUS_OK : result;
}

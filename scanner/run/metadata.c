#include "scanner/run/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "output/json.h"
#include "output/record.h"
#include "output/whole_file.h"

static void put_run(struct json *json, const struct metadata *metadata)
{
	struct utsname host = { 0 };

	json_text(json, "tool", "stsurvey");
	json_text(json, "version", STSURVEY_VERSION);
	json_uint(json, "schema_major", RECORD_SCHEMA_MAJOR);
	json_uint(json, "schema_minor", RECORD_SCHEMA_MINOR);
	json_text(json, "state", metadata->state);
	json_time(json, "start", metadata->start_ms);
	if (metadata->exit_status < 0)
		json_null(json, "end");
	else
		json_time(json, "end", metadata->moment->wall_ms);
	json_time(json, "updated", metadata->moment->wall_ms);
	json_number(json, "elapsed_seconds", metadata->elapsed_s);
	if (metadata->exit_status < 0)
		json_null(json, "exit_status");
	else
		json_uint(json, "exit_status", (uint64_t)metadata->exit_status);
	json_text(json, "error", *metadata->error ? metadata->error : NULL);
	json_text(json, "note", metadata->moment->note);
	if (uname(&host) == 0) {
		json_text(json, "host", host.nodename);
		json_text(json, "system", host.sysname);
		json_text(json, "kernel", host.release);
	}
	json_uint(json, "process", (uint64_t)getpid());
	json_open_array(json, "command_line");
	for (int i = 0; i < metadata->about->argc; i++)
		json_text(json, NULL, metadata->about->argv[i]);
	json_close_array(json);
}

static void put_input(struct json *json, const struct metadata *metadata)
{
	const struct progress_about *about = metadata->about;

	json_open_object(json, "input");
	json_text(json, "file", about->input);
	if (about->input_sample == 0) {
		json_null(json, "size");
		json_null(json, "mtime");
		json_null(json, "sample_hash");
	} else {
		char hash[17];

		snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)about->input_sample);
		json_uint(json, "size", about->input_size);
		json_time(json, "mtime", about->input_mtime * 1000);
		json_text(json, "sample_hash", hash);
	}
	json_uint(json, "shards", metadata->options->shards);
	json_uint(json, "shard", metadata->options->shard);
	json_close_object(json);
}

static void put_output(struct json *json, const struct metadata *metadata)
{
	json_open_object(json, "output");
	json_text(json, "file", metadata->options->output_file);
	json_bool(json, "resumed", metadata->options->resume);
	json_uint(json, "domains_before", metadata->about->resumed);
	json_close_object(json);
}

static void put_server(struct json *json, const struct endpoint *server)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(&server->address, text);
	json_open_object(json, NULL);
	json_text(json, "address", text);
	json_uint(json, "port", server->port);
	json_close_object(json);
}

/* What is in force, and what of it the user asked for. */
static void put_options(struct json *json, const struct options *options)
{
	json_open_object(json, "settings");
	json_uint(json, "threads", options->threads);
	json_uint(json, "concurrency", options->concurrency);
	json_number(json, "rate", options->rate);
	json_number(json, "resolver_rate", options->resolver_rate);
	json_number(json, "host_rate", options->host_rate);
	json_number(json, "provider_rate", options->provider_rate);
	json_number(json, "timeout", options->timeout);
	json_uint(json, "retries", options->retries);
	json_number(json, "http_timeout", options->http_timeout);
	json_uint(json, "http_concurrency", options->http_concurrency);
	json_uint(json, "per_host", options->per_host);
	json_uint(json, "https_port", options->https_port);
	json_number(json, "sync_interval", options->sync_interval);
	json_uint(json, "max_domains", options->max_domains);
	json_number(json, "max_runtime", options->max_runtime);
	json_number(json, "max_outage", options->max_outage);
	if (options->has_seed)
		json_uint(json, "seed", options->seed);
	else
		json_null(json, "seed");
	json_text(json, "contact", options->contact);
	json_text(json, "resolver", options->resolver);
	json_open_array(json, "name_servers");
	for (unsigned i = 0; i < options->server_count; i++)
		put_server(json, &options->server[i]);
	json_close_array(json);
	json_close_object(json);
	json_open_array(json, "options_given");
	for (size_t i = 0; i < options->given_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "name", options->given[i].name);
		json_string(json, "value", options->given[i].value);
		json_close_object(json);
	}
	json_close_array(json);
}

static void put_traffic(struct json *json, const char *name, const struct progress_counts *counts, uint64_t count)
{
	if (counts->traffic_lost)
		json_null(json, name);
	else
		json_uint(json, name, count);
}

static void put_counts(struct json *json, const struct progress_moment *moment)
{
	const struct progress_counts *counts = &moment->counts;

	if (moment->fraction < 0)
		json_null(json, "fraction");
	else
		json_number(json, "fraction", moment->fraction);
	json_open_object(json, "counts");
	json_uint(json, "domains", counts->domains);
	json_uint(json, "sts", counts->sts);
	json_uint(json, "fetched", counts->fetched);
	json_uint(json, "unknown", counts->unknown);
	json_uint(json, "blocklisted", counts->blocklisted);
	json_uint(json, "illegal", counts->illegal);
	put_traffic(json, "queries", counts, counts->queries);
	put_traffic(json, "fetches", counts, counts->fetches);
	json_uint(json, "deferred_left", counts->deferred_left);
	json_uint(json, "in_flight", counts->in_flight);
	json_uint(json, "fetching", counts->fetching);
	json_close_object(json);
}

int metadata_write(const struct metadata *metadata, bool last, struct error *error)
{
	const char *path = metadata->options->metadata_file;
	struct whole_file file;
	struct json json;

	if (whole_file_open(&file, path) != 0)
		goto failed;
	json_begin(&json, &file.text);
	put_run(&json, metadata);
	put_input(&json, metadata);
	put_output(&json, metadata);
	put_options(&json, metadata->options);
	put_counts(&json, metadata->moment);
	if (metadata->about->extra)
		metadata->about->extra(&json, metadata->about->arg);
	json_end(&json);
	if (whole_file_close(&file, true, last) == 0)
		return 0;
failed:
	return error_set(error, "%s: %s; choose another --metadata-file", path, strerror(errno));
}

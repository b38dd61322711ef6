/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/progress/metadata.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "output/json.h"
#include "output/scan_file/record.h"
#include "output/whole_file.h"
#include "scanner/dns/preflight.h"
#include "scanner/options/exit_status.h"
#include "scanner/queue/admission.h"
#include "scanner/scan/canaries.h"

static const char *state_of(int exit_status)
{
	if (exit_status < 0)
		return "running";
	if (exit_status == EXIT_FATAL)
		return "failed";
	return exit_status > 128 ? "aborted" : "complete";
}

static void put_scan(struct json *json, const struct scan *scan, const struct moment *moment, int exit_status,
		     const char *failure)
{
	struct utsname host = { 0 };

	json_text(json, "tool", "stsurvey");
	json_text(json, "version", STSURVEY_VERSION);
	json_uint(json, "schema_major", RECORD_SCHEMA_MAJOR);
	json_uint(json, "schema_minor", RECORD_SCHEMA_MINOR);
	json_text(json, "state", state_of(exit_status));
	json_time(json, "start", scan->start_wall_ms);
	if (exit_status < 0)
		json_null(json, "end");
	else
		json_time(json, "end", moment->wall_ms);
	json_time(json, "updated", moment->wall_ms);
	json_number(json, "elapsed_seconds", (double)moment->elapsed_ms / 1000);
	json_known(json, "exit_status", exit_status >= 0, (uint64_t)exit_status);
	json_text(json, "error", *failure ? failure : NULL);
	json_text(json, "note", moment->note[0] ? moment->note : NULL);
	if (uname(&host) == 0) {
		json_text(json, "host", host.nodename);
		json_text(json, "system", host.sysname);
		json_text(json, "kernel", host.release);
	}
	json_uint(json, "process", (uint64_t)getpid());
	json_bool(json, "confined", scan->options->confined);
	json_open_array(json, "command_line");
	for (int i = 0; i < scan->options->argc; i++)
		json_text(json, NULL, scan->options->argv[i]);
	json_close_array(json);
}

static void put_files(struct json *json, const struct scan *scan)
{
	const struct options *options = scan->options;
	struct feed_identity input = feed_identity(scan->feed);
	char hash[17], key[2 * SIPHASH_KEY_OCTETS + 1];

	json_open_object(json, "input");
	json_text(json, "file", options->input_file);
	json_known(json, "size", input.sample, input.size);
	if (input.sample)
		json_time(json, "mtime", input.mtime * 1000);
	else
		json_null(json, "mtime");
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)input.sample);
	json_text(json, "sample_hash", input.sample ? hash : NULL);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)input.hash);
	json_text(json, "content_hash", input.hash ? hash : NULL);
	json_open_array(json, "labels");
	for (size_t i = 0; i < options->label_count; i++)
		json_string(json, NULL, options->label[i]);
	json_close_array(json);
	json_uint(json, "first_index", options->first_index);
	json_uint(json, "shards", options->shards);
	json_uint(json, "shard", options->shard);
	json_number(json, "sample", options->sample > 0 ? options->sample : NAN);
	for (size_t i = 0; i < sizeof(options->sample_key); i++)
		snprintf(key + 2 * i, sizeof(key) - 2 * i, "%02x", options->sample_key[i]);
	json_text(json, "sample_key", options->sample > 0 ? key : NULL);
	json_close_object(json);
	json_open_object(json, "output");
	json_text(json, "file", options->output_file);
	json_bool(json, "resumed", options->resume);
	json_uint(json, "domains_before", atomic_load(&scan->before.counts.domains));
	json_close_object(json);
}

/* An element of an array, to be closed. */
static void open_server(struct json *json, const struct endpoint *server)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(&server->address, text);
	json_open_object(json, NULL);
	json_text(json, "address", text);
	json_uint(json, "port", server->port);
}

/* Of a limit for all threads. */
static unsigned in_force(const struct scan *scan, unsigned all)
{
	return options_part(all, scan->workers) * scan->workers;
}

/* Of a rate of connections; NAN: no reserved address may be contacted. */
static double within_reserved(const struct options *options, double rate)
{
	if (!options->allow_reserved)
		return NAN;
	return options->pace_reserved ? rate : 0;
}

/* A rate, as exactly as it means something. */
static double tenths(double rate)
{
	return (double)(uint64_t)(rate * 10 + 0.5) / 10;
}

/* What is in force, and what of it the user asked for. */
static void put_options(struct json *json, const struct scan *scan)
{
	const struct options *options = scan->options;

	json_open_object(json, "settings");
	json_uint(json, "threads", options->threads);
	json_uint(json, "concurrency", in_force(scan, options->concurrency));
	json_number(json, "rate", tenths(scan->congestion.most)); /* SIGUSR1 and SIGUSR2 change it */
	json_number(json, "resolver_rate", options->resolver_rate);
	json_number(json, "host_rate", options->host_rate);
	json_number(json, "host_rate_reserved", within_reserved(options, options->host_rate));
	json_number(json, "provider_rate", options->provider_rate);
	json_number(json, "provider_rate_reserved", within_reserved(options, options->provider_rate));
	json_number(json, "timeout", options->timeout);
	json_uint(json, "retries", options->retries);
	json_number(json, "http_timeout", options->http_timeout);
	json_uint(json, "http_concurrency", in_force(scan, options->http_concurrency));
	json_uint(json, "per_host", options->per_host);
	json_uint(json, "https_port", options->https_port);
	json_number(json, "sync_interval", options->sync_interval);
	json_uint(json, "max_domains", options->max_domains);
	json_number(json, "max_runtime", options->max_runtime);
	json_number(json, "max_outage", options->max_outage);
	json_known(json, "seed", options_given(options, "seed"), options->seed);
	json_text(json, "contact", options->contact);
	json_text(json, "resolver", options->resolver ? "unbound" : NULL);
	json_open_array(json, "name_servers");
	for (unsigned i = 0; i < options->server_count; i++) {
		open_server(json, &options->server[i]);
		json_close_object(json);
	}
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

static void put_counts(struct json *json, const struct moment *moment)
{
	bool written = !moment->unwritten;

	json_number(json, "fraction", moment->fraction < 0 ? NAN : moment->fraction);
	json_open_object(json, "counts");
	json_known(json, "domains", written, moment->domains);
	json_known(json, "sts", written, moment->sts);
	json_known(json, "fetched", written, moment->fetched);
	json_known(json, "unknown", written, moment->unknown);
	json_known(json, "blocklisted", written, moment->blocklisted);
	json_known(json, "illegal", written, moment->illegal);
	json_known(json, "nxdomain", written, moment->nxdomain);
	json_known(json, "queries", !moment->traffic_lost, moment->queries);
	json_known(json, "fetches", !moment->traffic_lost, moment->fetches);
	json_uint(json, "deferred_left", moment->deferred_left);
	json_uint(json, "in_flight", moment->in_flight);
	json_uint(json, "fetching", moment->fetching);
	json_close_object(json);
	json_open_object(json, "shares");
	json_number(json, "unknown", written ? moment_unknown_share(moment) : NAN);
	json_number(json, "unknown_limit", EXIT_UNKNOWN_PERCENT_MAX / 100.0);
	json_number(json, "nxdomain", written ? moment_nxdomain_share(moment) : NAN);
	json_close_object(json);
}

static const char *const family_keys[VANTAGE_FAMILIES] = { "ipv4", "ipv6" };

static void put_states(struct json *json, const char *key, const enum vantage_state *state)
{
	json_open_object(json, key);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		json_text(json, family_keys[family], vantage_state_names[state[family]]);
	json_close_object(json);
}

/* The address we are seen by, and what it is called. */
static void put_own_name(struct json *json, const char *key, const struct own_name *own)
{
	char text[ADDRESS_TEXT_MAX];

	if (own->address.family == 0) {
		json_null(json, key);
		return;
	}
	address_text(&own->address, text);
	json_open_object(json, key);
	json_text(json, "address", text);
	json_text(json, "ptr_status", dns_status_names[own->ptr_status]);
	if (own->ptr.p)
		json_string(json, "ptr", own->ptr);
	else
		json_null(json, "ptr");
	json_bool(json, "ptr_confirmed", own->confirmed);
	json_text(json, "blocklist", own_listed_names[own->listed][0] ? own_listed_names[own->listed] : NULL);
	json_close_object(json);
}

/* Port 25 as the canaries know it; null: none are asked. */
static void put_canaries(struct json *json, const struct canaries *canaries)
{
	if (!canaries || !canaries->vantage) {
		json_null(json, "self_test");
		json_null(json, "canaries");
		return;
	}
	put_states(json, "self_test", canaries->first);
	json_open_object(json, "canaries");
	put_states(json, "now", canaries->last);
	json_uint(json, "tests", canaries->tests);
	json_uint(json, "tests_shut", canaries->tests_shut);
	json_open_array(json, "hosts");
	for (unsigned i = 0; i < vantage_host_count(canaries->vantage); i++) {
		const struct vantage_host *host = vantage_host(canaries->vantage, i);

		json_open_object(json, NULL);
		json_string(json, "host", host->name);
		json_text(json, "operator", host->run_by[0] ? host->run_by : NULL);
		for (int family = 0; family < VANTAGE_FAMILIES; family++)
			json_text(json, family_keys[family], canary_result_names[host->result[family]]);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
	json_open_object(json, "own_name");
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		put_own_name(json, family_keys[family], vantage_own_name(canaries->vantage, family));
	json_close_object(json);
}

/* --smtp; counts are the file's, as those above. */
static void put_hosts(struct json *json, const struct scan *scan, const struct moment *moment)
{
	const struct options *options = scan->options;
	bool written = !moment->unwritten;

	json_open_object(json, "smtp");
	json_text(json, "of", options->mx_hosts ? "mx-hosts" : options->smtp == OPTIONS_SMTP_ALL ? "all" : "sts");
	json_text(json, "ehlo_domain", scan->live.ehlo);
	json_bool(json, "ehlo_domain_is_makeshift", !scan->is_named);
	json_uint(json, "port", options->smtp_port);
	json_number(json, "timeout", options->smtp_timeout);
	json_uint(json, "concurrency", scan->live.probes_at_once * scan->workers);
	json_uint(json, "concurrency_slow", scan->live.probes_slow * scan->workers);
	json_bool(json, "ad_believed", net_live_believes_ad(&scan->live));
	json_known(json, "hosts", written, moment->hosts);
	json_known(json, "hosts_unknown", written, moment->hosts_unknown);
	json_number(json, "share_unknown", written ? moment_hosts_unknown_share(moment) : NAN);
	json_uint(json, "hosts_left", moment->hosts_left);
	json_known(json, "probes", !moment->traffic_lost, moment->probes);
	json_uint(json, "probing", moment->probing);
	json_uint(json, "joined", atomic_load(&scan->hosts.joined));
	json_uint(json, "deferred", SCAN_SUM(scan, hosts.deferred));
	json_uint(json, "lost", atomic_load(&scan->hosts.lost));
	json_open_object(json, "left_out");
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		json_bool(json, family_keys[family], atomic_load(&scan->left_out[family]));
	json_close_object(json);
	put_canaries(json, scan->canaries);
	json_close_object(json);
}

/* ---- --direct ---- */

/* Counts of the file, as those above. */
static void put_answers(struct json *json, const struct moment *moment)
{
	const struct direct_counts *direct = &moment->direct;
	bool written = !moment->unwritten;

	json_open_object(json, "questions");
	for (unsigned i = SOURCE_NONE + 1; i < SOURCE_COUNT; i++)
		json_known(json, obs_source_names[i], written, direct->source[i]);
	json_close_object(json);
	json_open_object(json, "fall_back");
	for (unsigned i = FALL_BACK_NONE + 1; i < FALL_BACK_OTHER; i++)
		json_known(json, obs_fall_back_names[i], written, direct->fall_back[i]);
	json_close_object(json);
}

static void put_audit(struct json *json, const struct options *options, const struct moment *moment)
{
	const uint64_t *audit = moment->direct.audit, decided = direct_audits_decided(audit);
	bool written = !moment->unwritten;

	json_open_object(json, "audit");
	json_number(json, "share", options->audit);
	json_uint(json, "least", options->audit_least);
	json_number(json, "limit", options->audit_limit / 100);
	for (unsigned i = AUDIT_NONE + 1; i < AUDIT_KIND_COUNT; i++)
		json_known(json, obs_audit_kind_names[i], written, audit[i]);
	json_number(json, "share_data", written && decided > 0 ? (double)audit[AUDIT_DATA] / (double)decided : NAN);
	json_close_object(json);
}

/* What was to be expected of the list; null: nothing was, or not yet. */
static void put_forecast(struct json *json, const struct scan *scan)
{
	struct forecast_result forecast;

	forecast_result(scan->forecast, &forecast);
	if (!forecast.done) {
		json_null(json, "forecast");
		return;
	}
	json_open_object(json, "forecast");
	json_uint(json, "domains", forecast.domains);
	json_open_array(json, "slowest");
	for (unsigned i = 0; i < forecast.count; i++) {
		const struct forecast_row *row = &forecast.row[i];

		json_open_object(json, NULL);
		json_string(json, "operator", span_of(row->name));
		json_uint(json, "domains", row->domains);
		json_number(json, "seconds", row->seconds);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

/* What made us slow. */
static void put_waiting(struct json *json, const struct scan *scan)
{
	struct admission_counts waiting = { 0 };

	if (scan->admission)
		admission_counts(scan->admission, &waiting);
	json_uint(json, "waiting", waiting.waiting);
	json_uint(json, "lines", waiting.lines);
	json_uint(json, "spilled_octets", waiting.spilled);
	json_open_array(json, "waited_for");
	for (unsigned i = 0; i < scan->slow.count; i++) {
		const struct slow_operator *slow = &scan->slow.of[i];

		json_open_object(json, NULL);
		json_string(json, "operator", (struct span){ slow->name, slow->n });
		json_uint(json, "seconds", slow->seconds);
		json_uint(json, "most", slow->most);
		json_close_object(json);
	}
	json_close_array(json);
}

static void put_books(struct json *json, const struct scan *scan)
{
	struct server_books_counts servers = { 0 };
	struct ns_hosts_counts hosts = { 0 };

	if (scan->live.books)
		server_books_counts(scan->live.books, &servers);
	if (scan->live.ns_hosts)
		ns_hosts_counts(scan->live.ns_hosts, &hosts);
	json_open_object(json, "servers");
	json_uint(json, "known", servers.addresses);
	json_uint(json, "slowed", servers.slowed);
	json_uint(json, "limited", servers.limited);
	json_uint(json, "resting", servers.resting);
	json_uint(json, "halvings", servers.halvings);
	json_uint(json, "error_limits", servers.error_limits);
	json_uint(json, "rests", servers.rests);
	json_uint(json, "evicted", servers.evicted);
	json_close_object(json);
	json_open_object(json, "hosts");
	json_uint(json, "known", hosts.hosts);
	json_uint(json, "seen", hosts.seen);
	json_uint(json, "look_ups", SCAN_SUM(scan, direct.host_look_ups));
	json_uint(json, "found", hosts.found);
	json_uint(json, "evicted", hosts.evicted);
	json_close_object(json);
}

static void put_engine(struct json *json, const struct scan *scan)
{
	json_uint(json, "packets", SCAN_SUM(scan, direct.packets));
	json_uint(json, "second_tries", SCAN_SUM(scan, direct.second_tries));
	json_uint(json, "answers", SCAN_SUM(scan, direct.answers));
	json_uint(json, "timeouts", SCAN_SUM(scan, direct.timeouts));
	json_uint(json, "late", SCAN_SUM(scan, direct.late));
	json_uint(json, "strange", SCAN_SUM(scan, direct.strange));
	json_uint(json, "guesses", SCAN_SUM(scan, direct.guesses));
	json_uint(json, "spoofed", SCAN_SUM(scan, direct.spoofed));
	json_uint(json, "dropped", SCAN_SUM(scan, direct.dropped));
}

static void put_direct(struct json *json, const struct scan *scan, const struct moment *moment)
{
	const struct options *options = scan->options;
	bool paced = options->pace_reserved_servers;

	json_open_object(json, "direct");
	json_number(json, "server_rate", options->server_rate);
	json_number(json, "server_rate_reserved", !options->allow_reserved ? NAN : paced ? options->server_rate : 0);
	json_number(json, "operator_rate", options->operator_rate);
	json_number(json, "server_patience", options->server_patience);
	put_answers(json, moment);
	put_audit(json, options, moment);
	put_waiting(json, scan);
	put_forecast(json, scan);
	put_books(json, scan);
	put_engine(json, scan);
	json_close_object(json);
}

static void put_server(struct json *json, const struct scan *scan, unsigned i)
{
	const struct server_check *check = &scan->check[i];

	open_server(json, &scan->options->server[i]);
	json_bool(json, "answers", check->answers);
	json_text(json, "no_such_name", dns_status_names[check->status]);
	json_bool(json, "rewrites_nxdomain", check->rewrites);
	json_bool(json, "tcp", check->tcp);
	json_bool(json, "edns", check->edns);
	json_known(json, "edns_size", check->edns, check->edns_size);
	json_bool(json, "validates_dnssec", check->validates);
	json_uint(json, "answered", SCAN_SUM(scan, server[i].answered));
	json_uint(json, "failed", SCAN_SUM(scan, server[i].failed));
	json_uint(json, "timeouts", SCAN_SUM(scan, server[i].timeouts));
	json_uint(json, "times_down", SCAN_SUM(scan, server[i].times_down));
	json_close_object(json);
}

/* All of this run. */
static void put_run(struct json *json, const struct scan *scan)
{
	json_open_object(json, "run");
	json_uint(json, "domains", SCAN_SUM(scan, recorded.domains));
	json_uint(json, "queries", scan_queries(scan));
	json_uint(json, "fetches", SCAN_SUM(scan, fetches));
	json_close_object(json);
	json_open_array(json, "servers");
	for (unsigned i = 0; i < scan->options->server_count; i++)
		put_server(json, scan, i);
	json_close_array(json);
	json_open_object(json, "dns");
	json_uint(json, "repeats", SCAN_SUM(scan, repeats));
	json_number(json, "rate", tenths(scan->congestion.rate));
	json_number(json, "rate_lowest", scan->congestion.decreases ? tenths(scan->congestion.lowest) : NAN);
	json_uint(json, "rate_decreases", scan->congestion.decreases);
	json_uint(json, "tcp", SCAN_SUM(scan, tcp));
	json_uint(json, "saved", SCAN_SUM(scan, saved));
	json_uint(json, "icmp_errors", SCAN_SUM(scan, icmp));
	json_uint(json, "parked", SCAN_SUM(scan, parked));
	json_uint(json, "receive_buffer", SCAN_SUM(scan, receive_buffer) / scan->workers);
	json_close_object(json);
	json_uint(json, "deferred", SCAN_SUM(scan, deferred));
	json_uint(json, "not_deferred", atomic_load(&scan->deferred.failed));
	json_uint(json, "local_faults", SCAN_SUM(scan, faults));
}

int metadata_write(const struct scan *scan, const struct moment *moment, int exit_status, const char *failure,
		   struct error *error)
{
	const char *path = scan->options->metadata_file;
	struct whole_file file;
	struct json json;

	if (!path)
		return 0;
	if (whole_file_open(&file, path, false) != 0)
		goto failed;
	json_begin(&json, &file.text);
	put_scan(&json, scan, moment, exit_status, failure);
	put_files(&json, scan);
	put_options(&json, scan);
	put_counts(&json, moment);
	if (moment->has_hosts)
		put_hosts(&json, scan, moment);
	if (moment->has_direct)
		put_direct(&json, scan, moment);
	put_run(&json, scan);
	json_end(&json);
	if (whole_file_close(&file, true, exit_status >= 0) == 0)
		return 0;
failed:
	return error_set(error, "%s: %s; choose another --metadata-file", path, strerror(errno));
}

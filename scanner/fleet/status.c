/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/bit_set.h"
#include "output/elapsed.h"
#include "output/json.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet/fleet.h"
#include "scanner/fleet/job_numbers.h"
#include "scanner/fleet/ledger.h"

/* Whatever takes longer is no time that could be told. */
#define LEFT_MAX_S 1e10

enum {
	WORKERS_MAX = 4096, /* that are told of */
	DEAD_MAX = 100000,  /* as many are told of */
};

struct dead_chunk {
	uint32_t number;
	struct job_dead dead;
};

struct status {
	struct fleet_job fleet;
	bool is_cut, is_collected;
	uint32_t chunks; /* in all, as far as they are in the queue */
	uint64_t waiting, in_flight, done, collected;
	uint64_t entries[JOB_STAGES];                    /* domains; mail servers, once they are known */
	uint64_t found[JOB_STAGES], unknown[JOB_STAGES]; /* of those, in chunks that are done */
	bool knows_all;                                  /* no further ones will come */
	uint32_t hosts_from;                             /* chunks from there on are of mail servers */
	struct bus_stream_info queue, results;
	struct bit_set ended, at_work; /* chunks: done or dead; at a worker that lives */
	uint64_t scanned;              /* of the latter, so far */
	struct dead_chunk *dead;
	size_t deaths;
	struct ledger_worker *worker; /* their names are ours to free */
	size_t workers;
	double per_second;
	bool failed; /* no memory */
};

/* ---- looking ---- */

static enum bus_result look_at_streams(struct status *status, struct error *error)
{
	char stream[BUS_NAME_MAX];
	enum bus_result result;

	job_stream_name(status->fleet.job.name, JOB_QUEUE, stream);
	result = bus_stream_look(status->fleet.bus, stream, &status->queue, error);
	job_stream_name(status->fleet.job.name, JOB_RESULTS, stream);
	return result == BUS_OK ? bus_stream_look(status->fleet.bus, stream, &status->results, error) : result;
}

static enum job_stage stage_of(const struct status *status, uint32_t chunk)
{
	return chunk < status->hosts_from ? JOB_DOMAINS : JOB_HOSTS;
}

static enum bus_result look_at_cuts(struct status *status, struct error *error)
{
	enum bus_result result = BUS_OK;
	bool is_cut[JOB_STAGES] = { false };
	struct bus_value value;
	struct job_cut cut;

	status->entries[JOB_DOMAINS] = status->fleet.job.entries;
	status->hosts_from = UINT32_MAX;
	for (enum job_stage stage = 0; stage < JOB_STAGES && (result == BUS_OK || result == BUS_MISSING); stage++) {
		result = fleet_read_cut(status->fleet.book, stage, &cut, error);
		if (result != BUS_OK)
			continue;
		is_cut[stage] = true;
		status->chunks = cut.end;
		if (stage == JOB_DOMAINS)
			status->hosts_from = cut.end;
		else
			status->entries[stage] = cut.entries;
	}
	status->is_cut = is_cut[JOB_DOMAINS];
	status->knows_all = is_cut[status->fleet.job.smtp == OPTIONS_SMTP_NONE ? JOB_DOMAINS : JOB_HOSTS];
	if (result == BUS_OK || result == BUS_MISSING)
		result = bus_get(status->fleet.book, JOB_COLLECTED, &value, error);
	status->is_collected = result == BUS_OK;
	return result == BUS_MISSING ? BUS_OK : result;
}

static void note_ended(struct status *status, uint32_t chunk)
{
	status->failed = status->failed || bit_set_add(&status->ended, chunk) < 0;
}

/* A word that cannot be read, which is no worker's, is left for `collect` to judge. */
static bool on_done(void *arg, uint32_t chunk, const struct bus_value *value)
{
	struct status *status = arg;
	struct job_done done;
	struct error unused;

	if (value && job_done_read(&done, value->data, &unused) == 0) { /* else it was taken back meanwhile */
		enum job_stage stage = stage_of(status, chunk);

		status->done++;
		status->found[stage] += done.domains;
		status->unknown[stage] += done.unknown;
		note_ended(status, chunk);
	}
	return !stop_signal;
}

static enum bus_result look_at_done(struct status *status, struct error *error)
{
	struct job_numbers numbers;
	enum bus_result result = job_numbers_read(status->fleet.book, JOB_KEY_DONE, &numbers, error);

	if (result == BUS_OK)
		result = job_values_read(status->fleet.book, JOB_KEY_DONE, numbers.number, numbers.count, on_done,
					 status, error);
	free(numbers.number);
	if (result == BUS_OK) {
		result = job_numbers_read(status->fleet.book, JOB_KEY_HAVE, &numbers, error);
		status->collected = numbers.count;
		free(numbers.number);
	}
	return result;
}

static bool on_dead(void *arg, uint32_t chunk, const struct bus_value *value)
{
	struct status *status = arg;
	struct dead_chunk *dead = &status->dead[status->deaths];
	struct error unused;

	if (!value) /* put back meanwhile */
		return true;
	if (job_dead_read(&dead->dead, value->data, &unused) < 0)
		dead->dead = (struct job_dead){ .last.why = "what the book says of it is damaged" };
	dead->number = chunk;
	status->deaths++;
	note_ended(status, chunk);
	return !stop_signal;
}

static enum bus_result look_at_dead(struct status *status, struct error *error)
{
	struct job_numbers numbers;
	enum bus_result result = fleet_bury(&status->fleet, NULL, error);

	if (result != BUS_OK)
		return result;
	result = job_numbers_read(status->fleet.book, JOB_KEY_DEAD, &numbers, error);
	if (numbers.count > DEAD_MAX)
		numbers.count = DEAD_MAX;
	status->dead = calloc(numbers.count + 1, sizeof(*status->dead));
	status->failed = status->failed || !status->dead;
	if (status->dead && result == BUS_OK)
		result = job_values_read(status->fleet.book, JOB_KEY_DEAD, numbers.number, numbers.count, on_dead,
					 status, error);
	free(numbers.number);
	return result;
}

/* What a worker that lives is at. The queue's consumers would tell as well, but a server that was killed takes what was
 * done before for unanswered, until --ack-wait is over. */
static void note_in_flight(struct status *status, const struct job_word *word)
{
	if (word->chunk < 0 || word->chunk >= JOB_CHUNKS_MAX || bit_set_has(&status->ended, (uint64_t)word->chunk) ||
	    bit_set_has(&status->at_work, (uint64_t)word->chunk))
		return;
	status->failed = status->failed || bit_set_add(&status->at_work, (uint64_t)word->chunk) < 0;
	status->in_flight++;
	status->scanned += word->scanned;
}

static void on_worker(void *arg, const struct ledger_worker *worker)
{
	struct status *status = arg;
	struct ledger_worker *kept = &status->worker[status->workers];

	if (status->workers == WORKERS_MAX)
		return;
	*kept = *worker;
	kept->name = strdup(worker->name);
	status->failed = status->failed || !kept->name;
	status->workers += kept->name ? 1 : 0;
	if (!worker->lives)
		return;
	status->per_second += worker->word.per_second;
	note_in_flight(status, &worker->word);
}

static uint64_t less(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

/* Before all chunks are in the queue, how many those are that it holds tells. */
static void count_waiting(struct status *status)
{
	uint64_t open = status->knows_all ? less(status->chunks, status->done + status->deaths)
					  : status->queue.messages;

	status->waiting = less(open, status->in_flight);
}

static enum bus_result look(struct status *status, struct error *error)
{
	enum bus_result result = look_at_cuts(status, error);

	status->worker = calloc(WORKERS_MAX, sizeof(*status->worker));
	status->failed = !status->worker;
	if (result == BUS_OK)
		result = look_at_streams(status, error);
	if (result == BUS_OK)
		result = look_at_dead(status, error);
	if (result == BUS_OK)
		result = look_at_done(status, error);
	if (result == BUS_OK && status->worker)
		result = ledger_workers(status->fleet.book, status->fleet.alive, on_worker, status, error);
	count_waiting(status);
	if (result == BUS_OK && status->failed) {
		error_set(error, "out of memory");
		result = BUS_REFUSED;
	}
	return result;
}

/* ---- telling ---- */

/* Seconds to go at the workers' pace; below 0: nobody knows. */
static double left_of(const struct status *status)
{
	uint64_t left = 0;
	double seconds;

	for (enum job_stage stage = 0; stage < JOB_STAGES; stage++)
		left += less(status->entries[stage], status->found[stage]);
	for (size_t i = 0; i < status->deaths; i++)
		left = less(left, status->dead[i].dead.entries);
	left = less(left, status->scanned);
	if (left == 0)
		return status->knows_all ? 0 : -1;
	seconds = status->per_second > 0 ? (double)left / status->per_second : -1;
	return seconds < LEFT_MAX_S ? seconds : -1;
}

static void put_share(char text[static 16], uint32_t share)
{
	snprintf(text, 16, "%.1f%%", 100.0 * share / LEDGER_WHOLE);
}

static void write_workers(const struct status *status, struct text *out)
{
	char share[16], chunk[24], state[3 * sizeof(status->worker->word.state)];

	if (status->workers == 0) {
		if (status->done + status->deaths < status->chunks || !status->knows_all)
			text_printf(out, "no worker; start some with: stsurvey fleet work --job %s -d DIR\n",
				    status->fleet.job.name);
		return;
	}
	text_printf(out, "%-32s %8s %7s %10s %12s  %s\n", "worker", "chunk", "share", "domains/s", "domains", "state");
	for (size_t i = 0; i < status->workers; i++) {
		const struct ledger_worker *worker = &status->worker[i];

		put_share(share, worker->share);
		snprintf(chunk, sizeof(chunk), worker->word.chunk < 0 || !worker->lives ? "-" : "%" PRId64,
			 worker->word.chunk);
		text_shown(out, span_of(worker->name));
		text_printf(out, "%*s ", (int)(strlen(worker->name) < 32 ? 32 - strlen(worker->name) : 0), "");
		if (!worker->lives) {
			text_printf(out, "%8s %7s %10s %12s  silent\n", chunk, share, "-", "-");
			continue;
		}
		text_show(state, sizeof(state), span_of(worker->word.state));
		text_printf(out, "%8s %7s %10.0f %12" PRIu64 "  %s\n", chunk, share, worker->word.per_second,
			    worker->word.domains, state);
		if (worker->word.last[0]) {
			text_literal(out, "    ");
			text_shown(out, span_of(worker->word.last));
			text_char(out, '\n');
		}
	}
}

/* The domains are over, and nobody has put their mail servers into the queue. */
static bool waits_for_collect(const struct status *status)
{
	return status->is_cut && !status->knows_all && status->done + status->deaths >= status->chunks;
}

static void write_table(const struct status *status, struct text *out)
{
	double left = left_of(status);
	char text[ELAPSED_MAX];

	text_printf(out,
		    "job %s: %" PRIu64 " of %" PRIu32 "%s chunks done (%" PRIu64 " collected), %" PRIu64
		    " in flight, %" PRIu64 " waiting, %zu dead\n",
		    status->fleet.job.name, status->done, status->chunks, status->is_cut ? "" : " or more",
		    status->collected, status->in_flight, status->waiting, status->deaths);
	for (enum job_stage stage = 0; stage < JOB_STAGES; stage++)
		if (stage == JOB_DOMAINS || status->entries[stage] > 0)
			text_printf(out, "%" PRIu64 " of %" PRIu64 " %s, unknown %.1f%%; ", status->found[stage],
				    status->entries[stage], stage == JOB_DOMAINS ? "domains" : "mail servers",
				    status->found[stage]
					    ? 100.0 * (double)status->unknown[stage] / (double)status->found[stage]
					    : 0.0);
	text_printf(out, "%.0f/s; ", status->per_second);
	if (status->is_collected)
		text_literal(out, "collected\n");
	else if (status->knows_all && status->done + status->deaths >= status->chunks)
		text_literal(out, "all that is left to do is to collect it\n");
	else if (waits_for_collect(status))
		text_literal(out, "'collect', which has to run, puts their mail servers into the queue\n");
	else if (left < 0)
		text_literal(out, "nobody knows how long it takes\n");
	else
		text_printf(out, "%s left\n", elapsed_text(text, (uint64_t)left));
	text_printf(out, "results at the server: %.1f MB of %.0f MB\n\n", (double)status->results.bytes / 1e6,
		    (double)status->results.max_bytes / 1e6);
	write_workers(status, out);
	for (size_t i = 0; i < status->deaths; i++) {
		const struct dead_chunk *dead = &status->dead[i];

		text_printf(out, "%schunk %" PRIu32 " is dead: ", i == 0 ? "\n" : "", dead->number);
		fleet_dead_show(&status->fleet.job, stage_of(status, dead->number), &dead->dead, out);
		text_char(out, '\n');
	}
}

static void write_json_workers(const struct status *status, struct json *json)
{
	json_open_array(json, "workers");
	for (size_t i = 0; i < status->workers; i++) {
		const struct ledger_worker *worker = &status->worker[i];

		json_open_object(json, NULL);
		json_text(json, "name", worker->name);
		json_bool(json, "lives", worker->lives);
		json_number(json, "share", (double)worker->share / LEDGER_WHOLE);
		json_known(json, "lane", worker->lane >= 0, (uint64_t)worker->lane);
		json_text(json, "state", worker->lives ? worker->word.state : NULL);
		json_text(json, "tool", worker->lives ? worker->word.tool : NULL);
		json_known(json, "chunk", worker->lives && worker->word.chunk >= 0, (uint64_t)worker->word.chunk);
		json_known(json, "domains", worker->lives, worker->word.domains);
		json_number(json, "domains_per_second", worker->lives ? worker->word.per_second : 0);
		json_text(json, "last_error", worker->lives && worker->word.last[0] ? worker->word.last : NULL);
		if (worker->lives)
			json_time(json, "last_word", worker->word_ms);
		else
			json_null(json, "last_word");
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_json_dead(const struct status *status, struct json *json)
{
	json_open_array(json, "dead");
	for (size_t i = 0; i < status->deaths; i++) {
		const struct dead_chunk *dead = &status->dead[i];
		enum job_stage stage = stage_of(status, dead->number);
		bool has_first = stage == JOB_DOMAINS && dead->dead.entries > 0;
		bool is_together = fleet_is_together(&status->fleet.job, stage, &dead->dead);

		json_open_object(json, NULL);
		json_uint(json, "chunk", dead->number);
		json_text(json, "stage", stage == JOB_DOMAINS ? "domains" : "mail_servers");
		json_known(json, "first", has_first, dead->dead.first);
		json_known(json, "last", is_together, dead->dead.first + dead->dead.entries - 1);
		json_known(json, "entries", dead->dead.entries > 0, dead->dead.entries);
		json_uint(json, "attempts", dead->dead.last.number);
		json_text(json, "worker", dead->dead.last.worker);
		json_text(json, "why", dead->dead.last.why[0] ? dead->dead.last.why : NULL);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_json(const struct status *status, struct text *out)
{
	double left = left_of(status);
	struct json json;

	json_begin(&json, out);
	json_text(&json, "job", status->fleet.job.name);
	json_text(&json, "tool", status->fleet.job.tool);
	json_string(&json, "list", status->fleet.job.list);
	json_bool(&json, "submitted", status->is_cut);
	json_bool(&json, "waits_for_collect", waits_for_collect(status));
	json_bool(&json, "collected", status->is_collected);
	json_open_object(&json, "chunks");
	json_uint(&json, "in_all", status->chunks);
	json_uint(&json, "waiting", status->waiting);
	json_uint(&json, "in_flight", status->in_flight);
	json_uint(&json, "done", status->done);
	json_uint(&json, "collected", status->collected);
	json_uint(&json, "dead", status->deaths);
	json_close_object(&json);
	for (enum job_stage stage = 0; stage < JOB_STAGES; stage++) {
		json_open_object(&json, stage == JOB_DOMAINS ? "domains" : "mail_servers");
		json_uint(&json, "in_all", status->entries[stage]);
		json_uint(&json, "done", status->found[stage]);
		json_uint(&json, "unknown", status->unknown[stage]);
		json_close_object(&json);
	}
	json_number(&json, "per_second", status->per_second);
	json_known(&json, "seconds_left", left >= 0, (uint64_t)(left > 0 ? left : 0));
	json_open_object(&json, "results");
	json_uint(&json, "octets", status->results.bytes);
	json_uint(&json, "octets_most", status->results.max_bytes);
	json_close_object(&json);
	write_json_workers(status, &json);
	write_json_dead(status, &json);
	json_end(&json);
}

/* ---- which jobs ---- */

#define MIB (1024.0 * 1024) /* as --results-size is given */

static void on_job(void *arg, const char *name, const struct bus_stream_info *results)
{
	struct text *out = arg;

	text_shown(out, span_of(name));
	text_printf(out, "  %.1f MiB of results; %.0f MiB reserved for them\n", (double)results->bytes / MIB,
		    (double)results->max_bytes / MIB);
}

static int list_jobs(const struct options *options, struct text *out, struct error *error)
{
	struct bus *bus;
	enum bus_result result = fleet_connect(options, "status", &bus, error);

	if (result == BUS_OK)
		result = fleet_jobs(bus, on_job, out, error);
	if (result == BUS_OK && out->used == 0)
		fprintf(stderr, "stsurvey fleet status: there is no job at the server\n");
	bus_close(bus);
	return result == BUS_OK ? EXIT_COMPLETE : EXIT_FATAL;
}

static int show_job(const struct options *options, struct text *out, struct error *error)
{
	struct status status = { 0 };
	enum bus_result result = fleet_open(options, "status", &status.fleet, error);

	if (result == BUS_OK)
		result = look(&status, error);
	if (result == BUS_OK && !stop_signal) {
		if (options->json)
			write_json(&status, out);
		else
			write_table(&status, out);
	}
	for (size_t i = 0; i < status.workers; i++)
		free((char *)status.worker[i].name);
	free(status.worker);
	free(status.dead);
	bit_set_free(&status.ended);
	bit_set_free(&status.at_work);
	fleet_close(&status.fleet);
	return result == BUS_OK ? EXIT_COMPLETE : EXIT_FATAL;
}

int fleet_status(const struct options *options, struct error *error)
{
	struct text out;
	int status;

	if (options->json && !options->job) {
		error_set(error, "--json needs --job NAME");
		return EXIT_USAGE;
	}
	if (text_open(&out, "-", error) < 0)
		return EXIT_FATAL;
	stop_signal_catch();
	status = options->job ? show_job(options, &out, error) : list_jobs(options, &out, error);
	if (stop_signal)
		status = fleet_ended(error);
	if (text_close(&out, error) < 0 && status == EXIT_COMPLETE)
		status = EXIT_FATAL;
	return status;
}

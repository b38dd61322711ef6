/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workers sent → SCAN.parts (assembly.h) → SCAN. The stream of results is read from its beginning on and
 * emptied as far as it is on our disk: the folder and the server's book are all there is to go on with. */
#include "scanner/fleet/collect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/elapsed.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet/assembly.h"
#include "scanner/fleet/job_numbers.h"

enum {
	TAKE_OCTETS = 64 * 1024 * 1024, /* of results between two syncs of the disk … */
	TAKE_MS = 2000,                 /* … or so long */
	LOOK_MS = 1000,                 /* between looks at the book */
	LOST_MS = 15000, /* until a worker that lives and waits for a chunk has sent again what was lost */
	SILENCE = 3,     /* looks without any result: what is done, and not here by then, does not come */
};

/* ---- which chunks ---- */

/* Others than those of the list, if it is known which these are, are a stranger's. */
static bool is_of_job(const struct collector *c, uint32_t chunk)
{
	if (!c->has_cut[JOB_DOMAINS] || chunk < c->cut[JOB_DOMAINS].end)
		return true;
	if (c->fleet.job.smtp == OPTIONS_SMTP_NONE)
		return false;
	return !c->has_cut[JOB_HOSTS] || chunk < c->cut[JOB_HOSTS].end;
}

enum job_stage collector_stage_of(const struct collector *c, uint32_t chunk)
{
	return c->has_cut[JOB_DOMAINS] && chunk >= c->cut[JOB_DOMAINS].end ? JOB_HOSTS : JOB_DOMAINS;
}

static enum bus_result no_memory(struct error *error)
{
	error_set(error, "out of memory");
	return BUS_REFUSED;
}

/* ---- results ---- */

struct taking {
	struct collector *c;
	uint64_t octets;
	bool failed; /* our disk; the error says what */
	struct error *error;
};

static bool on_result(void *arg, const struct bus_message *message)
{
	struct taking *taking = arg;
	struct collector *c = taking->c;
	char file[JOB_FILE_HASH_TEXT];
	uint32_t chunk;

	if (job_result_parse(c->fleet.job.name, message->subject, &chunk, file) && is_of_job(c, chunk))
		taking->failed = assembly_put(c->assembly, chunk, file, message->offset, message->data, taking->error) <
				 0;
	if (taking->failed)
		return false;
	c->next = message->sequence + 1;
	taking->octets += message->data.n;
	return true;
}

/* Take what is there, up to a limit; then it is on our disk, and goes from the server. *@took: something was there. */
static enum bus_result take_results(struct collector *c, bool *took, struct error *error)
{
	uint64_t began = machine_clock_ms(), from = c->next;
	char stream[BUS_NAME_MAX], any[BUS_NAME_MAX];
	struct taking taking = { .c = c, .error = error };
	enum bus_result result = BUS_OK;

	job_stream_name(c->fleet.job.name, JOB_RESULTS, stream);
	job_subjects(c->fleet.job.name, JOB_RESULTS, any);
	while (result == BUS_OK && taking.octets < TAKE_OCTETS && machine_clock_ms() - began < TAKE_MS &&
	       !stop_signal) {
		result = bus_next_many(c->fleet.bus, stream, any, c->next, on_result, &taking, error);
		if (taking.failed)
			return BUS_REFUSED;
	}
	*took = c->next != from;
	if (*took)
		c->silence = 0;
	if (*took && assembly_sync(c->assembly, error) < 0)
		return BUS_REFUSED;
	if (*took && (result == BUS_OK || result == BUS_MISSING))
		result = bus_purge(c->fleet.bus, stream, "", c->next, error);
	return result == BUS_MISSING ? BUS_OK : result;
}

struct having {
	const char *job;
	const uint32_t *number;
};

static void list_of(void *arg, size_t i, char subjects[static BUS_NAME_MAX])
{
	const struct having *having = arg;

	job_list_subjects(having->job, having->number[i], subjects);
}

static void have_of(void *arg, size_t i, char key[static BUS_NAME_MAX])
{
	const struct having *having = arg;

	job_key(JOB_KEY_HAVE, having->number[i], key);
}

/* We have them: the server may remove their lists, workers their files. Who was killed in between does both once more.
 */
static enum bus_result tell_have(struct collector *c, const uint32_t *number, size_t count, struct error *error)
{
	struct having having = { c->fleet.job.name, number };
	char stream[BUS_NAME_MAX];
	enum bus_result result;

	job_stream_name(c->fleet.job.name, JOB_LIST, stream);
	result = bus_purge_each(c->fleet.bus, stream, count, list_of, &having, error);
	if (result != BUS_OK && result != BUS_MISSING)
		return result;
	return bus_put_each(c->fleet.book, count, have_of, &having, span_of(assembly_identity(c->assembly)), error);
}

/* Its results are not what its worker sent, which a server that lost some can bring about, or a stranger: it is dead,
 * with why, until its worker, if that lives and has its file, sends it once more. */
static enum bus_result give_up(struct collector *c, uint32_t chunk, const struct job_done *done, const char *why,
			       struct error *error)
{
	struct job_attempt last = { .number = 1 };
	const struct job_chunk lost = { .number = chunk, .first = done->first, .entries = done->domains };
	struct bus_value value;
	char key[BUS_NAME_MAX];
	enum bus_result result;

	snprintf(last.worker, sizeof(last.worker), "%s", done->worker);
	snprintf(last.why, sizeof(last.why), "%s", why);
	log_warning("chunk %" PRIu32 ": %s; its worker sends it again, or 'stsurvey fleet submit --retry-dead' has it "
		    "scanned again",
		    chunk, last.why);
	if (bus_get(c->fleet.alive, done->worker, &value, error) == BUS_OK)
		c->lost_ms = machine_clock_ms();
	assembly_drop(c->assembly, chunk);
	result = fleet_bury_chunk(&c->fleet, &lost, &last, error);
	job_key(JOB_KEY_DONE, chunk, key);
	return result == BUS_OK ? bus_remove(c->fleet.book, key, error) : result;
}

/* @word: that it is done. @lacking: the chunks of which something is to come still. */
static enum bus_result settle(struct collector *c, uint32_t chunk, struct span word, struct bit_set *lacking,
			      struct error *error)
{
	static const char lost[] = "a part of its results was lost at the server (a power cut?)";
	struct job_done done;

	if (job_done_read(&done, word, error) < 0) {
		done = (struct job_done){ 0 };
		return give_up(c, chunk, &done, "the word that it is done is damaged", error);
	}
	switch (assembly_settle(c->assembly, chunk, &done, error)) {
	case ASSEMBLY_FAILED:
		return BUS_REFUSED;
	case ASSEMBLY_WRONG:
		return give_up(c, chunk, &done, lost, error);
	case ASSEMBLY_SHORT: /* it was all there before the word that it is done */
		if (bit_set_has(&c->lacks, chunk) && c->silence >= SILENCE)
			return give_up(c, chunk, &done, lost, error);
		return bit_set_add(lacking, chunk) < 0 ? no_memory(error) : BUS_OK;
	case ASSEMBLY_WHOLE:
		break;
	}
	if (bit_set_add(&c->told, chunk) < 0)
		return no_memory(error);
	c->chunks++;
	if (collector_stage_of(c, chunk) == JOB_DOMAINS) {
		c->domains += done.domains;
		c->unknown += done.unknown;
	}
	return BUS_OK;
}

/* Of which the server was told by an earlier run. */
static enum bus_result look_at_had(struct collector *c, struct error *error)
{
	struct job_numbers numbers;
	enum bus_result result = job_numbers_read(c->fleet.book, JOB_KEY_HAVE, &numbers, error);

	for (size_t i = 0; i < numbers.count && result == BUS_OK; i++)
		if (bit_set_add(&c->had, numbers.number[i]) < 0)
			result = no_memory(error);
	free(numbers.number);
	return result;
}

struct settling {
	struct collector *c;
	struct bit_set lacking;
	enum bus_result result;
	struct error *error;
};

static bool on_done(void *arg, uint32_t chunk, const struct bus_value *value)
{
	struct settling *settling = arg;

	if (value) /* else it was taken back meanwhile */
		settling->result = settle(settling->c, chunk, value->data, &settling->lacking, settling->error);
	return settling->result == BUS_OK && !stop_signal;
}

/* Of @count numbers those that are here since this look, and of which no earlier run has told: how many. */
static size_t keep_new(const struct collector *c, uint32_t *number, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (bit_set_has(&c->told, number[i]) && !bit_set_has(&c->had, number[i]))
			number[kept++] = number[i];
	return kept;
}

/* What the book says by now of chunks that are done … */
static enum bus_result look_at_done(struct collector *c, struct error *error)
{
	struct settling settling = { .c = c, .result = BUS_OK, .error = error };
	struct job_numbers numbers;
	enum bus_result result = job_numbers_read(c->fleet.book, JOB_KEY_DONE, &numbers, error);
	size_t count = 0;

	for (size_t i = 0; i < numbers.count; i++)
		if (!bit_set_has(&c->told, numbers.number[i]) && is_of_job(c, numbers.number[i]))
			numbers.number[count++] = numbers.number[i];
	if (result == BUS_OK)
		result = job_values_read(c->fleet.book, JOB_KEY_DONE, numbers.number, count, on_done, &settling, error);
	if (result == BUS_OK && settling.result == BUS_OK)
		result = tell_have(c, numbers.number, keep_new(c, numbers.number, count), error);
	free(numbers.number);
	bit_set_free(&c->lacks);
	c->lacks = settling.lacking;
	c->silence++;
	return result == BUS_OK ? settling.result : result;
}

/* … and of dead ones. */
static enum bus_result look_at_dead(struct collector *c, struct error *error)
{
	struct job_numbers numbers;
	enum bus_result result = fleet_bury(&c->fleet, NULL, error);

	if (result != BUS_OK)
		return result;
	result = job_numbers_read(c->fleet.book, JOB_KEY_DEAD, &numbers, error);
	bit_set_free(&c->dead);
	c->deaths = 0;
	for (size_t i = 0; i < numbers.count && result == BUS_OK; i++) {
		if (bit_set_has(&c->told, numbers.number[i]) || /* it came, after all */
		    !is_of_job(c, numbers.number[i]))
			continue;
		c->deaths++;
		if (bit_set_add(&c->dead, numbers.number[i]) < 0)
			result = no_memory(error);
	}
	free(numbers.number);
	return result;
}

/* ---- stages ---- */

static enum bus_result read_cut(struct collector *c, enum job_stage stage, struct error *error)
{
	enum bus_result result;

	if (c->has_cut[stage])
		return BUS_OK;
	result = fleet_read_cut(c->fleet.book, stage, &c->cut[stage], error);
	c->has_cut[stage] = result == BUS_OK;
	return result == BUS_MISSING ? BUS_OK : result;
}

/* Is every chunk of it here or dead? What was lost has a while, in which its worker may send it again. */
static bool is_over(const struct collector *c, enum job_stage stage)
{
	if (!c->has_cut[stage] || (c->lost_ms && machine_clock_ms() - c->lost_ms < LOST_MS))
		return false;
	for (uint32_t chunk = c->cut[stage].first; chunk < c->cut[stage].end; chunk++)
		if (!bit_set_has(&c->told, chunk) && !bit_set_has(&c->dead, chunk))
			return false;
	return true;
}

int collector_paths(const struct collector *c, char ***paths, struct error *error)
{
	uint32_t end = c->has_cut[JOB_HOSTS] ? c->cut[JOB_HOSTS].end : c->cut[JOB_DOMAINS].end;
	int count = 0;

	if (!c->has_cut[JOB_DOMAINS]) /* not all is in the queue: what came so far */
		end = JOB_CHUNKS_MAX;
	*paths = calloc((size_t)end + 1, sizeof(**paths));
	for (uint32_t chunk = 0; *paths && chunk < end; chunk++) {
		if (!assembly_has(c->assembly, chunk))
			continue;
		if (!((*paths)[count] = assembly_path(c->assembly, chunk)))
			break;
		count++;
	}
	if (*paths && (count == 0 || (*paths)[count - 1]))
		return count;
	return error_set(error, "out of memory");
}

void collector_free_paths(char **paths)
{
	for (size_t i = 0; paths && paths[i]; i++)
		free(paths[i]);
	free(paths);
}

bool collector_is_done(const struct collector *c)
{
	return is_over(c, JOB_DOMAINS) && (c->fleet.job.smtp == OPTIONS_SMTP_NONE || is_over(c, JOB_HOSTS));
}

/* ---- telling ---- */

static bool on_sign_of_life(void *arg, const char *key)
{
	(void)key;
	++*(unsigned *)arg;
	return true;
}

/* Told, and nothing else follows from it: whatever the server says of the bucket. */
static void count_workers(struct collector *c)
{
	struct error ignored;
	unsigned count = 0;

	if (bus_keys(c->fleet.alive, "", on_sign_of_life, &count, &ignored) == BUS_OK)
		c->workers = count;
}

static void tell_progress(struct collector *c, uint64_t now)
{
	uint64_t elapsed = (now - c->began_ms) / 1000, all = c->fleet.job.entries;
	uint32_t chunks = c->has_cut[JOB_DOMAINS] ? c->cut[JOB_DOMAINS].end : 0;
	double rate = elapsed ? (double)(c->domains - c->domains_before) / (double)elapsed : 0;
	char line[256], text[ELAPSED_MAX];

	if (c->options->quiet || c->looked_ms == 0 || !log_progress_is_due(now - c->told_ms))
		return;
	c->told_ms = now;
	if (c->has_cut[JOB_HOSTS])
		chunks = c->cut[JOB_HOSTS].end;
	snprintf(line, sizeof(line),
		 "%s; %" PRIu64 " of %" PRIu32 "%s chunks%s%s; %" PRIu64 " of %" PRIu64
		 " domains; %.0f a second; unknown %.1f%%",
		 elapsed_text(text, elapsed), c->chunks, chunks, c->has_cut[JOB_DOMAINS] ? "" : " or more",
		 c->workers == 0 && !collector_is_done(c) ? "; no worker is there" : "",
		 c->deaths ? "; chunks are dead" : "", c->domains, all, rate,
		 c->domains ? 100.0 * (double)c->unknown / (double)c->domains : 0.0);
	log_progress(line);
}

/* ---- the whole ---- */

/* By whomever. */
static bool is_collected(struct collector *c)
{
	struct bus_value value;
	struct error ignored;

	return bus_get(c->fleet.book, JOB_COLLECTED, &value, &ignored) == BUS_OK;
}

/* One collector a job: what it has taken is nowhere else. */
static enum bus_result claim(struct collector *c, struct error *error)
{
	struct span mine = span_of(assembly_identity(c->assembly));
	enum bus_result result = bus_create(c->fleet.book, JOB_COLLECTOR, mine, error);
	struct bus_value value;

	if (result != BUS_EXISTS)
		return result;
	result = bus_get(c->fleet.book, JOB_COLLECTOR, &value, error);
	if (result != BUS_OK || span_equal(value.data, mine))
		return result;
	if (is_collected(c))
		error_set(error,
			  "job '%s' is collected already, into the scan file that 'collect' was told then; 'stsurvey "
			  "fleet cancel' removes it from the server",
			  c->fleet.job.name);
	else
		error_set(
			error,
			"job '%s' is collected elsewhere, and what was fetched is in that folder alone: go on with the "
			"same --output-file there",
			c->fleet.job.name);
	if (assembly_is_new(c->assembly))
		assembly_remove(c->assembly);
	return BUS_REFUSED;
}

/* Is it the job that we began with? */
static enum bus_result look_at_job(struct collector *c, struct error *error)
{
	struct bus_value value;
	enum bus_result result = bus_get(c->fleet.book, JOB_MANIFEST, &value, error);
	bool is_another = result == BUS_OK && c->manifest_ms != 0 && value.time_ms != c->manifest_ms;

	if (result != BUS_MISSING && !is_another) {
		if (result == BUS_OK)
			c->manifest_ms = value.time_ms;
		return result;
	}
	error_set(error, "job '%s' %s; what was fetched is in %s", c->fleet.job.name,
		  is_another ? "was submitted anew: the same command goes on with that one, if it is the same"
			     : "is not at the server any more: it was cancelled, or the server has lost it",
		  assembly_folder(c->assembly));
	return BUS_REFUSED;
}

static enum bus_result step(struct collector *c, bool *took, struct error *error)
{
	enum bus_result result = take_results(c, took, error);
	uint64_t now = machine_clock_ms();
	bool first;

	tell_progress(c, now);
	if (result != BUS_OK || now - c->looked_ms < LOOK_MS)
		return result;
	first = c->looked_ms == 0;
	c->looked_ms = now;
	result = look_at_job(c, error);
	for (int stage = 0; stage < JOB_STAGES && result == BUS_OK; stage++)
		result = read_cut(c, (enum job_stage)stage, error);
	if (result == BUS_OK && first)
		result = look_at_had(c, error);
	if (result == BUS_OK)
		result = look_at_done(c, error);
	if (result == BUS_OK)
		result = look_at_dead(c, error);
	count_workers(c);
	if (first)
		c->domains_before = c->domains;
	if (result == BUS_OK && c->fleet.job.smtp != OPTIONS_SMTP_NONE && is_over(c, JOB_DOMAINS) &&
	    !c->has_cut[JOB_HOSTS] && !*took)
		result = collector_begin_hosts(c, error);
	return result;
}

static enum bus_result gather(struct collector *c, struct error *error)
{
	enum bus_result result = BUS_OK;
	bool took = true;

	while (result == BUS_OK && !stop_signal) {
		result = step(c, &took, error);
		if (result == BUS_OK && !took && (collector_is_done(c) || (c->options->partial && c->looked_ms)))
			break;
		if (result == BUS_OK && !took)
			usleep(100 * 1000);
	}
	return result;
}

static int run(struct collector *c, struct error *error)
{
	enum bus_result result;
	int status = EXIT_FATAL;

	bus_set_patience(c->fleet.bus, 0);
	assembly_set_check(c->assembly, collector_is_scan, c);
	result = claim(c, error);
	if (result == BUS_OK && is_collected(c)) /* killed when all that was left to do was to tidy up */
		return collector_end_again(c, error);
	if (result == BUS_OK)
		result = gather(c, error);
	log_progress_end();
	if (result == BUS_OK && !stop_signal)
		status = collector_end(c, error);
	if (status == EXIT_FATAL && stop_signal) {
		fleet_ended(error);
		fprintf(stderr, "stsurvey fleet collect: ended; the same command goes on with what is in %s\n",
			assembly_folder(c->assembly));
		return 128 + stop_signal;
	}
	return status;
}

/* May the output be made? A folder of parts beside it says that it is ours. */
static int check_output(const struct options *options, struct error *error)
{
	char *parts;
	bool is_ours = asprintf(&parts, "%s.parts/job", options->output_file) >= 0 && access(parts, F_OK) == 0;

	free(parts);
	if (strcmp(options->output_file, "-") == 0)
		return error_set(error, "--output-file needs a file: what is fetched is put together beside it");
	if (is_ours || options->force || access(options->output_file, F_OK) != 0)
		return 0;
	return error_set(error, "%s: exists; --force replaces it", options->output_file);
}

int fleet_collect(const struct options *options, struct error *error)
{
	struct collector c = { .options = options, .began_ms = machine_clock_ms() };
	int status = EXIT_FATAL;

	if (check_output(options, error) < 0)
		return EXIT_FATAL;
	stop_signal_catch();
	if (fleet_open(options, "collect", &c.fleet, error) == BUS_OK &&
	    assembly_open(&c.assembly, options->output_file, &c.fleet.job, error) == 0)
		status = run(&c, error);
	else if (stop_signal)
		status = fleet_ended(error);
	assembly_close(c.assembly);
	bit_set_free(&c.had);
	bit_set_free(&c.told);
	bit_set_free(&c.dead);
	bit_set_free(&c.lacks);
	fleet_close(&c.fleet);
	return status;
}

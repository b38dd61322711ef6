/* SPDX-License-Identifier: BSD-2-Clause */
/* A job is made at the server in this order: streams, the lanes' consumers, buckets, the manifest, the files, chunk by
 * chunk its list and its message, and at last the word that all are there. So a worker that finds the manifest finds
 * all it needs, and what a killed submit left out the next one adds. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/temporary_file.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet/fleet.h"
#include "scanner/fleet/ledger.h"
#include "scanner/fleet/job_numbers.h"
#include "scanner/fleet/submission.h"

enum {
	FILE_PART = 512 * 1024, /* octets of a job's file under one key: less than any server's max_payload */
	COPY_ROOM = 128 * 1024, /* octets of a list that are copied at once */
	SHOWN_WORKERS = 1000,   /* limits that bear more workers are not worth a word */
	ROUNDS_MAX = 1000,      /* that a dead chunk was put back: more than anybody does */
};

struct submit {
	const struct options *options;
	struct error *error;
	struct fleet_job fleet; /* its job is the submission's */
	struct submission made;
	struct cut_look look;
	struct job_cut cut;
	struct job_numbers dead;
	int copy;           /* of a list that can be read but once; -1: none */
	char copy_path[32]; /* of that */
	uint32_t chunks, there, put_back;
	bool is_cut;      /* else it is read for the first time */
	uint64_t told_ms; /* when progress was, by the machine's clock */
};

static int done(enum bus_result result)
{
	return result == BUS_OK ? 0 : -1;
}

/* ---- the list ---- */

static int copy_octets(int from, int to, struct error *error, const char *name)
{
	char *room = malloc(COPY_ROOM);
	int number = room ? 0 : ENOMEM;
	ssize_t n = 1;

	while (number == 0 && n != 0 && !stop_signal) {
		n = read(from, room, COPY_ROOM);
		if (n < 0 && errno != EINTR) {
			free(room);
			return error_set(error, "%s: %s", name, strerror(errno));
		}
		if (n > 0)
			number = text_write_all(to, (struct span){ room, (size_t)n });
	}
	free(room);
	if (stop_signal)
		return -1;
	return number == 0
		       ? 0
		       : error_set(error, "%s: cannot be copied to %s, which is necessary since it is read twice: %s",
				   name, temporary_folder(), strerror(number));
}

/* The list is read twice; what is no file is copied to one first. Where it stands: NULL with the error. */
static const char *find_list(struct submit *submit)
{
	const char *path = submit->options->input_file, *name = feed_name(path);
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat status;
	int from, result;

	if (!is_stdin && (stat(path, &status) != 0 || S_ISREG(status.st_mode)))
		return path; /* and what is wrong is told when it is opened */
	from = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	submit->copy = temporary_file();
	if (from < 0 || submit->copy < 0) {
		if (from < 0)
			error_set(submit->error, "%s: %s", name, strerror(errno));
		else
			error_set(submit->error, "%s: %s", temporary_folder(), strerror(-submit->copy));
		return NULL;
	}
	result = copy_octets(from, submit->copy, submit->error, name);
	if (!is_stdin)
		close(from);
	snprintf(submit->copy_path, sizeof(submit->copy_path), "/proc/self/fd/%d", submit->copy);
	return result == 0 ? submit->copy_path : NULL;
}

/* Nobody knows the copy by its name. */
static int name_list(struct submit *submit, const char *path)
{
	size_t n = strlen(path);
	struct error error = *submit->error;

	if (submit->copy >= 0 && strncmp(error.text, path, n) == 0)
		error_set(submit->error, "%s%s", feed_name(submit->options->input_file), error.text + n);
	return -1;
}

/* Of a list that is read for longer than a second. */
static void on_second(void *arg, double fraction, uint64_t entries)
{
	struct submit *submit = arg;
	uint64_t now = machine_clock_ms();
	char line[96];
	int n;

	if (submit->options->quiet || !log_progress_is_due(now - submit->told_ms))
		return;
	submit->told_ms = now;
	n = snprintf(line, sizeof(line), "list %s; %" PRIu64 " entries", submit->is_cut ? "cut" : "read", entries);
	if (fraction >= 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "; %.1f%%", 100 * fraction);
	if (submit->is_cut)
		snprintf(line + n, sizeof(line) - (size_t)n, "; %" PRIu32 " chunks", submit->chunks);
	log_progress(line);
}

static struct cut_options list_of(struct submit *submit, const char *path)
{
	return (struct cut_options){ .job = &submit->made.job,
				     .path = path,
				     .options = submit->options,
				     .stop = &stop_signal,
				     .on_second = on_second,
				     .arg = submit };
}

static int look_at_list(struct submit *submit, const char *path)
{
	struct cut_options cut = list_of(submit, path);

	if (cut_look(&cut, &submit->look, submit->error) != 0)
		return name_list(submit, path);
	submit->is_cut = true;
	if (submit->copy >= 0)
		submit->look.identity.mtime = 0;
	return submission_make(&submit->made, submit->options, &submit->look, submit->error);
}

/* ---- the job at the server ---- */

/* Is there one under its name? MISSING; OK: the same; REFUSED: another one, or none that can be read. */
static enum bus_result find_job(struct submit *submit)
{
	char book[BUS_NAME_MAX];
	struct bus_value value;
	enum bus_result result;
	struct job there;

	job_bucket_name(submit->made.job.name, JOB_BOOK, book);
	result = bus_bucket_open(submit->fleet.bus, book, &submit->fleet.book, submit->error);
	if (result == BUS_OK)
		result = bus_get(submit->fleet.book, JOB_MANIFEST, &value, submit->error);
	if (result != BUS_OK)
		return result;
	if (job_read(&there, value.data, submit->error) != 0)
		return BUS_REFUSED;
	result = submission_compare(&there, &submit->made.job, submit->error) == 0 ? BUS_OK : BUS_REFUSED;
	job_free(&there);
	return result;
}

#define MIB (1024.0 * 1024) /* as sizes are given on the command line */

static void add_reserved(void *arg, const char *name, const struct bus_stream_info *results)
{
	(void)name;
	*(uint64_t *)arg += results->max_bytes;
}

/* What takes the room, as far as the server tells, and what to do. */
static void explain_no_room(struct submit *submit)
{
	struct bus_storage storage = { 0, 0 };
	uint64_t reserved = 0;
	char most[64] = "";
	struct error unused;

	(void)fleet_jobs(submit->fleet.bus, add_reserved, &reserved, &unused);
	if (bus_storage_look(submit->fleet.bus, &storage, &unused) == BUS_OK && storage.most > 0)
		snprintf(most, sizeof(most), " of the %.0f MiB that the account may have", (double)storage.most / MIB);
	error_set(
		submit->error,
		"the server has no room for the job's results, %.0f MiB: the jobs there have reserved %.0f MiB%s; give "
		"a smaller --results-size, end old jobs with 'stsurvey fleet cancel' ('stsurvey fleet status' lists "
		"them), or raise max_file_store in the server's configuration",
		(double)submit->made.job.results_size / MIB, (double)reserved / MIB, most);
}

static enum bus_result create_streams(struct submit *submit)
{
	/* that of the results may find no room at the server, and then nothing of the job is left there */
	static const enum job_stream order[JOB_STREAMS] = { JOB_RESULTS, JOB_QUEUE, JOB_LIST, JOB_DEAD };
	const struct job *job = &submit->made.job;
	struct bus_stream stream[JOB_STREAMS] = {
		[JOB_QUEUE] = { .is_queue = true }, [JOB_RESULTS] = { .max_bytes = job->results_size }
	};
	enum bus_result result = BUS_OK;

	for (unsigned i = 0; i < JOB_STREAMS; i++) {
		job_stream_name(job->name, i, stream[i].name);
		job_subjects(job->name, i, stream[i].subject[0]);
	}
	for (unsigned i = 0; i < JOB_STREAMS && result == BUS_OK; i++)
		result = bus_stream_create(submit->fleet.bus, &stream[order[i]], submit->error);
	if (result == BUS_FULL)
		explain_no_room(submit);
	return result;
}

static enum bus_result create_consumers(struct submit *submit)
{
	const struct job *job = &submit->made.job;
	const struct bus_consumer_options options = { job->ack_wait_s, job->deliveries };
	char queue[BUS_NAME_MAX], consumer[BUS_NAME_MAX], subject[BUS_NAME_MAX];
	enum bus_result result = BUS_OK;

	job_stream_name(job->name, JOB_QUEUE, queue);
	for (unsigned lane = 0; lane < job->lanes && result == BUS_OK; lane++) {
		job_consumer_name(lane, consumer);
		job_queue_subject(job->name, lane, subject);
		result = bus_consumer_create(submit->fleet.bus, queue, consumer, subject, &options, submit->error);
	}
	return result;
}

static enum bus_result create_buckets(struct submit *submit)
{
	const struct job *job = &submit->made.job;
	const double life_s[JOB_BUCKETS] = { [JOB_ALIVE] = job->ack_wait_s };
	struct bus_bucket **bucket[JOB_BUCKETS] = { &submit->fleet.book, &submit->fleet.alive };
	enum bus_result result = BUS_OK;
	char name[BUS_NAME_MAX];

	for (unsigned i = 0; i < JOB_BUCKETS && result == BUS_OK; i++) {
		bus_bucket_close(*bucket[i]);
		*bucket[i] = NULL;
		job_bucket_name(job->name, i, name);
		result = bus_bucket_create(submit->fleet.bus, name, life_s[i], bucket[i], submit->error);
	}
	return result;
}

/* Somebody may have been faster. */
static enum bus_result create_manifest(struct submit *submit)
{
	enum bus_result result = BUS_REFUSED;
	struct text text;

	text_open_memory(&text);
	if (job_write(&submit->made.job, &text, submit->error) == 0)
		result = bus_create(submit->fleet.book, JOB_MANIFEST, (struct span){ text.data, text.used },
				    submit->error);
	text_free(&text);
	if (result != BUS_EXISTS)
		return result;
	bus_bucket_close(submit->fleet.book);
	submit->fleet.book = NULL;
	return find_job(submit);
}

static enum bus_result store_files(struct submit *submit)
{
	size_t most = bus_data_max(submit->fleet.bus) < FILE_PART ? bus_data_max(submit->fleet.bus) : FILE_PART;
	enum bus_result result = BUS_OK;
	char key[BUS_NAME_MAX];

	for (size_t i = 0; i < submit->made.job.file_count; i++) {
		struct span rest = { submit->made.content[i].data, submit->made.content[i].used };

		for (unsigned part = 0; rest.n > 0; part++) {
			size_t n = rest.n < most ? rest.n : most;

			job_file_key(i, part, key);
			result = bus_create(submit->fleet.book, key, (struct span){ rest.p, n }, submit->error);
			if (result != BUS_OK && result != BUS_EXISTS)
				return result;
			rest = span_skip(rest, n);
		}
	}
	return BUS_OK;
}

/* @is_new: nobody has seen it yet, so its book of shares is empty. One that is missing later is closed for a while:
 * workers may use what the old one gave them. */
static enum bus_result create_job(struct submit *submit, bool is_new)
{
	enum bus_result result = create_streams(submit);

	if (result == BUS_OK)
		result = create_consumers(submit);
	if (result == BUS_OK)
		result = create_buckets(submit);
	if (result == BUS_OK && is_new)
		result = ledger_create(submit->fleet.book, submit->error);
	if (result == BUS_OK)
		result = create_manifest(submit);
	return result == BUS_OK ? store_files(submit) : result;
}

/* ---- chunks ---- */

static int on_chunk(void *arg, const struct job_chunk *chunk, struct span data, struct error *error)
{
	struct submit *submit = arg;
	bool duplicate = false;

	if (cut_publish(submit->fleet.bus, submit->made.job.name, chunk, data, &duplicate, error) != BUS_OK)
		return -1;
	submit->chunks++;
	submit->there += duplicate;
	return 0;
}

static int fill_queue(struct submit *submit, const char *path)
{
	struct cut_options cut = list_of(submit, path);
	enum bus_result result = fleet_read_cut(submit->fleet.book, JOB_DOMAINS, &submit->cut, submit->error);

	if (result == BUS_OK) {
		submit->there = submit->chunks = submit->cut.end - submit->cut.first;
		return 0;
	}
	if (result != BUS_MISSING)
		return -1;
	if (cut_list(&cut, on_chunk, submit, &submit->cut, submit->error) != 0)
		return name_list(submit, path);
	return done(fleet_put_cut(submit->fleet.book, JOB_DOMAINS, &submit->cut, submit->error));
}

/* ---- dead ones ---- */

static bool is_dead(const struct submit *submit, uint32_t chunk)
{
	for (size_t i = 0; i < submit->dead.count; i++)
		if (submit->dead.number[i] == chunk)
			return true;
	return false;
}

/* Its message first: killed between the two, the next run finds it there already. */
static int put_back(struct submit *submit, struct job_chunk *chunk, struct span data)
{
	struct bus_value value;
	struct job_dead dead;
	char key[BUS_NAME_MAX];
	bool was_there = true;

	job_key(JOB_KEY_DEAD, chunk->number, key);
	if (bus_get(submit->fleet.book, key, &value, submit->error) != BUS_OK)
		return -1;
	if (job_dead_read(&dead, value.data, submit->error) != 0) /* dead it is, whoever wrote that */
		dead.round = 0;
	/* who found its results lost did not know how often it was put back */
	for (unsigned tries = 0; was_there && tries < ROUNDS_MAX; tries++) {
		chunk->round = ++dead.round;
		if (cut_publish(submit->fleet.bus, submit->made.job.name, chunk, data, &was_there, submit->error) !=
		    BUS_OK)
			return -1;
	}
	if (bus_remove(submit->fleet.book, key, submit->error) != BUS_OK)
		return -1;
	submit->put_back++;
	return 0;
}

static int on_chunk_again(void *arg, const struct job_chunk *chunk, struct span data, struct error *error)
{
	struct submit *submit = arg;
	struct job_chunk again = *chunk;

	(void)error; /* it is submit's */
	return is_dead(submit, chunk->number) ? put_back(submit, &again, data) : 0;
}

/* Mail servers stand in no list of ours: what is at the server is taken once more. @lost: it has none, which stops none
 * of the others. */
static int put_back_hosts(struct submit *submit, uint32_t number, struct error *lost)
{
	struct job_chunk chunk = { .number = number, .stage = JOB_HOSTS, .lane = number % submit->made.job.lanes };
	enum bus_result result;
	struct text list;
	int failed;

	text_open_memory(&list);
	result = cut_fetch_again(submit->fleet.bus, submit->made.job.name, &chunk, &list, submit->error);
	failed = result == BUS_OK ? put_back(submit, &chunk, (struct span){ list.data, list.used }) : -1;
	text_free(&list);
	if (result == BUS_MISSING)
		*lost = *submit->error;
	return result == BUS_MISSING ? 0 : failed;
}

static int retry_dead(struct submit *submit, const char *path)
{
	struct cut_options cut = list_of(submit, path);
	struct bus_value value;
	struct job_cut again;
	struct error lost = { "" };
	size_t hosts = 0;
	int result = 0;

	if (bus_get(submit->fleet.book, JOB_COLLECTED, &value, submit->error) == BUS_OK)
		return error_set(submit->error,
				 "job %s is collected, without its dead chunks: 'stsurvey scan --resume' with the same "
				 "list and options scans what they had",
				 submit->made.job.name);
	*submit->error = (struct error){ "" };
	submit->fleet.job = submit->made.job; /* which owns nothing */
	if (fleet_bury(&submit->fleet, NULL, submit->error) != BUS_OK)
		return -1;
	if (job_numbers_read(submit->fleet.book, JOB_KEY_DEAD, &submit->dead, submit->error) != BUS_OK)
		return -1;
	for (size_t i = 0; i < submit->dead.count && result == 0; i++) {
		if (submit->dead.number[i] < submit->cut.end)
			continue;
		result = put_back_hosts(submit, submit->dead.number[i], &lost);
		hosts++;
	}
	if (result == 0 && hosts < submit->dead.count &&
	    cut_list(&cut, on_chunk_again, submit, &again, submit->error) != 0)
		return name_list(submit, path);
	if (result == 0 && lost.text[0])
		result = error_set(submit->error, "%s", lost.text);
	return result;
}

/* ---- what is told ---- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int tell_done(const struct submit *submit)
{
	struct job_numbers numbers[2] = { 0 };
	static const enum job_key keys[2] = { JOB_KEY_DONE, JOB_KEY_DEAD };
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < COUNT_OF(keys) && result == 0; i++)
		result = done(job_numbers_read(submit->fleet.book, keys[i], &numbers[i], submit->error));
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		count += numbers[i].count;
	if (result == 0 && count > 0)
		fprintf(stderr, "stsurvey fleet submit: %zu of its chunks are done, %zu dead%s\n", numbers[0].count,
			numbers[1].count, count >= submit->chunks ? "; no worker has to be started" : "");
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		free(numbers[i].number);
	return result;
}

static int tell(const struct submit *submit)
{
	const struct options *options = submit->options;
	struct job_bearing bears = job_bears(&submit->made.job);
	const char *job = submit->made.job.name, *url = options->nats;

	if (options->quiet)
		return 0;
	log_progress_end();
	fprintf(stderr,
		"stsurvey fleet submit: job %s: %" PRIu32 " chunk%s of %" PRIu64 " domain%s; %" PRIu32
		" were there already; start workers with: stsurvey fleet work %s%s%s--job %s -d DIR\n",
		job, submit->chunks, plural(submit->chunks), submit->cut.entries, plural(submit->cut.entries),
		submit->there, url ? "--nats " : "", url ? url : "", url ? " " : "", job);
	if (bears.workers < SHOWN_WORKERS)
		fprintf(stderr, "stsurvey fleet submit: --%s bears %" PRIu64 " worker%s at once; further ones wait\n",
			bears.limit, bears.workers, plural(bears.workers));
	if (options->retry_dead)
		fprintf(stderr, "stsurvey fleet submit: %" PRIu32 " dead chunk%s put back\n", submit->put_back,
			plural(submit->put_back));
	return tell_done(submit);
}

/* ---- all of it ---- */

static int submit_all(struct submit *submit)
{
	enum bus_result result;
	const char *path;

	if (done(fleet_connect(submit->options, "submit", &submit->fleet.bus, submit->error)) != 0)
		return -1;
	bus_set_patience(submit->fleet.bus, 0);
	path = find_list(submit);
	if (!path || look_at_list(submit, path) != 0)
		return -1;
	result = find_job(submit);
	if (result != BUS_OK && result != BUS_MISSING)
		return -1;
	*submit->error = (struct error){ "" };
	if (done(create_job(submit, result == BUS_MISSING)) != 0 || fill_queue(submit, path) != 0)
		return -1;
	*submit->error = (struct error){ "" };
	if (submit->options->retry_dead && retry_dead(submit, path) != 0)
		return -1;
	return tell(submit);
}

int fleet_submit(const struct options *options, struct error *error)
{
	struct submit *submit;
	int result;

	if (!options_given(options, "input-file") && isatty(STDIN_FILENO)) {
		error_set(error, "no domains: give --input-file FILE");
		return EXIT_USAGE;
	}
	submit = calloc(1, sizeof(*submit));
	if (!submit) {
		error_set(error, "out of memory");
		return EXIT_FATAL;
	}
	submit->options = options;
	submit->error = error;
	submit->copy = -1;
	submit->told_ms = machine_clock_ms();
	stop_signal_catch();
	result = submit_all(submit);
	log_progress_end();
	fleet_close(&submit->fleet);
	submission_free(&submit->made);
	free(submit->dead.number);
	if (submit->copy >= 0)
		close(submit->copy);
	free(submit);
	if (result != 0 && stop_signal)
		return fleet_ended(error);
	return result == 0 ? EXIT_COMPLETE : EXIT_FATAL;
}

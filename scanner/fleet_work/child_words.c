/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/child_words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/fleet/ledger.h"
#include "scanner/options/option_files.h"
#include "scanner/options/option_table.h"
#include "scanner/rules/public_resolvers.h"

/* What a chunk is of. */
enum {
	OF_DOMAINS = 1,
	OF_LIST = 2,  /* mail servers that the list names (--mx-hosts) */
	OF_HOSTS = 4, /* mail servers of the job's domains: stage 1 */
	PROBED = OF_LIST | OF_HOSTS,
	LISTED = OF_DOMAINS | OF_LIST,
	ANY = OF_DOMAINS | PROBED,
	OF_ITS_ROWS = 8, /* another list's are of another kind, and chosen by none of it */
	OF_A_LAB = 16,   /* leads to what is not public: not without the worker's consent */
	NONE = 0,        /* the cut has done it */
};

struct taken {
	const char *name;
	unsigned of;
};

/* The job's options, but for its rates. */
static const struct taken of_job[] = {
	{ "input-format", NONE },
	{ "origin", NONE },
	{ "label", OF_DOMAINS | OF_ITS_ROWS },
	{ "seed", ANY },
	{ "sample", LISTED | OF_ITS_ROWS }, /* by the name: what was chosen is chosen again */
	{ "sample-key", LISTED | OF_ITS_ROWS },
	{ "max-domains", NONE },
	{ "timeout", ANY },
	{ "retries", ANY },
	{ "direct", OF_DOMAINS },
	{ "server-patience", OF_DOMAINS },
	{ "audit", OF_DOMAINS },
	{ "audit-limit", OF_DOMAINS },
	{ "dns-port", OF_DOMAINS | OF_A_LAB },
	{ "http-timeout", ANY },
	{ "smtp", NONE }, /* mail servers are a stage of their own, so that each is probed once */
	{ "mx-hosts", NONE },
	{ "smtp-timeout", PROBED },
	{ "smtp-canaries", PROBED },
	{ "smtp-without-sni", PROBED },
	{ "keep-certificates", ANY },
	{ "contact", ANY },
	{ "blocklist-file", ANY },
	{ "domain-blocklist-file", ANY },
	{ "allow-reserved", ANY | OF_A_LAB },
	{ "https-port", ANY | OF_A_LAB },
	{ "smtp-port", PROBED | OF_A_LAB },
	{ "ca-file", ANY },
};

/* The worker's own; its name servers stand beside them. */
static const struct taken of_worker[] = {
	{ "sync-interval", ANY },    { "threads", ANY },        { "concurrency", ANY }, { "http-concurrency", ANY },
	{ "smtp-concurrency", ANY }, { "ehlo-domain", PROBED }, { "trust-ad", PROBED },
};

/* The job's limits, of which a worker has its share. */
static const unsigned limit_of[LIMITS] = {
	[LIMIT_PER_HOST] = ANY, [LIMIT_RATE] = ANY,          [LIMIT_RESOLVER] = ANY,        [LIMIT_HOST] = ANY,
	[LIMIT_PROVIDER] = ANY, [LIMIT_SERVER] = OF_DOMAINS, [LIMIT_OPERATOR] = OF_DOMAINS,
};

enum { RATE_PLACES = 1000 }; /* a share is rounded down to a thousandth, so that the sum of all stays below */

/* What three thirds in millionths lack of a whole is made up for first; of all workers there are it is not one. */
#define PART_MISSING 0.0001

static unsigned what_of(const struct child_request *request)
{
	if (request->stage == JOB_HOSTS)
		return OF_HOSTS;
	return job_option(request->job, "mx-hosts") ? OF_LIST : OF_DOMAINS;
}

/* ---- words ---- */

static void put_word(struct text *out, struct child_words *words, struct span name, struct span value)
{
	text_literal(out, "--");
	text_put(out, name);
	if (value.p) {
		text_char(out, '=');
		text_put(out, value);
	}
	text_char(out, '\0');
	words->count++;
}

static void put_plain(struct text *out, struct child_words *words, const char *word)
{
	text_string(out, word);
	text_char(out, '\0');
	words->count++;
}

static void put_option(struct text *out, struct child_words *words, const char *name, const char *value)
{
	put_word(out, words, span_of(name), value ? span_of(value) : (struct span){ NULL, 0 });
}

/* ---- the job's options ---- */

static const struct taken *find_taken(const struct taken *table, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(span_of(table[i].name), name))
			return &table[i];
	return NULL;
}

static bool is_limit(struct span name)
{
	for (size_t i = 0; i < LIMITS; i++)
		if (span_equal(span_of(job_limit_table[i].name), name))
			return true;
	return false;
}

/* Its number among the job's files, or -1. */
static int file_of(const struct job *job, struct span option, struct span path)
{
	for (size_t i = 0; i < job->file_count; i++)
		if (span_equal(job->file[i].option, option) && span_equal(job->file[i].path, path))
			return (int)i;
	return -1;
}

/* A value that names the file @path, with the copy's name. */
static int put_file(struct text *out, struct child_words *words, const struct child_request *request,
		    const struct record_option *option, struct span path, struct error *error)
{
	int number = file_of(request->job, option->name, path);
	char value[JOB_WORD_MAX];

	if (number < 0)
		return error_set(error, "job %s: the file '%.*s' of --%.*s did not come with it", request->job->name,
				 (int)option->value.n, option->value.p, (int)option->name.n, option->name.p);
	snprintf(value, sizeof(value), "%s%s/%d", path.n < option->value.n ? "@" : "", request->files, number);
	put_word(out, words, option->name, span_of(value));
	return 0;
}

static int put_of_job(struct text *out, struct child_words *words, const struct child_request *request,
		      const struct record_option *option, struct error *error)
{
	const struct taken *taken = find_taken(of_job, COUNT_OF(of_job), option->name);
	const struct option_row *row = option_find(option->name, 1u << COMMAND_SCAN);
	struct span path;

	if (is_limit(option->name))
		return 0;
	if (!taken || !row)
		return error_set(error, "job %s: no worker takes its option --%.*s", request->job->name,
				 (int)option->name.n, option->name.p);
	if (option->value.n > 0 && memchr(option->value.p, '\0', option->value.n))
		return error_set(error, "job %s: --%s has a NUL octet in it", request->job->name, taken->name);
	if (!(taken->of & what_of(request)) || (request->is_probe && taken->of & OF_ITS_ROWS))
		return 0;
	path = option_file_read(row, option->value);
	if (path.p)
		return put_file(out, words, request, option, path, error);
	put_word(out, words, option->name, row->argument ? option->value : (struct span){ NULL, 0 });
	return 0;
}

/* Does the worker's own --allow-reserved cover it? */
static bool is_consented(const struct options *worker, const struct record_option *asked)
{
	static const struct span networks = { "allow-reserved", sizeof("allow-reserved") - 1 };

	for (size_t i = 0; i < worker->given_count; i++)
		if (span_equal(worker->given[i].name, networks) &&
		    (!span_equal(asked->name, networks) || span_equal(worker->given[i].value, asked->value)))
			return true;
	return false;
}

int child_words_consent(const struct job *job, const struct options *worker, struct error *error)
{
	for (size_t i = 0; i < job->option_count; i++) {
		const struct record_option *option = &job->option[i];
		const struct taken *taken = find_taken(of_job, COUNT_OF(of_job), option->name);

		if (taken && taken->of & OF_A_LAB && !is_consented(worker, option))
			return error_set(
				error,
				"job %s: has --%s %.*s, which leads to what is not public: a worker takes such a job "
				"only with --allow-reserved of its own, and for the same networks",
				job->name, taken->name, (int)option->value.n, option->value.p);
	}
	return 0;
}

/* ---- limits ---- */

/* What the scan would take for itself; below 0: none of its own. */
static double default_of(const struct child_request *request, enum job_limit limit)
{
	if (limit != LIMIT_RATE)
		return job_limit_default(request->job, limit);
	if (request->worker->resolver)
		return 0;
	return request->is_public ? PUBLIC_RESOLVER_RATE : OPTIONS_SHARED_RATE;
}

/* No more workers have a share than the limit bears (job_bears). Who has less nevertheless, or none (a scan of
 * nothing), has the least that there is: 0 would be no limit. */
static double share_of(double value, uint32_t share, bool is_whole)
{
	double places = is_whole ? 1 : RATE_PLACES, least = is_whole ? 1 : RATE_LEAST;
	double part = floor((value * share / LEDGER_WHOLE + PART_MISSING) * places) / places;

	return value == 0 ? 0 : part < least ? least : part;
}

static int put_limit(struct text *out, struct child_words *words, const struct child_request *request,
		     enum job_limit limit, struct error *error)
{
	double value = default_of(request, limit);
	char number[32];

	if (!(limit_of[limit] & what_of(request)))
		return 0;
	if (job_option_number(request->job, job_limit_table[limit].name, &value, error) < 0)
		return -1;
	if (value < 0)
		return 0;
	if (!job_limit_table[limit].is_laned || request->job->lanes <= 1)
		value = share_of(value, request->share, job_limit_table[limit].is_whole);
	snprintf(number, sizeof(number), "%.10g", value);
	put_option(out, words, job_limit_table[limit].name, number);
	return 0;
}

/* ---- the worker's own ---- */

static void put_servers(struct text *out, struct child_words *words, const struct options *worker)
{
	char one[ENDPOINT_TEXT_MAX];

	if (worker->resolver && worker->server_count > 0) /* which is ours: the scan notes what it is, not where */
		put_option(out, words, "resolver", "unbound");
	if (worker->server_count == 0)
		return;
	text_literal(out, "--name-servers=");
	for (unsigned i = 0; i < worker->server_count; i++) {
		endpoint_text(&worker->server[i], one);
		text_string(out, i > 0 ? "," : "");
		text_string(out, one);
	}
	text_char(out, '\0');
	words->count++;
}

static void put_of_worker(struct text *out, struct child_words *words, const struct child_request *request)
{
	const struct options *worker = request->worker;

	for (size_t i = 0; i < worker->given_count; i++) {
		const struct record_option *option = &worker->given[i];
		const struct taken *taken = find_taken(of_worker, COUNT_OF(of_worker), option->name);
		const struct option_row *row = option_find(option->name, 1u << COMMAND_SCAN);

		if (taken && row && taken->of & what_of(request))
			put_word(out, words, option->name, row->argument ? option->value : (struct span){ NULL, 0 });
	}
	put_servers(out, words, worker);
	for (unsigned i = 0; i < worker->verbose; i++)
		put_plain(out, words, "--verbose");
	put_plain(out, words, "--quiet");
}

/* ---- the whole ---- */

static int put_all(struct text *out, struct child_words *words, const struct child_request *request,
		   struct error *error)
{
	char first[24];

	snprintf(first, sizeof(first), "%llu", (unsigned long long)request->first);
	put_plain(out, words, request->program);
	put_plain(out, words, "scan");
	put_option(out, words, "input-file", "-");
	put_option(out, words, "input-format", "chunk");
	put_option(out, words, "first-index", first);
	put_option(out, words, "output-file", request->output);
	put_option(out, words, "status-updates-file", request->status);
	if (request->resume)
		put_option(out, words, "resume", NULL);
	if (what_of(request) & PROBED)
		put_option(out, words, "mx-hosts", NULL);
	for (size_t i = 0; i < request->job->option_count; i++)
		if (put_of_job(out, words, request, &request->job->option[i], error) < 0)
			return -1;
	for (enum job_limit limit = 0; limit < LIMITS; limit++)
		if (put_limit(out, words, request, limit, error) < 0)
			return -1;
	put_of_worker(out, words, request);
	return text_failed(out) ? error_set(error, "%s", strerror(ENOMEM)) : 0;
}

int child_words_make(struct child_words *words, const struct child_request *request, struct error *error)
{
	struct text out;
	char *at;

	*words = (struct child_words){ 0 };
	text_open_memory(&out);
	if (put_all(&out, words, request, error) < 0) {
		text_free(&out);
		return -1;
	}
	words->own = out.data;
	words->word = calloc(words->count + 1, sizeof(*words->word));
	if (!words->word) {
		child_words_free(words);
		return error_set(error, "%s", strerror(ENOMEM));
	}
	at = words->own;
	for (size_t i = 0; i < words->count; i++) {
		words->word[i] = at;
		at += strlen(at) + 1;
	}
	return 0;
}

void child_words_free(struct child_words *words)
{
	free(words->word);
	free(words->own);
	*words = (struct child_words){ 0 };
}

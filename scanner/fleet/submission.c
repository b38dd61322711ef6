/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/fleet/digest.h"
#include "scanner/options/option_files.h"
#include "scanner/options/option_table.h"

/* Options of both commands that are about this run of submit: the list is told by itself, and what --config says stands
 * among the options as if it had been given. */
static const char *const own_options[] = { "input-file", "quiet", "config" };

static bool is_own(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(own_options); i++)
		if (span_equal(name, span_of(own_options[i])))
			return true;
	return !option_find(name, 1u << COMMAND_SCAN);
}

/* ---- files that travel along ---- */

/* NULL .p: none. */
static struct span path_of(const struct record_option *option)
{
	return option_file_read(option_find(option->name, 1u << COMMAND_FLEET_SUBMIT), option->value);
}

/* All octets of @fd behind @content, as far as there is room for them. 0, or errno. */
static int read_all(int fd, struct text *content)
{
	enum { READ = 64 * 1024 };
	ssize_t n = 1;

	while (n != 0 && content->used <= JOB_FILES_OCTETS_MAX) {
		if (!text_room(content, READ))
			return ENOMEM;
		n = read(fd, content->data + content->used, READ);
		if (n < 0 && errno != EINTR)
			return errno;
		content->used += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int take_file(struct submission *submission, const struct record_option *option, uint64_t *octets,
		     struct error *error)
{
	struct job_file *file = &submission->file[submission->job.file_count];
	struct text *content = &submission->content[submission->job.file_count];
	struct span path = path_of(option); /* ends with NUL, as the option does */
	int fd = open(path.p, O_RDONLY | O_CLOEXEC), number;
	struct stat status;

	if (fd < 0)
		return error_set(error, "--%s %s: %s", option->name.p, path.p, strerror(errno));
	number = fstat(fd, &status) == 0 ? 0 : errno;
	if (number == 0 && !S_ISREG(status.st_mode)) {
		close(fd);
		return error_set(error, "--%s %s: no regular file: what it names travels with the job", option->name.p,
				 path.p);
	}
	if (number == 0)
		number = read_all(fd, content);
	close(fd);
	if (number != 0)
		return error_set(error, "--%s %s: %s", option->name.p, path.p, strerror(number));
	submission->job.file_count++;
	*octets += content->used;
	if (*octets > JOB_FILES_OCTETS_MAX)
		return error_set(error, "--%s %s: the files that travel with a job have at most %d MiB in all",
				 option->name.p, path.p, JOB_FILES_OCTETS_MAX >> 20);
	*file = (struct job_file){ .option = option->name, .path = path, .size = content->used };
	return digest_of((struct span){ content->data, content->used }, file->sha256)
		       ? 0
		       : error_set(error, "out of memory");
}

/* ---- options ---- */

static int add_option(struct submission *submission, struct span name, struct span value, struct error *error)
{
	if (submission->job.option_count == JOB_OPTIONS_MAX)
		return error_set(error, "a job has at most %d options", JOB_OPTIONS_MAX);
	submission->option[submission->job.option_count++] = (struct record_option){ name, value };
	return 0;
}

/* A scan audits a thousandth and 10,000 answers at least: each chunk would, and of all chunks that were everything. A
 * domain has two answers that may be negative. */
static int add_audit(struct submission *submission, const struct options *options, uint64_t domains,
		     struct error *error)
{
	double share = fmin(1, fmax(OPTIONS_AUDIT, OPTIONS_AUDIT_LEAST / (2.0 * (double)domains)));

	if (!options->direct || options_given(options, "audit"))
		return 0;
	snprintf(submission->audit, sizeof(submission->audit), "%.10g", share);
	return add_option(submission, SPAN_LITERAL("audit"), span_of(submission->audit), error);
}

static int take_options(struct submission *submission, const struct options *options, uint64_t domains,
			struct error *error)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < options->given_count; i++) {
		const struct record_option *given = &options->given[i];

		if (is_own(given->name))
			continue;
		if (add_option(submission, given->name, given->value, error) != 0 ||
		    (path_of(given).p && take_file(submission, given, &octets, error) != 0))
			return -1;
	}
	return add_audit(submission, options, domains, error);
}

/* ---- the hash ---- */

static int by_name(const void *a, const void *b)
{
	const struct record_option *one = *(const struct record_option *const *)a;
	const struct record_option *other = *(const struct record_option *const *)b;
	int order = span_compare(one->name, other->name);

	return order != 0 ? order : (one > other) - (one < other);
}

/* By their names; those of one name in the order they were given in. */
static void sort_options(const struct job *job, const struct record_option *sorted[static JOB_OPTIONS_MAX])
{
	for (size_t i = 0; i < job->option_count; i++)
		sorted[i] = &job->option[i];
	qsort(sorted, job->option_count, sizeof(*sorted), by_name);
}

/* What an option amounts to: of one that names a file the file's content. */
static struct span content_of(const struct job *job, const struct record_option *option)
{
	struct span path = path_of(option);

	for (size_t i = 0; i < job->file_count && path.p; i++)
		if (span_equal(job->file[i].option, option->name) && span_equal(job->file[i].path, path))
			return span_of(job->file[i].sha256);
	return option->value;
}

/* Of what the job is, in one form: the order of options, the names of files and the time of the list do not matter. */
static int hash_job(struct submission *submission, struct error *error)
{
	const struct record_option *sorted[JOB_OPTIONS_MAX];
	struct record_option option[JOB_OPTIONS_MAX];
	struct job job = submission->job;
	struct text text;
	int result;

	sort_options(&submission->job, sorted);
	for (size_t i = 0; i < job.option_count; i++)
		option[i] = (struct record_option){ sorted[i]->name, content_of(&submission->job, sorted[i]) };
	job.option = option;
	job.file_count = 0;
	job.list = (struct span){ "", 0 };
	job.list_mtime = 0;
	text_open_memory(&text);
	result = job_write(&job, &text, error);
	if (result == 0 && !digest_of((struct span){ text.data, text.used }, submission->job.hash))
		result = error_set(error, "out of memory");
	text_free(&text);
	return result;
}

int submission_make(struct submission *submission, const struct options *options, const struct cut_look *look,
		    struct error *error)
{
	struct job *job = &submission->job;

	*submission = (struct submission){ 0 };
	for (size_t i = 0; i < JOB_OPTIONS_MAX; i++)
		text_open_memory(&submission->content[i]);
	*job = (struct job){ .tool = JOB_TOOL,
			     .list = span_of(options->input_file),
			     .list_size = look->identity.size,
			     .list_sample = look->identity.sample,
			     .list_hash = look->identity.hash,
			     .list_mtime = look->identity.mtime,
			     .entries = look->entries,
			     .chunk = options->chunk,
			     .lanes = options->direct && look->has_servers ? JOB_LANES : 1,
			     .ack_wait_s = options->ack_wait,
			     .deliveries = options->deliveries,
			     .results_size = options->results_size,
			     .smtp = options->mx_hosts ? OPTIONS_SMTP_NONE : options->smtp,
			     .option = submission->option,
			     .file = submission->file };
	snprintf(job->name, sizeof(job->name), "%s", options->job);
	if (look->taken == 0)
		return error_set(error, "%s: --sample takes none of its %" PRIu64 " entries",
				 feed_name(options->input_file), look->entries);
	if (take_options(submission, options, look->taken, error) != 0)
		return -1;
	return hash_job(submission, error);
}

void submission_free(struct submission *submission)
{
	for (size_t i = 0; i < JOB_OPTIONS_MAX; i++)
		text_free(&submission->content[i]);
}

/* ---- another job ---- */

static void say(struct text *text, struct span name, struct span there, struct span here)
{
	static const struct span none = SPAN_LITERAL("not given");

	text_string(text, text->used > 0 ? "; " : "");
	text_put(text, name);
	text_char(text, ' ');
	text_put(text, there.p ? there : none);
	text_string(text, " → ");
	text_put(text, here.p ? here : none);
}

static void compare_number(struct text *text, const char *name, double there, double here)
{
	char a[32], b[32];

	if (there == here)
		return;
	snprintf(a, sizeof(a), "%.15g", there);
	snprintf(b, sizeof(b), "%.15g", here);
	say(text, span_of(name), span_of(a), span_of(b));
}

/* The @i-th option of that name. */
static const struct record_option *nth(const struct job *job, struct span name, size_t n)
{
	for (size_t i = 0; i < job->option_count; i++)
		if (span_equal(job->option[i].name, name) && n-- == 0)
			return &job->option[i];
	return NULL;
}

static size_t number_among(const struct job *job, const struct record_option *option)
{
	size_t n = 0;

	for (size_t i = 0; &job->option[i] != option; i++)
		n += span_equal(job->option[i].name, option->name);
	return n;
}

/* Each of @job's beside the other's. @is_there: @job is the one at the server. */
static void compare_options(struct text *text, const struct job *job, const struct job *other, bool is_there)
{
	static const struct span none = { NULL, 0 };

	for (size_t i = 0; i < job->option_count; i++) {
		const struct record_option *one = &job->option[i];
		const struct record_option *same = nth(other, one->name, number_among(job, one));
		struct text name;

		if (same && (!is_there || span_equal(content_of(job, one), content_of(other, same))))
			continue;
		text_open_memory(&name);
		text_literal(&name, "--");
		text_put(&name, one->name);
		if (same && span_equal(one->value, same->value))
			text_literal(&name, " (its content)");
		say(text, (struct span){ name.data, name.used }, is_there ? one->value : none,
		    is_there ? (same ? same->value : none) : one->value);
		text_free(&name);
	}
}

int submission_compare(const struct job *there, const struct job *here, struct error *error)
{
	struct text text;

	if (strcmp(there->hash, here->hash) == 0)
		return 0;
	text_open_memory(&text);
	if (strcmp(there->tool, here->tool) != 0)
		say(&text, SPAN_LITERAL("program"), span_of(there->tool), span_of(here->tool));
	if (there->list_hash != here->list_hash || there->list_size != here->list_size)
		say(&text, SPAN_LITERAL("list"), there->list, here->list);
	compare_number(&text, "entries", (double)there->entries, (double)here->entries);
	compare_number(&text, "--chunk", there->chunk, here->chunk);
	compare_number(&text, "--ack-wait", there->ack_wait_s, here->ack_wait_s);
	compare_number(&text, "--deliveries", there->deliveries, here->deliveries);
	compare_number(&text, "--results-size", (double)there->results_size, (double)here->results_size);
	compare_options(&text, there, here, true);
	compare_options(&text, here, there, false);
	if (text.used == 0)
		text_literal(&text, "the order of options");
	error_set(error,
		  "job %s is another one at the server: %.*s; submit this one under another name, or end that with "
		  "'stsurvey fleet cancel'",
		  here->name, (int)(text.used < 300 ? text.used : 300), text.data);
	text_free(&text);
	return -1;
}

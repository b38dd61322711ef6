/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/job.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "scanner/fleet/job_member.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/server_books.h"

/* ---- the manifest ---- */

static const char *const smtp_words[] = { "none", "sts", "all" };

_Static_assert(COUNT_OF(smtp_words) == OPTIONS_SMTP_ALL + 1, "one each");

static const struct job_member job_members[] = {
	JOB_MEMBER(job, name, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job, hash, JOB_MEMBER_HASH, 0, 0, NULL),
	JOB_MEMBER(job, tool, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job, list, JOB_MEMBER_SPAN, 0, 0, NULL),
	JOB_MEMBER(job, list_size, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job, list_sample, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job, list_hash, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job, list_mtime, JOB_MEMBER_INT, 0, 0, NULL),
	JOB_MEMBER(job, entries, JOB_MEMBER_UINT, 1, UINT64_MAX, NULL),
	JOB_MEMBER(job, chunk, JOB_MEMBER_UINT, 1, UINT32_MAX, NULL),
	JOB_MEMBER(job, lanes, JOB_MEMBER_UINT, 1, JOB_LANES, NULL),
	JOB_MEMBER(job, ack_wait_s, JOB_MEMBER_NUMBER, 0, 0, NULL),
	JOB_MEMBER(job, deliveries, JOB_MEMBER_UINT, 1, UINT32_MAX, NULL),
	JOB_MEMBER(job, results_size, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job, smtp, JOB_MEMBER_WORD, 0, OPTIONS_SMTP_ALL, smtp_words),
};

static const struct job_member option_members[] = {
	JOB_MEMBER(record_option, name, JOB_MEMBER_SPAN, 0, 0, NULL),
	JOB_MEMBER(record_option, value, JOB_MEMBER_SPAN, 0, 0, NULL),
};

static const struct job_member file_members[] = {
	JOB_MEMBER(job_file, option, JOB_MEMBER_SPAN, 0, 0, NULL),
	JOB_MEMBER(job_file, path, JOB_MEMBER_SPAN, 0, 0, NULL),
	JOB_MEMBER(job_file, size, JOB_MEMBER_UINT, 0, JOB_FILES_OCTETS_MAX, NULL),
	JOB_MEMBER(job_file, sha256, JOB_MEMBER_HASH, 0, 0, NULL),
};

struct job_own {
	struct json_object *tree;
	struct record_option option[JOB_OPTIONS_MAX];
	struct job_file file[JOB_OPTIONS_MAX];
};

void job_free(struct job *job)
{
	struct job_own *own = job->own;

	if (own)
		json_read_free(own->tree);
	free(own);
	*job = (struct job){ 0 };
}

const struct span *job_option(const struct job *job, const char *name)
{
	for (size_t i = job->option_count; i-- > 0;)
		if (span_equal(job->option[i].name, span_of(name)))
			return &job->option[i].value;
	return NULL;
}

int job_option_number(const struct job *job, const char *name, double *value, struct error *error)
{
	const struct span *given = job_option(job, name);
	char text[32], *end;
	double number;

	if (!given)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)given->n, given->p);
	number = strtod(text, &end);
	if (given->n == 0 || *end || !isfinite(number) || number < 0)
		return error_set(error, "job %s: --%s '%s' is no number", job->name, name, text);
	*value = number;
	return 1;
}

int job_check_name(const char *name, struct error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t n = strlen(name);

	if (n == 0)
		return error_set(error, "a job's name is empty: give it one with --job, such as weekly-2026-48");
	if (n >= JOB_NAME_MAX)
		return error_set(error, "'%.40s…': a job's name has at most %d letters", name, JOB_NAME_MAX - 1);
	if (strspn(name, allowed) != n)
		return error_set(error, "'%s': a job's name is made of letters, digits, _ and -", name);
	return 0;
}

int job_write(const struct job *job, struct text *out, struct error *error)
{
	size_t from = out->used;
	struct json json;

	json_begin(&json, out);
	job_members_write(&json, job_members, COUNT_OF(job_members), job);
	json_open_array(&json, "options");
	for (size_t i = 0; i < job->option_count; i++) {
		json_open_object(&json, NULL);
		job_members_write(&json, option_members, COUNT_OF(option_members), &job->option[i]);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_open_array(&json, "files");
	for (size_t i = 0; i < job->file_count; i++) {
		json_open_object(&json, NULL);
		job_members_write(&json, file_members, COUNT_OF(file_members), &job->file[i]);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
	if (text_failed(out))
		return error_set(error, "out of memory");
	if (job->option_count > JOB_OPTIONS_MAX || job->file_count > JOB_OPTIONS_MAX)
		return error_set(error, "a job has at most %d options", JOB_OPTIONS_MAX);
	if (out->used - from > JSON_READ_OCTETS)
		return error_set(error, "the job's options have more than %d octets", JSON_READ_OCTETS);
	return 0;
}

static void read_arrays(struct json_read *read, struct job *job, struct job_own *own)
{
	size_t options = json_read_array(read, read->outermost, "options", JOB_OPTIONS_MAX);
	size_t files = json_read_array(read, read->outermost, "files", JOB_OPTIONS_MAX);
	uint64_t octets = 0;

	for (size_t i = 0; i < options && !read->failed; i++)
		job_members_read(read, json_read_element(read, read->outermost, "options", i), option_members,
				 COUNT_OF(option_members), &own->option[i]);
	for (size_t i = 0; i < files && !read->failed; i++) {
		job_members_read(read, json_read_element(read, read->outermost, "files", i), file_members,
				 COUNT_OF(file_members), &own->file[i]);
		octets += own->file[i].size;
	}
	if (octets > JOB_FILES_OCTETS_MAX)
		json_read_refuse(read, "its files have more than %d octets", JOB_FILES_OCTETS_MAX);
	job->option = own->option;
	job->option_count = options;
	job->file = own->file;
	job->file_count = files;
}

int job_read(struct job *job, struct span manifest, struct error *error)
{
	struct job_own *own = calloc(1, sizeof(*own));
	struct error wrong = { "" };
	struct json_read read;

	*job = (struct job){ .own = own };
	if (!own)
		return error_set(error, "out of memory");
	json_read_begin(&read, manifest, "the job's manifest", error);
	job_members_read(&read, read.outermost, job_members, COUNT_OF(job_members), job);
	read_arrays(&read, job, own);
	if (!read.failed && job_check_name(job->name, &wrong) != 0)
		json_read_refuse(&read, "%s", wrong.text);
	if (!read.failed && !(job->ack_wait_s > 0 && job->ack_wait_s <= JOB_ACK_WAIT_MOST))
		json_read_refuse(&read, "'ack_wait_s' is not above 0 and at most %d", JOB_ACK_WAIT_MOST);
	if (!read.failed && job->lanes != 1 && job->lanes != JOB_LANES)
		json_read_refuse(&read, "'lanes' is neither 1 nor %d", JOB_LANES);
	own->tree = json_read_keep(&read);
	if (read.failed)
		job_free(job);
	return read.failed ? -1 : 0;
}

/* ---- limits ---- */

const struct job_limit_row job_limit_table[LIMITS] = {
	[LIMIT_PER_HOST] = { "per-host", .is_whole = true },
	[LIMIT_RATE] = { "rate" },
	[LIMIT_RESOLVER] = { "resolver-rate" },
	[LIMIT_HOST] = { "host-rate" },
	[LIMIT_PROVIDER] = { "provider-rate" },
	[LIMIT_SERVER] = { "server-rate", .is_laned = true },
	[LIMIT_OPERATOR] = { "operator-rate", .is_laned = true },
};

double job_limit_default(const struct job *job, enum job_limit limit)
{
	bool is_lab = job_option(job, "allow-reserved"), is_direct = job_option(job, "direct");
	/* given for the one kind, they hold within reserved networks too: only then is either told */
	bool is_paced = !is_lab || job_option(job, "host-rate") || job_option(job, "provider-rate");
	bool is_limited = is_direct && (!is_lab || job_option(job, "server-rate") || job_option(job, "operator-rate"));

	switch (limit) {
	case LIMIT_PER_HOST:
		return OPTIONS_PER_HOST;
	case LIMIT_HOST:
		return is_paced ? FETCH_PACE_HOST : -1;
	case LIMIT_PROVIDER:
		return is_paced ? FETCH_PACE_PROVIDER : -1;
	case LIMIT_SERVER:
		return is_limited ? SERVER_RATE : -1;
	case LIMIT_OPERATOR:
		return is_limited ? OPERATOR_RATE : -1;
	default:
		return -1;
	}
}

struct job_bearing job_bears(const struct job *job)
{
	struct job_bearing fewest = { UINT64_MAX, NULL };

	for (enum job_limit limit = 0; limit < LIMITS; limit++) {
		const struct job_limit_row *row = &job_limit_table[limit];
		double value = job_limit_default(job, limit);
		struct error unused;

		if ((row->is_laned && job->lanes > 1) || job_option_number(job, row->name, &value, &unused) < 0)
			continue;
		if (value <= 0 || floor(value) >= (double)fewest.workers)
			continue;
		fewest = (struct job_bearing){ value < 1 ? 1 : (uint64_t)value, row->name };
	}
	return fewest;
}

/* ---- names ---- */

static const char *const stream_words[JOB_STREAMS] = { "QUEUE", "LIST", "RESULTS", "DEAD" };
static const char *const bucket_words[JOB_BUCKETS] = { "BOOK", "ALIVE" };
const char *const job_key_prefix[JOB_KEYS] = { "attempt.", "done.", "have.", "dead." };

/* All of them are shorter: names are cut nowhere. */
_Static_assert(sizeof("stsurvey..result.4294967295.") + JOB_NAME_MAX + JOB_FILE_HASH_TEXT <= BUS_NAME_MAX, "room");

void job_stream_name(const char *job, enum job_stream stream, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, JOB_PREFIX "%s_%s", job, stream_words[stream]);
}

void job_bucket_name(const char *job, enum job_bucket bucket, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, JOB_PREFIX "%s_%s", job, bucket_words[bucket]);
}

void job_queue_subject(const char *job, unsigned lane, char subject[static BUS_NAME_MAX])
{
	snprintf(subject, BUS_NAME_MAX, "stsurvey.%s.queue.%u", job, lane);
}

void job_subjects(const char *job, enum job_stream stream, char subjects[static BUS_NAME_MAX])
{
	static const char *const words[JOB_STREAMS] = {
		[JOB_QUEUE] = "queue.*", [JOB_LIST] = "list.*.*.*", [JOB_RESULTS] = "result.*.*"
	};
	char queue[BUS_NAME_MAX];

	job_stream_name(job, JOB_QUEUE, queue);
	if (stream == JOB_DEAD)
		snprintf(subjects, BUS_NAME_MAX, BUS_ADVISORY "%.64s.*", queue);
	else
		snprintf(subjects, BUS_NAME_MAX, "stsurvey.%s.%s", job, words[stream]);
}

void job_consumer_name(unsigned lane, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, "lane-%u", lane);
}

void job_list_subject(const char *job, uint32_t chunk, const char *file, unsigned part,
		      char subject[static BUS_NAME_MAX])
{
	snprintf(subject, BUS_NAME_MAX, "stsurvey.%s.list.%" PRIu32 ".%.*s.%u", job, chunk, JOB_FILE_HASH_TEXT - 1,
		 file, part);
}

void job_list_subject_any(const char *job, uint32_t chunk, unsigned part, char subjects[static BUS_NAME_MAX])
{
	job_list_subject(job, chunk, "*", part, subjects);
}

void job_list_subjects(const char *job, uint32_t chunk, char subjects[static BUS_NAME_MAX])
{
	snprintf(subjects, BUS_NAME_MAX, "stsurvey.%s.list.%" PRIu32 ".>", job, chunk);
}

void job_result_subject(const char *job, uint32_t chunk, const char *file, char subject[static BUS_NAME_MAX])
{
	snprintf(subject, BUS_NAME_MAX, "stsurvey.%s.result.%" PRIu32 ".%.*s", job, chunk, JOB_FILE_HASH_TEXT - 1,
		 file);
}

/* A chunk's number, as we write it, at the beginning of @text; behind it stands @end. NULL: there is none. */
static const char *parse_chunk(const char *text, char end, uint32_t *chunk)
{
	size_t n = strspn(text, "0123456789");
	uint64_t value = 0;

	if (n == 0 || (text[0] == '0' && n > 1))
		return NULL;
	for (size_t i = 0; i < n && value < JOB_CHUNKS_MAX; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	if (value >= JOB_CHUNKS_MAX || text[n] != end)
		return NULL;
	*chunk = (uint32_t)value;
	return text + n;
}

void job_file_name(const char *sha256, char file[static JOB_FILE_HASH_TEXT])
{
	snprintf(file, JOB_FILE_HASH_TEXT, "%.*s", JOB_FILE_HASH_TEXT - 1, sha256);
}

/* The digits of a file's hash, behind which stands @end. */
static bool parse_file(const char *text, char end, char file[static JOB_FILE_HASH_TEXT])
{
	if (strspn(text, "0123456789abcdef") != JOB_FILE_HASH_TEXT - 1 || text[JOB_FILE_HASH_TEXT - 1] != end)
		return false;
	job_file_name(text, file);
	return true;
}

bool job_result_parse(const char *job, const char *subject, uint32_t *chunk, char file[static JOB_FILE_HASH_TEXT])
{
	char prefix[BUS_NAME_MAX];
	size_t n = (size_t)snprintf(prefix, sizeof(prefix), "stsurvey.%s.result.", job);
	const char *at = strncmp(subject, prefix, n) == 0 ? parse_chunk(subject + n, '.', chunk) : NULL;

	return at && parse_file(at + 1, '\0', file);
}

bool job_list_parse(const char *job, uint32_t chunk, const char *subject, char file[static JOB_FILE_HASH_TEXT])
{
	char prefix[BUS_NAME_MAX];
	size_t n = (size_t)snprintf(prefix, sizeof(prefix), "stsurvey.%s.list.%" PRIu32 ".", job, chunk);

	return strncmp(subject, prefix, n) == 0 && parse_file(subject + n, '.', file);
}

void job_key(enum job_key key, uint32_t chunk, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, "%s%" PRIu32, job_key_prefix[key], chunk);
}

void job_file_key(size_t number, unsigned part, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, "file.%zu.%u", number, part);
}

void job_cut_key(enum job_stage stage, char name[static BUS_NAME_MAX])
{
	snprintf(name, BUS_NAME_MAX, "cut.%d", (int)stage);
}

bool job_key_chunk(enum job_key key, const char *name, uint32_t *chunk)
{
	size_t n = strlen(job_key_prefix[key]);

	return strncmp(name, job_key_prefix[key], n) == 0 && parse_chunk(name + n, '\0', chunk);
}

#include "analysis/pass/scan_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/scan_file/host_store.h"
#include "output/scan_file/reader.h"
#include "output/same_file.h"

static bool is_one_file(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || same_file(file_behind(a, false), file_behind(b, false));
}

int scan_files_check_distinct(const struct scan_files *files, struct error *error)
{
	for (int i = 0; i < files->count; i++)
		for (int k = 0; k < i; k++)
			if (is_one_file(files->path[i], files->path[k]))
				return error_set(error, "%s is given twice: each domain would count twice",
						 files->path[i]);
	return 0;
}

int scan_files_check_output(const struct scan_files *files, const char *output, struct error *error)
{
	for (int i = 0; i < files->count; i++)
		if (is_one_file(files->path[i], output))
			return error_set(error, "%s is a scan file to be read; choose another output", output);
	return 0;
}

/* Where a file's domains come from, as far as its header tells. */
struct origin {
	uint64_t size, sample; /* of the list; sample 0: a pipe, of which nothing is known */
	uint32_t shards, shard;
	bool of_hosts; /* the list is one of mail servers, which many files may tell of */
};

static bool overlap(const struct origin *a, const struct origin *b)
{
	return !a->of_hosts && !b->of_hosts && a->sample != 0 && a->size == b->size && a->sample == b->sample &&
	       (a->shards != b->shards || a->shard == b->shard);
}

/* One line for the user, with a file's name in it. */
__attribute__((format(printf, 2, 3))) static void warn(const struct scan_files *files, const char *format, ...)
{
	struct error line;
	va_list arguments;

	va_start(arguments, format);
	error_set_list(&line, format, arguments);
	va_end(arguments);
	fprintf(stderr, "stsurvey %s: warning: %s\n", files->command, line.text);
}

static void warn_if_overlapping(const struct scan_files *files, struct origin *origin, int file,
				const struct record_header *header, bool of_hosts)
{
	origin[file] = (struct origin){ header->input_size, header->input_sample, header->shards, header->shard,
					of_hosts };
	for (int i = 0; i < file; i++) {
		if (!overlap(&origin[i], &origin[file]))
			continue;
		warn(files, "%s and %s are scans of one list and overlap: domains of both count twice", files->path[i],
		     files->path[file]);
		return;
	}
}

static bool has_shard(const struct origin *origin, int count, uint32_t shard)
{
	for (int i = 0; i < count; i++)
		if (!origin[i].of_hosts && origin[i].shard == shard)
			return true;
	return false;
}

/* One file alone is what somebody wants to see; of several shards of one list none was left out on purpose. */
static void warn_if_shard_missing(const struct scan_files *files, const struct origin *origin)
{
	const struct origin *one = NULL;
	uint32_t first = 0;
	int count = 0;

	for (int i = 0; i < files->count; i++) {
		if (origin[i].of_hosts)
			continue;
		one = one ? one : &origin[i];
		if (origin[i].sample == 0 || origin[i].size != one->size || origin[i].sample != one->sample ||
		    origin[i].shards != one->shards)
			return;
		count++;
	}
	if (count < 2)
		return;
	/* the first that is missing is found among as many as there are files, and one */
	while (first < one->shards && has_shard(origin, files->count, first))
		first++;
	if (first < one->shards)
		warn(files, "shard %u of %u is missing: the numbers are not of the whole list", first, one->shards);
}

/* Is all there? 0, or -1 with one line in @error. */
static int judge_file(struct scan_files *files, const struct reader *reader, const char *path, struct error *error)
{
	const struct reader_end *end = reader_end(reader);
	struct error words;

	switch (reader_judge(reader, &words)) {
	case READER_WHOLE:
		if (end->trailer->completion == COMPLETION_COMPLETE)
			return 0;
		error_set(&words, "the scan was interrupted; scan --resume goes on with it");
		break;
	case READER_CUT:
		break;
	case READER_WRONG:
		if (!files->partial)
			return error_set(error, "%s is not whole: %s; --partial takes the %llu records that are there",
					 path, words.text, end->records + end->hosts);
		break;
	}
	warn(files, "%s is not complete: %s; its %llu %s are used", path, words.text,
	     end->records > 0 ? end->records : end->hosts,
	     end->records == 0 && end->hosts > 0 ? "mail servers" : "domains");
	files->incomplete++;
	return 0;
}

/* ---- reading ---- */

/* Whose mail servers a scan probes, as its header says. */
enum probed {
	PROBED_NONE,
	PROBED_STS, /* those of domains with an STS record */
	PROBED_ALL, /* of all domains with MX */
	PROBED_LIST /* of a list of their own: the file holds no domains */
};

struct source {
	struct reader *reader; /* open already: what can be read but once */
	int copy;              /* of that, read in its stead; -1: none */
	enum probed probed;
	struct error error; /* why its hosts could not all be read; "": they could */
};

/* What is read, and by whom. */
struct files_pass {
	struct scan_files *files;
	struct source *source; /* one a file, as is the next */
	struct origin *origin;
	struct host_store *hosts; /* NULL: no file has any */
	bool failed;              /* to keep a host, for this reason */
	struct error error;
	scan_files_on_domain *on_domain;
	void *arg;
	bool enough;
};

static enum probed probed_by(const struct record_header *header)
{
	enum probed probed = PROBED_NONE;

	for (size_t i = 0; i < header->option_count; i++) {
		const struct record_option *option = &header->option[i];

		if (span_equal(option->name, SPAN_LITERAL("mx-hosts")))
			return PROBED_LIST;
		if (span_equal(option->name, SPAN_LITERAL("smtp")))
			probed = span_equal(option->value, SPAN_LITERAL("all")) ? PROBED_ALL : PROBED_STS;
	}
	return probed;
}

static int open_source(struct reader **reader, const struct source *source, const char *path, struct error *error)
{
	int result = source->copy >= 0 ? reader_open_descriptor(reader, source->copy, path, error)
				       : reader_open(reader, path, error);

	return result < 0 ? -1 : 0;
}

/* See what the file holds. One that can be read but once stays open for its domains, unless it is to be read twice. */
static int look_at_source(struct source *source, const char *path, struct scan_headers *headers, struct error *error)
{
	struct reader *reader;
	bool once;

	if (open_source(&reader, source, path, error) < 0)
		return -1;
	once = !reader_can_repeat(reader);
	source->probed = probed_by(reader_header(reader));
	if (source->probed != PROBED_LIST && scan_headers_add(headers, path, reader_header(reader), error) < 0) {
		reader_close(reader);
		return -1;
	}
	if (once && source->probed == PROBED_NONE) {
		source->reader = reader;
		return 0;
	}
	if (once)
		source->copy = reader_copy(reader, error);
	reader_close(reader);
	return once && source->copy < 0 ? -1 : 0;
}

/* After a failure nothing more is kept, and reading ends. */
static void keep_host(void *arg, const struct obs_host *host)
{
	struct files_pass *pass = arg;

	pass->failed = pass->failed || host_store_put(pass->hosts, host, &pass->error) < 0;
}

static void keep_vantage(void *arg, const struct obs_vantage *vantage)
{
	struct files_pass *pass = arg;

	pass->failed = pass->failed || host_store_add_vantage(pass->hosts, vantage, &pass->error) < 0;
	if (!pass->failed && pass->files->on_vantage)
		pass->files->on_vantage(pass->arg, vantage);
}

/* The hosts of one file. Damage is told where its domains are read up to there. */
static int read_hosts(struct files_pass *pass, int file, struct error *error)
{
	struct source *source = &pass->source[file];
	struct observation none;
	struct reader *reader;
	int got;

	if (open_source(&reader, source, pass->files->path[file], error) < 0)
		return -1;
	host_store_begin(pass->hosts);
	reader_watch(reader, keep_host, keep_vantage, pass);
	while ((got = reader_next(reader, &none, &source->error)) > 0 && !pass->failed)
		;
	reader_close(reader);
	if (!pass->failed)
		return 0;
	*error = pass->error;
	return -1;
}

/* Nothing more than the headers where no file has hosts. */
static int read_headers_and_hosts(struct files_pass *pass, struct error *error)
{
	struct scan_files *files = pass->files;
	int result = 0;

	memset(&files->headers, 0, sizeof(files->headers));
	for (int i = 0; i < files->count && result == 0; i++)
		result = look_at_source(&pass->source[i], files->path[i], &files->headers, error);
	if (result == 0 && files->on_headers)
		result = files->on_headers(pass->arg, &files->headers, error);
	for (int i = 0; i < pass->files->count && result == 0; i++) {
		if (pass->source[i].probed == PROBED_NONE)
			continue;
		if (!pass->hosts)
			pass->hosts = host_store_new();
		result = pass->hosts ? read_hosts(pass, i, error) : error_set(error, "no memory");
	}
	if (pass->hosts)
		pass->files->hosts = host_store_count(pass->hosts);
	return result;
}

/* May the file's scan have meant to probe the domain's mail servers, so that one that is missing is not known? Which it
 * did, scanner/run/host_queue.h decides by the judgement, which is not there yet: where it has no record in spite of
 * some TXT, classify_mxtls takes nothing for missing. */
static bool is_probed(enum probed probed, const struct observation *o)
{
	return obs_mx_has_hosts(&o->mx) &&
	       (probed == PROBED_ALL || (probed == PROBED_STS && o->txt[TXT_STS].count > 0));
}

/* 0 or -1. */
static int take_domain(struct files_pass *pass, int file, struct reader *reader, struct observation *o,
		       struct error *error)
{
	struct classification result;
	uint64_t work;

	if (pass->hosts &&
	    (host_store_join(pass->hosts, o, is_probed(pass->source[file].probed, o), &work, error) < 0 ||
	     reader_add_work(reader, work, error) < 0))
		return -1;
	classify(o, &result);
	pass->enough = !pass->on_domain(pass->arg, o, &result);
	return 0;
}

static int read_file(struct files_pass *pass, int file, struct error *error)
{
	struct source *source = &pass->source[file];
	const char *path = pass->files->path[file];
	struct reader *reader = source->reader;
	struct observation observation;
	uint64_t domains = 0;
	int got;

	source->reader = NULL;
	if (!reader && open_source(&reader, source, path, error) < 0)
		return -1;
	warn_if_overlapping(pass->files, pass->origin, file, reader_header(reader), source->probed == PROBED_LIST);
	while (!pass->enough && (got = reader_next(reader, &observation, error)) > 0) {
		if (source->probed == PROBED_LIST)
			continue; /* a line that names no host: of a list of hosts there is no domain */
		domains++;
		got = take_domain(pass, file, reader, &observation, error);
		if (got < 0)
			break;
	}
	pass->files->domains += domains;
	if (got == 0 && !pass->enough)
		got = judge_file(pass->files, reader, path, error);
	reader_close(reader);
	if (got < 0)
		return -1;
	/* its hosts could not be read, though its domains could */
	return source->error.text[0] ? error_set(error, "%s", source->error.text) : 0;
}

static int read_all(struct files_pass *pass, struct error *error)
{
	struct scan_files *files = pass->files;

	if (read_headers_and_hosts(pass, error) < 0)
		return -1;
	for (int i = 0; i < files->count && !pass->enough; i++)
		if (read_file(pass, i, error) < 0)
			return -1;
	if (pass->enough)
		return 0;
	warn_if_shard_missing(files, pass->origin);
	if (files->domains == 0 && files->hosts > 0)
		warn(files,
		     "%s: mail servers alone, %llu of them (scan --mx-hosts), and no domain; give the scan files of "
		     "the "
		     "domains that name them, too",
		     files->count == 1 ? files->path[0] : "these files", (unsigned long long)files->hosts);
	return pass->hosts && files->on_host ? host_store_each(pass->hosts, files->on_host, pass->arg, error) : 0;
}

int scan_files_read(struct scan_files *files, scan_files_on_domain *on_domain, void *arg, struct error *error)
{
	struct files_pass pass = { .files = files, .on_domain = on_domain, .arg = arg };
	int result = -1;

	pass.origin = calloc((size_t)files->count, sizeof(*pass.origin));
	pass.source = calloc((size_t)files->count, sizeof(*pass.source));
	for (int i = 0; pass.source && i < files->count; i++)
		pass.source[i].copy = -1;
	if (pass.origin && pass.source)
		result = read_all(&pass, error);
	else
		error_set(error, "no memory");
	for (int i = 0; pass.source && i < files->count; i++) {
		reader_close(pass.source[i].reader);
		if (pass.source[i].copy >= 0)
			close(pass.source[i].copy);
	}
	host_store_free(pass.hosts);
	free(pass.source);
	free(pass.origin);
	return result;
}

int scan_files_check_domains(const struct scan_files *files, struct error *error)
{
	if (files->domains > 0 || files->hosts > 0)
		return 0;
	return error_set(error, "there is no domain in %s", files->count == 1 ? files->path[0] : "these files");
}

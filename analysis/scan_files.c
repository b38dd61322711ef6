#include "analysis/scan_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
};

static bool overlap(const struct origin *a, const struct origin *b)
{
	return a->sample != 0 && a->size == b->size && a->sample == b->sample &&
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
				const struct record_header *header)
{
	origin[file] = (struct origin){ header->input_size, header->input_sample, header->shards, header->shard };
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
		if (origin[i].shard == shard)
			return true;
	return false;
}

/* One file alone is what somebody wants to see; of several shards of one list none was left out on purpose. */
static void warn_if_shard_missing(const struct scan_files *files, const struct origin *origin)
{
	uint32_t first = 0;

	for (int i = 0; i < files->count; i++)
		if (origin[i].sample == 0 || origin[i].size != origin[0].size || origin[i].sample != origin[0].sample ||
		    origin[i].shards != origin[0].shards)
			return;
	if (files->count < 2)
		return;
	/* the first that is missing is found among as many as there are files, and one */
	while (first < origin[0].shards && has_shard(origin, files->count, first))
		first++;
	if (first < origin[0].shards)
		warn(files, "shard %u of %u is missing: the numbers are not of the whole list", first,
		     origin[0].shards);
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
					 path, words.text, end->records);
		break;
	}
	warn(files, "%s is not complete: %s; its %llu domains are used", path, words.text, end->records);
	files->incomplete++;
	return 0;
}

/* What is read, and by whom. */
struct files_pass {
	struct scan_files *files;
	struct origin *origin; /* one a file */
	scan_files_on_domain *on_domain;
	void *arg;
	bool enough;
};

static int read_file(struct files_pass *pass, int file, struct error *error)
{
	const char *path = pass->files->path[file];
	struct observation observation;
	struct classification result;
	struct reader *reader = NULL;
	uint64_t domains = 0;
	int got;

	if (reader_open(&reader, path, error) != 0)
		return -1;
	warn_if_overlapping(pass->files, pass->origin, file, reader_header(reader));
	while ((got = reader_next(reader, &observation, error)) > 0) {
		domains++;
		classify(&observation, &result);
		if (!pass->on_domain(pass->arg, &observation, &result)) {
			pass->enough = true;
			break;
		}
	}
	pass->files->domains += domains;
	if (got == 0)
		got = judge_file(pass->files, reader, path, error);
	reader_close(reader);
	return got < 0 ? -1 : 0;
}

int scan_files_read(struct scan_files *files, scan_files_on_domain *on_domain, void *arg, struct error *error)
{
	struct files_pass pass = { .files = files, .on_domain = on_domain, .arg = arg };
	int result = 0;

	pass.origin = calloc((size_t)files->count, sizeof(*pass.origin));
	if (!pass.origin)
		return error_set(error, "no memory");
	for (int i = 0; i < files->count && !pass.enough && result == 0; i++)
		result = read_file(&pass, i, error);
	if (result == 0 && !pass.enough)
		warn_if_shard_missing(files, pass.origin);
	free(pass.origin);
	return result;
}

int scan_files_check_domains(const struct scan_files *files, struct error *error)
{
	if (files->domains > 0)
		return 0;
	return error_set(error, "there is no domain in %s", files->count == 1 ? files->path[0] : "these files");
}

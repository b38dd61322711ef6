#include "analysis/scan_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/reader.h"
#include "output/same_file.h"

bool scan_files_differ(const struct scan_files *files, const char *output)
{
	for (int i = 0; i < files->count; i++) {
		for (int k = 0; k < i; k++) {
			if (strcmp(files->path[i], files->path[k]) != 0 && !same_file(files->path[i], files->path[k]))
				continue;
			fprintf(stderr, "stsurvey %s: %s is given twice: each domain would count twice\n",
				files->command, files->path[i]);
			return false;
		}
		if (output && same_file(files->path[i], output)) {
			fprintf(stderr, "stsurvey %s: %s is a scan file to be read; choose another output\n",
				files->command, output);
			return false;
		}
	}
	return true;
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

static void warn_if_overlapping(const struct scan_files *files, struct origin *origin, int file,
				const struct record_header *header)
{
	origin[file] = (struct origin){ header->input_size, header->input_sample, header->shards, header->shard };
	for (int i = 0; i < file; i++) {
		if (!overlap(&origin[i], &origin[file]))
			continue;
		fprintf(stderr,
			"stsurvey %s: warning: %s and %s are scans of one list and overlap: domains of both count "
			"twice\n",
			files->command, files->path[i], files->path[file]);
		return;
	}
}

/* Did the scan behind this file come to its end? */
static void warn_if_incomplete(struct scan_files *files, const struct reader *reader, const char *path,
			       uint64_t domains)
{
	const struct record_trailer *trailer = reader_trailer(reader);
	const char *why = NULL;

	if (reader_torn(reader))
		why = "it is cut in the middle of a frame";
	else if (!trailer)
		why = "it has no trailer: the scan was killed or still runs";
	else if (trailer->completion == COMPLETION_ABORTED)
		why = "the scan was interrupted";
	if (!why)
		return;
	files->incomplete++;
	fprintf(stderr,
		"stsurvey %s: warning: %s is not complete, %s; its %" PRIu64
		" domains are used (scan --resume goes on with it)\n",
		files->command, path, why, domains);
}

static bool read_file(struct scan_files *files, struct origin *origin, int file, bool *enough)
{
	const char *path = files->path[file];
	struct error error;
	struct observation observation;
	struct classification result;
	struct reader *reader = NULL;
	uint64_t domains = 0;
	int got;

	if (reader_open(&reader, path, &error) != 0) {
		fprintf(stderr, "stsurvey %s: %s\n", files->command, error.text);
		return false;
	}
	warn_if_overlapping(files, origin, file, reader_header(reader));
	while ((got = reader_next(reader, &observation, &error)) > 0) {
		domains++;
		classify(&observation, &result);
		if (!files->on_domain(files->arg, &observation, &result)) {
			*enough = true;
			break;
		}
	}
	files->domains += domains;
	if (got < 0)
		fprintf(stderr, "stsurvey %s: %s\n", files->command, error.text);
	else if (got == 0)
		warn_if_incomplete(files, reader, path, domains);
	reader_close(reader);
	return got >= 0;
}

bool scan_files_read(struct scan_files *files)
{
	struct origin *origin = calloc((size_t)files->count, sizeof(*origin));
	bool enough = false, result = origin;

	if (!origin)
		fprintf(stderr, "stsurvey %s: no memory\n", files->command);
	for (int i = 0; i < files->count && !enough && result; i++)
		result = read_file(files, origin, i, &enough);
	free(origin);
	if (!result)
		return false;
	if (files->domains == 0 && !enough)
		fprintf(stderr, "stsurvey %s: there is no domain in %s\n", files->command,
			files->count == 1 ? files->path[0] : "these files");
	return true;
}

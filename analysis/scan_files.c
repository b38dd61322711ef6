#include "analysis/scan_files.h"

#include <inttypes.h>
#include <stdio.h>

#include "output/reader.h"

/* Did the scan behind this file come to its end? */
static void warn_if_incomplete(struct scan_files *files, const struct reader *reader, const char *path,
			       uint64_t domains)
{
	const struct record_trailer *trailer = reader_trailer(reader);
	const char *why = NULL;

	if (reader_torn(reader))
		why = "it is cut in the middle of a frame";
	else if (trailer == NULL)
		why = "it has no trailer: the scan was killed or still runs";
	else if (trailer->completion == COMPLETION_ABORTED)
		why = "the scan was interrupted";
	if (why == NULL)
		return;
	files->incomplete++;
	fprintf(stderr,
		"stsurvey %s: warning: %s is not complete, %s; its %" PRIu64
		" domains are used (scan --resume goes on with it)\n",
		files->command, path, why, domains);
}

static bool read_file(struct scan_files *files, const char *path, bool *enough)
{
	char error[READER_ERROR_MAX];
	struct observation observation;
	struct classification result;
	struct reader *reader = NULL;
	uint64_t domains = 0;
	int got;

	if (reader_open(&reader, path, error) != 0) {
		fprintf(stderr, "stsurvey %s: %s\n", files->command, error);
		return false;
	}
	while ((got = reader_next(reader, &observation, error)) > 0) {
		domains++;
		classify(&observation, &result);
		if (!files->on_domain(files->arg, &observation, &result)) {
			*enough = true;
			break;
		}
	}
	files->domains += domains;
	if (got < 0)
		fprintf(stderr, "stsurvey %s: %s\n", files->command, error);
	else if (got == 0)
		warn_if_incomplete(files, reader, path, domains);
	reader_close(reader);
	return got >= 0;
}

bool scan_files_read(struct scan_files *files)
{
	bool enough = false;

	for (int i = 0; i < files->count && !enough; i++)
		if (!read_file(files, files->path[i], &enough))
			return false;
	if (files->domains == 0 && !enough)
		fprintf(stderr, "stsurvey %s: warning: there is no domain in %s\n", files->command,
			files->count == 1 ? files->path[0] : "these files");
	return true;
}

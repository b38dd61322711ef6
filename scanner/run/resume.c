#include "scanner/run/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/classify/classify.h"
#include "output/reader.h"
#include "scanner/options/option_table.h"

enum {
	HEADER_FRAME_MAX = 1024 * 1024, /* octets; a longer file without a whole frame is none of ours */
};

/* What --resume may change. An option that no version knows any more decides nothing that this one could change. */
static bool may_differ(struct span name)
{
	const struct option_row *row = option_find(name, 1u << COMMAND_SCAN);

	return !row || row->resume == RESUME_FREE;
}

/* An option that may be repeated has a place for each time it was given. */
static bool is_among(const struct record_option *option, size_t count, const struct record_option *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(option[i].name, wanted->name) && span_equal(option[i].value, wanted->value))
			return true;
	return false;
}

/* The first of @option that is called as @wanted is and that @other (of @others) does not have, or NULL. */
static const struct record_option *find_other(const struct record_option *option, size_t count,
					      const struct record_option *wanted, const struct record_option *other,
					      size_t others)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(option[i].name, wanted->name) && !is_among(other, others, &option[i]))
			return &option[i];
	return NULL;
}

static const char as_begun[] = "go on as it was begun, or give another --output-file";

static int check_options(const struct record_header *header, const struct options *options, const char *path,
			 struct error *error)
{
	const struct record_option *was = header->option, *is = options->given, *other;

	for (size_t i = 0; i < header->option_count; i++) {
		if (may_differ(was[i].name) || is_among(is, options->given_count, &was[i]))
			continue;
		other = find_other(is, options->given_count, &was[i], was, header->option_count);
		return error_set(error, "%s: was begun with --%.*s %.*s%s%.*s; %s", path, (int)was[i].name.n,
				 was[i].name.p, (int)was[i].value.n, was[i].value.p, other ? ", not " : "",
				 other ? (int)other->value.n : 0, other ? other->value.p : "", as_begun);
	}
	for (size_t i = 0; i < options->given_count; i++)
		if (!may_differ(is[i].name) && !is_among(was, header->option_count, &is[i]))
			return error_set(error, "%s: was begun without --%.*s %.*s; %s", path, (int)is[i].name.n,
					 is[i].name.p, (int)is[i].value.n, is[i].value.p, as_begun);
	return 0;
}

static int check_header(struct resume *resume, const struct record_header *header, const struct options *options,
			const char *path, struct error *error)
{
	if (header->shards != options->shards || header->shard != options->shard)
		return error_set(error, "%s: holds shard %u of %u, not %u of %u; %s", path, header->shard,
				 header->shards, options->shard, options->shards, as_begun);
	if (header->minor > RECORD_SCHEMA_MINOR)
		return error_set(error, "%s: was begun by a newer stsurvey, %.*s; go on with that one", path,
				 (int)header->tool.n, header->tool.p);
	if (check_options(header, options, path, error) < 0)
		return -1;
	resume->input = (struct feed_identity){ header->input_size, header->input_mtime, header->input_sample };
	return 0;
}

static int read_records(struct resume *resume, struct reader *reader, struct error *error)
{
	struct classification result;
	struct observation observation;
	int more;

	while ((more = reader_next(reader, &observation, error)) > 0) {
		classify(&observation, &result);
		counts_add_domain(&resume->counts, &observation, &result.judgement);
	}
	return more;
}

/* A trailer that counts others than are there leaves the missing ones to be done. */
static void read_trailer(struct resume *resume, const struct record_trailer *trailer)
{
	bool asked = resume->counts.domains > resume->counts.blocklisted + resume->counts.illegal;

	if (trailer) {
		resume->complete = trailer->completion == COMPLETION_COMPLETE && !resume->torn &&
				   trailer->domains == resume->counts.domains;
		resume->queries = trailer->queries;
		resume->fetches = trailer->fetches;
	}
	resume->traffic_lost = asked && resume->queries == 0;
}

int resume_load(struct resume *resume, const char *path, const struct options *options, struct error *error)
{
	const struct reader_end *end;
	struct reader *reader = NULL;
	struct stat status = { 0 };
	int result;

	*resume = (struct resume){ 0 };
	/* Nothing there, or killed before the header was written: from the beginning. */
	if ((stat(path, &status) < 0 && errno == ENOENT) || (S_ISREG(status.st_mode) && status.st_size == 0))
		return 0;
	result = reader_open(&reader, path, error);
	if (result == READER_NOTHING && S_ISREG(status.st_mode) && status.st_size < HEADER_FRAME_MAX) {
		error->text[0] = '\0'; /* killed while the header was written */
		return 0;
	}
	if (result < 0)
		return -1;
	result = -1;
	if (check_header(resume, reader_header(reader), options, path, error) < 0 ||
	    read_records(resume, reader, error) < 0)
		goto done;
	end = reader_end(reader);
	if ((end->duplicates > 0 || end->beyond || end->joined) && /* nothing that is added mends that */
	    reader_judge(reader, error) != READER_WHOLE) {
		error_prefix(error, "%s", path);
		goto done;
	}
	resume->recorded = reader_take_indexes(reader);
	resume->whole = end->whole;
	resume->torn = end->torn;
	read_trailer(resume, end->trailer);
	result = 0;
done:
	reader_close(reader);
	return result;
}

void resume_free(struct resume *resume)
{
	bit_set_free(&resume->recorded);
	*resume = (struct resume){ 0 };
}

int resume_check_input(const struct resume *resume, const char *path, struct feed_identity input, struct error *error)
{
	const struct feed_identity *begun = &resume->input;
	const char *what = begun->size != input.size       ? "size"
			   : begun->sample != input.sample ? "content"
			   : begun->mtime != input.mtime   ? "modification time"
							   : NULL;

	if (resume->whole == 0 || !what)
		return 0;
	return error_set(error,
			 "%s: is not the list this scan was begun with (its %s differs); resume with that list, or "
			 "begin another scan file",
			 path, what);
}

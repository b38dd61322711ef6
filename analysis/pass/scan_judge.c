/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/scan_judge.h"

#include <stdarg.h>
#include <stdio.h>

struct scan_origin scan_origin_of(const struct record_header *header)
{
	return (struct scan_origin){ header->input_size, header->input_sample, header->shards, header->shard,
				     record_header_option(header, SPAN_LITERAL("mx-hosts")) };
}

static bool overlap(const struct scan_origin *a, const struct scan_origin *b)
{
	return !a->of_hosts && !b->of_hosts && scan_origin_is_same_list(a, b) &&
	       (a->shards != b->shards || a->shard == b->shard);
}

void scan_judge_warn(const struct scan_files *files, const char *format, ...)
{
	struct error line;
	va_list arguments;

	va_start(arguments, format);
	error_set_list(&line, format, arguments);
	va_end(arguments);
	fprintf(stderr, "stsurvey %s: warning: %s\n", files->command, line.text);
}

void scan_judge_header(const struct scan_files *files, struct scan_origin *origin, int file,
		       const struct record_header *header)
{
	origin[file] = scan_origin_of(header);
	for (int i = 0; i < file; i++) {
		if (!overlap(&origin[i], &origin[file]))
			continue;
		scan_judge_warn(files, "%s and %s are scans of one list and overlap: domains of both count twice",
				files->path[i], files->path[file]);
		return;
	}
}

bool scan_origin_has_shard(const struct scan_origin *origin, int count, uint32_t shard)
{
	for (int i = 0; i < count; i++)
		if (!origin[i].of_hosts && origin[i].shard == shard)
			return true;
	return false;
}

/* One file alone is what somebody wants to see; of several shards of one list none was left out on purpose. */
void scan_judge_shards(const struct scan_files *files, const struct scan_origin *origin)
{
	const struct scan_origin *one = NULL;
	uint32_t first = 0;
	int count = 0;

	for (int i = 0; i < files->count; i++) {
		if (origin[i].of_hosts)
			continue;
		one = one ? one : &origin[i];
		if (!scan_origin_is_same_list(&origin[i], one) || origin[i].shards != one->shards)
			return;
		count++;
	}
	if (count < 2)
		return;
	/* the first that is missing is found among as many as there are files, and one */
	while (first < one->shards && scan_origin_has_shard(origin, files->count, first))
		first++;
	if (first < one->shards)
		scan_judge_warn(files, "shard %u of %u is missing: the numbers are not of the whole list", first,
				one->shards);
}

int scan_judge_end(struct scan_files *files, const struct reader *reader, const char *path, struct error *error)
{
	const struct reader_end *end = reader_end(reader);
	struct error words;
	int use = reader_judge_to_use(reader, path, files->partial, &words, error);

	if (use != READER_INCOMPLETE)
		return use;
	scan_judge_warn(files, "%s is not complete: %s; its %llu %s are used", path, words.text,
			end->records > 0 ? end->records : end->hosts,
			end->records == 0 && end->hosts > 0 ? "mail servers" : "domains");
	files->incomplete++;
	return 0;
}

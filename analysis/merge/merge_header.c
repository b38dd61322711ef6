/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pass/scan_judge.h"

struct merge_text {
	struct merge_text *next;
	char octet[];
};

void merge_header_init(struct merge_header *merged)
{
	*merged = (struct merge_header){ 0 };
}

void merge_header_fini(struct merge_header *merged)
{
	while (merged->text) {
		struct merge_text *next = merged->text->next;

		free(merged->text);
		merged->text = next;
	}
	free(merged->option);
}

static int fail_memory(struct error *error)
{
	return error_set(error, "no memory for the headers of the scan files");
}

/* A copy of @s in *@out, which may be @s itself. False: no memory. */
static bool keep(struct merge_header *merged, struct span s, struct span *out)
{
	struct merge_text *text = malloc(sizeof(*text) + s.n + 1);

	if (!text)
		return false;
	if (s.n > 0)
		memcpy(text->octet, s.p, s.n);
	text->next = merged->text;
	merged->text = text;
	*out = (struct span){ text->octet, s.n };
	return true;
}

static struct span without_folder(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_skip(path, i);
	return path;
}

/* ---- options ---- */

static bool is_alike(const struct record_option *a, const struct record_option *b, bool is_file)
{
	return span_equal(a->name, b->name) && (is_file ? span_equal(without_folder(a->value), without_folder(b->value))
							: span_equal(a->value, b->value));
}

/* One of @option that is as @wanted, or NULL; how many are called so, in *@called. */
static const struct record_option *find(const struct record_option *option, size_t count,
					const struct record_option *wanted, bool is_file, unsigned *called)
{
	*called = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_alike(&option[i], wanted, is_file))
			return &option[i];
		*called += span_equal(option[i].name, wanted->name);
	}
	return NULL;
}

/* @with has @option, @without has none that is alike. */
static int fail_option(const char *with, const struct record_option *option, const char *without,
		       const struct record_header *other, struct error *error)
{
	const struct record_option *there = record_header_option(other, option->name);

	return error_set(error, "%s was scanned with --%.*s %.*s, %s %s%.*s: they are no shards of one scan", with,
			 (int)option->name.n, option->name.p, (int)option->value.n, option->value.p, without,
			 there ? "with " : "without", there ? (int)there->value.n : 0, there ? there->value.p : "");
}

static bool decides(enum merge_option kind)
{
	return kind == MERGE_SAME || kind == MERGE_SAME_FILE;
}

/* Has @b all that @a has, of what decides? */
static int check_options(const char *path_a, const struct record_header *a, const char *path_b,
			 const struct record_header *b, enum merge_option (*kind_of)(struct span name),
			 struct error *error)
{
	unsigned called;

	for (size_t i = 0; i < a->option_count; i++) {
		enum merge_option kind = kind_of(a->option[i].name);

		if (decides(kind) && !find(b->option, b->option_count, &a->option[i], kind == MERGE_SAME_FILE, &called))
			return fail_option(path_a, &a->option[i], path_b, b, error);
	}
	return 0;
}

static int add_option(struct merge_header *merged, struct record_option option, struct error *error)
{
	size_t count = merged->header.option_count;

	if (count == MERGE_OPTIONS_MAX)
		return error_set(error, "the scan files name more than %d options; no scan has so many",
				 MERGE_OPTIONS_MAX);
	if (!merged->option)
		merged->option = calloc(MERGE_OPTIONS_MAX, sizeof(*merged->option));
	if (!merged->option || !keep(merged, option.name, &option.name) || !keep(merged, option.value, &option.value))
		return fail_memory(error);
	merged->option[count] = option;
	merged->header.option = merged->option;
	merged->header.option_count++;
	return 0;
}

int merge_header_add_options(struct merge_header *merged, const struct record_header *header,
			     enum merge_option (*kind_of)(struct span name), struct error *error)
{
	for (size_t i = 0; i < header->option_count; i++) {
		enum merge_option kind = kind_of(header->option[i].name);
		unsigned called;

		if (kind == MERGE_LEFT_OUT || find(merged->option, merged->header.option_count, &header->option[i],
						   kind == MERGE_SAME_FILE, &called))
			continue;
		if (called < MERGE_VALUES_MAX && add_option(merged, header->option[i], error) < 0)
			return -1;
	}
	return 0;
}

/* ---- the list and what of it was taken ---- */

/* What of the lists differs; NULL: nothing that is known. */
static const char *list_difference(const struct record_header *a, const struct record_header *b)
{
	bool known = a->input_sample != 0 && b->input_sample != 0;

	if (!known && !span_equal(without_folder(a->input), without_folder(b->input)))
		return "name, and no more is known of one that came through a pipe";
	if (a->input_size != b->input_size)
		return "size";
	if (a->input_sample != b->input_sample ||
	    (a->input_hash != b->input_hash && a->input_hash != 0 && b->input_hash != 0))
		return "content";
	return NULL;
}

static int check_list(const struct merge_header *merged, const char *path, const struct record_header *header,
		      struct error *error)
{
	const struct record_header *first = &merged->header;
	const char *what = list_difference(first, header);
	uint32_t shards = header->shards > 0 ? header->shards : 1;

	if (what)
		return error_set(error,
				 "%s is a scan of %.*s, %s of %.*s: the lists are not the same (they differ in %s)",
				 merged->first, (int)first->input.n, first->input.p, path, (int)header->input.n,
				 header->input.p, what);
	if (merged->shards != shards)
		return error_set(
			error, "%s is one of %" PRIu32 " shards, %s one of %" PRIu32 ": they are no shards of one scan",
			merged->first, merged->shards, path, shards);
	if (first->sample != header->sample ||
	    (first->sample > 0 && memcmp(first->sample_key, header->sample_key, sizeof(first->sample_key)) != 0))
		return error_set(error, "%s and %s are not of one sample of their list (--sample, --sample-key)",
				 merged->first, path);
	if (first->direct != header->direct || first->audit != header->audit)
		return error_set(error, "%s and %s differ in --direct or --audit: they are no shards of one scan",
				 merged->first, path);
	return 0;
}

int merge_header_check(const struct record_header *header, const char *path, const struct span *label,
		       size_t label_count, const char *first, struct error *error)
{
	bool same = header->label_count == label_count;

	if (header->minor > RECORD_SCHEMA_MINOR)
		return error_set(error,
				 "%s: was written by a newer stsurvey (%.*s, schema %d.%d), and some of it would be "
				 "lost; use that one",
				 path, (int)header->tool.n, header->tool.p, header->major, header->minor);
	for (size_t i = 0; i < label_count && same; i++)
		same = span_equal(header->label[i], label[i]);
	if (!same)
		return error_set(error, "%s and %s keep different columns of their list (--label)", first, path);
	return 0;
}

/* ---- the header ---- */

static int begin(struct merge_header *merged, const char *path, const struct record_header *header, struct error *error)
{
	struct record_header *out = &merged->header;

	*out = *header;
	out->option = NULL;
	out->option_count = 0;
	out->minor = RECORD_SCHEMA_MINOR;
	out->shards = 1;
	out->shard = 0;
	out->label = merged->label;
	merged->first = path;
	merged->shards = header->shards > 0 ? header->shards : 1;
	for (size_t i = 0; i < header->label_count; i++)
		if (!keep(merged, header->label[i], &merged->label[i]))
			return fail_memory(error);
	if (!keep(merged, header->tool, &out->tool) || !keep(merged, header->input, &out->input))
		return fail_memory(error);
	return 0;
}

static void take_rest(struct record_header *out, const struct record_header *header)
{
	out->start_ms = header->start_ms < out->start_ms ? header->start_ms : out->start_ms;
	out->input_hash = out->input_hash ? out->input_hash : header->input_hash;
	out->audit_least += header->audit_least; /* each file had so many of its own */
	out->first_index = header->first_index < out->first_index ? header->first_index : out->first_index;
	out->has_gaps |= header->has_gaps;
}

int merge_header_add(struct merge_header *merged, const char *path, const struct record_header *header,
		     enum merge_option (*kind)(struct span name), struct error *error)
{
	if (!merged->first) {
		if (merge_header_check(header, path, header->label, header->label_count, path, error) < 0 ||
		    begin(merged, path, header, error) < 0)
			return -1;
		return merge_header_add_options(merged, header, kind, error);
	}
	if (check_list(merged, path, header, error) < 0 ||
	    merge_header_check(header, path, merged->label, merged->header.label_count, merged->first, error) < 0 ||
	    check_options(merged->first, &merged->header, path, header, kind, error) < 0 ||
	    check_options(path, header, merged->first, &merged->header, kind, error) < 0)
		return -1;
	take_rest(&merged->header, header);
	return merge_header_add_options(merged, header, kind, error);
}

int merge_header_begin_as(struct merge_header *merged, const struct record_header *header, struct error *error)
{
	merged->header = *header;
	merged->header.option = NULL;
	merged->header.option_count = 0;
	for (size_t i = 0; i < header->option_count; i++)
		if (add_option(merged, header->option[i], error) < 0)
			return -1;
	return 0;
}

int merge_header_add_hosts(struct merge_header *merged, const char *path, struct error *error)
{
	return add_option(merged, (struct record_option){ span_of(SCAN_ORIGIN_JOINED), without_folder(span_of(path)) },
			  error);
}

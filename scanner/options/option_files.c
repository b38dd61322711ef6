/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/option_files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "output/same_file.h"
#include "scanner/options/option_table.h"

enum { STANDARD = 3 }; /* files besides those of options and operands: standard output and error, resolv.conf */

const char option_resolv_conf[] = "/etc/resolv.conf";

/* What each kind of option does to the file it names. */
static const struct {
	bool names_file, is_repeated; /* the latter: only what was given has the paths */
	enum option_use use;
} kinds[OPTION_HELP + 1] = {
	[OPTION_INPUT] = { true, false, OPTION_USE_READ },      [OPTION_OUTPUT] = { true, false, OPTION_USE_WRITTEN },
	[OPTION_FOLDER] = { true, false, OPTION_USE_FOLDER },   [OPTION_SERVERS] = { true, true, OPTION_USE_READ },
	[OPTION_HOSTS] = { true, true, OPTION_USE_READ },       [OPTION_CIDR_FILE] = { true, true, OPTION_USE_READ },
	[OPTION_DOMAIN_FILE] = { true, true, OPTION_USE_READ }, [OPTION_SCANS] = { true, true, OPTION_USE_READ },
	[OPTION_CONFIG] = { true, true, OPTION_USE_READ },
};

static void add(struct option_file *file, int *count, const char *option, const char *path, enum option_use use)
{
	file[(*count)++] = (struct option_file){ option, file_behind(path, use == OPTION_USE_WRITTEN), use };
}

/* What is in the file may stand in the option itself. */
static bool takes_a_list(const struct option_row *row)
{
	return row->kind == OPTION_SERVERS || row->kind == OPTION_HOSTS;
}

/* @value → the name of its file. */
static struct span name_in(const struct option_row *row, struct span value)
{
	if (!takes_a_list(row))
		return value;
	return span_starts_with(value, SPAN_LITERAL("@")) ? span_skip(value, 1) : (struct span){ NULL, 0 };
}

struct span option_file_read(const struct option_row *row, struct span value)
{
	if (!row || !kinds[row->kind].names_file || kinds[row->kind].use != OPTION_USE_READ)
		return (struct span){ NULL, 0 };
	return name_in(row, value);
}

static void add_row(const struct options *options, const struct option_row *row, struct option_file *file, int *count)
{
	const char *path = kinds[row->kind].is_repeated ? NULL : *(char *const *)((const char *)options + row->offset);

	if (path)
		add(file, count, row->name, path, kinds[row->kind].use);
	for (size_t i = 0; kinds[row->kind].is_repeated && i < options->given_count; i++) {
		const struct record_option *given = &options->given[i];
		struct span name = name_in(row, given->value); /* ends with NUL, as the option does */

		if (span_equal(given->name, span_of(row->name)) && name.p)
			add(file, count, row->name, name.p, kinds[row->kind].use);
	}
}

int option_files(const struct options *options, struct option_file **result)
{
	const struct command_row *command = &command_table[options->command];
	size_t most = option_count + options->given_count + (size_t)options->operands + STANDARD;
	struct option_file *file = calloc(most, sizeof(*file));
	int count = 0;

	*result = file;
	if (!file)
		return -1;
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].commands & 1u << options->command && kinds[option_table[i].kind].names_file)
			add_row(options, &option_table[i], file, &count);
	for (int i = 0; command->operands_are_files && i < options->operands; i++)
		add(file, &count, NULL, options->operand[i], OPTION_USE_READ);
	if (option_find(SPAN_LITERAL("name-servers"), 1u << options->command) && options->server_count == 0 &&
	    !options->resolver)
		add(file, &count, NULL, option_resolv_conf, OPTION_USE_READ);
	add(file, &count, NULL, "/dev/stdout", OPTION_USE_TOLD);
	add(file, &count, NULL, "/dev/stderr", OPTION_USE_TOLD);
	return count;
}

/* ---- none may be another ---- */

/* Standard output twice, which may be no regular file. */
static bool are_standard_output(const struct option_file *a, const struct option_file *b)
{
	return strcmp(a->path, b->path) == 0 && strcmp(a->path, file_behind("-", true)) == 0;
}

static bool may_be_one(const struct option_file *a, const struct option_file *b)
{
	bool is_read = a->use == OPTION_USE_READ || b->use == OPTION_USE_READ;

	if (a->use == OPTION_USE_FOLDER && b->use == OPTION_USE_FOLDER) /* each is one of its own */
		return false;
	if (a->use == OPTION_USE_FOLDER || b->use == OPTION_USE_FOLDER) /* who writes there looks at each file */
		return true;
	if (a->use == OPTION_USE_TOLD || b->use == OPTION_USE_TOLD)
		return !is_read;
	return a->use == OPTION_USE_READ && b->use == OPTION_USE_READ;
}

/* As a message calls it. */
static const char *name_of(const struct option_file *file, struct error *room)
{
	error_set(room, "%s%s", file->option ? "--" : "", file->option ? file->option : file->path);
	return room->text;
}

static int complain(const struct option_file *a, const struct option_file *b, struct error *error)
{
	bool a_is_read = a->use == OPTION_USE_READ;
	const struct option_file *written = a_is_read ? b : a, *other = a_is_read ? a : b;
	struct error name[2];

	return error_set(error, "%.200s and %.200s are the same %s; write to another one", name_of(written, &name[0]),
			 name_of(other, &name[1]), a->use == OPTION_USE_FOLDER ? "folder" : "file");
}

/* Whoever wrote through it would make a file where nobody meant one to be. */
static int check_no_link_to_nothing(const struct option_file *file, struct error *error)
{
	struct stat info;

	/* without /proc standard output is such a link, too */
	if (file->use != OPTION_USE_WRITTEN || file_is_descriptor(file->path) || lstat(file->path, &info) != 0 ||
	    !S_ISLNK(info.st_mode) || stat(file->path, &info) == 0 || (errno != ENOENT && errno != ELOOP))
		return 0;
	return error_set(error, "--%s %s: is a symbolic link that leads to no file; remove it, or make that file",
			 file->option, file->path);
}

int option_files_check(const struct options *options, struct error *error)
{
	struct option_file *file;
	int count = option_files(options, &file), result = 0;
	struct file_place *place = count < 0 ? NULL : calloc((size_t)count, sizeof(*place));

	if (!place)
		result = error_set(error, "out of memory");
	for (int i = 0; i < count && result == 0; i++) {
		bool is_place = file_place_of(file[i].path, &place[i]);

		result = check_no_link_to_nothing(&file[i], error);
		for (int k = 0; k < i && result == 0; k++)
			if (!may_be_one(&file[i], &file[k]) && (are_standard_output(&file[i], &file[k]) ||
								(is_place && file_place_equal(&place[i], &place[k]))))
				result = complain(&file[k], &file[i], error);
	}
	free(place);
	free(file);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RENAMED_TRIES = 4 }; /* a mail program changes the flags of a message once in a while */

struct input {
	const struct tlsrpt_input_events *events;
	void *arg;
	bool ended;
};

struct names {
	char **name;
	size_t count, size;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

static bool names_add(struct names *names, const char *name)
{
	if (names->count == names->size) {
		size_t size = names->size > 0 ? 2 * names->size : 64;
		char **grown = realloc(names->name, size * sizeof(*grown));

		if (!grown)
			return false;
		names->name = grown;
		names->size = size;
	}
	names->name[names->count] = strdup(name);
	return names->name[names->count] && ++names->count;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 0, or errno. */
static int list(const char *path, struct names *names)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int result = 0;

	*names = (struct names){ 0 };
	if (!folder)
		return errno;
	while (result == 0 && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !names_add(names, entry->d_name))
			result = ENOMEM;
	closedir(folder);
	if (names->count > 1)
		qsort(names->name, names->count, sizeof(*names->name), name_order);
	return result;
}

static bool join(char path[static PATH_MAX], const char *folder, const char *name)
{
	size_t n = strlen(folder);

	return snprintf(path, PATH_MAX, "%s%s%s", folder, n > 0 && folder[n - 1] == '/' ? "" : "/", name) < PATH_MAX;
}

static bool is_folder(const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat info;

	return join(path, folder, name) && lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void hand(struct input *input, const char *path, int fd)
{
	input->ended = !input->events->on_file(input->arg, path, fd);
	close(fd);
}

/* A file within a folder, where FIFOs and devices are left alone: a symbolic link to one may lie there. False: it is
 * not there any more. */
static bool read_within(struct input *input, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0) {
		input->events->on_unreadable(input->arg, path, strerror(errno));
		return true;
	}
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
		hand(input, path, fd);
	else
		close(fd);
	return true;
}

/* ---- a maildir: "1754300000.M1P2.host", and flags behind ":2," in cur ---- */

static size_t unique_length(const char *name)
{
	return strcspn(name, ":");
}

/* By their unique parts; @names is in order of the names, which is another where one begins as another does. */
static bool has_unique(const struct names *names, const char *name)
{
	size_t n = unique_length(name);

	for (size_t low = 0, high = names->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(names->name[middle], name, n);

		if (order == 0 && unique_length(names->name[middle]) == n)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* False: it is not there any more, or has other flags already. */
static bool read_unique(struct input *input, const char *folder, const struct names *names, const char *name)
{
	size_t n = unique_length(name);
	char path[PATH_MAX];

	for (size_t i = 0; i < names->count; i++)
		if (unique_length(names->name[i]) == n && strncmp(names->name[i], name, n) == 0 &&
		    join(path, folder, names->name[i]))
			return read_within(input, path);
	return false;
}

/* The file has other flags now. */
static void read_renamed(struct input *input, const char *folder, const char *name)
{
	bool is_read = false;

	for (unsigned i = 0; i < RENAMED_TRIES && !is_read; i++) {
		struct names names;

		if (list(folder, &names) == 0)
			is_read = read_unique(input, folder, &names, name);
		names_free(&names);
	}
}

/* Those of one of its folders that were not read in the other; what was read stands in @names then. */
static void read_maildir_part(struct input *input, const char *maildir, const char *part, const struct names *before,
			      struct names *names)
{
	char folder[PATH_MAX], path[PATH_MAX];
	size_t kept = 0;
	int result = join(folder, maildir, part) ? list(folder, names) : ENAMETOOLONG;

	if (result != 0) {
		input->events->on_unreadable(input->arg, folder, strerror(result));
		return;
	}
	for (size_t i = 0; i < names->count; i++) {
		char *name = names->name[i];
		bool is_there = false;

		if (name[0] != '.' && !input->ended && !(before && has_unique(before, name)) &&
		    join(path, folder, name)) {
			is_there = read_within(input, path);
			if (!is_there && before)
				read_renamed(input, folder, name);
		}
		if (is_there)
			names->name[kept++] = name;
		else
			free(name);
	}
	names->count = kept;
}

static void read_maildir(struct input *input, const char *path)
{
	struct names fresh = { 0 }, seen = { 0 };

	read_maildir_part(input, path, "new", NULL, &fresh);
	read_maildir_part(input, path, "cur", &fresh, &seen);
	names_free(&fresh);
	names_free(&seen);
}

/* ---- folders ---- */

static void read_folder(struct input *input, const char *path, unsigned depth)
{
	bool is_maildir = is_folder(path, "new") && is_folder(path, "cur");
	struct names names;
	char inner[PATH_MAX];
	int result = list(path, &names);

	if (result != 0)
		input->events->on_unreadable(input->arg, path, strerror(result));
	if (is_maildir)
		read_maildir(input, path);
	for (size_t i = 0; i < names.count && !input->ended; i++) {
		const char *name = names.name[i];
		bool is_hidden = name[0] == '.', is_inner = is_folder(path, name);

		if (!join(inner, path, name)) {
			input->events->on_unreadable(input->arg, path, strerror(ENAMETOOLONG));
			continue;
		}
		/* in a maildir lie its three folders, index files, and folders that begin with a dot (Maildir++) */
		if (is_inner && is_hidden == is_maildir && depth == TLSRPT_INPUT_DEPTH_MAX)
			input->events->on_unreadable(input->arg, inner,
						     "folders within each other too deep; give it alone");
		else if (is_inner && is_hidden == is_maildir)
			read_folder(input, inner, depth + 1);
		else if (!is_inner && !is_hidden && !is_maildir)
			read_within(input, inner);
	}
	names_free(&names);
}

bool tlsrpt_input_read(const char *path, const struct tlsrpt_input_events *events, void *arg)
{
	struct input input = { .events = events, .arg = arg };
	struct stat info;
	int fd;

	if (strcmp(path, "-") == 0)
		return events->on_file(arg, path, STDIN_FILENO);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
		read_folder(&input, path, 0);
		return !input.ended;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		events->on_unreadable(arg, path, strerror(errno));
	else
		hand(&input, path, fd);
	return !input.ended;
}

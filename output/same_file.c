/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/same_file.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsers/span.h"

enum { LINKS_MAX = 40 }; /* the kernel's own limit */

/* What the symlink @path says, from where it says it; NULL: it is none. To be freed. */
static char *follow(const char *path)
{
	char target[PATH_MAX], *next = NULL;
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash = strrchr(path, '/');

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	if (asprintf(&next, "%.*s%s", slash && target[0] != '/' ? (int)(slash + 1 - path) : 0, path, target) < 0)
		return NULL;
	return next;
}

/* The place of a file that is not there. */
static bool place_to_be(const char *path, struct file_place *place)
{
	char *at = strdup(path), *next, *folder = NULL;
	struct stat info;
	bool found = false;

	for (int links = 0; at && links < LINKS_MAX && (next = follow(at)); links++) {
		free(at);
		at = next;
	}
	if (at)
		folder = strdup(at);
	if (folder && stat(dirname(folder), &info) == 0 && S_ISDIR(info.st_mode)) {
		place->device = info.st_dev;
		place->inode = info.st_ino;
		found = snprintf(place->name, sizeof(place->name), "%s", basename(at)) < (int)sizeof(place->name);
	}
	free(folder);
	free(at);
	return found;
}

bool file_place_of(const char *path, struct file_place *place)
{
	struct stat info;

	*place = (struct file_place){ 0 };
	if (stat(path, &info) != 0)
		return errno == ENOENT && place_to_be(path, place);
	place->device = info.st_dev;
	place->inode = info.st_ino;
	return S_ISREG(info.st_mode);
}

bool file_place_equal(const struct file_place *a, const struct file_place *b)
{
	return a->device == b->device && a->inode == b->inode && strcmp(a->name, b->name) == 0;
}

bool same_file(const char *a, const char *b)
{
	struct file_place one, other;

	return file_place_of(a, &one) && file_place_of(b, &other) && file_place_equal(&one, &other);
}

bool file_is_descriptor(const char *path)
{
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	if (strncmp(path, "/dev/fd/", strlen("/dev/fd/")) == 0)
		return true;
	return strncmp(path, "/proc/", strlen("/proc/")) == 0 && strstr(path, "/fd/");
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "output/same_file.h"

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* since ABI 3; Debian 12's headers have 2 */
#endif

enum { ABI_TRUNCATE = 3 };

static const __u64 file_rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;

static const __u64 folder_rights = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/* All that writes in any way, and what starts a program. */
static const __u64 given_up = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
			      LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			      LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			      LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

void confine_begin(struct confine *confine)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = given_up };

	if (abi < ABI_TRUNCATE) /* then what may be written may be truncated */
		attributes.handled_access_fs &= ~(__u64)LANDLOCK_ACCESS_FS_TRUNCATE;
	confine->known = attributes.handled_access_fs;
	confine->ruleset = abi < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	confine_allow_file(confine, "/dev/null");
}

/* What can't be allowed would fail later, for no reason that a user could see: then all stays as it is. */
static void leave(struct confine *confine)
{
	if (confine->ruleset >= 0)
		close(confine->ruleset);
	confine->ruleset = -1;
}

void confine_allow_reading(struct confine *confine, const char *path)
{
	if (strncmp(path, "/proc/", strlen("/proc/")) == 0 && !file_is_descriptor(path))
		leave(confine);
}

static void allow(struct confine *confine, const char *path, __u64 rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights & confine->known };

	confine_allow_reading(confine, path);
	if (confine->ruleset < 0)
		return;
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) /* whoever opens it will hear the same */
		return;
	/* EBADFD: a pipe or socket behind /dev/stdout, which Landlock leaves alone */
	if (syscall(SYS_landlock_add_rule, confine->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0 &&
	    errno != EBADFD)
		leave(confine);
	close(rule.parent_fd);
}

/* The folder that @path is in. */
static void allow_around(struct confine *confine, const char *path, __u64 rights)
{
	char *copy = strdup(path);

	if (copy)
		allow(confine, dirname(copy), rights);
	else
		leave(confine);
	free(copy);
}

void confine_allow_file(struct confine *confine, const char *path)
{
	char *target = realpath(path, NULL);
	struct stat info;

	if (stat(path, &info) == 0 && (!S_ISREG(info.st_mode) || file_is_descriptor(path))) {
		allow(confine, path, file_rights);
	} else {
		allow_around(confine, path, file_rights | folder_rights);
		if (target)
			allow_around(confine, target, file_rights | folder_rights);
	}
	free(target);
}

static void allow_links(struct confine *confine, const char *path, DIR *folder)
{
	const struct dirent *entry;
	char *link;

	while ((entry = readdir(folder))) {
		if (entry->d_type != DT_LNK || asprintf(&link, "%s/%s", path, entry->d_name) < 0)
			continue;
		confine_allow_file(confine, link);
		free(link);
	}
}

void confine_allow_folder(struct confine *confine, const char *path, bool links)
{
	DIR *folder = opendir(path);

	if (folder)
		allow(confine, path, file_rights | folder_rights);
	else
		allow_around(confine, path, file_rights | folder_rights | LANDLOCK_ACCESS_FS_MAKE_DIR);
	if (folder && links)
		allow_links(confine, path, folder);
	if (folder)
		closedir(folder);
}

bool confine_end(struct confine *confine)
{
	bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && confine->ruleset >= 0 &&
		    syscall(SYS_landlock_restrict_self, confine->ruleset, 0) == 0;

	leave(confine);
	return done;
}

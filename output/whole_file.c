/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/same_file.h"

enum {
	NAME_KEPT = 200, /* octets of a name that stand in the other: NAME_MAX is 255 */
	NAMES_MAX = 100, /* tried, of 2^32: one that is taken is chance, many are an attack */
};

/* Not mkostemp: that gives 0600, and a thread cannot ask for the umask without changing it for all. */
static int open_beside(struct whole_file *file, mode_t mode)
{
	const char *slash = strrchr(file->path, '/');
	int folder = slash ? (int)(slash + 1 - file->path) : 0, fd = -1;
	unsigned random, tries = 0;

	do {
		free(file->beside);
		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
		    asprintf(&file->beside, "%.*s.%.*s.%08x", folder, file->path, NAME_KEPT, file->path + folder,
			     random) < 0) {
			file->beside = NULL;
			return -1;
		}
		fd = open(file->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); /* O_EXCL follows no symlink */
	} while (fd < 0 && errno == EEXIST && ++tries < NAMES_MAX);
	return fd;
}

/* What is there; -1 and errno. Opened as if it were to be written, so that the kernel says whether we may: it knows
 * permissions, and symlinks that others planted (fs.protected_symlinks). */
static int open_as_it_is(const char *path, bool waits)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat info;

	if (fd < 0 && errno == ENXIO && stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) /* nobody reads */
		fd = open(waits ? path : "/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && lstat(path, &info) == 0)
		errno = ELOOP; /* a symlink to nothing is none that we fill */
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

/* Owner and permissions of what it replaces. Where the group can't be kept, its permissions are not given to another.
 */
static void take_over(int fd, const struct stat *replaced)
{
	mode_t mode = replaced->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

	if (fchown(fd, replaced->st_uid, replaced->st_gid) != 0 && fchown(fd, (uid_t)-1, replaced->st_gid) != 0)
		mode &= ~(mode_t)S_IRWXG;
	if (fchmod(fd, mode) != 0) {
		/* Some file systems have none; it stays as private as it was made. */
	}
}

/* What is there, or what is written beside it; -1 and errno. */
static int open_target(struct whole_file *file, const char *path, bool waits)
{
	struct stat info;
	int fd = open_as_it_is(path, waits);

	if (fd < 0 && errno == ENOENT) {
		file->path = strdup(path);
		return file->path ? open_beside(file, 0666) : -1;
	}
	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || file_is_descriptor(path))
		return fd;
	close(fd);
	file->path = realpath(path, NULL);
	fd = file->path ? open_beside(file, S_IRUSR | S_IWUSR) : -1;
	if (fd >= 0)
		take_over(fd, &info);
	return fd;
}

static void forget(struct whole_file *file)
{
	free(file->beside);
	free(file->path);
	file->path = file->beside = NULL;
}

int whole_file_open(struct whole_file *file, const char *path, bool waits)
{
	bool is_standard = strcmp(path, "-") == 0;
	int fd, error;

	*file = (struct whole_file){ 0 };
	fd = is_standard ? STDOUT_FILENO : open_target(file, path, waits);
	if (fd >= 0 && text_open_fd(&file->text, path, fd) == 0)
		return 0;
	error = errno;
	if (fd >= 0 && !is_standard)
		close(fd);
	if (fd >= 0 && file->beside)
		unlink(file->beside);
	forget(file);
	errno = error;
	return -1;
}

int whole_file_close(struct whole_file *file, bool keep, bool sync)
{
	struct text *text = &file->text;
	struct error ignored;

	if (keep || !file->beside)
		text_flush(text);
	else
		text->used = 0;
	if (keep && sync && file->beside && text->error == 0 && fsync(text->fd) != 0)
		text->error = errno;
	(void)!text_close(text, &ignored);
	if (keep && file->beside && text->error == 0 && rename(file->beside, file->path) != 0)
		text->error = errno;
	if (file->beside && (!keep || text->error != 0))
		unlink(file->beside);
	forget(file);
	errno = text->error;
	return keep && text->error != 0 ? -1 : 0;
}

int whole_file_fail(const char *path, struct error *error)
{
	return text_explain(path, errno, error);
}

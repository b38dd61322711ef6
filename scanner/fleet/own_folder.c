/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/own_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/text.h"

enum { PERMISSIONS = 0775 }; /* and as the user's mask has it */

/* Root's is as good as ours: who must not trust root is lost anyway. */
static int check(int fd, const char *path, struct error *error)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_set(error, "%s: %s", path, strerror(errno));
	if (info.st_uid != geteuid() && info.st_uid != 0)
		return error_set(error,
				 "%s: is the folder of another user (%u), who could have our files lead anywhere: give "
				 "a folder of your own, which may lie in it",
				 path, (unsigned)info.st_uid);
	if (info.st_mode & S_IWOTH)
		return error_set(error,
				 "%s: everybody may write in it, and have our files lead anywhere: give a folder of "
				 "your own, which may lie in it",
				 path);
	return 0;
}

int own_folder_open(const char *path, struct error *error)
{
	int fd;

	if (mkdir(path, PERMISSIONS) < 0 && errno != EEXIST)
		return error_set(error, "%s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(error, "%s: %s", path, strerror(errno));
	if (check(fd, path, error) == 0)
		return fd;
	close(fd);
	return -1;
}

int own_folder_make_id(char id[static OWN_FOLDER_ID_MAX], struct error *error)
{
	uint8_t octet[(OWN_FOLDER_ID_MAX - 1) / 2];

	if (getrandom(octet, sizeof(octet), 0) != (ssize_t)sizeof(octet))
		return error_set(error, "no random numbers: %s", strerror(errno));
	text_hex_to(id, octet, sizeof(octet));
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *temporary_folder(void)
{
	const char *folder = secure_getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

int temporary_file(void)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/stsurvey-XXXXXX", temporary_folder()) < 0)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC); /* never a file that is there, nor through a symlink */
	if (fd < 0)
		fd = -errno;
	else
		unlink(path);
	free(path);
	return fd;
}

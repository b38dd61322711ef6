/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/soak/fd_left.c - preloaded into a program, it writes down what is open when that ends: LD_PRELOAD=libfd_left.so
 * FD_LEFT=FILE
 *
 * One line for each descriptor above standard error.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static __attribute__((destructor)) void write_down(void)
{
	const char *path = getenv("FD_LEFT");
	FILE *out = path ? fopen(path, "w") : NULL;
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while (out && folder && (entry = readdir(folder))) {
		char target[PATH_MAX];
		const int fd = atoi(entry->d_name);
		ssize_t n;

		if (fd <= STDERR_FILENO || fd == dirfd(folder) || fd == fileno(out))
			continue;
		n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		fprintf(out, "%d %s\n", fd, target);
	}
	if (folder)
		closedir(folder);
	if (out)
		fclose(out);
}

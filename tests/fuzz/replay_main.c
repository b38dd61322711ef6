/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fuzz/replay_main.c - a fuzz target without a fuzzer: each file of the folders and files
 * named, and each beginning of it, as cut transmissions and truncated files make them.
 */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum {
	FILE_MAX = 1 << 24,    /* octets; a corpus of larger files has lost its way */
	BEGINNINGS_MAX = 4096, /* each beginning of files up to this size; of larger ones as many, evenly */
};

static size_t replayed;

/* Memory of exactly @size octets, so that a sanitizer sees a step beyond. */
static void replay(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	FUZZ_CHECK(copy);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static bool replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(FILE_MAX);
	size_t size, step;
	bool is_read = file && data;

	if (is_read) {
		size = fread(data, 1, FILE_MAX, file);
		step = size / BEGINNINGS_MAX + 1;
		for (size_t n = 0; n < size; n += step)
			replay(data, n);
		replay(data, size);
		replayed++;
	} else {
		perror(path);
	}
	if (file)
		fclose(file);
	free(data);
	return is_read;
}

static bool replay_folder(const char *path)
{
	char file[PATH_MAX];
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool is_read = folder;

	if (!is_read)
		perror(path);
	while (is_read && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		is_read = replay_file(file);
	}
	if (folder)
		closedir(folder);
	return is_read;
}

int main(int argc, char **argv)
{
	bool is_read = true;
	struct stat status;

	for (int i = 1; i < argc && is_read; i++) {
		if (stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode))
			is_read = replay_folder(argv[i]);
		else
			is_read = replay_file(argv[i]);
	}
	printf("%zu inputs and their beginnings replayed\n", replayed);
	return is_read && replayed > 0 ? 0 : 1;
}

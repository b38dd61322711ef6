/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/assembly.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/text.h"
#include "scanner/base/log.h"
#include "scanner/fleet/digest.h"
#include "scanner/fleet/own_folder.h"

enum {
	NAME_MAX_OCTETS = 64, /* of a file in the folder */
	FILE_MODE = 0666,     /* as the user's mask has it */
	STATUS_LINE_MAX = 16, /* octets of an exit status in a line of its own */
};

/* A file that was begun. */
struct part {
	uint32_t chunk;
	char file[JOB_FILE_HASH_TEXT];
	uint64_t size; /* octets there */
	int fd;        /* -1: not open */
	bool dirty;    /* written since the last sync */
};

struct assembly {
	char *folder;
	int dir, lock;
	bool is_new; /* made by us, just now */
	char identity[OWN_FOLDER_ID_MAX];
	struct bit_set whole; /* chunks */
	struct part *part;
	size_t count, room, open;
	assembly_check *check; /* NULL: none */
	void *check_arg;
};

static int fail(const struct assembly *assembly, const char *name, struct error *error)
{
	return error_set(error, "%s/%s: %s", assembly->folder, name, strerror(errno));
}

/* ---- names ---- */

static void whole_name(uint32_t chunk, char name[static NAME_MAX_OCTETS])
{
	snprintf(name, NAME_MAX_OCTETS, "chunk-%06" PRIu32 ".msgpack.zst", chunk);
}

static void part_name(uint32_t chunk, const char *file, char name[static NAME_MAX_OCTETS])
{
	snprintf(name, NAME_MAX_OCTETS, "chunk-%06" PRIu32 ".%s.part", chunk, file);
}

static bool is_whole_name(const char *name, uint32_t *chunk)
{
	char again[NAME_MAX_OCTETS];

	if (sscanf(name, "chunk-%" SCNu32, chunk) != 1 || *chunk >= JOB_CHUNKS_MAX)
		return false;
	whole_name(*chunk, again);
	return strcmp(name, again) == 0;
}

static bool is_part_name(const char *name, uint32_t *chunk, char file[static JOB_FILE_HASH_TEXT])
{
	char again[NAME_MAX_OCTETS];

	if (sscanf(name, "chunk-%" SCNu32 ".%16[0-9a-f]", chunk, file) != 2 || *chunk >= JOB_CHUNKS_MAX)
		return false;
	part_name(*chunk, file, again);
	return strcmp(name, again) == 0;
}

/* ---- parts ---- */

/* The one that was begun first: somebody else's waste, or lost and sent again. */
static void drop_oldest(struct assembly *assembly)
{
	struct part *oldest = &assembly->part[0];
	char name[NAME_MAX_OCTETS];

	if (oldest->fd >= 0) {
		close(oldest->fd);
		assembly->open--;
	}
	part_name(oldest->chunk, oldest->file, name);
	unlinkat(assembly->dir, name, 0);
	memmove(oldest, oldest + 1, --assembly->count * sizeof(*oldest));
}

/* NULL: no memory. */
static struct part *add_part(struct assembly *assembly, uint32_t chunk, const char *file, uint64_t size)
{
	struct part *part;

	if (assembly->count == ASSEMBLY_PARTS_MAX)
		drop_oldest(assembly);
	if (assembly->count == assembly->room) {
		size_t room = assembly->room ? 2 * assembly->room : 64;
		struct part *grown = realloc(assembly->part, room * sizeof(*grown));

		if (!grown)
			return NULL;
		assembly->part = grown;
		assembly->room = room;
	}
	part = &assembly->part[assembly->count++];
	*part = (struct part){ .chunk = chunk, .size = size, .fd = -1 };
	snprintf(part->file, sizeof(part->file), "%s", file);
	return part;
}

/* Few are open at a time, and pieces of one come one after the other: the last is nearly always the one. */
static struct part *find_part(struct assembly *assembly, uint32_t chunk, const char *file)
{
	for (size_t i = assembly->count; i-- > 0;)
		if (assembly->part[i].chunk == chunk && strcmp(assembly->part[i].file, file) == 0)
			return &assembly->part[i];
	return NULL;
}

static int close_part(struct assembly *assembly, struct part *part, struct error *error)
{
	char name[NAME_MAX_OCTETS];
	int result = 0;

	if (part->fd < 0)
		return 0;
	part_name(part->chunk, part->file, name);
	if (part->dirty && fdatasync(part->fd) < 0)
		result = fail(assembly, name, error);
	if (close(part->fd) < 0 && result == 0)
		result = fail(assembly, name, error);
	part->fd = -1;
	part->dirty = false;
	assembly->open--;
	return result;
}

int assembly_sync(struct assembly *assembly, struct error *error)
{
	for (size_t i = 0; i < assembly->count; i++)
		if (close_part(assembly, &assembly->part[i], error) < 0)
			return -1;
	if (fsync(assembly->dir) < 0) /* the names, too */
		return error_set(error, "%s: %s", assembly->folder, strerror(errno));
	return 0;
}

static int open_part(struct assembly *assembly, struct part *part, struct error *error)
{
	char name[NAME_MAX_OCTETS];

	if (part->fd >= 0)
		return 0;
	if (assembly->open >= ASSEMBLY_OPEN_MAX && assembly_sync(assembly, error) < 0)
		return -1;
	part_name(part->chunk, part->file, name);
	part->fd = openat(assembly->dir, name, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (part->fd < 0 && (errno == EMFILE || errno == ENFILE) && assembly->open > 0) { /* fewer, then */
		if (assembly_sync(assembly, error) < 0)
			return -1;
		part->fd = openat(assembly->dir, name, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	}
	if (part->fd < 0)
		return fail(assembly, name, error);
	assembly->open++;
	return 0;
}

static int write_at(int fd, struct span data, uint64_t offset)
{
	while (data.n > 0) {
		ssize_t n = pwrite(fd, data.p, data.n, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data = span_skip(data, (size_t)n);
		offset += (uint64_t)n;
	}
	return 0;
}

int assembly_put(struct assembly *assembly, uint32_t chunk, const char *file, uint64_t offset, struct span data,
		 struct error *error)
{
	struct part *part = find_part(assembly, chunk, file);
	char name[NAME_MAX_OCTETS];
	uint64_t known;

	/* what is before it was lost, or its offset is a lie: what stays open is the end, which is told as short */
	if (assembly_has(assembly, chunk) || offset > (part ? part->size : 0))
		return 0;
	if (!part && !(part = add_part(assembly, chunk, file, 0)))
		return error_set(error, "%s: no memory", assembly->folder);
	known = offset < part->size ? part->size - offset : 0;
	if (known >= data.n)
		return 0;
	if (open_part(assembly, part, error) < 0)
		return -1;
	part->dirty = true;
	if (write_at(part->fd, span_skip(data, (size_t)known), offset + known) < 0) {
		part_name(chunk, file, name);
		return fail(assembly, name, error);
	}
	part->size = offset + data.n;
	return 0;
}

/* ---- whole files ---- */

bool assembly_has(const struct assembly *assembly, uint32_t chunk)
{
	return bit_set_has(&assembly->whole, chunk);
}

char *assembly_path(const struct assembly *assembly, uint32_t chunk)
{
	char name[NAME_MAX_OCTETS], *path;

	whole_name(chunk, name);
	return asprintf(&path, "%s/%s", assembly->folder, name) < 0 ? NULL : path;
}

/* All that was begun of the chunk. */
static void drop_parts(struct assembly *assembly, uint32_t chunk)
{
	char name[NAME_MAX_OCTETS];
	size_t kept = 0;

	for (size_t i = 0; i < assembly->count; i++) {
		struct part *part = &assembly->part[i];

		if (part->chunk != chunk) {
			assembly->part[kept++] = *part;
			continue;
		}
		if (part->fd >= 0) {
			close(part->fd);
			assembly->open--;
		}
		part_name(chunk, part->file, name);
		unlinkat(assembly->dir, name, 0);
	}
	assembly->count = kept;
}

/* It is all there: under its own name, then. */
static int keep_whole(struct assembly *assembly, struct part *part, struct error *error)
{
	char name[NAME_MAX_OCTETS], whole[NAME_MAX_OCTETS];

	part_name(part->chunk, part->file, name);
	whole_name(part->chunk, whole);
	part->dirty = true;
	if (close_part(assembly, part, error) < 0)
		return -1;
	if (renameat(assembly->dir, name, assembly->dir, whole) < 0 || fsync(assembly->dir) < 0)
		return fail(assembly, whole, error);
	if (bit_set_add(&assembly->whole, part->chunk) < 0)
		return error_set(error, "out of memory");
	return 0;
}

void assembly_set_check(struct assembly *assembly, assembly_check *check, void *arg)
{
	assembly->check = check;
	assembly->check_arg = arg;
}

enum assembly_state assembly_settle(struct assembly *assembly, uint32_t chunk, const struct job_done *done,
				    struct error *error)
{
	char file[JOB_FILE_HASH_TEXT], sha256[JOB_HASH_TEXT], name[NAME_MAX_OCTETS];
	struct part *part;

	if (assembly_has(assembly, chunk)) {
		drop_parts(assembly, chunk);
		return ASSEMBLY_WHOLE;
	}
	job_file_name(done->sha256, file);
	part = find_part(assembly, chunk, file);
	if (!part || part->size < done->size)
		return ASSEMBLY_SHORT;
	part_name(chunk, file, name);
	if (part->size != done->size)
		return ASSEMBLY_WRONG;
	if (open_part(assembly, part, error) < 0)
		return ASSEMBLY_FAILED;
	if (lseek(part->fd, 0, SEEK_SET) < 0 || digest_of_file(part->fd, name, sha256, error) < 0)
		return ASSEMBLY_FAILED;
	if (strcmp(sha256, done->sha256) != 0 ||
	    (assembly->check && !assembly->check(assembly->check_arg, part->fd, name)))
		return ASSEMBLY_WRONG;
	if (keep_whole(assembly, part, error) < 0)
		return ASSEMBLY_FAILED;
	drop_parts(assembly, chunk);
	return ASSEMBLY_WHOLE;
}

void assembly_drop(struct assembly *assembly, uint32_t chunk)
{
	drop_parts(assembly, chunk);
}

/* ---- the folder ---- */

/* What an earlier run left. */
static int look_around(struct assembly *assembly, struct error *error)
{
	DIR *dir = opendir(assembly->folder);
	char file[JOB_FILE_HASH_TEXT];
	struct dirent *entry;
	struct stat info;
	uint32_t chunk;
	int result = 0;

	if (!dir)
		return error_set(error, "%s: %s", assembly->folder, strerror(errno));
	while (result == 0 && (entry = readdir(dir))) {
		if (is_whole_name(entry->d_name, &chunk) && bit_set_add(&assembly->whole, chunk) < 0)
			result = error_set(error, "out of memory");
		if (is_part_name(entry->d_name, &chunk, file) &&
		    fstatat(assembly->dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !add_part(assembly, chunk, file, (uint64_t)info.st_size))
			result = error_set(error, "%s: no memory", assembly->folder);
	}
	closedir(dir);
	return result;
}

/* The file "job" says whose folder it is: "JOB IDENTITY HASH", the hash since a name may be given again, to other
 * domains. It is our lock, too. */
static int read_owner(struct assembly *assembly, const struct job *job, struct error *error)
{
	char line[JOB_NAME_MAX + OWN_FOLDER_ID_MAX + JOB_HASH_TEXT + 4], name[JOB_NAME_MAX] = "";
	char hash[JOB_HASH_TEXT] = "";
	ssize_t n;

	assembly->lock = openat(assembly->dir, "job", O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (assembly->lock < 0)
		return fail(assembly, "job", error);
	if (flock(assembly->lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(error, "%s: another 'stsurvey fleet collect' is at work here", assembly->folder);
	n = pread(assembly->lock, line, sizeof(line) - 1, 0);
	if (n > 0) {
		line[n] = '\0';
		if (sscanf(line, "%32s %16[0-9a-f] %64[0-9a-f]", name, assembly->identity, hash) != 3 ||
		    strcmp(name, job->name) != 0 || strcmp(hash, job->hash) != 0)
			return error_set(error,
					 "%s: holds what was collected of another job%s, '%s'; name another "
					 "--output-file, or remove the folder",
					 assembly->folder, strcmp(name, job->name) == 0 ? " of the name" : "", name);
		return 0;
	}
	if (own_folder_make_id(assembly->identity, error) < 0)
		return -1;
	assembly->is_new = true;
	n = snprintf(line, sizeof(line), "%s %s %s\n", job->name, assembly->identity, job->hash);
	if (write_at(assembly->lock, (struct span){ line, (size_t)n }, 0) < 0 || fsync(assembly->lock) < 0)
		return fail(assembly, "job", error);
	return 0;
}

int assembly_open(struct assembly **result, const char *output, const struct job *job, struct error *error)
{
	struct assembly *assembly = calloc(1, sizeof(*assembly));

	*result = NULL;
	if (!assembly || asprintf(&assembly->folder, "%s.parts", output) < 0) {
		free(assembly);
		return error_set(error, "out of memory");
	}
	assembly->dir = assembly->lock = -1;
	assembly->dir = own_folder_open(assembly->folder, error);
	if (assembly->dir >= 0 && read_owner(assembly, job, error) == 0 && look_around(assembly, error) == 0) {
		*result = assembly;
		return 0;
	}
	assembly_close(assembly);
	return -1;
}

void assembly_close(struct assembly *assembly)
{
	struct error ignored;

	if (!assembly)
		return;
	for (size_t i = 0; i < assembly->count; i++)
		if (close_part(assembly, &assembly->part[i], &ignored) < 0)
			log_warning("%s", ignored.text);
	bit_set_free(&assembly->whole);
	free(assembly->part);
	if (assembly->lock >= 0)
		close(assembly->lock);
	if (assembly->dir >= 0)
		close(assembly->dir);
	free(assembly->folder);
	free(assembly);
}

const char *assembly_identity(const struct assembly *assembly)
{
	return assembly->identity;
}

bool assembly_is_new(const struct assembly *assembly)
{
	return assembly->is_new;
}

const char *assembly_folder(const struct assembly *assembly)
{
	return assembly->folder;
}

int assembly_put_end(struct assembly *assembly, int status, struct span words, struct error *error)
{
	int fd = openat(assembly->dir, ASSEMBLY_END, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	char first[STATUS_LINE_MAX];
	int n = snprintf(first, sizeof(first), "%d\n", status), result = 0;

	if (fd < 0)
		return fail(assembly, ASSEMBLY_END, error);
	if (write_at(fd, (struct span){ first, (size_t)n }, 0) < 0 || write_at(fd, words, (uint64_t)n) < 0 ||
	    fsync(fd) < 0 || fsync(assembly->dir) < 0)
		result = fail(assembly, ASSEMBLY_END, error);
	close(fd);
	return result;
}

int assembly_get_end(const struct assembly *assembly, struct text *words, struct error *error)
{
	FILE *file = NULL;
	int fd = openat(assembly->dir, ASSEMBLY_END, O_RDONLY | O_CLOEXEC), status = -1, c;

	if (fd >= 0 && !(file = fdopen(fd, "r")))
		close(fd);
	if (!file)
		return fail(assembly, ASSEMBLY_END, error);
	if (fscanf(file, "%d%*[\n]", &status) != 1 || status < 0)
		status = error_set(error, "%s/" ASSEMBLY_END ": is not what 'collect' left there", assembly->folder);
	while (status >= 0 && (c = getc(file)) != EOF)
		text_char(words, (char)c);
	fclose(file);
	return status;
}

void assembly_remove(struct assembly *assembly)
{
	DIR *dir = opendir(assembly->folder);
	char file[JOB_FILE_HASH_TEXT];
	struct dirent *entry;
	uint32_t chunk;

	while (dir && (entry = readdir(dir)))
		if (is_whole_name(entry->d_name, &chunk) || is_part_name(entry->d_name, &chunk, file) ||
		    strcmp(entry->d_name, ASSEMBLY_HOSTS) == 0)
			unlinkat(assembly->dir, entry->d_name, 0);
	if (dir)
		closedir(dir);
	unlinkat(assembly->dir, "job", 0); /* as long as that is there, what is said at the end is */
	unlinkat(assembly->dir, ASSEMBLY_END, 0);
	if (rmdir(assembly->folder) < 0)
		log_warning("%s: is not needed any more, and cannot be removed: %s", assembly->folder, strerror(errno));
}

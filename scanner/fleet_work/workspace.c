/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "output/text.h"
#include "scanner/fleet/own_folder.h"

enum {
	FOLDER_PERMISSIONS = 0755,
	FILE_PERMISSIONS = 0644,
	IDENTITY_MAX = 1024, /* octets of the file `worker` */
	CHUNK_DIGITS = 6,    /* JOB_CHUNKS_MAX has one more, which is written too */
};

static const char *const suffix[WORKSPACE_KINDS] = {
	[WORKSPACE_LIST] = ".list.zst",     [WORKSPACE_BEGUN] = ".begun.msgpack.zst",
	[WORKSPACE_WHOLE] = ".msgpack.zst", [WORKSPACE_STATUS] = ".status.csv",
	[WORKSPACE_LOG] = ".log",
};

static const char unfinished[] = ".new"; /* behind the name of a file that is not complete yet */

static int fail(const struct workspace *workspace, const char *name, int number, struct error *error)
{
	return error_set(error, "%s/%s: %s", workspace->path, name, strerror(number));
}

/* ---- names ---- */

void workspace_name(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind,
		    char name[static WORKSPACE_NAME_MAX])
{
	snprintf(name, WORKSPACE_NAME_MAX, "%s-%0*" PRIu32 "%s", workspace->job, CHUNK_DIGITS, chunk, suffix[kind]);
}

bool workspace_parse(const char *job, const char *name, uint32_t *chunk, enum workspace_kind *kind)
{
	size_t n = strlen(job);
	const char *rest;
	uint64_t number;

	if (strncmp(name, job, n) != 0 || name[n] != '-')
		return false;
	name += n + 1;
	rest = name + strspn(name, "0123456789");
	if (rest - name < CHUNK_DIGITS ||
	    !span_decimal((struct span){ name, (size_t)(rest - name) }, JOB_CHUNKS_MAX, &number))
		return false;
	for (size_t i = 0; i < WORKSPACE_KINDS; i++) {
		if (strcmp(rest, suffix[i]) != 0)
			continue;
		*chunk = (uint32_t)number;
		*kind = (enum workspace_kind)i;
		return true;
	}
	return false;
}

/* ---- files ---- */

/* A file that is complete, and on the disk, or not there. */
static int put_whole(const struct workspace *workspace, const char *name, struct span data, struct error *error)
{
	char beside[WORKSPACE_NAME_MAX + sizeof(unfinished)];
	int fd, number;

	snprintf(beside, sizeof(beside), "%s%s", name, unfinished);
	fd = openat(workspace->folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_PERMISSIONS);
	if (fd < 0)
		return fail(workspace, name, errno, error);
	number = text_write_all(fd, data);
	if (number == 0 && fsync(fd) < 0)
		number = errno;
	if (close(fd) < 0 && number == 0)
		number = errno;
	if (number == 0 && renameat(workspace->folder, beside, workspace->folder, name) < 0)
		number = errno;
	if (number == 0 && fsync(workspace->folder) < 0)
		number = errno;
	if (number == 0)
		return 0;
	unlinkat(workspace->folder, beside, 0);
	return fail(workspace, name, number, error);
}

int workspace_put_list(const struct workspace *workspace, uint32_t chunk, struct span data, struct error *error)
{
	char name[WORKSPACE_NAME_MAX];

	workspace_name(workspace, chunk, WORKSPACE_LIST, name);
	return put_whole(workspace, name, data, error);
}

int workspace_put_file(const struct workspace *workspace, size_t number, struct span data, struct error *error)
{
	char name[WORKSPACE_NAME_MAX];

	if (mkdirat(workspace->folder, WORKSPACE_FILES, FOLDER_PERMISSIONS) < 0 && errno != EEXIST)
		return fail(workspace, WORKSPACE_FILES, errno, error);
	snprintf(name, sizeof(name), WORKSPACE_FILES "/%zu", number);
	return put_whole(workspace, name, data, error);
}

bool workspace_has(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind)
{
	char name[WORKSPACE_NAME_MAX];

	workspace_name(workspace, chunk, kind, name);
	return faccessat(workspace->folder, name, F_OK, 0) == 0;
}

int workspace_read(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind, struct error *error)
{
	char name[WORKSPACE_NAME_MAX];
	int fd;

	workspace_name(workspace, chunk, kind, name);
	fd = openat(workspace->folder, name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(workspace, name, errno, error) : fd;
}

int workspace_finish(const struct workspace *workspace, uint32_t chunk, struct error *error)
{
	char begun[WORKSPACE_NAME_MAX], whole[WORKSPACE_NAME_MAX];
	int fd = workspace_read(workspace, chunk, WORKSPACE_BEGUN, error), number = 0;

	if (fd < 0)
		return -1;
	workspace_name(workspace, chunk, WORKSPACE_BEGUN, begun);
	workspace_name(workspace, chunk, WORKSPACE_WHOLE, whole);
	if (fsync(fd) < 0 || renameat(workspace->folder, begun, workspace->folder, whole) < 0 ||
	    fsync(workspace->folder) < 0)
		number = errno;
	close(fd);
	return number == 0 ? 0 : fail(workspace, begun, number, error);
}

void workspace_remove(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind)
{
	char name[WORKSPACE_NAME_MAX];

	workspace_name(workspace, chunk, kind, name);
	unlinkat(workspace->folder, name, 0);
}

void workspace_drop(const struct workspace *workspace, uint32_t chunk, enum workspace_kind keep)
{
	for (enum workspace_kind kind = 0; kind < WORKSPACE_KINDS; kind++)
		if (kind != keep)
			workspace_remove(workspace, chunk, kind);
}

uint64_t workspace_room(const struct workspace *workspace)
{
	struct statvfs info;

	if (fstatvfs(workspace->folder, &info) < 0)
		return UINT64_MAX; /* writing will tell */
	return (uint64_t)info.f_bavail * info.f_frsize;
}

/* ---- what is there ---- */

/* To be closed by closedir; NULL and one line in @error. */
static DIR *open_folder(const struct workspace *workspace, const char *name, struct error *error)
{
	int fd = openat(workspace->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		fail(workspace, name, errno, error);
		if (fd >= 0)
			close(fd);
	}
	return folder;
}

static int compare_chunks(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int workspace_chunks(const struct workspace *workspace, enum workspace_kind wanted, uint32_t **chunk, size_t *count,
		     struct error *error)
{
	DIR *folder = open_folder(workspace, ".", error);
	const struct dirent *entry;
	enum workspace_kind kind;
	uint32_t number, *grown;

	*chunk = NULL;
	*count = 0;
	if (!folder)
		return -1;
	while ((entry = readdir(folder))) {
		if (!workspace_parse(workspace->job, entry->d_name, &number, &kind) || kind != wanted)
			continue;
		grown = realloc(*chunk, (*count + 1) * sizeof(**chunk));
		if (!grown) {
			free(*chunk);
			*chunk = NULL;
			closedir(folder);
			return fail(workspace, ".", ENOMEM, error);
		}
		*chunk = grown;
		(*chunk)[(*count)++] = number;
	}
	closedir(folder);
	if (*count > 0)
		qsort(*chunk, *count, sizeof(**chunk), compare_chunks);
	return 0;
}

/* What a worker that was killed had not finished writing. */
static void sweep(const struct workspace *workspace)
{
	struct error unused;
	DIR *folder = open_folder(workspace, ".", &unused);
	const struct dirent *entry;
	enum workspace_kind kind;
	uint32_t number;

	while (folder && (entry = readdir(folder))) {
		struct span name = span_of(entry->d_name);
		char stem[NAME_MAX + 1];

		if (!span_ends_with(name, span_of(unfinished)))
			continue;
		snprintf(stem, sizeof(stem), "%.*s", (int)(name.n - strlen(unfinished)), name.p);
		if (workspace_parse(workspace->job, stem, &number, &kind))
			unlinkat(workspace->folder, entry->d_name, 0);
	}
	if (folder)
		closedir(folder);
}

size_t workspace_clear(const struct workspace *workspace, bool keep_whole)
{
	struct error unused;
	DIR *folder = open_folder(workspace, ".", &unused);
	const struct dirent *entry;
	enum workspace_kind kind;
	size_t kept = 0;
	uint32_t number;

	while (folder && (entry = readdir(folder))) {
		if (!workspace_parse(workspace->job, entry->d_name, &number, &kind))
			continue;
		if (keep_whole && kind == WORKSPACE_WHOLE)
			kept++;
		else
			unlinkat(workspace->folder, entry->d_name, 0);
	}
	if (folder)
		closedir(folder);
	folder = open_folder(workspace, WORKSPACE_FILES, &unused);
	while (folder && (entry = readdir(folder)))
		if (ascii_is_digit(entry->d_name[0]))
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	unlinkat(workspace->folder, WORKSPACE_FILES, AT_REMOVEDIR);
	unlinkat(workspace->folder, WORKSPACE_PROBE, 0);
	unlinkat(workspace->folder, WORKSPACE_PROBE_HOSTS, 0);
	if (kept == 0)
		unlinkat(workspace->folder, "worker", 0);
	return kept;
}

/* ---- whose it is ---- */

/* What a key of a bucket may have in it (NATS: no space, no wildcard). */
static void put_plain(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		out[n++] = ascii_is_alnum(*text) || *text == '_' ? *text : '-';
	out[n] = '\0';
}

/* After the host and the folder, or as the user has it. */
static void name_worker(struct workspace *workspace, const char *given)
{
	char host[HOST_NAME_MAX + 1] = "", full[PATH_MAX], both[PATH_MAX + HOST_NAME_MAX + 2];
	const char *folder = realpath(workspace->path, full) ? strrchr(full, '/') : NULL;

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	snprintf(both, sizeof(both), "%s-%s", host, folder ? folder + 1 : "");
	put_plain(workspace->worker, sizeof(workspace->worker), given ? given : both);
}

struct identity {
	char job[JOB_NAME_MAX], hash[JOB_HASH_TEXT], id[OWN_FOLDER_ID_MAX];
};

/* @before, then a word that ends with a blank or the line. */
static bool take(struct span *rest, const char *before, char *out, size_t size)
{
	size_t n = 0;

	if (!span_starts_with(*rest, span_of(before)))
		return false;
	*rest = span_skip(*rest, strlen(before));
	while (n < rest->n && !ascii_is_space(rest->p[n]))
		n++;
	snprintf(out, size, "%.*s", (int)n, rest->p);
	*rest = span_skip(*rest, n);
	return n > 0 && n < size;
}

/* The file `worker`: 1; 0: there is none; -1 with one line in @error. */
static int read_identity(const struct workspace *workspace, struct identity *identity, struct error *error)
{
	char text[IDENTITY_MAX];
	int fd = openat(workspace->folder, "worker", O_RDONLY | O_CLOEXEC);
	struct span rest;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(workspace, "worker", errno, error);
	n = read(fd, text, sizeof(text));
	close(fd);
	rest = (struct span){ text, n > 0 ? (size_t)n : 0 };
	if (take(&rest, "job ", identity->job, sizeof(identity->job)) &&
	    take(&rest, " ", identity->hash, sizeof(identity->hash)) &&
	    take(&rest, "\nid ", identity->id, sizeof(identity->id)))
		return 1;
	return error_set(error, "%s/worker: was not written by 'stsurvey fleet work': give another folder",
			 workspace->path);
}

static int write_identity(const struct workspace *workspace, const struct identity *identity, struct error *error)
{
	char text[IDENTITY_MAX];
	int n = snprintf(text, sizeof(text), "job %s %s\nid %s\nworker %s\n", identity->job, identity->hash,
			 identity->id, workspace->worker);

	return put_whole(workspace, "worker", (struct span){ text, (size_t)n }, error);
}

/* Ours, of this job, from now on. */
static int claim(struct workspace *workspace, const struct job *job, const char *worker, struct error *error)
{
	struct identity identity;
	int known = read_identity(workspace, &identity, error);

	if (known < 0)
		return -1;
	if (known && (strcmp(identity.job, job->name) != 0 || strcmp(identity.hash, job->hash) != 0))
		return error_set(error,
				 "%s: is the folder of a worker of %s '%s': give another folder, or remove it "
				 "if that job is over",
				 workspace->path,
				 strcmp(identity.job, job->name) != 0 ? "job" : "another job of the name",
				 identity.job);
	if (!known) {
		snprintf(identity.job, sizeof(identity.job), "%s", job->name);
		snprintf(identity.hash, sizeof(identity.hash), "%s", job->hash);
		if (own_folder_make_id(identity.id, error) < 0)
			return -1;
	}
	memcpy(workspace->id, identity.id, sizeof(workspace->id));
	name_worker(workspace, worker);
	return write_identity(workspace, &identity, error);
}

static int lock(struct workspace *workspace, struct error *error)
{
	workspace->lock = openat(workspace->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, FILE_PERMISSIONS);
	if (workspace->lock < 0)
		return fail(workspace, "lock", errno, error);
	if (flock(workspace->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return fail(workspace, "lock", errno, error);
	return error_set(error, "%s: another worker works in it: give each a folder of its own", workspace->path);
}

int workspace_open(struct workspace *workspace, const char *path, const struct job *job, const char *worker,
		   struct error *error)
{
	*workspace = (struct workspace){ .path = path, .folder = -1, .lock = -1 };
	snprintf(workspace->job, sizeof(workspace->job), "%s", job->name);
	workspace->folder = own_folder_open(path, error);
	if (workspace->folder < 0)
		return -1;
	if (lock(workspace, error) == 0 && claim(workspace, job, worker, error) == 0) {
		sweep(workspace);
		return 0;
	}
	workspace_close(workspace);
	return -1;
}

void workspace_close(struct workspace *workspace)
{
	if (workspace->lock >= 0)
		close(workspace->lock);
	if (workspace->folder >= 0)
		close(workspace->folder);
	workspace->lock = workspace->folder = -1;
}

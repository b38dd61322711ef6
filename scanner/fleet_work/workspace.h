/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/workspace.h - the worker's folder: what it has begun, and what it has done and nobody has fetched
 * yet. A worker that was killed finds here all it needs to go on.
 *
 * The folder is one worker's and one job's. Of chunk 12 of job `week` it holds
 *     week-000012.list.zst            its list, as the queue had it
 *     week-000012.begun.msgpack.zst   the scan file, while it is written
 *     week-000012.msgpack.zst         the scan file, whole, and on the disk
 *     week-000012.status.csv, .log    what the scan tells of itself
 * and beside them `worker` (who we are, for which job), `lock`, and in files/ what the job's options name.
 */
#ifndef STSURVEY_SCANNER_FLEET_WORK_WORKSPACE_H
#define STSURVEY_SCANNER_FLEET_WORK_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/fleet/job.h"
#include "scanner/fleet/own_folder.h"

enum workspace_kind {
	WORKSPACE_LIST,
	WORKSPACE_BEGUN,
	WORKSPACE_WHOLE,
	WORKSPACE_STATUS,
	WORKSPACE_LOG,
	WORKSPACE_KINDS,
};

enum {
	WORKSPACE_NAME_MAX = JOB_NAME_MAX + 40, /* octets of a file's name in it, NUL included */
	WORKSPACE_ROOM = 64 * 1024 *
			 1024, /* octets: with less on the disk no chunk is begun; its results are some MB */
};

struct workspace {
	const char *path; /* as given */
	int folder, lock; /* descriptors */
	char job[JOB_NAME_MAX];
	char worker[JOB_WORKER_MAX];
	char id[OWN_FOLDER_ID_MAX]; /* of the folder: made with it, at random */
};

/* Made if it is missing. @worker: what the worker is to be called; NULL: after the host and the folder. 0; -1 with one
 * line in @error: somebody works in it, it is another job's, the disk. */
__attribute__((warn_unused_result)) int workspace_open(struct workspace *workspace, const char *path,
						       const struct job *job, const char *worker, struct error *error);
void workspace_close(struct workspace *workspace);

/* In the folder. */
void workspace_name(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind,
		    char name[static WORKSPACE_NAME_MAX]);
/* "week-000012.msgpack.zst" → 12 and WORKSPACE_WHOLE; false: none of ours. Pure. */
__attribute__((warn_unused_result)) bool workspace_parse(const char *job, const char *name, uint32_t *chunk,
							 enum workspace_kind *kind);

bool workspace_has(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind);
/* A descriptor to read from, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int workspace_read(const struct workspace *workspace, uint32_t chunk,
						       enum workspace_kind kind, struct error *error);

/* The list of a chunk, or (chunk below 0) the job's file @number, as a whole and on the disk. */
__attribute__((warn_unused_result)) int workspace_put_list(const struct workspace *workspace, uint32_t chunk,
							   struct span data, struct error *error);
__attribute__((warn_unused_result)) int workspace_put_file(const struct workspace *workspace, size_t number,
							   struct span data, struct error *error);
#define WORKSPACE_FILES "files" /* where these are */
/* Lists that were scanned to see whether we can scan at all, and could not be: as domains, and as mail servers. */
#define WORKSPACE_PROBE "probe.csv"
#define WORKSPACE_PROBE_HOSTS "probe-hosts.csv"

/* The scan file is whole: on the disk, and under its name. */
__attribute__((warn_unused_result)) int workspace_finish(const struct workspace *workspace, uint32_t chunk,
							 struct error *error);

/* Remove what there is of the chunk, but for @keep; WORKSPACE_KINDS: nothing is kept. */
void workspace_drop(const struct workspace *workspace, uint32_t chunk, enum workspace_kind keep);
void workspace_remove(const struct workspace *workspace, uint32_t chunk, enum workspace_kind kind);

/* Numbers of the chunks of which there is one of @kind; *@chunk to be freed. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int workspace_chunks(const struct workspace *workspace, enum workspace_kind kind,
							 uint32_t **chunk, size_t *count, struct error *error);

/* Octets that the disk still takes. */
uint64_t workspace_room(const struct workspace *workspace);

/* The job is done, or gone: all that is ours goes, but the lock. @keep_whole: and but for files that are whole, and
 * then the folder stays the job's; how many. */
size_t workspace_clear(const struct workspace *workspace, bool keep_whole);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/assembly.h - the folder in which `collect` puts the workers' scan files together, and all that it
 * knows: killed at any moment, it goes on with what is there.
 *
 * Results come as pieces of files, each with its offset, those of several files mixed. A piece is appended to
 * chunk-CHUNK.FILE.part; what is there already is passed over, so that pieces may come again. A file that is whole, as
 * its hash tells, becomes chunk-CHUNK.msgpack.zst. Nothing may be deleted at the server before assembly_sync said so.
 */
#ifndef STSURVEY_SCANNER_FLEET_ASSEMBLY_H
#define STSURVEY_SCANNER_FLEET_ASSEMBLY_H

#include "output/bit_set.h"
#include "scanner/fleet/job.h"

enum {
	ASSEMBLY_PARTS_MAX = 8192, /* files begun, more than there are workers; above that the oldest go */
	ASSEMBLY_OPEN_MAX = 128,   /* of them open at once */
};

/* In the folder: the mail servers of stage 1, and what is said at the end. */
#define ASSEMBLY_HOSTS "hosts.txt"
#define ASSEMBLY_END "end.txt"

struct assembly;

/* The folder beside @output; made if it is missing. Its lock is ours until assembly_close: a second `collect` is told.
 * 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int assembly_open(struct assembly **assembly, const char *output,
						      const struct job *job, struct error *error);
void assembly_close(struct assembly *assembly); /* NULL: nothing to do */

/* Who has the folder: a random number in hexadecimal, made with it. */
const char *assembly_identity(const struct assembly *assembly);
const char *assembly_folder(const struct assembly *assembly);
bool assembly_is_new(const struct assembly *assembly); /* made just now */

/* Is the chunk's file whole and in the folder? */
bool assembly_has(const struct assembly *assembly, uint32_t chunk);
/* Where it is; to be freed. NULL: no memory. */
char *assembly_path(const struct assembly *assembly, uint32_t chunk);

/* A piece. 0; -1 with one line in @error: our disk. What comes behind a lost piece is passed over: its file stays short
 * until somebody sends it again. */
__attribute__((warn_unused_result)) int assembly_put(struct assembly *assembly, uint32_t chunk, const char *file,
						     uint64_t offset, struct span data, struct error *error);

/* What was put is on the disk. */
__attribute__((warn_unused_result)) int assembly_sync(struct assembly *assembly, struct error *error);

enum assembly_state {
	ASSEMBLY_WHOLE, /* it is in the folder under its name, and on the disk */
	ASSEMBLY_SHORT, /* something is still to come */
	ASSEMBLY_WRONG, /* its octets are not those that the worker sent, or are none that count */
	ASSEMBLY_FAILED /* our disk; one line in @error */
};

/* The chunk is done, says @done: is its file whole? Others of the chunk are removed then. */
__attribute__((warn_unused_result)) enum assembly_state
assembly_settle(struct assembly *assembly, uint32_t chunk, const struct job_done *done, struct error *error);

/* Asked of each file that is whole before it counts: false makes it WRONG. */
typedef bool assembly_check(void *arg, int fd, const char *name);
void assembly_set_check(struct assembly *assembly, assembly_check *check, void *arg);

/* What was begun of the chunk is of no use. */
void assembly_drop(struct assembly *assembly, uint32_t chunk);

/* What is said at the end, and the exit status, kept on the disk until assembly_remove. 0, or -1 with one line in
 * @error.
 */
__attribute__((warn_unused_result)) int assembly_put_end(struct assembly *assembly, int status, struct span words,
							 struct error *error);
/* The status, and @words; -1 with one line in @error. */
__attribute__((warn_unused_result)) int assembly_get_end(const struct assembly *assembly, struct text *words,
							 struct error *error);

/* The job is in its scan file: the folder and what is in it go. */
void assembly_remove(struct assembly *assembly);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/child_words.h - the command line of the scan of one chunk: the job's options, the worker's own,
 * and the worker's share of the job's rates. Pure.
 *
 * What a manifest says is a stranger's: an option that no chunk takes, and a file that did not come with the job, are
 * refused. All paths are relative to the worker's folder, where the child works, so that every worker's scan files tell
 * the same.
 */
#ifndef STSURVEY_SCANNER_FLEET_WORK_CHILD_WORDS_H
#define STSURVEY_SCANNER_FLEET_WORK_CHILD_WORDS_H

#include "scanner/fleet/job.h"

struct child_request {
	const struct job *job;
	const struct options *worker; /* as the worker was told; its name servers, where there are any */
	bool is_public;               /* a name server that it will ask is a public resolver */
	enum job_stage stage;
	uint64_t first;                                /* the list's number of the chunk's first entry */
	uint32_t share;                                /* of LEDGER_WHOLE */
	const char *program, *output, *status, *files; /* files: the folder with the job's, by their numbers */
	bool resume;
	bool is_probe; /* of a list of its own: nothing that is of the job's list alone */
};

struct child_words {
	char **word; /* NULL behind the last */
	size_t count;
	char *own;
};

/* May this worker take the job? Who may write to the server may have it ask whom he likes, but nobody within networks
 * of the worker's that its owner has not opened to jobs. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int child_words_consent(const struct job *job, const struct options *worker,
							    struct error *error);

/* 0, or -1 with one line in @error and nothing to free. */
__attribute__((warn_unused_result)) int child_words_make(struct child_words *words, const struct child_request *request,
							 struct error *error);
void child_words_free(struct child_words *words);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/submission.h - a job, made of a command line and a list, before it is at the server; and what tells it
 * from another one under its name. */
#ifndef STSURVEY_SCANNER_FLEET_SUBMISSION_H
#define STSURVEY_SCANNER_FLEET_SUBMISSION_H

#include "scanner/fleet/cut.h"

enum { SUBMISSION_AUDIT_MAX = 24 }; /* octets of --audit, NUL included */

struct submission {
	struct job job; /* what it points to is here, or the options' */
	struct record_option option[JOB_OPTIONS_MAX];
	struct job_file file[JOB_OPTIONS_MAX];
	struct text content[JOB_OPTIONS_MAX]; /* of the files */
	char audit[SUBMISSION_AUDIT_MAX];
};

/* @options are those of submit, and outlive it. 0, or -1 with one line in @error; submission_free in any case. */
__attribute__((warn_unused_result)) int submission_make(struct submission *submission, const struct options *options,
							const struct cut_look *look, struct error *error);
void submission_free(struct submission *submission);

/* Is @there, which is at the server, the same job? 0, or -1 and in @error what differs: there → here. */
__attribute__((warn_unused_result)) int submission_compare(const struct job *there, const struct job *here,
							   struct error *error);

#endif

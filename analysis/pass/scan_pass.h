/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/scan_pass.h - the inside of one pass: scan_files.c begins it, scan_pass.c opens the files and reads
 * their mail servers, scan_frames.c has threads read the domains.
 */
#ifndef STSURVEY_ANALYSIS_PASS_SCAN_PASS_H
#define STSURVEY_ANALYSIS_PASS_SCAN_PASS_H

#include "analysis/pass/scan_files.h"
#include "analysis/pass/scan_judge.h"
#include "output/elapsed.h"
#include "output/scan_file/host_store.h"
#include "output/scan_file/reader.h"

/* Whose mail servers a scan probes, as its header says. */
enum probed {
	PROBED_NONE,
	PROBED_STS,    /* those of domains with an STS record */
	PROBED_ALL,    /* of all domains with MX */
	PROBED_JOINED, /* whoever stood in a list that merge has joined in */
	PROBED_LIST    /* of a list of their own: the file holds no domains */
};

struct scan_source {
	struct reader *reader; /* while it is read, and before that for what can be read but once */
	int copy;              /* of that, read in its stead; -1: none */
	enum probed probed;
	struct error error; /* why its hosts could not all be read; "": they could */
};

struct scan_pass {
	struct scan_files *files;
	const struct scan_files_work *work;
	void *work_arg, *arg; /* for the calls of each */
	unsigned threads;

	/* set by scan_pass_run */
	struct scan_source *source; /* one a file, as is the next */
	struct scan_origin *origin;
	struct host_store *hosts; /* NULL: no file has any */
	struct elapsed elapsed;   /* progress is told */
	bool enough;              /* somebody wants no more */
	bool failed;              /* for this reason */
	struct error error;
};

/* 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_pass_run(struct scan_pass *pass, struct error *error);

/* Open @source again, or for the first time. */
__attribute__((warn_unused_result)) int scan_pass_open(struct reader **reader, const struct scan_source *source,
						       const char *path, struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge.h - scan files of one list as one scan file, with the records in the list's order.
 *
 * Files are the shards of one scan (--shards), or parts of it in whatever way the caller has split it. Each is read
 * once; what does not fit into the memory that is given is put aside in temporary files
 * (analysis/pass/sorted_rows.h). Beside it memory is taken for 16 to 32 octets of each certificate that is kept whole
 * (--keep-certificates), and for what a reader needs to know of one file (output/scan_file/reader.h).
 *
 * A host that several files tell of has one record: that with more passes, then the later one. Tests of the way to
 * port 25 are kept; each has the number of its run, as hosts have, since a test of one machine says nothing of
 * another's hosts. Audits of --direct were chosen in each file by a key of its own; the header has that of the first.
 */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "output/scan_file/record.h"

enum {
	MERGE_FILES_MAX = 1 << 24, /* a row has 24 bits for the number of its file */
	/* Options of all headers together, and different values of one that may differ (the name servers of each
	   machine): what one header can have, and a person still reads. */
	MERGE_OPTIONS_MAX = 1024,
	MERGE_VALUES_MAX = 16,
};

/* What an option of a file's header has to do with another's. */
enum merge_option {
	MERGE_SAME,      /* it decides what is measured: all files must have it alike, … */
	MERGE_SAME_FILE, /* … but for the folder, which may be another on another machine */
	MERGE_FREE,      /* it may differ; the header gets each value */
	MERGE_LEFT_OUT,  /* it is the file's own, and says nothing of all together */
};

struct merge_options {
	const char *command; /* for what is told on standard error */
	char **path;         /* "-": standard input */
	int count;
	const char *output;
	bool force;    /* replace what is there */
	bool partial;  /* make do without shards, and with files that are not complete: then it is an interrupted scan,
			* which scan --resume completes */
	bool quiet;    /* no progress */
	size_t memory; /* octets for rows */
	/* What there is to know of an option; the program has the table. */
	enum merge_option (*option)(struct span name);
	/* The header to be written; nobody looks then whether the files are shards of one list, which the caller knows,
	 * and of their options those that are not left out are added. NULL: it is made from theirs. */
	const struct record_header *header;
	bool lacking; /* the caller knows that parts are missing; with a header */
	/* Set from a signal handler: end soon, without a file. NULL: nobody does. */
	const volatile sig_atomic_t *stop;
};

struct merge_result {
	uint64_t domains, hosts;       /* records that were written */
	uint64_t duplicates;           /* records whose index another had, left out */
	uint32_t shards, missing;      /* of the list; of these not given */
	unsigned incomplete;           /* files that are not complete */
	bool complete;                 /* nothing is missing */
	bool stopped;                  /* it was `stop` that ended it */
	struct record_trailer trailer; /* of the new file */
};

/* 0; or -1 with one line in @error, and what was there before is as it was. Warnings, and each file that is not
 * complete, are told on standard error. */
__attribute__((warn_unused_result)) int merge_scans(const struct merge_options *options, struct merge_result *result,
						    struct error *error);

#endif

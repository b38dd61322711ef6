/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/scan_files.h - every domain of any number of scan files, judged, in one pass.
 *
 * Where the header of one says that mail servers were probed (--smtp, --mx-hosts), the hosts of all files are read
 * first, in a pass of its own, and joined to each domain before it is judged: those of a file that holds nothing else
 * to the domains of the others. What can be read but once (a pipe) is copied to a temporary file then.
 *
 * A file that was cut (crash, full disk) or that an interrupted scan left is read as far as it goes, with a warning.
 * One that no scan leaves (READER_WRONG) is an error, unless the user is content with a part; damage before the end is
 * an error always. Files whose domains overlap, two scans of one list or a shard beside the whole, are warned of;
 * samples that are no parts of one sample are an error.
 */
#ifndef STSURVEY_ANALYSIS_PASS_SCAN_FILES_H
#define STSURVEY_ANALYSIS_PASS_SCAN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/classify/classify.h"
#include "analysis/pass/scan_headers.h"
#include "output/error.h"
#include "output/text.h"
#include "parsers/mail_host.h"

/* False ends the pass early, without an error. */
typedef bool scan_files_on_host(void *arg, const struct obs_host *host);
typedef void scan_files_on_vantage(void *arg, const struct obs_vantage *vantage);

/* What each file says of its scan, in their order and ahead of all else; valid until it returns. */
typedef void scan_files_on_header(void *arg, const struct record_header *header);

struct scan_files {
	const char *command; /* for warnings and progress, which go to standard error */
	char **path;         /* "-": standard input */
	int count;
	unsigned number, of; /* scans are read one after the other, and this is one of so many; 0: it is the only one */
	bool partial;        /* files that are not whole will do */
	unsigned threads;    /* of scan_files_work; 0: one */
	/* Each may be NULL; called with the pass's arg, on the caller's thread. The hosts come behind the last domain,
	 * each once, in the order they stand in the files; the tests of the way to port 25 ahead of the first domain.
	 */
	scan_files_on_host *on_host;
	scan_files_on_vantage *on_vantage;
	/* Called with the pass's arg once the headers are known, ahead of all else; 0, or -1 with one line in
	 * @error. NULL: nobody asks. */
	int (*on_headers)(void *arg, const struct scan_headers *headers, struct error *error);
	scan_files_on_header *on_header;
	/* set by the pass */
	struct scan_headers headers; /* of the files that hold domains */
	uint64_t domains;
	uint64_t hosts;      /* names of mail servers that something is known of */
	unsigned incomplete; /* files that hold a part of what they should */
};

/* What is done with each domain, on threads that take a frame each: counts go into a thread's own state, and are added
 * up in the end; rows go into texts, which come out as if one thread had written them. So nothing depends on how many
 * threads there are, or where a frame ends.
 *
 *   static bool on_domain(void *state, struct text *output, const struct observation *o, const struct classification
 * *r)
 *   {
 *           struct csv csv;
 *
 *           stats_add(state, o, r);                  begin made it, end merges it: stats_merge(&total, state)
 *           csv_init(&csv, &output[ROWS]);           and on_output writes what it is given to the file of ROWS
 *           …
 *           return true;
 *   }
 *
 * All but on_domain are called with the pass's arg. */
struct scan_files_work {
	unsigned outputs; /* texts that on_domain writes into, kept in memory until it is their turn */
	/* A thread's own state, on the caller's thread ahead of all else. NULL: no memory; without begin, the pass's
	 * arg is the state of all threads. */
	void *(*begin)(void *arg);
	/* On any thread. False ends the pass early, without an error; who then has been counted, is not defined. */
	bool (*on_domain)(void *state, struct text *output, const struct observation *observation,
			  const struct classification *result);
	/* In file order, on one thread at a time, whichever. False as above. May be NULL without outputs. */
	bool (*on_output)(void *arg, unsigned output, struct span octets);
	/* Behind each frame, on the thread of the state, for one thread at a time: a state that has become large may
	 * be added up before the end. May be NULL. */
	void (*relieve)(void *arg, void *state);
	/* On the caller's thread behind the last domain, for each state, also after a failure: add it up and free it.
	 * May be NULL. on_host is called behind that. */
	void (*end)(void *arg, void *state);
};

/* Called for each domain in file order; false ends the pass early, without an error. */
typedef bool scan_files_on_domain(void *arg, const struct observation *observation,
				  const struct classification *result);

/* Are all files different? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_files_check_distinct(const struct scan_files *files, struct error *error);

/* Is none of them @output? To be asked before that is opened. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_files_check_output(const struct scan_files *files, const char *output,
								struct error *error);

/* 0 once everything is read, or somebody had enough; -1 with one line in @error, and then what was counted is to be
 * thrown away. */
__attribute__((warn_unused_result)) int scan_files_work(struct scan_files *files, const struct scan_files_work *work,
							void *arg, struct error *error);

/* The same on the caller's thread alone, for who needs no speed. */
__attribute__((warn_unused_result)) int scan_files_read(struct scan_files *files, scan_files_on_domain *on_domain,
							void *arg, struct error *error);

/* After reading: was there any domain, or mail server? 0, or -1 with one line in @error. */
int scan_files_check_domains(const struct scan_files *files, struct error *error);

#endif

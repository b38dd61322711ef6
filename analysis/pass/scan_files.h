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
#include "parsers/mail_host.h"

/* False ends the pass early, without an error. */
typedef bool scan_files_on_host(void *arg, const struct obs_host *host);
typedef void scan_files_on_vantage(void *arg, const struct obs_vantage *vantage);

struct scan_files {
	const char *command; /* for warnings, which go to standard error */
	char **path;         /* "-": standard input */
	int count;
	bool partial; /* files that are not whole will do */
	/* Each may be NULL; called with scan_files_read's arg. The hosts come behind the last domain, each once, in the
	 * order they stand in the files; the tests of the way to port 25 ahead of the first domain. */
	scan_files_on_host *on_host;
	scan_files_on_vantage *on_vantage;
	/* Called with scan_files_read's arg once the headers are known, ahead of all else; 0, or -1 with one line in
	 * @error. NULL: nobody asks. */
	int (*on_headers)(void *arg, const struct scan_headers *headers, struct error *error);
	/* set by scan_files_read */
	struct scan_headers headers; /* of the files that hold domains */
	uint64_t domains;
	uint64_t hosts;      /* names of mail servers that something is known of */
	unsigned incomplete; /* files that hold a part of what they should */
};

/* Called for each domain in file order; false ends the pass early, without an error. */
typedef bool scan_files_on_domain(void *arg, const struct observation *observation,
				  const struct classification *result);

/* Are all files different? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_files_check_distinct(const struct scan_files *files, struct error *error);

/* Is none of them @output? To be asked before that is opened. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_files_check_output(const struct scan_files *files, const char *output,
								struct error *error);

/* 0 once everything is read, or @on_domain had enough; -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_files_read(struct scan_files *files, scan_files_on_domain *on_domain,
							void *arg, struct error *error);

/* After reading: was there any domain, or mail server? 0, or -1 with one line in @error. */
int scan_files_check_domains(const struct scan_files *files, struct error *error);

#endif

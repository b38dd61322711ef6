/* scanner/run/resume.h - going on with a scan file: which input entries are in its whole frames, and is it the
 * same survey? The file is the only checkpoint; there is no journal to disagree with it.
 */
#ifndef STSURVEY_SCANNER_RUN_RESUME_H
#define STSURVEY_SCANNER_RUN_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "output/record.h"
#include "scanner/options/options.h"
#include "scanner/run/counts.h"

struct resume {
	uint64_t *word;              /* one bit an input entry, room doubled as it grows: 200 million in 34 MB */
	uint64_t bits;               /* there is room for */
	long long whole;             /* octets of whole frames, where writing goes on; 0: nothing to keep */
	bool complete;               /* the file's trailer says so; --max-domains may have left entries to do */
	bool torn;                   /* something behind the whole frames is cut off */
	struct domain_counts counts; /* of the records kept */
	uint64_t queries, fetches;   /* of the runs before, as their last trailer says */
	bool traffic_lost;           /* one was killed before it could say */
	/* of the header */
	uint64_t input_size, input_sample;
	int64_t input_mtime;
};

/* Read @path and compare its header with @options. A file that does not exist is an empty one: nothing done. 0, or -1
 * with one line in @error (another survey, damage). */
__attribute__((warn_unused_result)) int resume_load(struct resume *resume, const char *path,
						    const struct options *options, struct error *error);
void resume_free(struct resume *resume);

/* Is this the list the file was begun with? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int resume_check_input(const struct resume *resume, const char *path, uint64_t size,
							   int64_t mtime, uint64_t sample, struct error *error);

/* Has the entry its record? */
bool resume_has(const struct resume *resume, uint64_t index);

#endif

/* scanner/run/progress.h - how a scan is doing: a line for people, a CSV row a second, a JSON file about the
 * whole.
 *
 * The caller counts and owns the clock; this module formats. Called on one thread, once a second.
 */
#ifndef STSURVEY_SCANNER_RUN_PROGRESS_H
#define STSURVEY_SCANNER_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/options/options.h"

enum {
	PROGRESS_LINE_MAX = 320,
	PROGRESS_LINE_INTERVAL_MS = 10000,     /* between lines where standard error is no terminal */
	PROGRESS_METADATA_INTERVAL_MS = 10000, /* between rewrites of the metadata file */
};

struct json;

struct progress_counts {
	/* of the file: what it held when it was resumed counts, too */
	uint64_t domains; /* recorded, whatever their status */
	uint64_t sts;     /* of those, with an STS record */
	uint64_t fetched; /* of those, with a policy fetched */
	uint64_t unknown, blocklisted, illegal;
	uint64_t queries;  /* DNS packets sent */
	uint64_t fetches;  /* policy fetches begun */
	bool traffic_lost; /* an earlier run was killed: what it sent is not among the two, which are not shown */
	/* at this moment */
	uint64_t deferred_left; /* domains without a record, to be asked again */
	uint64_t in_flight;     /* domains */
	uint64_t fetching;      /* policy fetches */
};

/* One moment of a scan. */
struct progress_moment {
	uint64_t now_ms; /* monotonic */
	int64_t wall_ms; /* since 1970, UTC */
	double fraction; /* of the work, 0 to 1; below 0: unknown */
	struct progress_counts counts;
	const char *note; /* what is out of the ordinary, e.g. "paused: no resolver answers"; NULL: nothing */
};

/* What the metadata file says besides; everything lives as long as the progress. */
struct progress_about {
	int argc;
	char **argv;
	const char *input;                 /* as given */
	uint64_t input_size, input_sample; /* of feed_identity; 0 for a pipe */
	int64_t input_mtime;
	uint64_t resumed;                            /* domains that the file already held */
	void (*extra)(struct json *json, void *arg); /* add members to the outermost object; NULL: none */
	void *arg;
};

enum progress_end { PROGRESS_COMPLETE, PROGRESS_ABORTED, PROGRESS_FAILED };

struct progress;

/* Can the files that @options name be written, as far as can be told without writing? To be asked before the scan file
 * is begun or replaced. 0, or -1 as progress_open. */
__attribute__((warn_unused_result)) int progress_check(const struct options *options, struct error *error);

/* Open the files that @options name and write what is known at the start. 0, or -1 with one line for the user
 * in @error.
 * @options lives as long as the progress. */
__attribute__((warn_unused_result)) int progress_open(struct progress **progress, const struct options *options,
						      const struct progress_about *about,
						      const struct progress_moment *start, struct error *error);

/* A second has passed. */
void progress_tick(struct progress *progress, const struct progress_moment *moment);

/* The scan is over: the last line, the last row, and how it ended in the metadata. @error "" or what went
 * wrong. Frees. */
void progress_close(struct progress *progress, const struct progress_moment *moment, enum progress_end end,
		    int exit_status, const char *error);

/* The line, for @elapsed_ms and rates over the last @interval_ms: "00h:10m:02s; 12.3% (01h:11m:00s left); …".
 */
void progress_line(char line[static PROGRESS_LINE_MAX], const struct progress_moment *moment, uint64_t elapsed_ms,
		   double left_s, double domains_per_s, double queries_per_s);

#endif

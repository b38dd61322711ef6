#include "scanner/run/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/csv.h"
#include "scanner/base/log.h"
#include "scanner/run/metadata.h"

/* A count and when it was taken: rates are differences of two. */
struct mark {
	uint64_t ms, domains, queries;
};

struct progress {
	const struct options *options;
	struct progress_about about;
	uint64_t start_ms; /* monotonic */
	int64_t start_wall_ms;
	double start_fraction;
	struct mark first;     /* the scan's start */
	struct mark line, row; /* the last ones written */
	uint64_t metadata_ms;
	struct text status;
	bool has_status;
	bool metadata_failed; /* said once */
};

static const char status_columns[] =
	"real-time,time-elapsed,time-remaining,percent-complete,domains,domains-per-second,queries,queries-per-second,"
	"sts,fetched,unknown,unknown-share,blocklisted,illegal,fetches,in-flight,fetching,note";

static struct mark mark_of(const struct progress_moment *moment)
{
	return (struct mark){ moment->now_ms, moment->counts.domains, moment->counts.queries };
}

static double per_second(uint64_t now, uint64_t before, uint64_t ms)
{
	return ms == 0 || now < before ? 0 : (double)(now - before) * 1000 / (double)ms;
}

/* Of the domains that were surveyed. Those to be asked again are not known yet. */
static double unknown_share(const struct progress_counts *counts)
{
	uint64_t surveyed = counts->domains + counts->deferred_left;

	return surveyed == 0 ? 0 : (double)(counts->unknown + counts->deferred_left) / (double)surveyed;
}

/* Seconds left at the pace so far; below 0: nobody knows. A resumed scan starts in the middle of its list. */
static double seconds_left(const struct progress *progress, const struct progress_moment *moment)
{
	double done = moment->fraction - progress->start_fraction;
	double elapsed = (double)(moment->now_ms - progress->start_ms) / 1000;

	if (moment->fraction >= 1)
		return 0;
	return moment->fraction < 0 || done <= 0 ? -1 : elapsed * (1 - moment->fraction) / done;
}

static int put_time(char *out, size_t size, double seconds)
{
	unsigned long long s = (unsigned long long)seconds;

	return snprintf(out, size, "%02lluh:%02llum:%02llus", s / 3600, s / 60 % 60, s % 60);
}

void progress_line(char line[static PROGRESS_LINE_MAX], const struct progress_moment *moment, uint64_t elapsed_ms,
		   double left_s, double domains_per_s, double queries_per_s)
{
	const struct progress_counts *counts = &moment->counts;
	char elapsed[40], left[40] = "", done[96] = "";

	put_time(elapsed, sizeof(elapsed), (double)elapsed_ms / 1000);
	if (left_s >= 0)
		put_time(left, sizeof(left), left_s);
	if (moment->fraction >= 0)
		snprintf(done, sizeof(done), left_s >= 0 ? " %.1f%% (%s left);" : " %.1f%%;%s", moment->fraction * 100,
			 left);
	snprintf(line, PROGRESS_LINE_MAX,
		 "%s;%s %llu domains; %.0f domains/s; %.0f queries/s; STS %llu; fetched %llu; unknown "
		 "%.1f%%%s%s",
		 elapsed, done, (unsigned long long)counts->domains, domains_per_s, queries_per_s,
		 (unsigned long long)counts->sts, (unsigned long long)counts->fetched, unknown_share(counts) * 100,
		 moment->note ? "; " : "", moment->note ? moment->note : "");
}

static void show_line(struct progress *progress, const struct progress_moment *moment)
{
	uint64_t ms = moment->now_ms - progress->line.ms;
	char line[PROGRESS_LINE_MAX];

	progress_line(line, moment, moment->now_ms - progress->start_ms, seconds_left(progress, moment),
		      per_second(moment->counts.domains, progress->line.domains, ms),
		      per_second(moment->counts.queries, progress->line.queries, ms));
	progress->line = mark_of(moment);
	log_progress(line);
}

/* Empty where the file's number is not known. */
static void put_traffic(struct csv *csv, const struct progress_counts *counts, uint64_t count)
{
	if (counts->traffic_lost)
		csv_string(csv, "");
	else
		csv_uint(csv, count);
}

static void put_row(struct progress *progress, const struct progress_moment *moment)
{
	const struct progress_counts *counts = &moment->counts;
	uint64_t ms = moment->now_ms - progress->row.ms;
	double left = seconds_left(progress, moment);
	struct csv csv;

	csv_init(&csv, &progress->status);
	csv_time_ms(&csv, moment->wall_ms);
	csv_number(&csv, (double)(moment->now_ms - progress->start_ms) / 1000, 3);
	if (left >= 0)
		csv_number(&csv, left, 0);
	else
		csv_string(&csv, "");
	if (moment->fraction >= 0)
		csv_number(&csv, moment->fraction * 100, 3);
	else
		csv_string(&csv, "");
	csv_uint(&csv, counts->domains);
	csv_number(&csv, per_second(counts->domains, progress->row.domains, ms), 1);
	put_traffic(&csv, counts, counts->queries);
	csv_number(&csv, per_second(counts->queries, progress->row.queries, ms), 1);
	csv_uint(&csv, counts->sts);
	csv_uint(&csv, counts->fetched);
	csv_uint(&csv, counts->unknown);
	csv_number(&csv, unknown_share(counts), CSV_SHARE_DIGITS);
	csv_uint(&csv, counts->blocklisted);
	csv_uint(&csv, counts->illegal);
	put_traffic(&csv, counts, counts->fetches);
	csv_uint(&csv, counts->in_flight);
	csv_uint(&csv, counts->fetching);
	csv_string(&csv, moment->note ? moment->note : "");
	csv_end(&csv);
	text_flush(&progress->status);
	progress->row = mark_of(moment);
}

static void close_status(struct progress *progress)
{
	struct error error;

	if (!progress->has_status)
		return;
	progress->has_status = false;
	if (text_close(&progress->status, &error) != 0)
		log_warning("%s: no more status updates", error.text);
}

static void update_status(struct progress *progress, const struct progress_moment *moment)
{
	if (!progress->has_status)
		return;
	put_row(progress, moment);
	if (text_failed(&progress->status)) /* the scan matters more than what is told about it */
		close_status(progress);
}

static int write_metadata(struct progress *progress, const struct progress_moment *moment, const char *state,
			  int exit_status, const char *failure, struct error *error)
{
	struct metadata metadata = { progress->options,
				     &progress->about,
				     progress->start_wall_ms,
				     state,
				     exit_status,
				     failure,
				     (double)(moment->now_ms - progress->start_ms) / 1000,
				     moment };

	if (!progress->options->metadata_file)
		return 0;
	progress->metadata_ms = moment->now_ms;
	return metadata_write(&metadata, exit_status >= 0, error);
}

static void warn_of_metadata(struct progress *progress, const struct error *error)
{
	if (!progress->metadata_failed)
		log_warning("%s", error->text);
	progress->metadata_failed = true;
}

static bool may_write(const char *path)
{
	struct stat info;
	bool result;
	char *folder;
	int fd;

	if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) /* opened and closed, it would end for its reader */
		return access(path, W_OK) == 0;
	fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
	result = fd >= 0;
	if (fd >= 0)
		close(fd);
	if (result || errno != ENOENT)
		return result;
	folder = strdup(path);
	result = !folder || access(dirname(folder), W_OK | X_OK) == 0;
	free(folder);
	return result;
}

int progress_check(const struct options *options, struct error *error)
{
	const struct {
		const char *option, *path;
	} file[] = {
		{ "--metadata-file", options->metadata_file },
		{ "--status-updates-file", options->status_updates_file },
	};

	for (size_t i = 0; i < COUNT_OF(file); i++) {
		if (!file[i].path || strcmp(file[i].path, "-") == 0 || may_write(file[i].path))
			continue;
		return error_set(error, "%s: %s; choose another %s", file[i].path, strerror(errno), file[i].option);
	}
	return 0;
}

int progress_open(struct progress **progress, const struct options *options, const struct progress_about *about,
		  const struct progress_moment *start, struct error *error)
{
	struct progress *made = calloc(1, sizeof(*made));

	if (!made)
		return error_set(error, "out of memory");
	made->options = options;
	made->about = *about;
	made->start_ms = start->now_ms;
	made->start_wall_ms = start->wall_ms;
	made->start_fraction = start->fraction > 0 ? start->fraction : 0;
	made->first = made->line = made->row = mark_of(start);
	if (write_metadata(made, start, "running", -1, "", error) != 0) {
		free(made);
		return -1;
	}
	if (options->status_updates_file) {
		if (text_open(&made->status, options->status_updates_file, error) != 0) {
			free(made);
			return -1;
		}
		made->has_status = true;
		csv_header(&(struct csv){ .out = &made->status }, status_columns);
		text_flush(&made->status);
	}
	*progress = made;
	return 0;
}

void progress_tick(struct progress *progress, const struct progress_moment *moment)
{
	struct error error;

	if (!progress->options->quiet &&
	    (log_is_terminal() || moment->now_ms - progress->line.ms >= PROGRESS_LINE_INTERVAL_MS))
		show_line(progress, moment);
	update_status(progress, moment);
	if (moment->now_ms - progress->metadata_ms >= PROGRESS_METADATA_INTERVAL_MS &&
	    write_metadata(progress, moment, "running", -1, "", &error) != 0)
		warn_of_metadata(progress, &error);
}

void progress_close(struct progress *progress, const struct progress_moment *moment, enum progress_end end,
		    int exit_status, const char *error)
{
	static const char *const states[] = {
		[PROGRESS_COMPLETE] = "complete", [PROGRESS_ABORTED] = "aborted", [PROGRESS_FAILED] = "failed"
	};
	struct error what;

	if (!progress)
		return;
	if (!progress->options->quiet) {
		progress->line = progress->first; /* rates over the whole scan */
		show_line(progress, moment);
		log_progress_end();
	}
	update_status(progress, moment);
	close_status(progress);
	if (write_metadata(progress, moment, states[end], exit_status, error, &what) != 0)
		warn_of_metadata(progress, &what);
	free(progress);
}

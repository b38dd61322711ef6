/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/progress/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/csv.h"
#include "output/elapsed.h"
#include "output/whole_file.h"
#include "scanner/base/log.h"
#include "scanner/progress/metadata.h"

static const char status_columns[] =
	"real-time,time-elapsed,time-remaining,percent-complete,domains,domains-per-second,queries,queries-per-second,"
	"sts,fetched,unknown,unknown-share,blocklisted,illegal,fetches,in-flight,fetching,note";
static const char host_columns[] = ",hosts,hosts-unknown,hosts-left,hosts-in-flight,probes,probing"; /* with --smtp */
static const char direct_columns[] = ",waiting";                                                     /* with --direct */

static double per_second(uint64_t now, uint64_t before, const struct moment *moment, const struct moment *mark)
{
	uint64_t ms = moment->elapsed_ms - mark->elapsed_ms;

	return ms == 0 || now < before ? 0 : (double)(now - before) * 1000 / (double)ms;
}

/* At the pace so far; below 0: nobody knows. A resumed scan starts in the middle of its list. */
static double left_at_pace(const struct progress *progress, const struct moment *moment)
{
	double before = progress->first.fraction > 0 ? progress->first.fraction : 0, done = moment->fraction - before;

	if (moment->fraction >= 1)
		return 0;
	if (moment->fraction < 0 || done <= 0)
		return -1;
	return (double)moment->elapsed_ms / 1000 * (1 - moment->fraction) / done;
}

/* Until nobody waits, and nobody is in the longest line, as they got fewer of late; below 0: nobody knows, they do not.
 * Either may tell less than there is: lines beside each other come to their ends one by one, and domains move from an
 * operator's line to those of its servers. */
static double left_of_line(const struct progress *progress, const struct moment *moment)
{
	const uint64_t now[] = { moment->waiting, moment->slowest_waiting };
	const uint64_t before[] = { progress->waited[0].waiting, progress->waited[0].slowest };
	double seconds = (double)(moment->elapsed_ms - progress->waited[0].elapsed_ms) / 1000, most = 0, left;

	for (size_t i = 0; i < COUNT_OF(now); i++) {
		if (before[i] <= now[i])
			return -1;
		left = (double)now[i] / (double)(before[i] - now[i]) * seconds;
		most = left > most ? left : most;
	}
	return most;
}

/* Of what the list's slowest operator takes from its start to its end; below 0: nobody knows. */
static double left_of_forecast(const struct progress *progress, const struct moment *moment)
{
	struct forecast_result forecast;

	forecast_result(progress->scan->forecast, &forecast);
	if (forecast.count == 0 || progress->first.domains > 0 || progress->scan->options->max_domains > 0)
		return -1;
	return forecast.row[0].seconds - (double)moment->elapsed_ms / 1000;
}

/* Seconds left; below 0: nobody knows. The domains that need not wait are through soon, and tell nothing of those that
 * must. */
static double seconds_left(const struct progress *progress, const struct moment *moment)
{
	double left = left_at_pace(progress, moment), line, forecast;

	if (left < 0 || moment->waiting == 0)
		return left;
	line = left_of_line(progress, moment);
	forecast = left_of_forecast(progress, moment);
	if (line < 0 && forecast < 0 && moment->list_read)
		return -1;
	left = line > left ? line : left;
	return forecast > left ? forecast : left;
}

static int put_time(char *out, size_t size, double seconds)
{
	char text[ELAPSED_MAX];

	return snprintf(out, size, "%s", elapsed_text(text, (uint64_t)seconds));
}

void progress_line(char line[static PROGRESS_LINE_MAX], const struct moment *moment, const struct moment *before,
		   double left_s)
{
	char elapsed[40], left[40] = "", done[96] = "", hosts[96] = "", waiting[96 + DOMAIN_NAME_MAX] = "";

	int n = 0;

	put_time(elapsed, sizeof(elapsed), (double)moment->elapsed_ms / 1000);
	if (left_s >= 0)
		put_time(left, sizeof(left), left_s);
	if (moment->fraction >= 0)
		snprintf(done, sizeof(done), left_s >= 0 ? " %.1f%% (%s left);" : " %.1f%%;%s", moment->fraction * 100,
			 left);
	if (moment->has_hosts)
		snprintf(hosts, sizeof(hosts), "; hosts %llu (%llu probing, unknown %.1f%%)",
			 (unsigned long long)moment->hosts, (unsigned long long)moment->probing,
			 moment_hosts_unknown_share(moment) * 100);
	if (moment->waiting > 0)
		n = snprintf(waiting, sizeof(waiting), "; %llu wait for their name servers",
			     (unsigned long long)moment->waiting);
	if (moment->waiting > 0 && moment->slowest_n > 0)
		snprintf(waiting + n, sizeof(waiting) - (size_t)n, ", %llu of them for %.*s's",
			 (unsigned long long)moment->slowest_waiting, (int)moment->slowest_n, moment->slowest);
	if (moment->of_hosts) /* and none of these */
		snprintf(line, PROGRESS_LINE_MAX, "%s;%s %.0f hosts/s; %.0f queries/s%s%s%s", elapsed, done,
			 per_second(moment->hosts, before->hosts, moment, before),
			 per_second(moment->queries, before->queries, moment, before), hosts,
			 moment->note[0] ? "; " : "", moment->note);
	else
		snprintf(line, PROGRESS_LINE_MAX,
			 "%s;%s %llu domains; %.0f domains/s; %.0f queries/s; STS %llu; fetched %llu; unknown "
			 "%.1f%%%s%s%s%s",
			 elapsed, done, (unsigned long long)moment->domains,
			 per_second(moment->domains, before->domains, moment, before),
			 per_second(moment->queries, before->queries, moment, before), (unsigned long long)moment->sts,
			 (unsigned long long)moment->fetched, moment_unknown_share(moment) * 100, waiting, hosts,
			 moment->note[0] ? "; " : "", moment->note);
}

static void show_line(struct progress *progress, const struct moment *moment)
{
	char line[PROGRESS_LINE_MAX];

	progress_line(line, moment, &progress->line, seconds_left(progress, moment));
	/* of what does not fit, the note is what matters */
	if (moment->note[0] && log_is_terminal() && strlen(line) > (size_t)log_progress_width()) {
		size_t n = (size_t)put_time(line, sizeof(line), (double)moment->elapsed_ms / 1000);

		snprintf(line + n, sizeof(line) - n, "; %s", moment->note);
	}
	progress->line = *moment;
	log_progress(line);
}

static void put_hosts(struct csv *csv, const struct moment *moment)
{
	csv_uint(csv, moment->hosts);
	csv_uint(csv, moment->hosts_unknown);
	csv_uint(csv, moment->hosts_left);
	csv_uint(csv, moment->hosts_in_flight);
	csv_known(csv, !moment->traffic_lost, moment->probes);
	csv_uint(csv, moment->probing);
}

static void put_row(struct progress *progress, const struct moment *moment)
{
	const struct moment *before = &progress->row;
	double left = seconds_left(progress, moment);
	struct csv csv;

	csv_init(&csv, &progress->status);
	csv_time_ms(&csv, moment->wall_ms);
	csv_number(&csv, (double)moment->elapsed_ms / 1000, 3);
	if (left >= 0)
		csv_number(&csv, left, 0);
	else
		csv_string(&csv, "");
	if (moment->fraction >= 0)
		csv_number(&csv, moment->fraction * 100, 3);
	else
		csv_string(&csv, "");
	csv_uint(&csv, moment->domains);
	csv_number(&csv, per_second(moment->domains, before->domains, moment, before), 1);
	csv_known(&csv, !moment->traffic_lost, moment->queries);
	csv_number(&csv, per_second(moment->queries, before->queries, moment, before), 1);
	csv_uint(&csv, moment->sts);
	csv_uint(&csv, moment->fetched);
	csv_uint(&csv, moment->unknown);
	csv_number(&csv, moment_unknown_share(moment), CSV_SHARE_DIGITS);
	csv_uint(&csv, moment->blocklisted);
	csv_uint(&csv, moment->illegal);
	csv_known(&csv, !moment->traffic_lost, moment->fetches);
	csv_uint(&csv, moment->in_flight);
	csv_uint(&csv, moment->fetching);
	csv_string(&csv, moment->note);
	if (moment->has_hosts)
		put_hosts(&csv, moment);
	if (moment->has_direct)
		csv_uint(&csv, moment->waiting);
	csv_end(&csv);
	text_flush(&progress->status);
	progress->row = *moment;
}

static void close_status(struct progress *progress)
{
	struct error error;

	if (progress->has_status && text_close(&progress->status, &error) != 0)
		log_warning("%s: no more status updates", error.text);
	progress->has_status = false;
}

static void update_status(struct progress *progress, const struct moment *moment)
{
	if (!progress->has_status)
		return;
	put_row(progress, moment);
	if (text_failed(&progress->status)) /* the scan matters more than what is told about it */
		close_status(progress);
}

static void update_metadata(struct progress *progress, const struct moment *moment, int exit_status,
			    const char *failure)
{
	struct error error;

	progress->metadata_ms = moment->elapsed_ms;
	memcpy(progress->metadata_note, moment->note, sizeof(moment->note));
	if (metadata_write(progress->scan, moment, exit_status, failure, &error) == 0)
		return;
	if (!progress->metadata_failed)
		log_warning("%s", error.text);
	progress->metadata_failed = true;
}

/* 0 or errno. */
static int look_whether_writable(const char *path)
{
	struct stat info;
	char *folder;
	int result;

	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return EISDIR;
	if (access(path, W_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return errno;
	folder = strdup(path);
	result = !folder || access(dirname(folder), W_OK | X_OK) == 0 ? 0 : errno;
	free(folder);
	return result;
}

/* Likewise. A FIFO is not opened: closed again, it would end for its reader. */
static int look_whether_replaceable(const char *path)
{
	struct whole_file file;
	struct stat info;

	if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode))
		return look_whether_writable(path);
	if (whole_file_open(&file, path, false) != 0)
		return errno;
	return whole_file_close(&file, false, false);
}

int progress_check(const struct options *options, struct error *error)
{
	const struct {
		const char *option, *path;
		int (*look)(const char *path);
	} file[] = {
		{ "--metadata-file", options->metadata_file, look_whether_replaceable },
		{ "--status-updates-file", options->status_updates_file, look_whether_writable },
	};

	for (size_t i = 0; i < COUNT_OF(file); i++) {
		bool is_file = file[i].path && strcmp(file[i].path, "-") != 0;
		int failure = is_file ? file[i].look(file[i].path) : 0;

		if (failure)
			return error_set(error, "%s: %s; choose another %s", file[i].path, strerror(failure),
					 file[i].option);
	}
	return 0;
}

/* Does it end in the middle of a row, as on a full disk? */
static bool ends_within_a_row(const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char last = '\n';

	if (fd >= 0 && pread(fd, &last, 1, size - 1) != 1)
		last = '\n';
	if (fd >= 0)
		close(fd);
	return last != '\n';
}

/* A resumed scan adds its rows to those that are there. */
static int open_status(struct progress *progress, const struct options *options, struct error *error)
{
	const char *path = options->status_updates_file;
	/* of a FIFO that nobody reads, the scan would wait deaf to signals */
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK | (options->resume ? 0 : O_TRUNC);
	int fd = strcmp(path, "-") == 0 ? STDOUT_FILENO : open(path, flags, 0666);
	struct stat info = { 0 };
	bool has_rows = fd >= 0 && options->resume && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
			info.st_size > 0;

	if (fd < 0 || text_open_fd(&progress->status, path, fd) != 0) {
		if (errno == ENXIO)
			error_set(error, "%s: nobody reads this FIFO; start its reader first", path);
		else
			text_explain(path, errno, error);
		if (fd > STDOUT_FILENO)
			close(fd);
		return -1;
	}
	if (!has_rows) {
		text_string(&progress->status, status_columns);
		text_string(&progress->status, options_probes(options) ? host_columns : "");
		csv_header(&(struct csv){ .out = &progress->status }, options->direct ? direct_columns : "");
	} else if (ends_within_a_row(path, info.st_size)) {
		text_char(&progress->status, '\n');
	}
	text_flush(&progress->status);
	return 0;
}

int progress_open(struct progress *progress, const struct scan *scan, const struct moment *start, struct error *error)
{
	bool has_status = scan->options->status_updates_file;

	*progress = (struct progress){ .first = *start, .line = *start, .row = *start };
	if (metadata_write(scan, start, -1, "", error) != 0 ||
	    (has_status && open_status(progress, scan->options, error) != 0))
		return -1;
	progress->scan = scan;
	progress->has_status = has_status;
	return 0;
}

void progress_tick(struct progress *progress, const struct moment *moment)
{
	if (!progress->scan->options->quiet &&
	    (moment->stopping || log_progress_is_due(moment->elapsed_ms - progress->line.elapsed_ms)))
		show_line(progress, moment);
	update_status(progress, moment);
	if (moment->elapsed_ms - progress->waited[1].elapsed_ms >= PROGRESS_WAITED_MS) {
		progress->waited[0] = progress->waited[1];
		progress->waited[1].elapsed_ms = moment->elapsed_ms;
		progress->waited[1].waiting = moment->waiting;
		progress->waited[1].slowest = moment->slowest_waiting;
	}
	if (moment->elapsed_ms - progress->metadata_ms >= PROGRESS_METADATA_INTERVAL_MS ||
	    strcmp(moment->note, progress->metadata_note) != 0)
		update_metadata(progress, moment, -1, "");
}

static void summarise_file(const struct moment *moment)
{
	char refused[2][48] = { "", "" };

	if (moment->unwritten) {
		log_info("the file: it could not be written to its end; stsurvey verify tells what it holds");
		return;
	}
	/* of what most lists have none there is no word where there is none */
	if (moment->illegal > 0)
		snprintf(refused[0], sizeof(refused[0]), ", %llu illegal", (unsigned long long)moment->illegal);
	if (moment->blocklisted > 0)
		snprintf(refused[1], sizeof(refused[1]), ", %llu blocklisted", (unsigned long long)moment->blocklisted);
	if (moment->of_hosts) {
		log_info("the file: %llu lines that name no mail server%s", (unsigned long long)moment->domains,
			 refused[1]);
		return;
	}
	log_info("the file: %llu domains, %llu STS records, %llu policies, %llu domains unknown (%.1f %%%s), %llu that "
		 "do not exist (NXDOMAIN, %.1f %%)%s%s",
		 (unsigned long long)moment->domains, (unsigned long long)moment->sts,
		 (unsigned long long)moment->fetched, (unsigned long long)moment->unknown,
		 moment_unknown_share(moment) * 100, moment->has_hosts ? ", without their mail servers" : "",
		 (unsigned long long)moment->nxdomain, moment_nxdomain_share(moment) * 100, refused[0], refused[1]);
}

static void summarise_hosts(const struct scan *scan, const struct moment *moment)
{
	log_info("mail servers: %llu in the file, %llu of them unknown (%.1f %%); this run: %llu named again, %llu "
		 "deferred, %llu connections",
		 (unsigned long long)moment->hosts, (unsigned long long)moment->hosts_unknown,
		 moment_hosts_unknown_share(moment) * 100, (unsigned long long)atomic_load(&scan->hosts.joined),
		 (unsigned long long)SCAN_SUM(scan, hosts.deferred), (unsigned long long)SCAN_SUM(scan, hosts.probes));
}

static void summarise_direct(const struct scan *scan, const struct moment *moment)
{
	const struct slow_operator *slow = scan->slow.of;
	const uint64_t *audit = moment->direct.audit;
	uint64_t own = moment->direct.source[SOURCE_DIRECT], of = direct_counts_questions(&moment->direct);

	log_info("answers of the domains' own name servers: %llu of %llu (%.1f %%); audited %llu, of which %llu hid "
		 "data "
		 "and of %llu the resolver could not tell",
		 (unsigned long long)own, (unsigned long long)of, of > 0 ? (double)own * 100 / (double)of : 0,
		 (unsigned long long)(direct_audits_decided(audit) + audit[AUDIT_FAILED]),
		 (unsigned long long)audit[AUDIT_DATA], (unsigned long long)audit[AUDIT_FAILED]);
	if (scan->slow.count > 0)
		log_info("whose name servers were waited for longest: %.*s's, for %llu s, by %llu domains at most",
			 (int)slow->n, slow->name, (unsigned long long)slow->seconds, (unsigned long long)slow->most);
}

static void summarise_run(const struct scan *scan, const struct moment *moment)
{
	unsigned long long domains = SCAN_SUM(scan, recorded.domains), queries = scan_queries(scan);
	double seconds = (double)moment->elapsed_ms / 1000;

	if (moment->of_hosts) {
		log_info("this run: %.1f s; %llu queries, %llu of them repeats, %llu over TCP", seconds, queries,
			 (unsigned long long)SCAN_SUM(scan, repeats), (unsigned long long)SCAN_SUM(scan, tcp));
		return;
	}
	log_info("this run: %llu domains in %.1f s, %.0f a second; %llu queries, %.2f a domain, %llu of them repeats, "
		 "%llu over TCP; %llu policies fetched of %llu tried; %llu domains deferred",
		 domains, seconds, seconds > 0 ? (double)domains / seconds : 0, queries,
		 domains ? (double)queries / (double)domains : 0, (unsigned long long)SCAN_SUM(scan, repeats),
		 (unsigned long long)SCAN_SUM(scan, tcp), (unsigned long long)SCAN_SUM(scan, recorded.fetched),
		 (unsigned long long)SCAN_SUM(scan, fetches), (unsigned long long)SCAN_SUM(scan, deferred));
}

static void summarise(const struct scan *scan, const struct moment *moment)
{
	summarise_run(scan, moment);
	if (scan->congestion.decreases > 0)
		log_info("the rate of questions came down %llu time%s, to %.*f a second at the least, as more than "
			 "%.0f %% "
			 "had to be repeated; at the end it was %.*f%s",
			 (unsigned long long)scan->congestion.decreases, scan->congestion.decreases == 1 ? "" : "s",
			 congestion_digits(scan->congestion.lowest), scan->congestion.lowest,
			 CONGESTION_REPEATS_MOST * 100, congestion_digits(scan->congestion.rate), scan->congestion.rate,
			 scan->congestion.rate > 0 ? "" : ", no limit");
	summarise_file(moment);
	if (moment->has_hosts && !moment->unwritten)
		summarise_hosts(scan, moment);
	if (moment->has_direct && !moment->unwritten)
		summarise_direct(scan, moment);
}

void progress_close(struct progress *progress, const struct moment *moment, int exit_status, const char *failure)
{
	if (!progress->scan)
		return;
	if (!progress->scan->options->quiet) {
		struct moment line = *moment;

		line.note[0] = '\0';              /* has been said */
		progress->line = progress->first; /* rates over the whole scan */
		show_line(progress, &line);
		log_progress_end();
	}
	update_status(progress, moment);
	close_status(progress);
	update_metadata(progress, moment, exit_status, failure);
	summarise(progress->scan, moment);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/program.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/drift/diff.h"
#include "analysis/drift/series.h"
#include "analysis/lines/export.h"
#include "analysis/words/findings_list.h"
#include "analysis/page/report.h"
#include "analysis/tables/stats_tables.h"
#include "analysis/tlsrpt/tlsrpt.h"
#include "output/scan_file/verify.h"
#include "output/temporary_file.h"
#include "scanner/base/confine.h"
#include "scanner/base/log.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/libraries.h"
#include "scanner/options/exit_status.h"
#include "scanner/options/file_name.h"
#include "scanner/options/option_files.h"
#include "scanner/run/early_signal.h"
#include "scanner/run/scan_main.h"

static struct scan_files files_of(const struct options *options)
{
	return (struct scan_files){ .command = command_table[options->command].name,
				    .path = options->operand,
				    .count = options->operands,
				    .partial = options->partial,
				    .threads = options->threads };
}

_Static_assert((int)OPTIONS_THIRD_PARTY_AT == SHARING_THIRD_PARTY_AT &&
		       (int)OPTIONS_SELF_AT_MOST == SHARING_SELF_AT_MOST && (int)OPTIONS_SELF_MOST == SHARING_SELF_MAX,
	       "what --help says is what is done");

static int run_series(const struct options *options, struct error *error)
{
	const struct series_options series = { .command = command_table[options->command].name,
					       .path = options->operand,
					       .count = options->operands,
					       .directory = options->series,
					       .partial = options->partial,
					       .memory = options->memory,
					       .threads = options->threads };
	unsigned scans;

	if (series_make(&series, &scans, error) < 0)
		return EXIT_FATAL;
	error_set(error, "%u scan%s, tables in %s", scans, scans == 1 ? "" : "s", options->series);
	fprintf(stderr, "stsurvey stats: %s\n", error->text);
	return EXIT_COMPLETE;
}

static void say_of_texts(const struct options *options, uint64_t texts, const struct scan_headers *headers)
{
	struct error line;

	error_set(&line, "%" PRIu64 " texts in %s, none is sent", texts, options->notify);
	fprintf(stderr, "stsurvey stats: %s\n", line.text);
	if (headers->contact.n > 0 || options->notify_template)
		return;
	fputs("stsurvey stats: warning: the scan has no --contact, so the texts do not say how to check who they are "
	      "from; add that before you send one\n",
	      stderr);
}

/* The tables, and where they are wanted the texts to who is responsible. */
static int make_stats(const struct options *options, struct error *error)
{
	const struct notify_options wanted = { .directory = options->notify,
					       .by = options->notify_by ? options->notify_by : "domain",
					       .template_file = options->notify_template };
	const struct sharing_limits limits = { options->third_party_at, options->self_at_most };
	struct scan_files files = files_of(options);
	struct notify *notify = NULL;
	uint64_t texts = 0;
	char hosts[64] = "";
	int result;

	if (options->notify && !(notify = notify_new(&wanted, error)))
		return EXIT_FATAL;
	result = stats_tables_make(&files, options->directory, &limits, notify, error);
	if (result == 0 && notify)
		result = notify_write(notify, &texts, error);
	notify_free(notify);
	if (result < 0)
		return EXIT_FATAL;
	if (files.hosts > 0)
		snprintf(hosts, sizeof(hosts), " and %" PRIu64 " mail servers", files.hosts);
	error_set(error, "%" PRIu64 " domains%s, tables in %s", files.domains, hosts, options->directory);
	fprintf(stderr, "stsurvey stats: %s\n", error->text);
	if (options->notify)
		say_of_texts(options, texts, &files.headers);
	return EXIT_COMPLETE;
}

static int run_stats(const struct options *options, struct error *error)
{
	int status = options->directory ? make_stats(options, error) : EXIT_COMPLETE;

	return status == EXIT_COMPLETE && options->series ? run_series(options, error) : status;
}

static void warn_of_name(const char *path, enum line_format format)
{
	static const char *const not_csv[] = { ".json", ".jsonl", ".ndjson", ".avro", ".gz",
					       ".zst",  ".xz",    ".bz2",    ".zip",  NULL };
	static const char *const not_json[] = { ".csv", ".tsv", ".avro", ".gz", ".zst", ".xz", ".bz2", ".zip", NULL };
	static const char *const not_avro[] = { ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".gz",
						".zst", ".xz",  ".bz2",  ".zip",   NULL };
	static const char *const *const others[] = {
		[LINE_JSONL] = not_json, [LINE_CSV] = not_csv, [LINE_AVRO] = not_avro
	};
	static const char *const what[] = {
		[LINE_JSONL] = "JSON Lines, not compressed", [LINE_CSV] = "CSV, not compressed", [LINE_AVRO] = "Avro"
	};
	const char *ending = file_name_ending(path, others[format]);
	struct error line;

	if (!ending)
		return;
	error_set(&line, "%s: what is written is no %s but %s", path, ending, what[format]);
	fprintf(stderr, "stsurvey export: warning: %s\n", line.text);
}

static int run_export(const struct options *options, struct error *error)
{
	struct scan_files files = files_of(options);
	struct export_request request = { .path = options->output_file,
					  .format = options->format == OPTIONS_FORMAT_NONE
							    ? LINE_JSONL
							    : (enum line_format)(options->format - OPTIONS_JSONL),
					  .raw = options->raw,
					  .fields = options->fields,
					  .where = options->where };

	warn_of_name(options->output_file, request.format);
	if (export_write(&files, &request, error) < 0)
		return request.refused ? EXIT_USAGE : EXIT_FATAL;
	if (scan_files_check_domains(&files, error) < 0) /* no line is what there is to write */
		fprintf(stderr, "stsurvey export: warning: %s\n", error->text);
	return EXIT_COMPLETE;
}

static int run_diff(const struct options *options, struct error *error)
{
	const struct diff_options diff = { .command = command_table[options->command].name,
					   .path = options->operand,
					   .count = options->operands,
					   .directory = options->directory,
					   .partial = options->partial,
					   .all = options->all,
					   .memory = options->memory,
					   .threads = options->threads };
	struct diff_result result;

	if (diff_make(&diff, &result, error) < 0)
		return EXIT_FATAL;
	error_set(error,
		  "%" PRIu64 " domains, %" PRIu64 " before, %" PRIu64 " in both; %" PRIu64 " changes, tables in %s",
		  result.new, result.old, result.both, result.changes, options->directory);
	fprintf(stderr, "stsurvey diff: %s\n", error->text);
	return EXIT_COMPLETE;
}

static int run_report(const struct options *options, struct error *error)
{
	struct scan_files files = files_of(options);
	struct report_options page = { .title = options->title,
				       .previous = options->previous,
				       .limits = { options->third_party_at, options->self_at_most } };

	return report_write(&files, &page, options->output_file, error) < 0 ? EXIT_FATAL : EXIT_COMPLETE;
}

static int run_verify(const struct options *options, struct error *error)
{
	int status = EXIT_COMPLETE;
	struct text out;

	if (text_open(&out, "-", error) < 0)
		return EXIT_FATAL;
	for (int i = 0; i < options->operands; i++) {
		int whole = verify_scan(&out, options->operand[i], error);

		text_flush(&out);
		if (whole < 0)
			fprintf(stderr, "stsurvey verify: %s\n", error->text);
		if (whole <= 0)
			status = EXIT_NOT_IN_ORDER;
	}
	error->text[0] = '\0'; /* has been told */
	return text_close(&out, error) < 0 ? EXIT_FATAL : status;
}

static int run_tlsrpt(const struct options *options, struct error *error)
{
	struct tlsrpt_work work = { .path = options->operand,
				    .count = options->operands,
				    .scan = (char **)options->scan,
				    .scans = (int)options->scan_count,
				    .directory = options->directory,
				    .partial = options->partial };

	if (tlsrpt_run(&work, error) < 0)
		return EXIT_FATAL;
	error_set(error,
		  "%" PRIu64 " reports; %" PRIu64 " duplicate; %" PRIu64 " rejected; %" PRIu64
		  " files and messages without a TLS report; tables in %s%s",
		  work.reports, work.duplicates, work.rejected, work.others, options->directory,
		  work.reports + work.duplicates + work.rejected > 0
			  ? ""
			  : "; what is read are files of JSON, plain or gzip, messages, mbox and maildir: make one of "
			    "them "
			    "of another mailbox (.pst, .msg)");
	fprintf(stderr, "stsurvey tlsrpt: %s\n", error->text);
	error->text[0] = '\0'; /* has been told */
	return work.rejected > 0 ? EXIT_NOT_IN_ORDER : EXIT_COMPLETE;
}

static int run_findings(const struct options *options, struct error *error)
{
	enum findings_format format = options->format == OPTIONS_FORMAT_NONE
					      ? FINDINGS_TEXT
					      : (enum findings_format)(options->format - OPTIONS_FINDINGS_TEXT);
	struct finding_set chosen;

	if (findings_list_choose(options->operand, options->operands, &chosen, error) < 0)
		return EXIT_USAGE;
	return findings_list_write(options->output_file, format, &chosen, error) < 0 ? EXIT_FATAL : EXIT_COMPLETE;
}

static int run_help(const struct options *options, struct error *error)
{
	enum command about = COMMAND_HELP;
	int words = 0;

	if (options->operands > 0)
		words = command_find(options->operand, options->operands, &about, error);
	if (words < 0)
		return EXIT_USAGE;
	if (words < options->operands) {
		if (about == COMMAND_FLEET)
			error_set(error, "'fleet %.40s': no such command; %s", options->operand[words],
				  command_table[about].instead);
		else
			error_set(error, "'%.80s' is one argument too many: %s", options->operand[words],
				  command_table[COMMAND_HELP].usage);
		return EXIT_USAGE;
	}
	options_help(about, stdout);
	return EXIT_COMPLETE;
}

/* What each command does. */
static program_command *const run[COMMAND_COUNT] = {
	[COMMAND_SCAN] = scan_main_run,    [COMMAND_CHECK] = cmd_check,   [COMMAND_STATS] = run_stats,
	[COMMAND_EXPORT] = run_export,     [COMMAND_REPORT] = run_report, [COMMAND_VERIFY] = run_verify,
	[COMMAND_FINDINGS] = run_findings, [COMMAND_HELP] = run_help,     [COMMAND_DIFF] = run_diff,
	[COMMAND_TLSRPT] = run_tlsrpt,     [COMMAND_MERGE] = cmd_merge,
};

static enum log_level level_of(const struct options *options)
{
	if (options->quiet) /* warnings are about numbers; check's stand beside an answer that was read */
		return options->command == COMMAND_CHECK ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
	if (options->verbose > 1)
		return LOG_LEVEL_TRACE;
	return options->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* The private resolver becomes the one name server. */
static int start_resolver(struct options *options, struct error *error)
{
	options->server_count = 1;
	return private_resolver_start(&options->started, options->resolver_config, options->threads,
				      options->concurrency, &options->server[0], error);
}

/* What waits for its second try; what scan files tell of mail servers. */
static bool writes_temporary_files(enum command command)
{
	return command == COMMAND_SCAN || command == COMMAND_STATS || command == COMMAND_EXPORT ||
	       command == COMMAND_DIFF || command == COMMAND_TLSRPT || command == COMMAND_REPORT ||
	       command == COMMAND_MERGE;
}

/* From here on the command meets what strangers wrote and serve. All of its threads are still to come, its private
 * resolver is another process already. */
static void give_up_the_rest(struct options *options)
{
	struct option_file *file;
	int count = option_files(options, &file);
	struct confine confine;

	confine_begin(&confine);
	for (int i = 0; i < count; i++) {
		if (file[i].use == OPTION_USE_READ)
			confine_allow_reading(&confine, file[i].path);
		if (file[i].use == OPTION_USE_WRITTEN)
			confine_allow_file(&confine, file[i].path);
		if (file[i].use == OPTION_USE_FOLDER)
			confine_allow_folder(&confine, file[i].path, true);
	}
	if (writes_temporary_files(options->command))
		confine_allow_folder(&confine, temporary_folder(), false);
	free(file);
	options->confined = confine_end(&confine);
}

/* With the log, and the private resolver where one is asked for. */
static int run_logged(struct options *options, program_command *command, bool is_process, struct error *error)
{
	int status = EXIT_FATAL;

	if (log_open(options->log_file, level_of(options), error) < 0)
		return EXIT_FATAL;
	if (options->command == COMMAND_SCAN)
		early_signal_catch();
	if (!options->resolver || options->server_count > 0 || start_resolver(options, error) == 0) {
		if (is_process)
			give_up_the_rest(options);
		status = command(options, error);
	}
	if (options->command == COMMAND_SCAN && error->text[0]) {
		log_error("%s", error->text);
		if (!log_is_file()) /* it has been told where errors are told */
			error->text[0] = '\0';
	}
	private_resolver_stop(options->started);
	log_close();
	return status;
}

int program_run_command(enum command command, int argc, char **argv, program_command *function, bool is_process)
{
	struct error error = { .text = "" };
	struct options options;
	int status = (int)options_read(&options, command, argc, argv, &error);

	if (status == OPTIONS_HELP_SHOWN)
		return EXIT_COMPLETE;
	if (status == OPTIONS_OK) {
		status = run_logged(&options, function, is_process, &error);
		options_free(&options);
	}
	if (command != COMMAND_SCAN && span_ends_with(span_of(error.text), SPAN_LITERAL(TEXT_READER_GONE)))
		return EXIT_READER_GONE; /* `| head` has what it wanted, and nobody is to be told */
	if (status != EXIT_COMPLETE && error.text[0] != '\0')
		fprintf(stderr, "stsurvey %s: %s\n", command_table[command].name, error.text);
	return status;
}

/* Replaces the process by the queue's program: the one beside ours, or that of PATH. */
static int hand_over(char **argv)
{
	static char name[] = "stsurvey-fleet";
	char path[PATH_MAX + sizeof(name)] = "";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash = n > 0 ? strrchr(path, '/') : NULL;

	argv[0] = name;
	if (slash) {
		memcpy(slash + 1, name, sizeof(name));
		execv(path, argv);
	}
	execvp(name, argv);
	fprintf(stderr,
		"stsurvey fleet: %s: %s; it is a program of its own, of the package stsurvey-fleet, or built where "
		"libnats-dev is installed\n",
		name, strerror(errno));
	return EXIT_FATAL;
}

int program_run(int argc, char **argv, bool is_process)
{
	enum command command;
	struct error error;
	int words;

	if (argc < 2) {
		options_help(COMMAND_HELP, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		libraries_tell("stsurvey", stsurvey_libraries, stsurvey_library_count);
		return EXIT_COMPLETE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		options_help(COMMAND_HELP, stdout);
		return EXIT_COMPLETE;
	}
	words = command_find(argv + 1, argc - 1, &command, &error);
	if (words < 0) {
		fprintf(stderr, "stsurvey: %s\n", error.text);
		return EXIT_USAGE;
	}
	if (command_is_fleet(command))
		return hand_over(argv + 1);
	return program_run_command(command, argc - words, argv + words, run[command], is_process);
}

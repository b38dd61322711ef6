#include "scanner/options/options.h"

#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "output/same_file.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/base/limits.h"
#include "scanner/base/lines.h"
#include "scanner/options/options_table.h"

enum {
	LONG_BASE = 256,      /* getopt's values for options without a letter: above any octet */
	ROWS_MAX = 64,        /* rows of option_table, and more to come */
	PRIVATE_RATE = 10000, /* queries a second that no shared resolver of an ISP or university minds */
};

static const char resolv_conf[] = "/etc/resolv.conf";

/* Strings that the options point to. */
struct kept {
	struct kept *next;
	char text[];
};

char *options_keep(struct options *options, struct span text)
{
	struct kept *kept = malloc(sizeof(*kept) + text.n + 1);

	if (!kept)
		return NULL;
	if (text.n > 0)
		memcpy(kept->text, text.p, text.n);
	kept->text[text.n] = '\0';
	kept->next = options->own;
	options->own = kept;
	return kept->text;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
		.input_file = "-",
		.output_file = "-",
		.sync_interval = 5,
		.shards = 1,
		.rate = -1, /* not given */
		.resolver_rate = -1,
		.concurrency = 4000,
		.timeout = DNS_TIMEOUT_MS / 1000.0,
		.retries = DNS_RETRIES,
		.http_timeout = 30,
		.http_concurrency = 500,
		.per_host = 8,
		.host_rate = -1, /* not given */
		.provider_rate = -1,
		.https_port = 443,
		.smtp_port = 25,
	};
}

void options_free(struct options *options)
{
	struct kept *kept = options->own, *next;

	for (; kept; kept = next) {
		next = kept->next;
		free(kept);
	}
	cidr_set_free(options->allow_reserved);
	cidr_set_free(options->blocklist);
	domain_set_free(options->domain_blocklist);
	free(options->given);
	*options = (struct options){ 0 };
}

/* Does the option add to what it was given before? */
static bool adds_up(const struct option_row *row)
{
	return row->kind == OPTION_CIDRS || row->kind == OPTION_CIDR_FILE || row->kind == OPTION_DOMAIN_FILE;
}

static struct record_option *given_find(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->given_count; i++)
		if (span_equal(options->given[i].name, span_of(name)))
			return &options->given[i];
	return NULL;
}

/* Note what was given, for the scan file's header. */
static bool remember(struct options *options, const struct option_row *row, struct span value)
{
	struct record_option *entry = adds_up(row) ? NULL : given_find(options, row->name), *grown;
	const char *kept = row->argument ? options_keep(options, value) : "yes";

	if (!kept)
		return false;
	if (!entry) {
		grown = realloc(options->given, (options->given_count + 1) * sizeof(*grown));
		if (!grown)
			return false;
		options->given = grown;
		entry = &grown[options->given_count++];
	}
	*entry = (struct record_option){ span_of(row->name), span_of(kept) };
	return true;
}

static enum options_result apply(struct options *options, const struct option_row *row, struct span value,
				 struct error *error)
{
	enum options_result result = option_set(options, row, value, error);

	if (result != OPTIONS_OK)
		return result;
	/* A flag switched off again is as if never given. */
	if (row->kind == OPTION_FLAG && value.n > 0 && !*(bool *)((char *)options + row->offset))
		return OPTIONS_OK;
	if (remember(options, row, value))
		return OPTIONS_OK;
	error_set(error, "out of memory");
	return OPTIONS_FATAL;
}

struct config {
	struct options *options;
	enum options_command command;
	enum options_result result;
};

static int unknown(struct span name, enum options_command command, struct error *error)
{
	const char *nearest = option_nearest(name, command);
	int shown = (int)(name.n < 40 ? name.n : 40);

	if (nearest)
		return error_set(error, "unknown option '%.*s'; did you mean '%s'?", shown, name.p, nearest);
	return error_set(error, "unknown option '%.*s'; --help lists them all", shown, name.p);
}

static int on_config_line(void *arg, struct span line, struct error *error)
{
	struct config *config = arg;
	size_t equals = span_find(line, 0, '=');
	struct span name = span_trim((struct span){ line.p, equals });
	struct span value = equals < line.n ? span_trim(span_skip(line, equals + 1)) : (struct span){ line.p, 0 };
	const struct option_row *row = option_find(name);

	config->result = OPTIONS_USAGE;
	if (!row)
		return unknown(name, config->command, error);
	if (row->kind == OPTION_CONFIG || row->kind == OPTION_HELP)
		return error_set(error, "'%s' has no place in a configuration file", row->name);
	if (row->argument && value.n == 0)
		return error_set(error, "'%s' needs a value: %s = %s", row->name, row->name, row->argument);
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct span){ value.p + 1, value.n - 2 };
	if (config->command == OPTIONS_CHECK && !row->check) { /* one file may serve both commands */
		config->result = OPTIONS_OK;
		return 0;
	}
	config->result = apply(config->options, row, value, error);
	return config->result == OPTIONS_OK ? 0 : -1;
}

static enum options_result read_config(struct options *options, enum options_command command, const char *path,
				       struct error *error)
{
	struct config config = { options, command, OPTIONS_OK };

	if (lines_read(path, on_config_line, &config, error) == 0)
		return OPTIONS_OK;
	return config.result == OPTIONS_OK ? OPTIONS_FATAL : config.result;
}

/* option_table as getopt_long wants it. */
struct getopt_table {
	struct option option[ROWS_MAX];
	char letters[3 * ROWS_MAX];
};

static void make_getopt_table(struct getopt_table *table, enum options_command command)
{
	size_t n = 0;
	char *letter = table->letters;

	*letter++ = ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < option_count && n < ROWS_MAX - 1; i++) {
		const struct option_row *row = &option_table[i];

		if (command == OPTIONS_CHECK && !row->check)
			continue;
		table->option[n++] = (struct option){ row->name, row->argument ? required_argument : no_argument, NULL,
						      LONG_BASE + (int)i };
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->argument)
			*letter++ = ':';
	}
	table->option[n] = (struct option){ 0 };
	*letter = '\0';
}

static const struct option_row *row_of(int c)
{
	if (c >= LONG_BASE)
		return &option_table[c - LONG_BASE];
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].letter == c)
			return &option_table[i];
	return NULL;
}

/* What getopt_long did not like. */
static enum options_result complain(int c, char **argv, enum options_command command, struct error *error)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;
	struct span name;

	if (c == ':' && row) {
		error_set(error, "--%s needs a value: --%s %s", row->name, row->name, row->argument);
	} else if (optopt >= LONG_BASE) {
		error_set(error, "--%s takes no value", row->name);
	} else if (optopt) {
		error_set(error, "unknown option '-%c'; --help lists them all", optopt);
	} else {
		name = span_of(argv[optind - 1]);
		while (name.n > 0 && name.p[0] == '-')
			name = span_skip(name, 1);
		name.n = span_find(name, 0, '=');
		unknown(name, command, error);
	}
	return OPTIONS_USAGE;
}

/* Go over the command line: first for --config and --help alone, then for all the others. */
static enum options_result read_command_line(struct options *options, enum options_command command, int argc,
					     char **argv, bool first_pass, struct error *error)
{
	enum options_result result = OPTIONS_OK;
	struct getopt_table table;
	int c;

	make_getopt_table(&table, command);
	opterr = 0;
	optind = 0; /* glibc: start again */
	while (result == OPTIONS_OK) {
		const struct option_row *row;

		optopt = 0;
		c = getopt_long(argc, argv, table.letters, table.option, NULL);
		if (c == -1)
			break;
		row = c == '?' || c == ':' ? NULL : row_of(c);
		if (!row)
			return complain(c, argv, command, error);
		if (first_pass && row->kind == OPTION_HELP) {
			options_help(command, stdout);
			return OPTIONS_HELP_SHOWN;
		}
		if (first_pass && row->kind == OPTION_CONFIG)
			result = read_config(options, command, optarg, error);
		if (!first_pass)
			result = apply(options, row, span_of(optarg ? optarg : ""), error);
	}
	return result;
}

static unsigned usable_cores(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > OPTIONS_THREADS_MAX ? OPTIONS_THREADS_MAX : (unsigned)count;
}

/* Are or will they be one file? */
static bool is_one_file(const char *a, const char *b)
{
	if (!a || !b || strcmp(a, "-") == 0)
		return false;
	return access(a, F_OK) == 0 ? same_file(a, b) : strcmp(a, b) == 0;
}

/* A file that is written must be no other's. */
static bool files_differ(const struct options *options, struct error *error)
{
	const struct {
		const char *name, *path;
		bool is_written;
	} file[] = {
		{ "output-file", options->output_file, true },
		{ "metadata-file", options->metadata_file, true },
		{ "status-updates-file", options->status_updates_file, true },
		{ "log-file", options->log_file, true },
		{ "input-file", options->input_file, false },
		{ "ca-file", options->ca_file, false },
		{ "resolver-config", options->resolver_config, false },
	};

	for (size_t i = 0; i < COUNT_OF(file); i++) {
		for (size_t k = 0; k < i; k++) {
			if (!file[k].is_written || !is_one_file(file[k].path, file[i].path))
				continue;
			error_set(error, "--%s and --%s are the same file", file[k].name, file[i].name);
			return false;
		}
	}
	return true;
}

/* Usage errors that lie between options. */
static const char *conflict(const struct options *options, bool has_shards, bool has_shard)
{
	bool output_is_pipe = strcmp(options->output_file, "-") == 0;

	if (options->resume && options->force)
		return "--resume and --force exclude each other: go on with the file, or replace it";
	if (options->resume && output_is_pipe)
		return "--resume needs --output-file FILE: standard output cannot be resumed";
	if (has_shards && options->shards > 1 && !has_shard)
		return "--shards needs --shard I as well, from 0 to N-1";
	if (options->shard >= options->shards)
		return "--shard must be less than --shards: shards are numbered from 0 to N-1";
	if (options->resolver && options->server_count > 0)
		return "--resolver and --name-servers exclude each other";
	if (options->resolver_config && !options->resolver)
		return "--resolver-config needs --resolver unbound";
	if (options->metadata_file && strcmp(options->metadata_file, "-") == 0)
		return "--metadata-file needs a file: it is rewritten while the scan runs";
	return NULL;
}

/* Where nothing is given, a terminal is an oversight: nobody types a survey's list or reads its file. */
static const char *scan_needs(const struct options *options)
{
	if (!given_find(options, "input-file") && isatty(STDIN_FILENO))
		return "no domains: give --input-file FILE";
	if (!given_find(options, "output-file") && isatty(STDOUT_FILENO))
		return "nowhere to write: give --output-file FILE";
	return NULL;
}

static void set_rate(struct options *options)
{
	bool loopback = true;

	for (unsigned i = 0; i < options->server_count; i++)
		loopback = loopback && address_is_loopback(&options->server[i].address);
	if (options->resolver_rate < 0)
		options->resolver_rate = loopback ? 0 : PRIVATE_RATE;
	if (options->rate < 0) /* a private resolver asks the world */
		options->rate = loopback && !options->resolver ? 0 : PRIVATE_RATE;
}

static void set_fetch_rates(struct options *options)
{
	options->pace_all = options->host_rate >= 0 || options->provider_rate >= 0;
	if (options->host_rate < 0)
		options->host_rate = FETCH_PACE_HOST;
	if (options->provider_rate < 0)
		options->provider_rate = FETCH_PACE_PROVIDER;
}

/* What the options leave open, and whether they fit together. */
static enum options_result finish(struct options *options, enum options_command command, struct error *error)
{
	const char *wrong = conflict(options, given_find(options, "shards"), given_find(options, "shard"));
	enum options_result result = OPTIONS_OK;

	if (!wrong && command == OPTIONS_SCAN)
		wrong = scan_needs(options);
	if (wrong) {
		error_set(error, "%s", wrong);
		return OPTIONS_USAGE;
	}
	if (!files_differ(options, error))
		return OPTIONS_USAGE;
	if (options->threads == 0)
		options->threads = command == OPTIONS_SCAN ? usable_cores() : 1;
	if (options->threads > options->concurrency)
		options->threads = options->concurrency;
	if (options->server_count == 0 && !options->resolver)
		result = options_read_resolv_conf(options, resolv_conf, error);
	set_rate(options);
	set_fetch_rates(options);
	return result;
}

static enum options_result read_all(struct options *options, enum options_command command, int argc, char **argv,
				    int *first, struct error *error)
{
	enum options_result result;

	result = read_command_line(options, command, argc, argv, true, error);
	if (result == OPTIONS_OK)
		result = read_command_line(options, command, argc, argv, false, error);
	*first = optind;
	if (result != OPTIONS_OK)
		return result;
	if (command == OPTIONS_SCAN && optind < argc) {
		error_set(error, "'%.80s' is no option; domains come from --input-file FILE", argv[optind]);
		return OPTIONS_USAGE;
	}
	if (command == OPTIONS_CHECK && optind >= argc) {
		error_set(error, "no domain given");
		return OPTIONS_USAGE;
	}
	return finish(options, command, error);
}

enum options_result options_read(struct options *options, enum options_command command, int argc, char **argv,
				 int *first, struct error *error)
{
	enum options_result result;

	set_defaults(options);
	result = read_all(options, command, argc, argv, first, error);
	if (result != OPTIONS_OK)
		options_free(options);
	return result;
}

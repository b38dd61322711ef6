#include "scanner/options/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/limits.h"
#include "scanner/base/lines.h"
#include "scanner/options/nearest.h"
#include "scanner/options/option_table.h"
#include "scanner/options/option_value.h"
#include "scanner/options/options_fit.h"

enum {
	LONG_BASE = 256, /* getopt's values for long options: above any letter */
	NAME_SHOWN = 40, /* octets of an unknown name that a message repeats */
};

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
	cidr_set_free(options->address_blocklist);
	domain_set_free(options->domain_blocklist);
	free(options->given);
	*options = (struct options){ 0 };
}

struct record_option *options_given(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->given_count; i++)
		if (span_equal(options->given[i].name, span_of(name)))
			return &options->given[i];
	return NULL;
}

/* Does the option add to what it was given before? */
static bool adds_up(const struct option_row *row)
{
	return row->kind == OPTION_CIDRS || row->kind == OPTION_CIDR_FILE || row->kind == OPTION_DOMAIN_FILE;
}

/* Note what was given, for the scan file's header. */
static bool remember(struct options *options, const struct option_row *row, struct span value)
{
	struct record_option *entry = adds_up(row) ? NULL : options_given(options, row->name), *grown;
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

static bool takes(enum command command, const struct option_row *row)
{
	return row->commands & 1u << command;
}

static int unknown(struct span name, enum command command, struct error *error)
{
	struct nearest nearest = { 0 };
	int shown = (int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN);

	for (size_t i = 0; i < option_count; i++)
		if (takes(command, &option_table[i]))
			nearest_try(&nearest, name, option_table[i].name);
	if (nearest.word)
		return error_set(error, "unknown option '%.*s'; did you mean '%s'?", shown, name.p, nearest.word);
	return error_set(error, "unknown option '%.*s'; 'stsurvey help %s' lists them all", shown, name.p,
			 command_table[command].name);
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

/* ---- the configuration file ---- */

struct reading {
	struct options *options;
	enum command command;
	enum options_result result; /* of the line of the configuration that was refused */
};

static int on_config_line(void *arg, struct span line, struct error *error)
{
	struct reading *reading = arg;
	size_t equals = span_find(line, 0, '=');
	struct span name = span_trim((struct span){ line.p, equals });
	struct span value = equals < line.n ? span_trim(span_skip(line, equals + 1)) : (struct span){ line.p, 0 };
	unsigned with_config = option_find(SPAN_LITERAL("config"), ~0u)->commands;
	const struct option_row *row = option_find(name, 1u << reading->command);
	bool for_another = !row;

	if (!row) /* one file may serve all that read one */
		row = option_find(name, with_config);
	reading->result = OPTIONS_USAGE;
	if (!row)
		return unknown(name, reading->command, error);
	if (row->kind == OPTION_CONFIG || row->kind == OPTION_HELP)
		return error_set(error, "'%s' has no place in a configuration file", row->name);
	if (row->argument && value.n == 0)
		return error_set(error, "'%s' needs a value: %s = %s", row->name, row->name, row->argument);
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct span){ value.p + 1, value.n - 2 };
	reading->result = for_another ? OPTIONS_OK : apply(reading->options, row, value, error);
	return reading->result == OPTIONS_OK ? 0 : -1;
}

static enum options_result read_config(struct options *options, enum command command, const char *path,
				       struct error *error)
{
	struct reading reading = { options, command, OPTIONS_OK };

	if (lines_read(path, on_config_line, &reading, error) == 0)
		return OPTIONS_OK;
	return reading.result == OPTIONS_OK ? OPTIONS_FATAL : reading.result;
}

/* ---- the command line ---- */

/* The command's options as getopt_long wants them. */
struct getopt_table {
	struct option option[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 2];
};

static void make_getopt_table(struct getopt_table *table, enum command command)
{
	struct option *option = table->option;
	char *letter = table->letters;

	*letter++ = ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];

		if (!takes(command, row))
			continue;
		*option++ = (struct option){ row->name, row->argument ? required_argument : no_argument, NULL,
					     LONG_BASE + (int)i };
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->argument)
			*letter++ = ':';
	}
	*option = (struct option){ 0 };
	*letter = '\0';
}

/* The row behind a value of getopt_long, or NULL. */
static const struct option_row *row_of(int c, enum command command)
{
	if (c >= LONG_BASE)
		return &option_table[c - LONG_BASE];
	for (size_t i = 0; i < option_count; i++)
		if (takes(command, &option_table[i]) && option_table[i].letter == c)
			return &option_table[i];
	return NULL;
}

/* Say what getopt_long refused. */
static int complain(int c, char **argv, enum command command, struct error *error)
{
	const struct option_row *row = optopt ? row_of(optopt, command) : NULL;
	char letter[] = { '-', (char)optopt };
	struct span name;

	if (c == ':' && row)
		return error_set(error, "--%s needs a value: --%s %s", row->name, row->name, row->argument);
	if (row)
		return error_set(error, "--%s takes no value", row->name);
	if (optopt)
		return unknown((struct span){ letter, sizeof(letter) }, command, error);
	name = span_of(argv[optind - 1]);
	while (name.n > 0 && name.p[0] == '-')
		name = span_skip(name, 1);
	name.n = span_find(name, 0, '=');
	return unknown(name, command, error);
}

/* Go over the command line: first for --config and --help alone, then for all the others. */
static enum options_result read_words(struct options *options, enum command command, int argc, char **argv,
				      bool first_pass, struct error *error)
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
		row = c == '?' || c == ':' ? NULL : row_of(c, command);
		if (!row) {
			complain(c, argv, command, error);
			return OPTIONS_USAGE;
		}
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

/* What the options leave of the command line. */
static enum options_result read_operands(struct options *options, enum command command, int argc, char **argv,
					 struct error *error)
{
	const struct command_row *row = &command_table[command];

	options->operand = argv + optind;
	options->operands = argc - optind;
	if (options->operands < row->operands_least)
		error_set(error, "no %s given: %s", row->operand, row->usage);
	else if (options->operands > row->operands_most)
		error_set(error, "'%.80s' is one argument too many: %s", options->operand[row->operands_most],
			  row->usage);
	else
		return OPTIONS_OK;
	return OPTIONS_USAGE;
}

enum options_result options_read(struct options *options, enum command command, int argc, char **argv,
				 struct error *error)
{
	enum options_result result;

	set_defaults(options);
	options->argc = argc;
	options->argv = argv;
	result = read_words(options, command, argc, argv, true, error);
	if (result == OPTIONS_OK)
		result = read_words(options, command, argc, argv, false, error);
	if (result == OPTIONS_OK)
		result = read_operands(options, command, argc, argv, error);
	if (result == OPTIONS_OK)
		result = options_fit(options, command, error);
	if (result != OPTIONS_OK)
		options_free(options);
	return result;
}

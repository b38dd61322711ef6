/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/nearest.h"
#include "scanner/base/limits.h"
#include "scanner/base/line_file.h"
#include "scanner/options/option_table.h"
#include "scanner/options/option_value.h"
#include "scanner/options/options_fit.h"
#include "scanner/options/shard_auto.h"
#include "scanner/rules/server_books.h"

enum {
	LONG_BASE = 256, /* getopt's values for long options: above any letter */
	NAME_SHOWN = 40, /* octets of an unknown name that a message repeats */
};

/* Values that the options point to. */
struct kept {
	struct kept *next;
	char text[];
};

static const char *copy(struct options *options, struct span text)
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

/* Anything will do that is nothing else's, as the seeds of shards and shuffles are not it: the samples of one key are
 * to be compared for years, so it must never change. */
#define SAMPLE_KEY                                                                                                     \
	{                                                                                                              \
		's', 't', 's', 'u', 'r', 'v', 'e', 'y', '-', 's', 'a', 'm', 'p', 'l', 'e', '1'                         \
	}

static const struct options defaults = {
	.input_file = "-",
	.output_file = "-",
	.sync_interval = 5,
	.third_party_at = OPTIONS_THIRD_PARTY_AT,
	.self_at_most = OPTIONS_SELF_AT_MOST,
	.shards = 1,
	.sample_key = SAMPLE_KEY,
	.rate = -1, /* not given */
	.concurrency = 4000,
	.timeout = DNS_TIMEOUT_MS / 1000.0,
	.retries = DNS_RETRIES,
	.http_timeout = 30,
	.http_concurrency = 500,
	.per_host = OPTIONS_PER_HOST,
	.memory = 256 * 1024 * 1024,
	.host_rate = -1, /* not given */
	.provider_rate = -1,
	.server_rate = -1,
	.operator_rate = -1,
	.server_patience = SERVER_PATIENCE_S,
	.audit = -1,
	.audit_limit = OPTIONS_AUDIT_LIMIT,
	.dns_port = OPTIONS_DNS_PORT,
	.https_port = 443,
	.smtp_port = OPTIONS_SMTP_PORT,
	.smtp_concurrency = 10000,
	.smtp_timeout = 120,
	.chunk = 100000,
	.ack_wait = 60,
	.deliveries = 5,
	.results_size = UINT64_C(8) << 30,
};

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
	return row->kind == OPTION_CIDRS || row->kind == OPTION_CIDR_FILE || row->kind == OPTION_DOMAIN_FILE ||
	       row->kind == OPTION_LABELS || row->kind == OPTION_SCANS || row->kind == OPTION_CONFIG;
}

/* The last of two would leave the other unread, or unwritten, without a word. */
static bool names_one_file(const struct option_row *row)
{
	return row->kind == OPTION_INPUT || row->kind == OPTION_OUTPUT || row->kind == OPTION_FOLDER;
}

/* Note what was given, for the scan file's header. */
static bool note_given(struct options *options, const struct option_row *row, const char *value)
{
	struct record_option *entry = adds_up(row) ? NULL : options_given(options, row->name), *grown;

	if (!entry) {
		grown = realloc(options->given, (options->given_count + 1) * sizeof(*grown));
		if (!grown)
			return false;
		options->given = grown;
		entry = &grown[options->given_count++];
	}
	*entry = (struct record_option){ span_of(row->name), span_of(row->argument && *value ? value : "yes") };
	return true;
}

static bool takes(const struct options *options, const struct option_row *row)
{
	return row->commands & 1u << options->command;
}

/* The commands that take an option of that name: "scan, check and fleet work"; "" for none. */
static void list_takers(struct span name, struct error *list)
{
	unsigned takers = 0, left = 0;
	struct error so_far;

	for (size_t i = 0; i < option_count; i++)
		if (span_equal(span_of(option_table[i].name), name))
			takers |= option_table[i].commands;
	left = (unsigned)__builtin_popcount(takers);
	list->text[0] = '\0';
	for (unsigned i = 0, count = left; i < COMMAND_COUNT; i++) {
		if (!(takers & 1u << i))
			continue;
		so_far = *list;
		error_set(list, "%s%s%s", so_far.text,
			  left == count ? ""
			  : left > 1    ? ", "
					: " and ",
			  command_table[i].name);
		left--;
	}
}

static int fail_unknown(const struct options *options, struct span name, struct error *error)
{
	struct nearest nearest = { 0 };
	int shown = (int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN);
	struct error takers;

	list_takers(name, &takers);
	if (takers.text[0])
		return error_set(error, "unknown option '%.*s'; it is one of %s", shown, name.p, takers.text);
	for (size_t i = 0; i < option_count; i++)
		if (takes(options, &option_table[i]))
			nearest_try(&nearest, name, option_table[i].name);
	if (nearest.word)
		return error_set(error, "unknown option '%.*s'; did you mean '%s'?", shown, name.p, nearest.word);
	return error_set(error, "unknown option '%.*s'; 'stsurvey help %s' lists them all", shown, name.p,
			 command_table[options->command].name);
}

static enum options_result set_option(struct options *options, const struct option_row *row, struct span value,
				      struct error *error)
{
	const char *kept = copy(options, value);
	enum options_result result = kept ? option_set(options, row, kept, error) : OPTIONS_OK;

	if (result != OPTIONS_OK)
		return result;
	/* A flag switched off again is as if never given. */
	if (row->kind == OPTION_FLAG && value.n > 0 && !*(bool *)((char *)options + row->offset))
		return OPTIONS_OK;
	if (kept && note_given(options, row, kept))
		return OPTIONS_OK;
	error_set(error, "out of memory");
	return OPTIONS_FATAL;
}

/* As getopt_long calls it. */
static int wants(const struct option_row *row)
{
	if (row->kind == OPTION_MAYBE_WORD)
		return optional_argument;
	return row->argument ? required_argument : no_argument;
}

/* ---- the configuration file ---- */

struct config {
	struct options *options;
	enum options_result result; /* of the line of the configuration that was refused */
};

static int on_config_line(void *arg, struct span line, struct error *error)
{
	struct config *config = arg;
	size_t equals = span_find(line, 0, '=');
	struct span name = span_trim((struct span){ line.p, equals });
	struct span value = equals < line.n ? span_trim(span_skip(line, equals + 1)) : (struct span){ line.p, 0 };
	unsigned with_config = option_find(SPAN_LITERAL("config"), ~0u)->commands;
	const struct option_row *row = option_find(name, 1u << config->options->command);
	bool for_another = !row;

	if (!row) /* one file may serve all that read one */
		row = option_find(name, with_config);
	config->result = OPTIONS_USAGE;
	if (!row)
		return fail_unknown(config->options, name, error);
	if (row->kind == OPTION_CONFIG || row->kind == OPTION_HELP)
		return error_set(error, "'%s' has no place in a configuration file", row->name);
	if (wants(row) == required_argument && value.n == 0)
		return error_set(error, "'%s' needs a value: %s = %s", row->name, row->name, row->argument);
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct span){ value.p + 1, value.n - 2 };
	config->result = for_another ? OPTIONS_OK : set_option(config->options, row, value, error);
	return config->result == OPTIONS_OK ? 0 : -1;
}

static enum options_result read_config(struct options *options, const char *path, struct error *error)
{
	struct config config = { options, OPTIONS_OK };

	if (line_file_read(path, on_config_line, &config, error) == 0)
		return OPTIONS_OK;
	return config.result == OPTIONS_OK ? OPTIONS_FATAL : config.result;
}

/* ---- the command line ---- */

/* The command's options as getopt_long wants them. */
struct getopt_table {
	struct option option[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 2];
};

static void make_getopt_table(struct getopt_table *table, const struct options *options)
{
	struct option *option = table->option;
	char *letter = table->letters;

	*letter++ = ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];

		if (!takes(options, row))
			continue;
		*option++ = (struct option){ row->name, wants(row), NULL, LONG_BASE + (int)i };
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
static const struct option_row *row_of(const struct options *options, int c)
{
	if (c >= LONG_BASE)
		return &option_table[c - LONG_BASE];
	for (size_t i = 0; i < option_count; i++)
		if (takes(options, &option_table[i]) && option_table[i].letter == c)
			return &option_table[i];
	return NULL;
}

/* The name of a long option as it was typed, perhaps an abbreviation. */
static struct span typed_name(const struct options *options)
{
	int place = optind - 1 - (optarg && optarg == options->argv[optind - 1]); /* a value may be a word of its own */
	struct span word = span_of(options->argv[place]);

	while (word.n > 0 && word.p[0] == '-')
		word = span_skip(word, 1);
	word.n = span_find(word, 0, '=');
	return word;
}

/* An option of another command, which getopt_long took for an abbreviation of one of ours. */
static bool is_anothers(const struct option_row *row, struct span typed)
{
	return !span_equal(span_of(row->name), typed) && option_find(typed, ~0u);
}

/* What getopt_long did not take. */
static int fail_getopt(const struct options *options, int c, struct error *error)
{
	const struct option_row *row = optopt ? row_of(options, optopt) : NULL;
	char letter[] = { '-', (char)optopt };

	if (c == ':' && row)
		return error_set(error, "--%s needs a value: --%s %s", row->name, row->name, row->argument);
	if (row)
		return error_set(error, "--%s takes no value", row->name);
	if (optopt)
		return fail_unknown(options, (struct span){ letter, sizeof(letter) }, error);
	return fail_unknown(options, typed_name(options), error);
}

/* Go over the command line: first for --config and --help alone, then for all the others. */
static enum options_result read_words(struct options *options, bool first_pass, struct error *error)
{
	enum options_result result = OPTIONS_OK;
	bool given[OPTIONS_MAX] = { false }; /* in this pass; what a configuration says may be said again */
	struct getopt_table table;
	int c;

	make_getopt_table(&table, options);
	opterr = 0;
	optind = 0; /* glibc: start again */
	while (result == OPTIONS_OK) {
		const struct option_row *row;

		optopt = 0;
		c = getopt_long(options->argc, options->argv, table.letters, table.option, NULL);
		if (c == -1)
			break;
		row = c == '?' || c == ':' ? NULL : row_of(options, c);
		if (!row) {
			fail_getopt(options, c, error);
			return OPTIONS_USAGE;
		}
		if (c >= LONG_BASE && is_anothers(row, typed_name(options))) {
			fail_unknown(options, typed_name(options), error);
			return OPTIONS_USAGE;
		}
		if (first_pass && row->kind == OPTION_HELP) {
			options_help(options->command, stdout);
			return OPTIONS_HELP_SHOWN;
		}
		if (first_pass && row->kind == OPTION_CONFIG)
			result = read_config(options, optarg, error);
		if (!first_pass && names_one_file(row) && given[row - option_table]) {
			error_set(error, "--%s is given twice, and takes one %s", row->name, row->argument);
			return OPTIONS_USAGE;
		}
		given[row - option_table] = true;
		if (!first_pass)
			result = set_option(options, row, span_of(optarg ? optarg : ""), error);
	}
	return result;
}

/* What the options leave of the command line. */
static enum options_result read_operands(struct options *options, struct error *error)
{
	const struct command_row *row = &command_table[options->command];

	options->operand = options->argv + optind;
	options->operands = options->argc - optind;
	if (options->operands < row->operands_least)
		error_set(error, options->operands > 0 ? "one %s is too few: %s" : "no %s given: %s", row->operand,
			  row->usage);
	else if (options->operands > row->operands_most)
		error_set(error, "'%.80s' is one argument too many%s%s: %s", options->operand[row->operands_most],
			  row->instead ? "; " : "", row->instead ? row->instead : "", row->usage);
	else
		return OPTIONS_OK;
	return OPTIONS_USAGE;
}

static const char *variable(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static int find_shard(const struct options *options, struct shard_choice *choice, struct error *error)
{
	if (shard_auto(span_of(options->shard_auto), variable, NULL, choice, error) < 0)
		return -1;
	if (!options_given(options, "shards") || choice->shards == options->shards)
		return 0;
	return error_set(error, "finds %u shards, and --shards is %u: leave --shards away, or give auto/%u",
			 choice->shards, options->shards, options->shards);
}

static enum options_result set_number(struct options *options, const char *name, uint32_t number, struct error *error)
{
	char text[sizeof("4294967295")];

	snprintf(text, sizeof(text), "%u", number);
	return set_option(options, option_find(span_of(name), 1u << options->command), span_of(text), error);
}

/* --shard auto becomes the numbers that it stands for, as if they had been given: what the scan file's header holds,
 * and
 * --resume compares. */
static enum options_result read_shard(struct options *options, struct error *error)
{
	struct shard_choice choice;
	enum options_result result;

	if (!options->shard_auto)
		return OPTIONS_OK;
	if (find_shard(options, &choice, error) < 0) {
		error_prefix(error, "--shard %.40s", options->shard_auto);
		return OPTIONS_USAGE;
	}
	result = set_number(options, "shards", choice.shards, error);
	return result == OPTIONS_OK ? set_number(options, "shard", choice.shard, error) : result;
}

enum options_result options_read(struct options *options, enum command command, int argc, char **argv,
				 struct error *error)
{
	enum options_result result;

	*options = defaults;
	options->command = command;
	options->argc = argc;
	options->argv = argv;
	result = read_words(options, true, error);
	if (result == OPTIONS_OK)
		result = read_words(options, false, error);
	if (result == OPTIONS_OK)
		result = read_operands(options, error);
	if (result == OPTIONS_OK)
		result = read_shard(options, error);
	if (result == OPTIONS_OK)
		result = options_fit(options, error);
	if (result != OPTIONS_OK)
		options_free(options);
	return result;
}

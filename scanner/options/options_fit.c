/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/options_fit.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "scanner/options/option_files.h"
#include "scanner/options/option_table.h"
#include "scanner/options/option_value.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/idna.h"
#include "scanner/rules/public_resolvers.h"
#include "scanner/rules/server_books.h"

enum {
	CHECK_SMTP_TIMEOUT_S = 20, /* three times that in all: postscreen and its like greet within 20 s */
	THREAD_RATE_LEAST = 20,    /* questions a second of a thread: one asks thousands */
};

static bool is_party(const char *by)
{
	return strcmp(by, "domain") == 0 || strcmp(by, "label") == 0 || strcmp(by, "provider") == 0 ||
	       (strncmp(by, "label=", strlen("label=")) == 0 && by[strlen("label=")] != '\0');
}

/* Whether a worker of a queue does, its jobs say. */
static bool may_probe(const struct options *options)
{
	return options_probes(options) || options->command == COMMAND_FLEET_WORK;
}

/* Who scans a list in parts starts the private resolver once for all of them, and tells where it is. */
static bool is_started(const struct options *options)
{
	return options->input_format == FEED_FORMAT_CHUNK;
}

/* What must not be, and what to do. */
static int check_exclusions(const struct options *options, struct error *error)
{
	const struct {
		bool is_so;
		const char *why;
	} rule[] = {
		{ options->resume && options->force,
		  "--resume and --force exclude each other: go on with the file, or replace it" },
		{ options->resume && strcmp(options->output_file, "-") == 0,
		  "--resume needs --output-file FILE: standard output cannot be resumed" },
		{ options->shards > 1 && !options_given(options, "shard"),
		  "--shards needs --shard I as well, from 0 to N-1" },
		{ options->shard >= options->shards,
		  "--shard must be less than --shards: shards are numbered from 0 to N-1" },
		{ options->direct && options->mx_hosts,
		  "--direct and --mx-hosts exclude each other: addresses of mail servers are asked of the resolver" },
		{ !options->direct && (options->server_rate >= 0 || options->operator_rate >= 0 ||
				       options->audit >= 0 || options_given(options, "server-patience") ||
				       options_given(options, "audit-limit") || options_given(options, "dns-port")),
		  "--server-rate, --operator-rate, --server-patience, --audit, --audit-limit and --dns-port need "
		  "--direct: "
		  "without it the resolver alone is asked" },
		{ options->label_count > 0 && options->mx_hosts,
		  "--label and --mx-hosts exclude each other: a mail server has its record whoever names it" },
		{ options->label_count > 0 && (options->origin || options->input_format == FEED_FORMAT_LIST ||
					       options->input_format == FEED_FORMAT_ZONE),
		  "--label needs a CSV list: no other has columns" },
		{ options_given(options, "sample-key") && options->sample == 0,
		  "--sample-key needs --sample SHARE: the whole list needs no key" },
		{ options->resolver && options->server_count > 0 && !is_started(options),
		  "--resolver and --name-servers exclude each other" },
		{ options->resolver_config && !options->resolver, "--resolver-config needs --resolver unbound" },
		{ options->json && (options->if_mx || options->if_gone != OPTIONS_GONE_NOTHING),
		  "--json tells what was found; --if-mx and --if-gone are for the explanation" },
		{ (options->notify_by || options->notify_template) && !options->notify,
		  "--notify-by and --notify-template need --notify DIR: without it no text is written" },
		{ options->notify_by && !is_party(options->notify_by),
		  "--notify-by must be domain, label, label=NAME or provider" },
		{ options->notify && !options->directory,
		  "--notify needs --directory DIR: the texts come with the tables" },
		{ options->raw && options->format != OPTIONS_CSV,
		  "--raw needs --format csv: JSON has every text as it is" },
		{ options->ehlo_domain && !may_probe(options),
		  "--ehlo-domain needs --smtp or --mx-hosts: nobody is greeted without" },
		{ options->canary_count > 0 && !options_probes(options),
		  "--smtp-canaries needs --smtp or --mx-hosts: no mail server is probed without" },
		{ options->trust_ad && !may_probe(options),
		  "--trust-ad needs --smtp or --mx-hosts: DANE is not looked at without" },
		{ options->smtp_without_sni && !options_probes(options),
		  "--smtp-without-sni needs --smtp or --mx-hosts: no mail server is probed without" },
		{ options->metadata_file && strcmp(options->metadata_file, "-") == 0,
		  "--metadata-file needs a file: it is rewritten while the scan runs" },
		{ options->log_file && strcmp(options->log_file, "-") == 0,
		  "--log-file needs a file; without it messages go to standard error" },
	};

	for (size_t i = 0; i < COUNT_OF(rule); i++)
		if (rule[i].is_so)
			return error_set(error, "%s", rule[i].why);
	return 0;
}

static int check_origin(const struct options *options, struct error *error)
{
	char name[DOMAIN_NAME_MAX];
	size_t n;

	if (!options->origin || strcmp(options->origin, ".") == 0 || idna_name(span_of(options->origin), name, &n))
		return 0;
	return error_set(error, "--origin '%.*s': is no domain name, nor . for the root", (int)sizeof(name),
			 options->origin);
}

/* RFC 5321 4.1.3 */
static bool is_literal(struct span name)
{
	static const struct span six = SPAN_LITERAL("IPv6:");
	struct obs_address address;
	struct span inside;
	bool is_six;

	if (name.n < 2 || name.p[0] != '[' || name.p[name.n - 1] != ']')
		return false;
	inside = (struct span){ name.p + 1, name.n - 2 };
	is_six = span_starts_with(inside, six);
	return address_parse(span_skip(inside, is_six ? six.n : 0), &address) && (address.family == 6) == is_six;
}

/* RFC 5321 4.1.1.1: a domain, or an address literal. */
static int check_ehlo(const struct options *options, struct error *error)
{
	struct span name = span_of(options->ehlo_domain ? options->ehlo_domain : "");

	if (!options->ehlo_domain || domain_is_host(name) || is_literal(name))
		return 0;
	return error_set(error, "--ehlo-domain '%.*s': is no host name of ASCII letters, nor [192.0.2.1] or [IPv6:...]",
			 DOMAIN_NAME_MAX, options->ehlo_domain);
}

/* What the command does not run without. */
static int check_needed(const struct options *options, struct error *error)
{
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].needed && option_table[i].commands & 1u << options->command &&
		    !options_given(options, option_table[i].name))
			return error_set(error, "--%s is missing: %s", option_table[i].name,
					 command_table[options->command].usage);
	if (options->command == COMMAND_STATS && !options->directory && !options->series)
		return error_set(error, "--directory is missing: %s", command_table[options->command].usage);
	if (options->command != COMMAND_SCAN)
		return 0;
	/* Where nothing is given, a terminal is an oversight: nobody types a survey's list or reads its file. */
	if (!options_given(options, "input-file") && isatty(STDIN_FILENO))
		return error_set(error, "no domains: give --input-file FILE");
	if (!options_given(options, "output-file") && isatty(STDOUT_FILENO))
		return error_set(error, "nowhere to write: give --output-file FILE");
	return 0;
}

/* A person waits for check. */
static void set_smtp_timeout(struct options *options)
{
	if (options->command == COMMAND_CHECK && !options_given(options, "smtp-timeout"))
		options->smtp_timeout = CHECK_SMTP_TIMEOUT_S;
}

static unsigned usable_cores(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > OPTIONS_THREADS_MAX ? OPTIONS_THREADS_MAX : (unsigned)count;
}

static void set_threads(struct options *options)
{
	if (options->command == COMMAND_CHECK) /* all at once, on one thread */
		options->concurrency = (unsigned)options->operands;
	if (options->threads == 0)
		options->threads = options->command == COMMAND_CHECK ? 1 : usable_cores();
	if (options->command == COMMAND_SCAN && options->threads > options->concurrency)
		options->threads = options->concurrency;
}

/* A thread keeps to its part of a rate, rounded down to a whole number: of many small parts too much would be lost. */
static void spare_threads(struct options *options, double rate)
{
	double most = rate / THREAD_RATE_LEAST;

	if (rate > 0 && (double)options->threads > most)
		options->threads = most > 1 ? (unsigned)most : 1;
}

const struct endpoint *options_public_resolver(const struct options *options)
{
	for (unsigned i = 0; i < options->server_count; i++)
		if (public_resolver_operator(&options->server[i].address))
			return &options->server[i];
	return NULL;
}

/* What is on loopback need not be ours: it may pass every question on to a stranger. */
static void set_rate(struct options *options)
{
	if (options->rate >= 0)
		return;
	if (options->resolver)
		options->rate = 0;
	else
		options->rate = options_public_resolver(options) ? PUBLIC_RESOLVER_RATE : OPTIONS_SHARED_RATE;
}

static void set_fetch_rates(struct options *options)
{
	options->pace_reserved = options->host_rate >= 0 || options->provider_rate >= 0;
	if (options->host_rate < 0)
		options->host_rate = FETCH_PACE_HOST;
	if (options->provider_rate < 0)
		options->provider_rate = FETCH_PACE_PROVIDER;
}

static void set_direct(struct options *options)
{
	options->pace_reserved_servers = options->server_rate >= 0 || options->operator_rate >= 0;
	if (options->server_rate < 0)
		options->server_rate = SERVER_RATE;
	if (options->operator_rate < 0) /* an operator is a name: whose addresses are a lab's is not known of it */
		options->operator_rate = options->allow_reserved && !options->pace_reserved_servers ? 0 : OPERATOR_RATE;
	if (options->audit < 0) {
		options->audit = OPTIONS_AUDIT;
		options->audit_least = OPTIONS_AUDIT_LEAST;
	}
}

bool options_is_lab(const struct options *options)
{
	bool lab = options->allow_reserved && !options->resolver;

	for (unsigned i = 0; i < options->server_count; i++)
		lab = lab && !address_is_global(&options->server[i].address);
	return lab;
}

/* What it was: its address says nothing to whoever reads the scan file. */
static void name_resolver(struct options *options)
{
	size_t kept = 0;

	for (size_t i = 0; i < options->given_count; i++)
		if (!span_equal(options->given[i].name, SPAN_LITERAL("name-servers")))
			options->given[kept++] = options->given[i];
	options->given_count = kept;
}

enum options_result options_fit(struct options *options, struct error *error)
{
	enum options_result result = OPTIONS_OK;

	if (check_exclusions(options, error) < 0 || check_needed(options, error) < 0 ||
	    check_origin(options, error) < 0 || check_ehlo(options, error) < 0 ||
	    option_files_check(options, error) < 0)
		return OPTIONS_USAGE;
	set_threads(options);
	if (options->command != COMMAND_SCAN && options->command != COMMAND_CHECK) /* the others use no network */
		return OPTIONS_OK;
	if (options->resolver && options->server_count > 0)
		name_resolver(options);
	if (options->server_count == 0 && !options->resolver)
		result = option_read_resolv_conf(options, option_resolv_conf, error);
	set_smtp_timeout(options);
	set_rate(options);
	spare_threads(options, options->rate);
	spare_threads(options, options->resolver_rate);
	set_fetch_rates(options);
	set_direct(options);
	return result;
}

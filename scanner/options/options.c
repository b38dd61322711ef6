#include "scanner/options/options.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/base/limits.h"
#include "scanner/options/command_line.h"
#include "scanner/options/options_fit.h"

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

struct record_option *options_given(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->given_count; i++)
		if (span_equal(options->given[i].name, span_of(name)))
			return &options->given[i];
	return NULL;
}

bool options_remember(struct options *options, const char *name, struct span value, bool beside)
{
	struct record_option *entry = beside ? NULL : options_given(options, name), *grown;
	const char *kept = options_keep(options, value);

	if (!kept)
		return false;
	if (!entry) {
		grown = realloc(options->given, (options->given_count + 1) * sizeof(*grown));
		if (!grown)
			return false;
		options->given = grown;
		entry = &grown[options->given_count++];
	}
	*entry = (struct record_option){ span_of(name), span_of(kept) };
	return true;
}

enum options_result options_read(struct options *options, enum command command, int argc, char **argv,
				 struct error *error)
{
	enum options_result result;

	set_defaults(options);
	options->argc = argc;
	options->argv = argv;
	result = command_line_read(options, command, argc, argv, error);
	if (result == OPTIONS_OK)
		result = options_fit(options, command, error);
	if (result != OPTIONS_OK)
		options_free(options);
	return result;
}

#include "scanner/options/options_table.h"

#include <stddef.h>
#include <stdlib.h>

#include "scanner/base/limits.h"

#define AT(member) offsetof(struct options, member)

/* Limits of the numbers: what the machine or a standard bears, so that a slip of the keyboard is caught. */
enum {
	CONCURRENCY_MOST = 1000000,     /* slots of some KiB each */
	HTTP_CONCURRENCY_MOST = 100000, /* 100 KB each */
	PER_HOST_MOST = 10000,
	RETRIES_MOST = 20,
	SHARDS_MOST = 65536,
	RATE_MOST = 100000000,
	SYNC_MOST = 3600,
	RUNTIME_MOST = 366 * 86400,
};

/* clang-format off */
const struct option_row option_table[] = {
	{ "input-file", 'f', "FILE", OPTION_TEXT, SECTION_FILES, false, AT(input_file), 0, 0, NULL,
	  "domains: a list, rank,domain CSV or a zone file; plain, gzip or zstd; - is standard input [-]" },
	{ "input-format", 0, "FORMAT", OPTION_FORMAT, SECTION_FILES, false, AT(input_format), 0, 0, NULL,
	  "list, csv or zone [found by looking]" },
	{ "output-file", 'o', "FILE", OPTION_TEXT, SECTION_FILES, false, AT(output_file), 0, 0, NULL,
	  "scan file, NAME.msgpack.zst; - is standard output [-]" },
	{ "resume", 0, NULL, OPTION_FLAG, SECTION_FILES, false, AT(resume), 0, 0, NULL,
	  "go on with an existing scan file" },
	{ "force", 0, NULL, OPTION_FLAG, SECTION_FILES, false, AT(force), 0, 0, NULL,
	  "replace an existing scan file" },
	{ "sync-interval", 0, "SECONDS", OPTION_DECIMAL, SECTION_FILES, false, AT(sync_interval), 0, SYNC_MOST, "seconds",
	  "between syncs of the scan file; 0 syncs every frame [5]" },
	{ "metadata-file", 'm', "FILE", OPTION_TEXT, SECTION_FILES, false, AT(metadata_file), 0, 0, NULL,
	  "JSON about the scan, rewritten while it runs" },
	{ "status-updates-file", 'u', "FILE", OPTION_TEXT, SECTION_FILES, false, AT(status_updates_file), 0, 0, NULL,
	  "CSV, one row a second" },
	{ "log-file", 'l', "FILE", OPTION_TEXT, SECTION_FILES, true, AT(log_file), 0, 0, NULL,
	  "log messages [standard error]" },
	{ "quiet", 'q', NULL, OPTION_FLAG, SECTION_FILES, true, AT(quiet), 0, 0, NULL,
	  "no progress, warnings and errors only" },
	{ "verbose", 'v', NULL, OPTION_COUNTED, SECTION_FILES, true, AT(verbose), 0, 0, NULL,
	  "log more; may be repeated" },

	{ "threads", 't', "N", OPTION_WHOLE, SECTION_WORK, false, AT(threads), 1, OPTIONS_THREADS_MAX, "threads",
	  "workers [one for each core]" },
	{ "concurrency", 0, "N", OPTION_WHOLE, SECTION_WORK, false, AT(concurrency), 1, CONCURRENCY_MOST, "domains",
	  "domains in flight [4000]" },
	{ "seed", 'e', "N", OPTION_SEED, SECTION_WORK, false, AT(seed), 0, 0, NULL,
	  "shuffle within blocks of 65,536; the same seed gives the same order" },
	{ "shards", 0, "N", OPTION_WHOLE, SECTION_WORK, false, AT(shards), 1, SHARDS_MOST, "shards",
	  "split the domains into N parts by their names [1]" },
	{ "shard", 0, "I", OPTION_WHOLE, SECTION_WORK, false, AT(shard), 0, SHARDS_MOST - 1, "as a shard's number",
	  "survey part I, from 0 to N-1 [0]" },
	{ "max-domains", 0, "N", OPTION_WHOLE64, SECTION_WORK, false, AT(max_domains), 0, 0, "domains",
	  "stop after N domains; 0 is no limit [0]" },
	{ "max-runtime", 0, "SECONDS", OPTION_DECIMAL, SECTION_WORK, false, AT(max_runtime), 0, RUNTIME_MOST, "seconds",
	  "stop after that time, leaving a resumable file; 0 is no limit [0]" },
	{ "max-outage", 0, "SECONDS", OPTION_DECIMAL, SECTION_WORK, false, AT(max_outage), 0, RUNTIME_MOST, "seconds",
	  "stop when no name server has answered for that long; 0 waits for ever [0]" },

	{ "name-servers", 0, "LIST", OPTION_SERVERS, SECTION_DNS, true, 0, 0, 0, NULL,
	  "resolvers, IP[:PORT],... or @FILE [/etc/resolv.conf]" },
	{ "resolver", 0, "NAME", OPTION_RESOLVER, SECTION_DNS, true, AT(resolver), 0, 0, NULL,
	  "start a private resolver for this scan; 'unbound' is known" },
	{ "resolver-config", 0, "FILE", OPTION_TEXT, SECTION_DNS, true, AT(resolver_config), 0, 0, NULL,
	  "lines that follow the private resolver's configuration" },
	{ "timeout", 0, "SECONDS", OPTION_DECIMAL, SECTION_DNS, true, AT(timeout), 0.01, DNS_TIMEOUT_MAX_S, "seconds",
	  "for one try of a query [2]" },
	{ "retries", 0, "N", OPTION_WHOLE, SECTION_DNS, true, AT(retries), 0, RETRIES_MOST, "tries",
	  "further tries after the first, none later than 30 s after it [3]" },

	{ "http-timeout", 0, "SECONDS", OPTION_DECIMAL, SECTION_FETCH, true, AT(http_timeout), 0.1, NET_CURL_TIMEOUT_MAX_S,
	  "seconds", "for one whole policy fetch [30]" },
	{ "http-concurrency", 0, "N", OPTION_WHOLE, SECTION_FETCH, false, AT(http_concurrency), 1, HTTP_CONCURRENCY_MOST,
	  "fetches", "policy fetches in flight [500]" },
	{ "per-host", 0, "N", OPTION_WHOLE, SECTION_FETCH, false, AT(per_host), 1, PER_HOST_MOST, "connections",
	  "connections at once to one address [8]" },

	{ "rate", 'r', "N", OPTION_DECIMAL, SECTION_POLITE, false, AT(rate), 0, RATE_MOST, "queries a second",
	  "DNS queries a second in all; 0 is no limit [10000; 0 where all resolvers are on loopback]" },
	{ "resolver-rate", 0, "N", OPTION_DECIMAL, SECTION_POLITE, false, AT(resolver_rate), 0, RATE_MOST, "queries a second",
	  "DNS queries a second to one name server; 0 is no limit [10000; 0 where all are on loopback]" },
	{ "host-rate", 0, "N", OPTION_DECIMAL, SECTION_POLITE, false, AT(host_rate), 0, RATE_MOST, "connections a second",
	  "to one policy host's address; 0 is no limit [50; 0 within --allow-reserved]" },
	{ "provider-rate", 0, "N", OPTION_DECIMAL, SECTION_POLITE, false, AT(provider_rate), 0, RATE_MOST,
	  "connections a second", "to policy hosts that are aliases into one registrable domain; 0 is no limit "
	  "[200; 0 within --allow-reserved]" },
	{ "contact", 0, "URL|MAIL", OPTION_CONTACT, SECTION_POLITE, true, AT(contact), 0, 0, NULL,
	  "who to write to, put into the User-Agent" },
	{ "blocklist-file", 'b', "FILE", OPTION_CIDR_FILE, SECTION_POLITE, true, AT(blocklist), 0, 0, NULL,
	  "networks never contacted, one a line; may be repeated" },
	{ "domain-blocklist-file", 0, "FILE", OPTION_DOMAIN_FILE, SECTION_POLITE, true, AT(domain_blocklist), 0, 0, NULL,
	  "domains never queried, nor what is below them; may be repeated" },

	{ "allow-reserved", 0, "CIDR,...", OPTION_CIDRS, SECTION_LAB, true, AT(allow_reserved), 0, 0, NULL,
	  "private or loopback networks that may be contacted" },
	{ "https-port", 0, "PORT", OPTION_PORT, SECTION_LAB, true, AT(https_port), 1, UINT16_MAX, "as a port",
	  "of policy hosts [443]" },
	{ "smtp-port", 0, "PORT", OPTION_PORT, SECTION_LAB, true, AT(smtp_port), 1, UINT16_MAX, "as a port",
	  "of mail servers; recorded only, this version speaks no SMTP [25]" },
	{ "ca-file", 0, "FILE", OPTION_TEXT, SECTION_LAB, true, AT(ca_file), 0, 0, NULL,
	  "trusted certificates, PEM [the system's]" },

	{ "config", 'C', "FILE", OPTION_CONFIG, SECTION_OTHER, true, 0, 0, 0, NULL,
	  "option = value lines with these names; the command line overrides them" },
	{ "help", 'h', NULL, OPTION_HELP, SECTION_OTHER, true, 0, 0, 0, NULL,
	  "this text" },
};
/* clang-format on */

const size_t option_count = COUNT_OF(option_table);

const struct option_row *option_find(struct span name)
{
	for (size_t i = 0; i < option_count; i++)
		if (span_equal(span_of(option_table[i].name), name))
			return &option_table[i];
	return NULL;
}

enum { NAME_MAX_OCTETS = 32 }; /* longer than any option: nothing is near */

/* Levenshtein's distance: inserted, dropped and changed octets. */
static unsigned distance(struct span a, struct span b)
{
	unsigned row[NAME_MAX_OCTETS + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

const char *option_nearest(struct span name, enum options_command command)
{
	const char *nearest = NULL;
	unsigned best = (unsigned)name.n / 3 + 2; /* farther is no misspelling but another word */

	if (name.n == 0 || name.n > NAME_MAX_OCTETS)
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		unsigned far;

		if (command == OPTIONS_CHECK && !option_table[i].check)
			continue;
		far = distance(name, span_of(option_table[i].name));
		if (far < best) {
			best = far;
			nearest = option_table[i].name;
		}
	}
	return nearest;
}

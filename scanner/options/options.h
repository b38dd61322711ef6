/* scanner/options/options.h - what `scan` and `check` can be told, on the command line or in a file.
 *
 * One table holds every option: name, short form, argument, default, help text. The command line, the
 * configuration file, --help, the man page check and the scan file's header all come from it.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTIONS_H
#define STSURVEY_SCANNER_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "output/error.h"
#include "output/record.h"
#include "scanner/base/limits.h"
#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"
#include "scanner/feed/feed.h"

enum { OPTIONS_THREADS_MAX = 256 };

struct options {
	/* input and output */
	const char *input_file; /* "-" */
	enum feed_format input_format;
	const char *output_file;   /* "-" */
	const char *metadata_file; /* NULL: none */
	const char *status_updates_file;
	const char *log_file; /* NULL: stderr */
	bool quiet;
	unsigned verbose;
	bool resume, force;
	uint64_t max_domains; /* 0: no limit */
	double max_runtime;   /* seconds, 0: no limit */
	double max_outage;    /* seconds without any name server's answer, 0: no limit */
	double sync_interval; /* seconds between fsyncs of the scan file, 5 */
	/* order and share of the work */
	bool has_seed;
	uint64_t seed;
	uint32_t shards, shard;
	unsigned threads; /* 0: one for each core we may run on */
	/* DNS */
	struct endpoint server[NAME_SERVERS_MAX];
	unsigned server_count;
	const char *resolver;             /* "unbound": start a private one; NULL: none */
	const char *resolver_config;      /* lines for it; NULL: none */
	struct private_resolver *started; /* by the command, behind server[0]; NULL: none */
	double rate;                      /* queries a second in all, 0: no limit … */
	double resolver_rate;             /* … and to one name server */
	unsigned concurrency;             /* domains in flight in all */
	double timeout;                   /* seconds for one try */
	unsigned retries;                 /* further tries after the first */
	/* policy fetch */
	double http_timeout;       /* seconds for one whole fetch, at most 60 (RFC 8461 3.3) */
	unsigned http_concurrency; /* fetches in flight in all */
	unsigned per_host;         /* connections at once to one address */
	double host_rate;          /* connections a second to one address, 0: no limit … */
	double provider_rate;      /* … and to hosts whose CNAME chain ends in one registrable domain */
	bool pace_all;             /* one of the two was given: no exemption for allow_reserved */
	uint16_t https_port, smtp_port;
	const char *ca_file; /* NULL: the system's store */
	const char *contact; /* NULL: none */
	/* never contacted */
	struct cidr_set *allow_reserved;     /* NULL: none */
	struct cidr_set *blocklist;          /* NULL: none */
	struct domain_set *domain_blocklist; /* NULL: none */
	/* as given, for the header: only what the user set */
	struct record_option *given;
	size_t given_count;
	void *own; /* memory behind all of the above */
};

enum options_command { OPTIONS_SCAN, OPTIONS_CHECK };

enum options_result { OPTIONS_OK, OPTIONS_USAGE, OPTIONS_FATAL, OPTIONS_HELP_SHOWN };

/* Fill @options from defaults, then --config, then the command line; operands (for `check`) are left at argv[*first…].
 * @argv is put in order, and nothing of it is kept: @options has copies. On USAGE (exit 2) and FATAL (a file cannot be
 * read: exit 1) one line stands in @error. Only OK leaves something to free. */
enum options_result options_read(struct options *options, enum options_command command, int argc, char **argv,
				 int *first, struct error *error);
void options_free(struct options *options);

/* --help of the command, to @out. */
void options_help(enum options_command command, FILE *out);

#endif

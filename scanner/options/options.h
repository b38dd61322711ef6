/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/options.h - what a command is told, on its command line or in a file.
 *
 * The commands stand in command_table.c, their options in option_table.c.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTIONS_H
#define STSURVEY_SCANNER_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "output/error.h"
#include "output/scan_file/record.h"
#include "parsers/domain.h"
#include "parsers/mail_host.h"
#include "parsers/siphash.h"
#include "scanner/base/limits.h"
#include "scanner/rules/address.h"
#include "scanner/rules/cidr_set.h"
#include "scanner/rules/domain_set.h"
#include "scanner/feed/feed.h"
#include "scanner/options/command_table.h"
#include "scanner/options/exit_status.h"

enum {
	OPTIONS_THREADS_MAX = 256,
	OPTIONS_SCANS_MAX = 64, /* a year of weekly scans; each is read whole */
	OPTIONS_DNS_PORT = 53,  /* --direct: name servers; with another one, none of the internet's is meant */
	OPTIONS_SMTP_PORT = 25, /* mail servers; with another one, none of the internet's is meant */
	OPTIONS_MEMORY_LEAST = 16 * 1024 * 1024,     /* what is left of less is buffers of some KiB */
	OPTIONS_SHARED_RATE = 10000,                 /* --rate: what no shared resolver of an ISP or university minds */
	OPTIONS_PER_HOST = 8,                        /* --per-host */
	OPTIONS_CANARIES_MAX = OBS_VANTAGE_HOST_MAX, /* a dozen operators carry most of the world's mail */
};

/* A slip of the keyboard. */
#define OPTIONS_MEMORY_MOST (UINT64_C(1) << 40)

/* Of every rate, a second: one in ten seconds. Ten domains at less take hours, which is a slip of the keyboard. */
#define RATE_LEAST 0.1

/* Whose mail servers are probed. */
enum options_smtp { OPTIONS_SMTP_NONE, OPTIONS_SMTP_STS, OPTIONS_SMTP_ALL };

enum options_resolver { OPTIONS_RESOLVER_NONE, OPTIONS_RESOLVER_UNBOUND };

/* Of export, and of findings. */
enum options_format {
	OPTIONS_FORMAT_NONE,
	OPTIONS_JSONL, /* these as in enum line_format */
	OPTIONS_CSV,
	OPTIONS_AVRO,
	OPTIONS_FINDINGS_TEXT, /* these as in enum findings_format */
	OPTIONS_FINDINGS_CSV,
	OPTIONS_FINDINGS_JSON,
};

/* --audit and --audit-limit. Of 10,000 negative answers none wrong says that fewer than 3 in 10,000 are (95 %). */
#define OPTIONS_AUDIT 0.001
#define OPTIONS_AUDIT_LEAST 10000
#define OPTIONS_AUDIT_LIMIT 0.5

/* stats: as in analysis/attribution/sharing.h. */
#define OPTIONS_THIRD_PARTY_AT 50
#define OPTIONS_SELF_AT_MOST 5
enum { OPTIONS_SELF_MOST = 1000 };

/* check: what is imagined to be there no more. */
enum options_gone { OPTIONS_GONE_NOTHING, OPTIONS_GONE_POLICY, OPTIONS_GONE_RECORD };

struct options_host {
	char text[DOMAIN_NAME_MAX]; /* A-labels */
	uint8_t n;
};

struct options {
	/* input and output */
	const char *input_file; /* "-" */
	enum feed_format input_format;
	const char *origin;               /* of a zone file that does not tell; NULL: none */
	struct span label[OBS_LABEL_MAX]; /* columns of a CSV list that are kept with each domain */
	size_t label_count;
	const char *output_file;               /* "-"; of export, findings and report, too */
	const char *title;                     /* report: of the page; NULL: one of its own */
	const char *previous;                  /* report: the scan file to compare with; NULL: none */
	const char *directory;                 /* stats, diff: where the tables go */
	enum options_format format;            /* export, findings: NONE unless given */
	uint32_t third_party_at, self_at_most; /* stats, report: domains, and administrators, that share a name */
	const char *series;                    /* stats: where the tables of a series go; NULL: none */
	bool all;                              /* diff: domains without a record, too */
	uint64_t memory;                       /* diff: octets to use */
	bool partial;                          /* stats, export, diff, report: scan files that are not whole will do */
	bool raw;                              /* export: CSV without apostrophes */
	const char *fields;                    /* export: which; NULL: all */
	const char *where;                     /* export: of which domains; NULL: all */
	const char *metadata_file;             /* NULL: none */
	const char *status_updates_file;
	const char *log_file; /* NULL: stderr */
	bool quiet;
	unsigned verbose;
	bool resume, force;
	uint64_t max_domains; /* 0: no limit */
	double max_runtime;   /* seconds, 0: no limit */
	double max_outage;    /* seconds without any name server's answer, 0: no limit */
	double sync_interval; /* seconds between fsyncs of the scan file, 5 */
	/* tlsrpt: scan files beside which the reports are seen */
	const char *scan[OPTIONS_SCANS_MAX];
	unsigned scan_count;
	/* stats: texts to who is responsible */
	const char *notify;          /* where they go; NULL: there are none */
	const char *notify_by;       /* domain, label, label=NAME or provider; NULL: domain */
	const char *notify_template; /* NULL: the one compiled in */
	/* order and share of the work */
	uint64_t first_index; /* of the list's first entry */
	uint64_t seed;        /* of a shuffle, where it is given */
	uint32_t shards, shard;
	const char *shard_auto; /* who tells it, until that is asked: NULL then */
	double sample;          /* the share of the list that is surveyed; 0: all of it */
	uint8_t sample_key[SIPHASH_KEY_OCTETS];
	unsigned threads; /* 0: one for each core we may run on */
	/* DNS */
	struct endpoint server[NAME_SERVERS_MAX];
	unsigned server_count;
	enum options_resolver resolver;   /* a private one */
	const char *resolver_config;      /* lines for it; NULL: none */
	struct private_resolver *started; /* behind server[0]; NULL: none */
	double rate;                      /* queries a second in all, 0: no limit … */
	double resolver_rate;             /* … and to one name server */
	unsigned concurrency;             /* domains in flight in all */
	double timeout;                   /* seconds for one try */
	unsigned retries;                 /* further tries after the first */
	/* DNS, each domain's own name servers */
	bool direct;
	double server_rate;         /* questions a second to one address, 0: no limit … */
	double operator_rate;       /* … and to one operator; … */
	bool pace_reserved_servers; /* … within allow_reserved, too: one of them was given */
	double server_patience;     /* seconds that a domain waits for servers that rest */
	double audit;               /* share of the negative direct answers that is put to the resolver as well; … */
	uint64_t audit_least;       /* … of all of them so many at least */
	double audit_limit;         /* percent of them, above which the exit status is EXIT_UNMEASURED */
	unsigned dns_port;
	/* policy fetch */
	double http_timeout;       /* seconds for one whole fetch, at most 60 (RFC 8461 3.3) */
	unsigned http_concurrency; /* fetches in flight in all */
	unsigned per_host;         /* connections at once to one address */
	double host_rate;          /* connections a second to one address, 0: no limit … */
	double provider_rate;      /* … and to hosts whose CNAME chain ends in one registrable domain; … */
	bool pace_reserved;        /* … within allow_reserved, too: one of them was given */
	unsigned https_port;
	/* mail servers */
	enum options_smtp smtp;    /* of domains with an STS record, or of all; without mx_hosts */
	bool mx_hosts;             /* the list is of hosts: they are probed, and no domain is looked at */
	const char *ehlo_domain;   /* the name we greet with; NULL: this machine's */
	unsigned smtp_concurrency; /* probes in flight in all */
	double smtp_timeout;       /* seconds for one whole probe */
	unsigned smtp_port;
	struct options_host canary[OPTIONS_CANARIES_MAX]; /* that surely answer; … */
	unsigned canary_count;                            /* … 0: those of datasets/smtp_canaries.csv */
	bool keep_certificates;                           /* whole, once each */
	bool smtp_without_sni;                            /* each host's default certificate, too; check always does */
	bool trust_ad;                                    /* of name servers off loopback, too */
	bool json;                                        /* check: lines as export writes them, no explanation */
	/* fleet */
	const char *nats; /* URLs with commas between; NULL: NATS_URL's */
	const char *job;
	const char *nats_creds, *nats_nkey, *nats_cert, *nats_key, *nats_ca; /* files; NULL: NATS_…'s, or none */
	uint32_t chunk;                                                      /* submit: domains … */
	double ack_wait;       /* … seconds without a sign of life of its worker, … */
	unsigned deliveries;   /* … and deliveries, after which it is dead */
	uint64_t results_size; /* octets at the server */
	bool retry_dead;
	const char *worker; /* work: its name; NULL: made from the host's */
	double max_idle;    /* seconds without a chunk, 0: no limit */
	/* check: what is imagined */
	const char *if_mx; /* an MX; NULL: none */
	enum options_gone if_gone;
	/* both */
	const char *ca_file; /* NULL: the system's store */
	const char *contact; /* NULL: none */
	/* never contacted */
	struct cidr_set *allow_reserved;     /* NULL: none */
	struct cidr_set *address_blocklist;  /* NULL: none */
	struct domain_set *domain_blocklist; /* NULL: none */
	/* as given, for the header: only what the user set */
	struct record_option *given;
	size_t given_count;
	void *own;     /* memory behind all of the above */
	bool confined; /* the process can write to its outputs' folders alone */
	/* the caller's: the command, its words, and behind the options its domains, scan files or command */
	enum command command;
	int argc;
	char **argv;
	int operands;
	char **operand;
};

enum options_result { OPTIONS_OK, OPTIONS_FATAL = EXIT_FATAL, OPTIONS_USAGE = EXIT_USAGE, OPTIONS_HELP_SHOWN };

/* Fill @options from defaults, then --config, then the command line; argv[0] is the command. @argv is put in order, and
 * outlives @options, which points to it and its operands; of all else it has copies. On USAGE and FATAL (a file
 * cannot be read) one line stands in @error. Only OK leaves something to free. */
__attribute__((warn_unused_result)) enum options_result options_read(struct options *options, enum command command,
								     int argc, char **argv, struct error *error);
void options_free(struct options *options);

/* Are mail servers probed? */
static inline bool options_probes(const struct options *options)
{
	return options->smtp != OPTIONS_SMTP_NONE || options->mx_hosts;
}

/* --timeout, in milliseconds. */
static inline uint32_t options_timeout_ms(const struct options *options)
{
	return (uint32_t)(options->timeout * 1000);
}

/* Of a limit for all threads, what each has: 1 at least. So many times that is what is in force. */
static inline unsigned options_part(unsigned all, unsigned threads)
{
	return all < threads ? 1 : all / threads;
}

/* The first of its name servers that serves everybody (scanner/rules/public_resolvers.h); NULL: none. */
const struct endpoint *options_public_resolver(const struct options *options);

/* A lab: addresses of its own may be contacted, and the name servers are no stranger's either. */
bool options_is_lab(const struct options *options);

/* --help of the command, to @out. */
void options_help(enum command command, FILE *out);

/* What the option was given as, the first time where it adds up; NULL: it was not. */
struct record_option *options_given(const struct options *options, const char *name);

#endif

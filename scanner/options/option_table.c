/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/option_table.h"

#include <stddef.h>

#include "scanner/base/limits.h"
#include "scanner/options/options.h"
#include "scanner/rules/public_resolvers.h"
#include "scanner/rules/server_books.h"

#define AT(member) offsetof(struct options, member)

/* Limits of the numbers: what the machine or a standard bears, so that a slip of the keyboard is caught. */
enum {
	CONCURRENCY_MOST = 1000000,     /* slots of some KiB each */
	HTTP_CONCURRENCY_MOST = 100000, /* 100 KB each */
	SMTP_CONCURRENCY_MOST = 100000, /* 3 KiB each while they wait, 50 in a handshake */
	SMTP_TIMEOUT_MOST =
		1800, /* the last look, which is three times as long, lasts no longer than a bad mail queue's */
	PER_HOST_MOST = 10000,
	RETRIES_MOST = 20,
	SHARDS_MOST = 65536,
	RATE_MOST = 100000000,
	SYNC_MOST = 3600,
	RUNTIME_MOST = 366 * 86400,
};

/* Of a list of all domains there are, less is not one of them. */
#define SAMPLE_LEAST 1e-9

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

/* Sets of commands. */
enum {
	SCAN = 1u << COMMAND_SCAN,
	CHECK = 1u << COMMAND_CHECK,
	BOTH = SCAN | CHECK,
	STATS = 1u << COMMAND_STATS,
	EXPORT = 1u << COMMAND_EXPORT,
	DIFF = 1u << COMMAND_DIFF,
	REPORT = 1u << COMMAND_REPORT,
	FINDINGS = 1u << COMMAND_FINDINGS,
	TLSRPT = 1u << COMMAND_TLSRPT,
	ALL = (1u << COMMAND_COUNT) - 1,
};

/* clang-format off */
const struct option_row option_table[] = {
	{ "input-file", 'f', "FILE", OPTION_INPUT, SCAN, RESUME_FREE, SECTION_FILES, AT(input_file),
	  .help = "domains: a list, rank,domain CSV or a zone file; plain, gzip or zstd; - is standard input [-]" },
	{ "input-format", 0, "auto|list|csv|zone", OPTION_WORD, SCAN, RESUME_SAME, SECTION_FILES, AT(input_format),
	  .help = "of the list [found by looking]", .least = FEED_FORMAT_AUTO },
	{ "origin", 0, "NAME", OPTION_TEXT, SCAN, RESUME_SAME, SECTION_FILES, AT(origin),
	  .help = "of a zone file without $ORIGIN; . is the root" },
	{ "label", 0, "COLUMN", OPTION_LABELS, SCAN, RESUME_SAME, SECTION_FILES, 0,
	  .help = "keep that column of a CSV list (registrar, country) with each domain; may be repeated" },
	{ "output-file", 'o', "FILE", OPTION_OUTPUT, SCAN, RESUME_FREE, SECTION_FILES, AT(output_file),
	  .help = "scan file, NAME.msgpack.zst; - is standard output [-]" },
	{ "resume", 0, NULL, OPTION_FLAG, SCAN, RESUME_FREE, SECTION_FILES, AT(resume),
	  .help = "go on with an existing scan file" },
	{ "force", 0, NULL, OPTION_FLAG, SCAN, RESUME_FREE, SECTION_FILES, AT(force),
	  .help = "replace an existing scan file" },
	{ "sync-interval", 0, "SECONDS", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_FILES, AT(sync_interval),
	  .help = "between syncs of the scan file; 0 syncs every frame [5]", .most = SYNC_MOST, .unit = "seconds" },
	{ "metadata-file", 'm', "FILE", OPTION_OUTPUT, SCAN, RESUME_FREE, SECTION_FILES, AT(metadata_file),
	  .help = "JSON about the scan, rewritten while it runs" },
	{ "status-updates-file", 'u', "FILE", OPTION_OUTPUT, SCAN, RESUME_FREE, SECTION_FILES, AT(status_updates_file),
	  .help = "CSV, one row a second" },
	{ "log-file", 'l', "FILE", OPTION_OUTPUT, BOTH, RESUME_FREE, SECTION_FILES, AT(log_file),
	  .help = "log messages [standard error]" },
	{ "quiet", 'q', NULL, OPTION_FLAG, SCAN, RESUME_FREE, SECTION_FILES, AT(quiet),
	  .help = "no progress, warnings and errors only" },
	{ "quiet", 'q', NULL, OPTION_FLAG, CHECK, RESUME_FREE, SECTION_FILES, AT(quiet),
	  .help = "no warnings" },
	{ "verbose", 'v', NULL, OPTION_COUNTED, BOTH, RESUME_FREE, SECTION_FILES, AT(verbose),
	  .help = "log more; may be repeated" },

	{ "threads", 't', "N", OPTION_WHOLE, SCAN, RESUME_FREE, SECTION_WORK, AT(threads),
	  .help = "workers [one for each core]", .least = 1, .most = OPTIONS_THREADS_MAX, .unit = "threads" },
	{ "concurrency", 0, "N", OPTION_WHOLE, SCAN, RESUME_FREE, SECTION_WORK, AT(concurrency),
	  .help = "domains in flight [4000]", .least = 1, .most = CONCURRENCY_MOST, .unit = "domains" },
	{ "seed", 'e', "N", OPTION_WHOLE64, SCAN, RESUME_FREE, SECTION_WORK, AT(seed),
	  .help = "shuffle within blocks of 65,536; the same seed gives the same order" },
	{ "shards", 0, "N", OPTION_WHOLE, SCAN, RESUME_SAME, SECTION_WORK, AT(shards),
	  .help = "split the domains into N parts by their names [1]",
	  .least = 1, .most = SHARDS_MOST, .unit = "shards" },
	{ "shard", 0, "I", OPTION_WHOLE, SCAN, RESUME_SAME, SECTION_WORK, AT(shard),
	  .help = "survey part I, from 0 to N-1 [0]", .most = SHARDS_MOST - 1, .unit = "as a shard's number" },
	{ "sample", 0, "SHARE", OPTION_DECIMAL, SCAN, RESUME_SAME, SECTION_WORK, AT(sample),
	  .help = "survey that share of the list, above 0 and at most 1, chosen by the names: 0.01 lies within 0.1, this week's is next "
		  "week's",
	  .least = SAMPLE_LEAST, .most = 1, .unit = "as a share" },
	{ "sample-key", 0, "HEX", OPTION_KEY, SCAN, RESUME_SAME, SECTION_WORK, AT(sample_key),
	  .help = "32 hexadecimal digits: another sample, which is not to be compared with the usual one" },
	{ "max-domains", 0, "N", OPTION_WHOLE64, SCAN, RESUME_FREE, SECTION_WORK, AT(max_domains),
	  .help = "stop after N domains; 0 is no limit [0]" },
	{ "max-runtime", 0, "SECONDS", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_WORK, AT(max_runtime),
	  .help = "stop after that time, leaving a resumable file; 0 is no limit [0]",
	  .most = RUNTIME_MOST, .unit = "seconds" },
	{ "max-outage", 0, "SECONDS", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_WORK, AT(max_outage),
	  .help = "stop when no name server has answered, or port 25 has been shut, for that long; 0 waits for ever [0]",
	  .most = RUNTIME_MOST, .unit = "seconds" },

	{ "name-servers", 0, "LIST", OPTION_SERVERS, BOTH, RESUME_FREE, SECTION_DNS, 0,
	  .help = "resolvers, IP[:PORT],... or @FILE [/etc/resolv.conf]" },
	{ "resolver", 0, "unbound", OPTION_WORD, BOTH, RESUME_FREE, SECTION_DNS, AT(resolver),
	  .help = "start a private resolver and ask that", .least = OPTIONS_RESOLVER_UNBOUND },
	{ "resolver-config", 0, "FILE", OPTION_INPUT, BOTH, RESUME_FREE, SECTION_DNS, AT(resolver_config),
	  .help = "lines that follow the private resolver's configuration" },
	{ "timeout", 0, "SECONDS", OPTION_DECIMAL, BOTH, RESUME_FREE, SECTION_DNS, AT(timeout),
	  .help = "for one try of a query [2]", .least = 0.01, .most = DNS_TIMEOUT_MAX_S, .unit = "seconds" },
	{ "retries", 0, "N", OPTION_WHOLE, BOTH, RESUME_FREE, SECTION_DNS, AT(retries),
	  .help = "further tries after the first, none later than 30 s after it [3]",
	  .most = RETRIES_MOST, .unit = "tries" },

	{ "direct", 0, NULL, OPTION_FLAG, SCAN, RESUME_SAME, SECTION_DIRECT, AT(direct),
	  .help = "ask each domain's own name servers, which a zone file tells, and the resolver for all that is out of the ordinary" },
	{ "server-rate", 0, "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_DIRECT, AT(server_rate),
	  .help = "questions a second to one address of a name server, and ten times as many to its /24 or /48; 0 is no limit [" TEXT_OF(SERVER_RATE) "; 0 within --allow-reserved]",
	  .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "questions a second" },
	{ "operator-rate", 0, "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_DIRECT, AT(operator_rate),
	  .help = "questions a second to one operator, the registrable domain of its name servers' names, what the resolver asks in our stead included; "
		  "0 is no limit [" TEXT_OF(OPERATOR_RATE) "; 0 with --allow-reserved]",
	  .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "questions a second" },
	{ "server-patience", 0, "SECONDS", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_DIRECT, AT(server_patience),
	  .help = "wait so long for name servers that do not answer; then the resolver is asked [" TEXT_OF(SERVER_PATIENCE_S) "]",
	  .most = RUNTIME_MOST, .unit = "seconds" },
	{ "audit", 0, "SHARE", OPTION_DECIMAL, SCAN, RESUME_SAME, SECTION_DIRECT, AT(audit),
	  .help = "put that share, 0 to 1, of the direct answers that something is absent to the resolver as well [" TEXT_OF(OPTIONS_AUDIT) ", and " TEXT_OF(OPTIONS_AUDIT_LEAST) " of them at least]",
	  .most = 1, .unit = "as a share" },
	{ "audit-limit", 0, "PERCENT", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_DIRECT, AT(audit_limit),
	  .help = "exit status 3 where the resolver has data for more than so many percent of them [" TEXT_OF(OPTIONS_AUDIT_LIMIT) "]",
	  .most = 100, .unit = "percent" },

	{ "http-timeout", 0, "SECONDS", OPTION_DECIMAL, BOTH, RESUME_FREE, SECTION_FETCH, AT(http_timeout),
	  .help = "for one whole policy fetch [30]", .least = 0.1, .most = NET_CURL_TIMEOUT_MAX_S, .unit = "seconds" },
	{ "http-concurrency", 0, "N", OPTION_WHOLE, SCAN, RESUME_FREE, SECTION_FETCH, AT(http_concurrency),
	  .help = "policy fetches in flight [500]", .least = 1, .most = HTTP_CONCURRENCY_MOST, .unit = "fetches" },
	{ "per-host", 0, "N", OPTION_WHOLE, SCAN, RESUME_FREE, SECTION_FETCH, AT(per_host),
	  .help = "connections at once to one address [8]", .least = 1, .most = PER_HOST_MOST, .unit = "connections" },

	{ "smtp", 0, "all", OPTION_MAYBE_WORD, BOTH, RESUME_SAME, SECTION_SMTP, AT(smtp),
	  .help = "probe the mail servers (MX) of domains with an STS record; all: of every domain with MX",
	  .least = OPTIONS_SMTP_STS },
	{ "mx-hosts", 0, NULL, OPTION_FLAG, SCAN, RESUME_SAME, SECTION_SMTP, AT(mx_hosts),
	  .help = "the list is one of mail servers: probe those, and look at no domain" },
	{ "ehlo-domain", 0, "NAME", OPTION_TEXT, BOTH, RESUME_FREE, SECTION_SMTP, AT(ehlo_domain),
	  .help = "the name we greet with; it should lead to our address, and the address back to it [this machine's]" },
	{ "smtp-concurrency", 0, "N", OPTION_WHOLE, SCAN, RESUME_FREE, SECTION_SMTP, AT(smtp_concurrency),
	  .help = "mail servers looked at at once [10000]", .least = 1, .most = SMTP_CONCURRENCY_MOST, .unit = "mail servers" },
	{ "smtp-timeout", 0, "SECONDS", OPTION_DECIMAL, BOTH, RESUME_FREE, SECTION_SMTP, AT(smtp_timeout),
	  .help = "for one whole probe; three times as long when it is tried once more [120; 20 of check]",
	  .least = 1, .most = SMTP_TIMEOUT_MOST, .unit = "seconds" },
	{ "smtp-canaries", 0, "LIST", OPTION_HOSTS, SCAN, RESUME_FREE, SECTION_SMTP, 0,
	  .help = "mail servers that are surely well, NAME,... or @FILE: if they seem not to be, it is our own way that is shut "
		  "[some of large operators]" },
	{ "smtp-without-sni", 0, NULL, OPTION_FLAG, SCAN, RESUME_SAME, SECTION_SMTP, AT(smtp_without_sni),
	  .help = "one more connection to each mail server, without SNI: what it shows by default (818), as check does" },
	{ "keep-certificates", 0, NULL, OPTION_FLAG, SCAN, RESUME_SAME, SECTION_SMTP, AT(keep_certificates),
	  .help = "store each certificate whole (DER), once" },
	{ "trust-ad", 0, NULL, OPTION_FLAG, BOTH, RESUME_FREE, SECTION_SMTP, AT(trust_ad),
	  .help = "believe a name server that is not on loopback where it says that it has validated (AD); for DANE" },

	{ "rate", 'r', "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_POLITE, AT(rate),
	  .help = "DNS queries a second in all, at most; 0 is no limit [10000; " TEXT_OF(PUBLIC_RESOLVER_RATE)
		  " where a name server is a public resolver; 0 with --resolver]",
	  .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "queries a second" },
	{ "resolver-rate", 0, "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_POLITE, AT(resolver_rate),
	  .help = "of these, to one name server; 0 is no limit of its own [0]",
	  .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "queries a second" },
	{ "host-rate", 0, "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_POLITE, AT(host_rate),
	  .help = "connections a second to one address of a policy host or mail server; 0 is no limit [" TEXT_OF(SERVER_RATE) "; 0 within --allow-reserved]",
	  .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "connections a second" },
	{ "provider-rate", 0, "N", OPTION_DECIMAL, SCAN, RESUME_FREE, SECTION_POLITE, AT(provider_rate),
	  .help = "connections a second to policy hosts that are aliases into one registrable domain, or to its mail servers; 0 is no limit "
		  "[200; 0 within --allow-reserved]", .least = RATE_LEAST, .or_zero = true, .most = RATE_MOST, .unit = "connections a second" },
	{ "contact", 0, "URL|MAIL", OPTION_CONTACT, BOTH, RESUME_FREE, SECTION_POLITE, AT(contact),
	  .help = "whom to write to, put into the User-Agent" },
	{ "blocklist-file", 'b', "FILE", OPTION_CIDR_FILE, BOTH, RESUME_SAME, SECTION_POLITE, AT(address_blocklist),
	  .help = "networks never contacted, one a line; may be repeated" },
	{ "domain-blocklist-file", 0, "FILE", OPTION_DOMAIN_FILE, BOTH, RESUME_SAME, SECTION_POLITE, AT(domain_blocklist),
	  .help = "domains never queried, nor what is below them; may be repeated" },

	{ "allow-reserved", 0, "CIDR,...", OPTION_CIDRS, BOTH, RESUME_SAME, SECTION_LAB, AT(allow_reserved),
	  .help = "private or loopback networks that may be contacted" },
	{ "https-port", 0, "PORT", OPTION_WHOLE, BOTH, RESUME_SAME, SECTION_LAB, AT(https_port),
	  .help = "of policy hosts [443]", .least = 1, .most = UINT16_MAX, .unit = "as a port" },
	{ "smtp-port", 0, "PORT", OPTION_WHOLE, BOTH, RESUME_SAME, SECTION_LAB, AT(smtp_port),
	  .help = "of mail servers [25]",
	  .least = 1, .most = UINT16_MAX, .unit = "as a port" },
	{ "dns-port", 0, "PORT", OPTION_WHOLE, SCAN, RESUME_SAME, SECTION_LAB, AT(dns_port),
	  .help = "of the name servers that --direct asks [53]", .least = 1, .most = UINT16_MAX, .unit = "as a port" },
	{ "ca-file", 0, "FILE", OPTION_INPUT, BOTH, RESUME_SAME, SECTION_LAB, AT(ca_file),
	  .help = "trusted certificates, PEM [the system's]" },

	{ "directory", 'd', "DIR", OPTION_FOLDER, STATS, RESUME_FREE, SECTION_OTHER, AT(directory),
	  .help = "where the tables go; required without --series" },
	{ "series", 0, "DIR", OPTION_FOLDER, STATS, RESUME_FREE, SECTION_OTHER, AT(series),
	  .help = "take the scan files for scans one after the other, and write the tables of how it went on into DIR" },
	{ "directory", 'd', "DIR", OPTION_FOLDER, DIFF | TLSRPT, RESUME_FREE, SECTION_OTHER, AT(directory),
	  .help = "where the tables go", .needed = true },
	{ "scan", 0, "SCAN", OPTION_SCANS, TLSRPT, RESUME_FREE, SECTION_OTHER, 0,
	  .help = "a scan file beside which the reports are seen; may be repeated: the one nearest in time is taken" },
	{ "notify", 0, "DIR", OPTION_FOLDER, STATS, RESUME_FREE, SECTION_OTHER, AT(notify),
	  .help = "write a text to each party that is responsible for broken domains into DIR, which must be new or empty; nothing is sent" },
	{ "notify-by", 0, "domain|label|provider", OPTION_TEXT, STATS, RESUME_FREE, SECTION_OTHER, AT(notify_by),
	  .help = "who that is: the domain; the value of its label, label=NAME where there are several; or the provider of what breaks [domain]" },
	{ "notify-template", 0, "FILE", OPTION_INPUT, STATS, RESUME_FREE, SECTION_OTHER, AT(notify_template),
	  .help = "the template they are made from, as docs/tables.md tells; without it the one that is installed as notification.txt" },
	{ "third-party-at", 0, "N", OPTION_WHOLE, STATS | REPORT, RESUME_FREE, SECTION_OTHER, AT(third_party_at),
	  .help = "a name that is no known provider's is a third party's where N domains share it [" TEXT_OF(OPTIONS_THIRD_PARTY_AT) "]",
	  .least = 1, .most = UINT32_MAX, .unit = "domains" },
	{ "self-at-most", 0, "N", OPTION_WHOLE, STATS | REPORT, RESUME_FREE, SECTION_OTHER, AT(self_at_most),
	  .help = "and managed by the domain itself where at most N administrators do [" TEXT_OF(OPTIONS_SELF_AT_MOST) "]",
	  .most = OPTIONS_SELF_MOST, .unit = "administrators" },
	{ "format", 0, "jsonl|csv|avro", OPTION_WORD, EXPORT, RESUME_FREE, SECTION_OTHER, AT(format),
	  .help = "jsonl: everything that was recorded, as JSON (RFC 8259); csv: the columns below (RFC 4180); avro: the same as jsonl, as Avro 1.11 [jsonl]",
	  .least = OPTIONS_JSONL },
	{ "where", 0, "EXPRESSION", OPTION_TEXT, EXPORT, RESUME_FREE, SECTION_OTHER, AT(where),
	  .help = "only the domains of which it holds: finding = mx-mismatch-all and mode = enforce (below)" },
	{ "fields", 0, "NAME,...", OPTION_TEXT, EXPORT, RESUME_FREE, SECTION_OTHER, AT(fields),
	  .help = "csv: these columns, in this order; jsonl, avro: these members, results.STS.state [all]" },
	{ "format", 0, "text|csv|json", OPTION_WORD, FINDINGS, RESUME_FREE, SECTION_OTHER, AT(format),
	  .help = "text: for reading; csv, and json, one object a line: number, code, component, severity, meaning, rule, fix [text]",
	  .least = OPTIONS_FINDINGS_TEXT },
	{ "threads", 't', "N", OPTION_WHOLE, STATS | EXPORT | DIFF | REPORT, RESUME_FREE, SECTION_OTHER, AT(threads),
	  .help = "read with so many at once; what is written is the same [one for each core]",
	  .least = 1, .most = OPTIONS_THREADS_MAX, .unit = "threads" },
	{ "partial", 0, NULL, OPTION_FLAG, STATS | EXPORT | DIFF | REPORT | TLSRPT, RESUME_FREE, SECTION_OTHER, AT(partial),
	  .help = "make do with a scan file in which records are missing or stand twice (verify tells)" },
	{ "raw", 0, NULL, OPTION_FLAG, EXPORT, RESUME_FREE, SECTION_OTHER, AT(raw),
	  .help = "csv: no apostrophe in front of texts that a spreadsheet would take for formulas" },
	{ "output-file", 'o', "FILE", OPTION_OUTPUT, EXPORT | FINDINGS, RESUME_FREE, SECTION_OTHER, AT(output_file),
	  .help = "write to FILE, which is replaced in the end; - is standard output [-]" },
	{ "previous", 0, "SCAN", OPTION_INPUT, REPORT, RESUME_FREE, SECTION_OTHER, AT(previous),
	  .help = "the scan before this one: the page begins with what is better and what is worse" },
	{ "title", 0, "TEXT", OPTION_TEXT, REPORT, RESUME_FREE, SECTION_OTHER, AT(title),
	  .help = "of the page [MTA-STS and TLSRPT survey]" },
	{ "output-file", 'o', "FILE", OPTION_OUTPUT, REPORT, RESUME_FREE, SECTION_OTHER, AT(output_file),
	  .help = "the page; a file that is there is replaced once everything has been read; - is standard output",
	  .needed = true },
	{ "all", 0, NULL, OPTION_FLAG, DIFF, RESUME_FREE, SECTION_OTHER, AT(all),
	  .help = "new and gone of domains without an STS or TLSRPT record, too" },
	{ "memory", 0, "SIZE", OPTION_SIZE, STATS | DIFF, RESUME_FREE, SECTION_OTHER, AT(memory),
	  .help = "octets to join scans with, about, with K, M or G behind; the rest is put aside in TMPDIR [256M]",
	  .least = OPTIONS_MEMORY_LEAST, .most = OPTIONS_MEMORY_MOST, .unit = "octets" },
	{ "json", 0, NULL, OPTION_FLAG, CHECK, RESUME_FREE, SECTION_OTHER, AT(json),
	  .help = "one line of JSON for each DOMAIN, as export writes it, instead of the explanation" },
	{ "if-mx", 0, "NAME", OPTION_TEXT, CHECK, RESUME_FREE, SECTION_OTHER, AT(if_mx),
	  .help = "tell which senders would refuse NAME, were it the only MX, and until when" },
	{ "if-gone", 0, "policy|record", OPTION_WORD, CHECK, RESUME_FREE, SECTION_OTHER, AT(if_gone),
	  .help = "tell how long each sender goes on to enforce the policy, were its host or the TXT record not there any more",
	  .least = OPTIONS_GONE_POLICY },
	{ "config", 'C', "FILE", OPTION_CONFIG, BOTH, RESUME_FREE, SECTION_OTHER, 0,
	  .help = "option = value lines with these names; the command line overrides them" },
	{ "help", 'h', NULL, OPTION_HELP, ALL, RESUME_FREE, SECTION_OTHER, 0,
	  .help = "this text" },
};
/* clang-format on */

const size_t option_count = COUNT_OF(option_table);
_Static_assert(COUNT_OF(option_table) <= OPTIONS_MAX, "more options than getopt_long's table has room for");

const struct option_row *option_find(struct span name, unsigned commands)
{
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].commands & commands && span_equal(span_of(option_table[i].name), name))
			return &option_table[i];
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/command_table.h"

#include <limits.h>

#include "output/nearest.h"

/* clang-format off */
const struct command_row command_table[COMMAND_COUNT] = {
	[COMMAND_SCAN] = {
		.name = "scan",
		.what = "survey domains: a list in, a scan file out",
		.usage = "stsurvey scan -f LIST -o SCAN [OPTION]...",
		.instead = "a list of domains is given with -f, and one domain is looked at with 'stsurvey check'",
		.above = "Survey the MTA-STS and TLSRPT deployment of the domains in LIST and write the facts to SCAN.",
		.below = "Times are in seconds, fractions allowed. SIGINT, SIGTERM and SIGHUP end a scan cleanly within 8 s, a second one at once; "
			 "SIGUSR1 and SIGUSR2 raise and lower the rate.\n"
			 "Exit status: 0 complete; 1 fatal; 2 usage; 3 finished, but over 1 % of the domains, or of the mail servers, could not be measured, "
			 "or over --audit-limit of the audited answers were wrong; "
			 "129, 130, 143 interrupted, and SCAN can be resumed.",
	},
	[COMMAND_CHECK] = {
		.name = "check",
		.what = "one domain, explained for a person, with the fix",
		.usage = "stsurvey check [OPTION]... DOMAIN...",
		.above = "Look at each DOMAIN as a sending mail server would, and explain what it finds.",
		.below = "Exit status: 0 where every DOMAIN is in order; 1 otherwise; 2 usage, or a DOMAIN is none; the others are explained "
			 "all the same.",
		.operand = "domain", .operands_least = 1, .operands_most = INT_MAX,
	},
	[COMMAND_STATS] = {
		.name = "stats",
		.what = "the CSV tables of one or more scan files",
		.usage = "stsurvey stats SCAN... -d DIR [OPTION]...",
		.above = "Read scan files in one pass and write the tables into the folder DIR, which is created if it is missing. "
			 "Tables that are there already are replaced, each only once its successor is whole. SCAN - is standard input. "
			 "Several files (the shards of one scan) are counted as one; a domain that is in two of them counts twice.",
		.below = "Tables are CSV (RFC 4180, UTF-8, LF, header row). A share stands beside its numerator and denominator and is "
			 "empty where the denominator is 0. What could not be found out counts as unknown, never as absent.\n"
			 "overview.csv\ttotals, with_mx those of them with MX; each metric is a part of: scanned (complete, unknown, blocklisted and illegal_input "
			 "sum to it), sts_record (any state but none and unknown), sts_valid_record, policy_fetched (TLS verified, "
			 "a whole body), policy_usable (valid or tolerated; the modes sum to it), tlsrpt_record\n"
			 "funnel.csv\thow many domains come how far: list, mx, record, policy, usable, enforced, delivered; each is a "
			 "part of the one before, and all shares are of the list\n"
			 "by_tld.csv\tby right-most label; share_... of its domains, share_..._with_mx of those with MX\n"
			 "by_label.csv\tby the columns of the list that scan --label kept; rows of a label sum to scanned\n"
			 "by_rank.csv\tby rank, in decades; the row without bounds is the unranked\n"
			 "components.csv\twhere domains with an STS record (or an unknown one) break, by who manages the policy host: self, "
			 "third-party, unclassified; all\n"
			 "findings.csv\tdomains with each finding, of all scanned; a domain may have several\n"
			 "tls.csv, http.csv, syntax.csv\toutcome of each stage for those that reached it: ok, or the reason with the "
			 "lowest number; rows sum to `of`\n"
			 "mode_max_age.csv\tusable policies by mode and max_age\n"
			 "mx_consistency.csv\tusable policies with patterns and MX, by the worst MX\n"
			 "tlsrpt.csv\tstate: all scanned domains; scheme, host: valid records, host by the registrable domain of the "
			 "first address, self where it is the domain's own\n"
			 "providers.csv\tdomains with an STS record by who does what: mailbox, filter, forwarding, record, policy-host, platform, "
			 "dns, reports, mx; by suffixes that are known, else by registrable domain; self: the domain's own\n"
			 "managed.csv\tthe same roles by self, third-party, unclassified\n"
			 "inconsistency.csv\tmx_consistency.csv by whether one provider runs policy host and MX, or two do\n"
			 "orphans.csv\tpolicy hosts that are aliases of a provider, by what became of the policy there\n"
			 "concentration.csv\tthe share of the largest 1, 5 and 10 providers of each role\n"
			 "dnssec.csv\tSTS and TLSRPT records by whether DNSSEC authenticates their answer and that of the MX, by state and by "
			 "state of DANE; rows of a question sum to scanned\n"
			 "direct.csv\tof scans with --direct, domains by question, who answered it and why it was not the first "
			 "of their own name servers\n"
			 "audit.csv\twhat audits of their negative answers came to (scan --audit), with the ends of the 95 % "
			 "interval\n"
			 "sender_outcome.csv\tdomains with an STS record by what each sender in use does with mail to them; rows of a "
			 "profile sum to `of`\n"
			 "senders_differ.csv\ta row for each domain and sender that parts from the standard, with the line or fact\n"
			 "misconfigured.csv\ta row for each domain that breaks, for notification: whom to write to, what to do, its labels\n"
			 "mx_tls.csv\tof mail servers that were probed, as all below: domains by whether their MX offer STARTTLS "
			 "with a certificate that MTA-STS takes, by who manages the first MX; rows sum to `of`\n"
			 "mx_hosts.csv\ta row for each mail server: addresses, state, certificate, domains that name it\n"
			 "dane.csv, delivery.csv\tdomains by state of DANE, and by what becomes of mail from a sender that does both "
			 "DANE and MTA-STS; rows sum to `of`\n"
			 "interplay.csv\tdomains by verdict and state of DANE\n"
			 "expiry.csv\tcertificates of policy hosts and mail servers by days left\n"
			 "first_break.csv\tdomains by the day on which enforced mail stops unless certificates are renewed\n"
			 "Of a sample (scan --sample), each share has the ends of its 95 % interval behind all other columns, and a note: "
			 "few, where fewer than 5 domains were hit. Samples of different shares or keys are not counted together.\n"
			 "With --series:\n"
			 "series.csv\tadoption by scan and TLD\n"
			 "testing.csv, faults.csv\thow long domains were in mode testing, and had a fault, and what became of it\n"
			 "renewals.csv\tcertificates of policy hosts by the days they had left when the next one began\n"
			 "Exit status: 0 done; 1 a file cannot be read or written, is damaged or, without --partial, contradicts itself, or holds no domain; "
			 "2 usage.",
		.operand = "scan file", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_EXPORT] = {
		.name = "export",
		.what = "one line a domain, JSON Lines or CSV; or a record, Avro",
		.usage = "stsurvey export SCAN... [--format F] [--where EXPRESSION] [--fields NAME,...] [-o FILE]",
		.above = "Write one line a domain, in the order of the scan files. SCAN - is standard input. Findings, component and "
			 "verdict are judged anew from the recorded facts.",
		.below = "CSV columns: name, index, rank, timestamp, status, mx_status, mx, null_mx, ad, sts_state, sts_id, tlsrpt_state, "
			 "policy_status, http_status, tls_verify, mode, max_age, policy_state, findings, component, verdict, mx_tls, "
			 "dane, delivery. mx: names in order of preference, with a space between; tls_verify: ok, or the first error of "
			 "TLS, its code without policy-tls-; mode and max_age: as they stand in the policy, whether policy_state is valid "
			 "or not; ad: of the MX; findings: codes with a space between; mx_tls, dane, delivery: where mail servers were "
			 "probed. What was not asked, and where no policy was looked for, is empty. Only "
			 "with --fields or --where: provider_mailbox, _filter, _forwarding, _record, _policy_host, _platform, _dns, _reports, _mx, as "
			 "in providers.csv; of a scan with --direct mx_source (direct, resolver), mx_fall_back (why no name server of "
			 "the domain answered) and audit (kinds, with a space between).\n"
			 "Texts that a spreadsheet would take for a formula have an apostrophe in front: those that begin with =, +, - or @ "
			 "(also full-width, also behind white space) or an apostrophe; --raw leaves it out. Control characters are written as "
			 "\\x0a.\n"
			 "EXPRESSION: FIELD = VALUE, and the same with !=, <, >, <=, >= and ~, joined by and, or, not and parentheses. FIELD is a "
			 "column of the CSV and is what it is there; of several (finding, mx) one must be so, with != none. ~: a pattern in which * "
			 "stands for anything, upper and lower case alike. < and > compare numbers and times. '' is the empty field. A VALUE with "
			 "other characters than letters, digits and _-.:*/@+% stands in quotes: name ~ *.gov.uk and (mode = none or http_status >= 500)\n"
			 "Exit status: 0 done; 1 a file cannot be read or written, is damaged or, without --partial, contradicts itself; 2 usage; "
			 "141 the reader of the output went away, which is not told (export SCAN | head).",
		.operand = "scan file", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_DIFF] = {
		.name = "diff",
		.what = "what changed between scans",
		.usage = "stsurvey diff OLD NEW [NEW...] -d DIR",
		.above = "Lay scans side by side by the names of their domains, each beside the one in front of it, and write tables of "
			 "what changed into the folder DIR, which is created if it is missing. Files next to each other that are shards of one "
			 "list are one scan, until a shard is there again: OLD-0 OLD-1 NEW-0 NEW-1 are two. The lists may differ; a name "
			 "that stands several times is paired with its like in the same order. SCAN - is standard input, and a scan of its own.",
		.below = "What could not be found out in one of the scans is a row of transitions.csv, and never a change. Policies are compared "
			 "as parsed: the order of lines, their ends and unknown keys are no change. Of a sample and a whole list, or of two "
			 "samples, the smaller sample is compared; samples with different keys are an error.\n"
			 "transitions.csv\tdomains by what they were and are: status, sts, tlsrpt, component, mode, verdict; rows of a kind sum "
			 "to the domains of both lists; absent: not in that one\n"
			 "changes.csv\ta row for each domain and change: policy-changed-id-same, id-changed-policy-same, "
			 "mx-changed-policy-same, outdated-policy, weakened, removed-without-none, removed, adopted, tlsrpt-removed, "
			 "tlsrpt-adopted, certificate-renewed-late, broken, fixed, new, gone; via: the provider the domain is delegated to; then "
			 "the labels\n"
			 "events.csv\tchanges of one kind at one provider, once, with the number of domains\n"
			 "pairs.csv\tdomains that lost (broken) and gained (fixed) something, of those of which it is known in both scans; of a "
			 "sample, the 95 % interval of the change\n"
			 "With more than two scans the columns from and to say between which.\n"
			 "Exit status: 0 done; 1 a file cannot be read or written, is damaged or, without --partial, contradicts itself, or holds no domain; "
			 "2 usage.",
		.operand = "scan file", .operands_least = 2, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_REPORT] = {
		.name = "report",
		.what = "one self-contained HTML page to publish",
		.usage = "stsurvey report SCAN... [--previous SCAN] -o FILE.html",
		.above = "Read scan files in one pass and write one self-contained page: what is better and worse than last time, the "
			 "result in three sentences, from the list to delivered mail, adoption by rank and TLD, what breaks and what to "
			 "do, policies, providers, mail servers, and how it was measured; behind each picture the CSV table it shows. "
			 "No scripts, nothing loaded from elsewhere. SCAN - is standard input. Several files (the shards of one scan) "
			 "are counted as one.",
		.below = "Exit status: 0 done; 1 a file cannot be read or written, is damaged or, without --partial, contradicts itself, or holds no domain; "
			 "2 usage.",
		.operand = "scan file", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_VERIFY] = {
		.name = "verify",
		.what = "is a scan file whole? how many records?",
		.usage = "stsurvey verify SCAN...",
		.above = "Read scan files from beginning to end and say of each whether it is whole: every frame intact, every input "
			 "index recorded once, and a trailer. A scan that was interrupted leaves a whole file, too. SCAN - is standard "
			 "input.",
		.below = "Exit status: 0 all are whole; 1 one is not, or cannot be read; 2 usage.",
		.operand = "scan file", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_MERGE] = {
		.name = "merge",
		.what = "the shards of one list as one file, in the list's order",
		.usage = "stsurvey merge SCAN... -o SCAN",
		.above = "Put the scan files of all shards of one list together into one, with the records in the list's order, as one "
			 "scan of the whole list would have left it. Shards of another list, of another number of shards or with other "
			 "options are refused, and those that are missing are named. A scan of mail servers (scan --mx-hosts) beside "
			 "them is joined in. SCAN - is standard input.",
		.below = "Exit status: 0 done; 1 a file cannot be read or written, is damaged, does not belong to the others or, without "
			 "--partial, is missing or not complete; 2 usage; 129, 130, 143 interrupted, and nothing was written.",
		.operand = "scan file", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_TLSRPT] = {
		.name = "tlsrpt",
		.what = "what senders reported (RFC 8460), as CSV tables, beside what a scan saw",
		.usage = "stsurvey tlsrpt REPORT... [--scan SCAN]... -d DIR",
		.above = "Read reports as senders send them and write tables into the folder DIR, which is created if it is missing. "
			 "REPORT is a file of JSON, plain or in gzip, a message that holds reports, also within forwarded messages, an "
			 "mbox, a maildir, or a folder of such; - is standard input. What a file is, its octets tell, whatever it is "
			 "called. A report that is there twice counts once. One that cannot be read is a line on standard error and a "
			 "row of notes.csv, and the others go on. What is no TLS report, as those of DMARC, is counted.\n"
			 "The policies of one report are never added: a domain has the sessions of its largest row. Totals are those "
			 "of the summaries; what the failure details come to stands beside them.",
		.below = "reports.csv\ta row for each report that counts\n"
			 "failures.csv\ta row for each failure detail, with addresses and reason\n"
			 "by_result.csv, by_domain.csv, by_mx.csv, by_reporter.csv, by_day.csv\tsessions by result type, policy domain, mail server, "
			 "reporter, and day a report starts (days: how many it is of)\n"
			 "notes.csv\tfile, report, field, note: whatever was mended, guessed, left out, duplicate or rejected\n"
			 "agreement.csv\twith --scan: what was reported beside what the scan nearest in time saw, and why they differ\n"
			 "Exit status: 0 done; 1 a report was rejected, or a file cannot be read or written; 2 usage.",
		.operand = "report", .operands_least = 1, .operands_most = INT_MAX, .operands_are_files = true,
	},
	[COMMAND_FINDINGS] = {
		.name = "findings",
		.what = "the table of findings",
		.usage = "stsurvey findings [CODE...] [--format text|csv|json] [-o FILE]",
		.above = "Print the table of findings, or of it those called CODE, a code or a number: of each its number and code (both stable for ever), the component it belongs "
			 "to, how severe it is, what it means, the rule behind it, and what the domain's owner should do.\n"
			 "Severities: error breaks a sender's way; tolerated breaks the grammar, but deployed senders read on; warning "
			 "and info break nothing; transient means that it could not be found out.",
		.below = "Exit status: 0 done; 1 the output cannot be written; 2 usage, or there is no finding CODE; 141 the reader of the output went "
			 "away.",
		.operand = "code", .operands_most = INT_MAX,
	},
	[COMMAND_FLEET] = {
		.name = "fleet",
		.what = "many machines over a queue on NATS JetStream",
		.usage = "stsurvey fleet submit|work|collect|status|cancel [OPTION]...",
		.above = "Survey one list with many machines. 'submit' cuts the list into chunks and puts them into a queue on a NATS "
			 "server with JetStream; 'work', on as many machines as there are, takes one chunk after the other, scans it and "
			 "sends the records; 'collect' makes one scan file of them; 'status' tells how far it is, and 'cancel' ends "
			 "it. 'stsurvey help fleet COMMAND' tells the options of each.",
		.below = "The server is named by --nats, or NATS_URL. Credentials stand in files, as for the nats tools: --creds, --nkey, "
			 "--tlscert, --tlskey and --tlsca, or NATS_CREDS, NATS_NKEY, NATS_CERT, NATS_KEY and NATS_CA; NATS_USER and "
			 "NATS_PASSWORD are read, too. None of them is taken from the command line itself, which everybody on the machine "
			 "can read.\n"
			 "The queue is a program of its own, stsurvey-fleet, which is not needed for anything else.",
		.instead = "its commands are submit, work, collect, status and cancel",
	},
	[COMMAND_FLEET_SUBMIT] = {
		.name = "fleet submit",
		.what = "put a list into the queue",
		.usage = "stsurvey fleet submit -f LIST --nats URL --job NAME [--chunk N] [SCAN OPTION]...",
		.above = "Cut the list into chunks, and put them into the queue of a new job. The options of 'stsurvey scan' that say what is "
			 "measured, and how often somebody may be asked, are given here, for all workers: --rate and the other rates hold "
			 "for all of them together. Files that they name (blocklists, CAs) travel with the job.",
		.below = "The same job may be submitted again: what is in the queue already adds nothing, and what a killed submit left out "
			 "is added. Another list or other options under its name are refused, and told what differs.\n"
			 "Exit status: 0 done; 1 fatal; 2 usage; 129, 130, 143 interrupted: the same command completes it.",
		.instead = "a list is given with -f",
	},
	[COMMAND_FLEET_WORK] = {
		.name = "fleet work",
		.what = "take chunks from the queue and scan them",
		.usage = "stsurvey fleet work --nats URL --job NAME -d DIR [OPTION]...",
		.above = "Take one chunk after the other, scan it with 'stsurvey scan' in a folder below DIR, and send what was found. Each worker "
			 "has a DIR of its own, which it finds again when it is started again: what it had begun it goes on with, and "
			 "what it had finished it keeps until 'collect' has it.",
		.below = "SIGTERM and SIGINT give the chunk back at once, and what of it is done stays in DIR.\n"
			 "Exit status: 0 the job is done or was cancelled; 1 fatal; 2 usage; 129, 130, 143 interrupted.",
		.instead = "a worker takes its domains from the queue",
	},
	[COMMAND_FLEET_COLLECT] = {
		.name = "fleet collect",
		.what = "make one scan file of what the workers found",
		.usage = "stsurvey fleet collect --nats URL --job NAME -o SCAN [OPTION]...",
		.above = "Fetch what the workers found, chunk by chunk, into the folder SCAN.parts, and once all is there write SCAN, with the records in "
			 "the list's order, as one scan of the whole list would have left it. It waits for chunks that are not done; "
			 "started again, it goes on where it was. With --smtp it puts the mail servers into the queue when the domains are "
			 "done, each once.",
		.below = "Chunks that no worker could finish are named, with why; their domains are missing in SCAN, which 'stsurvey scan "
			 "--resume' with the same list and options completes, and stand in SCAN.missing.csv.\n"
			 "Exit status: 0 complete; 1 fatal; 2 usage; 3 done, but chunks are dead, or too much could not be measured, "
			 "as of a scan; 129, 130, 143 interrupted.",
		.instead = "the scan file is given with -o",
	},
	[COMMAND_FLEET_STATUS] = {
		.name = "fleet status",
		.what = "how far a job is, and what its workers do",
		.usage = "stsurvey fleet status --nats URL [--job NAME] [--json]",
		.above = "Tell of a job how many chunks wait, are being scanned, are done and are dead, what each worker does, and when it will be "
			 "done; without --job, which jobs there are, and what of the server's storage each has reserved for its results.",
		.below = "Exit status: 0 done; 1 fatal, or there is no such job; 2 usage.",
		.instead = "a job is given with --job",
	},
	[COMMAND_FLEET_CANCEL] = {
		.name = "fleet cancel",
		.what = "end a job and remove it from the server",
		.usage = "stsurvey fleet cancel --nats URL --job NAME",
		.above = "Remove the job's queue, results and books from the server. Its workers stop; what they found and nobody has collected "
			 "stays in their folders, and is of no use any more. Also the way to tidy up after 'collect'.",
		.below = "Exit status: 0 done; 1 fatal, or there is no such job; 2 usage.",
		.instead = "a job is given with --job",
	},
	[COMMAND_HELP] = {
		.name = "help",
		.what = "this text, or a command's",
		.usage = "stsurvey help [COMMAND]",
		.above = "stsurvey COMMAND [OPTION]... surveys MTA-STS and TLSRPT over any number of mail domains, and reads what was "
			 "found.",
		.below = "'stsurvey help COMMAND' tells a command's options, stsurvey(1) tells everything, and 'stsurvey --version' the version "
			 "and the libraries.",
		.operand = "command", .operands_most = 2,
	},
};
/* clang-format on */

/* What is no command may be one of these, or what a command is about. */
static int fail_unknown(const char *name, struct span bare, struct nearest *nearest, struct error *error)
{
	static const char version[] = "version";

	if (span_find(bare, 0, '.') < bare.n)
		return error_set(error,
				 "'%.80s': no such command; one domain is looked at with 'stsurvey check', a list of "
				 "domains surveyed with 'stsurvey scan -f'",
				 name);
	nearest_try(nearest, bare, version);
	if (nearest->word)
		return error_set(error, "'%.40s': no such command; did you mean '%s%s'?", name,
				 nearest->word == version ? "--" : "", nearest->word);
	return error_set(error, "'%.40s': no such command; 'stsurvey help' lists them", name);
}

/* Of those in the program's table whose name begins with the words @a and @b. */
static bool is_called(const char *name, struct span a, struct span b)
{
	struct span called = span_of(name), first = { name, span_find(called, 0, ' ') };

	return span_equal(first, a) && span_equal(span_skip(called, first.n + (first.n < called.n)), b);
}

int command_find(char *const word[], int count, enum command *command, struct error *error)
{
	struct nearest nearest = { 0 };
	struct span first = span_of(word[0]), bare = first;
	struct span second = count > 1 ? span_of(word[1]) : SPAN_LITERAL("");

	while (bare.n > 0 && bare.p[0] == '-')
		bare = span_skip(bare, 1);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		bool has_two = span_find(span_of(command_table[i].name), 0, ' ') < strlen(command_table[i].name);

		if (is_called(command_table[i].name, first, has_two ? second : SPAN_LITERAL(""))) {
			*command = (enum command)i;
			if (i != COMMAND_FLEET) /* those that follow are further words of it */
				return has_two ? 2 : 1;
		}
		nearest_try(&nearest, bare, command_table[i].name);
	}
	if (span_equal(first, span_of(command_table[COMMAND_FLEET].name)))
		return 1;
	return fail_unknown(word[0], bare, &nearest, error);
}

#include "output/command.h"

#include "analysis/scan_files.h"
#include "analysis/stats_tables.h"
#include "output/csv.h"
#include "output/jsonl.h"
#include "output/usage.h"

static const char help[] =
	"usage: stsurvey export SCAN… --format jsonl|csv [-o FILE]\n"
	"\n"
	"Write one line a domain, in the order of the scan files. SCAN - is standard\n"
	"input. Findings, component and verdict are judged anew from the recorded facts.\n"
	"\n"
	"options:\n"
	"      --format jsonl|csv  jsonl: everything that was recorded, as JSON (RFC 8259);\n"
	"                          csv: the columns below (RFC 4180) (required)\n"
	"  -o, --output-file FILE  write to FILE, which is replaced, instead of standard output (-)\n"
	"  -h, --help              this text\n"
	"\n"
	"csv columns: name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,\n"
	"sts_id,tlsrpt_state,policy_status,http_status,tls_verify,mode,max_age,policy_state,\n"
	"findings,component,verdict. mx: names in order of preference, with a space between;\n"
	"tls_verify: ok, or the findings of TLS that failed; findings: codes with a space\n"
	"between. What was not asked is empty.\n"
	"\n"
	"exit status: 0 done; 1 a file cannot be read or written, or is damaged; 2 usage\n";

static const char columns[] = "name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,sts_id,tlsrpt_state,"
			      "policy_status,http_status,tls_verify,mode,max_age,policy_state,findings,component,"
			      "verdict";

struct export
{
	struct text text;
	struct csv csv;
};

static bool write_jsonl(void *arg, const struct observation *observation, const struct classification *result)
{
	struct export *export = arg;
	struct jsonl_domain domain = {
		.observation = observation,
		.judgement = &result->judgement,
		.sts = &result->sts,
		.tlsrpt = &result->tlsrpt,
		.policy = &result->policy,
	};

	jsonl_write(&export->text, &domain);
	return !text_failed(&export->text);
}

/* ---- csv ---- */

static void put_time(struct csv *csv, int64_t ms)
{
	char room[64]; /* an RFC 3339 time has 24 octets */
	struct text text = { .data = room, .size = sizeof(room), .fd = -1 };

	text_time_ms(&text, ms);
	csv_text(csv, (struct span){ room, text.used });
}

static void put_mx(struct csv *csv, const struct obs_mx *mx)
{
	char names[OBS_MX_MAX * 256];
	size_t n = 0;

	for (size_t i = 0; i < mx->count; i++) {
		struct span name = mx->record[i].name.n > 0 ? mx->record[i].name : SPAN_LITERAL(".");

		if (n + 1 + name.n > sizeof(names))
			break;
		if (n > 0)
			names[n++] = ' ';
		memcpy(names + n, name.p, name.n);
		n += name.n;
	}
	csv_text(csv, (struct span){ names, n });
}

static void put_bool(struct csv *csv, bool known, bool value)
{
	if (known)
		csv_string(csv, value ? "true" : "false");
	else
		csv_empty(csv);
}

/* "ok", or why it is not; empty where no TLS was tried. */
static void put_verify(struct csv *csv, const struct classification *result)
{
	struct finding_set failed = { 0 };
	const struct finding_set *all = &result->judgement.findings;
	bool any = false;

	for (unsigned f = finding_next(all, 0); f < FINDING_COUNT; f = finding_next(all, f + 1)) {
		if (finding_table[f].component == COMPONENT_TLS && finding_table[f].severity == SEVERITY_ERROR) {
			finding_add(&failed, (enum finding)f);
			any = true;
		}
	}
	if (any)
		stats_findings_field(csv, &failed);
	else
		csv_string(csv, result->tls_ok ? "ok" : "");
}

static void put_policy(struct csv *csv, const struct observation *observation, const struct classification *result)
{
	bool asked = observation->input == INPUT_OK && result->judgement.record[TXT_STS] == RECORD_VALID;
	bool judged = result->judgement.policy != POLICY_UNJUDGED;

	csv_string(csv, asked ? connect_status_name(observation->policy.status) : "");
	if (observation->policy.http.status > 0)
		csv_uint(csv, observation->policy.http.status);
	else
		csv_empty(csv);
	put_verify(csv, result);
	csv_string(csv, judged ? sts_mode_name(result->policy.mode) : "");
	if (judged && result->policy.has_max_age)
		csv_uint(csv, result->policy.max_age);
	else
		csv_empty(csv);
	csv_string(csv, policy_state_name(result->judgement.policy));
}

static bool write_csv(void *arg, const struct observation *observation, const struct classification *result)
{
	struct export *export = arg;
	struct csv *csv = &export->csv;
	const struct judgement *judgement = &result->judgement;
	const struct obs_mx *mx = &observation->mx;
	bool surveyed = observation->input == INPUT_OK;
	bool answered = surveyed && mx->answer.status != DNS_SKIPPED && !dns_status_is_transient(mx->answer.status);

	csv_text(csv, observation->name);
	csv_uint(csv, observation->index);
	if (observation->rank > 0)
		csv_uint(csv, observation->rank);
	else
		csv_empty(csv);
	put_time(csv, observation->time_ms);
	csv_string(csv, domain_status_name(judgement->status));
	csv_string(csv, surveyed ? dns_status_name(mx->answer.status) : "");
	put_mx(csv, mx);
	put_bool(csv, answered && mx->answer.status == DNS_NOERROR, obs_mx_is_null(mx));
	put_bool(csv, answered, mx->answer.ad);
	csv_string(csv, record_state_name(judgement->record[TXT_STS]));
	csv_text(csv, judgement->record[TXT_STS] == RECORD_VALID ? result->sts.id : SPAN_LITERAL(""));
	csv_string(csv, record_state_name(judgement->record[TXT_TLSRPT]));
	put_policy(csv, observation, result);
	stats_findings_field(csv, &judgement->findings);
	csv_string(csv, component_name(judgement->component));
	csv_string(csv, judgement_verdict_name(judgement));
	csv_end(csv);
	return !text_failed(&export->text);
}

static int run(const char *command, char **path, int count, bool as_csv, const char *output)
{
	struct export export;
	struct scan_files files = {
		.command = command,
		.path = path,
		.count = count,
		.on_domain = as_csv ? write_csv : write_jsonl,
		.arg = &export,
	};
	char error[TEXT_ERROR_MAX];
	bool done;

	if (!scan_files_differ(&files, output))
		return EXIT_FATAL;
	if (text_open(&export.text, output, error) != 0)
		return usage_fatal(command, error);
	csv_init(&export.csv, &export.text);
	if (as_csv)
		csv_header(&export.csv, columns);
	done = scan_files_read(&files);
	if (text_close(&export.text, error) != 0)
		return usage_fatal(command, error);
	return done ? EXIT_COMPLETE : EXIT_FATAL;
}

int cmd_export(int argc, char **argv)
{
	const char *format = NULL, *output = "-";
	const struct usage_option options[] = { { "format", 0, &format }, { "output-file", 'o', &output } };
	int first, status;

	first = usage_read(argc, argv, help, options, COUNT_OF(options), &status);
	if (first == 0)
		return status;
	if (first == argc)
		return usage_error(argv[0], "no scan file given");
	if (!format)
		return usage_error(argv[0], "no format given: --format jsonl or --format csv");
	if (strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
		return usage_error(argv[0], "unknown format '%s': jsonl or csv", format);
	return run(argv[0], argv + first, argc - first, strcmp(format, "csv") == 0, output);
}

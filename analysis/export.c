#include "analysis/export.h"

#include "analysis/stats_tables.h"
#include "output/csv.h"
#include "output/jsonl.h"

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
	bool asked = observation->input == INPUT_OK && result->judgement.sts == RECORD_VALID;
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
	csv_string(csv, record_state_name(judgement->sts));
	csv_text(csv, judgement->sts == RECORD_VALID ? result->sts.id : SPAN_LITERAL(""));
	csv_string(csv, record_state_name(judgement->tlsrpt));
	put_policy(csv, observation, result);
	stats_findings_field(csv, &judgement->findings);
	csv_string(csv, component_name(judgement->component));
	csv_string(csv, judgement_verdict_name(judgement));
	csv_end(csv);
	return !text_failed(&export->text);
}

int export_write(struct scan_files *files, const char *path, bool as_csv, struct error *error)
{
	struct export export;
	struct error late;
	int result;

	if (scan_files_differ(files, path, error) < 0 || text_open(&export.text, path, error) < 0)
		return -1;
	csv_init(&export.csv, &export.text);
	if (as_csv)
		csv_header(&export.csv, columns);
	result = scan_files_read(files, as_csv ? write_csv : write_jsonl, &export, error);
	if (text_close(&export.text, &late) < 0 && result == 0) {
		*error = late;
		result = -1;
	}
	return result;
}

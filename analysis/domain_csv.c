#include "analysis/domain_csv.h"

const char domain_csv_columns[] =
	"name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,sts_id,tlsrpt_state,"
	"policy_status,http_status,tls_verify,mode,max_age,policy_state,findings,component,"
	"verdict";

void domain_csv_findings(struct csv *csv, const struct finding_set *set)
{
	enum { CODE_MAX = 32 }; /* the longest code has 28 octets */
	char text[FINDING_COUNT * CODE_MAX];
	size_t n = 0;

	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1)) {
		struct span code = span_of(finding_table[f].code);

		if (n + code.n + 1 > sizeof(text))
			break;
		if (n > 0)
			text[n++] = ' ';
		memcpy(text + n, code.p, code.n);
		n += code.n;
	}
	csv_text(csv, (struct span){ text, n });
}

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
	csv_string(csv, !known ? "" : value ? "true" : "false");
}

static void put_policy(struct csv *csv, const struct observation *observation, const struct classification *result)
{
	bool asked = observation->input == INPUT_OK && result->judgement.record[TXT_STS] == RECORD_VALID;
	bool judged = result->judgement.policy != POLICY_UNJUDGED;

	csv_string(csv, asked ? connect_status_name(observation->policy.status) : "");
	csv_known(csv, observation->policy.http.status > 0, observation->policy.http.status);
	csv_string(csv, result->tls_verify);
	csv_string(csv, judged ? sts_mode_name(result->policy.mode) : "");
	csv_known(csv, judged && result->policy.has_max_age, result->policy.max_age);
	csv_string(csv, policy_state_name(result->judgement.policy));
}

void domain_csv_write(struct csv *csv, const struct observation *observation, const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;
	const struct obs_mx *mx = &observation->mx;
	bool surveyed = observation->input == INPUT_OK;
	bool answered = surveyed && mx->answer.status != DNS_SKIPPED && !dns_status_is_transient(mx->answer.status);

	csv_text(csv, observation->name);
	csv_uint(csv, observation->index);
	csv_known(csv, observation->rank > 0, observation->rank);
	put_time(csv, observation->time_ms);
	csv_string(csv, domain_status_name(judgement->status));
	csv_string(csv, surveyed ? dns_status_name(mx->answer.status) : "");
	put_mx(csv, mx);
	put_bool(csv, answered && mx->answer.status == DNS_NOERROR, obs_mx_is_null(mx));
	put_bool(csv, answered, mx->answer.ad);
	csv_string(csv, record_state_name(judgement->record[TXT_STS]));
	csv_text(csv, result->sts.id);
	csv_string(csv, record_state_name(judgement->record[TXT_TLSRPT]));
	put_policy(csv, observation, result);
	domain_csv_findings(csv, &judgement->findings);
	csv_string(csv, component_name(judgement->component));
	csv_string(csv, judgement_verdict_name(judgement));
	csv_end(csv);
}

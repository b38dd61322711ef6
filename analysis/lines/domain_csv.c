#include "analysis/lines/domain_csv.h"

const char domain_csv_columns[] =
	"name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,sts_id,tlsrpt_state,"
	"policy_status,http_status,tls_verify,mode,max_age,policy_state,findings,component,"
	"verdict,mx_tls,dane,delivery";

/* Words with a space between, for one field. */
struct words {
	char text[OBS_MX_MAX * 1024]; /* a DNS name has 1012 octets as text at most; of longer ones, what does not fit
				       * is left out */
	size_t n;
};

static void add_word(struct words *words, struct span word)
{
	if (words->n + 1 + word.n > sizeof(words->text))
		return;
	if (words->n > 0)
		words->text[words->n++] = ' ';
	memcpy(words->text + words->n, word.p, word.n);
	words->n += word.n;
}

void domain_csv_findings(struct csv *csv, const struct finding_set *set)
{
	struct words codes;

	codes.n = 0;
	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1))
		add_word(&codes, span_of(finding_table[f].code));
	csv_text(csv, (struct span){ codes.text, codes.n });
}

static void put_mx_names(struct csv *csv, const struct obs_mx *mx)
{
	struct words names;

	names.n = 0;
	for (size_t i = 0; i < mx->count; i++)
		add_word(&names, mx->record[i].name.n > 0 ? mx->record[i].name : SPAN_LITERAL("."));
	csv_text(csv, (struct span){ names.text, names.n });
}

static void put_bool(struct csv *csv, bool known, bool value)
{
	csv_string(csv, !known ? "" : value ? "true" : "false");
}

static void put_policy_fields(struct csv *csv, const struct observation *observation,
			      const struct classification *result)
{
	bool judged = result->judgement.policy != POLICY_UNJUDGED;

	csv_string(csv, connect_status_names[observation->policy.status]);
	csv_known(csv, observation->policy.http.status > 0, observation->policy.http.status);
	csv_string(csv, result->tls_verify);
	csv_string(csv, judged ? sts_mode_names[result->policy.mode] : "");
	csv_known(csv, judged && result->policy.has_max_age, result->policy.max_age);
	csv_string(csv, policy_state_names[result->judgement.policy]);
}

void domain_csv_write(struct csv *csv, const struct observation *observation, const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;
	const struct obs_mx *mx = &observation->mx;

	csv_text(csv, observation->name);
	csv_uint(csv, observation->index);
	csv_known(csv, observation->rank > 0, observation->rank);
	csv_time_ms(csv, observation->time_ms);
	csv_string(csv, domain_status_names[judgement->status]);
	csv_string(csv, dns_status_names[mx->answer.status]);
	put_mx_names(csv, mx);
	put_bool(csv, mx->answer.status == DNS_NOERROR, obs_mx_is_null(mx));
	put_bool(csv, obs_answer_has_ad(&mx->answer), mx->answer.ad);
	csv_string(csv, record_state_names[judgement->record[TXT_STS]]);
	csv_text(csv, result->sts.id);
	csv_string(csv, record_state_names[judgement->record[TXT_TLSRPT]]);
	put_policy_fields(csv, observation, result);
	domain_csv_findings(csv, &judgement->findings);
	csv_string(csv, component_names[judgement->component]);
	csv_string(csv, verdict_names[judgement->verdict]);
	csv_string(csv, mx_state_names[result->mx_tls]);
	csv_string(csv, dane_state_names[result->dane]);
	csv_string(csv, delivery_names[result->delivery]);
	csv_end(csv);
}

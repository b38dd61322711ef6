/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_field.h"

#include "analysis/attribution/attribution.h"

#define GET(field)                                                                                                     \
	static void get_##field(const struct observation *o, const struct classification *result,                      \
				struct domain_value *value)

/* ---- words ---- */

#define WORDS(field, names)                                                                                            \
	static const char *word_of_##field(unsigned i)                                                                 \
	{                                                                                                              \
		return i < COUNT_OF(names) ? (names)[i] : NULL;                                                        \
	}

WORDS(status, domain_status_names)
WORDS(dns, dns_status_names)
WORDS(record, record_state_names)
WORDS(connect, connect_status_names)
WORDS(mode, sts_mode_names)
WORDS(policy, policy_state_names)
WORDS(component, component_names)
WORDS(verdict, verdict_names)
WORDS(mx_tls, mx_state_names)
WORDS(dane, dane_state_names)
WORDS(delivery, delivery_names)
WORDS(source, obs_source_names)
WORDS(fall_back, obs_fall_back_names)
WORDS(audit, obs_audit_kind_names)

static const char *word_of_findings(unsigned i)
{
	return i < FINDING_COUNT ? finding_table[i].code : NULL;
}

/* "ok", and the codes that classify says it with. */
static const char *word_of_tls(unsigned i)
{
	static const struct span front = SPAN_LITERAL("policy-tls-");
	const char *code = i > 0 ? word_of_findings(i - 1) : "ok";

	if (i == 0 || !code)
		return code;
	return span_starts_with(span_of(code), front) ? code + front.n : "";
}

/* ---- of the list and the answers ---- */

GET(name)
{
	(void)result;
	value->text = o->name;
}

GET(index)
{
	(void)result;
	value->known = true;
	value->number = o->index;
}

GET(rank)
{
	(void)result;
	value->known = o->rank > 0;
	value->number = o->rank;
}

GET(timestamp)
{
	(void)result;
	value->known = true;
	value->ms = o->time_ms;
}

GET(status)
{
	(void)o;
	value->text = span_of(domain_status_names[result->judgement.status]);
}

GET(mx_status)
{
	(void)result;
	value->text = span_of(dns_status_names[o->mx.answer.status]);
}

GET(null_mx)
{
	(void)result;
	value->known = o->mx.answer.status == DNS_NOERROR;
	value->number = obs_mx_is_null(&o->mx);
}

GET(ad)
{
	(void)result;
	value->known = obs_answer_has_ad(&o->mx.answer);
	value->number = o->mx.answer.ad;
}

static bool next_mx(const struct observation *o, const struct classification *result, size_t *at, struct span *item)
{
	(void)result;
	if (*at >= o->mx.count)
		return false;
	*item = o->mx.record[*at].name;
	if (item->n == 0)
		*item = SPAN_LITERAL(".");
	++*at;
	return true;
}

GET(sts_state)
{
	(void)o;
	value->text = span_of(record_state_names[result->judgement.record[TXT_STS]]);
}

GET(sts_id)
{
	(void)o;
	value->text = result->sts.id;
}

GET(tlsrpt_state)
{
	(void)o;
	value->text = span_of(record_state_names[result->judgement.record[TXT_TLSRPT]]);
}

/* ---- of the policy ---- */

GET(policy_status)
{
	(void)result;
	value->text = span_of(connect_status_names[o->policy.status]);
}

GET(http_status)
{
	(void)result;
	value->known = o->policy.http.status > 0;
	value->number = o->policy.http.status;
}

GET(tls_verify)
{
	(void)o;
	value->text = span_of(result->tls_verify);
}

static bool is_judged(const struct classification *result)
{
	return result->judgement.policy != POLICY_UNJUDGED;
}

GET(mode)
{
	(void)o;
	value->text = span_of(is_judged(result) ? sts_mode_names[result->policy.mode] : "");
}

GET(max_age)
{
	(void)o;
	value->known = is_judged(result) && result->policy.has_max_age;
	value->number = result->policy.max_age;
}

GET(policy_state)
{
	(void)o;
	value->text = span_of(policy_state_names[result->judgement.policy]);
}

/* ---- the judgement ---- */

static bool next_finding(const struct observation *o, const struct classification *result, size_t *at,
			 struct span *item)
{
	unsigned f = finding_next(&result->judgement.findings, (unsigned)*at);

	(void)o;
	if (f >= FINDING_COUNT)
		return false;
	*item = span_of(finding_table[f].code);
	*at = f + 1;
	return true;
}

GET(component)
{
	(void)o;
	value->text = span_of(component_names[result->judgement.component]);
}

GET(verdict)
{
	(void)o;
	value->text = span_of(verdict_names[result->judgement.verdict]);
}

GET(mx_tls)
{
	(void)o;
	value->text = span_of(mx_state_names[result->mx_tls]);
}

GET(dane)
{
	(void)o;
	value->text = span_of(dane_state_names[result->dane]);
}

GET(delivery)
{
	(void)o;
	value->text = span_of(delivery_names[result->delivery]);
}

/* ---- who does what: as in providers.csv ---- */

#define GET_PROVIDER(field, role_of)                                                                                   \
	GET(provider_##field)                                                                                          \
	{                                                                                                              \
		struct attribution attribution;                                                                        \
                                                                                                                       \
		attribution_of(o, result, &attribution);                                                               \
		value->text = attribution.role[role_of].name;                                                          \
	}

GET_PROVIDER(mailbox, ROLE_MAILBOX)
GET_PROVIDER(filter, ROLE_FILTER)
GET_PROVIDER(forwarding, ROLE_FORWARDING)
GET_PROVIDER(record, ROLE_RECORD)
GET_PROVIDER(policy_host, ROLE_POLICY_HOST)
GET_PROVIDER(platform, ROLE_PLATFORM)
GET_PROVIDER(dns, ROLE_DNS)
GET_PROVIDER(reports, ROLE_REPORTS)
GET_PROVIDER(mx, ROLE_MX)

/* ---- who answered ---- */

GET(mx_source)
{
	(void)result;
	value->text = span_of(obs_source_names[o->mx.answer.source]);
}

GET(mx_fall_back)
{
	(void)result;
	value->text = span_of(obs_fall_back_names[o->mx.answer.fall_back]);
}

static bool next_audit(const struct observation *o, const struct classification *result, size_t *at, struct span *item)
{
	(void)result;
	if (*at >= o->audit_count)
		return false;
	*item = span_of(obs_audit_kind_names[o->audit[*at].kind]);
	++*at;
	return true;
}

const struct domain_field domain_fields[DOMAIN_FIELDS] = {
	{ "name", FIELD_TEXT, .get = get_name },
	{ "index", FIELD_NUMBER, .get = get_index },
	{ "rank", FIELD_NUMBER, .get = get_rank },
	{ "timestamp", FIELD_TIME, .get = get_timestamp },
	{ "status", FIELD_WORD, .get = get_status, .word = word_of_status },
	{ "mx_status", FIELD_WORD, .get = get_mx_status, .word = word_of_dns },
	{ "mx", FIELD_TEXTS, .next = next_mx },
	{ "null_mx", FIELD_FLAG, .get = get_null_mx },
	{ "ad", FIELD_FLAG, .get = get_ad },
	{ "sts_state", FIELD_WORD, .get = get_sts_state, .word = word_of_record },
	{ "sts_id", FIELD_TEXT, .get = get_sts_id },
	{ "tlsrpt_state", FIELD_WORD, .get = get_tlsrpt_state, .word = word_of_record },
	{ "policy_status", FIELD_WORD, .get = get_policy_status, .word = word_of_connect },
	{ "http_status", FIELD_NUMBER, .get = get_http_status },
	{ "tls_verify", FIELD_WORD, .get = get_tls_verify, .word = word_of_tls },
	{ "mode", FIELD_WORD, .get = get_mode, .word = word_of_mode },
	{ "max_age", FIELD_NUMBER, .get = get_max_age },
	{ "policy_state", FIELD_WORD, .get = get_policy_state, .word = word_of_policy },
	{ "findings", FIELD_WORDS, .next = next_finding, .word = word_of_findings },
	{ "component", FIELD_WORD, .get = get_component, .word = word_of_component },
	{ "verdict", FIELD_WORD, .get = get_verdict, .word = word_of_verdict },
	{ "mx_tls", FIELD_WORD, .get = get_mx_tls, .word = word_of_mx_tls },
	{ "dane", FIELD_WORD, .get = get_dane, .word = word_of_dane },
	{ "delivery", FIELD_WORD, .get = get_delivery, .word = word_of_delivery },
	{ "provider_mailbox", FIELD_TEXT, .get = get_provider_mailbox },
	{ "provider_filter", FIELD_TEXT, .get = get_provider_filter },
	{ "provider_forwarding", FIELD_TEXT, .get = get_provider_forwarding },
	{ "provider_record", FIELD_TEXT, .get = get_provider_record },
	{ "provider_policy_host", FIELD_TEXT, .get = get_provider_policy_host },
	{ "provider_platform", FIELD_TEXT, .get = get_provider_platform },
	{ "provider_dns", FIELD_TEXT, .get = get_provider_dns },
	{ "provider_reports", FIELD_TEXT, .get = get_provider_reports },
	{ "provider_mx", FIELD_TEXT, .get = get_provider_mx },
	{ "mx_source", FIELD_WORD, .get = get_mx_source, .word = word_of_source },
	{ "mx_fall_back", FIELD_WORD, .get = get_mx_fall_back, .word = word_of_fall_back },
	{ "audit", FIELD_WORDS, .next = next_audit, .word = word_of_audit },
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_json.h"

#include "analysis/classify/classify_challenge.h"
#include "analysis/lines/host_json.h"
#include "analysis/lines/json_facts.h"
#include "analysis/words/sender_why_text.h"
#include "analysis/senders/sender_judge.h"
#include "parsers/domain.h"

/* ---- DNS ---- */

static void put_mx_records(struct json *json, const struct obs_mx *mx, const struct classification *result)
{
	json_open_array(json, "records");
	for (size_t i = 0; i < mx->count; i++) {
		json_open_object(json, NULL);
		json_uint(json, "preference", mx->record[i].preference);
		json_string(json, "name", mx->record[i].name);
		if (mx->host)
			host_json_write(json, mx->host[i], &result->mx[i]);
		json_close_object(json);
	}
	json_close_array(json);
	json_count(json, "omitted", mx->omitted);
	if (mx->answer.status == DNS_NOERROR)
		json_bool(json, "null_mx", obs_mx_is_null(mx));
}

static void put_mx(struct json *json, const struct obs_mx *mx, const struct classification *result)
{
	json_open_object(json, "MX");
	json_answer(json, &mx->answer);
	if (mx->answer.status == DNS_NOERROR || mx->answer.cname_count > 0) {
		json_open_object(json, "data");
		json_latin1(json, mx->answer.cname, mx->answer.cname_count);
		for (size_t i = 0; i < mx->count; i++)
			json_latin1(json, &mx->record[i].name, 1);
		if (mx->answer.cname_count > 0)
			json_strings(json, "cname", mx->answer.cname, mx->answer.cname_count);
		put_mx_records(json, mx, result);
		json_close_object(json);
	}
	json_close_object(json);
}

static void put_id(struct json *json, const struct classification *result)
{
	json_string(json, "id", result->sts.id);
}

static void put_rua(struct json *json, const struct classification *result)
{
	size_t at = 0;
	struct span text;
	struct uri uri;

	if (result->judgement.record[TXT_TLSRPT] != RECORD_VALID)
		return;
	json_open_array(json, "rua");
	while (tlsrpt_next_rua(&result->tlsrpt, &at, &text, &uri))
		json_string(json, NULL, text);
	json_close_array(json);
}

static void put_txt(struct json *json, const struct observation *observation, const struct classification *result,
		    enum txt_question question)
{
	static void (*const put_parsed[TXT_QUESTIONS])(struct json *, const struct classification *) = {
		[TXT_STS] = put_id,
		[TXT_TLSRPT] = put_rua,
	};
	const struct obs_txt *txt = &observation->txt[question];

	json_open_object(json, txt_questions[question].key);
	json_answer(json, &txt->answer);
	json_word(json, "state", record_state_names[result->judgement.record[question]]);
	if (txt->answer.status == DNS_NOERROR || txt->answer.cname_count > 0) {
		json_open_object(json, "data");
		json_latin1(json, txt->record, txt->count);
		json_latin1(json, txt->answer.cname, txt->answer.cname_count);
		json_strings(json, "cname", txt->answer.cname, txt->answer.cname_count);
		json_strings(json, "strings", txt->record, txt->count);
		json_count(json, "omitted", txt->omitted);
		if (put_parsed[question])
			put_parsed[question](json, result);
		json_close_object(json);
	}
	json_close_object(json);
}

/* Of a domain without a record nobody asks. */
static void put_ns(struct json *json, const struct obs_ns *ns)
{
	if (!ns->parent && ns->answer.status == DNS_SKIPPED)
		return;
	json_open_object(json, "NS");
	json_answer(json, &ns->answer);
	if (ns->parent || ns->answer.status == DNS_NOERROR || ns->answer.cname_count > 0) {
		json_open_object(json, "data");
		json_latin1(json, ns->answer.cname, ns->answer.cname_count);
		json_latin1(json, ns->name, ns->count);
		json_text(json, "side", ns->parent ? "parent" : "child");
		if (ns->answer.cname_count > 0)
			json_strings(json, "cname", ns->answer.cname, ns->answer.cname_count);
		json_strings(json, "names", ns->name, ns->count);
		json_count(json, "omitted", ns->omitted);
		json_close_object(json);
	}
	json_close_object(json);
}

/* ---- the policy ---- */

static void put_addresses(struct json *json, const struct obs_policy *p)
{
	json_open_array(json, "addresses");
	for (size_t i = 0; i < p->address_count; i++)
		json_address(json, NULL, &p->address[i]);
	json_close_array(json);
	json_count(json, "addresses_omitted", p->address_omitted);
	json_flag(json, "reserved", p->reserved);
	if (p->address_used >= 0 && (size_t)p->address_used < p->address_count)
		json_address(json, "address", &p->address[p->address_used]);
	else
		json_null(json, "address");
}

static void put_certificate(struct json *json, const struct obs_certificate *c)
{
	json_certificate_names(json, c);
	json_date(json, "not_before", c->not_before);
	json_date(json, "not_after", c->not_after);
	json_string(json, "issuer", c->issuer);
	json_hex(json, "sha256", c->sha256, sizeof(c->sha256));
	if (!c->spki_known)
		return;
	json_hex(json, "serial", (const uint8_t *)c->serial.p, c->serial.n);
	json_string(json, "key_type", c->key_type);
	json_uint(json, "key_bits", c->key_bits);
	json_hex(json, "spki_sha256", c->spki_sha256, sizeof(c->spki_sha256));
	json_string(json, "signature", c->signature);
	json_flag(json, "self_issued", c->self_issued);
	if (c->der.p)
		json_base64(json, "der", c->der);
}

/* Certificates behind the leaf, and errors, where there are any. */
static void put_chain(struct json *json, const struct obs_tls *tls)
{
	if (tls->chain_count > 1) {
		json_open_array(json, "chain");
		for (size_t i = 1; i < tls->chain_count; i++) {
			json_open_object(json, NULL);
			put_certificate(json, &tls->chain[i]);
			json_close_object(json);
		}
		json_close_array(json);
	}
	json_count(json, "chain_omitted", tls->chain_omitted);
	json_verify_errors(json, "errors", tls->error, tls->error_count);
}

static void put_tls(struct json *json, const struct obs_tls *tls, const char *verify)
{
	if (!verify[0] && obs_tls_is_empty(tls)) {
		json_null(json, "tls");
		return;
	}
	json_open_object(json, "tls");
	json_word(json, "version", tls_version_names[tls->version]);
	json_word(json, "verify", verify);
	if (tls->cipher.n > 0)
		json_string(json, "cipher", tls->cipher);
	if (tls->group.n > 0)
		json_string(json, "group", tls->group);
	if (tls->alerted)
		json_uint(json, "alert", tls->alert);
	if (tls->chain_count > 0)
		put_certificate(json, &tls->chain[0]);
	put_chain(json, tls);
	json_close_object(json);
}

static void put_http(struct json *json, const struct obs_http *http)
{
	static const char *const failure[HTTP_FAILURE_COUNT] = { [HTTP_COMPLETE] = "",
								 [HTTP_TIMEOUT] = "timeout",
								 [HTTP_TOO_LARGE] = "too-large",
								 [HTTP_PROTOCOL] = "protocol" };
	const struct span field[] = { http->content_type, http->location, http->content_encoding, http->challenge };

	if (obs_http_is_empty(http)) {
		json_null(json, "http");
		return;
	}
	json_open_object(json, "http");
	json_latin1(json, field, COUNT_OF(field));
	json_known(json, "status", http->status > 0, http->status);
	json_string(json, "content_type", http->content_type);
	json_string(json, "location", http->location);
	if (http->content_encoding.p)
		json_string(json, "content_encoding", http->content_encoding);
	json_uint(json, "size", http->size);
	if (http->failure != HTTP_COMPLETE)
		json_text(json, "failure", failure[http->failure]);
	json_flag(json, "challenged", classify_challenge(http));
	if (http->challenge.p)
		json_string(json, "challenge", http->challenge);
	json_close_object(json);
}

/* What a body says, where it was judged. */
static void put_parsed(struct json *json, const struct classification *result)
{
	const struct sts_policy *policy = &result->policy;
	struct span pattern;
	size_t at = 0;

	json_word(json, "state", policy_state_names[result->judgement.policy]);
	if (result->judgement.policy == POLICY_UNJUDGED) {
		json_null(json, "policy");
		return;
	}
	json_open_object(json, "policy");
	json_word(json, "version", policy->has_version ? "STSv1" : "");
	json_word(json, "mode", sts_mode_names[policy->mode]);
	json_known(json, "max_age", policy->has_max_age, policy->max_age);
	json_open_array(json, "mx");
	while (sts_policy_next_mx(policy, &at, &pattern))
		json_string(json, NULL, pattern);
	json_close_array(json);
	json_close_object(json);
}

/* A whole answer has a body, be it empty. */
static void put_body(struct json *json, const struct obs_http *http)
{
	static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	bool is_empty = http->body.n == 0 && http->status > 0 && http->failure == HTTP_COMPLETE;

	json_string(json, "body", is_empty ? SPAN_LITERAL("") : http->body);
	if (http->body.n > 0)
		json_hex(json, "body_sha256", http->body_sha256, sizeof(http->body_sha256));
	else
		json_text(json, "body_sha256", is_empty ? of_nothing : NULL);
}

static void put_policy_data(struct json *json, const struct observation *observation,
			    const struct classification *result)
{
	const struct obs_policy *p = &observation->policy;
	const struct obs_answer *chain = obs_policy_chain(p);
	char host[sizeof(STS_POLICY_LABEL) + OBS_LINE_MAX];

	json_open_object(json, "data");
	json_latin1(json, chain->cname, chain->cname_count);
	json_latin1(json, (struct span[]){ p->http.body, observation->name }, 2);
	json_string(json, "host", domain_join(SPAN_LITERAL(STS_POLICY_LABEL), observation->name, host));
	json_open_object(json, "dns");
	json_question(json, "A", &p->a);
	json_question(json, "AAAA", &p->aaaa);
	json_close_object(json);
	json_strings(json, "cname", chain->cname, chain->cname_count);
	put_addresses(json, p);
	json_count(json, "fetch_ms", p->fetch_ms);
	put_tls(json, &p->tls, result->tls_verify);
	put_http(json, &p->http);
	put_parsed(json, result);
	put_body(json, &p->http);
	json_close_object(json);
}

static void put_policy(struct json *json, const struct observation *observation, const struct classification *result)
{
	enum result_type reported = result_of_component(result->judgement.component);
	const struct obs_policy *p = &observation->policy;

	json_open_object(json, "POLICY");
	json_word(json, "status", connect_status_names[p->status]);
	if (reported != RESULT_NONE)
		json_word(json, "result_type", result_type_names[reported]);
	if (p->a.status != DNS_SKIPPED || p->aaaa.status != DNS_SKIPPED || p->address_count > 0)
		put_policy_data(json, observation, result);
	json_close_object(json);
}

/* ---- the line ---- */

static void put_judgement(struct json *json, const struct obs_mx *mx, const struct classification *result)
{
	const struct judgement *j = &result->judgement;

	json_findings(json, &j->findings);
	json_word(json, "component", component_names[j->component]);
	json_word(json, "verdict", verdict_names[j->verdict]);
	if (!mx->host && result->dane == DANE_STATE_NOT_ASKED)
		return;
	json_word(json, "mx_tls", mx_state_names[result->mx_tls]);
	json_word(json, "dane", dane_state_names[result->dane]);
	json_word(json, "delivery", delivery_names[result->delivery]);
}

static void put_sender(struct json *json, const struct sender_result *sender)
{
	char why[SENDER_WHY_MAX];
	struct span text;

	sender_why_text(&sender->why, why);
	text = span_of(why);
	json_open_object(json, NULL);
	json_latin1(json, &text, 1);
	json_text(json, "profile", sender->profile->name);
	json_word(json, "outcome", sender_outcome_names[sender->outcome]);
	json_string(json, "why", text);
	json_close_object(json);
}

/* The list's columns, where some are kept; a cell that is empty is null. */
static void put_labels(struct json *json, const struct observation *o)
{
	static const struct span none = { NULL, 0 };

	if (o->label_count == 0)
		return;
	json_open_object(json, "labels");
	for (size_t i = 0; i < o->label_count; i++)
		json_latin1(json, (struct span[]){ o->label[i].name, o->label[i].value }, 2);
	for (size_t i = 0; i < o->label_count; i++)
		json_named_string(json, o->label[i].name, o->label[i].value.n > 0 ? o->label[i].value : none);
	json_close_object(json);
}

/* Those that part from the standard, where there are any. */
static void put_senders(struct json *json, const struct observation *o, const struct classification *result)
{
	struct sender_result sender[SENDER_PROFILE_COUNT];
	struct sender_mx mx[OBS_MX_MAX];
	bool any = false;

	if (!judgement_has_record(&result->judgement, TXT_STS))
		return;
	sender_judge_all(o, sender_mx_known(o, result, mx), sender);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		if (!sender[i].parts)
			continue;
		if (!any)
			json_open_array(json, "senders");
		any = true;
		put_sender(json, &sender[i]);
	}
	if (any)
		json_close_array(json);
}

/* What came of direct answers that were put to the resolver as well, where some were. */
static void put_audits(struct json *json, const struct observation *o)
{
	if (o->audit_count == 0)
		return;
	json_open_array(json, "audit");
	for (size_t i = 0; i < o->audit_count; i++) {
		const struct obs_audit *audit = &o->audit[i];

		json_open_object(json, NULL);
		json_latin1(json, audit->record, audit->record_count);
		json_text(json, "question", obs_question_name(audit->question));
		json_word(json, "kind", obs_audit_kind_names[audit->kind]);
		json_word(json, "direct", dns_status_names[audit->direct]);
		json_word(json, "resolver", dns_status_names[audit->resolver]);
		if (audit->again != DNS_SKIPPED)
			json_word(json, "again", dns_status_names[audit->again]);
		json_strings(json, "records", audit->record, audit->record_count);
		json_count(json, "omitted", audit->omitted);
		json_close_object(json);
	}
	json_close_array(json);
}

void domain_json_write(struct text *out, const struct observation *o, const struct classification *result)
{
	struct json json;

	json_begin_line(&json, out);
	json_latin1(&json, &o->name, 1);
	json_string(&json, "name", o->name);
	json_uint(&json, "index", o->index);
	json_known(&json, "rank", o->rank > 0, o->rank);
	put_labels(&json, o);
	json_time(&json, "timestamp", o->time_ms);
	json_key(&json, "duration");
	text_uint(out, o->duration_ms / 1000);
	text_char(out, '.');
	text_padded(out, o->duration_ms % 1000, 3);
	json_word(&json, "status", domain_status_names[result->judgement.status]);
	json_open_object(&json, "results");
	put_mx(&json, &o->mx, result);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		put_txt(&json, o, result, (enum txt_question)q);
	put_policy(&json, o, result);
	put_ns(&json, &o->ns);
	json_close_object(&json);
	put_judgement(&json, &o->mx, result);
	put_senders(&json, o, result);
	put_audits(&json, o);
	json_end(&json);
}

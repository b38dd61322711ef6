/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/json_facts.h"

#include "output/address_text.h"

void json_count(struct json *json, const char *key, uint64_t count)
{
	if (count > 0)
		json_uint(json, key, count);
}

void json_flag(struct json *json, const char *key, bool flag)
{
	if (flag)
		json_bool(json, key, true);
}

/* A negative answer has no TTL of its own. */
void json_answer(struct json *json, const struct obs_answer *a)
{
	json_word(json, "status", dns_status_names[a->status]);
	if (obs_answer_has_ad(a))
		json_bool(json, "ad", a->ad);
	else if (a->source == SOURCE_DIRECT)
		json_null(json, "ad");
	if (a->status == DNS_NOERROR || a->ttl > 0)
		json_uint(json, "ttl", a->ttl);
	if (a->tries > 1)
		json_uint(json, "tries", a->tries);
	json_flag(json, "cname_loop", a->cname_loop);
	if (a->ede > 0)
		json_uint(json, "ede", a->ede - 1U); /* as stored, it is one more: 0 is "Other" (RFC 8914 4.1) */
	if (a->unchecked != DNS_SKIPPED)
		json_word(json, "unchecked", dns_status_names[a->unchecked]);
	if (a->source != SOURCE_NONE)
		json_word(json, "source", obs_source_names[a->source]);
	if (a->fall_back != FALL_BACK_NONE)
		json_word(json, "fall_back", obs_fall_back_names[a->fall_back]);
}

void json_question(struct json *json, const char *key, const struct obs_answer *answer)
{
	json_open_object(json, key);
	json_answer(json, answer);
	json_close_object(json);
}

void json_address(struct json *json, const char *key, const struct obs_address *address)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(address, text);
	json_text(json, key, text);
}

void json_certificate_names(struct json *json, const struct obs_certificate *c)
{
	json_latin1(json, c->name, c->name_count);
	json_latin1(json, &c->issuer, 1);
	json_latin1(json, &c->common_name, 1);
	json_strings(json, "names", c->name, c->name_count);
	json_count(json, "names_omitted", c->name_omitted);
	if (c->common_name.n > 0)
		json_string(json, "common_name", c->common_name);
}

void json_verify_errors(struct json *json, const char *key, const struct obs_verify_error *error, size_t count)
{
	if (count == 0)
		return;
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		json_uint(json, "code", error[i].code);
		json_uint(json, "depth", error[i].depth);
		json_close_object(json);
	}
	json_close_array(json);
}

void json_findings(struct json *json, const struct finding_set *findings)
{
	json_open_array(json, "findings");
	for (enum finding f = finding_next(findings, 0); f < FINDING_COUNT; f = finding_next(findings, f + 1))
		json_word(json, NULL, finding_table[f].code);
	json_close_array(json);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/host_json.h"

#include "analysis/classify/classify_dane.h"
#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"
#include "analysis/lines/json_facts.h"
#include "parsers/smtp_reply.h"

/* ---- certificates, as zgrab2 has them ---- */

static void put_name(struct json *json, const char *key, struct span name)
{
	json_open_object(json, key);
	json_string(json, "name", name);
	json_close_object(json);
}

static void put_validity(struct json *json, const struct obs_certificate *c)
{
	json_open_object(json, "validity");
	json_date(json, "start", c->not_before);
	json_date(json, "end", c->not_after);
	json_close_object(json);
}

/* From files of schema 1.3 on. */
static void put_key(struct json *json, const struct obs_certificate *c)
{
	put_name(json, "signature_algorithm", c->signature);
	json_hex(json, "serial_number_hex", (const uint8_t *)c->serial.p, c->serial.n);
	json_open_object(json, "subject_key_info");
	put_name(json, "key_algorithm", c->key_type);
	json_uint(json, "key_bits", c->key_bits);
	json_hex(json, "fingerprint_sha256", c->spki_sha256, sizeof(c->spki_sha256));
	json_close_object(json);
	json_flag(json, "self_issued", c->self_issued);
}

static void put_certificate(struct json *json, const char *key, const struct obs_certificate *c)
{
	json_open_object(json, key);
	if (c->der.p)
		json_base64(json, "raw", c->der);
	json_open_object(json, "parsed");
	json_certificate_names(json, c);
	json_string(json, "issuer_dn", c->issuer);
	put_validity(json, c);
	json_hex(json, "fingerprint_sha256", c->sha256, sizeof(c->sha256));
	if (c->spki_known)
		put_key(json, c);
	json_close_object(json);
	json_close_object(json);
}

static void put_validation(struct json *json, const struct obs_host *host, const struct obs_tls *tls)
{
	enum name_match name = classify_tls_name(tls->chain, host->name);

	json_open_object(json, "validation");
	json_bool(json, "browser_trusted", tls->error_count == 0);
	if (tls->error_count > 0)
		json_text(json, "browser_error", classify_tls_words(tls->error[0].code));
	if (name == NAME_UNKNOWN)
		json_null(json, "matches_domain");
	else
		json_bool(json, "matches_domain", name == NAME_MATCHES);
	json_close_object(json);
}

static void put_certificates(struct json *json, const struct obs_host *host, const struct obs_tls *tls)
{
	json_open_object(json, "server_certificates");
	put_certificate(json, "certificate", &tls->chain[0]);
	json_open_array(json, "chain");
	for (size_t i = 1; i < tls->chain_count; i++)
		put_certificate(json, NULL, &tls->chain[i]);
	json_close_array(json);
	put_validation(json, host, tls);
	json_close_object(json);
}

/* ---- TLS ---- */

static void put_server_hello(struct json *json, const struct obs_tls *tls)
{
	/* RFC 8446 4.2.1, as zgrab2 writes them */
	static const uint16_t number[TLS_VERSION_COUNT] = {
		[TLS_1_0] = 0x0301, [TLS_1_1] = 0x0302, [TLS_1_2] = 0x0303, [TLS_1_3] = 0x0304
	};

	json_open_object(json, "server_hello");
	json_open_object(json, "version");
	json_word(json, "name", tls_version_names[tls->version]);
	json_uint(json, "value", number[tls->version]);
	json_close_object(json);
	if (tls->cipher.n > 0)
		put_name(json, "cipher_suite", tls->cipher);
	json_close_object(json);
}

static void put_tls(struct json *json, const struct obs_host *host, const struct obs_smtp *probe)
{
	const struct obs_tls *tls = &probe->tls;

	json_open_object(json, "tls");
	json_bool(json, "handshake_completed_successfully", probe->phase == SMTP_SECURE);
	json_open_object(json, "handshake_log");
	if (tls->version != TLS_NONE)
		put_server_hello(json, tls);
	if (tls->chain_count > 0)
		put_certificates(json, host, tls);
	json_close_object(json);
	if (tls->group.n > 0)
		json_string(json, "group", tls->group);
	if (tls->alerted)
		json_uint(json, "alert", tls->alert);
	json_flag(json, "retried_old", probe->retried_old);
	json_count(json, "chain_omitted", tls->chain_omitted);
	json_verify_errors(json, "errors", tls->error, tls->error_count);
	if (tls->chain_count > 0)
		json_number(json, "days_left", (double)classify_tls_days_left(tls->chain, host->time_ms));
	json_close_object(json);
}

/* ---- one connection ---- */

struct reply {
	const char *key;
	const struct obs_smtp_reply *reply;
};

enum { REPLIES = 5 };

static void put_replies(struct json *json, const struct obs_smtp *probe)
{
	const struct reply replies[REPLIES] = { { "banner", &probe->greeting },
						{ "ehlo", &probe->ehlo },
						{ "helo", &probe->helo },
						{ "starttls", &probe->starttls },
						{ "quit", &probe->quit } };
	struct span text[REPLIES];

	for (size_t i = 0; i < REPLIES; i++)
		text[i] = replies[i].reply->text;
	json_latin1(json, text, REPLIES);
	for (size_t i = 0; i < REPLIES; i++)
		if (replies[i].reply->text.p)
			json_string(json, replies[i].key, replies[i].reply->text);
	json_open_object(json, "codes");
	for (size_t i = 0; i < REPLIES; i++)
		json_count(json, replies[i].key, replies[i].reply->code);
	json_close_object(json);
	json_open_array(json, "cut");
	for (size_t i = 0; i < REPLIES; i++)
		if (replies[i].reply->cut)
			json_word(json, NULL, replies[i].key);
	json_close_array(json);
}

static void put_extensions(struct json *json, const struct obs_smtp_reply *ehlo)
{
	struct smtp_extensions extensions = { .rest = ehlo->text };
	struct span keyword, parameters;

	if (ehlo->code / 100 != 2)
		return;
	json_open_array(json, "extensions");
	while (smtp_extensions_next(&extensions, &keyword, &parameters))
		json_string(json, NULL, keyword);
	json_close_array(json);
}

static void put_times(struct json *json, const struct obs_smtp *probe)
{
	json_open_object(json, "ms");
	for (int phase = SMTP_CONNECT; phase <= (int)probe->phase; phase++)
		json_uint(json, smtp_phase_names[phase], probe->ms[phase]);
	json_close_object(json);
}

static void put_sni(struct json *json, const struct obs_host *host, enum smtp_sni sni)
{
	const struct obs_tlsa *tlsa = classify_dane_tlsa(host);
	const struct span name[SMTP_SNI_COUNT] = {
		[SMTP_SNI_HOST] = host->name, [SMTP_SNI_BASE] = tlsa ? tlsa->base : obs_host_end(host)
	};

	json_string(json, "server_name", name[sni]);
}

static void put_match(struct json *json, const struct obs_dane *dane)
{
	if (dane->match == DANE_NOT_TRIED)
		return;
	json_open_object(json, "dane");
	json_word(json, "match", dane_match_names[dane->match]);
	if (dane->match == DANE_MATCH || dane->match == DANE_MATCH_FAILED) {
		json_uint(json, "record", dane->record);
		json_uint(json, "depth", dane->depth);
	}
	json_verify_errors(json, "errors", dane->error, dane->error_count);
	json_close_object(json);
}

/* Members of the object that is open. */
static void put_probe(struct json *json, const struct obs_host *host, const struct obs_smtp *probe)
{
	json_word(json, "status", connect_status_names[probe->status]);
	json_word(json, "phase", smtp_phase_names[probe->phase]);
	if (probe->address < host->address_count)
		json_address(json, "address", &host->address[probe->address]);
	put_sni(json, host, probe->sni);
	put_replies(json, probe);
	put_extensions(json, &probe->ehlo);
	json_count(json, "injected", probe->injected);
	put_times(json, probe);
	if (probe->phase >= SMTP_HANDSHAKE)
		put_tls(json, host, probe);
	put_match(json, &probe->dane);
}

/* ---- the host ---- */

static void put_addresses(struct json *json, const struct obs_host *host)
{
	json_open_array(json, "addresses");
	for (size_t i = 0; i < host->address_count; i++)
		json_address(json, NULL, &host->address[i]);
	json_close_array(json);
	json_count(json, "addresses_omitted", host->address_omitted);
	json_count(json, "addresses_untried", host->address_untried);
	json_count(json, "addresses_unprobed", host->address_unprobed);
	json_flag(json, "reserved", host->reserved);
	json_flag(json, "blocklisted", host->blocklisted);
}

static void put_tlsa(struct json *json, const struct obs_tlsa *tlsa)
{
	json_open_object(json, NULL);
	json_string(json, "base", tlsa->base);
	json_answer(json, &tlsa->answer);
	json_open_array(json, "records");
	for (size_t i = 0; i < tlsa->count; i++) {
		const struct obs_tlsa_record *record = &tlsa->record[i];

		json_open_object(json, NULL);
		json_uint(json, "usage", record->usage);
		json_uint(json, "selector", record->selector);
		json_uint(json, "matching_type", record->matching);
		json_hex(json, "data", (const uint8_t *)record->data.p, record->data.n);
		json_flag(json, "cut", record->cut);
		json_close_object(json);
	}
	json_close_array(json);
	json_count(json, "omitted", tlsa->omitted);
	json_close_object(json);
}

static void put_dns(struct json *json, const struct obs_host *host)
{
	const struct obs_answer *chain = obs_host_chain(host);

	json_open_object(json, "dns");
	json_latin1(json, chain->cname, chain->cname_count);
	json_bool(json, "ad_believed", host->ad_believed);
	json_question(json, "A", &host->a);
	json_question(json, "AAAA", &host->aaaa);
	json_strings(json, "cname", chain->cname, chain->cname_count);
	json_open_array(json, "TLSA");
	for (int b = 0; b < HOST_TLSA_BASES; b++)
		if (host->tlsa[b].answer.status != DNS_SKIPPED)
			put_tlsa(json, &host->tlsa[b]);
	json_close_array(json);
	json_close_object(json);
}

static void put_judgement(struct json *json, const struct mx_judgement *mx)
{
	json_word(json, "state", mx_state_names[mx->state]);
	json_word(json, "reason", mx->finding < FINDING_COUNT ? finding_table[mx->finding].code : "");
	json_word(json, "dane_state", dane_state_names[mx->dane]);
	json_word(json, "delivery", delivery_names[mx->delivery]);
	json_word(json, "result_type", result_type_names[mx_judgement_result(mx)]);
	json_word(json, "microsoft_code", mx_judgement_microsoft(mx));
	json_findings(json, &mx->findings);
}

static void put_host(struct json *json, const struct obs_host *host)
{
	const struct obs_smtp *probe = classify_host_probe(host);
	bool more = false;

	json_time(json, "timestamp", host->time_ms);
	json_uint(json, "passes", host->passes);
	json_flag(json, "doubted", host->doubted);
	put_dns(json, host);
	put_addresses(json, host);
	if (probe)
		put_probe(json, host, probe);
	for (size_t i = 0; i < host->probe_count; i++) {
		if (&host->probe[i] == probe)
			continue;
		if (!more)
			json_open_array(json, "other_probes");
		more = true;
		json_open_object(json, NULL);
		put_probe(json, host, &host->probe[i]);
		json_close_object(json);
	}
	if (more)
		json_close_array(json);
}

void host_json_write(struct json *json, const struct obs_host *host, const struct mx_judgement *mx)
{
	if (!host && mx->state == MX_NOT_ASKED)
		return;
	json_open_object(json, "smtp");
	put_judgement(json, mx);
	if (host)
		put_host(json, host);
	json_close_object(json);
}

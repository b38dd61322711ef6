/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests/output/random_observation.h compares. */
#include "tests/output/random_observation.h"

#include <string.h>

static bool same_texts(const struct span *a, size_t n, const struct span *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!span_equal(a[i], b[i]))
			return false;
	}
	return true;
}

static bool same_answer(const struct obs_answer *a, const struct obs_answer *b)
{
	return a->status == b->status && a->ad == b->ad && a->cname_loop == b->cname_loop && a->tries == b->tries &&
	       a->ttl == b->ttl && a->ede == b->ede && a->unchecked == b->unchecked && a->source == b->source &&
	       a->fall_back == b->fall_back && same_texts(a->cname, a->cname_count, b->cname, b->cname_count);
}

static bool same_mx(const struct obs_mx *a, const struct obs_mx *b)
{
	if (!same_answer(&a->answer, &b->answer) || a->count != b->count || a->omitted != b->omitted)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->record[i].preference != b->record[i].preference ||
		    !span_equal(a->record[i].name, b->record[i].name))
			return false;
	}
	return true;
}

static bool same_optional(struct span a, struct span b)
{
	return (!a.p) == (!b.p) && span_equal(a, b);
}

static bool same_splits(const struct obs_txt *a, const struct obs_txt *b)
{
	static const struct span none = { NULL, 0 };

	for (size_t i = 0; i < a->count; i++)
		if (!same_optional(a->split ? a->split[i] : none, b->split ? b->split[i] : none))
			return false;
	return true;
}

static bool same_txt(const struct obs_txt *a, const struct obs_txt *b)
{
	return same_answer(&a->answer, &b->answer) && a->omitted == b->omitted &&
	       a->omitted_meant == b->omitted_meant && same_texts(a->record, a->count, b->record, b->count) &&
	       same_splits(a, b);
}

static bool same_address_list(const struct obs_address *a, size_t n, const struct obs_address *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n * sizeof(*a)) == 0);
}

static bool same_addresses(const struct obs_policy *a, const struct obs_policy *b)
{
	return same_address_list(a->address, a->address_count, b->address, b->address_count) &&
	       a->address_omitted == b->address_omitted && a->address_untried == b->address_untried &&
	       a->reserved == b->reserved && (a->address_count == 0 || a->address_used == b->address_used);
}

static bool same_certificate(const struct obs_certificate *a, const struct obs_certificate *b)
{
	return memcmp(a->sha256, b->sha256, 32) == 0 && span_equal(a->common_name, b->common_name) &&
	       span_equal(a->issuer, b->issuer) && a->not_before == b->not_before && a->not_after == b->not_after &&
	       a->name_omitted == b->name_omitted && same_texts(a->name, a->name_count, b->name, b->name_count) &&
	       a->spki_known == b->spki_known && memcmp(a->spki_sha256, b->spki_sha256, 32) == 0 &&
	       span_equal(a->serial, b->serial) && span_equal(a->key_type, b->key_type) && a->key_bits == b->key_bits &&
	       span_equal(a->signature, b->signature) && a->self_issued == b->self_issued &&
	       same_optional(a->der, b->der);
}

static bool same_verify_errors(const struct obs_verify_error *a, size_t n, const struct obs_verify_error *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i].code != b[i].code || a[i].depth != b[i].depth)
			return false;
	return true;
}

static bool same_tls(const struct obs_tls *a, const struct obs_tls *b)
{
	if (a->version != b->version || a->alerted != b->alerted || a->alert != b->alert ||
	    a->chain_count != b->chain_count || a->chain_omitted != b->chain_omitted ||
	    !same_verify_errors(a->error, a->error_count, b->error, b->error_count) ||
	    !span_equal(a->cipher, b->cipher) || !span_equal(a->group, b->group))
		return false;
	for (size_t i = 0; i < a->chain_count; i++) {
		if (!same_certificate(&a->chain[i], &b->chain[i]))
			return false;
	}
	return true;
}

static bool same_http(const struct obs_http *a, const struct obs_http *b)
{
	return a->status == b->status && a->failure == b->failure && same_optional(a->content_type, b->content_type) &&
	       same_optional(a->location, b->location) && same_optional(a->content_encoding, b->content_encoding) &&
	       same_optional(a->challenge, b->challenge) && a->size == b->size && span_equal(a->body, b->body) &&
	       memcmp(a->body_sha256, b->body_sha256, 32) == 0;
}

static bool same_ns(const struct obs_ns *a, const struct obs_ns *b)
{
	return same_answer(&a->answer, &b->answer) && same_texts(a->name, a->count, b->name, b->count) &&
	       a->omitted == b->omitted && a->parent == b->parent;
}

static bool same_labels(const struct observation *a, const struct observation *b)
{
	for (size_t i = 0; i < a->label_count && i < b->label_count; i++)
		if (!span_equal(a->label[i].name, b->label[i].name) ||
		    !span_equal(a->label[i].value, b->label[i].value))
			return false;
	return a->label_count == b->label_count;
}

static bool same_audits(const struct observation *a, const struct observation *b)
{
	for (size_t i = 0; i < a->audit_count && i < b->audit_count; i++) {
		const struct obs_audit *x = &a->audit[i], *y = &b->audit[i];

		if (x->question != y->question || x->kind != y->kind || x->direct != y->direct ||
		    x->resolver != y->resolver || x->again != y->again || x->omitted != y->omitted ||
		    !same_texts(x->record, x->record_count, y->record, y->record_count))
			return false;
	}
	return a->audit_count == b->audit_count;
}

const char *observation_difference(const struct observation *a, const struct observation *b)
{
	const struct {
		bool same;
		const char *name;
	} facts[] = {
		{ span_equal(a->name, b->name), "name" },
		{ a->input == b->input, "input" },
		{ a->index == b->index, "index" },
		{ a->rank == b->rank, "rank" },
		{ a->time_ms == b->time_ms, "time" },
		{ a->duration_ms == b->duration_ms, "duration" },
		{ same_mx(&a->mx, &b->mx), "mx" },
		{ same_txt(&a->txt[TXT_STS], &b->txt[TXT_STS]), "sts" },
		{ same_txt(&a->txt[TXT_TLSRPT], &b->txt[TXT_TLSRPT]), "tlsrpt" },
		{ same_answer(&a->policy.a, &b->policy.a), "policy.a" },
		{ same_answer(&a->policy.aaaa, &b->policy.aaaa), "policy.aaaa" },
		{ same_addresses(&a->policy, &b->policy), "policy.addresses" },
		{ a->policy.status == b->policy.status && a->policy.fetch_ms == b->policy.fetch_ms, "policy.status" },
		{ same_tls(&a->policy.tls, &b->policy.tls), "policy.tls" },
		{ same_http(&a->policy.http, &b->policy.http), "policy.http" },
		{ same_ns(&a->ns, &b->ns), "ns" },
		{ same_labels(a, b), "labels" },
		{ same_audits(a, b), "audits" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		if (!facts[i].same)
			return facts[i].name;
	}
	return NULL;
}

static bool same_tlsa(const struct obs_tlsa *a, const struct obs_tlsa *b)
{
	if (!same_optional(a->base, b->base) || !same_answer(&a->answer, &b->answer) || a->count != b->count ||
	    a->omitted != b->omitted)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct obs_tlsa_record *r = &a->record[i], *s = &b->record[i];

		if (r->usage != s->usage || r->selector != s->selector || r->matching != s->matching ||
		    r->cut != s->cut || !span_equal(r->data, s->data))
			return false;
	}
	return true;
}

static bool same_reply(const struct obs_smtp_reply *a, const struct obs_smtp_reply *b)
{
	return a->code == b->code && a->cut == b->cut && same_optional(a->text, b->text);
}

static bool same_dane(const struct obs_dane *a, const struct obs_dane *b)
{
	return a->match == b->match && a->record == b->record && a->depth == b->depth && a->usable == b->usable &&
	       a->matching == b->matching && same_verify_errors(a->error, a->error_count, b->error, b->error_count);
}

static bool same_probe(const struct obs_smtp *a, const struct obs_smtp *b)
{
	return a->address == b->address && a->sni == b->sni && a->phase == b->phase && a->status == b->status &&
	       same_reply(&a->greeting, &b->greeting) && same_reply(&a->ehlo, &b->ehlo) &&
	       same_reply(&a->helo, &b->helo) && same_reply(&a->starttls, &b->starttls) &&
	       same_reply(&a->quit, &b->quit) && a->injected == b->injected && a->retried_old == b->retried_old &&
	       memcmp(a->ms, b->ms, sizeof(a->ms)) == 0 && same_tls(&a->tls, &b->tls) && same_dane(&a->dane, &b->dane);
}

static bool same_probes(const struct obs_host *a, const struct obs_host *b)
{
	for (size_t i = 0; i < a->probe_count; i++)
		if (i >= b->probe_count || !same_probe(&a->probe[i], &b->probe[i]))
			return false;
	return a->probe_count == b->probe_count;
}

const char *host_difference(const struct obs_host *a, const struct obs_host *b)
{
	const struct {
		bool same;
		const char *name;
	} facts[] = {
		{ span_equal(a->name, b->name), "name" },
		{ a->time_ms == b->time_ms && a->duration_ms == b->duration_ms, "time" },
		{ a->passes == b->passes, "passes" },
		{ same_answer(&a->a, &b->a), "a" },
		{ same_answer(&a->aaaa, &b->aaaa), "aaaa" },
		{ same_address_list(a->address, a->address_count, b->address, b->address_count), "addresses" },
		{ a->address_omitted == b->address_omitted && a->address_untried == b->address_untried &&
			  a->address_unprobed == b->address_unprobed,
		  "addresses left out" },
		{ a->reserved == b->reserved && a->blocklisted == b->blocklisted && a->ad_believed == b->ad_believed,
		  "flags" },
		{ same_tlsa(&a->tlsa[0], &b->tlsa[0]) && same_tlsa(&a->tlsa[1], &b->tlsa[1]), "tlsa" },
		{ same_probes(a, b), "probes" },
		{ a->run == b->run, "run" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (!facts[i].same)
			return facts[i].name;
	return NULL;
}

bool same_vantage(const struct obs_vantage *a, const struct obs_vantage *b)
{
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		if (a->state[family] != b->state[family] || !same_optional(a->source[family], b->source[family]) ||
		    !same_optional(a->ptr[family], b->ptr[family]) ||
		    a->ptr_confirmed[family] != b->ptr_confirmed[family])
			return false;
	return a->time_ms == b->time_ms && a->canary == b->canary && a->run == b->run &&
	       same_optional(a->ehlo, b->ehlo) && same_texts(a->host, a->host_count, b->host, b->host_count);
}

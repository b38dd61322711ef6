#include "output/jsonl.h"

#include <arpa/inet.h>

#include "parsers/utf8.h"

/* ---- pieces ---- */

/* What must be written as \… in a JSON string (RFC 8259 7). */
static void put_escaped(struct text *out, unsigned char c)
{
	static const char short_form[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
	const char *found = c ? strchr(short_form, c) : NULL;

	text_char(out, '\\');
	if (found) {
		text_char(out, letter[found - short_form]);
		return;
	}
	text_literal(out, "u00");
	text_hex(out, &c, 1);
}

static void put_characters(struct text *out, struct span s, bool latin1)
{
	size_t from = 0, at = 0;

	for (; at < s.n; at++) {
		unsigned char c = (unsigned char)s.p[at];

		if (c >= 0x20 && c != '"' && c != '\\' && (c < 0x80 || !latin1))
			continue;
		text_put(out, (struct span){ s.p + from, at - from });
		if (c >= 0x80)
			text_latin1(out, (struct span){ s.p + at, 1 });
		else
			put_escaped(out, c);
		from = at + 1;
	}
	text_put(out, (struct span){ s.p + from, at - from });
}

void jsonl_string(struct text *out, struct span s, bool latin1)
{
	text_char(out, '"');
	put_characters(out, s, latin1);
	text_char(out, '"');
}

/* An object or array being written: knows whether a comma is due and how its strings are. */
struct object {
	struct text *out;
	bool begun;
	bool latin1; /* one of its strings is no UTF-8 */
};

static struct object object_begin(struct text *out)
{
	text_char(out, '{');
	return (struct object){ .out = out };
}

static void object_end(struct object *o)
{
	if (o->latin1) {
		if (o->begun)
			text_char(o->out, ',');
		text_literal(o->out, "\"encoding\":\"latin-1\"");
	}
	text_char(o->out, '}');
}

static void next(struct object *o)
{
	if (o->begun)
		text_char(o->out, ',');
	o->begun = true;
}

static void key(struct object *o, const char *name)
{
	next(o);
	text_char(o->out, '"');
	text_string(o->out, name);
	text_literal(o->out, "\":");
}

static void put_uint(struct object *o, const char *name, uint64_t value)
{
	key(o, name);
	text_uint(o->out, value);
}

static void put_null(struct object *o, const char *name)
{
	key(o, name);
	text_literal(o->out, "null");
}

static void put_bool(struct object *o, const char *name, bool value)
{
	key(o, name);
	text_string(o->out, value ? "true" : "false");
}

/* A word of ours; null for "". */
static void put_word(struct object *o, const char *name, const char *word)
{
	if (word[0] == '\0') {
		put_null(o, name);
		return;
	}
	key(o, name);
	text_char(o->out, '"');
	text_string(o->out, word);
	text_char(o->out, '"');
}

/* Octets of others; null where p is NULL. */
static void put_text(struct object *o, const char *name, struct span s)
{
	if (!s.p) {
		put_null(o, name);
		return;
	}
	key(o, name);
	jsonl_string(o->out, s, o->latin1);
}

static void put_texts(struct object *o, const char *name, const struct span *s, size_t count)
{
	key(o, name);
	text_char(o->out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_char(o->out, ',');
		jsonl_string(o->out, s[i], o->latin1);
	}
	text_char(o->out, ']');
}

static void put_hash(struct object *o, const char *name, const uint8_t hash[32])
{
	key(o, name);
	text_char(o->out, '"');
	text_hex(o->out, hash, 32);
	text_char(o->out, '"');
}

static void put_time(struct object *o, const char *name, int64_t seconds)
{
	key(o, name);
	text_char(o->out, '"');
	text_time(o->out, seconds);
	text_char(o->out, '"');
}

static bool all_utf8(const struct span *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!utf8_is_valid(s[i]))
			return false;
	}
	return true;
}

static void put_omitted(struct object *o, size_t omitted)
{
	if (omitted > 0)
		put_uint(o, "omitted", omitted);
}

/* ---- DNS ---- */

/* Status and what belongs to every answer. A negative answer has no TTL of its own. */
static void put_answer(struct object *o, const struct obs_answer *a)
{
	put_word(o, "status", dns_status_name(a->status));
	if (a->status == DNS_NOERROR || a->ad)
		put_bool(o, "ad", a->ad);
	if (a->status == DNS_NOERROR || a->ttl > 0)
		put_uint(o, "ttl", a->ttl);
	if (a->tries > 1)
		put_uint(o, "tries", a->tries);
	if (a->cname_loop)
		put_bool(o, "cname_loop", true);
}

static void put_mx(struct object *results, const struct obs_mx *mx)
{
	struct object o, data;

	key(results, "MX");
	o = object_begin(results->out);
	put_answer(&o, &mx->answer);
	if (mx->answer.status == DNS_NOERROR || mx->answer.cname_count > 0) {
		key(&o, "data");
		data = object_begin(o.out);
		data.latin1 = !all_utf8(mx->answer.cname, mx->answer.cname_count);
		for (size_t i = 0; i < mx->count; i++)
			data.latin1 |= !utf8_is_valid(mx->record[i].name);
		if (mx->answer.cname_count > 0)
			put_texts(&data, "cname", mx->answer.cname, mx->answer.cname_count);
		key(&data, "records");
		text_char(o.out, '[');
		for (size_t i = 0; i < mx->count; i++) {
			if (i > 0)
				text_char(o.out, ',');
			text_literal(o.out, "{\"preference\":");
			text_uint(o.out, mx->record[i].preference);
			text_literal(o.out, ",\"name\":");
			jsonl_string(o.out, mx->record[i].name, data.latin1);
			text_char(o.out, '}');
		}
		text_char(o.out, ']');
		put_omitted(&data, mx->omitted);
		put_bool(&data, "null_mx", obs_mx_is_null(mx));
		object_end(&data);
	}
	object_end(&o);
}

static void put_id(struct object *data, const struct jsonl_domain *d)
{
	bool known = d->judgement->record[TXT_STS] == RECORD_VALID && d->sts;

	put_text(data, "id", known ? d->sts->id : (struct span){ NULL, 0 });
}

static void put_rua(struct object *data, const struct jsonl_domain *d)
{
	enum tlsrpt_scheme scheme;
	size_t at = 0;
	struct span uri;
	bool begun = false;

	if (d->judgement->record[TXT_TLSRPT] != RECORD_VALID || !d->tlsrpt)
		return;
	key(data, "rua");
	text_char(data->out, '[');
	while (tlsrpt_next_rua(d->tlsrpt, &at, &uri, &scheme)) {
		if (begun)
			text_char(data->out, ',');
		begun = true;
		jsonl_string(data->out, uri, data->latin1);
	}
	text_char(data->out, ']');
}

static void put_txt(struct object *results, const struct jsonl_domain *d, enum txt_question question)
{
	static void (*const put_more[TXT_QUESTIONS])(struct object *, const struct jsonl_domain *) = {
		[TXT_STS] = put_id,
		[TXT_TLSRPT] = put_rua,
	};
	const struct obs_txt *txt = &d->observation->txt[question];
	struct object o, data;

	key(results, txt_questions[question].key);
	o = object_begin(results->out);
	put_answer(&o, &txt->answer);
	put_word(&o, "state", record_state_name(d->judgement->record[question]));
	if (txt->answer.status == DNS_NOERROR || txt->answer.cname_count > 0) {
		key(&o, "data");
		data = object_begin(o.out);
		data.latin1 = !all_utf8(txt->record, txt->count) ||
			      !all_utf8(txt->answer.cname, txt->answer.cname_count);
		put_texts(&data, "cname", txt->answer.cname, txt->answer.cname_count);
		put_texts(&data, "strings", txt->record, txt->count);
		put_omitted(&data, txt->omitted);
		put_more[question](&data, d);
		object_end(&data);
	}
	object_end(&o);
}

/* ---- the policy ---- */

static const char *address_text(const struct obs_address *address, char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->octet, text, INET6_ADDRSTRLEN);
}

static void put_addresses(struct object *o, const struct obs_policy *p)
{
	char address[INET6_ADDRSTRLEN];

	key(o, "addresses");
	text_char(o->out, '[');
	for (size_t i = 0; i < p->address_count; i++) {
		if (i > 0)
			text_char(o->out, ',');
		text_char(o->out, '"');
		text_string(o->out, address_text(&p->address[i], address));
		text_char(o->out, '"');
	}
	text_char(o->out, ']');
	if (p->address_omitted > 0)
		put_uint(o, "addresses_omitted", p->address_omitted);
	if (p->reserved)
		put_bool(o, "reserved", true);
	put_word(o, "address",
		 p->address_used >= 0 && (size_t)p->address_used < p->address_count
			 ? address_text(&p->address[p->address_used], address)
			 : "");
}

/* What a sender would say of the chain and its names: the first of the judgement's TLS errors, or ok. */
static const char *verify_word(const struct judgement *j)
{
	static const struct {
		enum finding finding;
		const char *word;
	} words[] = {
		{ FINDING_POLICY_TLS_NAME_MISMATCH, "name-mismatch" },
		{ FINDING_POLICY_TLS_CN_ONLY, "cn-only" },
		{ FINDING_POLICY_TLS_EXPIRED, "expired" },
		{ FINDING_POLICY_TLS_NOT_YET_VALID, "not-yet-valid" },
		{ FINDING_POLICY_TLS_SELF_SIGNED, "self-signed" },
		{ FINDING_POLICY_TLS_UNTRUSTED_ROOT, "untrusted-root" },
		{ FINDING_POLICY_TLS_INCOMPLETE_CHAIN, "incomplete-chain" },
		{ FINDING_POLICY_TLS_INVALID, "invalid" },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (finding_has(&j->findings, words[i].finding))
			return words[i].word;
	}
	return "ok";
}

static void put_certificate(struct object *o, const struct obs_certificate *c)
{
	o->latin1 = !all_utf8(c->name, c->name_count) || !utf8_is_valid(c->issuer) || !utf8_is_valid(c->common_name);
	put_texts(o, "names", c->name, c->name_count);
	if (c->name_omitted > 0)
		put_uint(o, "names_omitted", c->name_omitted);
	if (c->common_name.n > 0)
		put_text(o, "common_name", c->common_name);
	put_time(o, "not_before", c->not_before);
	put_time(o, "not_after", c->not_after);
	put_text(o, "issuer", (struct span){ c->issuer.p ? c->issuer.p : "", c->issuer.n });
	put_hash(o, "sha256", c->sha256);
}

/* Certificates behind the leaf, and errors, where there are any. */
static void put_chain(struct object *o, const struct obs_tls *tls)
{
	if (tls->chain_count > 1) {
		key(o, "chain");
		text_char(o->out, '[');
		for (size_t i = 1; i < tls->chain_count; i++) {
			struct object c;

			if (i > 1)
				text_char(o->out, ',');
			c = object_begin(o->out);
			put_certificate(&c, &tls->chain[i]);
			object_end(&c);
		}
		text_char(o->out, ']');
	}
	if (tls->chain_omitted > 0)
		put_uint(o, "chain_omitted", tls->chain_omitted);
	if (tls->error_count > 0) {
		key(o, "errors");
		for (size_t i = 0; i < tls->error_count; i++) {
			text_string(o->out, i == 0 ? "[{\"code\":" : ",{\"code\":");
			text_uint(o->out, tls->error[i].code);
			text_literal(o->out, ",\"depth\":");
			text_uint(o->out, tls->error[i].depth);
			text_char(o->out, '}');
		}
		text_char(o->out, ']');
	}
}

static void put_tls(struct object *data, const struct obs_tls *tls, const struct judgement *judgement)
{
	struct object o;

	if (tls->version == TLS_NONE && !tls->alerted && tls->chain_count == 0 && tls->error_count == 0) {
		put_null(data, "tls");
		return;
	}
	key(data, "tls");
	o = object_begin(data->out);
	put_word(&o, "version", tls_version_name(tls->version));
	put_word(&o, "verify", tls->chain_count > 0 ? verify_word(judgement) : "");
	if (tls->alerted)
		put_uint(&o, "alert", tls->alert);
	if (tls->chain_count > 0)
		put_certificate(&o, &tls->chain[0]);
	put_chain(&o, tls);
	object_end(&o);
}

static void put_http(struct object *data, const struct obs_http *http)
{
	static const char *const failure[HTTP_FAILURE_COUNT] = { [HTTP_COMPLETE] = "",
								 [HTTP_TIMEOUT] = "timeout",
								 [HTTP_TOO_LARGE] = "too-large",
								 [HTTP_PROTOCOL] = "protocol" };
	struct object o;

	if (http->status == 0 && http->failure == HTTP_COMPLETE) {
		put_null(data, "http");
		return;
	}
	key(data, "http");
	o = object_begin(data->out);
	o.latin1 = !utf8_is_valid(http->content_type) || !utf8_is_valid(http->location) ||
		   !utf8_is_valid(http->content_encoding);
	if (http->status > 0)
		put_uint(&o, "status", http->status);
	else
		put_null(&o, "status");
	put_text(&o, "content_type", http->content_type);
	put_text(&o, "location", http->location);
	if (http->content_encoding.p)
		put_text(&o, "content_encoding", http->content_encoding);
	put_uint(&o, "size", http->size);
	if (http->failure != HTTP_COMPLETE)
		put_word(&o, "failure", failure[http->failure]);
	if (http->challenged)
		put_bool(&o, "challenged", true);
	object_end(&o);
}

/* What a body says, where it was judged. */
static void put_parsed(struct object *data, const struct jsonl_domain *d)
{
	const struct sts_policy *policy = d->policy;
	struct object o;
	struct span pattern;
	size_t at = 0;
	bool begun = false;

	put_word(data, "state", policy_state_name(d->judgement->policy));
	if (d->judgement->policy == POLICY_UNJUDGED || !policy) {
		put_null(data, "policy");
		return;
	}
	key(data, "policy");
	o = object_begin(data->out);
	put_word(&o, "version", policy->has_version ? "STSv1" : "");
	put_word(&o, "mode", sts_mode_name(policy->mode));
	if (policy->has_max_age)
		put_uint(&o, "max_age", policy->max_age);
	else
		put_null(&o, "max_age");
	key(&o, "mx");
	text_char(o.out, '[');
	while (sts_policy_next_mx(policy, &at, &pattern)) {
		if (begun)
			text_char(o.out, ',');
		begun = true;
		jsonl_string(o.out, pattern, false);
	}
	text_char(o.out, ']');
	object_end(&o);
}

/* The two address questions, in short. */
static void put_dns(struct object *data, const struct obs_policy *p)
{
	const struct obs_answer *const answer[] = { &p->a, &p->aaaa };
	static const char *const name[] = { "A", "AAAA" };
	struct object o;

	key(data, "dns");
	o = object_begin(data->out);
	for (int i = 0; i < 2; i++) {
		struct object one;

		key(&o, name[i]);
		one = object_begin(o.out);
		put_answer(&one, answer[i]);
		object_end(&one);
	}
	object_end(&o);
}

/* A whole answer has a body, be it empty. */
static void put_body(struct object *data, const struct obs_http *http)
{
	static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	bool is_empty = http->body.n == 0 && http->status > 0 && http->failure == HTTP_COMPLETE;

	put_text(data, "body", is_empty ? SPAN_LITERAL("") : http->body);
	if (http->body.n > 0)
		put_hash(data, "body_sha256", http->body_sha256);
	else
		put_word(data, "body_sha256", is_empty ? of_nothing : "");
}

static void put_policy_data(struct object *o, const struct jsonl_domain *d)
{
	const struct obs_policy *p = &d->observation->policy;
	const struct obs_answer *chain = p->a.cname_count > 0 ? &p->a : &p->aaaa;
	struct object data;

	key(o, "data");
	data = object_begin(o->out);
	data.latin1 = !all_utf8(chain->cname, chain->cname_count) || !utf8_is_valid(p->http.body) ||
		      !utf8_is_valid(d->observation->name);
	key(&data, "host");
	text_literal(o->out, "\"mta-sts.");
	put_characters(o->out, d->observation->name, data.latin1);
	text_char(o->out, '"');
	put_dns(&data, p);
	put_texts(&data, "cname", chain->cname, chain->cname_count);
	put_addresses(&data, p);
	if (p->fetch_ms > 0)
		put_uint(&data, "fetch_ms", p->fetch_ms);
	put_tls(&data, &p->tls, d->judgement);
	put_http(&data, &p->http);
	put_parsed(&data, d);
	put_body(&data, &p->http);
	object_end(&data);
}

static void put_policy(struct object *results, const struct jsonl_domain *d)
{
	const struct obs_policy *p = &d->observation->policy;
	struct object o;

	key(results, "POLICY");
	o = object_begin(results->out);
	put_word(&o, "status", connect_status_name(p->status));
	if (p->a.status != DNS_SKIPPED || p->aaaa.status != DNS_SKIPPED || p->address_count > 0)
		put_policy_data(&o, d);
	object_end(&o);
}

/* ---- the line ---- */

static void put_results(struct object *line, const struct jsonl_domain *d)
{
	struct object results;

	key(line, "results");
	results = object_begin(line->out);
	put_mx(&results, &d->observation->mx);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		put_txt(&results, d, (enum txt_question)q);
	put_policy(&results, d);
	object_end(&results);
}

static void put_judgement(struct object *line, const struct judgement *j)
{
	bool begun = false;

	key(line, "findings");
	text_char(line->out, '[');
	for (enum finding f = finding_next(&j->findings, 0); f < FINDING_COUNT; f = finding_next(&j->findings, f + 1)) {
		text_string(line->out, begun ? ",\"" : "\"");
		text_string(line->out, finding_table[f].code);
		text_char(line->out, '"');
		begun = true;
	}
	text_char(line->out, ']');
	put_word(line, "component", component_name(j->component));
	put_word(line, "verdict", judgement_verdict_name(j));
}

void jsonl_write(struct text *out, const struct jsonl_domain *d)
{
	const struct observation *o = d->observation;
	struct object line = object_begin(out);

	line.latin1 = !utf8_is_valid(o->name);
	put_text(&line, "name", (struct span){ o->name.p ? o->name.p : "", o->name.n });
	put_uint(&line, "index", o->index);
	if (o->rank > 0)
		put_uint(&line, "rank", o->rank);
	else
		put_null(&line, "rank");
	key(&line, "timestamp");
	text_char(out, '"');
	text_time_ms(out, o->time_ms);
	text_literal(out, "\",\"duration\":");
	text_uint(out, o->duration_ms / 1000);
	text_char(out, '.');
	text_padded(out, o->duration_ms % 1000, 3);
	put_word(&line, "status", domain_status_name(d->judgement->status));
	put_results(&line, d);
	put_judgement(&line, d->judgement);
	object_end(&line);
	text_char(out, '\n');
}

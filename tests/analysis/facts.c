/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct span keep(struct facts *f, struct span s)
{
	char *p = f->text + f->used;

	assert_true(f->used + s.n + 1 < sizeof(f->text));
	memcpy(p, s.p, s.n);
	f->used += s.n + 1;
	return (struct span){ p, s.n };
}

static uint64_t number(struct span s)
{
	char text[32] = "";

	assert_true(s.n > 0 && s.n < sizeof(text));
	memcpy(text, s.p, s.n);
	return strtoull(text, NULL, 10);
}

static bool dns_word(struct span s, struct obs_answer *answer)
{
	for (int i = 0; i < DNS_STATUS_COUNT; i++) {
		if (span_equal(s, span_of(dns_status_names[i]))) {
			answer->status = (enum dns_status)i;
			return true;
		}
	}
	return false;
}

static void set_mx(struct facts *f, struct span v)
{
	struct obs_mx *mx = &f->observation.mx;
	size_t blank = span_find(v, 0, ' ');
	struct span name;

	if (span_equal(v, SPAN_LITERAL("-")) || dns_word(v, &mx->answer)) {
		if (v.n == 1)
			mx->answer.status = DNS_NO_ANSWER;
		mx->count = 0;
		f->own_mx = true;
		return;
	}
	if (!f->own_mx)
		mx->count = 0;
	f->own_mx = true;
	mx->answer.status = DNS_NOERROR;
	assert_true(mx->count < OBS_MX_MAX && blank < v.n);
	name = span_skip(v, blank + 1);
	if (span_equal(name, SPAN_LITERAL(".")))
		name.n = 0;
	f->mx[mx->count].preference = (uint16_t)number((struct span){ v.p, blank });
	f->mx[mx->count++].name = keep(f, name);
}

static void set_txt(struct facts *f, struct obs_txt *txt, struct span *record, bool *own, struct span v)
{
	if (span_equal(v, SPAN_LITERAL("-")) || dns_word(v, &txt->answer)) {
		if (v.n == 1)
			txt->answer.status = DNS_NO_ANSWER;
		txt->count = 0;
		*own = true;
		return;
	}
	if (!*own)
		txt->count = 0;
	*own = true;
	txt->answer.status = DNS_NOERROR;
	record[txt->count++] = keep(f, v);
}

static void add_cname(struct facts *f, struct obs_answer *answer, struct span *store, struct span v)
{
	store[answer->cname_count++] = keep(f, v);
	answer->cname = store;
}

/* The zone file's, of the parent's side. */
static void add_ns(struct facts *f, struct span v)
{
	f->ns[f->observation.ns.count++] = keep(f, v);
	f->observation.ns.name = f->ns;
	f->observation.ns.parent = true;
}

/* As files before schema 1.2 have it: what was left out may be anything. */
static void leave_out(struct facts *f, struct span what)
{
	struct observation *o = &f->observation;

	if (span_equal(what, SPAN_LITERAL("mx")))
		o->mx.omitted = 1;
	else if (span_equal(what, SPAN_LITERAL("sts")))
		o->txt[TXT_STS].omitted = o->txt[TXT_STS].omitted_meant = 1;
	else if (span_equal(what, SPAN_LITERAL("rpt")))
		o->txt[TXT_TLSRPT].omitted = o->txt[TXT_TLSRPT].omitted_meant = 1;
	else if (span_equal(what, SPAN_LITERAL("addresses")))
		o->policy.address_omitted = o->policy.address_untried = 1;
	else
		f->leaf.name_omitted = 1;
}

/* Which of @words is @s. */
static unsigned word_of(struct span s, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (span_equal(s, span_of(words[i])))
			return i;
	fail_msg("no such word: %.*s", (int)s.n, s.p);
	return 0;
}

static enum obs_question question_of(struct span s)
{
	const char *names[QUESTION_COUNT];

	for (unsigned q = 0; q < QUESTION_COUNT; q++)
		names[q] = obs_question_name((enum obs_question)q);
	return (enum obs_question)word_of(s, names, QUESTION_COUNT);
}

static void set_source(struct facts *f, struct span v)
{
	struct observation *o = &f->observation;
	struct span name, source, why = { NULL, 0 };
	enum obs_question question;
	struct obs_answer *answer;

	span_next_part(&v, ' ', &name);
	span_next_part(&v, ' ', &source);
	span_next_part(&v, ' ', &why);
	question = question_of(name);
	answer = question == QUESTION_MX ? &o->mx.answer : &o->txt[question - QUESTION_TXT].answer;
	answer->source = word_of(source, obs_source_names, SOURCE_COUNT);
	answer->fall_back = word_of(why, obs_fall_back_names, FALL_BACK_COUNT);
}

static void add_audit(struct facts *f, struct span v)
{
	struct span question;

	span_next_part(&v, ' ', &question);
	f->audit[f->observation.audit_count++] = (struct obs_audit){
		.question = question_of(question), .kind = word_of(v, obs_audit_kind_names, AUDIT_KIND_COUNT)
	};
	f->observation.audit = f->audit;
}

static bool set_dns(struct facts *f, struct span w, struct span v)
{
	struct observation *o = &f->observation;

#define IS(word) span_equal(w, SPAN_LITERAL(word))
	if (IS("mx"))
		set_mx(f, v);
	else if (IS("sts"))
		set_txt(f, &o->txt[TXT_STS], f->sts, &f->own_sts, v);
	else if (IS("rpt"))
		set_txt(f, &o->txt[TXT_TLSRPT], f->rpt, &f->own_rpt, v);
	else if (IS("sts-cname"))
		add_cname(f, &o->txt[TXT_STS].answer, f->sts_cname, v);
	else if (IS("rpt-cname"))
		add_cname(f, &o->txt[TXT_TLSRPT].answer, f->rpt_cname, v);
	else if (IS("a-cname"))
		add_cname(f, &o->policy.a, f->a_cname, v);
	else if (IS("aaaa-cname"))
		add_cname(f, &o->policy.aaaa, f->aaaa_cname, v);
	else if (IS("sts-loop"))
		o->txt[TXT_STS].answer.cname_loop = true;
	else if (IS("rpt-loop"))
		o->txt[TXT_TLSRPT].answer.cname_loop = true;
	else if (IS("a-loop"))
		o->policy.a.cname_loop = true;
	else if (IS("a"))
		assert_true(dns_word(v, &o->policy.a));
	else if (IS("aaaa"))
		assert_true(dns_word(v, &o->policy.aaaa));
	else if (IS("ns"))
		add_ns(f, v);
	else if (IS("source"))
		set_source(f, v);
	else if (IS("audit"))
		add_audit(f, v);
	else if (IS("ttl"))
		o->mx.answer.ttl = o->txt[TXT_STS].answer.ttl = o->txt[TXT_TLSRPT].answer.ttl = (uint32_t)number(v);
	else if (IS("left-out"))
		leave_out(f, v);
	else if (IS("addresses"))
		o->policy.address_count = number(v);
	else
		return false;
	return true;
}

static void set_connect(struct facts *f, struct span v)
{
	for (int i = 0; i < CONNECT_STATUS_COUNT; i++) {
		if (span_equal(v, span_of(connect_status_names[i]))) {
			f->observation.policy.status = (enum connect_status)i;
			return;
		}
	}
	fail_msg("no connect status: %.*s", (int)v.n, v.p);
}

static void add_san(struct facts *f, struct span v)
{
	if (!f->own_san)
		f->leaf.name_count = 0;
	f->own_san = true;
	f->san[f->leaf.name_count++] = keep(f, v);
}

static bool set_tls(struct facts *f, struct span w, struct span v)
{
	static const char *const versions[TLS_VERSION_COUNT] = { "none", "1.0", "1.1", "1.2", "1.3" };
	struct obs_tls *tls = &f->observation.policy.tls;

	if (IS("connect")) {
		set_connect(f, v);
	} else if (IS("reserved")) {
		f->observation.policy.reserved = true;
	} else if (IS("tls")) {
		for (int i = 0; i < TLS_VERSION_COUNT; i++)
			if (span_equal(v, span_of(versions[i])))
				tls->version = (enum tls_version)i;
	} else if (IS("alert")) {
		tls->alerted = true;
		tls->alert = (uint8_t)number(v);
		tls->chain_count = 0;
	} else if (IS("no-chain")) {
		tls->chain_count = 0;
	} else if (IS("san")) {
		add_san(f, v);
	} else if (IS("no-san")) {
		f->leaf.name_count = 0;
	} else if (IS("cn")) {
		f->leaf.common_name = keep(f, v);
	} else if (IS("verify")) {
		f->error[tls->error_count++].code = (uint16_t)number(v);
	} else if (IS("leaf")) {
		f->leaf.sha256[0] = (uint8_t)number(v);
	} else if (IS("issued")) {
		f->leaf.not_before = f->observation.time_ms / 1000 + (int64_t)number(v);
	} else if (IS("expires")) {
		f->leaf.not_after = f->observation.time_ms / 1000 + (int64_t)number(v);
	} else {
		return false;
	}
	return true;
}

static void set_body(struct facts *f, struct span v)
{
	struct span body = keep(f, v);
	char *p = f->text + (body.p - f->text);

	for (size_t i = 0; i < body.n; i++)
		p[i] = p[i] == '|' ? '\n' : p[i];
	f->observation.policy.http.body = body;
	f->observation.policy.http.size = body.n;
	memset(f->observation.policy.http.body_sha256, 0, sizeof(f->observation.policy.http.body_sha256));
	for (size_t i = 0; i < body.n; i++) /* not SHA-256, but another one for another body */
		f->observation.policy.http.body_sha256[i % 32] =
			(uint8_t)(f->observation.policy.http.body_sha256[i % 32] * 31 + p[i]);
}

static bool set_http(struct facts *f, struct span w, struct span v)
{
	static const char *const failures[HTTP_FAILURE_COUNT] = { "", "timeout", "too-large", "protocol" };
	struct obs_http *http = &f->observation.policy.http;

	if (IS("http")) {
		http->status = (uint16_t)number(v);
	} else if (IS("type")) {
		http->content_type = span_equal(v, SPAN_LITERAL("-")) ? (struct span){ NULL, 0 } : keep(f, v);
	} else if (IS("coding")) {
		http->content_encoding = keep(f, v);
	} else if (IS("failure")) {
		for (int i = 0; i < HTTP_FAILURE_COUNT; i++)
			if (span_equal(v, span_of(failures[i])))
				http->failure = (enum http_failure)i;
	} else if (IS("challenge")) {
		http->challenge = keep(f, v);
	} else if (IS("challenged")) {
		http->challenged = true;
	} else if (IS("body")) {
		set_body(f, v);
	} else {
		return false;
	}
	return true;
}

static void add_label(struct facts *f, struct span v)
{
	size_t blank = span_find(v, 0, ' ');
	struct span name = keep(f, (struct span){ v.p, blank });

	f->label[f->observation.label_count++] =
		(struct obs_label){ name, keep(f, span_skip(v, blank < v.n ? blank + 1 : v.n)) };
	f->observation.label = f->label;
}

static bool set_domain(struct facts *f, struct span w, struct span v)
{
	struct observation *o = &f->observation;

	if (IS("name"))
		o->name = keep(f, v);
	else if (IS("rank"))
		o->rank = number(v);
	else if (IS("label"))
		add_label(f, v);
	else if (IS("time"))
		o->time_ms = (int64_t)number(v) * 1000;
	else if (IS("input"))
		*o = (struct observation){
			.name = o->name,
			.time_ms = o->time_ms,
			.input = span_equal(v, SPAN_LITERAL("illegal")) ? INPUT_ILLEGAL : INPUT_BLOCKLISTED,
		};
	else
		return false;
	return true;
}

static void make_good(struct facts *f)
{
	struct observation *o = &f->observation;

	memset(f, 0, sizeof(*f));
	o->name = SPAN_LITERAL("example.com");
	o->time_ms = (int64_t)FACTS_TIME * 1000;
	o->mx.answer.status = o->txt[TXT_STS].answer.status = o->txt[TXT_TLSRPT].answer.status = DNS_NOERROR;
	o->mx.record = f->mx;
	f->mx[0] = (struct obs_mx_record){ 10, SPAN_LITERAL("mail.example.com") };
	o->txt[TXT_STS].record = f->sts;
	f->sts[0] = SPAN_LITERAL("v=STSv1; id=1");
	o->txt[TXT_TLSRPT].record = f->rpt;
	f->rpt[0] = SPAN_LITERAL("v=TLSRPTv1; rua=mailto:reports@example.com");
	o->mx.count = o->txt[TXT_STS].count = o->txt[TXT_TLSRPT].count = 1;
	o->policy.a.status = DNS_NOERROR;
	o->policy.aaaa.status = DNS_NO_ANSWER;
	o->policy.address = f->address;
	f->address[0] = (struct obs_address){ 4, { 192, 0, 2, 1 } };
	o->policy.address_count = 1;
	o->policy.status = CONNECT_SUCCESS;
	o->policy.tls.version = TLS_1_3;
	o->policy.tls.chain = &f->leaf;
	o->policy.tls.chain_count = 1;
	o->policy.tls.error = f->error;
	f->leaf.name = f->san;
	f->san[0] = SPAN_LITERAL("mta-sts.example.com");
	f->leaf.name_count = 1;
	f->leaf.issuer = SPAN_LITERAL("CN=Test CA");
	f->leaf.not_before = FACTS_TIME - 86400;
	f->leaf.not_after = FACTS_TIME + 60 * 86400;
	o->policy.http.status = 200;
	o->policy.http.content_type = SPAN_LITERAL("text/plain");
	set_body(f, SPAN_LITERAL("version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|"));
}

void facts_make(struct facts *facts, const char *lines)
{
	struct span all = span_of(lines);

	make_good(facts);
	for (size_t at = 0, end; at < all.n; at = end + 1) {
		struct span line, word, value;

		end = span_find(all, at, '\n');
		line = (struct span){ all.p + at, end - at };
		word = (struct span){ line.p, span_find(line, 0, ' ') };
		value = span_skip(line, word.n < line.n ? word.n + 1 : word.n);
		if (!set_domain(facts, word, value) && !set_dns(facts, word, value) && !set_tls(facts, word, value) &&
		    !set_http(facts, word, value) && !host_facts_set(&facts->hosts, &facts->observation, word, value))
			fail_msg("no such fact: %.*s", (int)line.n, line.p);
	}
}

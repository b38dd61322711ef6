/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/https/net_curl_rig.h"

#include "scanner/rules/address.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

#include "tests/scanner/tls/test_pki.h"

struct rig_pki rig_pki;
bool rig_keep_certificates;

int rig_pki_init(void **state)
{
	static const struct span host = SPAN_LITERAL(HOST);
	struct rig_pki *p = &rig_pki;

	(void)state;
	p->ca_key = pki_key();
	p->key = pki_key();
	p->root = pki_certificate(&(struct pki_spec){ .common_name = "Test Root", .ca = true }, p->ca_key);
	p->middle = pki_certificate(
		&(struct pki_spec){ .common_name = "Middle", .ca = true, .issuer = p->root, .issuer_key = p->ca_key },
		p->key);
	p->leaf = pki_certificate(
		&(struct pki_spec){
			.common_name = HOST, .san = &host, .san_count = 1, .issuer = p->middle, .issuer_key = p->key },
		p->key);
	p->store = pki_store(p->root);
	return 0;
}

int rig_pki_fini(void **state)
{
	(void)state;
	tls_store_free(rig_pki.store);
	X509_free(rig_pki.root);
	X509_free(rig_pki.middle);
	X509_free(rig_pki.leaf);
	EVP_PKEY_free(rig_pki.ca_key);
	EVP_PKEY_free(rig_pki.key);
	return 0;
}

void rig_init(struct rig *rig, const struct rig_options *options)
{
	static const char *const labs[] = { "127.0.0.0/8", "240.0.0.0/4", "fe80::/10", "::1/128" };
	struct error error;
	struct net_curl_options net = {
		.loop = &rig->loop,
		.store = options->store,
		.https_port = options->port,
		.timeout_s = options->timeout_s > 0 ? options->timeout_s : 5,
		.handshake_ms = options->handshake_ms,
		.first_line_ms = options->first_line_ms,
		.keep_certificates = rig_keep_certificates,
		.pace = options->pace,
		.concurrency = options->concurrency > 0 ? options->concurrency : 16,
		.user_agent = "stsurvey/test (+https://example.test/)",
	};

	*rig = (struct rig){ .hosts = options->hosts ? options->hosts : host_limit_new(options->per_host),
			     .own_hosts = !options->hosts,
			     .allow = cidr_set_new(),
			     .address_blocklist = cidr_set_new() };
	for (size_t i = 0; i < COUNT_OF(labs); i++)
		assert_int_equal(cidr_set_add(rig->allow, span_of(labs[i])), 0);
	if (options->block)
		assert_int_equal(cidr_set_add(rig->address_blocklist, span_of(options->block)), 0);
	net.hosts = rig->hosts;
	net.allow = rig->allow;
	net.address_blocklist = rig->address_blocklist;
	assert_int_equal(uv_loop_init(&rig->loop), 0);
	if (net_curl_open(&rig->curl, &net, &error) != 0)
		fail_msg("%s", error.text);
}

void rig_fini(struct rig *rig)
{
	assert_int_equal(rig->open, 0);
	assert_int_equal(net_curl_gate(rig->curl)->open, 0);
	assert_int_equal(net_curl_gate(rig->curl)->waiting, 0);
	net_curl_close(rig->curl);
	while (uv_run(&rig->loop, UV_RUN_DEFAULT) != 0)
		continue;
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	if (rig->own_hosts)
		host_limit_free(rig->hosts);
	cidr_set_free(rig->allow);
	cidr_set_free(rig->address_blocklist);
}

static void on_done(struct net_fetch *fetch)
{
	struct rig *rig = fetch->arg;
	struct rig_fetch *rig_fetch = (struct rig_fetch *)fetch; /* its first member */

	rig_fetch->done++;
	rig_fetch->place = ++rig->ended;
	if (rig->stop_when_done)
		net_curl_stop(rig->curl);
	if (--rig->open == 0)
		uv_stop(&rig->loop);
}

void rig_begin(struct rig *rig, struct rig_fetch *fetch, const char *host, const char *const *addresses)
{
	static const char *const localhost[] = { "127.0.0.1", NULL };

	*fetch = (struct rig_fetch){ .fetch = { .host = span_of(host), .on_done = on_done, .arg = rig } };
	fetch->arena = (struct arena){ 0 };
	if (!addresses)
		addresses = localhost;
	for (size_t i = 0; i < 4 && addresses[i]; i++) {
		assert_true(address_parse(span_of(addresses[i]), &fetch->address[i]));
		fetch->fetch.allowed |= UINT32_C(1) << fetch->fetch.address_count++;
	}
	fetch->fetch.address = fetch->address;
	fetch->fetch.arena = &fetch->arena;
	fetch->fetch.policy = &fetch->policy;
	rig->open++;
	net_curl_fetch(rig->curl, &fetch->fetch);
}

void rig_fetch_fini(struct rig_fetch *fetch)
{
	arena_fini(&fetch->arena);
}

void rig_run(struct rig *rig)
{
	while (rig->open > 0)
		uv_run(&rig->loop, UV_RUN_DEFAULT);
}

static void check(const char *name, const struct obs_policy *policy, const struct rig_expected *want)
{
	size_t errors = 0;

	while (errors < 3 && want->error[errors])
		errors++;
#define SAME(got, wanted)                                                                                              \
	do {                                                                                                           \
		if ((long)(got) != (long)(wanted))                                                                     \
			fail_msg("%s: " #got " is %ld, not %ld", name, (long)(got), (long)(wanted));                   \
	} while (0)
	SAME(policy->status, want->status);
	SAME(policy->address_used, 0);
	SAME(policy->tls.version, want->version);
	SAME(policy->tls.alerted, want->alert != 0);
	SAME(policy->tls.alert, want->alert);
	SAME(policy->tls.chain_count, want->chain);
	for (size_t i = 0; i < errors && i < policy->tls.error_count; i++)
		SAME(policy->tls.error[i].code, want->error[i]);
	SAME(policy->tls.error_count, errors);
	SAME(policy->http.status, want->http_status);
	SAME(policy->http.failure, want->failure);
	if (want->body == RIG_SOME)
		assert_true(policy->http.body.n > 0 && policy->http.size == policy->http.body.n);
	else
		SAME(policy->http.body.n, want->body);
	if (want->size == RIG_SOME)
		return;
	if (want->size == RIG_MORE)
		assert_true(policy->http.size > want->body);
	else
		SAME(policy->http.size, want->size);
#undef SAME
}

void rig_fetch_one(const char *name, const struct tls_peer_plan *plan, double timeout_s,
		   const struct rig_expected *want,
		   void (*look)(const struct obs_policy *policy, struct tls_peer *peer))
{
	struct tls_peer peer;
	struct rig rig;
	struct rig_fetch fetch;

	tls_peer_start(&peer, plan, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .timeout_s = timeout_s });
	rig_begin(&rig, &fetch, HOST, NULL);
	rig_run(&rig);
	assert_int_equal(fetch.done, 1);
	if (fetch.fetch.fault != NET_OK)
		fail_msg("%s: fault %d", name, fetch.fetch.fault);
	check(name, &fetch.policy, want);
	if (look)
		look(&fetch.policy, &peer);
	rig_fetch_fini(&fetch);
	rig_fini(&rig);
	tls_peer_stop(&peer);
}

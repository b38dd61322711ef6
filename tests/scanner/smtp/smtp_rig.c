/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/smtp/smtp_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/rules/address.h"
#include "tests/scanner/tls/test_pki.h"

struct smtp_pki smtp_pki;

static X509 *leaf(const char *name, long from_s, long until_s)
{
	struct span san = span_of(name);

	return pki_certificate(&(struct pki_spec){ .common_name = name,
						   .san = &san,
						   .san_count = 1,
						   .from_s = from_s,
						   .until_s = until_s,
						   .issuer = smtp_pki.root,
						   .issuer_key = smtp_pki.ca_key },
			       smtp_pki.key);
}

int smtp_pki_init(void **state)
{
	struct smtp_pki *p = &smtp_pki;

	(void)state;
	p->ca_key = pki_key();
	p->key = pki_key();
	p->root = pki_certificate(&(struct pki_spec){ .common_name = "Test Root", .ca = true }, p->ca_key);
	p->leaf = leaf(MX, 0, 0);
	p->expired = leaf(MX, -2L * PKI_DAY, -1L * PKI_DAY);
	p->other = leaf("other.example.test", 0, 0);
	p->store = pki_store(p->root);
	return 0;
}

int smtp_pki_fini(void **state)
{
	(void)state;
	tls_store_free(smtp_pki.store);
	X509_free(smtp_pki.root);
	X509_free(smtp_pki.leaf);
	X509_free(smtp_pki.expired);
	X509_free(smtp_pki.other);
	EVP_PKEY_free(smtp_pki.ca_key);
	EVP_PKEY_free(smtp_pki.key);
	return 0;
}

void smtp_rig_init(struct smtp_rig *rig)
{
	*rig = (struct smtp_rig){ .allow = cidr_set_new(), .hosts = host_limit_new(0) };
	assert_int_equal(cidr_set_add(rig->allow, SPAN_LITERAL("127.0.0.0/8")), 0);
	assert_int_equal(uv_loop_init(&rig->loop), 0);
}

void smtp_rig_fini(struct smtp_rig *rig)
{
	assert_int_equal(rig->open, 0);
	while (uv_run(&rig->loop, UV_RUN_DEFAULT) != 0)
		continue;
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	host_limit_free(rig->hosts);
	cidr_set_free(rig->allow);
}

static void on_done(struct net_probe *request)
{
	struct smtp_rig_probe *probe = (struct smtp_rig_probe *)request; /* its first member */
	struct smtp_rig *rig = probe->rig;

	probe->done++;
	probe->place = ++rig->ended;
	if (probe->stop_when_done)
		net_smtp_stop(probe->smtp);
	if (--rig->open == 0)
		uv_stop(&rig->loop);
}

static void set_request(struct smtp_rig_probe *probe, const char *address)
{
	assert_true(address_parse(span_of(address), &probe->address));
	probe->probe = (struct net_probe){ .host = SPAN_LITERAL(MX), .sni_name = SPAN_LITERAL(MX) };
}

void smtp_rig_open(struct smtp_rig *rig, struct smtp_rig_probe *probe, struct net_smtp_options options)
{
	struct error error;

	probe->rig = rig;
	probe->has_peer = probe->peer.script[0];
	if (probe->has_peer)
		smtp_peer_start(&probe->peer, NULL, 0);
	if (options.smtp_port == 0)
		options.smtp_port = probe->peer.tls.port;
	if (options.concurrency == 0)
		options.concurrency = 16;
	if (!options.hosts)
		options.hosts = rig->hosts;
	if (!options.store)
		options.store = smtp_pki.store;
	if (!options.allow)
		options.allow = rig->allow;
	options.loop = &rig->loop;
	options.ehlo_domain = EHLO_NAME;
	if (net_smtp_open(&probe->smtp, &options, &error) != 0)
		fail_msg("%s", error.text);
	set_request(probe, "127.0.0.1");
}

void smtp_rig_join(struct smtp_rig_probe *first, struct smtp_rig_probe *probe, const char *address)
{
	probe->rig = first->rig;
	probe->smtp = first->smtp;
	probe->joined = true;
	probe->has_peer = probe->peer.script[0];
	if (probe->has_peer)
		smtp_peer_start(&probe->peer, address, first->peer.tls.port);
	set_request(probe, address);
}

void smtp_rig_begin(struct smtp_rig_probe *probe)
{
	struct net_probe *request = &probe->probe;

	request->address = &probe->address;
	request->arena = &probe->arena;
	request->smtp = &probe->facts;
	request->on_done = on_done;
	request->fault = 1;
	probe->facts = (struct obs_smtp){ .address = 7, .phase = SMTP_SECURE };
	probe->done = 0;
	probe->rig->open++;
	net_smtp_probe(probe->smtp, request);
}

void smtp_rig_run(struct smtp_rig *rig)
{
	while (rig->open > 0)
		uv_run(&rig->loop, UV_RUN_DEFAULT);
}

void smtp_rig_close(struct smtp_rig_probe *probe)
{
	const struct gate *gate = net_smtp_gate(probe->smtp);

	if (probe->joined)
		return;
	assert_int_equal(gate->open + gate->slow + gate->waiting, 0);
	net_smtp_close(probe->smtp);
}

void smtp_rig_stop(struct smtp_rig_probe *probe)
{
	if (probe->has_peer)
		smtp_peer_stop(&probe->peer);
	probe->has_peer = false;
}

void smtp_rig_free(struct smtp_rig_probe *probe)
{
	arena_fini(&probe->arena);
}

void smtp_rig_end(struct smtp_rig *rig, struct smtp_rig_probe *probe, size_t count)
{
	for (size_t i = count; i-- > 0;)
		smtp_rig_close(&probe[i]);
	smtp_rig_fini(rig);
	for (size_t i = 0; i < count; i++) {
		smtp_rig_stop(&probe[i]);
		smtp_rig_free(&probe[i]);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/smtp/smtp_tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "scanner/base/counted_alloc.h"
#include "scanner/tls/dane.h"

enum { SNI_MAX = 256 /* octets with NUL; a DNS name has 253 */ };

struct smtp_tls {
	SSL *ssl;
	BIO *out; /* the SSL's */
	struct tls_watch watch;
	const struct net_probe *probe;
};

void smtp_tls_free(struct smtp_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

static bool set_up(struct smtp_tls *tls, SSL_CTX *context, struct span sni)
{
	BIO *in = BIO_new(BIO_s_mem());
	char name[SNI_MAX];

	tls->ssl = SSL_new(context);
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !in || !tls->out) {
		BIO_free(in);
		BIO_free(tls->out);
		return false;
	}
	SSL_set_bio(tls->ssl, in, tls->out);
	if (tls_watch_put(&tls->watch, tls->ssl) != 0)
		return false;
	if (!sni.p || sni.n >= sizeof(name))
		return true;
	memcpy(name, sni.p, sni.n);
	name[sni.n] = '\0';
	return SSL_set_tlsext_host_name(tls->ssl, name) == 1;
}

struct smtp_tls *smtp_tls_new(const struct smtp_tls_ways *ways, const struct net_probe *probe, bool old)
{
	struct smtp_tls *tls = calloc(1, sizeof(*tls));
	unsigned before = counted_alloc_failures();

	if (!tls)
		return NULL;
	tls->probe = probe;
	tls->watch = (struct tls_watch){ .store = ways->store,
					 .host = probe->host,
					 .arena = probe->arena,
					 .tls = &probe->smtp->tls,
					 .keep_der = ways->keep_certificates };
	if (set_up(tls, old ? ways->old_context : ways->context, probe->sni_name) && counted_alloc_failures() == before)
		return tls;
	smtp_tls_free(tls);
	ERR_clear_error();
	return NULL;
}

bool smtp_tls_came(struct smtp_tls *tls, struct span octets)
{
	unsigned before = counted_alloc_failures();

	BIO_write(SSL_get_rbio(tls->ssl), octets.p, (int)octets.n);
	return counted_alloc_failures() == before;
}

/* What the call that returned @value has come to; @before: counted_alloc_failures() then. */
static enum smtp_tls_state state_of(struct smtp_tls *tls, int value, unsigned before)
{
	int error = value > 0 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, value);

	ERR_clear_error();
	if (tls->watch.no_memory || counted_alloc_failures() != before)
		return SMTP_TLS_NO_MEMORY;
	if (error == SSL_ERROR_NONE)
		return SMTP_TLS_DONE;
	return error == SSL_ERROR_WANT_READ ? SMTP_TLS_MORE : SMTP_TLS_FAILED;
}

enum smtp_tls_state smtp_tls_shake(struct smtp_tls *tls)
{
	const struct net_probe *probe = tls->probe;
	unsigned before = counted_alloc_failures();
	enum smtp_tls_state state = state_of(tls, SSL_connect(tls->ssl), before);

	if (state == SMTP_TLS_DONE && probe->tlsa &&
	    dane_judge_peer(tls->ssl, probe->tlsa, probe->arena, &probe->smtp->dane) != NET_OK)
		return SMTP_TLS_NO_MEMORY;
	return state;
}

enum smtp_tls_state smtp_tls_read(struct smtp_tls *tls, char *octets, size_t n, size_t *got)
{
	unsigned before = counted_alloc_failures();

	*got = 0;
	return state_of(tls, SSL_read_ex(tls->ssl, octets, n, got), before);
}

bool smtp_tls_write(struct smtp_tls *tls, struct span text)
{
	unsigned before = counted_alloc_failures();
	size_t written;

	SSL_write_ex(tls->ssl, text.p, text.n, &written);
	ERR_clear_error();
	return counted_alloc_failures() == before;
}

void smtp_tls_close(struct smtp_tls *tls)
{
	SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

struct span smtp_tls_due(const struct smtp_tls *tls)
{
	char *octets;
	long n = BIO_get_mem_data(tls->out, &octets);

	return (struct span){ octets, n > 0 ? (size_t)n : 0 };
}

void smtp_tls_sent(struct smtp_tls *tls)
{
	BIO_reset(tls->out);
}

bool smtp_tls_refused(struct smtp_tls *tls)
{
	struct obs_tls *kept = tls->watch.tls;

	if (kept->version != TLS_1_3 || tls->watch.late_alert == 0)
		return false;
	kept->alerted = true;
	kept->alert = tls->watch.late_alert;
	return true;
}

bool smtp_tls_version_refused(const struct smtp_tls *tls)
{
	return tls->watch.version_refused;
}

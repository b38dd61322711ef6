/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/pack.h"

#include <string.h>

#include "parsers/utf8.h"

/* ---- a record's end ---- */

void pack_cut_back(struct record_buffer *b, const struct pack_mark *mark)
{
	b->n = mark->n;
	b->failed = false;
	for (int t = 0; t < TABLE_COUNT; t++)
		intern_cut(&b->table[t], mark->count[t]);
}

/* What the record brought is not in the file: some other record shall bring it. Where the file has it already, it gets
 * it again. */
static void forget_kept(struct record_buffer *b, uint32_t first)
{
	const struct intern *certificates = &b->table[TABLE_CERTIFICATE];

	for (uint32_t i = first; b->kept && i < certificates->count; i++)
		kept_remove(b->kept, (const uint8_t *)b->data + certificates->run[i].offset);
}

int pack_finish(struct record_buffer *b, const struct pack_mark *mark)
{
	if (!b->failed)
		return 0;
	forget_kept(b, mark->count[TABLE_CERTIFICATE]);
	pack_cut_back(b, mark);
	return -1;
}

/* ---- values ---- */

void pack_text(struct record_buffer *b, struct span s)
{
	if (!utf8_is_valid(s)) {
		pack_bin(b, s.p, s.n);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

void pack_text_or_nil(struct record_buffer *b, struct span s)
{
	if (s.p)
		pack_text(b, s);
	else
		pack_nil(b);
}

void pack_texts(struct record_buffer *b, const struct span *text, size_t count)
{
	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_text(b, text[i]);
}

/* ---- what many records hold ---- */

void pack_addresses(struct record_buffer *b, const struct obs_address *address, size_t count)
{
	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_bin(b, address[i].octet, address[i].family == 6 ? 16 : 4);
}

void pack_verify_errors(struct record_buffer *b, const struct obs_verify_error *error, size_t count)
{
	size_t errors = at_most(count, OBS_VERIFY_ERRORS_MAX);

	pack_array(b, ERROR_ELEMENTS * errors);
	for (size_t i = 0; i < errors; i++) {
		pack_uint(b, error[i].code);
		pack_uint(b, error[i].depth);
	}
}

/* What is known of the key, and how it was signed: since schema 1.3. */
static void pack_key(struct record_buffer *b, const struct obs_certificate *c)
{
	if (!c->spki_known) {
		for (int at = CERTIFICATE_AT_SPKI_SHA256; at < CERTIFICATE_AT_DER; at++)
			pack_nil(b);
		return;
	}
	pack_bin(b, c->spki_sha256, sizeof(c->spki_sha256));
	pack_bin(b, c->serial.p, at_most(c->serial.n, OBS_SERIAL_MAX));
	pack_text(b, c->key_type);
	pack_uint(b, c->key_bits);
	pack_text(b, c->signature);
	pack_uint(b, c->self_issued);
}

/* The number of the certificate in the frame; it is written where it is new. By all that is told of it, not by its hash
 * alone: what is told under one hash may differ, where somebody else's file is written anew. */
static long pack_certificate(struct record_buffer *b, const struct obs_certificate *c)
{
	size_t names = at_most(c->name_count, OBS_CERT_NAMES_MAX), start = b->n, key;
	size_t omitted = c->name_omitted + c->name_count - names;
	bool is_whole = c->der.p && c->der.n <= OBS_DER_MAX, has_key = c->spki_known || is_whole;
	long number;

	pack_array(b, is_whole      ? CERTIFICATE_AT_DER + 1
		      : has_key     ? CERTIFICATE_AT_DER
		      : omitted > 0 ? CERTIFICATE_AT_NAME_OMITTED + 1
				    : CERTIFICATE_ELEMENTS);
	pack_uint(b, RECORD_KIND_CERTIFICATE);
	pack_bin(b, c->sha256, sizeof(c->sha256));
	key = b->n - sizeof(c->sha256);
	pack_int(b, c->not_before);
	pack_int(b, c->not_after);
	pack_text(b, c->issuer);
	pack_text(b, c->common_name);
	pack_texts(b, c->name, names);
	if (has_key || omitted > 0)
		pack_uint(b, omitted);
	if (has_key)
		pack_key(b, c);
	number = pack_number_of(b, TABLE_CERTIFICATE, start, key);
	if (b->n == start)
		return number;
	if (is_whole && (!b->kept || kept_add(b->kept, c->sha256)))
		pack_bin(b, c->der.p, c->der.n);
	else if (is_whole)
		pack_nil(b);
	return number;
}

void pack_chain(struct record_buffer *b, const struct obs_tls *tls, struct pack_chain *chain)
{
	for (size_t i = 0; i < at_most(tls->chain_count, OBS_CHAIN_MAX); i++)
		chain->number[i] = pack_certificate(b, &tls->chain[i]);
}

void pack_tls(struct record_buffer *b, const struct obs_tls *tls, const struct pack_chain *numbers)
{
	size_t chain = at_most(tls->chain_count, OBS_CHAIN_MAX);
	bool has_group = tls->group.n > 0, has_cipher = has_group || tls->cipher.n > 0;

	if (obs_tls_is_empty(tls)) {
		pack_nil(b);
		return;
	}
	pack_array(b, TLS_ELEMENTS + has_cipher + has_group);
	pack_uint(b, tls->version);
	if (tls->alerted)
		pack_uint(b, tls->alert);
	else
		pack_nil(b);
	pack_array(b, chain);
	for (size_t i = 0; i < chain; i++)
		pack_int(b, numbers->number[i]);
	pack_verify_errors(b, tls->error, tls->error_count);
	pack_uint(b, tls->chain_omitted + tls->chain_count - chain);
	if (has_cipher)
		pack_text(b, tls->cipher);
	if (has_group)
		pack_text(b, tls->group);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to a policy: the part of output/scan_file/pack.h that its counterpart decode_policy.c reads. */
#include "output/scan_file/pack.h"

/* An answer of the policy host: flags, tries, TTL, chain. */
static void pack_answer(struct record_buffer *b, const struct obs_answer *answer)
{
	size_t cnames = at_most(answer->cname_count, OBS_CNAME_MAX);

	pack_array(b, ANSWER_ELEMENTS + cnames);
	pack_asked(b, answer);
	pack_uint(b, answer->ttl);
	for (size_t i = 0; i < cnames; i++)
		pack_text(b, answer->cname[i]);
}

/* The number of the body in the frame; it is written where it is new. */
static long pack_body(struct record_buffer *b, const struct obs_http *http)
{
	size_t start = b->n;

	pack_array(b, BODY_ELEMENTS);
	pack_uint(b, RECORD_KIND_BODY);
	pack_bin(b, http->body_sha256, sizeof(http->body_sha256));
	pack_text(b, http->body);
	return pack_number_of(b, TABLE_BODY, start, start);
}

void pack_referred(struct record_buffer *b, const struct obs_policy *p, struct pack_referred *referred)
{
	pack_chain(b, &p->tls, &referred->chain);
	referred->body = p->http.body.n > 0 ? pack_body(b, &p->http) : 0;
}

static void pack_http(struct record_buffer *b, const struct obs_http *http, long body)
{
	bool is_challenge = http->challenge.p, is_encoded = is_challenge || http->content_encoding.p;

	if (obs_http_is_empty(http)) {
		pack_nil(b);
		return;
	}
	pack_array(b, HTTP_ELEMENTS + is_encoded + is_challenge);
	pack_uint(b, http->status);
	pack_uint(b, http->failure);
	pack_uint(b, http->size);
	pack_text_or_nil(b, http->content_type);
	pack_text_or_nil(b, http->location);
	if (http->body.n > 0)
		pack_int(b, body);
	else
		pack_nil(b);
	pack_uint(b, 0); /* challenged: no longer written, `challenge` holds what it was drawn from */
	if (is_encoded)
		pack_text_or_nil(b, http->content_encoding);
	if (is_challenge)
		pack_text(b, http->challenge);
}

void pack_policy(struct record_buffer *b, const struct obs_policy *p, const struct pack_referred *referred)
{
	size_t addresses = at_most(p->address_count, OBS_ADDRESS_MAX);
	size_t omitted = p->address_omitted + p->address_count - addresses;
	bool has_why = pack_has_why(&p->a) || pack_has_why(&p->aaaa),
	     has_untried = has_why || omitted > p->address_untried;

	pack_array(b, POLICY_ELEMENTS + has_untried + has_why);
	pack_uint(b, p->status);
	pack_answer(b, &p->a);
	pack_answer(b, &p->aaaa);
	pack_addresses(b, p->address, addresses);
	pack_int(b, p->address_used >= 0 && (size_t)p->address_used < addresses ? p->address_used : -1);
	pack_uint(b, p->fetch_ms);
	pack_tls(b, &p->tls, &referred->chain);
	pack_http(b, &p->http, referred->body);
	pack_uint(b, p->reserved);
	pack_uint(b, omitted);
	if (has_untried)
		pack_uint(b, p->address_untried);
	if (has_why) {
		pack_array(b, 2 * WHY_ELEMENTS);
		pack_why(b, &p->a);
		pack_why(b, &p->aaaa);
	}
}

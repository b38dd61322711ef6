/* SPDX-License-Identifier: BSD-2-Clause */
/* What concerns MX hosts: the part of output/scan_file/record.h that its counterpart decode_host.c reads. */
#include "output/scan_file/pack.h"

/* flags, tries, TTL, chain; what few answers have */
static void pack_host_answer(struct record_buffer *b, const struct obs_answer *answer)
{
	bool has_why = pack_has_why(answer);

	pack_array(b, has_why ? HOST_ANSWER_LONGEST : HOST_ANSWER_ELEMENTS);
	pack_asked(b, answer);
	pack_uint(b, answer->ttl);
	pack_texts(b, answer->cname, at_most(answer->cname_count, OBS_CNAME_MAX));
	if (has_why)
		pack_why(b, answer);
}

/* ---- TLSA ---- */

static bool tlsa_is_empty(const struct obs_tlsa *tlsa)
{
	return !tlsa->base.p && tlsa->count == 0 && tlsa->omitted == 0 && pack_answer_is_empty(&tlsa->answer);
}

static void pack_tlsa_record(struct record_buffer *b, const struct obs_tlsa_record *record)
{
	bool cut = record->cut || record->data.n > OBS_TLSA_DATA_MAX;

	pack_array(b, TLSA_RECORD_ELEMENTS + cut);
	pack_uint(b, record->usage);
	pack_uint(b, record->selector);
	pack_uint(b, record->matching);
	pack_bin(b, record->data.p, at_most(record->data.n, OBS_TLSA_DATA_MAX));
	if (cut)
		pack_uint(b, 1);
}

static void pack_tlsa(struct record_buffer *b, const struct obs_tlsa *tlsa)
{
	size_t count = at_most(tlsa->count, OBS_TLSA_MAX);

	if (tlsa_is_empty(tlsa)) {
		pack_nil(b);
		return;
	}
	pack_array(b, TLSA_ELEMENTS);
	pack_text_or_nil(b, tlsa->base);
	pack_host_answer(b, &tlsa->answer);
	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_tlsa_record(b, &tlsa->record[i]);
	pack_uint(b, tlsa->omitted + (tlsa->count - count));
}

/* ---- probes ---- */

static void pack_reply(struct record_buffer *b, const struct obs_smtp_reply *reply)
{
	struct span text = { reply->text.p, at_most(reply->text.n, OBS_SMTP_EHLO_TEXT_MAX) };
	bool cut = reply->cut || text.n < reply->text.n;

	if (reply->code == 0 && !cut && !text.p) {
		pack_nil(b);
		return;
	}
	pack_array(b, REPLY_ELEMENTS + cut);
	pack_uint(b, reply->code);
	pack_text_or_nil(b, text);
	if (cut)
		pack_uint(b, 1);
}

static void pack_dane(struct record_buffer *b, const struct obs_dane *dane)
{
	if (dane->match == DANE_NOT_TRIED && dane->usable == 0 && dane->matching == 0 && dane->error_count == 0 &&
	    dane->record == 0 && dane->depth == 0) {
		pack_nil(b);
		return;
	}
	pack_array(b, DANE_ELEMENTS);
	pack_uint(b, dane->match);
	pack_uint(b, at_most(dane->record, OBS_TLSA_MAX - 1));
	pack_uint(b, dane->depth);
	pack_uint(b, dane->usable);
	pack_uint(b, dane->matching);
	pack_verify_errors(b, dane->error, dane->error_count);
}

static void pack_probe(struct record_buffer *b, const struct obs_smtp *probe, const struct pack_chain *chain)
{
	const struct obs_smtp_reply *reply[] = { &probe->greeting, &probe->ehlo, &probe->helo, &probe->starttls,
						 &probe->quit };

	pack_array(b, PROBE_ELEMENTS);
	pack_uint(b, probe->address);
	pack_uint(b, probe->sni);
	pack_uint(b, probe->phase);
	pack_uint(b, probe->status);
	for (size_t i = 0; i < COUNT_OF(reply); i++)
		pack_reply(b, reply[i]);
	pack_array(b, SMTP_PHASE_COUNT);
	for (int phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		pack_uint(b, probe->ms[phase]);
	pack_uint(b, probe->injected);
	pack_uint(b, probe->retried_old);
	pack_tls(b, &probe->tls, chain);
	pack_dane(b, &probe->dane);
}

/* ---- records ---- */

/* Those that can be read back: of an address that is written. Returns their number. */
static size_t choose_probes(const struct obs_host *host, size_t addresses,
			    const struct obs_smtp *probe[static HOST_PROBES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < host->probe_count && n < HOST_PROBES_MAX; i++)
		if (host->probe[i].address < addresses)
			probe[n++] = &host->probe[i];
	return n;
}

int record_put_host(struct record_buffer *b, const struct obs_host *host)
{
	const struct pack_mark mark = pack_begin_in_frame(b);
	size_t addresses = at_most(host->address_count, OBS_ADDRESS_MAX);
	size_t omitted = host->address_omitted + host->address_count - addresses;
	const struct obs_smtp *probe[HOST_PROBES_MAX];
	size_t probes = choose_probes(host, addresses, probe);
	struct pack_chain chain[HOST_PROBES_MAX];

	for (size_t i = 0; i < probes; i++)
		pack_chain(b, &probe[i]->tls, &chain[i]);
	pack_array(b, host->run > 0 ? HOST_LONGEST : HOST_ELEMENTS);
	pack_uint(b, RECORD_KIND_HOST);
	pack_text(b, (struct span){ host->name.p, at_most(host->name.n, TEMPLATE_MAX) });
	pack_int(b, host->time_ms);
	pack_uint(b, host->duration_ms);
	pack_uint(b, host->passes);
	pack_uint(b, (host->reserved ? HOST_RESERVED : 0u) | (host->blocklisted ? HOST_BLOCKLISTED : 0u) |
			     (host->ad_believed ? HOST_AD_BELIEVED : 0u));
	pack_host_answer(b, &host->a);
	pack_host_answer(b, &host->aaaa);
	pack_addresses(b, host->address, addresses);
	pack_uint(b, omitted);
	pack_uint(b, at_most(host->address_untried, omitted));
	pack_uint(b, host->address_unprobed + host->probe_count - probes);
	for (int base = 0; base < HOST_TLSA_BASES; base++)
		pack_tlsa(b, &host->tlsa[base]);
	pack_array(b, probes);
	for (size_t i = 0; i < probes; i++)
		pack_probe(b, probe[i], &chain[i]);
	if (host->run > 0)
		pack_uint(b, host->run);
	if (pack_finish(b, &mark) != 0)
		return -1;
	b->begun = true;
	return 0;
}

int record_put_vantage(struct record_buffer *b, const struct obs_vantage *vantage)
{
	const struct pack_mark mark = pack_begin_in_frame(b);

	pack_array(b, vantage->run > 0 ? VANTAGE_LONGEST : VANTAGE_ELEMENTS);
	pack_uint(b, RECORD_KIND_VANTAGE);
	pack_int(b, vantage->time_ms);
	pack_uint(b, vantage->canary);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		pack_uint(b, vantage->state[family]);
	pack_texts(b, vantage->host, at_most(vantage->host_count, OBS_VANTAGE_HOST_MAX));
	pack_text_or_nil(b, vantage->ehlo);
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		pack_array(b, FAMILY_ELEMENTS);
		pack_text_or_nil(b, vantage->source[family]);
		pack_text_or_nil(b, vantage->ptr[family]);
		pack_uint(b, vantage->ptr_confirmed[family]);
	}
	if (vantage->run > 0)
		pack_uint(b, vantage->run);
	if (pack_finish(b, &mark) != 0)
		return -1;
	b->begun = true;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/decode_inside.h"

#include <string.h>

/* Elements of a field that is an array; 0 where there is none. */
static uint32_t field_array(struct decode *d, uint32_t *left)
{
	return unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;
}

static struct span field_text(struct decode *d, uint32_t *left, size_t max)
{
	struct span s = unpack_field_text(&d->u, left);

	if (s.n > max)
		unpack_fail(&d->u);
	return s;
}

static void read_host_answer(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	uint32_t inner = field_array(d, left), cnames;

	decode_asked(d, &inner, answer);
	answer->ttl = (uint32_t)unpack_field_uint(&d->u, &inner, UINT32_MAX);
	answer->cname = decode_texts(d, &inner, OBS_CNAME_MAX, &cnames);
	answer->cname_count = (uint16_t)cnames;
	decode_why(d, &inner, answer);
	unpack_skip(&d->u, inner);
}

/* ---- TLSA ---- */

static void read_tlsa_record(struct decode *d, struct obs_tlsa_record *record)
{
	uint32_t left = unpack_array(&d->u);

	record->usage = (uint8_t)unpack_field_uint(&d->u, &left, UINT8_MAX);
	record->selector = (uint8_t)unpack_field_uint(&d->u, &left, UINT8_MAX);
	record->matching = (uint8_t)unpack_field_uint(&d->u, &left, UINT8_MAX);
	record->data = field_text(d, &left, OBS_TLSA_DATA_MAX);
	record->cut = unpack_field_uint(&d->u, &left, 1);
	unpack_skip(&d->u, left);
}

static void read_tlsa(struct decode *d, uint32_t *outer, struct obs_tlsa *tlsa)
{
	uint32_t left = field_array(d, outer);
	struct obs_tlsa_record *record;

	tlsa->base = field_text(d, &left, TEMPLATE_MAX);
	read_host_answer(d, &left, &tlsa->answer);
	record = decode_list(d, &left, OBS_TLSA_MAX, sizeof(*record), &tlsa->count);
	for (uint32_t i = 0; i < tlsa->count; i++)
		read_tlsa_record(d, &record[i]);
	tlsa->record = record;
	tlsa->omitted = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	unpack_skip(&d->u, left);
}

/* ---- probes ---- */

static void read_reply(struct decode *d, uint32_t *outer, struct obs_smtp_reply *reply)
{
	uint32_t left = field_array(d, outer);

	reply->code = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	reply->text = field_text(d, &left, OBS_SMTP_EHLO_TEXT_MAX);
	reply->cut = unpack_field_uint(&d->u, &left, 1);
	unpack_skip(&d->u, left);
}

static void read_times(struct decode *d, uint32_t *outer, struct obs_smtp *probe)
{
	uint32_t left = field_array(d, outer);

	for (int phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		probe->ms[phase] = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	unpack_skip(&d->u, left);
}

static void read_dane(struct decode *d, uint32_t *outer, struct obs_dane *dane)
{
	uint32_t left = field_array(d, outer);

	dane->match = decode_enum(d, &left, DANE_MATCH_COUNT, DANE_NOT_TRIED);
	dane->record = (uint8_t)unpack_field_uint(&d->u, &left, OBS_TLSA_MAX - 1);
	dane->depth = (uint8_t)unpack_field_uint(&d->u, &left, UINT8_MAX);
	dane->usable = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	dane->matching = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	dane->error = decode_verify_errors(d, &left, &dane->error_count);
	unpack_skip(&d->u, left);
}

static void read_probe(struct decode *d, size_t addresses, struct obs_smtp *probe)
{
	uint32_t left = unpack_array(&d->u);
	uint64_t address = unpack_field_uint(&d->u, &left, UINT8_MAX);

	/* readers take the index as it is */
	if (address >= addresses)
		unpack_fail(&d->u);
	probe->address = (uint8_t)address;
	probe->sni = decode_enum(d, &left, SMTP_SNI_COUNT, SMTP_SNI_HOST);
	probe->phase = decode_enum(d, &left, SMTP_PHASE_COUNT, SMTP_NOT_TRIED);
	probe->status = decode_enum(d, &left, CONNECT_STATUS_COUNT, CONNECT_PROTOCOL_ERROR);
	read_reply(d, &left, &probe->greeting);
	read_reply(d, &left, &probe->ehlo);
	read_reply(d, &left, &probe->helo);
	read_reply(d, &left, &probe->starttls);
	read_reply(d, &left, &probe->quit);
	read_times(d, &left, probe);
	probe->injected = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	probe->retried_old = unpack_field_uint(&d->u, &left, 1);
	if (unpack_field(&d->u, &left))
		decode_tls(d, &probe->tls);
	read_dane(d, &left, &probe->dane);
	unpack_skip(&d->u, left);
}

/* ---- records ---- */

static void read_probes(struct decode *d, uint32_t *left, struct obs_host *host)
{
	uint32_t n;
	struct obs_smtp *probe = decode_list(d, left, HOST_PROBES_MAX, sizeof(*probe), &n);

	for (uint32_t i = 0; i < n; i++) {
		memset(&probe[i], 0, sizeof(probe[i]));
		read_probe(d, host->address_count, &probe[i]);
	}
	host->probe = probe;
	host->probe_count = n;
}

void decode_host(struct decode *d, uint32_t left, struct obs_host *host)
{
	struct unpack *u = &d->u;
	uint64_t flags;

	memset(host, 0, sizeof(*host));
	host->name = field_text(d, &left, TEMPLATE_MAX);
	if (!host->name.p)
		unpack_fail(u);
	host->time_ms = unpack_field_int(u, &left);
	host->duration_ms = (uint32_t)unpack_field_uint(u, &left, UINT32_MAX);
	host->passes = (uint8_t)unpack_field_uint(u, &left, UINT8_MAX);
	flags = unpack_field_uint(u, &left, UINT64_MAX);
	host->reserved = flags & HOST_RESERVED;
	host->blocklisted = flags & HOST_BLOCKLISTED;
	host->ad_believed = flags & HOST_AD_BELIEVED;
	read_host_answer(d, &left, &host->a);
	read_host_answer(d, &left, &host->aaaa);
	host->address = decode_addresses(d, &left, &host->address_count);
	host->address_omitted = (size_t)unpack_field_uint(u, &left, SIZE_MAX);
	host->address_untried = (size_t)unpack_field_uint(u, &left, host->address_omitted);
	host->address_unprobed = (size_t)unpack_field_uint(u, &left, SIZE_MAX);
	for (int base = 0; base < HOST_TLSA_BASES; base++)
		read_tlsa(d, &left, &host->tlsa[base]);
	read_probes(d, &left, host);
	host->run = (uint32_t)unpack_field_uint(u, &left, UINT32_MAX);
	unpack_skip(u, left);
}

static void read_family(struct decode *d, uint32_t *outer, struct obs_vantage *vantage, int family)
{
	uint32_t left = field_array(d, outer);

	vantage->source[family] = field_text(d, &left, TEMPLATE_MAX);
	vantage->ptr[family] = field_text(d, &left, TEMPLATE_MAX);
	vantage->ptr_confirmed[family] = unpack_field_uint(&d->u, &left, 1);
	unpack_skip(&d->u, left);
}

void decode_vantage(struct decode *d, uint32_t left, struct obs_vantage *vantage)
{
	uint32_t hosts;

	memset(vantage, 0, sizeof(*vantage));
	vantage->time_ms = unpack_field_int(&d->u, &left);
	vantage->canary = unpack_field_uint(&d->u, &left, 1);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		vantage->state[family] = decode_enum(d, &left, VANTAGE_STATE_COUNT, VANTAGE_UNTESTED);
	vantage->host = decode_texts(d, &left, OBS_VANTAGE_HOST_MAX, &hosts);
	vantage->host_count = hosts;
	vantage->ehlo = field_text(d, &left, TEMPLATE_MAX);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		read_family(d, &left, vantage, family);
	vantage->run = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	unpack_skip(&d->u, left);
}

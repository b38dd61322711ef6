/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/frame_records.h"

#include <string.h>

#include "output/scan_file/schema.h"

bool frame_records_init(struct frame_records *records)
{
	*records = (struct frame_records){ .decode = decode_new() };
	return records->decode;
}

void frame_records_fini(struct frame_records *records)
{
	decode_free(records->decode);
	records->decode = NULL;
}

void frame_records_begin(struct frame_records *records, struct span content)
{
	decode_begin(records->decode, content);
}

/* ---- what they make us do ---- */

enum {
	RECORD_WORK = 512,      /* of any */
	MX_WORK = TEMPLATE_MAX, /* of each MX, which may have so many octets */
	PATTERN_LEAST = 4,      /* octets of a policy that bring a pattern for the MX */
	PATTERNS_NEAR = 256,    /* CLASSIFY_PATTERNS_KIND_MAX: each is compared with each MX closely, … */
	PATTERN_NEAR_WORK = 100,
	PATTERNS_A_WORK = 2, /* … and all of them quickly */
	HOST_LEAST = 128,    /* octets that a host without evidence takes */
	HOST_WORK = 512,     /* of each octet of a host: a file may fill a thousand times as many on disk */
};

static uint64_t chain_work(const struct obs_tls *tls)
{
	uint64_t work = 0;

	for (size_t i = 0; i < tls->chain_count; i++) {
		work += tls->chain[i].issuer.n + tls->chain[i].common_name.n + tls->chain[i].der.n;
		for (size_t k = 0; k < tls->chain[i].name_count; k++)
			work += tls->chain[i].name[k].n;
	}
	return work;
}

/* What a record makes us do, with what it refers to. */
static uint64_t work_of(const struct observation *o)
{
	uint64_t body = o->policy.http.body.n, patterns = body / PATTERN_LEAST;
	uint64_t near = patterns < PATTERNS_NEAR ? patterns : PATTERNS_NEAR, labels = 0;

	for (size_t i = 0; i < o->label_count; i++)
		labels += o->label[i].value.n;
	return RECORD_WORK + body + labels + (o->policy.tls.chain_count > 0 ? chain_work(&o->policy.tls) : 0) +
	       o->mx.count * (MX_WORK + near * PATTERN_NEAR_WORK + patterns / PATTERNS_A_WORK);
}

/* A host is kept with its certificates (output/scan_file/host_store.h), and read again for domains. */
static uint64_t work_of_host(const struct obs_host *host)
{
	uint64_t octets = host->name.n;

	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_smtp *probe = &host->probe[i];

		octets += chain_work(&probe->tls) + probe->greeting.text.n + probe->ehlo.text.n + probe->helo.text.n +
			  probe->starttls.text.n + probe->quit.text.n;
	}
	for (int base = 0; base < HOST_TLSA_BASES; base++)
		for (uint32_t i = 0; i < host->tlsa[base].count; i++)
			octets += host->tlsa[base].record[i].data.n;
	return RECORD_WORK + HOST_WORK * (HOST_LEAST + octets);
}

bool frame_facts_add_work(struct frame_facts *facts, uint64_t work)
{
	if (work > facts->work_most - facts->work) {
		facts->stop = FRAME_STOP_WORK;
		return false;
	}
	facts->work += work;
	return true;
}

/* ---- what they are ---- */

void frame_facts_taken(struct frame_facts *facts)
{
	*facts = (struct frame_facts){ .start = facts->start,
				       .end = facts->end,
				       .is_first = facts->is_first,
				       .work_most = facts->work_most - facts->work,
				       .stop = facts->stop,
				       .is_behind = facts->is_behind || facts->records > 0,
				       .index = facts->index };
}

/* A trailer ends the file; what follows one (files joined with cat) makes it none. Only a frame of its own can be cut
 * away without loss: nothing of ours follows one. */
static void on_trailer(struct frame_facts *facts, const struct record_trailer *trailer)
{
	facts->trailer = *trailer;
	facts->has_trailer = true;
	facts->trailer_alone = facts->records == 0 && !facts->is_behind;
}

/* A record that stands between header and trailer. */
static void on_record(struct frame_facts *facts)
{
	facts->records++;
	facts->joined |= facts->has_trailer && facts->trailer_alone;
	facts->has_trailer = false;
}

static bool on_domain(struct frame_facts *facts, const struct observation *o)
{
	on_record(facts);
	facts->index[facts->index_count++] = o->index;
	facts->domains++;
	facts->blocklisted += o->input == INPUT_BLOCKLISTED;
	facts->illegal += o->input == INPUT_ILLEGAL;
	if (direct_counts_concern(o))
		direct_counts_add(&facts->direct, o);
	return frame_facts_add_work(facts, work_of(o));
}

static bool on_host(struct frame_records *records, struct frame_facts *facts)
{
	const struct obs_host *host = &records->other.host;

	on_record(facts);
	facts->hosts++;
	if (!frame_facts_add_work(facts, work_of_host(host)))
		return false;
	if (records->on_host)
		records->on_host(records->arg, host);
	return true;
}

static bool on_vantage(struct frame_records *records, struct frame_facts *facts)
{
	on_record(facts);
	if (!frame_facts_add_work(facts, RECORD_WORK))
		return false;
	if (records->on_vantage)
		records->on_vantage(records->arg, &records->other.vantage);
	return true;
}

static void on_header(struct frame_facts *facts)
{
	facts->joined |= !facts->is_first;
	facts->is_first = false;
}

/* A record that is no domain, or none. */
static bool take_other(struct frame_records *records, enum decode_result result, struct frame_facts *facts)
{
	static const enum frame_stop stop[] = {
		[DECODE_END] = FRAME_STOP_END,
		[DECODE_NEWER] = FRAME_STOP_NEWER,
		[DECODE_DAMAGED] = FRAME_STOP_DAMAGED,
		[DECODE_MEMORY] = FRAME_STOP_MEMORY,
	};

	switch (result) {
	case DECODE_HOST:
		return on_host(records, facts);
	case DECODE_VANTAGE:
		return on_vantage(records, facts);
	case DECODE_HEADER:
		on_header(facts);
		return true;
	case DECODE_TRAILER:
		on_trailer(facts, &records->other.trailer);
		return true;
	default:
		facts->stop = stop[result];
		facts->offset = decode_offset(records->decode);
		facts->major = records->other.header.major;
		facts->minor = records->other.header.minor;
		return false;
	}
}

int frame_records_next(struct frame_records *records, struct observation *observation, struct frame_facts *facts)
{
	enum decode_result result;

	do
		result = decode_next(records->decode, observation, &records->other);
	while (result != DECODE_DOMAIN && take_other(records, result, facts));
	return result == DECODE_DOMAIN && on_domain(facts, observation);
}

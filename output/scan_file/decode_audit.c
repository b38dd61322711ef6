/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of audits (--audit): the part of output/scan_file/decode_inside.h that concerns them. */
#include "output/scan_file/decode_inside.h"

/* False: it says nothing that this version knows, and is left out. */
static bool read_audit(struct decode *d, struct obs_audit *audit, unsigned *seen)
{
	uint32_t left = unpack_array(&d->u), records;
	uint64_t question = unpack_field_uint(&d->u, &left, UINT8_MAX);
	bool is_known = question < QUESTION_COUNT && !(*seen >> question & 1); /* one of each question */

	*audit = (struct obs_audit){ 0 };
	if (is_known) {
		*seen |= 1U << question;
		audit->question = (enum obs_question)question;
		audit->kind = decode_enum(d, &left, AUDIT_KIND_COUNT, AUDIT_FAILED);
		audit->direct = decode_enum(d, &left, DNS_STATUS_COUNT, DNS_ERROR);
		audit->resolver = decode_enum(d, &left, DNS_STATUS_COUNT, DNS_ERROR);
		audit->again = decode_enum(d, &left, DNS_STATUS_COUNT, DNS_ERROR);
		audit->record = decode_texts(d, &left, OBS_AUDIT_RECORDS_MAX, &records);
		audit->record_count = records;
		audit->omitted = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX); /* no DNS message has more */
		for (uint32_t i = 0; i < records; i++)
			if (audit->record[i].n > OBS_AUDIT_OCTETS_MAX)
				unpack_fail(&d->u);
	}
	unpack_skip(&d->u, left);
	return is_known && audit->kind != AUDIT_NONE;
}

void decode_audits(struct decode *d, struct observation *o)
{
	uint32_t n = unpack_array(&d->u);
	struct obs_audit *audit = decode_room(d, n > 0 ? QUESTION_COUNT : 0, sizeof(*audit)), one;
	unsigned seen = 0;

	o->audit = audit;
	for (uint32_t i = 0; audit && i < n && !d->u.failed; i++)
		if (read_audit(d, &one, &seen))
			audit[o->audit_count++] = one;
}

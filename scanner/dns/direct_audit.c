/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "scanner/dns/net_direct_own.h"

bool direct_audit_chooses(struct direct_audit *audit, const struct net_query *query)
{
	uint64_t seen = atomic_fetch_add(&audit->seen, 1), expected = atomic_load(&audit->expected);
	char text[DOMAIN_NAME_MAX + 1];
	double share = audit->share;

	/* of a list whose length nobody knows: of so many seen, so many more are expected */
	if (expected < seen + 1)
		expected = seen + audit->least;
	if (audit->least > 0 && (double)audit->least > share * (double)expected)
		share = (double)audit->least / (double)expected;
	if (share <= 0 || query->name_n > DOMAIN_NAME_MAX)
		return false;
	if (share >= 1)
		return true;
	memcpy(text, query->name, query->name_n);
	text[query->name_n] = (char)query->type;
	return siphash_samples(audit->key, share, (struct span){ text, query->name_n + 1u });
}

/* "10 mx.example"; a root's name is ".". */
static struct span mx_text(struct arena *arena, const struct dns_answer *answer, size_t i)
{
	char name[DNS_NAME_ESCAPED_MAX], text[DNS_NAME_ESCAPED_MAX + 8];
	const uint8_t *rdata = answer->packet + answer->rdata[i].at;
	int n = dns_name_text(answer, answer->rdata[i].at + 2u, name);

	n = snprintf(text, sizeof(text), "%u %.*s", (unsigned)(rdata[0] << 8 | rdata[1]), n > 0 ? n : 1,
		     n > 0 ? name : ".");
	if (n > OBS_AUDIT_OCTETS_MAX)
		n = OBS_AUDIT_OCTETS_MAX;
	return arena_copy(arena, (struct span){ text, (size_t)n });
}

static struct span txt_text(struct arena *arena, const struct dns_answer *answer, size_t i)
{
	size_t size = answer->rdata[i].n;
	char *joined = arena_text(arena, size);
	long n = joined ? dns_txt_join(answer, i, joined, size) : -1;

	if (n < 0)
		return joined ? (struct span){ "", 0 } : (struct span){ NULL, 0 };
	return (struct span){ joined, (size_t)n < OBS_AUDIT_OCTETS_MAX ? (size_t)n : OBS_AUDIT_OCTETS_MAX };
}

static int keep_records(struct net_query *query, const struct dns_answer *answer, struct obs_audit *audit)
{
	size_t count = answer->count < OBS_AUDIT_RECORDS_MAX ? answer->count : OBS_AUDIT_RECORDS_MAX;
	struct span *record = arena_alloc(query->arena, count * sizeof(*record));

	if (!record)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < count; i++) {
		record[i] = query->type == DNS_TYPE_MX ? mx_text(query->arena, answer, i)
						       : txt_text(query->arena, answer, i);
		if (!record[i].p)
			return NET_FAULT_MEMORY;
	}
	audit->record = record;
	audit->record_count = count;
	audit->omitted = (uint16_t)(answer->count - count);
	return NET_OK;
}

int direct_audit_keep(struct net_query *query, enum dns_status negative, const struct net_query *inner,
		      const struct dns_answer *answer)
{
	struct obs_audit *audit = arena_alloc(query->arena, sizeof(*audit));

	if (!audit)
		return NET_FAULT_MEMORY;
	query->audit = audit;
	audit->direct = negative;
	audit->resolver = inner->status;
	if (inner->status == DNS_NXDOMAIN || inner->status == DNS_NO_ANSWER)
		audit->kind = AUDIT_ABSENT;
	else if (inner->status == DNS_NOERROR && answer)
		audit->kind = AUDIT_DATA; /* until the server has been asked again */
	else
		audit->kind = AUDIT_FAILED;
	return audit->kind == AUDIT_DATA ? keep_records(query, answer, audit) : NET_OK;
}

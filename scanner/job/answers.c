#include "scanner/job/answers.h"

#include <stdlib.h>

#include "scanner/base/log.h"

__attribute__((cold, noinline)) static void log_answer(const struct net_query *query, const struct dns_answer *answer)
{
	const char *type = dns_type_name(query->type);

	if (query->fault)
		log_message(LOG_LEVEL_TRACE, "%.*s %s: %s", query->name_n, query->name, type,
			    net_fault_name(query->fault));
	else if (!answer)
		log_message(LOG_LEVEL_TRACE, "%.*s %s: %s, tries %u", query->name_n, query->name, type,
			    dns_status_names[query->status], query->packets_sent);
	else
		log_message(LOG_LEVEL_TRACE, "%.*s %s: %s, records %u, TTL %u, AD %u, tries %u", query->name_n,
			    query->name, type, dns_status_names[query->status], answer->count + answer->omitted,
			    answer->ttl, answer->ad, query->packets_sent);
}

void answers_log(const struct net_query *query, const struct dns_answer *answer)
{
	if (log_wants(LOG_LEVEL_TRACE))
		log_answer(query, answer);
}

/* The name at @offset, which the parser has found to be whole. */
static struct span name_at(struct arena *arena, const struct dns_answer *answer, size_t offset)
{
	char text[DNS_NAME_ESCAPED_MAX];
	int n = dns_name_text(answer, offset, text);

	return arena_copy(arena, (struct span){ text, n > 0 ? (size_t)n : 0 });
}

struct span answers_name(struct arena *arena, const struct dns_answer *answer, size_t i, size_t skip)
{
	return name_at(arena, answer, answer->rdata[i].at + skip);
}

static int keep_chain(struct arena *arena, const struct dns_answer *answer, struct obs_answer *kept)
{
	struct span *cname;

	kept->cname_loop = answer->cname_loop;
	if (answer->cname_count == 0)
		return NET_OK;
	cname = arena_alloc(arena, answer->cname_count * sizeof(*cname));
	if (!cname)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < answer->cname_count; i++) {
		cname[i] = name_at(arena, answer, answer->cname[i]);
		if (!cname[i].p)
			return NET_FAULT_MEMORY;
	}
	kept->cname = cname;
	kept->cname_count = answer->cname_count;
	return NET_OK;
}

/* What every answer has: status, tries, AD, TTL, CNAME chain. */
static int keep_answer(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		       struct obs_answer *kept)
{
	answers_log(query, answer);
	kept->status = query->status;
	kept->tries = query->packets_sent;
	if (query->fault || !answer)
		return query->fault;
	kept->ad = answer->ad;
	kept->ttl = answer->ttl;
	return keep_chain(arena, answer, kept);
}

/* Are there records to read as well? */
static bool has_records(const struct net_query *query, const struct dns_answer *answer)
{
	return query->status == DNS_NOERROR && answer;
}

static int compare_mx(const void *left, const void *right)
{
	const struct obs_mx_record *a = left, *b = right;
	size_t shorter = a->name.n < b->name.n ? a->name.n : b->name.n;
	int order = (int)a->preference - (int)b->preference;

	if (order == 0 && shorter > 0)
		order = memcmp(a->name.p, b->name.p, shorter);
	return order ? order : (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

int answers_keep_mx(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		    struct obs_mx *mx)
{
	int fault = keep_answer(arena, query, answer, &mx->answer);
	struct obs_mx_record *record;
	size_t count;

	if (fault || !has_records(query, answer))
		return fault;
	count = answer->count < OBS_MX_MAX ? answer->count : OBS_MX_MAX;
	record = arena_alloc(arena, count * sizeof(*record));
	if (!record)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *rdata = answer->packet + answer->rdata[i].at;

		record[i].preference = (uint16_t)(rdata[0] << 8 | rdata[1]);
		record[i].name = answers_name(arena, answer, i, 2);
		if (!record[i].name.p)
			return NET_FAULT_MEMORY;
	}
	if (count > 1)
		qsort(record, count, sizeof(*record), compare_mx);
	mx->record = record;
	mx->count = (uint32_t)count;
	mx->omitted = (uint32_t)(answer->count - count) + answer->omitted;
	return NET_OK;
}

int answers_keep_txt(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		     struct obs_txt *txt)
{
	int fault = keep_answer(arena, query, answer, &txt->answer);
	size_t count, octets = 0, kept = 0;
	struct span *record;

	if (fault || !has_records(query, answer))
		return fault;
	count = answer->count < OBS_TXT_MAX ? answer->count : OBS_TXT_MAX;
	record = arena_alloc(arena, count * sizeof(*record));
	if (!record)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < count && octets + answer->rdata[i].n <= OBS_TXT_OCTETS_MAX; i++) {
		size_t size = answer->rdata[i].n; /* joined, the strings need less than with their lengths */
		char *text = arena_text(arena, size);
		long n = text ? dns_txt_join(answer, i, text, size) : -1;

		if (!text)
			return NET_FAULT_MEMORY;
		if (n < 0)
			continue;
		record[kept++] = (struct span){ text, (size_t)n };
		octets += size;
	}
	txt->record = record;
	txt->count = (uint32_t)kept;
	txt->omitted = (uint32_t)(answer->count - kept) + answer->omitted;
	return NET_OK;
}

int answers_keep_addresses(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
			   struct obs_answer *kept, struct address_list *list)
{
	int fault = keep_answer(arena, query, answer, kept);

	if (fault || !has_records(query, answer))
		return fault;
	if (!list->address)
		list->address = arena_alloc(arena, OBS_ADDRESS_MAX * sizeof(*list->address));
	if (!list->address)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < answer->count; i++) {
		struct obs_address *next = &list->address[list->count];

		if (i >= OBS_ADDRESS_MAX / 2 || list->count == OBS_ADDRESS_MAX) {
			list->omitted++;
			continue;
		}
		next->family = query->type == DNS_TYPE_A ? 4 : 6;
		memcpy(next->octet, answer->packet + answer->rdata[i].at, query->type == DNS_TYPE_A ? 4 : 16);
		list->count++;
	}
	list->omitted = (uint16_t)(list->omitted + answer->omitted);
	return NET_OK;
}

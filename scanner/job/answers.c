/* SPDX-License-Identifier: BSD-2-Clause */
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
			    query->name, type, dns_status_names[query->status], answer->count, answer->ttl, answer->ad,
			    query->packets_sent);
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
	kept->source = query->source;
	kept->fall_back = query->fall_back;
	if (query->fault || !answer)
		return query->fault;
	kept->ad = answer->ad;
	kept->ttl = answer->ttl;
	kept->ede = answer->ede;
	return keep_chain(arena, answer, kept);
}

/* Are there records to read as well? */
static bool has_records(const struct net_query *query, const struct dns_answer *answer)
{
	return query->status == DNS_NOERROR && answer;
}

static uint16_t preference_of(const struct dns_answer *answer, size_t i)
{
	const uint8_t *rdata = answer->packet + answer->rdata[i].at;

	return (uint16_t)(rdata[0] << 8 | rdata[1]);
}

static int compare_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static int compare_names(const void *left, const void *right)
{
	return span_compare(*(const struct span *)left, *(const struct span *)right);
}

static int compare_mx(const void *left, const void *right)
{
	const struct obs_mx_record *a = left, *b = right;
	int order = (int)a->preference - (int)b->preference;

	return order ? order : compare_names(&a->name, &b->name);
}

/* Where the first OBS_MX_MAX records by preference stand in @answer, which has more. Inlined, the array would be
 * everybody's. */
__attribute__((cold, noinline)) static void first_by_preference(const struct dns_answer *answer,
								uint16_t at[static OBS_MX_MAX])
{
	uint32_t order[DNS_RECORDS_MAX]; /* preference, then place */

	for (size_t i = 0; i < answer->count; i++)
		order[i] = (uint32_t)preference_of(answer, i) << 16 | (uint32_t)i;
	qsort(order, answer->count, sizeof(*order), compare_places);
	for (size_t i = 0; i < OBS_MX_MAX; i++)
		at[i] = (uint16_t)order[i];
}

int answers_keep_mx(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		    struct obs_mx *mx)
{
	int fault = keep_answer(arena, query, answer, &mx->answer);
	struct obs_mx_record *record;
	size_t count = answer ? answer->count : 0;
	uint16_t at[OBS_MX_MAX];
	bool all = count <= OBS_MX_MAX;

	if (fault || !has_records(query, answer))
		return fault;
	if (!all) {
		first_by_preference(answer, at);
		count = OBS_MX_MAX;
	}
	record = arena_alloc(arena, count * sizeof(*record));
	if (!record)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < count; i++) {
		size_t from = all ? i : at[i];

		record[i].preference = preference_of(answer, from);
		record[i].name = answers_name(arena, answer, from, 2);
		if (!record[i].name.p)
			return NET_FAULT_MEMORY;
	}
	if (count > 1)
		qsort(record, count, sizeof(*record), compare_mx);
	mx->record = record;
	mx->count = (uint32_t)count;
	mx->omitted = (uint32_t)(answer->count - count);
	return NET_OK;
}

/* The records of an answer, all of them. */
struct texts {
	struct span *text;  /* of each, its strings joined; NULL: no memory */
	struct span *split; /* … their lengths, where it is not one string. NULL: all are */
};

/* Note the lengths of the strings of record @i. */
static bool note_split(struct arena *arena, const struct dns_answer *answer, size_t i, struct texts *texts)
{
	const uint8_t *p = answer->packet + answer->rdata[i].at;
	size_t strings = answer->rdata[i].n - texts->text[i].n, at = 0; /* an octet of length each is not joined */
	char *length = arena_text(arena, strings);

	if (!texts->split)
		texts->split = arena_alloc(arena, answer->count * sizeof(*texts->split));
	if (!length || !texts->split)
		return false;
	for (size_t k = 0; k < strings; k++, at += 1u + p[at])
		length[k] = (char)p[at];
	texts->split[i] = (struct span){ length, strings };
	return true;
}

/* Every TXT of @answer; no limit but the packet's. */
static struct texts join_texts(struct arena *arena, const struct dns_answer *answer)
{
	struct texts texts = { arena_alloc(arena, answer->count * sizeof(*texts.text)), NULL };

	for (size_t i = 0; texts.text && i < answer->count; i++) {
		size_t size = answer->rdata[i].n; /* joined, the strings need less than with their lengths */
		char *joined = arena_text(arena, size);

		if (!joined)
			return (struct texts){ NULL, NULL };
		texts.text[i] = (struct span){ joined, (size_t)dns_txt_join(answer, i, joined, size) };
		if (texts.text[i].n + 1 != size && !note_split(arena, answer, i, &texts))
			return (struct texts){ NULL, NULL };
	}
	return texts;
}

/* Choose of @texts what is kept, by likeness and then in the order it came; that is where it stays, the first
 * txt->count. */
static void choose_texts(struct texts *texts, size_t count, const struct txt_kind *kind, struct obs_txt *txt)
{
	struct span *text = texts->text;
	uint8_t likeness[DNS_RECORDS_MAX];
	bool kept[DNS_RECORDS_MAX];
	size_t octets = 0, records = 0;
	bool split = false;

	for (size_t i = 0; i < count; i++)
		likeness[i] = (uint8_t)txt_likeness(text[i], kind);
	for (int like = TXT_EXACT; like >= TXT_UNRELATED; like--) {
		for (size_t i = 0; i < count; i++) {
			if (likeness[i] != like)
				continue;
			kept[i] = records < OBS_TXT_MAX &&
				  (like != TXT_UNRELATED || octets + text[i].n <= OBS_TXT_OCTETS_MAX);
			records += kept[i];
			octets += kept[i] ? text[i].n : 0;
			txt->omitted += !kept[i];
			txt->omitted_meant += !kept[i] && like != TXT_UNRELATED;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (kept[i]) {
			if (texts->split)
				texts->split[txt->count] = texts->split[i];
			split |= texts->split && texts->split[i].p;
			text[txt->count++] = text[i];
		}
	if (!split)
		texts->split = NULL;
}

/* Inlined, its registers would be saved for the many that have no records. */
__attribute__((noinline)) static int keep_texts(struct arena *arena, const struct dns_answer *answer,
						const struct txt_kind *kind, struct obs_txt *txt)
{
	struct texts texts = join_texts(arena, answer);

	if (!texts.text)
		return NET_FAULT_MEMORY;
	if (answer->count <= OBS_TXT_MAX && answer->len <= OBS_TXT_OCTETS_MAX) /* as a rule: all fits */
		txt->count = answer->count;
	else
		choose_texts(&texts, answer->count, kind, txt);
	txt->record = texts.text;
	txt->split = texts.split;
	return NET_OK;
}

int answers_keep_txt(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		     const struct txt_kind *kind, struct obs_txt *txt)
{
	int fault = keep_answer(arena, query, answer, &txt->answer);

	if (fault || !has_records(query, answer))
		return fault;
	return keep_texts(arena, answer, kind, txt);
}

/* The first names in order, of any number. */
struct first_names {
	size_t count;
	struct span name[OBS_NS_MAX];
	char text[OBS_NS_MAX][DNS_NAME_ESCAPED_MAX];
};

static void put_in_order(struct first_names *names, struct span name)
{
	size_t at = names->count;
	char *room;

	if (at == OBS_NS_MAX) {
		if (compare_names(&name, &names->name[--at]) >= 0)
			return;
		room = names->text[(names->name[at].p - names->text[0]) / DNS_NAME_ESCAPED_MAX]; /* of the last */
	} else {
		room = names->text[names->count++];
	}
	for (; at > 0 && compare_names(&name, &names->name[at - 1]) < 0; at--)
		names->name[at] = names->name[at - 1];
	memcpy(room, name.p, name.n);
	names->name[at] = (struct span){ room, name.n };
}

/* Inlined, the names would be on everybody's stack. */
__attribute__((noinline)) static int keep_first_names(struct arena *arena, const struct dns_answer *answer,
						      struct obs_ns *ns)
{
	struct first_names names;
	struct span *name;

	names.count = 0;
	for (size_t i = 0; i < answer->count; i++) {
		char text[DNS_NAME_ESCAPED_MAX];
		int n = dns_name_text(answer, answer->rdata[i].at, text);

		put_in_order(&names, (struct span){ text, n > 0 ? (size_t)n : 0 });
	}
	name = arena_alloc(arena, names.count * sizeof(*name));
	for (size_t i = 0; name && i < names.count; i++) {
		name[i] = arena_copy(arena, names.name[i]);
		if (!name[i].p)
			return NET_FAULT_MEMORY;
	}
	if (!name)
		return NET_FAULT_MEMORY;
	ns->name = name;
	ns->count = (uint16_t)names.count;
	ns->omitted = (uint16_t)(answer->count - names.count);
	return NET_OK;
}

int answers_keep_ns(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		    struct obs_ns *ns)
{
	int fault = keep_answer(arena, query, answer, &ns->answer);

	if (fault || !has_records(query, answer))
		return fault;
	return keep_first_names(arena, answer, ns);
}

void answers_keep_parent_ns(struct span *name, size_t count, size_t omitted, struct obs_ns *ns)
{
	qsort(name, count, sizeof(*name), compare_names);
	*ns = (struct obs_ns){ .name = name, .count = (uint16_t)count, .omitted = (uint16_t)omitted, .parent = true };
}

int answers_keep_addresses(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
			   struct obs_answer *kept, struct address_list *list)
{
	int fault = keep_answer(arena, query, answer, kept);
	struct obs_address *address;

	if (fault || !has_records(query, answer))
		return fault;
	address = arena_alloc(arena, (list->count + answer->count) * sizeof(*address));
	if (!address)
		return NET_FAULT_MEMORY;
	if (list->count > 0)
		memcpy(address, list->address, list->count * sizeof(*address));
	list->address = address;
	for (size_t i = 0; i < answer->count; i++) {
		struct obs_address *next = &list->address[list->count++];

		next->family = query->type == DNS_TYPE_A ? 4 : 6;
		memcpy(next->octet, answer->packet + answer->rdata[i].at, query->type == DNS_TYPE_A ? 4 : 16);
	}
	return NET_OK;
}

int answers_keep_tlsa(struct arena *arena, const struct net_query *query, const struct dns_answer *answer,
		      struct obs_tlsa *tlsa)
{
	int fault = keep_answer(arena, query, answer, &tlsa->answer);
	size_t count = answer && answer->count < OBS_TLSA_MAX ? answer->count : OBS_TLSA_MAX;
	struct obs_tlsa_record *record;

	if (fault || !has_records(query, answer))
		return fault;
	record = arena_alloc(arena, count * sizeof(*record));
	if (!record)
		return NET_FAULT_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *rdata = answer->packet + answer->rdata[i].at;
		size_t n = answer->rdata[i].n - DNS_TLSA_FIXED;

		record[i] = (struct obs_tlsa_record){ .usage = rdata[0], .selector = rdata[1], .matching = rdata[2] };
		record[i].cut = n > OBS_TLSA_DATA_MAX;
		record[i].data = arena_copy(arena, (struct span){ (const char *)rdata + DNS_TLSA_FIXED,
								  record[i].cut ? OBS_TLSA_DATA_MAX : n });
		if (!record[i].data.p)
			return NET_FAULT_MEMORY;
	}
	tlsa->record = record;
	tlsa->count = (uint32_t)count;
	tlsa->omitted = (uint32_t)(answer->count - count);
	return NET_OK;
}

struct span answers_known_end(const struct obs_answer *answer)
{
	struct span end = obs_cname_end(answer);
	bool certain = answer->status == DNS_NOERROR || answer->status == DNS_NO_ANSWER;

	if (!certain || answer->cname_loop || span_find(end, 0, '\\') < end.n) /* octets that no text can ask for */
		end.p = NULL;
	return end;
}

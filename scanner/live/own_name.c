/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/own_name.h"

#include <stdio.h>

#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"

/* https://www.spamhaus.org/faqs/dnsbl-usage/: 127.0.0.2 to .11 are listings, 127.255.255.x errors of the one who asks.
 */
static const uint8_t listings[] = { 127, 0, 0 };

const char *const own_listed_names[OWN_LISTED_COUNT] = { "", "unknown", "not-listed", "listed" };

size_t own_name_reverse(const struct obs_address *address, const char *below, char text[static OWN_NAME_QUESTION_MAX])
{
	size_t n = 0;

	for (size_t i = address_octets(address); i-- > 0;) {
		unsigned octet = address->octet[i];
		char *at = text + n;
		size_t room = OWN_NAME_QUESTION_MAX - n;

		n += (size_t)(address->family == 4 ? snprintf(at, room, "%u.", octet)
						   : snprintf(at, room, "%x.%x.", octet & 15, octet >> 4));
	}
	return n + (size_t)snprintf(text + n, OWN_NAME_QUESTION_MAX - n, "%s", below);
}

static void finish_one(struct own_name *own)
{
	if (--own->pending == 0)
		own->on_done(own->arg);
}

static void on_forward(struct net_query *query, const struct dns_answer *answer)
{
	struct own_name *own = query->arg;

	if (answers_keep_addresses(&own->arena, query, answer, &own->answer, &own->forward) == NET_OK)
		for (size_t i = 0; i < own->forward.count; i++)
			own->confirmed = own->confirmed || address_equal(&own->forward.address[i], &own->address);
	finish_one(own);
}

/* Does the user want no question for it? */
static bool may_ask(const struct own_name *own, struct span name)
{
	return !own->options->domain_blocklist || !domain_set_has(own->options->domain_blocklist, name);
}

static void on_ptr(struct net_query *query, const struct dns_answer *answer)
{
	struct own_name *own = query->arg;

	answers_log(query, answer);
	own->ptr_status = query->fault ? DNS_ERROR : query->status;
	if (!query->fault && query->status == DNS_NOERROR && answer && answer->count > 0)
		own->ptr = answers_name(&own->arena, answer, 0, 0);
	if (!domain_is_name(own->ptr) || !may_ask(own, own->ptr)) {
		finish_one(own);
		return;
	}
	own->query[0] = (struct net_query){ .on_answer = on_forward,
					    .arg = own,
					    .type = own->address.family == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA };
	net_query_about(&own->query[0], own->ptr);
	own->net->ask(own->net, &own->query[0]);
}

static void on_listed(struct net_query *query, const struct dns_answer *answer)
{
	struct own_name *own = query->arg;
	struct address_list list = { 0 };
	struct obs_answer kept = { 0 };

	own->listed = OWN_LIST_UNKNOWN;
	if (answers_keep_addresses(&own->arena, query, answer, &kept, &list) != NET_OK)
		;
	else if (query->status == DNS_NXDOMAIN || query->status == DNS_NO_ANSWER)
		own->listed = OWN_NOT_LISTED;
	for (size_t i = 0; i < list.count; i++)
		if (address_is_within(&list.address[i], 4, listings, 8 * sizeof(listings)))
			own->listed = OWN_LISTED;
	finish_one(own);
}

static void ask(struct own_name *own, int which, uint16_t type, const char *below,
		void (*on_answer)(struct net_query *query, const struct dns_answer *answer))
{
	size_t n = own_name_reverse(&own->address, below, own->question[which]);

	own->query[which] = (struct net_query){ .on_answer = on_answer, .arg = own, .type = type };
	net_query_about(&own->query[which], (struct span){ own->question[which], n });
	own->pending++;
	own->net->ask(own->net, &own->query[which]);
}

void own_name_start(struct own_name *own, struct net *net, const struct options *options, void (*on_done)(void *arg),
		    void *arg)
{
	arena_reset(&own->arena);
	*own = (struct own_name){ .address = own->address,
				  .arena = own->arena,
				  .net = net,
				  .options = options,
				  .pending = 1,
				  .on_done = on_done,
				  .arg = arg };
	/* who sees us by another one asks about that */
	if (contact_check(&own->address, options->allow_reserved, NULL) == CONTACT_ALLOWED)
		ask(own, 0, DNS_TYPE_PTR, own->address.family == 4 ? "in-addr.arpa" : "ip6.arpa", on_ptr);
	if (address_is_global(&own->address) && may_ask(own, SPAN_LITERAL(OWN_NAME_BLOCKLIST)))
		ask(own, 1, DNS_TYPE_A, OWN_NAME_BLOCKLIST, on_listed);
	finish_one(own);
}

void own_name_fini(struct own_name *own)
{
	arena_fini(&own->arena);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/own_name.h - what mail servers may think of our address before a word is said: its PTR record, whether
 * that name leads back to it, and whether it stands on a list that many of them ask (Spamhaus ZEN). They turn strangers
 * away for each of these; a survey wants to know, and goes on.
 */
#ifndef STSURVEY_SCANNER_LIVE_OWN_NAME_H
#define STSURVEY_SCANNER_LIVE_OWN_NAME_H

#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/job/answers.h"
#include "scanner/job/net.h"
#include "scanner/options/options.h"

#define OWN_NAME_BLOCKLIST "zen.spamhaus.org" /* the list that is asked */

enum own_listed {
	OWN_LIST_NOT_ASKED, /* not for an address that the internet does not see */
	OWN_LIST_UNKNOWN,   /* no answer, or none to us: the list refuses public resolvers (127.255.255.x) */
	OWN_NOT_LISTED,
	OWN_LISTED, /* 127.0.0.x */
	OWN_LISTED_COUNT
};

extern const char *const own_listed_names[OWN_LISTED_COUNT]; /* "listed", …; "" for not asked */

enum { OWN_NAME_QUESTION_MAX = 128 }; /* octets: an address of 32 digits below ip6.arpa or the list */

struct own_name {
	struct obs_address address; /* the caller's; family 0: none */
	/* what is found */
	enum dns_status ptr_status;
	struct span ptr; /* p NULL: none, or unknown */
	bool confirmed;
	enum own_listed listed;
	/* its own */
	struct arena arena;
	struct net *net;
	const struct options *options;
	struct net_query query[2]; /* about the name, and the list's */
	char question[2][OWN_NAME_QUESTION_MAX];
	struct obs_answer answer;
	struct address_list forward;
	unsigned pending;
	void (*on_done)(void *arg);
	void *arg;
};

/* Ask about own->address. @on_done is called once, perhaps before this returns; until then own, @net and @options stay.
 */
void own_name_start(struct own_name *own, struct net *net, const struct options *options, void (*on_done)(void *arg),
		    void *arg);
void own_name_fini(struct own_name *own);

/* The address with its octets, or digits, backwards, and @below behind: 1.2.0.192.in-addr.arpa. Its length. */
size_t own_name_reverse(const struct obs_address *address, const char *below, char text[static OWN_NAME_QUESTION_MAX]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_host.h - one MX host, whatever domain names it: STARTTLS and the certificate (RFC
 * 8461 4.2).
 *
 * A sender tries a host's addresses in turn. So a host is usable where one address is; it fails where all that could be
 * found out fail, and none is left that might do better: one that was not tried, or of a family that DNS would not
 * tell. All else is unknown. What an address is found out to fail by is a finding, also where another one is usable;
 * that it was not reached is none, then.
 *
 *  - No connection (801), 4xx and 5xx in greeting, 421 anywhere, silence and hang-ups (802) are unknown.
 *  - So is a reply to EHLO that is longer than what is kept (802).
 *  - 454 to STARTTLS (813), and a handshake that ends by silence or a hang-up, not by an alert (804), are unknown (802)
 *    until the patient second pass has seen them, too.
 *  - 809 is drawn where an old version was agreed on.
 *  - What failed while our own way to port 25 was in doubt is unknown (821), except what DNS alone tells.
 *  - A host on the user's blocklist is unknown without a finding.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_HOST_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_HOST_H

#include "analysis/classify/mx_judgement.h"
#include "parsers/mail_host.h"

enum { CLASSIFY_MX_EXPIRY_SOON = 14 * 86400 /* seconds before a leaf's end that give finding 812 */ };

struct host_judgement {
	enum mx_state state;
	enum finding finding; /* the reason, where it is not usable; FINDING_COUNT: none says so */
	struct finding_set findings;
};

void classify_host(const struct obs_host *host, struct host_judgement *result);

/* One connection to one of its addresses; MX_NOT_ASKED: there was none. */
void classify_probe(const struct obs_host *host, const struct obs_smtp *probe, struct host_judgement *result);

/* The connection that decides what the host is: the first that is usable; else that fails; else the first of all.
 * NULL: there was none. */
const struct obs_smtp *classify_host_probe(const struct obs_host *host);

/* Has it, or may it have, an address that was not tried? */
bool host_may_have_more(const struct obs_host *host);

/* Is there hope that asking again later, and patiently, tells more? */
bool host_worth_asking_again(const struct obs_host *host);

#endif

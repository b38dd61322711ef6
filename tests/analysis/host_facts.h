/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/host_facts.h - MX hosts written down as text, part of tests/analysis/facts.h.
 *
 * Every host starts as a good one: one address that takes STARTTLS and shows a good certificate, no TLSA. Lines
 * behind `host` change the host begun last, or its last probe:
 *
 *   mx-ad            the MX answer is secure; mx-cname NAME: it is an alias; mx-ede N
 *   mx-bogus         it failed, and did not without validation
 *   host             the host of the next MX record, in their order; `host -`: none is known
 *   passes N         doubted     reserved-host     blocklisted-host     untried     unprobed
 *   host-a STATUS    host-aaaa STATUS     host-cname NAME     host-loop     no-address     no-probe
 *   bogus a|aaaa|tlsa     SERVFAIL, and an answer without validation
 *   probe            one more, as the good one, at the next address; same-address: at that of the one before
 *   sni host|base|none
 *   ends PHASE STATUS [CODE]     the phase it ended in, a connection's status, the code of that phase's reply
 *   ehlo TEXT        | stands for CRLF; ehlo-cut     helo CODE     injected N     version VERSION
 *   key N            of the certificate: another one; known-key: what schema 1.3 tells of it
 *   chain-verify CODE     chain-expires, chain-issued SECONDS-FROM-TIME
 *   host-alert N     nothing-shown
 *   host-san NAME    the first replaces; no-host-san     host-cn NAME     left-out-names
 *   secure           AD is believed, and there is a TLSA answer: secure, but none
 *   tlsa USAGE SELECTOR MATCHING [OCTETS]     one more record
 *   tlsa-insecure    tlsa-left-out     tlsa-status STATUS
 *   tlsa-base NAME   what follows is of that base, which the CNAME leads to
 *   dane WORD [RECORD]     what OpenSSL said; dane-usable MASK     dane-matching MASK     dane-error CODE
 */
#ifndef STSURVEY_TESTS_ANALYSIS_HOST_FACTS_H
#define STSURVEY_TESTS_ANALYSIS_HOST_FACTS_H

#include "parsers/mail_host.h"

enum { HOST_FACTS_MAX = 4, HOST_FACTS_TEXT_MAX = 2048 };

struct probe_facts {
	struct obs_certificate leaf;
	struct span san[4];
	struct obs_verify_error error[4], dane_error[2];
	bool own_san;
};

struct host_facts {
	struct obs_host host;
	struct obs_address address[OBS_ADDRESS_MAX];
	struct obs_smtp probe[OBS_PROBE_MAX];
	struct probe_facts more[OBS_PROBE_MAX];
	struct obs_tlsa_record tlsa[HOST_TLSA_BASES][8];
	struct span cname[2];
	int base; /* that the next TLSA record belongs to */
};

struct all_host_facts {
	struct host_facts host[HOST_FACTS_MAX];
	const struct obs_host *joined[OBS_MX_MAX];
	size_t count; /* of `joined` */
	struct span mx_cname[1];
	char text[HOST_FACTS_TEXT_MAX];
	size_t used;
};

/* False: no word of a host's. */
bool host_facts_set(struct all_host_facts *facts, struct observation *observation, struct span word, struct span value);

#endif

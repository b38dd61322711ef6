/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/facts.h - observations written down as text.
 *
 * Every domain starts as a good one: example.com, one MX, a valid STS record and TLSRPT record, a policy in mode
 * enforce over verified TLS, nothing to find. Lines change that, each "WORD VALUE":
 *
 *   name N           rank N            time SECONDS          input illegal|blocklisted (nothing was asked)
 *   mx -             no records any more; the status is NO_ANSWER
 *   mx STATUS        one of DNS's words
 *   mx PREF NAME     one more record; the first replaces the good one; NAME . is the root
 *   sts -, sts STATUS, sts TEXT; rpt likewise
 *   sts-cname NAME, rpt-cname NAME, a-cname NAME, aaaa-cname NAME; sts-loop, rpt-loop, a-loop
 *   ns NAME          of the parent's side; one more
 *   a STATUS, aaaa STATUS; addresses N
 *   source QUESTION SOURCE [FALL-BACK], audit QUESTION KIND: MX, STS or TLSRPT, and the words of JSON
 *   left-out mx|sts|rpt|addresses|san: there was more than was kept, and it may be anything
 *   ttl SECONDS      of MX and TXT
 *   connect STATUS   one of ZGrab2's words; connect blocklisted-target; reserved
 *   tls VERSION      none 1.0 1.1 1.2 1.3
 *   alert N          no certificate after it
 *   no-chain         of certificates
 *   san NAME         one more; the first replaces            no-san            cn NAME
 *   verify CODE      expires SECONDS-FROM-TIME    issued SECONDS-FROM-TIME    leaf N (another certificate)
 *   http STATUS      type FIELD (- for none)                 failure timeout|too-large|protocol
 *   challenge FIELD  challenged (as older files have it)
 *   body TEXT        | stands for LF
 *   ns NAME          one more name server of the domain's zone, as the child tells; parent-ns NAME, as the zone file
 * does label NAME VALUE one more label; the value may be empty
 *
 * MX hosts are joined where there is a line `host`: tests/analysis/host_facts.h has the words for them.
 */
#ifndef STSURVEY_TESTS_ANALYSIS_FACTS_H
#define STSURVEY_TESTS_ANALYSIS_FACTS_H

#include "parsers/observation.h"
#include "tests/analysis/host_facts.h"

enum { FACTS_TEXT_MAX = 16384, FACTS_TIME = 1800000000 };

struct facts {
	struct observation observation;
	struct obs_mx_record mx[OBS_MX_MAX];
	struct span sts[8], rpt[8], sts_cname[4], rpt_cname[4], a_cname[4], aaaa_cname[4], san[8], ns[4];
	struct obs_label label[4];
	struct obs_audit audit[QUESTION_COUNT];
	struct obs_address address[OBS_ADDRESS_MAX];
	struct obs_certificate leaf;
	struct obs_verify_error error[OBS_VERIFY_ERRORS_MAX];
	bool own_mx, own_sts, own_rpt, own_san;
	char text[FACTS_TEXT_MAX];
	size_t used;
	struct all_host_facts hosts;
};

/* @lines: separated by LF. Spans point into @facts. A line that makes no sense fails the test. */
void facts_make(struct facts *facts, const char *lines);

#endif

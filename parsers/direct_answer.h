/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/direct_answer.h - does what an authoritative server answers say something by itself?
 *
 * A direct answer counts where nothing about it is out of the ordinary: NOERROR or NXDOMAIN, whole, with AA; data of
 * the very name and type that was asked, or nothing with the SOA of the zone (RFC 2308 5). All else, an alias, a
 * referral, somebody else's records, is for a resolver to decide. Pure: one packet in, a verdict out.
 *
 * Whose packet it is (socket, address, port, id, the octets of the question) is the engine's to have compared.
 */
#ifndef STSURVEY_PARSERS_DIRECT_ANSWER_H
#define STSURVEY_PARSERS_DIRECT_ANSWER_H

#include "parsers/dns_answer.h"

/* Read @packet as the answer to @type at @name (A-labels, lower case, no trailing dot; as it was asked), sent by a
 * server to which @zone, @name or a name above it, is delegated. @cut: the datagram had more octets than were taken.
 * FALL_BACK_NONE where it counts; then *status is NOERROR (data), NXDOMAIN or NO_ANSWER. Else the first of the reasons
 * that holds, in this order: MALFORMED (no response that direct_answer_is_of), the code before AA (REFUSED, SERVFAIL,
 * RCODE; with what OPT adds to it), TRUNCATED, NOT_AUTHORITATIVE, MALFORMED (a record that is cut, octets behind the
 * last, or data of an answer or SOA that its type does not have); of an answer section that is not empty ALIAS, FOREIGN
 * (also NXDOMAIN with records); of an empty one NO_SOA: no SOA in the authority section, or an NS beside it, or one
 * whose owner is not at or below @zone and at or above @name, or two. */
enum obs_fall_back direct_answer_judge(const uint8_t *packet, size_t len, bool cut, struct span name, uint16_t type,
				       struct span zone, enum dns_status *status);

/* Is the question section of @packet the one question of @name and @type, in the very octets that dns_query_write
 * writes? A failure may come without any (RFC 1035 4.1.1: who can't read a question can't repeat it). @len: at least
 * DNS_HEADER_SIZE. */
bool direct_answer_is_of(const uint8_t *packet, size_t len, struct span name, uint16_t type);

/* Could an address of another name server of the zone say better? Not where the zone itself is out of the ordinary. */
bool direct_answer_try_another(enum obs_fall_back why);

/* Write a question as an authoritative server gets it: no RD, no AD, no CD, EDNS of DNS_EDNS_SIZE octets without
 * options and DO (the flags of RFC 6891 6.1.4 all 0). As dns_query_write. */
int direct_query_write(uint16_t id, struct span name, uint16_t type, uint8_t out[static DNS_QUERY_MAX]);

#endif

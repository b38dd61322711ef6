/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/preflight.h - what each name server can do, asked before a scan believes it.
 *
 * A resolver that is not there, refuses us, rewrites NXDOMAIN or has no TCP would falsify every number; it is
 * better known before the first domain than after the last.
 */
#ifndef STSURVEY_SCANNER_DNS_PREFLIGHT_H
#define STSURVEY_SCANNER_DNS_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/observation.h"
#include "scanner/rules/address.h"

enum {
	PREFLIGHT_TIMEOUT_MS = 2000, /* a server that needs longer than this is no use */
	PREFLIGHT_SAMPLES = 8,       /* names of the list a server that refuses everything else may answer */
	PREFLIGHT_ROUNDS = 8,        /* questions that a fault of ours ended are asked again so often, … */
	PREFLIGHT_PAUSE_MS = 250,  /* … with this between two rounds: as long as a machine may be out of something */
	PREFLIGHT_RATE_LEAST = 10, /* questions a second: at less nobody waits to hear that his name server is wrong */
};

struct server_check {
	bool answers;              /* anything at all */
	bool useful;               /* NOERROR or NXDOMAIN to something that it must ask others about, over UDP */
	bool fails;                /* SERVFAIL to something */
	bool rewrites;             /* addresses for names that cannot exist, of any parent */
	bool tcp, edns, validates; /* answers over TCP; with OPT; with AD for a signed name */
	bool unvalidated;          /* it tells of a signed name without AD; neither: it told nothing */
	/* octets of a datagram it takes (RFC 6891 6.2.3), which says nothing of those it sends; 0 without OPT */
	uint16_t edns_size;
	enum dns_status status; /* to the name that cannot exist */
	/* what to ask it when it seems dead: a question it answered well */
	char probe_name[256]; /* "": none found */
	uint16_t probe_type;
	bool probe_random; /* with a random label in front, so that no cache answers */
};

/* How often it may ask, as a scan: in all, and each server; 0: no limit. */
struct preflight_rates {
	double all, each;
	/* out: when by these all that it asked will have been earned, microseconds of libuv's clock. What is below
	 * PREFLIGHT_RATE_LEAST is not kept to, and so is paid for later. */
	uint64_t earned_us;
};

/* Ask each of @count servers, waiting @timeout_ms for an answer but never longer than PREFLIGHT_TIMEOUT_MS; @sample
 * holds the first names of the list. @rates NULL: no limit. @check has room for each server. 0, or -1 with one line in
 * @error when none is of use. */
__attribute__((warn_unused_result)) int preflight(const struct endpoint *server, unsigned count, uint32_t timeout_ms,
						  const struct span *sample, size_t samples,
						  struct preflight_rates *rates, struct server_check *check,
						  struct error *error);

/* Log a warning for each thing that @server can't do and a survey's numbers suffer from. A @lab need not hold org,
 * whose signature tells whether a server validates. */
void preflight_warn(const struct endpoint *server, const struct server_check *check, bool lab);

#endif

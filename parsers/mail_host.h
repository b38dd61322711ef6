/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/mail_host.h - the facts about one MX host, looked up and probed once a scan however many domains name it.
 *
 * As observation.h: what was asked and what came back, nothing concluded, and zero is "not asked". A domain refers to
 * its hosts by name. Two things are here that look like judgements and are not: what OpenSSL said of a chain while it
 * was there (verify errors, a match with TLSA), which nobody can ask it again later.
 */
#ifndef STSURVEY_PARSERS_MAIL_HOST_H
#define STSURVEY_PARSERS_MAIL_HOST_H

#include "parsers/observation.h"

/* Limits, as in observation.h. */
enum {
	OBS_PROBE_ADDRESS_MAX = 8, /* addresses of one host that are probed; large providers give a name 8 */
	OBS_PROBE_MAX = OBS_PROBE_ADDRESS_MAX + 2, /* … and handshakes besides, with another name and with none */
	OBS_TLSA_MAX = 32,                         /* records at one name; a rollover of several keys needs 8 */
	OBS_TLSA_DATA_MAX = 4096, /* octets of one: a whole certificate (3 0 0) with key and signature of 4096 bits */
	OBS_SMTP_TEXT_MAX = 1024, /* octets kept of a reply's text … */
	OBS_SMTP_EHLO_TEXT_MAX = 4096, /* … and of the one to EHLO, which lists the extensions */
	OBS_VANTAGE_HOST_MAX = 16,     /* hosts of a self-test */
};

/* How far a probe came: the phase in which it ended. On disk: append only. */
enum smtp_phase {
	SMTP_NOT_TRIED = 0,
	SMTP_CONNECT = 1,   /* no connection: `status` says why */
	SMTP_GREETING = 2,  /* no greeting, or one that is not 2xx */
	SMTP_EHLO = 3,      /* no complete reply to EHLO, or one that is not 2xx, or does not offer STARTTLS */
	SMTP_STARTTLS = 4,  /* no reply to STARTTLS, or one that is not 220 */
	SMTP_HANDSHAKE = 5, /* TLS failed, or was refused by us */
	SMTP_SECURE = 6,    /* the handshake is complete; whatever QUIT brought */
	SMTP_PHASE_COUNT
};

/* What name the handshake asked for. On disk: append only. */
enum smtp_sni {
	SMTP_SNI_HOST = 0, /* the MX name (RFC 8461 4.2) */
	SMTP_SNI_BASE = 1, /* the TLSA base domain, where it is another (RFC 7672 8.1) */
	SMTP_SNI_NONE = 2, /* none, as some senders do */
	SMTP_SNI_COUNT
};

struct obs_smtp_reply {
	uint16_t code;    /* of its last line; 0: no complete reply came */
	bool cut;         /* there was more text, or more lines, than is kept */
	struct span text; /* its lines as sent, each with its code and end, as far as they came; p NULL: nothing came */
};

/* What OpenSSL says of the chain that was shown, by the TLSA records that were handed to it. No names are looked at:
 * they depend on the domain (RFC 7672 3.2.2), so that analysis/classify does it. On disk: append only. */
enum dane_match {
	DANE_NOT_TRIED = 0,
	DANE_MATCH = 1,        /* `record` and `depth` tell which, and what it matched */
	DANE_MISMATCH = 2,     /* usable records, and none matches */
	DANE_NONE_USABLE = 3,  /* OpenSSL takes none of them, or they are of usage 0 or 1 (RFC 7672 3.1.3) */
	DANE_MATCH_FAILED = 4, /* a trust anchor matches; the chain below has errors other than names */
	DANE_MATCH_COUNT
};

struct obs_dane {
	enum dane_match match;
	uint8_t record;                       /* index into the host's obs_tlsa.record, of the base that was used */
	uint8_t depth;                        /* 0: the leaf */
	uint32_t usable;                      /* bit i: record i can be used */
	uint32_t matching;                    /* bit i: record i matches, alone; and that of `record` */
	const struct obs_verify_error *error; /* with DANE, without the trust store */
	size_t error_count;
};

/* One connection to one address. */
struct obs_smtp {
	uint8_t address; /* index into the host's addresses */
	enum smtp_sni sni;
	enum smtp_phase phase;
	/* CONNECT_SUCCESS: a complete reply ended the phase, or the handshake is complete. Else REFUSED, TIMEOUT,
	 * RESET, UNREACHABLE of the connection; in later phases IO_TIMEOUT (silence), RESET (closed), PROTOCOL_ERROR
	 * (no SMTP, or beyond a limit), HANDSHAKE_ERROR. SKIPPED: this machine forbids it. */
	enum connect_status status;
	struct obs_smtp_reply greeting, ehlo, helo, starttls, quit;
	uint32_t injected;             /* octets that followed the reply to STARTTLS in the clear; discarded */
	uint16_t ms[SMTP_PHASE_COUNT]; /* spent in each phase, QUIT in that of SMTP_SECURE; capped at 65535 */
	bool retried_old;              /* after a version alert, TLS below 1.2 was tried: `tls` is of that */
	struct obs_tls tls;
	struct obs_dane dane;
};

struct obs_tlsa_record {
	uint8_t usage, selector, matching;
	struct span data; /* octets; cut at OBS_TLSA_DATA_MAX, and `cut` then */
	bool cut;
};

/* TLSA records at _25._tcp.<base>. */
struct obs_tlsa {
	struct span base;         /* the TLSA base domain (RFC 7672 2.2.3) */
	struct obs_answer answer; /* SKIPPED: not asked, since no address is secure (2.2.2), or may be contacted */
	const struct obs_tlsa_record *record;
	uint32_t count;
	uint32_t omitted;
};

/* The base that a CNAME leads to is asked first, then the host's own name (RFC 7672 2.2.2). */
enum { HOST_TLSA_EXPANDED = 0, HOST_TLSA_INITIAL = 1, HOST_TLSA_BASES = 2 };

struct obs_host {
	struct span name; /* lower case, no trailing dot */
	int64_t time_ms;  /* start of the last look, milliseconds since 1970, UTC */
	uint32_t duration_ms;
	uint8_t passes;                    /* looks taken: 2 after the deferred pass, which is patient */
	struct obs_answer a, aaaa;         /* the chain stands in `a` unless only aaaa has it */
	const struct obs_address *address; /* those that may be contacted first, in the order they are tried */
	size_t address_count;
	size_t address_omitted;
	size_t address_untried; /* of these, such as may be contacted */
	bool reserved;          /* every address was refused by the reserved-address rule … */
	bool blocklisted;       /* … or some list of the user's forbids every address, or the host itself */
	bool ad_believed; /* the resolver is on loopback, or --trust-ad was given: AD says that an answer is secure */
	struct obs_tlsa tlsa[HOST_TLSA_BASES];
	const struct obs_smtp *probe; /* in the order they were made */
	size_t probe_count;
	/* that may be contacted, and were not, since there are more than OBS_PROBE_ADDRESS_MAX, or what the others sent
	 * fills a host's memory. Those of a family without route are not among them: see obs_vantage */
	size_t address_unprobed;
	uint32_t run; /* of those whose scans make up the file, which vantage records have as well; 0: the only one */
	/* not of the host, and not on disk: what the vantage records say of the time it was probed */
	bool doubted; /* since the last canary that was well, one was not: what failed may have been our side */
};

/* What the scanner's own network lets through to port 25. On disk: append only. */
enum vantage_state {
	VANTAGE_UNTESTED = 0,
	VANTAGE_OPEN = 1,
	VANTAGE_BLOCKED = 2,     /* nobody could be connected to */
	VANTAGE_INTERCEPTED = 3, /* somebody else answers: not the known name's certificate, or one greeting for all */
	VANTAGE_PARTIAL = 4,     /* some are as they should be, some are not reached */
	VANTAGE_NO_ROUTE = 5,    /* no route for this family: it is left out, which is no host's fault */
	VANTAGE_STATE_COUNT
};

enum { VANTAGE_IPV4 = 0, VANTAGE_IPV6 = 1, VANTAGE_FAMILIES = 2 };

/* A test of our own way to port 25: before the first probe, or a canary while they run. */
struct obs_vantage {
	int64_t time_ms;
	bool canary;  /* one of many; false: the self-test */
	uint32_t run; /* as a host's */
	enum vantage_state state[VANTAGE_FAMILIES];
	const struct span *host; /* the well-known hosts that were asked */
	size_t host_count;
	struct span ehlo;                     /* the name we greet with; the rest of the self-test alone: */
	struct span source[VANTAGE_FAMILIES]; /* our address as text, where a socket tells it */
	struct span ptr[VANTAGE_FAMILIES];    /* what its PTR record says; p NULL: none, or unknown */
	bool ptr_confirmed[VANTAGE_FAMILIES]; /* … and that name leads back to the address */
};

extern const char *const smtp_phase_names[SMTP_PHASE_COUNT];       /* "connect", "greeting", … */
extern const char *const dane_match_names[DANE_MATCH_COUNT];       /* "match", "mismatch", … */
extern const char *const vantage_state_names[VANTAGE_STATE_COUNT]; /* "open", "blocked", … */

/* The answer with the host's CNAME chain, if there is one: both families have the same. */
static inline const struct obs_answer *obs_host_chain(const struct obs_host *host)
{
	return host->a.cname_count > 0 ? &host->a : &host->aaaa;
}

static inline bool obs_host_has_chain(const struct obs_host *host)
{
	return obs_host_chain(host)->cname_count > 0;
}

/* Where it ends; the host's own name without one. */
static inline struct span obs_host_end(const struct obs_host *host)
{
	return obs_host_has_chain(host) ? obs_cname_end(obs_host_chain(host)) : host->name;
}

/* Can hosts be probed over a family of which a test says so? */
static inline bool vantage_state_is_open(enum vantage_state state)
{
	return state == VANTAGE_OPEN || state == VANTAGE_PARTIAL;
}

/* Would hosts be wronged over it? */
static inline bool vantage_state_is_shut(enum vantage_state state)
{
	return state == VANTAGE_BLOCKED || state == VANTAGE_INTERCEPTED;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/limits.h - what one domain can cost, however hostile its servers are: the network's limits, each with
 * its reason.
 *
 * Beside them stand the limits of what is kept of an answer (parsers/observation.h, parsers/dns_answer.h), of one scan
 * file's frame (output/scan_file/frame.h), and the user's own: --timeout, --retries, --http-timeout, --smtp-timeout,
 * --concurrency, --http-concurrency, --smtp-concurrency.
 *
 * Time. A domain's steps follow each other, and so do those of each of its children; children of one step run beside
 * each other. So a domain takes as long as the longest way through its tree: MX; the TXT records together; a chase
 * through a CNAME chain where its resolver failed; then its policy host, which is a child: A; AAAA; a chase; one fetch.
 * Two chases are never both long, since none asks further once the domain is JOB_CHASE_MS old. A question ends after
 * 1 + --retries tries of at most --timeout each, none begun later than QUESTION_TRIES_MS after the first, and one over
 * TCP; a fetch ends after --http-timeout, whatever its server does. What is left unknown then is recorded as transient.
 * The sum is JOB_WALL_MS with the default options, and JOB_WALL_MOST_MS with any (the assertions below); time spent in
 * line for our own limits (rate, window, a host's places) is not the domain's and not counted. No step waits for
 * another domain's, so a slow one costs its slot only.
 *
 * An MX host (--smtp) is a task beside the domains, and costs a place in a window of its own: A; AAAA; what failed with
 * CD, and a chase beside it; its alias; TLSA at two names; what failed with CD; then HOST_PROBES probes, one after the
 * other, HOST_PATIENT_MAX of them with the long limits though all are silent. The sum is HOST_WALL_MS with the
 * default options; --smtp-timeout makes it longer.
 *
 * Memory. Everything that is kept of a domain, its children included, lies in its one arena, and ARENA_CAP is for all
 * of them together; what a library holds meanwhile is bounded by FETCH_MEMORY. So a scan stays below SCAN_MEMORY +
 * --concurrency × ARENA_CAP + --http-concurrency × FETCH_MEMORY at the very worst; honest domains use a hundredth of
 * the second term, and a window in which a fifth of the domains is hostile stays below SCAN_MEMORY (tests/hostile). A
 * probe of an MX host holds 1 KiB while it waits for a reply, and in its handshake no more than a fetch.
 */
#ifndef STSURVEY_SCANNER_BASE_LIMITS_H
#define STSURVEY_SCANNER_BASE_LIMITS_H

enum {
	/* ---- time, milliseconds unless named otherwise; the steps of a fetch: scanner/https/net_curl.h ---- */

	/* For one address to accept, or half of what is left of the fetch if that is less, so that a second address
	 * gets its chance. Linux repeats the SYN after 1, 3 and 7 s: a fourth try within 10 s hardly helps. */
	NET_CURL_CONNECT_MS = 10000,
	NET_CURL_CONNECT_MIN_MS = 1000, /* halving stops here: less would miss far hosts */
	NET_CURL_HANDSHAKE_MS = 10000,  /* from accept to Finished: four round trips and a slow CPU need a second */
	NET_CURL_FIRST_LINE_MS = 15000, /* from the request to an answer's first line: a busy server's small file */
	NET_CURL_TIMEOUT_MAX_S = 60,    /* RFC 8461 3.3: a sender gives up after a minute, so more changes nothing */
	NET_CURL_CLOCK_MS = 250,        /* between looks at the handshake and the first line: this late they may end */
	NET_CURL_LATE_MS = 2000,        /* a look so late: we stood still. A busy machine rarely is, limits bear less */
	NET_CURL_AGAIN_MAX = 3,         /* times a fetch is begun again for that; then nothing is known */
	JOB_CHASE_MS = 60000,           /* of a domain's age: 16 links, each just within the resolver's own patience */
	DNS_TIMEOUT_MAX_S = 60,         /* --timeout: resolvers give up long before */
	DNS_TIMEOUT_MS = 2000,          /* its default: a resolver's own retry at a name server far away fits in */
	DNS_RETRIES = 3,     /* the default of --retries: at 5 % loss each way one question in 10,000 stays open */
	DNS_JITTER_PART = 8, /* a try lasts up to an eighth more or less than it is told, so that not all end at once */
	QUESTION_TRIES_MS = 30000, /* after so long a silence the next try is the last pass's, if any */
	JOB_WALL_MS = 180000,      /* one domain, all steps: what a survey's last domains may make it wait */
	JOB_WALL_MOST_MS = 960000, /* the same with the longest --timeout and most --retries */
	HOST_PROBES = 10,          /* connections to one MX host at most, OBS_PROBE_MAX */
	HOST_PATIENT_MAX = 2,      /* of them, in the last pass, that may be silent for minutes: a third will be, too */
	HOST_WALL_MS = 1860000,    /* one MX host: eight addresses that are silent, each as long as it may be */

	/* ---- name servers ---- */

	NAME_SERVERS_MAX = 64, /* of --name-servers; a survey's operator has a dozen */

	/* ---- octets and counts from the policy host ---- */

	HTTP_HEADER_MAX = 65536, /* octets of status lines, fields and trailers; servers stop at 8 to 16 KiB */
	HTTP_INTERIM_MAX = 16,   /* 1xx answers before the real one; one is usual, two are odd */
	NET_CURL_BUFFER = 4096,  /* octets read at once; a policy has 100, and thousands of buffers wait */
	/* Octets of a Certificate message, so of any certificate in it; a larger one fails the handshake. OpenSSL's own
	 * default, so what Postfix and Exim refuse is refused here. The arena's cap leaves room for ten times as much.
	 */
	TLS_CHAIN_OCTETS_MAX = 100 * 1024,
	/* Octets of TLS records from one connection, whatever is in them; so of one domain, whose policy is fetched
	 * over one. Chain, header and body at their own limits come to 230 KB; records of one octet make a usual answer
	 * 24 times as large. */
	TLS_OCTETS_MAX = 1024 * 1024,
	/* Handshake messages from one connection. Each costs keys or a hash, and OpenSSL handles them without a return
	 * to us; a handshake has six, two tickets follow it, and a key update comes after gigabytes. */
	TLS_MESSAGES_MAX = 128,
	/* Of a Diffie-Hellman group (TLS 1.2): one of 10,000 bits takes 0.6 s. Large senders' libraries (BoringSSL, Go)
	 * take none at all; RSA is bounded by OpenSSL, which verifies with 16,384 bits in 10 ms. */
	TLS_DH_BITS_MAX = 4096,
	/* TLSA records of a trust anchor's whole key (2 1 0). Each costs two signatures, 50 ms where it is a DSA key of
	 * 10,000 bits; there is hardly ever one, and two while it changes. */
	TLS_DANE_KEYS_MAX = 2,
	TLS_TEXT_MAX = 512, /* octets kept of a CN or an issuer's text; X.520 allows 64 for each attribute */

	/* ---- a probe of an MX host (scanner/smtp/net_smtp.h), milliseconds unless named otherwise; each phase has its
	 * limit, however often an octet comes ---- */

	SMTP_CONNECT_MS = 30000,        /* Linux repeats the SYN after 1, 3, 7 and 15 s; what senders wait, too */
	SMTP_GREETING_MS = 60000,       /* pauses before the greeting are of 6 to 20 s (postscreen, greet_pause) */
	SMTP_GREETING_LAST_MS = 300000, /* in the last pass: RFC 5321 4.5.3.2.1 */
	SMTP_REPLY_MS = 60000,          /* to EHLO, HELO or STARTTLS; a tarpit has not sent a line by then */
	SMTP_HANDSHAKE_MS = 30000,      /* four round trips and a slow CPU need a second, a loaded one ten */
	SMTP_QUIT_MS = 5000,            /* what is known is known: waiting is but polite */
	SMTP_TIMEOUT_S = 120,           /* --smtp-timeout: one probe from its first SYN to its end */
	SMTP_LAST_FACTOR = 3,           /* in the last pass it may take so much longer, so 360 s */
	SMTP_SLOW_MS = 3000,            /* a probe so old takes no room in the window any more; far ones take 2 s */
	SMTP_SLOW_MAX = 4096,           /* probes beside the window for that: a descriptor each, and 1 KiB */
	SMTP_CLOCK_MS = 250,            /* between looks at the limits: so late they may end */
	SMTP_READ_MAX = 16384,          /* octets read at once; one buffer for all, and a TLS record fits in */
	SMTP_EHLO_NAME_MAX = 255,       /* octets of the name we greet with; RFC 5321 4.5.3.1.2 */

	/* ---- memory, octets ---- */

	ARENA_CAP = 1024 * 1024,   /* for one domain and its children, or one MX host: answers, chain facts, body */
	FETCH_MEMORY = 512 * 1024, /* a fetch in flight: curl, OpenSSL, the largest chain; 100 KB as a rule */
	SCAN_MEMORY = 48 * 1024 * 1024, /* what is there once: trust store, frames being filled, the limits' tables */
};

/* The longest way: four rounds and the last link of a chase, each of the tries and one over TCP, and the longest fetch.
 */
#define LIMITS_TRY_MS(timeout_ms) ((timeout_ms) + (timeout_ms) / DNS_JITTER_PART)
#define LIMITS_SUM_MS(tries_ms, timeout_ms)                                                                            \
	(5 * ((tries_ms) + LIMITS_TRY_MS(timeout_ms)) + JOB_CHASE_MS + NET_CURL_TIMEOUT_MAX_S * 1000)
_Static_assert(LIMITS_SUM_MS((1 + DNS_RETRIES) * LIMITS_TRY_MS(DNS_TIMEOUT_MS), DNS_TIMEOUT_MS) <= JOB_WALL_MS,
	       "the steps of one domain take longer than it may");
_Static_assert(LIMITS_SUM_MS(QUESTION_TRIES_MS + LIMITS_TRY_MS(DNS_TIMEOUT_MAX_S * 1000), DNS_TIMEOUT_MAX_S * 1000) <=
		       JOB_WALL_MOST_MS,
	       "the steps of one domain may take longer than it ever may");
_Static_assert(7 * ((2 + DNS_RETRIES) * LIMITS_TRY_MS(DNS_TIMEOUT_MS)) + JOB_CHASE_MS +
			       SMTP_TIMEOUT_S * 1000 *
				       (HOST_PROBES - HOST_PATIENT_MAX + HOST_PATIENT_MAX * SMTP_LAST_FACTOR) <=
		       HOST_WALL_MS,
	       "the steps of one MX host take longer than it may");

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/https/net_curl_rig.h - a loop, a net_curl, and a few fetches: what every test of the policy fetch
 * needs. */
#ifndef STSURVEY_TESTS_SCANNER_HTTPS_NET_CURL_RIG_H
#define STSURVEY_TESTS_SCANNER_HTTPS_NET_CURL_RIG_H

#include <uv.h>

#include "scanner/https/net_curl.h"
#include "tests/scanner/tls/tls_peer.h"

#define HOST "mta-sts.example.test"
#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 604800\r\n"
#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 69\r\n\r\n" POLICY

/* What every test needs of a PKI; more is made with test_pki.h. */
struct rig_pki {
	EVP_PKEY *ca_key, *key; /* of the root; of all below it: what is tested is not the key */
	X509 *root, *middle, *leaf;
	struct tls_store *store; /* holds the root */
};

extern struct rig_pki rig_pki;

/* Do rigs that are initialised from now on keep certificates whole? */
extern bool rig_keep_certificates;

int rig_pki_init(void **state); /* cmocka's set-up and tear-down of a group */
int rig_pki_fini(void **state);

struct rig_fetch {
	struct net_fetch fetch;
	struct obs_policy policy;
	struct obs_address address[4];
	struct arena arena;
	unsigned done;  /* callbacks: 1 when all is well */
	unsigned place; /* of the rig's fetches, in the order of their ends, from 1 */
};

struct rig {
	uv_loop_t loop;
	struct net_curl *curl;
	struct host_limit *hosts;
	bool own_hosts;
	struct cidr_set *allow, *address_blocklist;
	unsigned open, ended; /* fetches without callback, and with */
	bool stop_when_done;  /* the next callback stops all */
};

struct rig_options {
	const struct tls_store *store;
	uint16_t port;
	double timeout_s;     /* 0: 5 */
	unsigned concurrency; /* 0: 16 */
	unsigned per_host;
	uint32_t handshake_ms, first_line_ms;
	struct fetch_pace *pace;
	const char *block;        /* CIDR, or NULL */
	struct host_limit *hosts; /* shared with others; NULL: one of its own with per_host */
};

void rig_init(struct rig *rig, const struct rig_options *options);
void rig_fini(struct rig *rig);

/* Begin to fetch from @addresses (text, up to 4, NULL-terminated where fewer; NULL: 127.0.0.1). */
void rig_begin(struct rig *rig, struct rig_fetch *fetch, const char *host, const char *const *addresses);
void rig_fetch_fini(struct rig_fetch *fetch);

/* Run until no fetch is open. */
void rig_run(struct rig *rig);

/* What obs_policy must hold; 0 where nothing is given. */
struct rig_expected {
	enum connect_status status;
	enum tls_version version;
	int alert; /* 0: none */
	size_t chain;
	int error[3]; /* X509_V_ERR_…, in order, 0-terminated */
	unsigned http_status;
	enum http_failure failure;
	uint64_t size;
	size_t body; /* octets */
};

/* TLS 1.3 and OK_ANSWER, read to its end: also after a failed verification. */
#define RIG_READ .version = TLS_1_3, .http_status = 200, .size = 69, .body = 69

enum {
	RIG_MORE = 1 << 30, /* of size: more than body */
	RIG_SOME,           /* of size and body: more than nothing */
};

/* Start a server after @plan, fetch HOST from it once, compare every field, let @look (may be NULL) see the rest. */
void rig_fetch_one(const char *name, const struct tls_peer_plan *plan, double timeout_s,
		   const struct rig_expected *want,
		   void (*look)(const struct obs_policy *policy, struct tls_peer *peer));

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/https/net_curl_attempt.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/base/log.h"
#include "scanner/rules/contact.h"

enum { URL_MAX = 320 }; /* octets; a DNS name has 253 at most */

/* ---- curl's callbacks; none of them may call curl's multi interface ---- */

static ino_t inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* The last moment before a packet leaves: check what curl is really about to connect to. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct net_curl_attempt *attempt = arg;
	struct obs_address address = { .family = to->family == AF_INET ? 4 : 6 };
	int fd;

	(void)purpose;
	if (to->family == AF_INET)
		memcpy(address.octet, &((struct sockaddr_in *)&to->addr)->sin_addr, 4);
	else
		memcpy(address.octet, &((struct sockaddr_in6 *)&to->addr)->sin6_addr, 16);
	if (contact_check(&address, attempt->options->allow, attempt->options->address_blocklist) != CONTACT_ALLOWED) {
		attempt->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
	if (fd < 0)
		attempt->socket_errno = errno;
	attempt->fd = fd;
	attempt->inode = inode_of(fd);
	return fd;
}

static void forget_socket(struct net_curl_attempt *attempt)
{
	attempt->unwatch(attempt);
	attempt->fd = -1;
}

/* Where memory failed, curl has been seen to close a descriptor that was never its own. */
static int on_close(void *arg, curl_socket_t fd)
{
	struct net_curl_attempt *attempt = arg;

	if (fd != attempt->fd)
		return 0;
	forget_socket(attempt);
	return close(fd);
}

/* TLS begins, so TCP is connected: from here on the limit is that of the whole fetch. */
static CURLcode on_tls(CURL *easy, void *ctx, void *arg)
{
	struct net_curl_attempt *attempt = arg;

	attempt->connected = true;
	if (tls_watch_start(&attempt->tls, ctx) != 0)
		return CURLE_OUT_OF_MEMORY;
	return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, NET_CURL_TIMEOUT_MAX_S * 1000L);
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct net_curl_attempt *attempt = arg;

	return http_answer_line(&attempt->http, (struct span){ p, size * n }) == HTTP_GO_ON ? size * n : 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct net_curl_attempt *attempt = arg;

	if (size * n == 0)
		return 0;
	return http_answer_body(&attempt->http, (struct span){ p, size * n }) == HTTP_GO_ON ? size * n : 0;
}

/* ---- options ---- */

/* What never changes; set once for the life of a handle. */
static CURLcode set_for_life(struct net_curl_attempt *attempt)
{
	CURL *easy = attempt->easy;
	CURLcode bad = CURLE_OK;

#define SET(option, value) (bad = bad ? bad : curl_easy_setopt(easy, option, value))
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L); /* RFC 8461 3.3: 3xx is a failure */
	SET(CURLOPT_PROXY, "");          /* whatever the environment says */
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* no h2: one small file needs no multiplexing */
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_ACCEPT_ENCODING, "identity");
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L); /* http_answer.c decodes, within its limit */
	SET(CURLOPT_USERAGENT, attempt->options->user_agent);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L); /* each transfer's end walks the whole cache */
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_BUFFERSIZE, (long)NET_CURL_BUFFER);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);                 /* holds the request; the least curl takes */
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* RFC 8461 7.2 */
	SET(CURLOPT_SSL_VERIFYPEER, 0L);                        /* tls.c verifies, and goes on after a failure */
	SET(CURLOPT_SSL_VERIFYHOST, 0L);
	SET(CURLOPT_CAINFO, NULL); /* or the bundle is read for each connection */
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_PRIVATE, attempt);
	SET(CURLOPT_CONNECT_TO, &attempt->route); /* an address, so that nothing is resolved */
	SET(CURLOPT_OPENSOCKETDATA, attempt);
	SET(CURLOPT_CLOSESOCKETDATA, attempt);
	SET(CURLOPT_SSL_CTX_DATA, attempt);
	SET(CURLOPT_HEADERDATA, attempt);
	SET(CURLOPT_WRITEDATA, attempt);
#undef SET
	return bad;
}

struct net_curl_attempt *net_curl_attempt_new(const struct net_curl_options *options, const struct routes *routes,
					      void (*unwatch)(struct net_curl_attempt *attempt))
{
	struct net_curl_attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	attempt->options = options;
	attempt->routes = routes;
	attempt->unwatch = unwatch;
	attempt->fd = -1;
	return attempt;
}

void net_curl_attempt_free(struct net_curl_attempt *attempt)
{
	curl_easy_cleanup(attempt->easy);
	free(attempt);
}

static void drop_handle(struct net_curl_attempt *attempt)
{
	curl_easy_cleanup(attempt->easy);
	attempt->easy = NULL;
}

static bool have_handle(struct net_curl_attempt *attempt)
{
	if (attempt->easy)
		return true;
	attempt->easy = curl_easy_init();
	if (attempt->easy && set_for_life(attempt) == CURLE_OK)
		return true;
	drop_handle(attempt);
	return false;
}

void net_curl_attempt_clear(struct net_curl_attempt *attempt)
{
	int fd = attempt->fd;
	long error = 0;

	if (fd >= 0) {
		forget_socket(attempt);
		/* curl 7.88 does not ask us to close a socket that has not connected yet: by now it may be another's */
		if (inode_of(fd) == attempt->inode)
			close(fd);
	}
	if (attempt->easy)
		curl_easy_getinfo(attempt->easy, CURLINFO_OS_ERRNO, &error);
	/* curl 7.88 does not forget an errno at the next transfer's beginning: it would be taken for that one's */
	if (attempt->fault != NET_OK || error != 0)
		drop_handle(attempt);
}

struct net_curl_attempt *net_curl_attempt_of(CURL *easy)
{
	struct net_curl_attempt *attempt = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&attempt);
	return attempt;
}

static CURLcode set_for_attempt(struct net_curl_attempt *attempt, struct span host, long left_ms, long connect_ms)
{
	unsigned https_port = attempt->options->https_port;
	char url[URL_MAX], port[8] = "", address[ADDRESS_TEXT_MAX];
	CURL *easy = attempt->easy;
	CURLcode bad = CURLE_OK;

	if (https_port != 443)
		snprintf(port, sizeof(port), ":%u", https_port);
	snprintf(url, sizeof(url), "https://%.*s%s/.well-known/mta-sts.txt", (int)host.n, host.p, port);
	address_text(&attempt->address, address);
	snprintf(attempt->route_text, sizeof(attempt->route_text),
		 attempt->address.family == 4 ? "::%s:%u" : "::[%s]:%u", address, https_port);
	attempt->route = (struct curl_slist){ .data = attempt->route_text };

#define SET(option, value) (bad = bad ? bad : curl_easy_setopt(easy, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_TIMEOUT_MS, left_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
#undef SET
	return bad;
}

int net_curl_attempt_set(struct net_curl_attempt *attempt, struct net_fetch *fetch, const struct obs_address *address,
			 long left_ms, long connect_ms)
{
	*attempt = (struct net_curl_attempt){
		.options = attempt->options,
		.routes = attempt->routes,
		.unwatch = attempt->unwatch,
		.easy = attempt->easy,
		.fd = -1,
		.policy = fetch->policy,
		.address = *address,
		.tls = { .store = attempt->options->store,
			 .host = fetch->host,
			 .arena = fetch->arena,
			 .tls = &fetch->policy->tls,
			 .keep_der = attempt->options->keep_certificates },
	};
	http_answer_init(&attempt->http, fetch->arena, &fetch->policy->http);
	if (!have_handle(attempt))
		return -1;
	return set_for_attempt(attempt, fetch->host, left_ms, connect_ms) == CURLE_OK ? 0 : -1;
}

enum net_curl_stage net_curl_attempt_stage(const struct net_curl_attempt *attempt)
{
	if (!attempt->connected)
		return NET_CURL_CONNECTING;
	if (!attempt->tls.done)
		return NET_CURL_SHAKING;
	return attempt->http.header_octets == 0 ? NET_CURL_ASKING : NET_CURL_READING;
}

/* ---- judging ---- */

static enum net_curl_outcome judge_connect(struct net_curl_attempt *attempt, CURLcode code)
{
	struct connect_meaning meaning;
	long error = attempt->socket_errno;

	if (attempt->forbidden)
		return NET_CURL_FORBIDDEN;
	if (code == CURLE_OPERATION_TIMEDOUT) {
		attempt->policy->status = CONNECT_TIMEOUT;
		return NET_CURL_NOT_CONNECTED;
	}
	if (code != CURLE_COULDNT_CONNECT) { /* nothing that the other side can bring about */
		attempt->fault = NET_FAULT_MEMORY;
		return NET_CURL_FINAL;
	}
	if (error == 0)
		curl_easy_getinfo(attempt->easy, CURLINFO_OS_ERRNO, &error);
	meaning = connect_errno_meaning((int)error, &attempt->address, attempt->routes);
	attempt->policy->status = meaning.status;
	attempt->fault = meaning.fault;
	return meaning.fault == NET_OK ? NET_CURL_NOT_CONNECTED : NET_CURL_FINAL;
}

static void judge_handshake(struct net_curl_attempt *attempt, CURLcode code)
{
	/* TLS began if an octet came, or if nothing ended the connection. */
	if (code != CURLE_OPERATION_TIMEDOUT && attempt->tls.octets == 0)
		attempt->policy->status = CONNECT_RESET;
	else
		attempt->policy->status = CONNECT_HANDSHAKE_ERROR;
}

/* May the body have been cut? One that ends with its coding has not; one that ends with the connection has no other end
 * than close_notify (RFC 9112 9.8). */
static bool is_cut(const struct net_curl_attempt *attempt, bool whole)
{
	return attempt->http.line !=
		       HTTP_TRAILER_LINE /* libcurl 7.88 minds no end within the header section (RFC 9112 8) */
	       || !whole || (!http_answer_is_framed(&attempt->http) && !attempt->tls.closed);
}

/* @whole: no coding of the body ends in the middle. */
static enum http_failure http_failure_of(const struct net_curl_attempt *attempt, CURLcode code, bool whole)
{
	if (attempt->http.go == HTTP_STOP_TOO_LARGE)
		return HTTP_TOO_LARGE;
	if (attempt->http.go == HTTP_STOP_ENOUGH)
		return HTTP_COMPLETE;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return HTTP_TIMEOUT;
	return code == CURLE_OK && !is_cut(attempt, whole) ? HTTP_COMPLETE : HTTP_PROTOCOL;
}

static void judge_http(struct net_curl_attempt *attempt, CURLcode code)
{
	struct obs_policy *policy = attempt->policy;
	bool whole;

	if (attempt->http.go == HTTP_STOP_NO_MEMORY)
		attempt->fault = NET_FAULT_MEMORY;
	whole = http_answer_end(&attempt->http);
	policy->http.failure = http_failure_of(attempt, code, whole);
	if (!tls_watch_verified(&attempt->tls))
		policy->status = CONNECT_HANDSHAKE_ERROR;
	else if (policy->http.status != 0)
		policy->status = CONNECT_SUCCESS;
	else if (policy->http.failure == HTTP_TIMEOUT)
		policy->status = CONNECT_IO_TIMEOUT;
	else
		policy->status = CONNECT_PROTOCOL_ERROR;
}

/* Has a call on the socket failed that was not theirs to break? What it cut off says nothing about them. */
static bool is_cut_by_us(struct net_curl_attempt *attempt, CURLcode code)
{
	struct connect_meaning meaning;
	long error = 0;

	if (code == CURLE_OK || code == CURLE_WRITE_ERROR /* a limit of http_answer.h */ ||
	    code == CURLE_OPERATION_TIMEDOUT)
		return false;
	curl_easy_getinfo(attempt->easy, CURLINFO_OS_ERRNO, &error);
	meaning = connected_errno_meaning((int)error, &attempt->address, attempt->routes);
	if (meaning.status != CONNECT_SKIPPED)
		return false;
	attempt->fault = meaning.fault;
	attempt->policy->status = CONNECT_SKIPPED;
	attempt->policy->tls = (struct obs_tls){ 0 };
	attempt->policy->http = (struct obs_http){ 0 };
	return true;
}

/* CURLE_OUT_OF_MEMORY is what libcurl says of a header line over its own limit, too: memory is counted, so it means
 * nothing else here. */
static enum net_curl_outcome judge(struct net_curl_attempt *attempt, CURLcode code)
{
	if (attempt->fault == NET_OK && attempt->tls.no_memory)
		attempt->fault = NET_FAULT_MEMORY;
	if (attempt->fault != NET_OK)
		return NET_CURL_FINAL;
	if (!attempt->connected)
		return judge_connect(attempt, code);
	if (is_cut_by_us(attempt, code))
		return NET_CURL_FINAL;
	if (attempt->tls.done)
		judge_http(attempt, code);
	else
		judge_handshake(attempt, code);
	return NET_CURL_FINAL;
}

static void log_outcome(const struct net_curl_attempt *attempt, enum net_curl_outcome outcome, uint64_t ms)
{
	const struct obs_policy *policy = attempt->policy;
	const char *what = connect_status_names[policy->status];
	char address[ADDRESS_TEXT_MAX];

	if (attempt->fault != NET_OK)
		what = net_fault_name(attempt->fault);
	else if (outcome == NET_CURL_FORBIDDEN)
		what = "forbidden";
	address_text(&attempt->address, address);
	log_message(LOG_LEVEL_TRACE, "%.*s at %s: %s, HTTP status %u, %llu ms", (int)attempt->tls.host.n,
		    attempt->tls.host.p, address, what, policy->http.status, (unsigned long long)ms);
}

enum net_curl_outcome net_curl_attempt_judge(struct net_curl_attempt *attempt, CURLcode code, uint64_t ms, int *fault)
{
	enum net_curl_outcome outcome = judge(attempt, code);

	*fault = attempt->fault;
	if (log_wants(LOG_LEVEL_TRACE))
		log_outcome(attempt, outcome, ms);
	return outcome;
}

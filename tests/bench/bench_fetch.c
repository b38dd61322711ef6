/* SPDX-License-Identifier: BSD-2-Clause */
/* bench_fetch [FETCHES [fetch|refused|memory]] - what a policy fetch costs the client, against the least that OpenSSL
 * makes possible.
 *
 * A server of its own (another process, on another core) answers with leaf and intermediate, ECDSA P-256. In turns, so
 * that a noisy machine disturbs both alike, the same work is done by a bare loop (one SSL_CTX, verification, GET) and
 * by scanner/https/net_curl. Counted is the CPU time of the client, user and system. Then: refused connections, and the
 * memory of 2,000 fetches in flight.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "scanner/https/net_curl.h"
#include "scanner/rules/address.h"
#include "tests/bench/usage.h"
#include "tests/scanner/tls/test_pki.h"
#include "tests/scanner/tls/tls_peer.h"

#define HOST "mta-sts.example.test"
#define ANSWER                                                                                                         \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 69\r\n\r\n"                                    \
	"version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 604800\r\n"

enum { ROUNDS = 5, WINDOW = 100, IN_FLIGHT = 2000, REFUSED = 20000 };

/* Shared with the server's process. */
struct stage {
	atomic_uint port;
	atomic_bool hold; /* answers wait */
	atomic_uint held; /* requests that wait */
};

static struct stage *stage;
static struct {
	EVP_PKEY *key;
	X509 *root, *middle, *leaf;
	char *ca_file;
} pki;

static void pin(unsigned core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	sched_setaffinity(0, sizeof(set), &set); /* one core alone: measured all the same */
}

static void make_pki(void)
{
	static const struct span host = SPAN_LITERAL(HOST);
	EVP_PKEY *ca_key = pki_key();

	pki.key = pki_key();
	pki.root = pki_certificate(&(struct pki_spec){ .common_name = "Root", .ca = true }, ca_key);
	pki.middle = pki_certificate(
		&(struct pki_spec){ .common_name = "Middle", .ca = true, .issuer = pki.root, .issuer_key = ca_key },
		pki.key);
	pki.leaf = pki_certificate(&(struct pki_spec){ .common_name = HOST,
						       .san = &host,
						       .san_count = 1,
						       .issuer = pki.middle,
						       .issuer_key = pki.key },
				   pki.key);
	pki.ca_file = pki_file(pki.root);
	EVP_PKEY_free(ca_key);
}

/* ---- the server ---- */

static void play(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	if (atomic_load(&stage->hold)) {
		atomic_fetch_add(&stage->held, 1);
		while (atomic_load(&stage->hold))
			usleep(20000);
	}
	SSL_write(ssl, ANSWER, sizeof(ANSWER) - 1);
}

/* Serves until @life closes: with the parent, however that ends. */
static void serve(int life)
{
	struct tls_peer_plan plan = { .chain = { pki.leaf, pki.middle }, .key = pki.key, .play = play };
	struct tls_peer peer;
	char end;

	pin(1);
	tls_peer_start(&peer, &plan, NULL, 0);
	atomic_store(&stage->port, peer.port);
	(void)!read(life, &end, 1);
	_exit(0);
}

/* ---- the clock ---- */

struct cost {
	double cpu, wall; /* seconds */
};

static struct cost cost_now(void)
{
	return (struct cost){ usage_cpu_s(), usage_wall_s() };
}

static struct cost cost_since(struct cost start)
{
	struct cost end = cost_now();

	return (struct cost){ end.cpu - start.cpu, end.wall - start.wall };
}

/* ---- the limit ---- */

static bool bare_fetch(SSL_CTX *ctx, unsigned port)
{
	static const char request[] = "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " HOST
				      "\r\nConnection: close\r\n\r\n";
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, n, size = 0;
	SSL *ssl = SSL_new(ctx);
	char body[4096];

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		SSL_set_fd(ssl, fd);
		SSL_set_tlsext_host_name(ssl, HOST);
		SSL_set1_host(ssl, HOST);
		if (SSL_connect(ssl) == 1 && SSL_write(ssl, request, sizeof(request) - 1) > 0) {
			while ((n = SSL_read(ssl, body, sizeof(body))) > 0)
				size += n;
			SSL_shutdown(ssl);
		}
	}
	SSL_free(ssl);
	close(fd);
	return size == sizeof(ANSWER) - 1;
}

static struct cost bare_loop(unsigned count)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct cost start;
	unsigned good = 0;

	SSL_CTX_load_verify_file(ctx, pki.ca_file);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	start = cost_now();
	for (unsigned i = 0; i < count; i++)
		good += bare_fetch(ctx, atomic_load(&stage->port));
	start = cost_since(start);
	SSL_CTX_free(ctx);
	if (good != count)
		printf("OpenSSL loop: %u of %u failed\n", count - good, count);
	return start;
}

/* ---- net_curl ---- */

struct slot {
	struct net_fetch fetch;
	struct obs_policy policy;
	struct obs_address address;
	struct arena arena;
};

struct client {
	uv_loop_t loop;
	struct net_curl *curl;
	struct slot *slot;
	unsigned slots, begun, done, good, count;
	enum connect_status want;
};

static void begin(struct client *client, struct slot *slot)
{
	client->begun++;
	arena_reset(&slot->arena);
	net_curl_fetch(client->curl, &slot->fetch);
}

static void on_done(struct net_fetch *fetch)
{
	struct client *client = fetch->arg;

	client->good += fetch->fault == NET_OK && fetch->policy->status == client->want;
	client->done++;
	if (client->begun < client->count)
		begin(client, (struct slot *)fetch);
	else if (client->done == client->count)
		uv_stop(&client->loop);
}

static void client_begin(struct client *client, unsigned count, enum connect_status want)
{
	client->count = count;
	client->want = want;
	client->begun = client->done = client->good = 0;
	for (unsigned i = 0; i < client->slots && i < count; i++)
		begin(client, &client->slot[i]);
}

static void client_end(struct client *client, const char *what)
{
	while (client->done < client->count)
		uv_run(&client->loop, UV_RUN_DEFAULT);
	if (client->good != client->count)
		printf("%s: %u of %u ended otherwise\n", what, client->count - client->good, client->count);
}

static struct cost client_fetch(struct client *client, unsigned count, enum connect_status want, const char *what)
{
	struct cost start = cost_now();

	client_begin(client, count, want);
	client_end(client, what);
	return cost_since(start);
}

static void client_init(struct client *client, const struct tls_store *store, struct host_limit *hosts, unsigned port,
			unsigned window)
{
	struct cidr_set *allow = cidr_set_new();
	struct net_curl_options options = { .loop = &client->loop,
					    .store = store,
					    .hosts = hosts,
					    .allow = allow,
					    .https_port = (uint16_t)port,
					    .timeout_s = 60,
					    .concurrency = window,
					    .user_agent = "stsurvey/bench" };
	struct error error;

	*client = (struct client){ .slots = window, .slot = calloc(window, sizeof(struct slot)) };
	cidr_set_add(allow, SPAN_LITERAL("127.0.0.0/8"));
	uv_loop_init(&client->loop);
	if (!client->slot || net_curl_open(&client->curl, &options, &error) != 0) {
		fprintf(stderr, "bench_fetch: cannot start: %s\n", client->slot ? error.text : "no memory");
		exit(1);
	}
	for (unsigned i = 0; i < window; i++) {
		struct slot *slot = &client->slot[i];

		address_parse(SPAN_LITERAL("127.0.0.1"), &slot->address);
		slot->arena = (struct arena){ 0 };
		slot->fetch = (struct net_fetch){ .host = SPAN_LITERAL(HOST),
						  .address = &slot->address,
						  .address_count = 1,
						  .allowed = 1,
						  .arena = &slot->arena,
						  .policy = &slot->policy,
						  .on_done = on_done,
						  .arg = client };
	}
}

/* ---- the measurements ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static void measure_fetch(const struct tls_store *store, struct host_limit *hosts, unsigned count)
{
	double bare[ROUNDS], ours[ROUNDS], ratio[ROUNDS], rate[ROUNDS];
	struct client client;

	client_init(&client, store, hosts, atomic_load(&stage->port), WINDOW);
	client_fetch(&client, WINDOW, CONNECT_SUCCESS, "warming up");
	for (int i = 0; i < ROUNDS; i++) {
		bare[i] = bare_loop(count).cpu * 1e3 / count;
		struct cost cost = client_fetch(&client, count, CONNECT_SUCCESS, "fetch");

		ours[i] = cost.cpu * 1e3 / count;
		rate[i] = count / cost.wall;
		ratio[i] = ours[i] / bare[i];
	}
	printf("fetch: %.0f/s; CPU %.3f ms each; OpenSSL loop %.3f ms; ratio %.2f (medians of %d x %u)\n",
	       median(rate, ROUNDS), median(ours, ROUNDS), median(bare, ROUNDS), median(ratio, ROUNDS), ROUNDS, count);
}

static void measure_refused(const struct tls_store *store, struct host_limit *hosts)
{
	struct client client;
	struct cost cost;

	client_init(&client, store, hosts, 1, WINDOW); /* tcpmux: nobody listens there */
	cost = client_fetch(&client, REFUSED, CONNECT_REFUSED, "refused");
	printf("refused: %.0f/s; CPU %.3f ms each\n", REFUSED / cost.wall, cost.cpu * 1e3 / REFUSED);
}

static void measure_memory(const struct tls_store *store, struct host_limit *hosts)
{
	struct client client;
	double before;

	client_init(&client, store, hosts, atomic_load(&stage->port), IN_FLIGHT);
	before = usage_rss_mib();
	atomic_store(&stage->hold, true);
	client_begin(&client, IN_FLIGHT, CONNECT_SUCCESS);
	for (int i = 0; i < 3000 && atomic_load(&stage->held) < IN_FLIGHT; i++) {
		uv_run(&client.loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	printf("in flight: %u of %u; RSS %.1f MiB, %.1f MiB before; %.1f KiB each\n", atomic_load(&stage->held),
	       IN_FLIGHT, usage_rss_mib(), before, (usage_rss_mib() - before) * 1024 / IN_FLIGHT);
	atomic_store(&stage->hold, false);
	client_end(&client, "in flight");
}

static bool wanted(int argc, char **argv, const char *what)
{
	return argc < 3 || strcmp(argv[2], what) == 0;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
	struct host_limit *hosts = host_limit_new(0);
	struct rlimit files;
	struct tls_store *store;
	struct error error;
	int life[2];
	pid_t server;

	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_pki();
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (stage == MAP_FAILED || pipe(life) != 0 || (server = fork()) < 0) {
		perror("bench_fetch");
		return 1;
	}
	if (server == 0) {
		close(life[1]);
		serve(life[0]);
	}
	close(life[0]);
	pin(0);
	while (atomic_load(&stage->port) == 0)
		usleep(1000);
	if (tls_store_open(&store, pki.ca_file, &error) != 0) {
		fprintf(stderr, "bench_fetch: %s\n", error.text);
		return 1;
	}
	if (wanted(argc, argv, "fetch"))
		measure_fetch(store, hosts, count);
	if (wanted(argc, argv, "refused"))
		measure_refused(store, hosts);
	if (wanted(argc, argv, "memory"))
		measure_memory(store, hosts);
	close(life[1]);
	waitpid(server, NULL, 0);
	unlink(pki.ca_file);
	return 0;
}

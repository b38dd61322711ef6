/* SPDX-License-Identifier: BSD-2-Clause */
/* bench_smtp PORT CA_FILE COUNT [wait|beside] - scanner/smtp against smtp_server: COUNT probes, 20 at once; its peer is
 * smtp_loop. wait: of its silent host, all of them at once, and the memory they take meanwhile. beside: COUNT of the
 * one that talks, alone, and once more beside COUNT of the silent one, in a window that has room for all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scanner/rules/address.h"
#include "scanner/smtp/net_smtp.h"
#include "tests/bench/usage.h"

#define HOST "mx.example.test"

enum { WINDOW = 20, PATIENCE_S = 3600 /* for valgrind */, SETTLE_MS = 3000 /* until five thousand are connected */ };

struct slot {
	struct net_probe probe;
	struct obs_smtp smtp;
	struct obs_address address;
	struct arena arena;
};

static struct {
	uv_loop_t loop;
	struct net_smtp *smtp;
	unsigned long begun, done, good, count;
} client;

static void begin(struct slot *slot)
{
	client.begun++;
	arena_reset(&slot->arena);
	net_smtp_probe(client.smtp, &slot->probe);
}

static bool is_good(const struct net_probe *probe)
{
	const struct obs_smtp *smtp = probe->smtp;

	return probe->fault == NET_OK && smtp->phase == SMTP_SECURE && smtp->quit.code == 221 &&
	       smtp->tls.chain_count == 2 && smtp->tls.error_count == 0;
}

static void on_done(struct net_probe *probe)
{
	client.good += is_good(probe);
	if (++client.done == client.count)
		uv_stop(&client.loop);
	else if (client.begun < client.count)
		begin((struct slot *)probe);
}

static void on_settled(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Begin @count probes of @address, each in a slot of its own. */
static void begin_some(unsigned long count, const char *address)
{
	struct slot *slots = calloc(count, sizeof(*slots));

	if (!slots)
		abort();
	for (unsigned long i = 0; i < count; i++) {
		struct slot *slot = &slots[i];

		address_parse(span_of(address), &slot->address);
		slot->probe = (struct net_probe){ .host = SPAN_LITERAL(HOST),
						  .sni_name = SPAN_LITERAL(HOST),
						  .address = &slot->address,
						  .arena = &slot->arena,
						  .smtp = &slot->smtp,
						  .on_done = on_done };
		begin(slot);
	}
}

/* Of the host that talks, until all are done: CPU of each. */
static double probe_all_ms(void)
{
	double before = usage_cpu_s();

	client.begun = client.done = client.good = 0;
	begin_some(WINDOW, "127.0.0.1");
	while (client.done < client.count)
		uv_run(&client.loop, UV_RUN_DEFAULT);
	return (usage_cpu_s() - before) * 1e3 / (double)client.count;
}

static bool measure_probes(void)
{
	double each = probe_all_ms();

	printf("good=%lu\ncpu_ms=%.3f\n", client.good, each);
	return client.good == client.count;
}

static void begin_silent(void)
{
	uv_timer_t timer;

	begin_some(client.count, "127.0.0.2");
	uv_timer_init(&client.loop, &timer);
	uv_timer_start(&timer, on_settled, SETTLE_MS, 0);
	uv_run(&client.loop, UV_RUN_DEFAULT);
}

static bool measure_wait(void)
{
	double before = usage_rss_mib(), now;

	begin_silent();
	now = usage_rss_mib();
	printf("waiting=%lu\nrss_mib=%.2f\neach_kib=%.2f\n", client.count - client.done, now - before,
	       (now - before) * 1024 / (double)client.count);
	return client.done == 0;
}

static bool measure_beside(void)
{
	double alone = probe_all_ms();
	bool good = client.good == client.count;

	begin_silent();
	printf("alone_ms=%.3f\nbeside_ms=%.3f\n", alone, probe_all_ms());
	return good && client.good == client.count;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 4 ? argv[4] : "";
	struct cidr_set *allow = cidr_set_new();
	struct net_smtp_options options = {
		.loop = &client.loop, .hosts = host_limit_new(0), .allow = allow, .ehlo_domain = "bench.example.test"
	};
	struct tls_store *store;
	struct rlimit files;
	struct error error = { .text = "usage: bench_smtp PORT CA_FILE COUNT [wait|beside]" };

	client.count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	cidr_set_add(allow, SPAN_LITERAL("127.0.0.0/8"));
	uv_loop_init(&client.loop);
	if (client.count == 0 || tls_store_open(&store, argv[2], &error) != 0)
		goto failed;
	for (unsigned phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		options.phase_ms[phase] = PATIENCE_S * 1000;
	options.store = store;
	options.smtp_port = (uint16_t)strtoul(argv[1], NULL, 10);
	options.concurrency = WINDOW + (*mode ? (unsigned)client.count : 0);
	if (net_smtp_open(&client.smtp, &options, &error) != 0)
		goto failed;
	if (strcmp(mode, "wait") == 0)
		return measure_wait() ? 0 : 1;
	return (strcmp(mode, "beside") == 0 ? measure_beside() : measure_probes()) ? 0 : 1;
failed:
	fprintf(stderr, "%s\n", error.text);
	return 1;
}

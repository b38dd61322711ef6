/* bench_smtp PORT CA_FILE COUNT [wait] - scanner/smtp against smtp_server: COUNT probes, 20 at once; its peer is
 * smtp_loop. With `wait` and a silent server, all of them at once, and the memory they take while they wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scanner/rules/address.h"
#include "scanner/smtp/net_smtp.h"

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
	struct slot *slot;
	unsigned long begun, done, good, count;
} client;

static double cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double rss_mib(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

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

static void begin_all(unsigned long slots)
{
	client.slot = calloc(slots, sizeof(*client.slot));
	if (!client.slot)
		abort();
	for (unsigned long i = 0; i < slots && i < client.count; i++) {
		struct slot *slot = &client.slot[i];

		address_parse(SPAN_LITERAL("127.0.0.1"), &slot->address);
		slot->probe = (struct net_probe){ .host = SPAN_LITERAL(HOST),
						  .sni_name = SPAN_LITERAL(HOST),
						  .address = &slot->address,
						  .arena = &slot->arena,
						  .smtp = &slot->smtp,
						  .on_done = on_done };
		begin(slot);
	}
}

static void measure_wait(void)
{
	double before = rss_mib(), now;
	uv_timer_t timer;

	begin_all(client.count);
	uv_timer_init(&client.loop, &timer);
	uv_timer_start(&timer, on_settled, SETTLE_MS, 0);
	uv_run(&client.loop, UV_RUN_DEFAULT);
	now = rss_mib();
	printf("waiting=%lu\nrss_mib=%.2f\neach_kib=%.2f\n", client.count - client.done, now - before,
	       (now - before) * 1024 / (double)client.count);
}

static void measure_probes(void)
{
	double before = cpu_s();

	begin_all(WINDOW);
	while (client.done < client.count)
		uv_run(&client.loop, UV_RUN_DEFAULT);
	printf("good=%lu\ncpu_ms=%.3f\n", client.good, (cpu_s() - before) * 1e3 / (double)client.count);
}

int main(int argc, char **argv)
{
	bool wait = argc > 4 && strcmp(argv[4], "wait") == 0;
	struct cidr_set *allow = cidr_set_new();
	struct net_smtp_options options = {
		.loop = &client.loop, .hosts = host_limit_new(0), .allow = allow, .ehlo_domain = "bench.example.test"
	};
	struct tls_store *store;
	struct rlimit files;
	struct error error = { .text = "usage: bench_smtp PORT CA_FILE COUNT [wait]" };

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
	options.concurrency = wait ? (unsigned)client.count : WINDOW;
	if (net_smtp_open(&client.smtp, &options, &error) != 0)
		goto failed;
	if (wait)
		measure_wait();
	else
		measure_probes();
	return wait || client.good == client.count ? 0 : 1;
failed:
	fprintf(stderr, "%s\n", error.text);
	return 1;
}

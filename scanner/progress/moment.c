/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/progress/moment.h"

#include <stdio.h>

#include "scanner/base/wall_clock.h"
#include "scanner/queue/admission.h"

#define DOUBTFUL_SHARE 0.5 /* above it: more than an old list, or one with a few comments, comes to */

/* Deferred domains that are still to be asked again. */
static uint64_t deferred_left(const struct scan *scan)
{
	switch (atomic_load(&scan->phase)) {
	case SCAN_LIST:
		return SCAN_SUM(scan, deferred);
	case SCAN_SECOND_PASS:
		return atomic_load(&scan->deferred.count);
	default:
		return 0;
	}
}

double moment_fraction(double of_feed, uint64_t handed, uint64_t recorded, uint64_t most)
{
	double fraction = of_feed;

	if (fraction > 0 && recorded < handed)
		fraction *= (double)recorded / (double)handed;
	if (most > 0 && (double)recorded / (double)most > fraction)
		fraction = (double)recorded / (double)most;
	return fraction < 1 ? fraction : 1;
}

static void put_stopping(struct moment *moment, double left_s)
{
	char hosts[48] = "";

	if (moment->has_hosts)
		snprintf(hosts, sizeof(hosts), " and %llu mail servers", (unsigned long long)moment->hosts_in_flight);
	snprintf(moment->note, sizeof(moment->note), "stopping: %llu domains%s in flight, %.0f s left",
		 (unsigned long long)moment->in_flight, hosts, left_s);
}

static void note_now(const struct scan *scan, struct moment *moment)
{
	double left = scan->drain_end_s - (double)moment->elapsed_ms / 1000;
	const char *note = "";

	if (moment->stopping) {
		put_stopping(moment, left > 0 ? left : 0);
		return;
	}
	if (scan_is_paused(scan))
		note = "paused: no name server answers";
	else if (atomic_load(&scan->held))
		note = "waiting: port 25 is shut to us";
	else if (SCAN_SUM(scan, starved) > 0)
		note = "waiting: this machine is out of sockets or memory";
	else if (congestion_is_lowered(&scan->congestion))
		note = "asking slower: too many questions had to be repeated";
	else if (atomic_load(&scan->phase) == SCAN_SECOND_PASS)
		note = "asking again what stayed unknown";
	snprintf(moment->note, sizeof(moment->note), "%s", note);
}

static void count_hosts(const struct scan *scan, struct moment *moment)
{
	uint64_t lost = atomic_load(&scan->hosts.lost), known = atomic_load(&scan->hosts.seen) - lost;

	moment->hosts_lost = lost;
	moment->hosts_unknown = atomic_load(&scan->before.hosts.unknown) + SCAN_SUM(scan, hosts.unknown);
	moment->hosts = atomic_load(&scan->before.hosts.recorded) + SCAN_SUM(scan, hosts.recorded);
	moment->hosts_left = known > moment->hosts ? known - moment->hosts : 0;
	moment->hosts_in_flight = SCAN_SUM(scan, hosts.in_flight);
	moment->probes = scan->before.probes + SCAN_SUM(scan, hosts.probes);
	moment->probing = SCAN_SUM(scan, hosts.probing);
}

static void count_direct(const struct scan *scan, struct moment *moment)
{
	struct admission_counts waiting = { 0 };

	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		moment->direct.counter[i] = SCAN_TOTAL(scan, direct[i]);
	if (scan->admission)
		admission_counts(scan->admission, &waiting);
	moment->waiting = waiting.waiting;
	moment->slowest_waiting = waiting.slowest_waiting;
	moment->slowest_n = (uint8_t)waiting.slowest.n;
	if (waiting.slowest.n > 0)
		memcpy(moment->slowest, waiting.slowest.p, waiting.slowest.n);
}

/* A host is as much work as a domain; of --max-domains the feed knows, too. */
static double fraction_now(const struct scan *scan, const struct moment *moment)
{
	uint64_t handed = atomic_load(&scan->before.counts.domains) + feed_handed(scan->feed);
	double of_feed = feed_fraction(scan->feed);

	if (!moment->has_hosts)
		return moment_fraction(of_feed, handed, moment->domains, scan->options->max_domains);
	if (scan->options->mx_hosts)
		handed = moment->domains; /* but for those lines that are none, they are the hosts */
	return moment_fraction(of_feed, handed + moment->hosts + moment->hosts_left, moment->domains + moment->hosts,
			       0);
}

void moment_now(const struct scan *scan, struct moment *moment)
{
	*moment = (struct moment){
		.elapsed_ms = (uint64_t)(scan_elapsed_s(scan) * 1000),
		.wall_ms = wall_clock_ms(),
		.sts = SCAN_TOTAL(scan, sts),
		.fetched = SCAN_TOTAL(scan, fetched),
		.unknown = SCAN_TOTAL(scan, unknown),
		.blocklisted = SCAN_TOTAL(scan, blocklisted),
		.illegal = SCAN_TOTAL(scan, illegal),
		.nxdomain = SCAN_TOTAL(scan, nxdomain),
		.queries = scan->before.queries + scan_queries(scan),
		.fetches = scan->before.fetches + SCAN_SUM(scan, fetches),
		.traffic_lost = scan->before.traffic_lost,
		.deferred_left = deferred_left(scan),
		.in_flight = SCAN_SUM(scan, in_flight),
		.fetching = SCAN_SUM(scan, fetching),
		.has_hosts = options_probes(scan->options),
		.has_direct = scan->options->direct,
		.of_hosts = scan->options->mx_hosts,
		.stopping = scan_is_stopping(scan),
	};
	if (moment->has_direct)
		count_direct(scan, moment);
	moment->domains = SCAN_TOTAL(scan, domains); /* after its parts: none of them is more than it */
	count_hosts(scan, moment);                   /* without probes, too: merge may have joined some into the file */
	moment->fraction = fraction_now(scan, moment);
	moment->list_read = feed_fraction(scan->feed) >= 1;
	note_now(scan, moment);
}

double moment_unknown_share(const struct moment *moment)
{
	uint64_t domains = moment->domains + moment->deferred_left;

	return domains == 0 ? 0 : (double)(moment->unknown + moment->deferred_left) / (double)domains;
}

uint64_t moment_entries(const struct moment *moment)
{
	return moment->domains + (moment->of_hosts ? moment->hosts : 0);
}

static double share_of(const struct moment *moment, uint64_t part)
{
	uint64_t all = moment_entries(moment);

	return all == 0 ? 0 : (double)part / (double)all;
}

double moment_hosts_unknown_share(const struct moment *moment)
{
	return moment->hosts == 0 ? 0 : (double)moment->hosts_unknown / (double)moment->hosts;
}

double moment_nxdomain_share(const struct moment *moment)
{
	return share_of(moment, moment->nxdomain);
}

bool moment_doubt(const struct moment *moment, struct moment_doubt *doubt)
{
	const struct moment_doubt table[] = {
		{ moment->nxdomain, moment_nxdomain_share(moment), "do not exist (NXDOMAIN)",
		  "a resolver that filters or cannot see the internet, or a list of old or other names? compare some "
		  "with another resolver: stsurvey check --name-servers" },
		{ moment->illegal, share_of(moment, moment->illegal), "are illegal (no domain names)",
		  "another file, or another column than the one with the names? see --input-file and --input-format" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		*doubt = table[i];
		if (doubt->share > DOUBTFUL_SHARE)
			return true;
	}
	return false;
}

void moment_trailer(const struct moment *moment, enum record_completion completion, struct record_trailer *trailer)
{
	*trailer = (struct record_trailer){ .completion = completion,
					    .end_ms = moment->wall_ms,
					    .domains = moment->domains,
					    .unknown = moment->unknown,
					    .blocklisted = moment->blocklisted,
					    .illegal = moment->illegal,
					    .queries = moment->traffic_lost ? 0 : moment->queries,
					    .fetches = moment->traffic_lost ? 0 : moment->fetches,
					    .hosts = moment->hosts,
					    .hosts_unknown = moment->hosts_unknown,
					    .probes = moment->traffic_lost ? 0 : moment->probes,
					    .has_direct = moment->has_direct,
					    .direct = moment->direct };
}

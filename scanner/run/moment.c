#include "scanner/run/moment.h"

#include <stdio.h>

#include "scanner/base/wall_clock.h"

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

static void note_now(const struct scan *scan, struct moment *moment)
{
	double left = scan->drain_end_s - (double)moment->elapsed_ms / 1000;
	const char *note = "";

	if (moment->stopping) {
		snprintf(moment->note, sizeof(moment->note), "stopping: %llu domains in flight, %.0f s left",
			 (unsigned long long)moment->in_flight, left > 0 ? left : 0);
		return;
	}
	if (scan_is_paused(scan))
		note = "paused: no name server answers";
	else if (SCAN_SUM(scan, starved) > 0)
		note = "waiting: this machine is out of sockets or memory";
	else if (congestion_is_lowered(&scan->congestion))
		note = "asking slower: too many questions had to be repeated";
	else if (atomic_load(&scan->phase) == SCAN_SECOND_PASS)
		note = "asking again what stayed unknown";
	snprintf(moment->note, sizeof(moment->note), "%s", note);
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
		.queries = scan->before.queries + SCAN_SUM(scan, packets),
		.fetches = scan->before.fetches + SCAN_SUM(scan, fetches),
		.traffic_lost = scan->before.traffic_lost,
		.deferred_left = deferred_left(scan),
		.in_flight = SCAN_SUM(scan, in_flight),
		.fetching = SCAN_SUM(scan, fetching),
		.stopping = scan_is_stopping(scan),
	};
	moment->domains = SCAN_TOTAL(scan, domains); /* after its parts: none of them is more than it */
	moment->fraction = moment_fraction(feed_fraction(scan->feed),
					   atomic_load(&scan->before.counts.domains) + feed_handed(scan->feed),
					   moment->domains, scan->options->max_domains);
	note_now(scan, moment);
}

double moment_unknown_share(const struct moment *moment)
{
	uint64_t domains = moment->domains + moment->deferred_left;

	return domains == 0 ? 0 : (double)(moment->unknown + moment->deferred_left) / (double)domains;
}

static double share_of(const struct moment *moment, uint64_t part)
{
	return moment->domains == 0 ? 0 : (double)part / (double)moment->domains;
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
					    .fetches = moment->traffic_lost ? 0 : moment->fetches };
}

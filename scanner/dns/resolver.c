#include "scanner/dns/resolver.h"

int resolver_pick(struct resolver *resolver, int avoid, uint64_t now_ms)
{
	int fallback = RESOLVER_ALL_DOWN;

	for (unsigned i = 0; i < resolver->count; i++) {
		unsigned at = (resolver->next + i) % resolver->count;

		if (resolver->server[at].state == RESOLVER_DOWN)
			continue;
		if (pace_wait(&resolver->server[at].pace, now_ms * 1000) > 0) {
			fallback = fallback == RESOLVER_ALL_DOWN ? RESOLVER_ALL_BUSY : fallback;
			continue;
		}
		if ((int)at == avoid) {
			fallback = avoid;
			continue;
		}
		resolver->next = at + 1;
		return (int)at;
	}
	return fallback;
}

bool resolver_is_busy(struct resolver *resolver, uint64_t now_ms)
{
	for (unsigned i = 0; i < resolver->count; i++)
		if (resolver->server[i].state != RESOLVER_DOWN &&
		    pace_wait(&resolver->server[i].pace, now_ms * 1000) == 0)
			return false;
	return !resolver_is_paused(resolver);
}

void resolver_good(struct resolver_server *server, uint64_t rtt_ms)
{
	float rtt = (float)rtt_ms;

	server->good++;
	server->answered++;
	if (server->srtt_ms == 0) {
		server->srtt_ms = rtt + 0.001F;
		server->rttvar_ms = rtt / 2;
		return;
	}
	/* RFC 6298 2.3: alpha 1/8, beta 1/4 */
	server->rttvar_ms +=
		((rtt > server->srtt_ms ? rtt - server->srtt_ms : server->srtt_ms - rtt) - server->rttvar_ms) / 4;
	server->srtt_ms += (rtt - server->srtt_ms) / 8;
}

void resolver_bad(struct resolver_server *server, bool timeout)
{
	server->bad++;
	server->failed++;
	server->timeouts += timeout;
}

void resolver_cut_off(struct resolver_server *server)
{
	resolver_bad(server, false);
	if (server->state == RESOLVER_UP && server->probe_name.p)
		server->state = RESOLVER_SUSPECT;
}

static void judge_window(struct resolver_server *server, uint64_t now_ms)
{
	uint32_t outcomes = server->good + server->bad;

	/* bad / outcomes > percent / 100, without division */
	if (server->state == RESOLVER_UP && outcomes >= RESOLVER_WINDOW_MIN && server->probe_name.p &&
	    now_ms >= server->vouched_until_ms &&
	    (uint64_t)server->bad * 100 > (uint64_t)outcomes * RESOLVER_BAD_PERCENT)
		server->state = RESOLVER_SUSPECT;
	if (outcomes >= RESOLVER_WINDOW_MIN)
		server->good = server->bad = 0;
}

void resolver_tick(struct resolver *resolver, uint64_t now_ms, void (*probe)(void *arg, unsigned server), void *arg)
{
	bool close_window = now_ms - resolver->window_ms >= RESOLVER_WINDOW_MS;

	for (unsigned i = 0; i < resolver->count; i++) {
		struct resolver_server *server = &resolver->server[i];

		if (close_window) {
			/* not @good: a window that is prolonged has counted some before */
			server->per_ms = (float)(server->answered - server->answered_before) /
					 (float)(now_ms - resolver->window_ms);
			server->answered_before = server->answered;
			judge_window(server, now_ms);
		}
		if (server->probes > 0 || server->state == RESOLVER_UP ||
		    (server->state == RESOLVER_DOWN && now_ms < server->probe_at_ms))
			continue;
		server->probes = server->state == RESOLVER_SUSPECT ? RESOLVER_PROBES : 1;
		for (unsigned n = server->probes; n > 0; n--)
			probe(arg, i);
	}
	if (close_window)
		resolver->window_ms = now_ms;
}

void resolver_probed(struct resolver *resolver, unsigned index, bool good, uint64_t now_ms)
{
	struct resolver_server *server = &resolver->server[index];

	server->probes--;
	if (good) {
		server->good = server->bad = 0;
		server->state = RESOLVER_UP;
		server->vouched_until_ms = now_ms + RESOLVER_VOUCHED_MS;
	}
	if (server->state == RESOLVER_UP || server->probes > 0)
		return;
	server->good = server->bad = 0;
	server->times_down += server->state != RESOLVER_DOWN;
	server->state = RESOLVER_DOWN;
	server->probe_at_ms = now_ms + RESOLVER_PROBE_EVERY_MS;
}

bool resolver_is_paused(const struct resolver *resolver)
{
	for (unsigned i = 0; i < resolver->count; i++)
		if (resolver->server[i].state != RESOLVER_DOWN)
			return false;
	return true;
}

bool resolver_is_unsure(const struct resolver *resolver, unsigned server)
{
	return resolver->server[server].state != RESOLVER_UP || resolver_is_paused(resolver);
}

uint32_t resolver_rto_ms(const struct resolver_server *server, uint32_t max_ms)
{
	float spread = 4 * server->rttvar_ms;
	float rto = server->srtt_ms + (spread > RESOLVER_RTO_MARGIN_MS ? spread : RESOLVER_RTO_MARGIN_MS);
	float queue = server->per_ms > 0 ? 2 * (float)server->outstanding / server->per_ms : 0;

	if (server->srtt_ms <= 0)
		return max_ms;
	if (rto < queue)
		rto = queue;
	if (rto < RESOLVER_RTO_MIN_MS)
		rto = RESOLVER_RTO_MIN_MS;
	return rto < (float)max_ms ? (uint32_t)rto : max_ms;
}

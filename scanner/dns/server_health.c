/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/server_health.h"

int server_health_pick(struct server_health *health, int avoid, uint64_t now_ms)
{
	int fallback = SERVERS_ALL_DOWN;

	for (unsigned i = 0; i < health->count; i++) {
		unsigned at = (health->next + i) % health->count;

		if (health->server[at].state == SERVER_DOWN)
			continue;
		if (pace_wait(&health->server[at].pace, now_ms * 1000) > 0) {
			fallback = fallback == SERVERS_ALL_DOWN ? SERVERS_ALL_BUSY : fallback;
			continue;
		}
		if ((int)at == avoid) {
			fallback = avoid;
			continue;
		}
		health->next = at + 1;
		return (int)at;
	}
	return fallback;
}

bool server_health_is_busy(struct server_health *health, uint64_t now_ms)
{
	for (unsigned i = 0; i < health->count; i++)
		if (health->server[i].state != SERVER_DOWN && pace_wait(&health->server[i].pace, now_ms * 1000) == 0)
			return false;
	return !server_health_is_paused(health);
}

void server_health_good(struct name_server *server, uint64_t rtt_ms)
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

void server_health_bad(struct name_server *server, bool timeout)
{
	server->bad++;
	server->failed++;
	server->timeouts += timeout;
}

void server_health_cut_off(struct name_server *server)
{
	server_health_bad(server, false);
	if (server->state == SERVER_UP && server->probe_name.p)
		server->state = SERVER_SUSPECT;
}

static void judge_window(struct name_server *server, uint64_t now_ms)
{
	uint32_t outcomes = server->good + server->bad;

	/* bad / outcomes > percent / 100, without division */
	if (server->state == SERVER_UP && outcomes >= SERVER_WINDOW_MIN && server->probe_name.p &&
	    now_ms >= server->vouched_until_ms && (uint64_t)server->bad * 100 > (uint64_t)outcomes * SERVER_BAD_PERCENT)
		server->state = SERVER_SUSPECT;
	if (outcomes >= SERVER_WINDOW_MIN)
		server->good = server->bad = 0;
}

void server_health_tick(struct server_health *health, uint64_t now_ms, void (*probe)(void *arg, unsigned server),
			void *arg)
{
	bool close_window = now_ms - health->window_ms >= SERVER_WINDOW_MS;

	for (unsigned i = 0; i < health->count; i++) {
		struct name_server *server = &health->server[i];

		if (close_window) {
			/* not @good: a window that is prolonged has counted some before */
			server->per_ms = (float)(server->answered - server->answered_before) /
					 (float)(now_ms - health->window_ms);
			server->answered_before = server->answered;
			judge_window(server, now_ms);
		}
		if (server->probes > 0 || server->state == SERVER_UP ||
		    (server->state == SERVER_DOWN && now_ms < server->probe_at_ms))
			continue;
		server->probes = server->state == SERVER_SUSPECT ? SERVER_PROBES : 1;
		for (unsigned n = server->probes; n > 0; n--)
			probe(arg, i);
	}
	if (close_window)
		health->window_ms = now_ms;
}

void server_health_probed(struct server_health *health, unsigned index, bool good, uint64_t now_ms)
{
	struct name_server *server = &health->server[index];

	server->probes--;
	if (good) {
		server->good = server->bad = 0;
		server->state = SERVER_UP;
		server->vouched_until_ms = now_ms + SERVER_VOUCHED_MS;
	}
	if (server->state == SERVER_UP || server->probes > 0)
		return;
	server->good = server->bad = 0;
	server->times_down += server->state != SERVER_DOWN;
	server->state = SERVER_DOWN;
	server->probe_at_ms = now_ms + SERVER_PROBE_EVERY_MS;
}

void server_health_not_probed(struct server_health *health, unsigned server)
{
	health->server[server].probes--;
}

bool server_health_is_paused(const struct server_health *health)
{
	for (unsigned i = 0; i < health->count; i++)
		if (health->server[i].state != SERVER_DOWN)
			return false;
	return true;
}

bool server_health_is_unsure(const struct server_health *health, unsigned server)
{
	return health->server[server].state != SERVER_UP || server_health_is_paused(health);
}

uint32_t server_health_rto_ms(const struct name_server *server, uint32_t max_ms)
{
	float spread = 4 * server->rttvar_ms;
	float rto = server->srtt_ms + (spread > SERVER_RTO_MARGIN_MS ? spread : SERVER_RTO_MARGIN_MS);
	float queue = server->per_ms > 0 ? 2 * (float)server->outstanding / server->per_ms : 0;

	if (server->srtt_ms <= 0)
		return max_ms;
	if (rto < queue)
		rto = queue;
	if (rto < SERVER_RTO_MIN_MS)
		rto = SERVER_RTO_MIN_MS;
	return rto < (float)max_ms ? (uint32_t)rto : max_ms;
}

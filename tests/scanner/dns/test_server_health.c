/* SPDX-License-Identifier: BSD-2-Clause */
/* Which name server, how long, and is it alive? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/server_health.h"

enum { NOW_MS = 1000 };

static unsigned probes[NAME_SERVERS_MAX];

static void on_probe(void *arg, unsigned server)
{
	(void)arg;
	probes[server]++;
}

/* @count servers, all watched. */
static void prepare(struct server_health *health, unsigned count)
{
	*health = (struct server_health){ .count = count };
	for (unsigned i = 0; i < count; i++) {
		health->server[i].probe_name = SPAN_LITERAL("example.com");
		probes[i] = 0;
	}
}

static void outcomes(struct name_server *server, unsigned good, unsigned bad)
{
	while (good-- > 0)
		server_health_good(server, 10);
	while (bad-- > 0)
		server_health_bad(server, true);
}

static void servers_take_turns(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 3);
	for (int i = 0; i < 7; i++)
		assert_int_equal(server_health_pick(&health, -1, NOW_MS), i % 3);
}

static void a_repeat_goes_to_another_server(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 2);
	for (int i = 0; i < 4; i++)
		assert_int_equal(server_health_pick(&health, 0, NOW_MS), 1);
	prepare(&health, 1);
	assert_int_equal(server_health_pick(&health, 0, NOW_MS), 0);
	prepare(&health, 3);
	health.server[1].state = SERVER_DOWN;
	health.server[2].state = SERVER_DOWN;
	assert_int_equal(server_health_pick(&health, 0, NOW_MS), 0);
}

static void servers_that_are_down_are_not_asked(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 3);
	health.server[1].state = SERVER_DOWN;
	for (int i = 0; i < 6; i++)
		assert_int_equal(server_health_pick(&health, -1, NOW_MS), i % 2 * 2);
	health.server[0].state = health.server[2].state = SERVER_DOWN;
	assert_int_equal(server_health_pick(&health, -1, NOW_MS), -1);
	assert_int_equal(server_health_pick(&health, 1, NOW_MS), -1);
	assert_true(server_health_is_paused(&health));
	health.server[1].state = SERVER_SUSPECT; /* asked until the probe has decided */
	assert_int_equal(server_health_pick(&health, -1, NOW_MS), 1);
	assert_false(server_health_is_paused(&health));
}

static void a_server_that_had_its_rate_is_passed_over(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 3);
	health.server[0].pace.rate = 10;
	health.server[1].pace.rate = 10;
	health.server[2].state = SERVER_DOWN;
	for (int i = 0; i < 2; i++) {
		int server = server_health_pick(&health, -1, NOW_MS);

		assert_int_equal(server, i);
		assert_false(server_health_is_busy(&health, NOW_MS));
		assert_true(pace_take(&health.server[server].pace, NOW_MS * 1000));
	}
	assert_int_equal(server_health_pick(&health, -1, NOW_MS), SERVERS_ALL_BUSY);
	assert_true(server_health_is_busy(&health, NOW_MS));
	assert_int_equal(server_health_pick(&health, 0, NOW_MS), SERVERS_ALL_BUSY);
	assert_int_equal(server_health_pick(&health, -1, NOW_MS + 99), SERVERS_ALL_BUSY);
	assert_int_equal(server_health_pick(&health, 1, NOW_MS + 101), 0);
	assert_true(pace_take(&health.server[0].pace, (NOW_MS + 101) * 1000));
	assert_int_equal(server_health_pick(&health, 1, NOW_MS + 101),
			 1); /* asked before, but the only one that may be */
	health.server[0].state = health.server[1].state = SERVER_DOWN;
	assert_int_equal(server_health_pick(&health, -1, NOW_MS + 101), SERVERS_ALL_DOWN);
	assert_false(server_health_is_busy(&health, NOW_MS + 101));
}

static void windows_judge(void **state)
{
	static const struct {
		unsigned good, bad;
		enum server_state state;
	} table[] = {
		{ 0, 0, SERVER_UP },       { 8, 0, SERVER_UP },   { 0, 7, SERVER_UP }, /* too few to say */
		{ 0, 8, SERVER_SUSPECT },  { 1, 9, SERVER_UP },                        /* 90 % is not above 90 % */
		{ 1, 10, SERVER_SUSPECT }, { 50, 50, SERVER_UP }, { 9, 91, SERVER_SUSPECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct server_health health;

		prepare(&health, 1);
		outcomes(&health.server[0], table[i].good, table[i].bad);
		server_health_tick(&health, SERVER_WINDOW_MS - 1, on_probe, NULL);
		assert_int_equal(health.server[0].state, SERVER_UP);
		server_health_tick(&health, SERVER_WINDOW_MS, on_probe, NULL);
		assert_int_equal(health.server[0].state, table[i].state);
		assert_int_equal(probes[0], table[i].state == SERVER_SUSPECT ? SERVER_PROBES : 0);
		assert_int_equal(server_health_is_unsure(&health, 0), table[i].state == SERVER_SUSPECT);
	}
}

static void a_window_with_few_outcomes_is_prolonged(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 1);
	outcomes(&health.server[0], 0, 4);
	server_health_tick(&health, 500, on_probe, NULL);
	outcomes(&health.server[0], 0, 4);
	server_health_tick(&health, 1000, on_probe, NULL);
	assert_int_equal(health.server[0].state, SERVER_SUSPECT);
}

static void a_server_without_probe_is_not_watched(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 1);
	health.server[0].probe_name.p = NULL;
	outcomes(&health.server[0], 0, 100);
	server_health_tick(&health, 500, on_probe, NULL);
	assert_int_equal(health.server[0].state, SERVER_UP);
	assert_int_equal(probes[0], 0);
}

static void one_without_a_way_to_it_is_suspect_at_once(void **state)
{
	struct server_health health;

	(void)state;
	prepare(&health, 2);
	health.server[0].vouched_until_ms = UINT64_MAX; /* it was well, but we are cut off */
	server_health_cut_off(&health.server[0]);
	assert_true(server_health_is_unsure(&health, 0));
	assert_false(server_health_is_unsure(&health, 1));
	assert_int_equal(health.server[0].failed, 1);
	assert_int_equal(health.server[0].timeouts, 0);
	server_health_tick(&health, NOW_MS, on_probe, NULL);
	assert_int_equal(probes[0], SERVER_PROBES);
	server_health_probed(&health, 0, true, NOW_MS);
	assert_false(server_health_is_unsure(&health, 0));
	health.server[1].probe_name.p = NULL; /* nobody watches this one */
	server_health_cut_off(&health.server[1]);
	assert_false(server_health_is_unsure(&health, 1));
}

static void a_good_probe_vouches_for_a_while(void **state)
{
	struct server_health health;
	struct name_server *server = &health.server[0];

	(void)state;
	prepare(&health, 1);
	outcomes(server, 0, 20);
	server_health_tick(&health, 500, on_probe, NULL);
	server_health_tick(&health, 520, on_probe, NULL);
	assert_int_equal(probes[0], SERVER_PROBES); /* not twice at a time */
	for (unsigned i = 1; i < SERVER_PROBES; i++)
		server_health_probed(&health, 0, false, 600);
	assert_int_equal(server->state, SERVER_SUSPECT); /* lost on the way, perhaps */
	server_health_probed(&health, 0, true, 600);
	assert_int_equal(server->state, SERVER_UP);
	outcomes(server, 0, 20);
	server_health_tick(&health, 1100, on_probe, NULL);
	assert_int_equal(server->state, SERVER_UP);
	outcomes(server, 0, 20);
	server_health_tick(&health, 600 + SERVER_VOUCHED_MS, on_probe, NULL);
	assert_int_equal(server->state, SERVER_SUSPECT);
	server_health_probed(&health, 0, true, 6000);
	for (unsigned i = 1; i < SERVER_PROBES; i++)
		server_health_probed(&health, 0, false, 6000);
	assert_int_equal(server->state, SERVER_UP); /* one was enough, whatever became of the others */
	assert_int_equal(server->times_down, 0);
}

static void bad_probes_take_it_down_until_a_good_one(void **state)
{
	struct server_health health;
	struct name_server *server = &health.server[1];

	(void)state;
	prepare(&health, 2);
	outcomes(server, 0, 20);
	server_health_tick(&health, 500, on_probe, NULL);
	for (unsigned i = 0; i < SERVER_PROBES; i++)
		server_health_probed(&health, 1, false, 700);
	assert_int_equal(server->state, SERVER_DOWN);
	assert_int_equal(server->times_down, 1);
	assert_true(server_health_is_unsure(&health, 1));
	assert_false(server_health_is_unsure(&health, 0));
	server_health_tick(&health, 700 + SERVER_PROBE_EVERY_MS - 1, on_probe, NULL);
	assert_int_equal(probes[1], SERVER_PROBES);
	server_health_tick(&health, 700 + SERVER_PROBE_EVERY_MS, on_probe, NULL);
	assert_int_equal(probes[1], SERVER_PROBES + 1);
	server_health_probed(&health, 1, false, 1800);
	assert_int_equal(server->times_down, 1); /* once, however often it fails */
	server_health_tick(&health, 1800 + SERVER_PROBE_EVERY_MS, on_probe, NULL);
	server_health_probed(&health, 1, true, 3000);
	assert_int_equal(server->state, SERVER_UP);
	assert_int_equal(probes[0], 0);
}

static void the_time_to_repeat_has_bounds(void **state)
{
	struct name_server server = { 0 };

	(void)state;
	assert_int_equal(server_health_rto_ms(&server, 2000), 2000); /* nothing measured */
	server_health_good(&server, 0);
	assert_int_equal(server_health_rto_ms(&server, 2000), SERVER_RTO_MIN_MS);
	assert_int_equal(server_health_rto_ms(&server, 50), 50);
	server = (struct name_server){ 0 };
	server_health_good(&server, 400);
	assert_in_range(server_health_rto_ms(&server, 5000), 1200, 1201); /* R + 4 × R/2 */
	for (int i = 0; i < 100; i++)
		server_health_good(&server, 400);
	assert_in_range(server_health_rto_ms(&server, 5000), 400 + SERVER_RTO_MARGIN_MS, 401 + SERVER_RTO_MARGIN_MS);
	for (int i = 0; i < 100; i++)
		server_health_good(&server, UINT32_MAX);
	assert_int_equal(server_health_rto_ms(&server, 5000), 5000);
}

static void a_queue_is_no_loss(void **state)
{
	struct server_health health;
	struct name_server *server = &health.server[0];

	(void)state;
	prepare(&health, 1);
	outcomes(server, 500, 0);
	server_health_tick(&health, 500, on_probe, NULL); /* one a millisecond */
	server->outstanding = 1000;
	assert_in_range(server_health_rto_ms(server, 5000), 1990, 2010);
	server->outstanding = 10;
	assert_int_equal(server_health_rto_ms(server, 5000), SERVER_RTO_MIN_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_take_turns),
		cmocka_unit_test(a_repeat_goes_to_another_server),
		cmocka_unit_test(servers_that_are_down_are_not_asked),
		cmocka_unit_test(a_server_that_had_its_rate_is_passed_over),
		cmocka_unit_test(windows_judge),
		cmocka_unit_test(a_window_with_few_outcomes_is_prolonged),
		cmocka_unit_test(a_server_without_probe_is_not_watched),
		cmocka_unit_test(one_without_a_way_to_it_is_suspect_at_once),
		cmocka_unit_test(a_good_probe_vouches_for_a_while),
		cmocka_unit_test(bad_probes_take_it_down_until_a_good_one),
		cmocka_unit_test(the_time_to_repeat_has_bounds),
		cmocka_unit_test(a_queue_is_no_loss),
	};

	return cmocka_run_group_tests_name("server_health", tests, NULL, NULL);
}

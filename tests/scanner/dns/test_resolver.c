/* Which name server, how long, and is it alive? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/resolver.h"

enum { NOW_MS = 1000 };

static unsigned probes[NAME_SERVERS_MAX];

static void on_probe(void *arg, unsigned server)
{
	(void)arg;
	probes[server]++;
}

/* @count servers, all watched. */
static void prepare(struct resolver *resolver, unsigned count)
{
	*resolver = (struct resolver){ .count = count };
	for (unsigned i = 0; i < count; i++) {
		resolver->server[i].probe_name = SPAN_LITERAL("example.com");
		probes[i] = 0;
	}
}

static void outcomes(struct resolver_server *server, unsigned good, unsigned bad)
{
	while (good-- > 0)
		resolver_good(server, 10);
	while (bad-- > 0)
		resolver_bad(server, true);
}

static void servers_take_turns(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 3);
	for (int i = 0; i < 7; i++)
		assert_int_equal(resolver_pick(&resolver, -1, NOW_MS), i % 3);
}

static void a_repeat_goes_to_another_server(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 2);
	for (int i = 0; i < 4; i++)
		assert_int_equal(resolver_pick(&resolver, 0, NOW_MS), 1);
	prepare(&resolver, 1);
	assert_int_equal(resolver_pick(&resolver, 0, NOW_MS), 0);
	prepare(&resolver, 3);
	resolver.server[1].state = RESOLVER_DOWN;
	resolver.server[2].state = RESOLVER_DOWN;
	assert_int_equal(resolver_pick(&resolver, 0, NOW_MS), 0);
}

static void servers_that_are_down_are_not_asked(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 3);
	resolver.server[1].state = RESOLVER_DOWN;
	for (int i = 0; i < 6; i++)
		assert_int_equal(resolver_pick(&resolver, -1, NOW_MS), i % 2 * 2);
	resolver.server[0].state = resolver.server[2].state = RESOLVER_DOWN;
	assert_int_equal(resolver_pick(&resolver, -1, NOW_MS), -1);
	assert_int_equal(resolver_pick(&resolver, 1, NOW_MS), -1);
	assert_true(resolver_is_paused(&resolver));
	resolver.server[1].state = RESOLVER_SUSPECT; /* asked until the probe has decided */
	assert_int_equal(resolver_pick(&resolver, -1, NOW_MS), 1);
	assert_false(resolver_is_paused(&resolver));
}

static void a_server_that_had_its_rate_is_passed_over(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 3);
	resolver.server[0].pace.rate = 10;
	resolver.server[1].pace.rate = 10;
	resolver.server[2].state = RESOLVER_DOWN;
	for (int i = 0; i < 2; i++) {
		int server = resolver_pick(&resolver, -1, NOW_MS);

		assert_int_equal(server, i);
		assert_false(resolver_is_busy(&resolver, NOW_MS));
		assert_true(pace_take(&resolver.server[server].pace, NOW_MS * 1000));
	}
	assert_int_equal(resolver_pick(&resolver, -1, NOW_MS), RESOLVER_ALL_BUSY);
	assert_true(resolver_is_busy(&resolver, NOW_MS));
	assert_int_equal(resolver_pick(&resolver, 0, NOW_MS), RESOLVER_ALL_BUSY);
	assert_int_equal(resolver_pick(&resolver, -1, NOW_MS + 99), RESOLVER_ALL_BUSY);
	assert_int_equal(resolver_pick(&resolver, 1, NOW_MS + 101), 0);
	assert_true(pace_take(&resolver.server[0].pace, (NOW_MS + 101) * 1000));
	assert_int_equal(resolver_pick(&resolver, 1, NOW_MS + 101), 1); /* asked before, but the only one that may be */
	resolver.server[0].state = resolver.server[1].state = RESOLVER_DOWN;
	assert_int_equal(resolver_pick(&resolver, -1, NOW_MS + 101), RESOLVER_ALL_DOWN);
	assert_false(resolver_is_busy(&resolver, NOW_MS + 101));
}

static void windows_judge(void **state)
{
	static const struct {
		unsigned good, bad;
		enum resolver_state state;
	} table[] = {
		{ 0, 0, RESOLVER_UP },       { 8, 0, RESOLVER_UP },   { 0, 7, RESOLVER_UP }, /* too few to say */
		{ 0, 8, RESOLVER_SUSPECT },  { 1, 9, RESOLVER_UP }, /* 90 % is not above 90 % */
		{ 1, 10, RESOLVER_SUSPECT }, { 50, 50, RESOLVER_UP }, { 9, 91, RESOLVER_SUSPECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct resolver resolver;

		prepare(&resolver, 1);
		outcomes(&resolver.server[0], table[i].good, table[i].bad);
		resolver_tick(&resolver, RESOLVER_WINDOW_MS - 1, on_probe, NULL);
		assert_int_equal(resolver.server[0].state, RESOLVER_UP);
		resolver_tick(&resolver, RESOLVER_WINDOW_MS, on_probe, NULL);
		assert_int_equal(resolver.server[0].state, table[i].state);
		assert_int_equal(probes[0], table[i].state == RESOLVER_SUSPECT ? RESOLVER_PROBES : 0);
		assert_int_equal(resolver_is_unsure(&resolver, 0), table[i].state == RESOLVER_SUSPECT);
	}
}

static void a_window_with_few_outcomes_is_prolonged(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 1);
	outcomes(&resolver.server[0], 0, 4);
	resolver_tick(&resolver, 500, on_probe, NULL);
	outcomes(&resolver.server[0], 0, 4);
	resolver_tick(&resolver, 1000, on_probe, NULL);
	assert_int_equal(resolver.server[0].state, RESOLVER_SUSPECT);
}

static void a_server_without_probe_is_not_watched(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 1);
	resolver.server[0].probe_name.p = NULL;
	outcomes(&resolver.server[0], 0, 100);
	resolver_tick(&resolver, 500, on_probe, NULL);
	assert_int_equal(resolver.server[0].state, RESOLVER_UP);
	assert_int_equal(probes[0], 0);
}

static void one_without_a_way_to_it_is_suspect_at_once(void **state)
{
	struct resolver resolver;

	(void)state;
	prepare(&resolver, 2);
	resolver.server[0].vouched_until_ms = UINT64_MAX; /* it was well, but we are cut off */
	resolver_cut_off(&resolver.server[0]);
	assert_true(resolver_is_unsure(&resolver, 0));
	assert_false(resolver_is_unsure(&resolver, 1));
	assert_int_equal(resolver.server[0].failed, 1);
	assert_int_equal(resolver.server[0].timeouts, 0);
	resolver_tick(&resolver, NOW_MS, on_probe, NULL);
	assert_int_equal(probes[0], RESOLVER_PROBES);
	resolver_probed(&resolver, 0, true, NOW_MS);
	assert_false(resolver_is_unsure(&resolver, 0));
	resolver.server[1].probe_name.p = NULL; /* nobody watches this one */
	resolver_cut_off(&resolver.server[1]);
	assert_false(resolver_is_unsure(&resolver, 1));
}

static void a_good_probe_vouches_for_a_while(void **state)
{
	struct resolver resolver;
	struct resolver_server *server = &resolver.server[0];

	(void)state;
	prepare(&resolver, 1);
	outcomes(server, 0, 20);
	resolver_tick(&resolver, 500, on_probe, NULL);
	resolver_tick(&resolver, 520, on_probe, NULL);
	assert_int_equal(probes[0], RESOLVER_PROBES); /* not twice at a time */
	for (unsigned i = 1; i < RESOLVER_PROBES; i++)
		resolver_probed(&resolver, 0, false, 600);
	assert_int_equal(server->state, RESOLVER_SUSPECT); /* lost on the way, perhaps */
	resolver_probed(&resolver, 0, true, 600);
	assert_int_equal(server->state, RESOLVER_UP);
	outcomes(server, 0, 20);
	resolver_tick(&resolver, 1100, on_probe, NULL);
	assert_int_equal(server->state, RESOLVER_UP);
	outcomes(server, 0, 20);
	resolver_tick(&resolver, 600 + RESOLVER_VOUCHED_MS, on_probe, NULL);
	assert_int_equal(server->state, RESOLVER_SUSPECT);
	resolver_probed(&resolver, 0, true, 6000);
	for (unsigned i = 1; i < RESOLVER_PROBES; i++)
		resolver_probed(&resolver, 0, false, 6000);
	assert_int_equal(server->state, RESOLVER_UP); /* one was enough, whatever became of the others */
	assert_int_equal(server->times_down, 0);
}

static void bad_probes_take_it_down_until_a_good_one(void **state)
{
	struct resolver resolver;
	struct resolver_server *server = &resolver.server[1];

	(void)state;
	prepare(&resolver, 2);
	outcomes(server, 0, 20);
	resolver_tick(&resolver, 500, on_probe, NULL);
	for (unsigned i = 0; i < RESOLVER_PROBES; i++)
		resolver_probed(&resolver, 1, false, 700);
	assert_int_equal(server->state, RESOLVER_DOWN);
	assert_int_equal(server->times_down, 1);
	assert_true(resolver_is_unsure(&resolver, 1));
	assert_false(resolver_is_unsure(&resolver, 0));
	resolver_tick(&resolver, 700 + RESOLVER_PROBE_EVERY_MS - 1, on_probe, NULL);
	assert_int_equal(probes[1], RESOLVER_PROBES);
	resolver_tick(&resolver, 700 + RESOLVER_PROBE_EVERY_MS, on_probe, NULL);
	assert_int_equal(probes[1], RESOLVER_PROBES + 1);
	resolver_probed(&resolver, 1, false, 1800);
	assert_int_equal(server->times_down, 1); /* once, however often it fails */
	resolver_tick(&resolver, 1800 + RESOLVER_PROBE_EVERY_MS, on_probe, NULL);
	resolver_probed(&resolver, 1, true, 3000);
	assert_int_equal(server->state, RESOLVER_UP);
	assert_int_equal(probes[0], 0);
}

static void the_time_to_repeat_has_bounds(void **state)
{
	struct resolver_server server = { 0 };

	(void)state;
	assert_int_equal(resolver_rto_ms(&server, 2000), 2000); /* nothing measured */
	resolver_good(&server, 0);
	assert_int_equal(resolver_rto_ms(&server, 2000), RESOLVER_RTO_MIN_MS);
	assert_int_equal(resolver_rto_ms(&server, 50), 50);
	server = (struct resolver_server){ 0 };
	resolver_good(&server, 400);
	assert_in_range(resolver_rto_ms(&server, 5000), 1200, 1201); /* R + 4 × R/2 */
	for (int i = 0; i < 100; i++)
		resolver_good(&server, 400);
	assert_in_range(resolver_rto_ms(&server, 5000), 400 + RESOLVER_RTO_MARGIN_MS, 401 + RESOLVER_RTO_MARGIN_MS);
	for (int i = 0; i < 100; i++)
		resolver_good(&server, UINT32_MAX);
	assert_int_equal(resolver_rto_ms(&server, 5000), 5000);
}

static void a_queue_is_no_loss(void **state)
{
	struct resolver resolver;
	struct resolver_server *server = &resolver.server[0];

	(void)state;
	prepare(&resolver, 1);
	outcomes(server, 500, 0);
	resolver_tick(&resolver, 500, on_probe, NULL); /* one a millisecond */
	server->outstanding = 1000;
	assert_in_range(resolver_rto_ms(server, 5000), 1990, 2010);
	server->outstanding = 10;
	assert_int_equal(resolver_rto_ms(server, 5000), RESOLVER_RTO_MIN_MS);
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

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate before a connection: what a pass waits for, in which order passes get in, and how a wait ends. Scripts are
 * played to one gate on a clock of the test's own; then two loops on two threads share their places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "scanner/job/gate.h"
#include "scanner/job/net.h"
#include "tests/fake/failing_malloc.h"

/* ---- the clock, and a loop without descriptors ---- */

static uint64_t clock_ms;
static unsigned clock_reads;
static bool no_async;

uint64_t __wrap_uv_hrtime(void);
int __real_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback);
int __wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback);

uint64_t __wrap_uv_hrtime(void)
{
	clock_reads++;
	return clock_ms * 1000000;
}

int __wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback)
{
	return no_async ? UV_EMFILE : __real_uv_async_init(loop, async, callback);
}

static struct obs_address address_of(char number)
{
	return (struct obs_address){ .family = 4, .octet = { 192, 0, 2, (uint8_t)(number - '0') } };
}

/* ---- scripts ---- */

enum { PASSES = 8, CALLS = 32 };

/* Steps: what is done, and after the colon what each of the passes a, b, … waits for then: the window (w), a place (p)
 * or its turn (t); or it is open (o), or goes on without room (s), or is out (.).
 *
 *     +a1  a enters for address 1       -a  a leaves       >a2  a enters again for address 2
 *     =a   a gives its room back
 *     ~    the loop runs, for what other connections' ends have set off
 *     t20  20 ms pass                   !   all is stopped  x-a  a leaves, and there is no memory
 */
struct script {
	const char *name;
	unsigned window, per_host;
	double host_rate, provider_rate; /* with a rate of 5 one gets in at once, and one more each 200 ms */
	const char *reaction[PASSES];    /* what a pass does in its on_go: an action as above */
	const char *steps;
	const char *calls; /* each on_go in its order; upper case: with a fault */
};

static const struct script scripts[] = {
	{ .name = "the window is filled in the order of coming",
	  .window = 2,
	  .steps = "+a1:o +b1:oo +c1:oow +d2:ooww -b:o.ow -a:..oo",
	  .calls = "abcd" },
	{ .name = "the next address of a request comes before all who wait for the window",
	  .window = 1,
	  .steps = "+a1:o +b1:ow +c1:oww >a2:oww -a:.ow -b:..o",
	  .calls = "aabc" },
	{ .name = "the next address waits for its place, and lets others by",
	  .window = 2,
	  .per_host = 1,
	  .steps = "+a1:o +b2:oo +c3:oow >a2:poo -b:p.o ~:o.o",
	  .calls = "abca" },
	{ .name = "places are given in the order of asking, and hold up nobody else",
	  .window = 9,
	  .per_host = 1,
	  .steps = "+a1:o +b1:op +c2:opo +d1:opop -a:.pop ~:.oop -b:..op ~:..oo",
	  .calls = "acbd" },
	{ .name = "who waits for a place takes no room",
	  .window = 2,
	  .per_host = 1,
	  .steps = "+a1:o +b1:op +c2:opo +d2:opow -a:.pop ~:.oop",
	  .calls = "acb" },
	{ .name = "with a place one stands first in line, but within the window",
	  .window = 2,
	  .per_host = 1,
	  .steps = "+a1:o +b1:op +c2:opo +d3:opow +e4:opoww -a:.poow ~:.woow -c:.o.ow -d:.o..o",
	  .calls = "acdbe" },
	{ .name = "places that came together keep their order",
	  .window = 3,
	  .per_host = 1,
	  .steps = "+a1:o +b2:oo +c1:oop +d2:oopp +e3:ooppo -a:.oppo -b:..ppo +f4:..ppoo +g5:..ppooo ~:..wwooo "
		   "-e:..ow.oo -f:..oo..o",
	  .calls = "abefgcd" },
	{ .name = "the pace of a host",
	  .window = 9,
	  .host_rate = 5,
	  .steps = "+a1:o +b1:ot +c1:ott +d2:otto t190:otto t20:ooto t200:oooo",
	  .calls = "adbc" },
	{ .name = "the pace of a provider",
	  .window = 9,
	  .provider_rate = 5,
	  .steps = "+a1:o +b2:ot t190:ot t20:oo",
	  .calls = "ab" },
	{ .name = "who waits for its turn keeps its place, takes no room, and asks for no other turn",
	  .window = 1,
	  .per_host = 1,
	  .host_rate = 5,
	  .steps = "+a1:o -a:. +b1:.t +c1:.tp +d2:.tpo t210:.wpo -d:.op. -b:..p. ~:..t. t190:..o.",
	  .calls = "adbc" },
	{ .name = "turns that came together keep their order, before all who wait for the window",
	  .window = 3,
	  .host_rate = 5,
	  .steps = "+a1:o +b2:oo +c1:oot +d2:oott +e3:ootto +f4:oottow t210:oowwow -a:.oowow -b:..ooow -e:..oo.o",
	  .calls = "abecdf" },
	{ .name = "each address of a request has its turn",
	  .window = 1,
	  .host_rate = 5,
	  .steps = "+a1:o >a1:t t210:o",
	  .calls = "aa" },
	{ .name = "stopped in each state",
	  .window = 2,
	  .per_host = 1,
	  .host_rate = 5,
	  .steps = "+a1:o -a:. +b1:.t +c1:.tp +d2:.tpo +e3:.tpoo +f4:.tpoow !:...oo. +g1:...oo.. >d5:....o.. "
		   "-e:....... ~:.......",
	  .calls = "adeFCBGD" },
	{ .name = "stopped when a place has come that nobody has heard of",
	  .window = 9,
	  .per_host = 1,
	  .steps = "+a1:o +b1:op +c1:opp -a:.pp !:... ~:...",
	  .calls = "aBC" },
	{ .name = "stopped with a place, and no room",
	  .window = 2,
	  .per_host = 1,
	  .steps = "+a1:o +b1:op +c2:opo -a:.po +d3:.poo ~:.woo !:..oo -c:...o -d:....",
	  .calls = "acdB" },
	{ .name = "what leaves in its on_go lets the next one in, one after the other",
	  .window = 1,
	  .reaction = { NULL, "-b", "-c", "-d" },
	  .steps = "+a1:o +b1:ow +c1:oww +d1:owww -a:....",
	  .calls = "abcd" },
	{ .name = "what enters in an on_go is called back after it",
	  .window = 2,
	  .reaction = { "+b2", "+c3" },
	  .steps = "+a1:oow -a:.oo",
	  .calls = "abc" },
	{ .name = "what enters again in its on_go is called once more",
	  .window = 1,
	  .per_host = 1,
	  .reaction = { ">a2" },
	  .steps = "+a1:o -a:.",
	  .calls = "aa" },
	{ .name = "stopped in the on_go of one of two that got in together",
	  .window = 9,
	  .per_host = 1,
	  .host_rate = 5,
	  .reaction = { NULL, NULL, "!" },
	  .steps = "+a1:o +b2:oo -a:.o -b:.. +c1:..t +d2:..tt t210:..o. -c:....",
	  .calls = "abcD" },
	{ .name = "who gives its room lets another in, keeps its place, and leaves as any other",
	  .window = 1,
	  .per_host = 1,
	  .steps = "+a1:o +b2:ow =a:so +c1:sow -b:s.p -a:..p ~:..o =c:..s +d1:..sp -c:...p ~:...o",
	  .calls = "abcd" },
	{ .name = "who has given its room needs room for the next address",
	  .window = 1,
	  .per_host = 1,
	  .steps = "+a1:o =a:s +b2:so >a3:wo -b:o. =a:s. !:s. >a1:..",
	  .calls = "abaA" },
	{ .name = "what gets in by the room that one gives is called back after it",
	  .window = 1,
	  .reaction = { "=a" },
	  .steps = "+a1:s +b1:so +c1:sow -b:s.o -a:..o",
	  .calls = "abc" },
	{ .name = "no memory for a place is a fault, and nobody else's",
	  .window = 1,
	  .per_host = 1,
	  .steps = "+a1:o +b2:ow +c3:oww x-a:..o +b2:.wo -c:.o",
	  .calls = "aBcb" },
};

/* ---- playing them ---- */

struct player {
	const struct script *script;
	uv_loop_t loop;
	struct gate gate;
	struct host_limit *hosts;
	struct fetch_pace *pace;
	struct gate_pass pass[PASSES];
	bool reacted[PASSES];
	char calls[CALLS];
	unsigned depth; /* on_go's under way */
	bool closed;
};

static void act(struct player *player, const char *action);

static void on_go(struct gate_pass *pass, int fault)
{
	struct player *player = pass->arg;
	size_t i = (size_t)(pass - player->pass), n = strlen(player->calls);

	assert_true(n + 1 < CALLS);
	assert_int_equal(pass->state, fault == NET_OK ? GATE_OPEN : GATE_OUT);
	assert_int_equal(player->depth, 0);
	if (fault != NET_OK) /* each fault at its own time */
		assert_int_equal(fault, player->gate.stopping ? NET_FAULT_SHUTDOWN : NET_FAULT_MEMORY);
	player->calls[n] = (char)((fault == NET_OK ? 'a' : 'A') + i);
	player->depth++;
	if (player->script->reaction[i] && !player->reacted[i]) {
		player->reacted[i] = true;
		act(player, player->script->reaction[i]);
	}
	player->depth--;
}

static void enter(struct player *player, struct gate_pass *pass, char number)
{
	*pass = (struct gate_pass){ .target = SPAN_LITERAL("x.provider.example"),
				    .on_go = on_go,
				    .arg = player,
				    .address = address_of(number) };
	gate_enter(&player->gate, pass);
}

static void act(struct player *player, const char *action)
{
	struct gate_pass *pass = &player->pass[(action[1] - 'a') & 7];
	struct obs_address next;
	unsigned reads;

	switch (action[0]) {
	case '+':
		enter(player, pass, action[2]);
		break;
	case '-':
		gate_leave(&player->gate, pass);
		break;
	case '>':
		next = address_of(action[2]);
		gate_enter_again(&player->gate, pass, &next);
		break;
	case '=':
		gate_give_room(&player->gate, pass);
		break;
	case '~':
		uv_run(&player->loop, UV_RUN_NOWAIT);
		break;
	case 't': /* the gate looks at the clock within its own time; UV_RUN_ONCE would wait on after its last timer */
		clock_ms += strtoul(action + 1, NULL, 10);
		for (reads = clock_reads; clock_reads == reads; usleep(500))
			uv_run(&player->loop, UV_RUN_NOWAIT);
		break;
	case '!':
		gate_stop(&player->gate);
		break;
	default:
		assert_int_equal(action[0], 'x');
		fail_at(0);
		act(player, action + 1);
		assert_true(hit);
		fail_at(-1);
	}
}

static void compare(const struct player *player, const char *action, const char *wanted)
{
	unsigned open = 0, slow = 0, waiting = 0;
	char waits[PASSES + 1];

	for (size_t i = 0; i < PASSES; i++) {
		waits[i] = ".wptos"[player->pass[i].state];
		open += waits[i] == 'o';
		slow += waits[i] == 's';
		waiting += !strchr("os.", waits[i]);
	}
	waits[strlen(wanted)] = '\0';
	if (strcmp(waits, wanted) != 0 || player->gate.open != open || player->gate.slow != slow ||
	    player->gate.waiting != waiting)
		fail_msg("%s: after %s: %s, not %s; open %u, waiting %u", player->script->name, action, waits, wanted,
			 player->gate.open, player->gate.waiting);
	/* the clock runs for those that wait for their turn, and stops when it finds none */
	if (action[0] == 't' || strchr(waits, 't'))
		assert_int_equal(uv_is_active((const uv_handle_t *)&player->gate.clock), strchr(waits, 't') ? 1 : 0);
}

static void play(struct player *player)
{
	char action[8], wanted[PASSES + 1];
	int length;

	for (const char *at = player->script->steps; *at; at += length) {
		assert_int_equal(sscanf(at, " %7[^:]:%8s%n", action, wanted, &length), 2);
		act(player, action);
		compare(player, action, wanted);
	}
}

static void on_closed(void *arg)
{
	((struct player *)arg)->closed = true;
}

static void begin(struct player *player, const struct script *script)
{
	clock_ms = 1000;
	*player = (struct player){ .script = script, .hosts = host_limit_new(script->per_host) };
	player->pace = fetch_pace_new(script->host_rate, script->provider_rate, NULL);
	assert_int_equal(uv_loop_init(&player->loop), 0);
	assert_int_equal(gate_open(&player->gate, &(struct gate_options){ .loop = &player->loop,
									  .hosts = player->hosts,
									  .pace = player->pace,
									  .window = script->window }),
			 0);
}

/* Whatever was left open leaves. Then every place is free again, and the loop holds nothing. */
static void end(struct player *player)
{
	struct host_waiter waiter;

	gate_stop(&player->gate);
	for (size_t i = 0; i < PASSES; i++)
		if (player->pass[i].state >= GATE_OPEN)
			gate_leave(&player->gate, &player->pass[i]);
	assert_int_equal(player->gate.open + player->gate.slow + player->gate.waiting, 0);
	gate_close(&player->gate, on_closed, player);
	assert_int_equal(uv_run(&player->loop, UV_RUN_DEFAULT), 0);
	assert_true(player->closed);
	assert_int_equal(uv_loop_close(&player->loop), 0);
	for (char number = '1'; number <= '5'; number++) {
		struct obs_address address = address_of(number);

		if (host_limit_take(player->hosts, &address, &waiter) != HOST_TAKEN)
			fail_msg("%s: a place at address %c is lost", player->script->name, number);
		host_limit_give(player->hosts, &address);
	}
	host_limit_free(player->hosts);
	fetch_pace_free(player->pace);
}

static void passes_wait_and_get_in_as_scripted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		const struct script *script = &scripts[i];
		struct player player;

		begin(&player, script);
		play(&player);
		if (strcmp(player.calls, script->calls) != 0)
			fail_msg("%s: called back %s, not %s", script->name, player.calls, script->calls);
		end(&player);
	}
}

/* Whatever scripts do that have no limit of places (which are host_limit's memory), they do without memory. */
static void nothing_is_allocated(void **state)
{
	unsigned played = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct player player;

		if (scripts[i].per_host > 0)
			continue;
		begin(&player, &scripts[i]);
		fail_at(0);
		play(&player);
		gate_stop(&player.gate);
		assert_false(hit);
		fail_at(-1);
		end(&player);
		played++;
	}
	assert_true(played > 5);
}

static void without_a_descriptor_it_does_not_open(void **state)
{
	struct gate gate;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	no_async = true;
	assert_int_equal(gate_open(&gate, &(struct gate_options){ .loop = &loop, .window = 1 }), -1);
	no_async = false;
	assert_int_equal(uv_loop_close(&loop), 0); /* nothing to undo */
}

/* ---- two loops, two threads, the same places ---- */

enum { CROWD = 60, ADDRESSES = 3, PLACES = 2, TRIES = 4, ROUNDS = 10 };

static atomic_uint held[ADDRESSES], most;

/* A thread's: each pass connects TRIES times and is called back as often, or is stopped. */
struct crowd {
	pthread_t thread;
	unsigned stop_after; /* calls; 0: never */
	uv_loop_t loop;
	uv_timer_t timer; /* ends connections */
	struct gate gate;
	struct gate_pass pass[CROWD];
	unsigned tried[CROWD], refused[CROWD];
	bool connected[CROWD];
	unsigned calls;
};

static unsigned host_of(const struct gate_pass *pass)
{
	return pass->address.octet[3];
}

static void on_crowd_go(struct gate_pass *pass, int fault)
{
	struct crowd *crowd = pass->arg;
	size_t i = (size_t)(pass - crowd->pass);
	unsigned now;

	crowd->calls++;
	if (fault != NET_OK) {
		crowd->refused[i]++;
		return;
	}
	now = atomic_fetch_add(&held[host_of(pass)], 1) + 1;
	if (now > atomic_load(&most))
		atomic_store(&most, now);
	crowd->tried[i]++;
	crowd->connected[i] = true;
}

static void disconnect(struct crowd *crowd, size_t i)
{
	crowd->connected[i] = false;
	atomic_fetch_sub(&held[host_of(&crowd->pass[i])], 1);
}

/* The connections there are end; who has an address left tries it. */
static void on_timer(uv_timer_t *timer)
{
	struct crowd *crowd = timer->data;

	for (size_t i = 0; i < CROWD; i++) {
		struct obs_address next = crowd->pass[i].address;

		if (!crowd->connected[i])
			continue;
		disconnect(crowd, i);
		next.octet[3] = (uint8_t)((next.octet[3] + 1) % ADDRESSES);
		if (crowd->tried[i] < TRIES)
			gate_enter_again(&crowd->gate, &crowd->pass[i], &next);
		else
			gate_leave(&crowd->gate, &crowd->pass[i]);
	}
	if (crowd->stop_after > 0 && crowd->calls >= crowd->stop_after && !crowd->gate.stopping)
		gate_stop(&crowd->gate);
	if (crowd->gate.open + crowd->gate.waiting == 0)
		uv_stop(&crowd->loop);
}

static void on_crowd_closed(void *arg)
{
	(void)arg;
}

static void *play_crowd(void *arg)
{
	struct crowd *crowd = arg;

	for (size_t i = 0; i < CROWD; i++) {
		crowd->pass[i].on_go = on_crowd_go;
		crowd->pass[i].arg = crowd;
		crowd->pass[i].address = (struct obs_address){ .family = 4, .octet[3] = (uint8_t)(i % ADDRESSES) };
		gate_enter(&crowd->gate, &crowd->pass[i]);
	}
	uv_timer_start(&crowd->timer, on_timer, 0, 1);
	uv_run(&crowd->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&crowd->timer, NULL);
	gate_close(&crowd->gate, on_crowd_closed, NULL);
	uv_run(&crowd->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* ThreadSanitizer does not see libuv close a descriptor, so loops begin and end here, when no thread runs. */
static void crowd_init(struct crowd *crowd, struct host_limit *hosts)
{
	assert_int_equal(uv_loop_init(&crowd->loop), 0);
	uv_timer_init(&crowd->loop, &crowd->timer);
	crowd->timer.data = crowd;
	assert_int_equal(gate_open(&crowd->gate,
				   &(struct gate_options){ .loop = &crowd->loop, .hosts = hosts, .window = CROWD }),
			 0);
}

static void play_two(unsigned stop_after)
{
	struct crowd *crowd = calloc(2, sizeof(*crowd));
	struct host_limit *hosts = host_limit_new(PLACES);

	crowd[1].stop_after = stop_after;
	for (int k = 0; k < 2; k++)
		crowd_init(&crowd[k], hosts);
	for (int k = 0; k < 2; k++)
		assert_int_equal(pthread_create(&crowd[k].thread, NULL, play_crowd, &crowd[k]), 0);
	for (int k = 0; k < 2; k++)
		pthread_join(crowd[k].thread, NULL);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(uv_loop_close(&crowd[k].loop), 0);
		for (size_t i = 0; i < CROWD; i++) {
			unsigned stopped = crowd[k].refused[i];

			assert_true(stopped == 0 || (crowd[k].stop_after > 0 && stopped == 1));
			assert_true(crowd[k].tried[i] == TRIES || stopped == 1);
		}
	}
	host_limit_free(hosts);
	free(crowd);
}

static void places_hold_across_threads(void **state)
{
	(void)state;
	most = 0;
	for (unsigned round = 0; round < ROUNDS; round++)
		play_two(0);
	assert_int_equal(most, PLACES);
}

/* While the other thread takes and gives places that the stopped one's passes stand in line for. */
static void stop_meets_places_that_come_meanwhile(void **state)
{
	(void)state;
	most = 0;
	for (unsigned round = 0; round < ROUNDS; round++)
		play_two(1 + 10 * round);
	assert_in_range(most, 1, PLACES);
	for (size_t i = 0; i < ADDRESSES; i++)
		assert_int_equal(held[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_wait_and_get_in_as_scripted),    cmocka_unit_test(nothing_is_allocated),
		cmocka_unit_test(without_a_descriptor_it_does_not_open), cmocka_unit_test(places_hold_across_threads),
		cmocka_unit_test(stop_meets_places_that_come_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

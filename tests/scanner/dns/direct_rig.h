/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/dns/direct_rig.h - the direct engine on a loop of the test's, and a name server on 127.0.0.1 that
 * answers as the test says. Other addresses of 127/8 are silent. Time is tests/fake/fake_clock.h's. */
#ifndef STSURVEY_TESTS_DIRECT_RIG_H
#define STSURVEY_TESTS_DIRECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/dns/direct_engine.h"
#include "scanner/job/net.h"
#include "tests/fake/dns_peer.h"

#define HERE "127.0.0.1"   /* the name server's */
#define SILENT "127.0.0.9" /* nobody's */
#define NAME "example.com"

enum {
	DIRECT_RIG_TIMEOUT_MS = 2000,
	DIRECT_RIG_NOT_YET = -1, /* as an end */
};

struct direct_rig {
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct direct_engine *engine;
	struct dns_peer *peer;
	struct cidr_set *allow, *blocklist;
	/* NULL: every question gets the usual answer */
	void (*on_question)(struct direct_rig *rig, const struct dns_peer_question *question);
	void *arg;
	struct dns_peer_question last; /* the last question that came */
	unsigned ended;                /* tries */
};

struct direct_asked {
	struct direct_try try;
	struct direct_rig *rig;
	int end; /* enum direct_end; the last one */
	unsigned ends;
	size_t n;
	bool cut;
	uint16_t id;    /* of the packet */
	unsigned order; /* how many had ended before */
	void (*then)(struct direct_asked *asked);
};

/* As on_question: nothing is answered. */
void direct_rig_silence(struct direct_rig *rig, const struct dns_peer_question *question);

/* Loopback is allowed, and 127.0.13.0/24 blocked. */
struct direct_rig *direct_rig_open(void);

/* Everything that was asked has ended, once. */
void direct_rig_close(struct direct_rig *rig);

/* Ask for MX of @name at @address. @asked: of the test's, filled. */
void direct_rig_ask(struct direct_rig *rig, struct direct_asked *asked, const char *address, const char *name);

/* Until @asked has ended. */
void direct_rig_await(struct direct_asked *asked);

/* Read what is there, without time going on: until @condition holds, however long a busy kernel takes; or some turns,
 * where what is expected is that nothing comes. */
#define DIRECT_RIG_UNTIL(rig, condition)                                                                               \
	for (unsigned rig_turns = 0; !(condition); rig_turns++)                                                        \
	direct_rig_turn(rig, rig_turns)
void direct_rig_turn(struct direct_rig *rig, unsigned turns);
void direct_rig_settle(struct direct_rig *rig);

/* Let time pass. */
void direct_rig_pass(struct direct_rig *rig, unsigned ms);

/* Make and send the usual answer to @question with another id or name. */
void direct_rig_answer_as(struct direct_rig *rig, const struct dns_peer_question *question, uint16_t id,
			  const char *name);

struct direct_engine_counts direct_rig_counts(const struct direct_rig *rig);

/* May questions be sent over the family (4 or 6)? False for some seconds once the kernel said that there is no route.
 */
bool direct_rig_has_family(const struct direct_rig *rig, uint8_t family);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_behaviour.h - what an HTTPS peer of the fault server does, by name. */
#ifndef STSURVEY_TESTS_LAB_FAULTD_BEHAVIOUR_H
#define STSURVEY_TESTS_LAB_FAULTD_BEHAVIOUR_H

#include <stddef.h>
#include <stdbool.h>

enum when { ON_HELLO, IN_FLIGHT, ON_HANDSHAKE, ON_REQUEST };
enum end { KEEP, RESET, CLOSE, SHUTDOWN }; /* KEEP: be silent until the other side goes */
enum trick { NO_TRICK, OLD_TLS, TLS_12, RENEGOTIATE, KEY_UPDATES, TINY_RECORDS, TLS_10_ONLY };

/* What is done to a peer: up to `when` all is normal; then `send` (or the answer file), then `end`. */
struct behaviour {
	const char *name;
	enum when when;
	enum end end;
	const char *send; /* ON_HELLO: raw; later: through TLS, before the answer file's octets */
	size_t send_len;
	size_t keep;        /* IN_FLIGHT: octets of the flight that go out; ON_REQUEST: of the answer, 0 = all */
	const char *repeat; /* without end */
	unsigned drip_ms;   /* between octets: of the flight or of the answer */
	bool no_answer;     /* the answer file is not sent */
	enum trick trick;
};

/* For a name nobody serves: alert unrecognized_name. */
extern const struct behaviour behaviour_unknown;

/* NULL: no such behaviour. */
const struct behaviour *behaviour_by_name(const char *name);

#endif

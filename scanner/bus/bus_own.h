/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/bus/bus_own.h - what the files of the bus share: a connection, a question to JetStream, its answer.
 *
 * JetStream is asked by messages to subjects below $JS.API, and answers with JSON to a subject that we chose. We ask
 * ourselves instead of through libnats' functions for it: those wait where nobody can end the wait, and do not tell
 * everywhere which error it was. For the same reason the connection is ours to open again: libnats would keep on
 * sending what it could not send, long after we gave it up.
 */
#ifndef STSURVEY_SCANNER_BUS_BUS_OWN_H
#define STSURVEY_SCANNER_BUS_BUS_OWN_H

#include <nats/nats.h>

#include "scanner/bus/bus.h"
#include "scanner/bus/bus_json.h"

enum {
	BUS_INBOX_MAX = 64,                 /* octets of the subject of our answers, NUL included */
	BUS_WHY_MAX = 256,                  /* of why the server is away */
	BUS_HEADERS_MAX = 3,                /* of a message of ours */
	BUS_NUMBER_MAX = 24,                /* of a number's text */
	BUS_REQUEST_MAX = 2048,             /* of a request's JSON: names of ours and numbers */
	BUS_DIRECT_MAX = BUS_NAME_MAX + 64, /* of the subject that is asked for messages of a stream */
	BUS_LOOK_MS = 50                    /* between two looks at `stop` */
};

struct bus {
	struct bus_options options; /* with texts of its own */
	natsConnection *connection; /* NULL: none at the moment */
	natsSubscription *answers;  /* to inbox.NUMBER */
	char inbox[BUS_INBOX_MAX];
	uint64_t asked;         /* the number of the last question … */
	uint64_t awaited;       /* … and of the first that is waited for: answers to others are late */
	unsigned ahead;         /* questions at once, the next time (bus_ahead.c) */
	unsigned denied;        /* bus_denied_count, before it */
	unsigned denied_before; /* and before we asked for answers at all */
	size_t data_max;        /* of a message, as the server says */
	natsMsg *held;          /* what a struct bus_message points to */
	char why[BUS_WHY_MAX];  /* the server was away, the last time */
	unsigned refusals;      /* of connections, one after the other */
	unsigned stopped_calls; /* begun since we were stopped */
};

/* ---- waiting (bus.c) ---- */

/* A call's wait, from its beginning. */
struct bus_wait {
	uint64_t until_ms; /* of machine_clock_ms; UINT64_MAX: for ever; 0: nothing is asked any more */
	unsigned tries;
	unsigned nobody;  /* of them, that found nobody who answers for JetStream */
	bool was_stopped; /* at the beginning: then it has a moment nevertheless */
};

struct bus_wait bus_wait_begin(struct bus *bus);
/* Is there time left? */
bool bus_wait_lasts(const struct bus *bus, const struct bus_wait *wait);
/* Pause before the next try; false: the patience ended, or somebody stopped us. */
bool bus_wait_again(struct bus *bus, struct bus_wait *wait);
/* The line for that. */
enum bus_result bus_away(const struct bus *bus, struct error *error);
enum bus_result bus_no_memory(struct error *error);
/* REFUSED, with a line that begins with the server. */
__attribute__((format(printf, 3, 4))) enum bus_result bus_refuse(const struct bus *bus, struct error *error,
								 const char *format, ...);

/* ---- the connection (bus_connect.c; bus_options.c) ---- */

/* A connection is there when it is OK; AWAY: not within @wait; REFUSED: there will be none. */
enum bus_result bus_connected(struct bus *bus, struct bus_wait *wait, struct error *error);
void bus_disconnect(struct bus *bus);

/* What @options say, for libnats. REFUSED: a file cannot be used. */
enum bus_result bus_make_options(const struct bus_options *options, natsOptions **nats, struct error *error);
/* The credentials in @path have expired: when; else "" (bus_creds.c). */
enum { BUS_WHEN_MAX = 32 };
void bus_creds_expired(const char *path, char when[static BUS_WHEN_MAX]);
/* The public key of the seed in @path, for libnats, which wants both (bus_nkey.c). 0, or -1 with one line in @error. */
enum { BUS_NKEY_MAX = 64 };
int bus_nkey_public(const char *path, char key[static BUS_NKEY_MAX], struct error *error);

/* What the server told us last that we may not do, since @count (bus_denied.c): libnats tells it in a thread of its
 * own. True where it names @subject; then it is in @text. */
unsigned bus_denied_count(void);
bool bus_denied(unsigned count, const char *subject, char text[static BUS_WHY_MAX]);
void bus_denied_handler(natsConnection *connection, natsSubscription *subscription, natsStatus status, void *arg);

/* ---- questions (bus_ask.c) ---- */

struct bus_header {
	const char *name, *value; /* NULL: none */
};

struct bus_question {
	const char *subject;
	const char *stream; /* whose absence means that nobody answers; NULL: JetStream itself answers, or a stream that
			       takes the subject */
	struct bus_header header[BUS_HEADERS_MAX];
	struct span data;
};

/* Ask until somebody answers, as long as @wait lasts. *@answer is the caller's. *@lost (may be NULL): an answer may
 * have been lost before this one, so that what we asked for may have been done twice. */
enum bus_result bus_ask(struct bus *bus, const struct bus_question *question, struct bus_wait *wait, natsMsg **answer,
			bool *lost, struct error *error);

/* The same where the answer is JSON: its errors become results. *@root is freed by yajl_tree_free. */
enum bus_result bus_ask_json(struct bus *bus, const struct bus_question *question, struct bus_wait *wait,
			     yajl_val *root, bool *lost, struct error *error);
/* …of JetStream's API: $JS.API.@verb, of @name (and @name2) where there is one; @json may be NULL. */
enum bus_result bus_api_within(struct bus *bus, struct bus_wait *wait, const char *verb, const char *name,
			       const char *name2, const char *json, yajl_val *root, struct error *error);
enum bus_result bus_api(struct bus *bus, const char *verb, const char *name, const char *name2, const char *json,
			yajl_val *root, struct error *error);
/* The same of what has no answer but that it is done. */
enum bus_result bus_api_do(struct bus *bus, const char *verb, const char *name, const char *name2, const char *json,
			   struct error *error);

/* Send it once. Not OK: no connection. */
natsStatus bus_send(struct bus *bus, const struct bus_question *question);
/* The answer to it, if it comes before @until_ms: NATS_TIMEOUT, NATS_NO_RESPONDERS, …; NATS_NOT_PERMITTED: bus->why
 * says what. A message of a stream is one, too, where @deliveries (may be NULL) is how the subject begins that is told
 * of its delivery: bus_deliveries. */
natsStatus bus_answer(struct bus *bus, const struct bus_question *question, const struct bus_wait *wait,
		      uint64_t until_ms, const char *deliveries, natsMsg **answer);
/* Where @answer is to one of several questions: how many were asked between the first of them and its own. */
uint64_t bus_answer_index(const struct bus *bus, natsMsg *answer);
enum { BUS_DELIVERIES_MAX = 2 * BUS_NAME_MAX + 16 };
void bus_deliveries(const char *stream, const char *consumer, char deliveries[static BUS_DELIVERIES_MAX]);
/* Tasks that came after we stopped waiting for them are for others. */
void bus_give_back(struct bus *bus);
/* A message without an answer. */
void bus_say(natsConnection *connection, const char *subject, const char *text);

/* ---- questions before the last is answered (bus_ahead.c) ---- */

enum {
	BUS_AHEAD_MAX = 256, /* questions at once */
	/* Octets that may come for them: less than a server keeps for who reads slowly (64 MiB), and than libnats does.
	 */
	BUS_AHEAD_OCTETS = 32 * 1024 * 1024,
};

unsigned bus_ahead_most(const struct bus *bus);

/* The @i-th question; what it points to lives until the next. */
typedef void bus_question_of(void *arg, size_t i, struct bus_question *question);

/* @count questions at once: @answer has what came, NULL where nothing did, which is then to be asked for by itself
 * (bus_ask): that waits, connects anew, and knows why. Each is to be destroyed. */
void bus_ask_ahead(struct bus *bus, bus_question_of *question_of, void *arg, size_t first, unsigned count,
		   natsMsg *answer[static BUS_AHEAD_MAX]);
void bus_free_ahead(natsMsg *answer[static BUS_AHEAD_MAX], unsigned count);

/* Ask @count questions that want something done, many at once; @do_one does what nobody answered, or not well. */
typedef enum bus_result bus_do_one(void *arg, size_t i, struct error *error);
enum bus_result bus_do_each(struct bus *bus, size_t count, bus_question_of *question_of, bus_do_one *do_one, void *arg,
			    struct error *error);

/* ---- what answers hold (bus_answer.c) ---- */

/* What an error of JetStream is for us. */
struct bus_error {
	int code;
	enum bus_result result;
	bool again; /* it passes: ask again */
	const char *remedy;
};
const struct bus_error *bus_error_find(int code);

/* The header's text; "" where it has none. */
const char *bus_header_text(natsMsg *message, const char *name);
uint64_t bus_header_number(natsMsg *message, const char *name);
/* RFC 3339 as Go writes it → milliseconds since 1970; 0: it is none. */
int64_t bus_time_ms(const char *text);
/* What the server says of a delivery stands in the subject that our answer is to have. False: it is none of those. */
bool bus_read_delivery(const char *reply, uint64_t *sequence, unsigned *deliveries);

/* ---- messages (bus_message.c) ---- */

/* One message of a stream, by the JSON that asks for it. MISSING: there is none. */
enum bus_result bus_direct(struct bus *bus, const char *stream, const char *json, natsMsg **message,
			   struct error *error);
/* What is asked for so, and what came: a message, the word that there is none, or neither. */
void bus_direct_subject(const char *stream, char subject[static BUS_DIRECT_MAX]);
bool bus_direct_has(natsMsg *answer);
bool bus_direct_is_missing(natsMsg *answer);
/* @message points into @answer. */
void bus_read_message(natsMsg *answer, struct bus_message *message);
void bus_next_json(const char *subject, uint64_t sequence, char json[static BUS_REQUEST_MAX]);
/* Publish, and the server's word for it. @headers: two of them at most. */
enum bus_result bus_store(struct bus *bus, const char *subject, const struct bus_header *header, size_t headers,
			  struct span data, uint64_t *sequence, bool *duplicate, bool *lost, struct error *error);
bool bus_is_name(const char *name, bool wildcards);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/bus/bus.h - NATS JetStream, as far as the queue needs it: streams, a queue's consumers, buckets of keys.
 *
 * libnats is named in bus_own.h alone. Every call waits for the server's word: what it says is stored, is. A server
 * that is away is asked again, with the same message ids, until the bus's patience ends; the server drops what comes
 * twice. Names are ours and short; what the server sends is a stranger's, and bounded by its max_payload. One thread at
 * a time.
 */
#ifndef STSURVEY_SCANNER_BUS_BUS_H
#define STSURVEY_SCANNER_BUS_BUS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum {
	BUS_NAME_MAX = 128,       /* octets of a stream's, subject's, key's name, NUL included */
	BUS_ID_MAX = 160,         /* of a message id */
	BUS_SUBJECTS_MAX = 4,     /* of a stream */
	BUS_HEADROOM = 1024,      /* octets of max_payload that headers may take */
	BUS_DUPLICATES_DAYS = 400 /* ids of messages are known for that long: longer than any job */
};

/* How a call ended. All but OK leave one line in @error, which names the server, and the remedy where there is one. */
enum bus_result {
	BUS_OK,
	BUS_MISSING, /* no such stream, message, key or bucket */
	BUS_EXISTS,  /* to create: the key is there; to update: it has another revision by now */
	BUS_FULL,    /* the stream holds as much as it may */
	BUS_AWAY,    /* no answer for as long as the patience is */
	BUS_REFUSED  /* whatever else: permissions, limits of the account, no JetStream */
};

struct bus;

struct bus_options {
	const char *url;             /* several with commas between */
	const char *creds, *nkey;    /* files; NULL: none */
	const char *cert, *key, *ca; /* files, PEM; NULL: none */
	const char *user, *password; /* NULL: none */
	const char *name;            /* of the connection, for the server's operators */
	double patience_s;           /* of every call; 0: for ever */
	/* Set: calls that wait end, as if the patience had; those begun after that have half a second, to take leave,
	 * and after some hundred no more is asked. NULL: none. */
	const volatile sig_atomic_t *stop;
};

/* REFUSED: what no server could mend. bus_open looks, too. */
__attribute__((warn_unused_result)) enum bus_result bus_check_options(const struct bus_options *options,
								      struct error *error);
__attribute__((warn_unused_result)) enum bus_result bus_open(struct bus **bus, const struct bus_options *options,
							     struct error *error);
void bus_close(struct bus *bus); /* NULL: nothing to do */

/* Of libnats, as it runs (output/library.h). */
const char *bus_library_version(void);

void bus_set_patience(struct bus *bus, double seconds);

/* Octets that one message's data may have. */
size_t bus_data_max(const struct bus *bus);

/* ---- streams, on file storage ---- */

struct bus_stream {
	char name[BUS_NAME_MAX];
	char subject[BUS_SUBJECTS_MAX][BUS_NAME_MAX]; /* "" behind the last */
	bool is_queue;                                /* a message goes when it was acknowledged */
	uint64_t max_bytes; /* then it is full (never: the oldest go); 0: as much as the server takes */
};

/* OK also where it is there and the same; FULL: there is no room for its max_bytes. */
enum bus_result bus_stream_create(struct bus *bus, const struct bus_stream *stream, struct error *error);
enum bus_result bus_stream_delete(struct bus *bus, const char *stream, struct error *error);

/* nats-server 2.9 that was killed counts messages that are gone, and cannot be read, as if they were there: of what is
 * taken away one by one (a queue) this is too many, until something else writes the stream's state. What was purged in
 * front of a sequence is not counted. */
struct bus_stream_info {
	uint64_t messages, bytes, first, last; /* first, last: sequence numbers */
	uint64_t max_bytes;                    /* 0: no limit */
	unsigned consumers;
};
enum bus_result bus_stream_look(struct bus *bus, const char *stream, struct bus_stream_info *info, struct error *error);

/* What our account has of the server's storage. A limit of the server's own is told to nobody. */
struct bus_storage {
	uint64_t used, most; /* octets; most 0: no limit of the account's */
};
enum bus_result bus_storage_look(struct bus *bus, struct bus_storage *storage, struct error *error);

/* Names of all streams that begin with @prefix. */
typedef void bus_on_name(void *arg, const char *name);
enum bus_result bus_stream_names(struct bus *bus, const char *prefix, bus_on_name *on_name, void *arg,
				 struct error *error);

/* @id: "" for none. @offset goes with the message, as bus_message has it. *@duplicate (NULL: who cares): it was there
 * already, and nothing was added. */
enum bus_result bus_publish(struct bus *bus, const char *subject, const char *id, uint64_t offset, struct span data,
			    bool *duplicate, struct error *error);

/* A message of a stream; valid until the next call for one. */
struct bus_message {
	const char *subject;
	struct span data;
	uint64_t sequence, offset;
	int64_t time_ms; /* when the server got it, by its clock, since 1970 */
};

/* The first message from @sequence on whose subject is @subject (wildcards allowed). */
enum bus_result bus_next(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			 struct bus_message *message, struct error *error);
/* The messages from @sequence on, in their order, of which many are asked for at once: over a network on which an
 * answer takes a while this is what takes the time. As many as were asked for (one at first, the next time more, up to
 * some 32 MiB) are handed on, until @on_message returns false; each is valid until it returns. MISSING: there is none.
 */
typedef bool bus_on_message(void *arg, const struct bus_message *message);
enum bus_result bus_next_many(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			      bus_on_message *on_message, void *arg, struct error *error);
/* The message @sequence. */
enum bus_result bus_at(struct bus *bus, const char *stream, uint64_t sequence, struct bus_message *message,
		       struct error *error);
enum bus_result bus_delete_at(struct bus *bus, const char *stream, uint64_t sequence, struct error *error);
/* All of @subject ("": of any) before @sequence (0: all of them). */
enum bus_result bus_purge(struct bus *bus, const char *stream, const char *subject, uint64_t sequence,
			  struct error *error);
/* All of @count subjects, none of which is "", many at once; @subject_of tells them. */
typedef void bus_key_of(void *arg, size_t i, char key[static BUS_NAME_MAX]);
enum bus_result bus_purge_each(struct bus *bus, const char *stream, size_t count, bus_key_of *subject_of, void *arg,
			       struct error *error);

/* ---- a queue's consumers: pull, explicit acknowledgement ---- */

struct bus_consumer_options {
	double ack_wait_s;
	unsigned deliveries; /* then the server gives up, and says so on BUS_ADVISORY */
};

/* Where the server tells that a message of @stream was delivered in vain too often: JSON with "stream_seq". */
#define BUS_ADVISORY "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."

/* OK also where it is there and the same. @subject: of which messages. */
enum bus_result bus_consumer_create(struct bus *bus, const char *stream, const char *consumer, const char *subject,
				    const struct bus_consumer_options *options, struct error *error);

struct bus_consumer_info {
	uint64_t waiting, in_flight, redelivered; /* messages; after a kill of the server too many, for ack_wait_s */
};
enum bus_result bus_consumer_look(struct bus *bus, const char *stream, const char *consumer,
				  struct bus_consumer_info *info, struct error *error);

/* A message that was delivered and is to be answered for. */
struct bus_task;

/* Wait up to @wait_s for one: MISSING where none came; REFUSED where the consumer or its stream is gone. */
enum bus_result bus_pull(struct bus *bus, const char *stream, const char *consumer, double wait_s,
			 struct bus_task **task, struct error *error);
struct span bus_task_data(const struct bus_task *task);
uint64_t bus_task_sequence(const struct bus_task *task);
unsigned bus_task_deliveries(const struct bus_task *task); /* this one included: 1 is the first */
/* Not done yet: the server waits anew. Does not wait for its word. */
void bus_task_progress(struct bus_task *task);
/* Done: OK once the server has forgotten it, even one that is killed thereafter; also a second time. Frees @task unless
 * AWAY. */
enum bus_result bus_task_ack(struct bus *bus, struct bus_task *task, struct error *error);
/* Give it back; it is delivered again after @delay_s. Frees it. */
void bus_task_nak(struct bus_task *task, double delay_s);
void bus_task_free(struct bus_task *task); /* says nothing to the server */

/* ---- buckets of keys ---- */

struct bus_bucket;

/* Make it, or open one that is there. @ttl_s: after that time without a change a key is gone, by the server's clock; 0:
 * never. */
enum bus_result bus_bucket_create(struct bus *bus, const char *name, double ttl_s, struct bus_bucket **bucket,
				  struct error *error);
enum bus_result bus_bucket_open(struct bus *bus, const char *name, struct bus_bucket **bucket, struct error *error);
void bus_bucket_close(struct bus_bucket *bucket); /* NULL: nothing to do */
enum bus_result bus_bucket_delete(struct bus *bus, const char *name, struct error *error);

struct bus_value {
	struct span data; /* valid until the next call with the bucket */
	uint64_t revision;
	int64_t time_ms; /* when it was put, by the server's clock */
};

enum bus_result bus_get(struct bus_bucket *bucket, const char *key, struct bus_value *value, struct error *error);
/* @count keys, many at once as bus_next_many has it: @key_of tells them, @on_value is given each in turn, NULL where it
 * is not there. False from it: that is enough. */
typedef bool bus_on_value(void *arg, size_t i, const struct bus_value *value);
enum bus_result bus_get_each(struct bus_bucket *bucket, size_t count, bus_key_of *key_of, bus_on_value *on_value,
			     void *arg, struct error *error);
/* EXISTS where the key is there. What a lost answer hid is found out: OK where the value there is @data. */
enum bus_result bus_create(struct bus_bucket *bucket, const char *key, struct span data, struct error *error);
/* Only where the key still has @revision, which is the new one then; else EXISTS. */
enum bus_result bus_update(struct bus_bucket *bucket, const char *key, struct span data, uint64_t *revision,
			   struct error *error);
enum bus_result bus_put(struct bus_bucket *bucket, const char *key, struct span data, struct error *error);
/* The same octets under @count keys, many at once. */
enum bus_result bus_put_each(struct bus_bucket *bucket, size_t count, bus_key_of *key_of, void *arg, struct span data,
			     struct error *error);
enum bus_result bus_remove(struct bus_bucket *bucket, const char *key, struct error *error);

/* All keys that begin with @prefix, in no order. False from @on_key: that is enough. */
typedef bool bus_on_key(void *arg, const char *key);
enum bus_result bus_keys(struct bus_bucket *bucket, const char *prefix, bus_on_key *on_key, void *arg,
			 struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/job.h - one list that is surveyed by many: what its manifest says, what its streams, subjects and keys
 * are called, and what stands in them (docs/fleet/queue.md). All of it is JSON, so that `nats kv get` shows it.
 *
 * A job is cut into chunks, numbered from 0: first of the list's domains, and where mail servers are probed, then of
 * those (stage 1).
 */
#ifndef STSURVEY_SCANNER_FLEET_JOB_H
#define STSURVEY_SCANNER_FLEET_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "output/scan_file/record.h"
#include "output/text.h"
#include "scanner/bus/bus.h"
#include "scanner/options/options.h"

enum {
	JOB_NAME_MAX = 33,    /* octets, NUL included: a part of names of at most 64 */
	JOB_HASH_OCTETS = 32, /* SHA-256 */
	JOB_HASH_TEXT = 2 * JOB_HASH_OCTETS + 1,
	JOB_FILE_HASH_TEXT = 17,  /* the first half of a quarter of it: enough to tell files of one chunk apart */
	JOB_WORKER_MAX = 80,      /* octets of a worker's name, NUL included */
	JOB_WORD_MAX = 512,       /* of why something failed */
	JOB_CHUNKS_MAX = 1000000, /* with 100,000 domains each, more than there are names */
	JOB_FILES_OCTETS_MAX = 64 * 1024 * 1024, /* of files that travel with a job, all together */
	JOB_LANES = 32, /* of a job that is cut by operators: so many chunks at most at a time */
	JOB_OPTIONS_MAX = 256,
	JOB_ACK_WAIT_MOST = 86400, /* seconds: more than submit takes, and than any worker is waited for */
	JOB_LIST_OCTETS_MAX = 256 * 1024 * 1024, /* of a chunk's list, compressed: a worker holds it whole */
	JOB_PARTS_MAX = 65536,                   /* of it: of 4 KiB, less than any server takes as one message */
};

#define JOB_TOOL "stsurvey " STSURVEY_VERSION /* as scans have it in their header, too */

enum job_stage { JOB_DOMAINS, JOB_HOSTS, JOB_STAGES };

/* What `submit` was given, and the list. Everything below `own`; job_free. */
struct job {
	char name[JOB_NAME_MAX];
	char hash[JOB_HASH_TEXT]; /* of all that follows but the times: the same job, or another one under its name */
	char tool[64];            /* "stsurvey 0.1.0": workers of another version are refused */
	struct span list;         /* its name as given */
	uint64_t list_size, list_sample, list_hash; /* as struct feed_identity has them */
	int64_t list_mtime;
	uint64_t entries; /* of the list */
	uint32_t chunk;   /* domains in each, at most */
	unsigned lanes;   /* JOB_LANES where it is cut by operators; 1: it is not, and nobody waits for a lane */
	double ack_wait_s;
	unsigned deliveries;
	uint64_t results_size;
	enum options_smtp smtp;       /* whose mail servers make stage 1 */
	struct record_option *option; /* those of `scan` that hold for all workers, as given, without -f */
	size_t option_count;
	struct job_file *file; /* that options name: their content travels along */
	size_t file_count;
	void *own;
};

struct job_file {
	struct span option, path; /* as given */
	uint64_t size;
	char sha256[JOB_HASH_TEXT];
};

void job_free(struct job *job);

/* The value of the last option of that name; NULL: it was not given. */
const struct span *job_option(const struct job *job, const char *name);
/* The same as a number, not below 0: 1; 0 and nothing in *@value: it was not given; -1 with one line in @error. */
__attribute__((warn_unused_result)) int job_option_number(const struct job *job, const char *name, double *value,
							  struct error *error);

/* Letters, digits, _ and -. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int job_check_name(const char *name, struct error *error);

/* To and from the manifest. @text lives as long as the caller's memory says; 0, or -1 with one line in @error (what a
 * stranger put there). */
__attribute__((warn_unused_result)) int job_write(const struct job *job, struct text *out, struct error *error);
__attribute__((warn_unused_result)) int job_read(struct job *job, struct span manifest, struct error *error);

/* The limits of a job that its workers share: submit says how many workers they bear, and a worker gives its scans its
 * part of them. */
enum job_limit {
	LIMIT_PER_HOST,
	LIMIT_RATE,
	LIMIT_RESOLVER,
	LIMIT_HOST,
	LIMIT_PROVIDER,
	LIMIT_SERVER,
	LIMIT_OPERATOR,
	LIMITS
};

struct job_limit_row {
	const char *name; /* of the option, without -- */
	bool is_whole;    /* a number of something, of which nobody has a part */
	bool is_laned;    /* who works on a lane is the only one who asks these operators, and has all of it */
};

extern const struct job_limit_row job_limit_table[LIMITS];

/* What holds where the job was not given it; below 0: none, or the worker's own, as a rate by its name servers. */
double job_limit_default(const struct job *job, enum job_limit limit);

/* How many workers may be at work at once, since each has one connection of each limit, or one question a second, at
 * least: of less a second would have more. */
struct job_bearing {
	uint64_t workers;  /* UINT64_MAX: any number */
	const char *limit; /* the option that bears the fewest, without --; NULL: any number */
};
struct job_bearing job_bears(const struct job *job);

/* ---- names ---- */

enum job_stream { JOB_QUEUE, JOB_LIST, JOB_RESULTS, JOB_DEAD, JOB_STREAMS };
enum job_bucket { JOB_BOOK, JOB_ALIVE, JOB_BUCKETS };

#define JOB_PREFIX "STSURVEY_" /* of streams and buckets */

void job_stream_name(const char *job, enum job_stream stream, char name[static BUS_NAME_MAX]);
void job_bucket_name(const char *job, enum job_bucket bucket, char name[static BUS_NAME_MAX]);

/* stsurvey.JOB.queue.LANE; the consumer of a lane is called "lane-LANE". */
void job_queue_subject(const char *job, unsigned lane, char subject[static BUS_NAME_MAX]);
void job_consumer_name(unsigned lane, char name[static BUS_NAME_MAX]);
/* All subjects of a stream; of JOB_DEAD those of the server's advisories about the queue. */
void job_subjects(const char *job, enum job_stream stream, char subjects[static BUS_NAME_MAX]);
/* stsurvey.JOB.list.CHUNK.FILE.PART, file: the first 16 hexadecimal digits of the list's SHA-256, since what another
 * version of the compressor made of the same entries are other octets, which nobody shall mix; that of the part of any
 * file; and all of the chunk. */
void job_list_subject(const char *job, uint32_t chunk, const char *file, unsigned part,
		      char subject[static BUS_NAME_MAX]);
void job_list_subject_any(const char *job, uint32_t chunk, unsigned part, char subjects[static BUS_NAME_MAX]);
void job_list_subjects(const char *job, uint32_t chunk, char subjects[static BUS_NAME_MAX]);
/* From a subject of the first kind: which file? False: it is none of ours. */
__attribute__((warn_unused_result)) bool job_list_parse(const char *job, uint32_t chunk, const char *subject,
							char file[static JOB_FILE_HASH_TEXT]);
/* stsurvey.JOB.result.CHUNK.FILE; file: the first 16 hexadecimal digits of its SHA-256. */
void job_result_subject(const char *job, uint32_t chunk, const char *file, char subject[static BUS_NAME_MAX]);
/* Of that SHA-256. */
void job_file_name(const char *sha256, char file[static JOB_FILE_HASH_TEXT]);
/* From a subject: which chunk, which file? False: it is none of ours. */
__attribute__((warn_unused_result)) bool job_result_parse(const char *job, const char *subject, uint32_t *chunk,
							  char file[static JOB_FILE_HASH_TEXT]);

/* Keys of the book: that of the shares (LEDGER_KEY), and … */
#define JOB_MANIFEST "manifest"
#define JOB_COLLECTOR "collector" /* whose folder has the results: its identity */
#define JOB_COLLECTED "collected" /* the same, once all is in the scan file */
/* … of each chunk: */
enum job_key { JOB_KEY_ATTEMPT, JOB_KEY_DONE, JOB_KEY_HAVE, JOB_KEY_DEAD, JOB_KEYS };
extern const char *const job_key_prefix[JOB_KEYS]; /* "attempt." … */
void job_key(enum job_key key, uint32_t chunk, char name[static BUS_NAME_MAX]);
/* "file.NUMBER.PART": octets of a file of the job; parts until they are all of its size. */
void job_file_key(size_t number, unsigned part, char name[static BUS_NAME_MAX]);
/* "cut.STAGE": all chunks of the stage are in the queue. */
void job_cut_key(enum job_stage stage, char name[static BUS_NAME_MAX]);
/* The chunk of a key with that prefix; false: another key. */
__attribute__((warn_unused_result)) bool job_key_chunk(enum job_key key, const char *name, uint32_t *chunk);

/* ---- what stands in them: each with …_write into a text, and …_read, which is -1 with a line in @error ---- */

/* A message of the queue. */
struct job_chunk {
	uint32_t number;
	enum job_stage stage;
	unsigned lane;
	uint64_t first; /* the list's number of its first entry (--first-index) */
	uint64_t entries;
	unsigned parts;             /* of its list, zstd, in messages of the stream of lists */
	uint64_t size;              /* octets of these together */
	char sha256[JOB_HASH_TEXT]; /* of them */
	unsigned round;             /* how often it was put back (--retry-dead) */
};

/* "cut.STAGE". */
struct job_cut {
	uint32_t first, end; /* chunks: those from first on, before end */
	uint64_t entries;
};

/* "attempt.CHUNK": put before each attempt, and again when it failed. */
struct job_attempt {
	char worker[JOB_WORKER_MAX];
	unsigned number;        /* of deliveries */
	char why[JOB_WORD_MAX]; /* the last one failed; "": it goes on, or its worker died */
};

/* "done.CHUNK": everything of it is in the stream of results. The first one who creates it decides which file counts.
 */
struct job_done {
	char worker[JOB_WORKER_MAX];
	char sha256[JOB_HASH_TEXT]; /* of the scan file */
	uint64_t size;              /* of it, octets */
	uint64_t first;             /* as the chunk's message had it */
	uint64_t domains, unknown;  /* or hosts */
	double seconds;             /* the scan took */
};

/* "dead.CHUNK". */
struct job_dead {
	uint64_t first, entries; /* entries 0: nobody knows any more which they were */
	struct job_attempt last;
	unsigned round; /* the chunk's */
};

/* A worker's word, in JOB_ALIVE under its name. */
struct job_word {
	char state[64]; /* "scanning", "sending", "waiting for a chunk", "results are full", … */
	char tool[64];
	int64_t chunk;           /* -1: none */
	uint32_t share;          /* of the job's rates, in millionths */
	uint64_t domains;        /* of all chunks it has done, and this one's … */
	uint64_t scanned;        /* … so far */
	double per_second;       /* at the moment */
	char last[JOB_WORD_MAX]; /* that went wrong; "": nothing */
};

#define JOB_VALUE(name)                                                                                                \
	void name##_write(const struct name *value, struct text *out);                                                 \
	__attribute__((warn_unused_result)) int name##_read(struct name *value, struct span json, struct error *error)
JOB_VALUE(job_chunk);
JOB_VALUE(job_cut);
JOB_VALUE(job_attempt);
JOB_VALUE(job_done);
JOB_VALUE(job_dead);
JOB_VALUE(job_word);
#undef JOB_VALUE

#endif

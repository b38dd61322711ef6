/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/record.h - observation ↔ msgpack, the schema of a scan file (SCHEMA.md).
 *
 * Every record is one msgpack array whose first element says its kind. Domain records are
 * positional, with small integers and absent tails left out. Index and time are
 * differences to the record before in the same frame; certificates and bodies are written once
 * a frame, ahead of the first domain that refers to them by their ordinal in the frame. So a frame can be
 * read without any other.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_RECORD_H
#define STSURVEY_OUTPUT_SCAN_FILE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "parsers/direct_counts.h"
#include "parsers/mail_host.h"
#include "parsers/span.h"

enum { RECORD_SCHEMA_MAJOR = 1, RECORD_SCHEMA_MINOR = 6 };

/* Kinds, on disk: append only. Readers skip kinds they do not know. */
enum record_kind {
	RECORD_KIND_HEADER = 0,
	RECORD_KIND_DOMAIN = 1,
	RECORD_KIND_CERTIFICATE = 2,
	RECORD_KIND_BODY = 3,
	RECORD_KIND_TRAILER = 4,
	RECORD_KIND_FRAME = 5,
	RECORD_KIND_HOST = 6, /* since 1.3, as is the next */
	RECORD_KIND_VANTAGE = 7
};

/* One `name = value` of the header's options, as given by the user. */
struct record_option {
	struct span name, value;
};

struct record_header {
	struct span tool;      /* "stsurvey 0.1.0" */
	uint16_t major, minor; /* schema */
	int64_t start_ms;      /* since 1970, UTC */
	const struct record_option *option;
	size_t option_count;
	/* what --resume compares: a scan goes on only with the list it began with */
	struct span input;     /* file name as given; "-" for standard input */
	uint64_t input_size;   /* octets; 0 for a pipe */
	int64_t input_mtime;   /* seconds; 0 for a pipe */
	uint64_t input_sample; /* hash of sampled content; 0 for a pipe */
	uint64_t input_hash;   /* hash of all its content; 0 for a pipe, and before schema 1.2 */
	uint32_t shards, shard;
	/* from schema 1.4 on */
	double sample; /* the share of the list that was taken, by a keyed hash of the name; 0: all, as 1 on disk */
	uint8_t sample_key[16];   /* of that hash */
	const struct span *label; /* the columns that are kept with each domain (--label) */
	size_t label_count;
	/* from schema 1.5 on */
	bool direct;  /* the domains' own name servers were asked (--direct); the rest is of --audit: … */
	double audit; /* … the share of their negative answers that was put to the resolver as well, 0 to 1, … */
	uint64_t audit_least;  /* … and how many at least; … */
	uint8_t audit_key[16]; /* … of the keyed hash of the name that chose them */
	/* from schema 1.6 on */
	uint64_t first_index; /* no record has a smaller one (--first-index) */
	bool has_gaps;        /* indexes may be far apart: the list was part of another one (--input-format chunk) */
};

/* The first option called @name; NULL: it was not given. */
static inline const struct record_option *record_header_option(const struct record_header *header, struct span name)
{
	for (size_t i = 0; i < header->option_count; i++)
		if (span_equal(header->option[i].name, name))
			return &header->option[i];
	return NULL;
}

/* On disk: append only. */
enum record_completion { COMPLETION_COMPLETE = 0, COMPLETION_ABORTED = 1, COMPLETION_COUNT };

struct record_trailer {
	enum record_completion completion;
	int64_t end_ms;
	uint64_t domains;                       /* domain records in the file */
	uint64_t unknown, blocklisted, illegal; /* of those */
	/* of every run that added to the file; 0 where one was killed before it could say */
	uint64_t queries; /* DNS packets sent */
	uint64_t fetches; /* policy fetches begun */
	/* from schema 1.3 on */
	uint64_t hosts;         /* host records in the file */
	uint64_t hosts_unknown; /* of those, such as could not be found out about */
	uint64_t probes;        /* connections to MX hosts begun; as queries */
	/* from schema 1.5 on */
	bool has_direct; /* a scan with --direct, which counts: */
	struct direct_counts direct;
};

/* A growing run of whole records: one frame's content before compression. */
struct record_buffer;

struct record_buffer *record_buffer_new(void); /* NULL: no memory */
void record_buffer_free(struct record_buffer *buffer);
void record_buffer_reset(struct record_buffer *buffer);
struct span record_buffer_content(const struct record_buffer *buffer); /* valid until the next change */

struct kept; /* output/scan_file/kept.h */

/* From now on certificates are written whole only where @kept, which is shared by all buffers of a file and lives as
 * long as they, has them not yet. Without it, where their frame has not. */
void record_buffer_keep(struct record_buffer *buffer, struct kept *kept);

/* Append; 0, or -1 for no memory, in which case the buffer is as before. Facts over the limits of
 * parsers/observation.h are dropped and counted as omitted. What is read back equals what was written, but
 * for policy.address_used: -1 wherever it names no address. Certificates with one sha256 are one certificate.
 */
__attribute__((warn_unused_result)) int record_put_header(struct record_buffer *buffer,
							  const struct record_header *header);
__attribute__((warn_unused_result)) int record_put_domain(struct record_buffer *buffer,
							  const struct observation *observation);
__attribute__((warn_unused_result)) int record_put_host(struct record_buffer *buffer, const struct obs_host *host);
__attribute__((warn_unused_result)) int record_put_vantage(struct record_buffer *buffer,
							   const struct obs_vantage *vantage);
__attribute__((warn_unused_result)) int record_put_trailer(struct record_buffer *buffer,
							   const struct record_trailer *trailer);

/* Of msgpack-c, as it runs. */
const char *record_library_version(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/drift_row.h - what is kept of a domain of one scan, to be laid beside the same domain of another: a
 * few words of judgement of every domain, and more of one that has a record. Pure.
 *
 * As octets (spill.h) a row is struct drift_head, and behind it, where there is more, the facts. Rows are this
 * machine's and this run's: the hash that stands for the name is keyed.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_DRIFT_ROW_H
#define STSURVEY_ANALYSIS_DRIFT_DRIFT_ROW_H

#include "analysis/classify/classify.h"
#include "parsers/siphash.h"

/* transitions.csv, in this order. */
enum drift_kind { DRIFT_STATUS, DRIFT_STS, DRIFT_TLSRPT, DRIFT_COMPONENT, DRIFT_MODE, DRIFT_VERDICT, DRIFT_KINDS };

enum {
	DRIFT_ABSENT = 0,  /* the word of a scan that does not hold the domain */
	DRIFT_WORDS = 16,  /* words of a kind, at most */
	DRIFT_SCANS = 512, /* ten years of weeks */
	/* Limits of the facts; what is beyond them is not known. */
	DRIFT_PATTERNS = 256,         /* of a policy; as CLASSIFY_PATTERNS_KIND_MAX */
	DRIFT_PATTERNS_OCTETS = 8192, /* of all of them */
	DRIFT_ROW_MAX = 48 * 1024,    /* octets: OBS_MX_MAX names, the patterns and OBS_LABEL_MAX labels */
};

/* Is part of every row. */
struct drift_head {
	uint8_t hash[SIPHASH_LONG_OCTETS]; /* of the canonical name */
	uint8_t word[DRIFT_KINDS];
	uint16_t scan; /* its number, from 0 */
	int64_t time_ms;
};

/* A policy that senders use. */
struct drift_policy {
	bool known;
	enum sts_mode mode;
	uint64_t max_age;     /* seconds */
	struct span patterns; /* lower case, sorted, each once, a space between */
	bool cut;             /* there were more … */
	uint64_t all;         /* … of which this is a hash, in the order they stand in */
};

/* The first certificate that the policy host sent. */
struct drift_leaf {
	bool known;
	uint8_t sha256[32];
	int64_t not_before, not_after; /* seconds since 1970 */
	bool verified;                 /* it was taken … */
	bool expired;                  /* … or would have been but for its end */
};

/* A domain with its facts. Spans point into the row. */
struct drift_domain {
	struct drift_head head;
	bool detailed; /* there is more than the head; else the rest is as zero */
	struct span name;
	struct span id; /* of a valid STS record; else p NULL */
	struct drift_policy policy;
	bool mx_known;         /* all of them */
	struct span mx;        /* names, sorted, a space between; "." is the root */
	struct span of_record; /* the provider that _mta-sts is an alias into; empty: none */
	struct span of_policy; /* likewise mta-sts */
	struct drift_leaf leaf;
	struct span labels; /* name and value in turn, each with a NUL behind it */
};

/* A scan whose domains become rows. */
struct drift_rows {
	uint8_t key[SIPHASH_KEY_OCTETS]; /* of the run */
	uint16_t scan;
	bool all; /* the name of every domain is kept, and not only where there is a record */
};

/* The row of a domain, in @row: its octets. */
size_t drift_row_make(const struct drift_rows *rows, const struct observation *observation,
		      const struct classification *result, char row[static DRIFT_ROW_MAX]);

/* A row that drift_row_make has made. */
void drift_row_read(struct span row, struct drift_domain *domain);

/* Partition and table by it. */
static inline uint64_t drift_hash(const struct drift_head *head)
{
	uint64_t hash;

	memcpy(&hash, head->hash, sizeof(hash));
	return hash;
}

const char *drift_kind_name(enum drift_kind kind);

/* As the tables have it; @word is one that a head of that kind has. */
const char *drift_word(enum drift_kind kind, unsigned word);

/* The words for what is known. */
static inline bool drift_has_record(const struct drift_head *head, enum drift_kind kind)
{
	return head->word[kind] >= 1 + RECORD_VALID && head->word[kind] <= 1 + RECORD_MULTIPLE;
}

static inline enum component drift_component(const struct drift_head *head)
{
	return (enum component)(head->word[DRIFT_COMPONENT] - 1);
}

static inline const char *drift_word_of(const struct drift_head *head, enum drift_kind kind)
{
	return drift_word(kind, head->word[kind]);
}

/* The next of words with a space between; *@rest begins with all of them. False: there is none left. */
bool drift_next_word(struct span *rest, struct span *word);

/* The value of the label @name, or an empty one. */
struct span drift_label(const struct drift_domain *domain, struct span name);

#endif

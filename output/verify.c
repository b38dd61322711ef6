#include "output/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/reader.h"

enum {
	SEEN_FIRST = 64 * 1024 * 1024, /* indexes, 8 MiB of bitmap */
	SEEN_SPREAD = 4,               /* indexes are at most this many times records and shards apart: a file of a few
					* octets must not claim memory for what it does not hold */
	OCTET = 8,
};

/* Which indexes were met: a bit each, growing. */
struct seen {
	uint8_t *bits;
	uint64_t size; /* bits */
};

struct verification {
	uint64_t records, duplicates;
	uint64_t duplicate; /* the first */
	uint64_t shards;
	bool unchecked;   /* an index too far out for the bitmap, or no memory */
	char schema[256]; /* and what wrote it, cut */
};

/* Was @index met before? It is noted. */
static bool note_index(struct seen *seen, uint64_t index, struct verification *v)
{
	uint8_t bit = (uint8_t)(1u << (index % OCTET));
	bool before;

	if (index >= seen->size) {
		uint64_t size = 2 * index + SEEN_FIRST;
		uint8_t *bits = NULL;

		if (index <= SEEN_FIRST || index / v->shards / SEEN_SPREAD <= v->records)
			bits = realloc(seen->bits, size / OCTET);
		if (!bits) {
			v->unchecked = true;
			return false;
		}
		memset(bits + seen->size / OCTET, 0, (size - seen->size) / OCTET);
		seen->bits = bits;
		seen->size = size / OCTET * OCTET;
	}
	before = seen->bits[index / OCTET] & bit;
	seen->bits[index / OCTET] |= bit;
	return before;
}

/* Read everything. 0, or -1 with @error. */
static int read_records(struct reader *reader, struct verification *v, struct error *error)
{
	const struct record_header *header = reader_header(reader);
	struct seen seen = { 0 };
	struct observation observation;
	int result;

	snprintf(v->schema, sizeof(v->schema), "schema %u.%u, %.*s", header->major, header->minor, (int)header->tool.n,
		 header->tool.p);
	v->shards = header->shards > 0 ? header->shards : 1;
	while ((result = reader_next(reader, &observation, error)) > 0) {
		if (note_index(&seen, observation.index, v) && v->duplicates++ == 0)
			v->duplicate = observation.index;
		v->records++;
	}
	free(seen.bits);
	return result;
}

/* How the file is, in words: 0, it is whole; -1, it is not. */
static int describe(const struct reader_end *end, const struct verification *v, struct error *words)
{
	if (v->duplicates > 0)
		return error_set(words, "%" PRIu64 " indexes occur more than once, first %" PRIu64, v->duplicates,
				 v->duplicate);
	if (v->unchecked)
		return error_set(words, "an index is out of all proportion; no scan writes such");
	if (end->torn)
		return error_set(words,
				 "torn: octets behind the last whole frame, at octet %lld; scan --resume goes on "
				 "from there",
				 end->whole);
	if (!end->trailer)
		return error_set(words, "no trailer: still being written, or killed; scan --resume goes on with it");
	if (end->trailer->domains != v->records)
		return error_set(words, "its trailer counts %" PRIu64 " records", end->trailer->domains);
	error_set(words,
		  end->trailer->completion == COMPLETION_COMPLETE
			  ? "complete"
			  : "interrupted: the scan was stopped, the file is whole; scan --resume goes on with it");
	return 0;
}

int verify_scan(struct text *out, const char *path, struct error *error)
{
	struct verification v = { 0 };
	struct error words;
	struct reader *reader;
	int result = -1;

	if (reader_open(&reader, path, error) == 0 && read_records(reader, &v, error) == 0) {
		result = describe(reader_end(reader), &v, &words) == 0;
		text_printf(out, "%s: %s; %" PRIu64 " records in %llu frames; %s\n", path, words.text, v.records,
			    reader_end(reader)->frames, v.schema);
	}
	reader_close(reader);
	return result;
}

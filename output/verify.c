#include "output/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "output/bit_set.h"
#include "output/reader.h"

enum {
	FREE_INDEX = 64 * 1024 * 1024, /* up to here a bitmap of 8 MiB is nobody's harm */
	SPREAD = 4, /* beyond, indexes are at most this many times records and shards apart: a file of a few octets must
		     * not claim memory for what it does not hold */
};

struct verification {
	uint64_t records, duplicates;
	uint64_t duplicate; /* the first */
	uint64_t shards;
	bool unchecked;   /* an index too far out for the bitmap, or no memory */
	char schema[256]; /* and what wrote it, cut */
};

/* Was @index met before? It is noted. */
static bool note_index(struct bit_set *seen, uint64_t index, struct verification *v)
{
	bool plausible = index <= FREE_INDEX || index / v->shards / SPREAD <= v->records;
	int had = plausible ? bit_set_add(seen, index) : -1;

	v->unchecked |= had < 0;
	return had > 0;
}

/* Read everything. 0, or -1 with @error. */
static int read_records(struct reader *reader, struct verification *v, struct error *error)
{
	const struct record_header *header = reader_header(reader);
	struct bit_set seen = { 0 };
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
	bit_set_free(&seen);
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

#include "output/verify.h"

#include <inttypes.h>
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
	bool unchecked; /* an index too far out for the bitmap, or no memory */
};

/* Was @index met before? It is noted. */
static bool meet(struct seen *seen, uint64_t index, struct verification *v)
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
static int read_all(struct reader *reader, struct verification *v, struct error *error)
{
	struct seen seen = { 0 };
	struct observation observation;
	int result;

	v->shards = reader_header(reader)->shards > 0 ? reader_header(reader)->shards : 1;
	while ((result = reader_next(reader, &observation, error)) > 0) {
		if (meet(&seen, observation.index, v) && v->duplicates++ == 0)
			v->duplicate = observation.index;
		v->records++;
	}
	free(seen.bits);
	return result;
}

/* What keeps the file from being whole: 0, nothing does; or -1 with what in @error. */
static int find_defect(const struct reader *reader, const struct verification *v, struct error *error)
{
	const struct record_trailer *trailer = reader_trailer(reader);

	if (v->duplicates > 0)
		return error_set(error, "%" PRIu64 " indexes occur more than once, first %" PRIu64, v->duplicates,
				 v->duplicate);
	if (v->unchecked)
		return error_set(error, "an index is out of all proportion; no scan writes such");
	if (reader_torn(reader))
		return error_set(error,
				 "torn: octets behind the last whole frame, at octet %lld; scan --resume goes on "
				 "from there",
				 reader_whole(reader));
	if (!trailer)
		return error_set(error, "no trailer: still being written, or killed; scan --resume goes on with it");
	if (trailer->domains != v->records)
		return error_set(error, "its trailer counts %" PRIu64 " records", trailer->domains);
	return 0;
}

/* How the scan behind a whole file came to its end. */
static const char *ended(const struct reader *reader)
{
	return reader_trailer(reader)->completion == COMPLETION_COMPLETE
		       ? "complete"
		       : "interrupted: the scan was stopped, the file is whole; scan --resume goes on with it";
}

int verify_scan(struct text *out, const char *path, struct error *error)
{
	struct error defect;
	struct verification v = { 0 };
	const struct record_header *header;
	struct reader *reader;
	int result = -1;

	if (reader_open(&reader, path, error) == 0 && read_all(reader, &v, error) == 0) {
		header = reader_header(reader);
		result = find_defect(reader, &v, &defect) == 0;
		text_printf(out, "%s: %s; %" PRIu64 " records in %llu frames; schema %u.%u, ", path,
			    result > 0 ? ended(reader) : defect.text, v.records, reader_frames(reader), header->major,
			    header->minor);
		text_put(out, header->tool);
		text_char(out, '\n');
	}
	reader_close(reader);
	return result;
}

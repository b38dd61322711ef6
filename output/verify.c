#include "output/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "output/bit_set.h"
#include "output/reader.h"

struct verification {
	uint64_t records, duplicates;
	uint64_t duplicate; /* the first */
	bool unchecked;     /* an index too far out for the bitmap, or no memory */
	char schema[256];   /* and what wrote it, cut */
};

/* Read everything. 0, or -1 with @error. */
static int read_records(struct reader *reader, struct verification *v, struct error *error)
{
	const struct record_header *header = reader_header(reader);
	struct bit_set seen = { .shards = header->shards };
	struct observation observation;
	int result;

	snprintf(v->schema, sizeof(v->schema), "schema %u.%u, %.*s", header->major, header->minor, (int)header->tool.n,
		 header->tool.p);
	while ((result = reader_next(reader, &observation, error)) > 0) {
		int had = bit_set_add(&seen, observation.index);

		v->unchecked |= had < 0;
		if (had > 0 && v->duplicates++ == 0)
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

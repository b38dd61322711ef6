/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a list: the first octet says how many columns are kept and the piece size, the rest is the file. What is
 * read does not depend on how it was cut into pieces, and written again it is read as the same. */
#include <stdlib.h>

#include "parsers/domain.h"
#include "parsers/hash.h"
#include "scanner/feed/feed_chunk.h"
#include "tests/fuzz/feed_pieces.h"

static const struct span labels[] = { SPAN_LITERAL("a"), SPAN_LITERAL("b,\"") };

struct heard {
	uint64_t entries, hash, next;
	bool has_servers;
	struct text rows; /* what was read, as a chunk */
};

static int on_entry(void *arg, const struct feed_entry *entry)
{
	struct heard *heard = arg;
	struct feed_target target = {
		.index = heard->next + entry->gap, .rank = entry->rank, .name = entry->text, .extra = entry->extra
	};

	FUZZ_CHECK(entry->text.n <= CHUNK_ROW_MAX && entry->extra.n <= EXTRA_MAX);
	FUZZ_CHECK(entry->illegal == (entry->text.n > DOMAIN_NAME_MAX));
	FUZZ_CHECK(target.index >= heard->next && target.index <= FEED_INDEX_MAX);
	if (target.name.n > OBS_LINE_MAX) /* as the feed does */
		target.name.n = OBS_LINE_MAX;
	heard->next = target.index + 1;
	heard->entries++;
	heard->hash = hash_octets(hash_octet(heard->hash, target.index), target.name.p, target.name.n);
	heard->hash = hash_octets(hash_octet(heard->hash, entry->rank), entry->extra.p, entry->extra.n);
	heard->has_servers = extra_is(entry->extra, EXTRA_SERVERS);
	feed_chunk_put(&heard->rows, target.index, &target);
	return 0;
}

/* 0, or -1: it is no chunk. */
static int read_in_pieces(struct heard *heard, unsigned count, struct span rest, size_t piece)
{
	struct error error = { "" };
	struct feed_reader *reader = feed_reader_new(FEED_FORMAT_CHUNK, NULL, on_entry, heard, &error);
	int result;

	FUZZ_CHECK(reader);
	feed_reader_keep_labels(reader, labels, count);
	*heard = (struct heard){ .hash = HASH_NOTHING };
	text_open_memory(&heard->rows);
	result = feed_pieces_push(reader, rest, piece);
	if (result == 0)
		result = feed_reader_end(reader, true);
	FUZZ_CHECK((result == 0) == (error.text[0] == '\0'));
	free(reader);
	return result;
}

static void check_again(const struct heard *heard, unsigned count)
{
	struct heard again;
	struct text chunk;

	text_open_memory(&chunk);
	feed_chunk_put_header(&chunk, labels, count, heard->has_servers);
	text_put(&chunk, (struct span){ heard->rows.data, heard->rows.used });
	FUZZ_CHECK(read_in_pieces(&again, count, (struct span){ chunk.data, chunk.used }, chunk.used) == 0);
	FUZZ_CHECK(again.entries == heard->entries && again.hash == heard->hash);
	text_free(&again.rows);
	text_free(&chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = { (const char *)data + 1, size - 1 };
	struct heard whole, pieces;
	unsigned count;

	if (size == 0)
		return 0;
	count = data[0] % (COUNT_OF(labels) + 1);
	(void)read_in_pieces(&whole, count, file, size);
	(void)read_in_pieces(&pieces, count, file, (size_t)(data[0] >> 2) + 1);
	FUZZ_CHECK(whole.entries == pieces.entries && whole.hash == pieces.hash);
	check_again(&whole, count);
	text_free(&whole.rows);
	text_free(&pieces.rows);
	return 0;
}

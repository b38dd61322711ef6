/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists, rankings and zone files: the first octet picks format, origin and piece size, the rest is the file. What is
 * read does not depend on how it was cut into pieces, and what becomes a name is one. */
#include <stdlib.h>

#include "parsers/hash.h"
#include "scanner/feed/feed_format.h"
#include "scanner/rules/idna.h"
#include "tests/fuzz/feed_pieces.h"

struct heard {
	uint64_t entries, hash;
};

static void check_name(struct span text)
{
	char name[DOMAIN_NAME_MAX], again[DOMAIN_NAME_MAX];
	size_t n, m;

	if (!idna_name(text, name, &n))
		return;
	FUZZ_CHECK(domain_is_name((struct span){ name, n }));
	FUZZ_CHECK(idna_name((struct span){ name, n }, again, &m));
	FUZZ_CHECK(m == n && memcmp(name, again, n) == 0);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(name[i] == ascii_lower(name[i]));
}

static int on_entry(void *arg, const struct feed_entry *entry)
{
	struct heard *heard = arg;

	FUZZ_CHECK(entry->text.n <= FEED_LINE_MAX && (entry->text.n == 0 || entry->text.p));
	heard->entries++;
	heard->hash = hash_octets(heard->hash, entry->text.p, entry->text.n);
	heard->hash = hash_octets(heard->hash, &entry->rank, sizeof(entry->rank)) ^ entry->illegal;
	if (!entry->illegal)
		check_name(entry->text);
	return 0;
}

static struct heard read_in_pieces(uint8_t first, struct span rest, size_t piece)
{
	struct heard heard = { 0, HASH_NOTHING };
	struct error error = { "" };
	const enum feed_format format = (enum feed_format)(first & 3);
	const char *origin = format == FEED_FORMAT_ZONE && first & 4 ? "o.test." : NULL;
	struct feed_reader *reader = feed_reader_new(format, origin, on_entry, &heard, &error);
	int result;

	FUZZ_CHECK(reader);
	result = feed_pieces_push(reader, rest, piece);
	if (result == 0)
		result = feed_reader_end(reader, true);
	else
		FUZZ_CHECK(feed_reader_end(reader, false) == 0);
	FUZZ_CHECK((result == 0) == (error.text[0] == '\0'));
	free(reader);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole, pieces;
	size_t piece;

	if (size == 0)
		return 0;
	piece = (size_t)(data[0] >> 2) + 1;
	whole = read_in_pieces(data[0], (struct span){ (const char *)data + 1, size - 1 }, size);
	pieces = read_in_pieces(data[0], (struct span){ (const char *)data + 1, size - 1 }, piece);
	FUZZ_CHECK(whole.entries == pieces.entries && whole.hash == pieces.hash);
	return 0;
}

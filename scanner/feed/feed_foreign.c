/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_foreign.h"

#include "parsers/utf8.h"
#include "scanner/rules/address.h"

#define OCTETS(text)                                                                                                   \
	{                                                                                                              \
		(text), sizeof(text) - 1                                                                               \
	}
#define COLUMNS "looks like columns of which none is a rank and no header names the domain's: "
#define PIPED " | stsurvey scan -f - ..."

struct mark {
	size_t at; /* octets in front of it */
	struct span octets;
	const char *what;
};

/* clang-format off */
/* Each has an octet that no text has, so that no domain name begins so; UTF-32 ahead of UTF-16, whose mark it holds. */
static const struct mark marks[] = {
	{ 1, OCTETS("\x00\xadstsurvey-scan"),
	  "is a scan file, not a list: stsurvey export FILE --format jsonl | jq -r .name" PIPED },
	{ 0, OCTETS("\x1f\x8b"), "is compressed twice: gzip -dc FILE" PIPED },
	{ 0, OCTETS("\x28\xb5\x2f\xfd"), "is compressed twice: zstd -dc FILE" PIPED },
	{ 0, OCTETS("\xfd""7zXZ\x00"), "is compressed with xz: xz -dc FILE" PIPED },
	{ 0, OCTETS("\x5d\x00\x00"), "is compressed with lzma: xz -dc FILE" PIPED },
	{ 4, OCTETS("1AY&SY"), "is compressed with bzip2: bzip2 -dc FILE" PIPED },
	{ 4, OCTETS("\x17\x72\x45\x38\x50\x90"), "is compressed with bzip2, and empty: fetch it again" },
	{ 0, OCTETS("\x04\x22\x4d\x18"), "is compressed with lz4: lz4 -dc FILE" PIPED },
	{ 0, OCTETS("\x1f\x9d"), "is compressed with compress: gzip -dc FILE" PIPED },
	{ 0, OCTETS("LZIP\x01"), "is compressed with lzip: lzip -dc FILE" PIPED },
	{ 0, OCTETS("7z\xbc\xaf\x27\x1c"), "is compressed with 7z: 7z x -so FILE" PIPED },
	{ 0, OCTETS("Rar!\x1a\x07"), "is compressed with rar: unrar p -inul FILE" PIPED },
	{ 0, OCTETS("PK\x03\x04"),
	  "is compressed with zip: unzip -p FILE" PIPED "; or a spreadsheet: save it as CSV" },
	{ 257, OCTETS("ustar"), "is a tar archive: tar -xOf FILE" PIPED },
	{ 0, OCTETS("\xff\xfe\x00\x00"), "is in UTF-32: iconv -f UTF-32 -t UTF-8 FILE" PIPED },
	{ 0, OCTETS("\x00\x00\xfe\xff"), "is in UTF-32: iconv -f UTF-32 -t UTF-8 FILE" PIPED },
	{ 0, OCTETS("\xff\xfe"), "is in UTF-16: iconv -f UTF-16 -t UTF-8 FILE" PIPED },
	{ 0, OCTETS("\xfe\xff"), "is in UTF-16: iconv -f UTF-16 -t UTF-8 FILE" PIPED },
	{ 0, OCTETS("\x7f""ELF"), "is a program, not a list: check --input-file" },
	{ 0, OCTETS("PAR1\x15"), "is a Parquet file, not a list: write its column of domains as CSV" },
	{ 0, OCTETS("ARROW1\x00"), "is an Arrow file, not a list: write its column of domains as CSV" },
	{ 0, OCTETS("Obj\x01"), "is an Avro file, not a list: write its field of domains as CSV" },
	{ 0, OCTETS("SQLite format 3\x00"), "is an SQLite database, not a list: write its column of domains as CSV" },
	{ 0, OCTETS("\xd0\xcf\x11\xe0"), "is a document of an office program, not a list: save it as CSV" },
	{ 0, OCTETS("%PDF-"), "is a PDF document, not a list: check --input-file" },
	{ 0, OCTETS("\x89PNG"), "is a picture, not a list: check --input-file" },
	{ 0, OCTETS("\xff\xd8\xff"), "is a picture, not a list: check --input-file" },
};
/* clang-format on */

/* Letters that are each wide octets with NULs around them, without a byte order mark. */
static const char *wide_text(struct span head)
{
	bool nul[8] = { false };

	if (head.n < COUNT_OF(nul))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(nul); i++)
		nul[i] = head.p[i] == '\0';
	for (unsigned last = 0; last < 2; last++)
		if (nul[last] && nul[last + 2] && nul[last + 4] && nul[last + 6] && !nul[1 - last] && !nul[3 - last] &&
		    !nul[5 - last] && !nul[7 - last])
			return last ? "is in UTF-16: iconv -f UTF-16LE -t UTF-8 FILE" PIPED
				    : "is in UTF-16: iconv -f UTF-16BE -t UTF-8 FILE" PIPED;
	if (!nul[0] && nul[1] && nul[2] && nul[3] && !nul[4] && nul[5] && nul[6] && nul[7])
		return "is in UTF-32: iconv -f UTF-32LE -t UTF-8 FILE" PIPED;
	if (nul[0] && nul[1] && nul[2] && !nul[3] && nul[4] && nul[5] && nul[6] && !nul[7])
		return "is in UTF-32: iconv -f UTF-32BE -t UTF-8 FILE" PIPED;
	return NULL;
}

const char *feed_foreign_file(struct span head)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (head.n >= marks[i].at && span_starts_with(span_skip(head, marks[i].at), marks[i].octets))
			return marks[i].what;
	return wide_text(head);
}

bool feed_foreign_is_markup(struct span line)
{
	return line.n > 1 && line.p[0] == '<' && (ascii_is_alnum(line.p[1]) || line.p[1] == '!' || line.p[1] == '?');
}

bool feed_foreign_is_binary(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' && !ascii_is_space(line.p[i]))
			return true;
	return false;
}

static bool has(struct span line, const char *text)
{
	return memmem(line.p, line.n, text, strlen(text));
}

static struct span first_word(struct span line)
{
	size_t n = 0;

	while (n < line.n && !ascii_is_space(line.p[n]))
		n++;
	return (struct span){ line.p, n };
}

const char *feed_foreign_line(struct span line)
{
	struct span word = first_word(line);
	struct obs_address address;
	uint64_t preference;
	bool several = word.n < line.n;

	if (feed_foreign_is_binary(line))
		return "is no text: check --input-file";
	if (!utf8_is_valid(line))
		return "is not UTF-8: iconv -f ISO-8859-1 -t UTF-8 FILE" PIPED;
	if (line.p[0] == '{' || (line.p[0] == '[' && (line.n == 1 || strchr("{[\" ", line.p[1]))))
		return "looks like JSON: give the names alone, e.g. jq -r .name FILE" PIPED;
	if (line.p[0] == '<')
		return "looks like HTML or XML, perhaps an error page in the list's place: fetch the list again";
	if (span_starts_with(line, SPAN_LITERAL("-----BEGIN")))
		return "looks like a certificate, key or message in PEM: check --input-file";
	if (line.p[0] == ';')
		return "looks like the output of dig, or a zone file without records: fetch the zone again";
	if (has(line, "://"))
		return "looks like URLs: give the host names alone, e.g. cut -d/ -f3 FILE" PIPED;
	if (span_starts_with(line, SPAN_LITERAL("||")) || span_starts_with(line, SPAN_LITERAL("[Adblock")) ||
	    line.p[0] == '!')
		return "looks like a filter list for browsers: give the names alone";
	if (address_parse(word, &address) && several)
		return "looks like a hosts file: awk '{ print $2 }' FILE" PIPED;
	if (address_parse(word, &address))
		return "looks like IP addresses: domain names are expected";
	if (has(line, "\t"))
		return COLUMNS "cut -f1 FILE" PIPED;
	if (has(line, ","))
		return COLUMNS "cut -d, -f1 FILE" PIPED;
	if (has(line, ";"))
		return COLUMNS "cut -d';' -f1 FILE" PIPED;
	if (span_starts_with(line, SPAN_LITERAL("*.")) || line.p[0] == '.')
		return "has a wildcard or an empty label: sed 's/^[*]*[.]//' FILE" PIPED;
	if (has(line, "@"))
		return "looks like mail addresses: cut -d@ -f2 FILE" PIPED;
	if (!several && has(line, "/"))
		return "looks like URLs: give the host names alone, e.g. cut -d/ -f1 FILE" PIPED;
	if (!several && has(line, ":"))
		return "looks like names with ports: cut -d: -f1 FILE" PIPED;
	if (several && span_decimal(word, UINT16_MAX, &preference))
		return "looks like MX records without their owners: awk '{ print $2 }' FILE" PIPED;
	if (several)
		return "has several words: one name a line is expected, e.g. awk '{ print $1 }' FILE" PIPED;
	return "is none: one name a line, rank,domain CSV or a zone file is expected, in UTF-8";
}

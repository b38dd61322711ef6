#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"
#include "scanner/feed/feed.h"
#include "scanner/feed/feed_format.h"
#include "tests/scanner/feed/feed_rig.h"

static void expect(const char *what, const char *input, size_t n, enum feed_format format, const char *expected)
{
	struct feed_rig_output output = feed_rig_drain_octets(input, n, (struct feed_options){ .format = format });

	if (output.result != FEED_END)
		fail_msg("%s: %s", what, output.error.text);
	if (strcmp(output.text, expected) != 0)
		fail_msg("%s: got\n%s", what, output.text);
	free(output.text);
}

struct format_case {
	const char *what, *input, *expected;
};

static void expect_all(const struct format_case *cases, size_t count, enum feed_format format)
{
	for (size_t i = 0; i < count; i++)
		expect(cases[i].what, cases[i].input, strlen(cases[i].input), format, cases[i].expected);
}

static void lists_give_one_target_a_line(void **state)
{
	static const struct format_case cases[] = {
		{ "plain", "a.test\nb.test\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "no last LF", "a.test\nb.test", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "CRLF", "a.test\r\n\r\nb.test\r\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "white space", " \t a.test  \t\n\v\n  \n", "0 0 0 a.test\n" },
		{ "case and trailing dot", "WWW.Example.COM.\n", "0 0 0 www.example.com\n" },
		{ "byte order mark",
		  "\xef\xbb\xbf"
		  "a.test\n\xef\xbb\xbf"
		  "b.test\n",
		  "0 0 0 a.test\n1 0 0 b.test\n" }, /* within, UTS 46 ignores it */
		{ "comments have no index", "# one\na.test\n  # two\n\nb.test\n", "0 0 0 a.test\n1 0 0 b.test\n" },
		{ "duplicates stay", "a.test\na.test\n", "0 0 0 a.test\n1 0 0 a.test\n" },
		{ "underscores, single labels", "_dmarc.a.test\nlocalhost\nxn--p1ai\n",
		  "0 0 0 _dmarc.a.test\n1 0 0 localhost\n2 0 0 xn--p1ai\n" },
		{ "U-labels",
		  "B\xc3\x9c"
		  "CHER.example\nfa\xc3\x9f."
		  "de\n\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\n",
		  "0 0 0 xn--bcher-kva.example\n1 0 0 xn--fa-hia.de\n2 0 0 xn--r8jz45g.xn--zckzah\n" },
		{ "no names", "1.2.3.4\n::1\na b\na..b\n-a.test\na.test/\nhttp://a.test\n.\n*.a.test\na,b\nx@a.test\n",
		  "0 0 1 1.2.3.4\n1 0 1 ::1\n2 0 1 a b\n3 0 1 a..b\n4 0 1 -a.test\n5 0 1 a.test/\n6 0 1 "
		  "http://a.test\n7 0 1 .\n"
		  "8 0 1 *.a.test\n9 0 1 a,b\n10 0 1 x@a.test\n" },
		{ "invalid UTF-8", "b\xc3.test\n\xff\xfe.test\n", "0 0 1 b\xc3.test\n1 0 1 \xff\xfe.test\n" },
		{ "empty", "", "" },
		{ "nothing but comments", "# a\n\n# b", "" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_LIST);
	expect("NUL", "a\0b.test\nc.test\n", 16, FEED_FORMAT_AUTO,
	       "0 0 1 a\n1 0 0 c.test\n"); /* printf ends it at the NUL */
}

static void rankings_carry_their_rank(void **state)
{
	static const struct format_case cases[] = {
		{ "Tranco", "1,a.test\r\n2,b.test\r\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "header", "rank,domain\n7,a.test\n", "0 7 0 a.test\n" },
		{ "many columns", "GlobalRank,TldRank,Domain,TLD\n1,1,google.com,com\n2,2,\"b.test\",com\n",
		  "0 1 0 google.com\n1 2 0 b.test\n" },
		{ "domain first", "a.test,5\nb.test,6\n", "0 5 0 a.test\n1 6 0 b.test\n" },
		{ "domain first, header", "domain,rank\na.test,5\n", "0 5 0 a.test\n" },
		{ "quoted", "\"1\",\"a.test\"\n\"2\",\"B.test.\"\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "bad name", "1,a.test\n2,b c\n3,\n4,c.test\n", "0 1 0 a.test\n1 2 1 b c\n2 3 1 \n3 4 0 c.test\n" },
		{ "bad row", "1,a.test\nx,y\nb.test\n2,c.test\n",
		  "0 1 0 a.test\n1 0 1 x,y\n2 0 0 b.test\n3 2 0 c.test\n" },
		{ "rubbish first", "oops,\n1,a.test\n2,b.test\n", "0 0 1 oops,\n1 1 0 a.test\n2 2 0 b.test\n" },
		{ "open quote", "1,a.test\n2,\"b.test\n", "0 1 0 a.test\n1 2 0 b.test\n" },
		{ "comment", "# made today\n\n1,a.test\n", "0 1 0 a.test\n" },
		{ "U-label",
		  "1,b\xc3\xbc"
		  "cher.example\n",
		  "0 1 0 xn--bcher-kva.example\n" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_CSV);
}

static void zones_give_their_delegations(void **state)
{
	static const struct format_case cases[] = {
		{ "registry",
		  "com.\t900\tin\tsoa\ta.gtld. nstld. 1 2 3 4 5\ncom. 172800 in ns "
		  "a.gtld.\na.com.\t172800\tin\tns\tns1.a.com.\n"
		  "a.com. 172800 in ns ns2.a.com.\na.com. 86400 in ds 1 8 2 ABCD\nns1.a.com. 172800 in a "
		  "192.0.2.1\n"
		  "B.com. 172800 in ns ns1.a.com.\na.com. 1 in rrsig NS 8 2 1 1 1 1 com. sig\n",
		  "0 0 0 a.com\n1 0 0 b.com\n" },
		{ "origin",
		  "$TTL 1h\n$ORIGIN example.\n@ IN SOA ns hostmaster (\n\t1 ; serial\n\t2h 3 4\n\t5 )\n\tNS "
		  "ns\na NS ns.a\n"
		  "\tNS ns.b\nns.a A 192.0.2.1\n$ORIGIN sub\n@ NS ns.c\nx 1h IN NS y\nz IN 1h NS y\n",
		  "0 0 0 a.example\n1 0 0 sub.example\n2 0 0 x.sub.example\n3 0 0 z.sub.example\n" },
		{ "comments and quotes",
		  "; zone\n$ORIGIN t.\n@ SOA a b 1 2 3 4 5 ; NS\na TXT \"; ( \\\" \" ; b NS c\nb NS \\( ; "
		  "x\nc NS y\n"
		  "d TXT \"unclosed ( \ne NS y\n",
		  "0 0 0 b.t\n1 0 0 c.t\n2 0 0 e.t\n" },
		{ "CRLF", "$ORIGIN t.\r\n@ 1 IN SOA a b 1 2 3 4 5\r\na 1 IN NS b\r\n\r\nc 1 IN NS b\r\n",
		  "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "parentheses early", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\na ( IN\n NS\n b )\nc NS d",
		  "0 0 0 a.t\n1 0 0 c.t\n" },
		{ "a record over lines", "$ORIGIN t.\na TXT ( x\nb NS c\n)\nd NS c\n", "0 0 0 d.t\n" },
		{ "omitted after origin", "$ORIGIN t.\na IN DS 1 1 1 AB\n$ORIGIN u.\n IN NS x\n", "0 0 0 a.t\n" },
		{ "illegal owners", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\n* NS a\na\\.b NS c\n",
		  "0 0 1 *.t\n1 0 1 a\\.b.t\n" },
		{ "names like types", "$ORIGIN t.\n@ SOA a b 1 2 3 4 5\nns NS a\nin NS b\n3600 NS c\n",
		  "0 0 0 ns.t\n1 0 0 in.t\n2 0 0 3600.t\n" },
		{ "dig",
		  "; <<>> DiG 9.18 <<>> axfr t.\n;; global options: +cmd\nt. 1 IN SOA a. b. 1 2 3 4 5\na.t. "
		  "1 IN NS b.t.\n"
		  ";; Query time: 0 msec\n",
		  "0 0 0 a.t\n" },
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_AUTO);
	expect_all(cases, COUNT_OF(cases), FEED_FORMAT_ZONE);
}

static void included_zones_are_an_error(void **state)
{
	static const char zone[] = "$ORIGIN t.\na NS b\n$INCLUDE other.zone\nc NS d\n";
	struct feed_rig_output output = feed_rig_drain_octets(zone, sizeof(zone) - 1, (struct feed_options){ 0 });

	(void)state;
	assert_int_equal(output.result, FEED_FAILED);
	assert_string_equal(output.text, "0 0 0 a.t\n");
	assert_non_null(strstr(output.error.text, ": line 3: $INCLUDE is not followed"));
	free(output.text);
}

/* Octet by octet or at once: the same entries. */
struct heard {
	char text[8192];
	size_t n;
};

static int hear(void *arg, const struct feed_entry *entry)
{
	struct heard *heard = arg;

	heard->n += (size_t)snprintf(heard->text + heard->n, sizeof(heard->text) - heard->n, "%llu %d %.*s\n",
				     (unsigned long long)entry->rank, entry->illegal,
				     (int)(entry->text.n < 100 ? entry->text.n : 100), entry->text.p);
	return 0;
}

static void pieces_do_not_change_what_is_read(void **state)
{
	static const char *const inputs[] = {
		"\xef\xbb\xbf# x\na.test\n\r\n b.test \r\nc.test",
		"\xef\xbb\xbfrank,domain\n1,a.test\n2,\"b.test\"\n\n3,c.test\n4,d.test\n5,e\n6,f\n7,g\n8,"
		"h\n9,i",
		"$ORIGIN t.\n@ SOA a b (1 ; x\n 2)\na NS b\n NS c\nd TXT \"a ; ( \\\" b\" x\ne 1 IN NS f ; "
		"g\nh NS \"i\nj NS k",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct heard whole = { .n = 0 };

		for (size_t piece = 1; piece <= 64; piece++) {
			struct heard heard = { .n = 0 };
			struct error error;
			struct feed_reader *reader = feed_reader_new(FEED_FORMAT_AUTO, hear,
								     piece == 1 ? &whole : &heard, &error);
			struct span rest = span_of(inputs[i]);

			while (rest.n > 0) {
				size_t n = piece < rest.n ? piece : rest.n;

				assert_int_equal(feed_reader_push(reader, rest.p, n), 0);
				rest = span_skip(rest, n);
			}
			assert_int_equal(feed_reader_end(reader, true), 0);
			free(reader);
			if (piece > 1)
				assert_string_equal(heard.text, whole.text);
		}
		assert_true(whole.n > 0);
	}
}

static void a_line_of_a_megabyte_is_one_entry(void **state)
{
	static char input[1 << 20];
	struct feed_rig_output output;

	(void)state;
	memset(input, 'a', sizeof(input));
	memcpy(input, "x.test\n", 7);
	memcpy(input + sizeof(input) - 8, "\ny.test\n", 8);
	output = feed_rig_drain_octets(input, sizeof(input), (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_int_equal(output.targets, 3);
	assert_memory_equal(output.text, "0 0 0 x.test\n1 0 1 aaaa", 23);
	assert_int_equal(output.size, strlen("0 0 0 x.test\n1 0 1 \n2 0 0 y.test\n") + OBS_LINE_MAX);
	free(output.text);
}

static void compressed_lists_are_found_by_looking(void **state)
{
	size_t n, half, packed;
	char *list = feed_rig_big_list(&n);
	unsigned char *out = malloc(FEED_RIG_BIG);
	struct feed_rig_output plain = feed_rig_drain_octets(list, n, (struct feed_options){ 0 }), output;

	(void)state;
	assert_int_equal(plain.targets, FEED_RIG_LINES);
	half = n / 2;
	packed = feed_rig_gzip(list, half, out, FEED_RIG_BIG); /* two members, the break inside a line, and padding */
	packed += feed_rig_gzip(list + half, n - half, out + packed, FEED_RIG_BIG - packed);
	memset(out + packed, 0, 100);
	output = feed_rig_drain_octets(out, packed + 100, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, plain.text);
	free(output.text);
	packed = ZSTD_compress(out, FEED_RIG_BIG, list, half, 1);
	packed += ZSTD_compress(out + packed, FEED_RIG_BIG - packed, list + half, n - half, 1);
	output = feed_rig_drain_octets(out, packed, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, plain.text);
	free(output.text);
	free(plain.text);
	free(out);
	free(list);
}

static void broken_compression_hands_out_what_was_readable(void **state)
{
	size_t n, packed;
	char *list = feed_rig_big_list(&n), *last;
	unsigned char *out = malloc(FEED_RIG_BIG);
	struct feed_rig_output output;
	char expected[64];

	(void)state;
	packed = feed_rig_gzip(list, n, out, FEED_RIG_BIG);
	output = feed_rig_drain_octets(out, packed / 2, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	snprintf(expected, sizeof(expected), ": truncated gzip stream at octet %zu: fetch", packed / 2);
	assert_non_null(strstr(output.error.text, expected));
	assert_true(output.targets > FEED_RIG_LINES / 3 && output.targets < FEED_RIG_LINES);
	output.text[output.size - 1] = '\0';
	last = strrchr(output.text, '\n') + 1; /* no half name: d12.test of d12345.test would be another domain */
	snprintf(expected, sizeof(expected), "%llu 0 0 d%llu.test", (unsigned long long)output.targets - 1,
		 (unsigned long long)output.targets - 1);
	assert_string_equal(last, expected);
	free(output.text);
	memset(out + packed / 2, 0xff, 64);
	output = feed_rig_drain_octets(out, packed, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": damaged gzip stream at octet "));
	free(output.text);
	packed = ZSTD_compress(out, FEED_RIG_BIG, list, n, 1);
	output = feed_rig_drain_octets(out, packed - 1, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": truncated zstd stream at octet "));
	free(output.text);
	output = feed_rig_drain_octets("\x1f\x8b", 2, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_int_equal(output.targets, 0);
	free(output.text);
	output = feed_rig_drain_octets("PK\3\4...........", 15, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": is compressed with zip: unzip -p FILE | "));
	free(output.text);
	output = feed_rig_drain_octets("\xff\xfe"
				       "a\0\n\0",
				       6, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": is in UTF-16: iconv -f UTF-16 "));
	free(output.text);
	free(out);
	free(list);
}

static void shards_split_the_list_by_name_alone(void **state)
{
	enum { SHARDS = 5 };
	size_t n;
	char *list = feed_rig_big_list(&n);
	uint64_t sum = 0;

	(void)state;
	for (uint32_t shard = 0; shard < SHARDS; shard++) {
		struct feed_rig_output output = feed_rig_drain_octets(
			list, n, (struct feed_options){ .shards = SHARDS, .shard = shard });
		char *first = output.text, name[32];
		struct feed_rig_output alone;

		assert_int_equal(output.result, FEED_END);
		assert_int_equal(output.entries, FEED_RIG_LINES);
		assert_in_range(output.targets, FEED_RIG_LINES / SHARDS * 9 / 10, FEED_RIG_LINES / SHARDS * 11 / 10);
		assert_int_equal(sscanf(first, "%*d %*d %*d %31s", name), 1);
		sum += output.targets;
		free(output.text);
		alone = feed_rig_drain_octets(name, strlen(name),
					      (struct feed_options){ .shards = SHARDS, .shard = shard });
		assert_int_equal(alone.targets, 1);
		free(alone.text);
	}
	assert_int_equal(sum, FEED_RIG_LINES);
	free(list);
}

/* Machines that share a list need not be of one version, and scan files say which part they hold. */
static void the_shard_of_a_name_is_what_it_was(void **state)
{
	static const struct {
		const char *name;
		uint32_t shards, shard;
	} rows[] = {
		{ "example.com", 1000000, 677593 },
		{ "example.com", 2, 1 },
		{ "example.com", 65536, 54681 },
		{ "a", 65536, 52827 },
		{ "_dmarc.xn--bcher-kva.example", 65536, 42789 },
		{ "not a name", 65536, 50088 },
		{ "a-name.which-is-longer-than-the-others-and-has-digits-0123456789.co.uk", 65536, 13389 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_rig_output output = feed_rig_drain_octets(rows[i].name, strlen(rows[i].name),
								      (struct feed_options){ .format = FEED_FORMAT_LIST,
											     .shards = rows[i].shards,
											     .shard = rows[i].shard });

		assert_int_equal(output.targets, 1);
		free(output.text);
	}
}

static void the_seed_decides_the_order(void **state)
{
	struct feed_options shuffled = { .shuffle = true, .seed = 7 }, other = { .shuffle = true, .seed = 8 };
	size_t n;
	char *list = feed_rig_big_list(&n);
	static uint8_t seen[FEED_RIG_LINES];
	struct feed_rig_output plain = feed_rig_drain_octets(list, n, (struct feed_options){ 0 }),
			       a = feed_rig_drain_octets(list, n, shuffled),
			       b = feed_rig_drain_octets(list, n, shuffled), c = feed_rig_drain_octets(list, n, other);
	unsigned long index, last = 0, ascents = 0;

	(void)state;
	assert_string_equal(a.text, b.text);
	assert_string_not_equal(a.text, c.text);
	assert_int_equal(a.size, plain.size);
	for (char *line = strtok(a.text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[32], expected[32];

		assert_int_equal(sscanf(line, "%lu 0 0 %31s", &index, name), 2);
		snprintf(expected, sizeof(expected), "d%lu.test", index);
		assert_string_equal(name, expected);
		assert_int_equal(seen[index]++, 0);
		ascents += index > last;
		last = index;
	}
	assert_in_range(ascents, FEED_RIG_LINES * 45 / 100, FEED_RIG_LINES * 55 / 100);
	free(plain.text);
	free(a.text);
	free(b.text);
	free(c.text);
	free(list);
}

static bool is_even(void *arg, uint64_t index)
{
	(void)arg;
	return index % 2 == 0;
}

static void finished_and_blocked_domains_are_told_apart(void **state)
{
	static const char list[] = "a.test\nb.test\nwww.B.test\nc.test\nb.test\nd.test\nnot a name\ne.test\n";
	struct domain_set *blocklist = domain_set_new();
	struct feed_rig_output output;

	(void)state;
	assert_int_equal(domain_set_add(blocklist, SPAN_LITERAL("b.test")), 0);
	output = feed_rig_drain_octets(list, sizeof(list) - 1, (struct feed_options){ .domain_blocklist = blocklist });
	assert_string_equal(output.text,
			    "0 0 0 a.test\n1 0 2 b.test\n2 0 2 www.b.test\n3 0 0 c.test\n4 0 2 b.test\n5 0 0 d.test\n"
			    "6 0 1 not a name\n7 0 0 e.test\n");
	free(output.text);
	output = feed_rig_drain_octets(list, sizeof(list) - 1, (struct feed_options){ .is_done = is_even });
	assert_string_equal(output.text, "1 0 0 b.test\n3 0 0 c.test\n5 0 0 d.test\n7 0 0 e.test\n");
	assert_int_equal(output.entries, 8);
	free(output.text);
	output = feed_rig_drain_octets(list, sizeof(list) - 1,
				       (struct feed_options){ .is_done = is_even, .max_domains = 4 });
	/* what an earlier run did counts towards the limit */
	assert_string_equal(output.text, "1 0 0 b.test\n3 0 0 c.test\n");
	assert_int_equal(output.result, FEED_END);
	free(output.text);
	domain_set_free(blocklist);
}

static void what_cannot_be_read_is_said_at_once(void **state)
{
	struct feed_options options = { .path = "/nonexistent/list", .shards = 1 };
	struct error error;
	struct feed *feed;

	(void)state;
	assert_int_equal(feed_open(&feed, &options, &error), -1);
	assert_string_equal(error.text, "/nonexistent/list: No such file or directory; check --input-file");
	options.path = "/tmp";
	assert_int_equal(feed_open(&feed, &options, &error), -1);
	assert_string_equal(error.text, "/tmp: is a directory; give a file with one domain a line");
}

static void identity_follows_the_content(void **state)
{
	static char list[1 << 20];
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct error error;
	struct feed_options options = { .path = path, .shards = 1 };
	struct feed_identity now;
	uint64_t before = 0;
	struct feed *feed;

	(void)state;
	memset(list, '\n', sizeof(list));
	feed_rig_write(path, list, sizeof(list));
	for (int round = 0; round < 4; round++) {
		int fd = open(path, O_WRONLY);

		/* nothing; the same octet again; the first; the last */
		assert_int_equal(pwrite(fd, round > 1 ? "x" : "\n", 1, round == 3 ? (off_t)sizeof(list) - 1 : 0), 1);
		close(fd);
		assert_int_equal(feed_open(&feed, &options, &error), 0);
		now = feed_identity(feed);
		feed_close(feed);
		assert_int_equal(now.size, sizeof(list));
		assert_true(now.mtime > 1700000000 && now.sample != 0);
		assert_int_equal(now.sample == before, round == 1);
		before = now.sample;
	}
	unlink(path);
}

/* --resume compares it with what an earlier version wrote. */
static void the_identity_of_a_list_is_what_it_was(void **state)
{
	static unsigned char list[1 << 20];
	static const struct {
		size_t n;
		uint64_t sample;
	} rows[] = {
		{ 0, 0xaf63bd4c8601b7df },     { 1, 0x082f2207b4e88cc4 },     { 4097, 0x0f7a762d30de3e77 },
		{ 65536, 0x9038911ddc8057df }, { 65537, 0x95a5076627023e14 }, { sizeof(list), 0x48e04af7aec67d9f },
	};
	struct feed_options options = { .shards = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = (unsigned char)(i * 31 + i / 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[] = "/tmp/stsurvey-test-XXXXXX";
		struct error error;
		struct feed_identity now;
		struct feed *feed;

		feed_rig_write(path, list, rows[i].n);
		options.path = path;
		assert_int_equal(feed_open(&feed, &options, &error), 0);
		now = feed_identity(feed);
		feed_close(feed);
		unlink(path);
		assert_int_equal(now.size, rows[i].n);
		assert_int_equal(now.sample, rows[i].sample);
	}
}

static void stopping_interrupts_a_full_queue(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct error error;
	struct feed_options options = { .path = path, .shards = 1 };
	const struct timespec pause = { 0, 20000000 };
	struct feed *feed;
	size_t n;
	char *list = feed_rig_big_list(&n);
	double entries = 0;

	(void)state;
	for (size_t i = 0; i < n; i++)
		entries += list[i] == '\n';
	feed_rig_write(path, list, n);
	assert_int_equal(feed_open(&feed, &options, &error), 0);
	nanosleep(&pause, NULL);
	assert_true(feed_entries(feed) <= (FEED_QUEUE + 1) * FEED_BATCH); /* back-pressure */
	/* and what is read beyond the targets that are made is little of the list */
	assert_true(feed_fraction(feed) <= (double)feed_handed(feed) / entries + 4096.0 / (double)n);
	feed_close(feed);
	unlink(path);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_give_one_target_a_line),
		cmocka_unit_test(rankings_carry_their_rank),
		cmocka_unit_test(zones_give_their_delegations),
		cmocka_unit_test(included_zones_are_an_error),
		cmocka_unit_test(pieces_do_not_change_what_is_read),
		cmocka_unit_test(a_line_of_a_megabyte_is_one_entry),
		cmocka_unit_test(compressed_lists_are_found_by_looking),
		cmocka_unit_test(broken_compression_hands_out_what_was_readable),
		cmocka_unit_test(shards_split_the_list_by_name_alone),
		cmocka_unit_test(the_shard_of_a_name_is_what_it_was),
		cmocka_unit_test(the_seed_decides_the_order),
		cmocka_unit_test(finished_and_blocked_domains_are_told_apart),
		cmocka_unit_test(what_cannot_be_read_is_said_at_once),
		cmocka_unit_test(identity_follows_the_content),
		cmocka_unit_test(the_identity_of_a_list_is_what_it_was),
		cmocka_unit_test(stopping_interrupts_a_full_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

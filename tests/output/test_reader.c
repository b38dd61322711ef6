/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/frame.h"
#include "output/scan_file/reader.h"
#include "output/scan_file/verify.h"

enum { FRAMES = 4, PER_FRAME = 3, FILE_MAX = 1024 * 1024 };

/* A small scan file: header, FRAMES frames of PER_FRAME domains, trailer. */
static struct {
	char octet[FILE_MAX];
	size_t n;
	size_t header_end, trailer_start;
	size_t end[FRAMES];
} scan;

static char path[] = "/tmp/stsurvey-reader-XXXXXX";
static struct error error;

static void add_frame(struct record_buffer *buffer, struct frame_press *press)
{
	struct span frame = frame_press(press, record_buffer_content(buffer));

	assert_true(frame.n <= FILE_MAX - scan.n);
	memcpy(scan.octet + scan.n, frame.p, frame.n);
	scan.n += frame.n;
	record_buffer_reset(buffer);
}

static void build(uint16_t major, bool twice)
{
	const struct record_option option = { SPAN_LITERAL("rate"), SPAN_LITERAL("9") };
	const struct record_header header = { .tool = SPAN_LITERAL("stsurvey test"),
					      .major = major,
					      .minor = 3,
					      .option = &option,
					      .option_count = 1,
					      .shards = 1 };
	const struct record_trailer trailer = { .domains = FRAMES * PER_FRAME };
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();
	struct observation o = { .name = SPAN_LITERAL("example.com") };

	scan.n = 0;
	assert_int_equal(record_put_header(buffer, &header), 0);
	add_frame(buffer, press);
	scan.header_end = scan.n;
	for (int i = 0; i < FRAMES; i++) {
		for (int k = 0; k < PER_FRAME; k++) {
			o.index = (uint64_t)(twice && i == 2 ? k : i * PER_FRAME + k);
			assert_int_equal(record_put_domain(buffer, &o), 0);
		}
		add_frame(buffer, press);
		scan.end[i] = scan.n;
	}
	scan.trailer_start = scan.n;
	assert_int_equal(record_put_trailer(buffer, &trailer), 0);
	add_frame(buffer, press);
	frame_press_free(press);
	record_buffer_free(buffer);
}

static void save(const char *octets, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, octets, n), n);
	close(fd);
}

static int setup(void **state)
{
	int fd;

	(void)state;
	memcpy(path, "/tmp/stsurvey-reader-XXXXXX", sizeof(path));
	fd = mkstemp(path);
	close(fd);
	build(RECORD_SCHEMA_MAJOR, false);
	return fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void a_file_cut_anywhere_yields_whole_frames_and_no_error(void **state)
{
	(void)state;
	for (size_t n = 0; n <= scan.n; n++) {
		struct reader *reader;
		struct observation o;
		size_t count = 0, whole = scan.header_end;
		int result;

		save(scan.octet, n);
		result = reader_open(&reader, path, &error);
		if (n < scan.header_end) {
			assert_int_equal(result, READER_NOTHING);
			assert_null(reader);
			continue;
		}
		assert_int_equal(result, 0);
		assert_int_equal(reader_header(reader)->minor, 3);
		assert_true(span_equal(reader_header(reader)->option[0].value, SPAN_LITERAL("9")));
		while ((result = reader_next(reader, &o, &error)) > 0)
			assert_int_equal(o.index, count++);
		assert_int_equal(result, 0);
		assert_int_equal(reader_next(reader, &o, &error), 0);
		for (int i = 0; i < FRAMES && scan.end[i] <= n; i++)
			whole = scan.end[i];
		assert_int_equal(reader_end(reader)->whole, whole);
		assert_int_equal(reader_end(reader)->torn, n > whole && n < scan.n);
		assert_int_equal(!reader_end(reader)->trailer, n != scan.n);
		reader_close(reader);
	}
}

static void damage_in_the_middle_is_an_error_that_says_where(void **state)
{
	struct reader *reader;
	struct observation o;
	int count = 0, result;
	char expected[ERROR_TEXT_MAX];

	(void)state;
	scan.octet[scan.end[0] + 12] ^= 1;
	save(scan.octet, scan.n);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	while ((result = reader_next(reader, &o, &error)) > 0)
		count++;
	assert_int_equal(result, -1);
	assert_int_equal(count, PER_FRAME);
	snprintf(expected, sizeof(expected),
		 "%s: damaged at octet %zu; the 3 records before it are good; head -c %zu FILE >PART "
		 "takes them",
		 path, scan.end[0], scan.end[0]);
	assert_string_equal(error.text, expected);
	assert_int_equal(reader_next(reader, &o, &error), -1);
	assert_null(reader_end(reader)->trailer);
	reader_close(reader);
}

/* Behind the last domain's frame, one whose only domain has a policy that is noise around a frame of ours: zstd leaves
 * such as it is. Returns the octets before it; @inside: where the policy's frame ends. */
static size_t add_hostile_frame(size_t *inside)
{
	enum { NOISE = 250 };
	static char text[FILE_MAX];
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();
	struct observation o = { .name = SPAN_LITERAL("example.com"),
				 .index = FRAMES * PER_FRAME,
				 .policy = { .http = { .status = 200 } } };
	const char *frame = scan.octet + scan.header_end;
	size_t n = scan.end[0] - scan.header_end, start = scan.trailer_start;
	uint32_t noise = 1;

	for (size_t i = 0; i < 2 * NOISE; i++) {
		noise = noise * 1664525 + 1013904223;
		text[i < NOISE ? i : n + i] = (char)(noise >> 24);
	}
	memcpy(text + NOISE, frame, n);
	o.policy.http.body = (struct span){ text, 2 * NOISE + n };
	assert_int_equal(record_put_domain(buffer, &o), 0);
	scan.n = start;
	add_frame(buffer, press);
	*inside = (size_t)((char *)memmem(scan.octet + start, scan.n - start, frame, n) - scan.octet) + n;
	frame_press_free(press);
	record_buffer_free(buffer);
	return start;
}

/* How does reading the first @n octets end? As reader_next says; @torn, where all is well. */
static int read_through(size_t n, size_t *whole, bool *torn)
{
	struct reader *reader;
	struct observation o;
	int result;

	save(scan.octet, n);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	do
		result = reader_next(reader, &o, &error);
	while (result > 0);
	*whole = (size_t)reader_end(reader)->whole;
	*torn = reader_end(reader)->torn;
	reader_close(reader);
	return result;
}

static void a_frame_in_a_policy_is_never_taken_for_what_follows_damage(void **state)
{
	size_t inside, start = add_hostile_frame(&inside), whole;
	bool torn;

	(void)state;
	assert_in_range(inside, start, scan.n);
	for (size_t n = start + 1; n < scan.n; n++) {
		assert_int_equal(read_through(n, &whole, &torn), 0);
		assert_int_equal(whole, start);
		assert_true(torn);
	}
	/* Zeros instead of the rest, or instead of something in it: a machine lost power. */
	memset(scan.octet + inside + 10, 0, 40);
	for (size_t n = inside; n <= scan.n + 4096; n += 64) {
		assert_int_equal(read_through(n, &whole, &torn), 0);
		assert_int_equal(whole, start);
		assert_true(torn);
	}
}

static void damage_around_a_frame_in_a_policy_is_still_damage(void **state)
{
	size_t inside, start = add_hostile_frame(&inside), whole, hostile_end = scan.n;
	bool torn;

	(void)state;
	memcpy(scan.octet + scan.n, scan.octet + scan.header_end, scan.end[0] - scan.header_end);
	scan.n += scan.end[0] - scan.header_end;
	/* Octet 4 describes the header; some of its bits may be either way without changing the content. */
	for (size_t at = start + 5; at < hostile_end; at++) {
		scan.octet[at] ^= 0x20;
		assert_int_equal(read_through(scan.n, &whole, &torn), -1);
		assert_int_equal(whole, start);
		scan.octet[at] ^= 0x20;
	}
}

static void what_is_no_scan_file_is_refused_with_its_name(void **state)
{
	static const struct {
		struct span octets;
		const char *text;
		int result;
	} cases[] = {
		{ SPAN_LITERAL(""), "holds nothing", READER_NOTHING },
		{ SPAN_LITERAL("example.com\nexample.net\n"), "not compressed with zstd", -1 },
		{ SPAN_LITERAL("x"), "not compressed with zstd", -1 },
		{ SPAN_LITERAL("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00\x05\x0e\x66\x3b\x3b"), "", -1 },
	};
	struct reader *reader;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int result;

		save(cases[i].octets.p, cases[i].octets.n);
		result = reader_open(&reader, path, &error);
		if (cases[i].text[0] != '\0')
			assert_int_equal(result, cases[i].result);
		assert_true(result < 0);
		assert_non_null(strstr(error.text, path));
		assert_non_null(strstr(error.text, cases[i].text));
	}
	assert_int_equal(reader_open(&reader, "/nonexistent", &error), -1);
	assert_string_equal(error.text, "/nonexistent: cannot be opened: No such file or directory");
	assert_int_equal(reader_open(&reader, "/tmp", &error), -1);
	assert_string_equal(error.text, "/tmp: is a directory, not a scan file");
	build(RECORD_SCHEMA_MAJOR + 1, false);
	save(scan.octet, scan.n);
	assert_int_equal(reader_open(&reader, path, &error), -1);
	assert_non_null(strstr(error.text, "written with schema 2.3, this version reads 1.x; use a newer stsurvey"));
	save(scan.octet + scan.header_end, scan.n - scan.header_end);
	assert_int_equal(reader_open(&reader, path, &error), -1);
	assert_non_null(strstr(error.text, "its first record is no header"));
}

static void a_pipe_is_read_like_a_file(void **state)
{
	struct reader *reader;
	struct observation o;
	int ends[2], kept = dup(STDIN_FILENO), count = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], scan.octet, scan.n), scan.n);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(reader_open(&reader, "-", &error), 0);
	while (reader_next(reader, &o, &error) > 0)
		count++;
	assert_int_equal(count, FRAMES * PER_FRAME);
	assert_non_null(reader_end(reader)->trailer);
	reader_close(reader);
	dup2(kept, STDIN_FILENO);
	close(kept);
}

static void joined_files_are_read_through(void **state)
{
	char *both = malloc(2 * scan.n);
	struct reader *reader;
	struct observation o;
	int count = 0;

	(void)state;
	memcpy(both, scan.octet, scan.n);
	memcpy(both + scan.n, scan.octet, scan.n);
	save(both, 2 * scan.n);
	free(both);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	while (reader_next(reader, &o, &error) > 0)
		count++;
	assert_int_equal(count, 2 * FRAMES * PER_FRAME);
	assert_int_equal(reader_end(reader)->whole, scan.n + scan.trailer_start);
	reader_close(reader);
}

/* What is said of the file, as its line or as the error. */
static void expect_verify(int result, const char *says)
{
	char room[1024];
	struct text out = { .data = room, .size = sizeof(room), .fd = -1 };
	const char *said = error.text;

	if (verify_scan(&out, path, &error) != result)
		fail_msg("not %d", result);
	if (result >= 0) {
		text_char(&out, '\0');
		said = room;
	}
	if (!strstr(said, says))
		fail_msg("\"%s\" is not in: %s", says, said);
	assert_non_null(strstr(said, path));
}

static void verify_says_whether_a_file_is_whole(void **state)
{
	(void)state;
	save(scan.octet, scan.n);
	expect_verify(1, ": complete; 12 records in 6 frames; schema 1.3, stsurvey test\n");
	save(scan.octet, scan.n - 1);
	expect_verify(0, "torn: octets behind the last whole frame");
	save(scan.octet, scan.trailer_start);
	expect_verify(0, "no trailer: still being written, or killed; scan --resume goes on with it; 12 "
			 "records in 5 frames");
	save(scan.octet, 0);
	expect_verify(-1, "holds nothing");
	save(scan.octet, scan.n);
	scan.octet[scan.end[0] + 12] ^= 1;
	save(scan.octet, scan.n);
	expect_verify(-1, "damaged at octet");
	build(RECORD_SCHEMA_MAJOR, true);
	save(scan.octet, scan.n);
	expect_verify(0, "3 indexes occur more than once, first 0");
}

static void verify_counts_against_the_trailer(void **state)
{
	char joined[8192];
	size_t n = 0;

	(void)state;
	/* Without its first frame of domains, the rest is whole to zstd. */
	memcpy(joined, scan.octet, scan.header_end);
	n = scan.header_end;
	memcpy(joined + n, scan.octet + scan.end[0], scan.n - scan.end[0]);
	n += scan.n - scan.end[0];
	save(joined, n);
	expect_verify(0, "its trailer counts 12 records (9 are there); 9 records");
	/* The trailer's frame before the last of the domains: nothing is missing, but no scan leaves that. */
	n = scan.end[FRAMES - 2];
	memcpy(joined, scan.octet, n);
	memcpy(joined + n, scan.octet + scan.trailer_start, scan.n - scan.trailer_start);
	n += scan.n - scan.trailer_start;
	memcpy(joined + n, scan.octet + scan.end[FRAMES - 2], scan.end[FRAMES - 1] - scan.end[FRAMES - 2]);
	save(joined, n + scan.end[FRAMES - 1] - scan.end[FRAMES - 2]);
	expect_verify(0, "a header or trailer stands in its middle");
}

/* A frame of a domain that was asked with --direct behind the others, and a trailer that counts @told. */
static void add_direct(const struct direct_counts *told)
{
	static const struct obs_audit audit = { .kind = AUDIT_DATA, .direct = DNS_NXDOMAIN, .resolver = DNS_NOERROR };
	const struct observation o = { .name = SPAN_LITERAL("direct.example"),
				       .index = FRAMES * PER_FRAME,
				       .mx.answer = { .source = SOURCE_DIRECT },
				       .txt[1].answer = { .source = SOURCE_RESOLVER, .fall_back = FALL_BACK_ALIAS },
				       .audit = &audit,
				       .audit_count = 1 };
	struct record_trailer trailer = { .domains = FRAMES * PER_FRAME + 1, .has_direct = told };
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();

	if (told)
		trailer.direct = *told;
	scan.n = scan.trailer_start;
	assert_int_equal(record_put_domain(buffer, &o), 0);
	add_frame(buffer, press);
	assert_int_equal(record_put_trailer(buffer, &trailer), 0);
	add_frame(buffer, press);
	frame_press_free(press);
	record_buffer_free(buffer);
	save(scan.octet, scan.n);
}

static void what_direct_counts_is_held_against_the_records(void **state)
{
	const struct direct_counts right = { .source = { [SOURCE_RESOLVER] = 1, [SOURCE_DIRECT] = 1 },
					     .fall_back = { [FALL_BACK_NONE] = 1, [FALL_BACK_ALIAS] = 1 },
					     .audit = { [AUDIT_DATA] = 1 } };

	(void)state;
	add_direct(&right);
	expect_verify(1, ": complete; 13 records");
	add_direct(NULL); /* of who writes none */
	expect_verify(1, ": complete; 13 records");
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++) {
		struct direct_counts wrong = right;
		const char *what, *word;
		char words[128];

		wrong.counter[i] += 2;
		direct_counts_word(i, &what, &word);
		snprintf(words, sizeof(words), "its trailer counts %d %s %s (%d are there)", (int)wrong.counter[i],
			 what, word, (int)right.counter[i]);
		add_direct(&wrong);
		expect_verify(0, words);
	}
}

struct watched {
	char text[64];
};

static void see_host(void *arg, const struct obs_host *host)
{
	strncat(((struct watched *)arg)->text, host->name.p, host->name.n);
}

static void see_vantage(void *arg, const struct obs_vantage *vantage)
{
	strcat(((struct watched *)arg)->text, vantage->canary ? "canary " : "test ");
}

/* A frame of hosts and tests behind the domains, and a trailer that counts @told hosts. */
static void add_hosts(uint64_t told)
{
	static const char *const name[] = { "a ", "b ", "c " };
	const struct record_trailer trailer = { .domains = FRAMES * PER_FRAME, .hosts = told, .probes = 9 };
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();

	scan.n = scan.trailer_start;
	assert_int_equal(record_put_vantage(buffer, &(struct obs_vantage){ 0 }), 0);
	for (size_t i = 0; i < COUNT_OF(name); i++)
		assert_int_equal(record_put_host(buffer, &(struct obs_host){ .name = span_of(name[i]) }), 0);
	assert_int_equal(record_put_vantage(buffer, &(struct obs_vantage){ .canary = true }), 0);
	add_frame(buffer, press);
	assert_int_equal(record_put_trailer(buffer, &trailer), 0);
	add_frame(buffer, press);
	frame_press_free(press);
	record_buffer_free(buffer);
	save(scan.octet, scan.n);
}

static void hosts_are_shown_to_who_watches_and_counted(void **state)
{
	struct watched watched = { "" };
	struct reader *reader;
	struct observation o;
	int count = 0;

	(void)state;
	add_hosts(3);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	reader_watch(reader, see_host, see_vantage, &watched);
	while (reader_next(reader, &o, &error) > 0)
		count++;
	assert_int_equal(count, FRAMES * PER_FRAME);
	assert_string_equal(watched.text, "test a b c canary ");
	assert_int_equal(reader_end(reader)->hosts, 3);
	assert_int_equal(reader_end(reader)->trailer->probes, 9);
	assert_int_equal(reader_judge(reader, &error), READER_WHOLE);
	reader_close(reader);
	expect_verify(1, ": complete; 12 records and 3 mail servers in 7 frames");
	add_hosts(2);
	expect_verify(0, "its trailer counts 2 hosts (3 are there)");
	/* cut behind the frame of hosts, that is where --resume goes on */
	save(scan.octet, scan.trailer_start + 1);
	expect_verify(0, "torn");
}

static void a_host_behind_the_trailer_is_what_no_scan_leaves(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();

	(void)state;
	assert_int_equal(record_put_host(buffer, &(struct obs_host){ .name = SPAN_LITERAL("a") }), 0);
	add_frame(buffer, press);
	save(scan.octet, scan.n);
	expect_verify(0, "a header or trailer stands in its middle");
	frame_press_free(press);
	record_buffer_free(buffer);
}

/* Certificates of a host stand once in a frame, and beside each host in the temporary file of who reads them. */
static void work_of_hosts_follows_the_size_of_the_file(void **state)
{
	enum { HOSTS = 20000 };
	static char octets[POLICY_BODY_MAX];
	const struct obs_certificate certificate = { .issuer = { octets, sizeof(octets) } };
	const struct obs_address address = { .family = 4 };
	const struct obs_smtp probe = { .tls = { .chain = &certificate, .chain_count = 1 } };
	const struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
				       .address = &address,
				       .address_count = 1,
				       .probe = &probe,
				       .probe_count = 1 };
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();
	struct reader *reader;
	struct observation o;

	(void)state;
	memset(octets, 'x', sizeof(octets));
	scan.n = scan.header_end;
	for (int i = 0; i < HOSTS; i++)
		assert_int_equal(record_put_host(buffer, &host), 0);
	add_frame(buffer, press);
	assert_true(scan.n < 4096);
	save(scan.octet, scan.n);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	assert_int_equal(reader_next(reader, &o, &error), -1);
	assert_in_range(reader_end(reader)->hosts, 5, HOSTS - 1);
	assert_non_null(strstr(error.text, "more work than a file of its size may"));
	reader_close(reader);
	frame_press_free(press);
	record_buffer_free(buffer);
}

/* What stands once in a frame, and costs each record that refers to it: a large policy, many MX. */
static void work_follows_the_size_of_the_file(void **state)
{
	enum { RECORDS = 2000 };
	static char body[POLICY_BODY_MAX];
	static struct obs_mx_record mx[OBS_MX_MAX];
	struct record_buffer *buffer = record_buffer_new();
	struct frame_press *press = frame_press_new();
	struct observation o = { .name = SPAN_LITERAL("example.com"), .mx = { .count = OBS_MX_MAX, .record = mx } };
	struct reader *reader;
	int count = 0, result;

	(void)state;
	memset(body, 'x', sizeof(body));
	o.policy = (struct obs_policy){ .address_used = -1, .http = { .status = 200, .body = { body, sizeof(body) } } };
	for (size_t i = 0; i < OBS_MX_MAX; i++)
		mx[i].name = SPAN_LITERAL("mx.example.com");
	scan.n = scan.header_end;
	for (; o.index < RECORDS; o.index++)
		assert_int_equal(record_put_domain(buffer, &o), 0);
	add_frame(buffer, press);
	assert_true(scan.n < 4096);
	save(scan.octet, scan.n);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	while ((result = reader_next(reader, &o, &error)) > 0)
		count++;
	assert_int_equal(result, -1);
	assert_in_range(count, 100, RECORDS - 1);
	assert_non_null(strstr(error.text, "more work than a file of its size may"));
	reader_close(reader);
	frame_press_free(press);
	record_buffer_free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_cut_anywhere_yields_whole_frames_and_no_error, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_in_the_middle_is_an_error_that_says_where, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frame_in_a_policy_is_never_taken_for_what_follows_damage, setup,
						teardown),
		cmocka_unit_test_setup_teardown(damage_around_a_frame_in_a_policy_is_still_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_scan_file_is_refused_with_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_is_read_like_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(joined_files_are_read_through, setup, teardown),
		cmocka_unit_test_setup_teardown(verify_says_whether_a_file_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(verify_counts_against_the_trailer, setup, teardown),
		cmocka_unit_test_setup_teardown(what_direct_counts_is_held_against_the_records, setup, teardown),
		cmocka_unit_test_setup_teardown(hosts_are_shown_to_who_watches_and_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_host_behind_the_trailer_is_what_no_scan_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(work_of_hosts_follows_the_size_of_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(work_follows_the_size_of_the_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

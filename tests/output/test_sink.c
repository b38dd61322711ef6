/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/reader.h"
#include "output/scan_file/sink.h"

/* ---- the system that fails ---- */

static struct {
	size_t at_most; /* octets a write takes; 0: all */
	long long room; /* octets until error; -1: none */
	int error;
	int sync_error; /* of the sync that follows the first frames; 0: none */
	int syncs;
	int syncs_before_error;
	bool interrupted; /* every other write is interrupted by a signal */
} faults;

/* Where the linker sends write and fsync (--wrap). */
ssize_t __wrap_write(int fd, const void *data, size_t n);
ssize_t __real_write(int fd, const void *data, size_t n);
int __wrap_fsync(int fd);
int __real_fsync(int fd);

ssize_t __wrap_write(int fd, const void *data, size_t n)
{
	static bool odd;

	odd = !odd;
	if (faults.interrupted && odd) {
		errno = EINTR;
		return -1;
	}
	if (faults.room == 0) {
		errno = faults.error;
		return -1;
	}
	if (faults.at_most > 0 && n > faults.at_most)
		n = faults.at_most;
	if (faults.room > 0 && n > (size_t)faults.room)
		n = (size_t)faults.room;
	if (faults.room > 0)
		faults.room -= (long long)n;
	return __real_write(fd, data, n);
}

int __wrap_fsync(int fd)
{
	struct stat info;

	if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) /* the new file's name */
		return __real_fsync(fd);
	faults.syncs++;
	if (faults.sync_error != 0 && faults.syncs > faults.syncs_before_error) {
		errno = faults.sync_error;
		return -1;
	}
	return __real_fsync(fd);
}

/* ---- a scan file in a folder of its own ---- */

static char folder[] = "/tmp/stsurvey-sink-XXXXXX";
static char path[64];
static struct error error;
static atomic_uint freed;
static const struct record_header header = { .tool = SPAN_LITERAL("test"),
					     .major = RECORD_SCHEMA_MAJOR,
					     .minor = RECORD_SCHEMA_MINOR };

static void on_free(void *arg)
{
	(void)arg;
	atomic_fetch_add(&freed, 1);
}

static int setup(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof(faults));
	faults.room = -1;
	memcpy(folder, "/tmp/stsurvey-sink-XXXXXX", sizeof(folder));
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/scan", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static struct sink_options options(void)
{
	return (struct sink_options){ .path = path, .resume_at = -1, .buffers = 3, .on_free = on_free };
}

static struct record_buffer *take(struct sink *sink)
{
	struct record_buffer *buffer;

	while (!(buffer = sink_take(sink)))
		usleep(100);
	return buffer;
}

/* Give frames of one domain each until @frames are given or the sink has failed. */
static void give(struct sink *sink, uint64_t from, uint64_t frames)
{
	for (uint64_t i = from; i < from + frames && !sink_failed(sink); i++) {
		struct observation o = { .name = SPAN_LITERAL("example.com"), .index = i };
		struct record_buffer *buffer = take(sink);

		assert_int_equal(record_put_domain(buffer, &o), 0);
		sink_give(sink, buffer);
	}
}

/* The domains in the file, which must be 0, 1, 2, … in order, and where its whole frames end. */
static uint64_t domains_in_file(long long *whole, bool *has_trailer)
{
	struct error reader_error;
	struct reader *reader;
	struct observation o;
	uint64_t count = 0;
	int result;

	assert_int_equal(reader_open(&reader, path, &reader_error), 0);
	while ((result = reader_next(reader, &o, &reader_error)) > 0)
		assert_int_equal(o.index, count++);
	assert_int_equal(result, 0);
	assert_false(reader_end(reader)->torn);
	*whole = reader_end(reader)->whole;
	*has_trailer = reader_end(reader)->trailer;
	reader_close(reader);
	return count;
}

static void scan_file(struct sink_options o, uint64_t frames)
{
	const struct record_trailer trailer = { .domains = frames };
	struct sink *sink;

	assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
	give(sink, o.resume_at < 0 ? 0 : frames, frames);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

static void what_is_given_is_in_the_file(void **state)
{
	static const size_t at_most[] = { 0, 1, 7 };
	long long whole;
	bool trailer;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		faults.at_most = at_most[i];
		faults.interrupted = i == 2;
		scan_file(options(), 40);
		assert_int_equal(domains_in_file(&whole, &trailer), 40);
		assert_true(trailer);
		unlink(path);
	}
}

static void an_existing_file_is_kept_replaced_or_continued(void **state)
{
	struct sink_options o = options();
	struct sink *sink;
	long long whole;
	bool trailer;
	char expected[ERROR_TEXT_MAX];

	(void)state;
	scan_file(o, 5);
	assert_int_equal(sink_open(&sink, &o, &header, &error), -1);
	snprintf(expected, sizeof(expected), "%s: exists; --resume goes on with it, --force replaces it", path);
	assert_string_equal(error.text, expected);
	assert_int_equal(domains_in_file(&whole, &trailer), 5);
	o.resume_at = whole;
	scan_file(o, 5);
	assert_int_equal(domains_in_file(&whole, &trailer), 10);
	assert_true(trailer);
	o.resume_at = -1;
	o.force = true;
	scan_file(o, 2);
	assert_int_equal(domains_in_file(&whole, &trailer), 2);
	o.force = false;
	o.resume_at = 0;
	scan_file(o, 0);
	assert_int_equal(domains_in_file(&whole, &trailer), 0);
}

static void a_file_that_is_being_written_belongs_to_its_writer(void **state)
{
	struct sink_options o = options();
	const struct record_trailer trailer = { 0 };
	struct sink *first, *second;

	(void)state;
	assert_int_equal(sink_open(&first, &o, &header, &error), 0);
	o.force = true;
	assert_int_equal(sink_open(&second, &o, &header, &error), -1);
	assert_non_null(strstr(error.text, "another process is writing it"));
	o.force = false;
	o.resume_at = 1;
	assert_int_equal(sink_open(&second, &o, &header, &error), -1);
	assert_int_equal(sink_close(first, &trailer, &error), 0);
	o.resume_at = 100000;
	assert_int_equal(sink_open(&second, &o, &header, &error), -1);
	assert_non_null(strstr(error.text, "became shorter"));
}

static void a_full_disk_leaves_whole_frames_and_says_how_to_go_on(void **state)
{
	const struct record_trailer none = { 0 };
	long long whole = 0, octets, size;
	bool trailer;

	(void)state;
	/* Every number of octets: the disk fills up inside the header, a frame, between two, inside the
	 * trailer. */
	scan_file(options(), 4);
	domains_in_file(&size, &trailer);
	unlink(path);
	for (octets = 1; octets < size + 10; octets++) {
		struct sink_options o = options();
		struct sink *sink;
		struct stat info;

		faults.room = octets;
		faults.error = octets % 2 ? ENOSPC : EIO;
		atomic_store(&freed, 0);
		if (sink_open(&sink, &o, &header, &error) != 0) {
			assert_int_equal(access(path, F_OK), -1); /* an empty file would be in the way */
			continue;
		}
		give(sink, 0, 4);
		assert_int_equal(sink_close(sink, &none, &error), -1);
		assert_non_null(strstr(error.text, "--resume"));
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		assert_true(atomic_load(&freed) > 0);
		domains_in_file(&whole, &trailer);
		assert_false(trailer);
		stat(path, &info);
		assert_int_equal(info.st_size, whole);
		/* And it does go on. */
		faults.room = -1;
		o.resume_at = whole;
		assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
		assert_int_equal(sink_close(sink, &none, &error), 0);
		domains_in_file(&whole, &trailer);
		assert_true(trailer);
		unlink(path);
	}
}

static void a_failing_sync_is_heard_while_nothing_is_given(void **state)
{
	struct sink_options o = options();
	const struct record_trailer none = { 0 };
	struct sink *sink;

	(void)state;
	faults.sync_error = EIO;
	faults.syncs_before_error = 1; /* the header's succeeds */
	o.sync_interval = 0.05;
	atomic_store(&freed, 0);
	assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
	give(sink, 0, 1);
	while (!sink_failed(sink))
		usleep(1000);
	while (atomic_load(&freed) < 2)
		usleep(1000);
	assert_int_equal(sink_close(sink, &none, &error), -1);
	assert_non_null(strstr(error.text, "cannot be synced: input/output error"));
}

static void syncs_keep_to_their_interval(void **state)
{
	struct sink_options o = options();

	(void)state;
	o.sync_interval = 3600;
	scan_file(o, 10);
	assert_int_equal(faults.syncs, 2); /* header and end */
	unlink(path);
	faults.syncs = 0;
	o.sync_interval = 0;
	scan_file(o, 10);
	assert_int_equal(faults.syncs, 12);
}

static void buffers_are_bounded_and_come_back(void **state)
{
	struct sink_options o = options();
	const struct record_trailer none = { 0 };
	struct record_buffer *buffer[3];
	struct sink *sink;

	(void)state;
	assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
	for (int i = 0; i < 3; i++)
		assert_non_null(buffer[i] = sink_take(sink));
	assert_null(sink_take(sink));
	for (int i = 0; i < 3; i++)
		sink_give(sink, buffer[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(record_buffer_content(take(sink)).n, 0);
	assert_int_equal(sink_close(sink, &none, &error), 0);
}

static void a_pipe_whose_reader_goes_away_is_an_error(void **state)
{
	struct sink_options o = options();
	const struct record_trailer none = { 0 };
	int ends[2], kept = dup(STDOUT_FILENO);
	struct sink *sink;
	int result;

	(void)state;
	o.path = "-";
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	result = sink_open(&sink, &o, &header, &error);
	close(ends[0]);
	if (result == 0) {
		give(sink, 0, 5);
		result = sink_close(sink, &none, &error);
	}
	dup2(kept, STDOUT_FILENO);
	close(kept);
	assert_int_equal(result, -1);
	assert_string_equal(error.text, "standard output: cannot be written: the reader went away");
}

static void what_cannot_be_created_is_said_in_one_line(void **state)
{
	struct sink_options o = options();
	struct sink *sink;

	(void)state;
	o.path = "/nonexistent/scan";
	assert_int_equal(sink_open(&sink, &o, &header, &error), -1);
	assert_string_equal(
		error.text,
		"/nonexistent/scan: cannot be created: No such file or directory; choose another --output-file");
	o.path = folder;
	o.force = true;
	assert_int_equal(sink_open(&sink, &o, &header, &error), -1);
	assert_non_null(strstr(error.text, "Is a directory"));
}

/* Each remedy is one that works. */
static void what_is_there_is_left_and_said(void **state)
{
	static const struct {
		const char *path, *says; /* path NULL: a file that was there */
	} rows[] = {
		{ NULL, ": exists; --resume goes on with it, --force replaces it" },
		{ folder, ": is a directory; choose another --output-file" },
		{ "/dev/null", ": is no regular file; --force writes into it" },
	};
	struct sink_options o = options();
	const char *file = o.path;
	struct sink *sink;

	(void)state;
	close(open(file, O_WRONLY | O_CREAT, 0600));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		o.path = rows[i].path ? rows[i].path : file;
		o.force = false;
		assert_int_equal(sink_open(&sink, &o, &header, &error), -1);
		assert_memory_equal(error.text, o.path, strlen(o.path));
		assert_string_equal(error.text + strlen(o.path), rows[i].says);
	}
}

/* ---- many users at once ---- */

struct user {
	struct sink *sink;
	uint64_t from;
};

static void *use(void *arg)
{
	struct user *user = arg;

	for (uint64_t i = 0; i < 200; i++) {
		struct observation o = { .name = SPAN_LITERAL("example.com"), .index = user->from + i };
		struct record_buffer *buffer = take(user->sink);

		if (record_put_domain(buffer, &o) != 0)
			abort();
		sink_give(user->sink, buffer);
	}
	return NULL;
}

static void threads_share_a_sink(void **state)
{
	enum { USERS = 4 };
	struct sink_options o = options();
	const struct record_trailer none = { 0 };
	bool seen[USERS * 200] = { false };
	struct user user[USERS];
	pthread_t thread[USERS];
	struct reader *reader;
	struct observation got;
	struct sink *sink;

	(void)state;
	o.sync_interval = 3600;
	assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
	for (uint64_t i = 0; i < USERS; i++) {
		user[i] = (struct user){ sink, i * 200 };
		assert_int_equal(pthread_create(&thread[i], NULL, use, &user[i]), 0);
	}
	for (int i = 0; i < USERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(sink_close(sink, &none, &error), 0);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	while (reader_next(reader, &got, &error) > 0) {
		assert_true(got.index < USERS * 200 && !seen[got.index]);
		seen[got.index] = true;
	}
	for (int i = 0; i < USERS * 200; i++)
		assert_true(seen[i]);
	reader_close(reader);
}

/* What was measured must not be lost without a word. */
static void a_file_that_is_deleted_meanwhile_is_an_error(void **state)
{
	const struct record_trailer none = { 0 };
	struct sink_options o = options();
	struct sink *sink;

	(void)state;
	unlink(path);
	assert_int_equal(sink_open(&sink, &o, &header, &error), 0);
	give(sink, 0, 4);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sink_close(sink, &none, &error), -1);
	assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
	assert_non_null(strstr(error.text, "was deleted while it was written; its records are lost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_given_is_in_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(an_existing_file_is_kept_replaced_or_continued, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_being_written_belongs_to_its_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_frames_and_says_how_to_go_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failing_sync_is_heard_while_nothing_is_given, setup, teardown),
		cmocka_unit_test_setup_teardown(syncs_keep_to_their_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(buffers_are_bounded_and_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_whose_reader_goes_away_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_created_is_said_in_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_there_is_left_and_said, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_share_a_sink, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_deleted_meanwhile_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

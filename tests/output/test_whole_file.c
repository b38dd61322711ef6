/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/whole_file.h"

static char folder[32], path[64];
static int syncs; /* done */
static bool syncing_fails;
static int numbers_to_come = -1; /* how many of the coming random numbers are 0, then 1, 2, …; below 0: as they come */

/* The linker sends the module's calls here (--wrap). */
ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags)
{
	static unsigned number;

	if (numbers_to_come < 0)
		return __real_getrandom(p, n, flags);
	assert_int_equal(n, sizeof(number));
	number = numbers_to_come-- > 0 ? 0 : number + 1;
	memcpy(p, &number, n);
	return (ssize_t)n;
}

int __wrap_fsync(int fd)
{
	syncs++;
	errno = EIO;
	return syncing_fails ? -1 : __real_fsync(fd);
}

static const char *path_of(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/stsurvey-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	numbers_to_come = -1;
	syncs = 0;
	syncing_fails = false;
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void put(const char *name, const char *text)
{
	FILE *out = fopen(path_of(name), "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void expect(const char *name, const char *text)
{
	char got[64] = "";
	FILE *in = fopen(path_of(name), "r");

	assert_non_null(in);
	got[fread(got, 1, sizeof(got) - 1, in)] = '\0';
	fclose(in);
	assert_string_equal(got, text);
}

/* Files in the folder; @hidden: of these, those whose name begins with a dot. */
static int files(bool hidden)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			 (!hidden || entry->d_name[0] == '.');
	closedir(dir);
	return count;
}

static mode_t type_of(const char *name)
{
	struct stat info;

	assert_int_equal(lstat(path_of(name), &info), 0);
	return info.st_mode & S_IFMT;
}

static void begin(struct whole_file *file, const char *target, const char *text)
{
	assert_int_equal(whole_file_open(file, target, false), 0);
	text_string(&file->text, text);
}

static void a_file_is_whole_or_not_there(void **state)
{
	static const struct {
		const char *before; /* NULL: nothing */
		bool keep;
	} rows[] = { { NULL, true }, { NULL, false }, { "before", true }, { "before", false } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool is_there = rows[i].before || rows[i].keep;
		struct whole_file file;
		char target[64];

		unlink(path_of("target"));
		if (rows[i].before)
			put("target", rows[i].before);
		strcpy(target, path_of("target"));
		begin(&file, target, "af");
		text_flush(&file.text);
		text_string(&file.text, "ter");
		assert_int_equal(files(true), 1); /* beside it, under a name with a dot */
		assert_int_equal(access(target, F_OK), rows[i].before ? 0 : -1);
		if (rows[i].before)
			expect("target", rows[i].before);
		assert_int_equal(whole_file_close(&file, rows[i].keep, false), 0);
		assert_int_equal(files(false), is_there);
		if (is_there)
			expect("target", rows[i].keep ? "after" : rows[i].before);
	}
	assert_int_equal(syncs, 0);
}

static void it_gets_the_mode_of_any_new_file(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 027 };
	const mode_t before = umask(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct whole_file file;
		struct stat info;

		umask(masks[i]);
		unlink(path_of("target"));
		begin(&file, path_of("target"), "text");
		assert_int_equal(whole_file_close(&file, true, false), 0);
		assert_int_equal(stat(path_of("target"), &info), 0);
		assert_int_equal(info.st_mode & 07777, 0666 & ~masks[i]);
	}
	umask(before);
}

static void it_keeps_owner_and_mode_of_what_it_replaces(void **state)
{
	static const mode_t modes[] = { 0600, 0640, 0666, 0755, 0200 };
	const mode_t before = umask(022);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		uid_t owner = geteuid() == 0 ? 65534 : geteuid();
		struct whole_file file;
		struct stat info;

		put("target", "before");
		assert_int_equal(chmod(path_of("target"), modes[i]), 0);
		assert_int_equal(chown(path_of("target"), owner, (gid_t)-1), 0);
		begin(&file, path_of("target"), "after");
		assert_int_equal(stat(file.beside, &info), 0);
		assert_int_equal(info.st_mode & 07777, modes[i]); /* nobody may read meanwhile who may not then */
		assert_int_equal(whole_file_close(&file, true, false), 0);
		assert_int_equal(stat(path_of("target"), &info), 0);
		assert_int_equal(info.st_mode & 07777, modes[i]);
		assert_int_equal(info.st_uid, owner);
		unlink(path_of("target"));
	}
	umask(before);
}

static void what_may_not_be_written_is_not_replaced(void **state)
{
	struct whole_file file;
	uid_t us = geteuid();

	(void)state;
	put("target", "before");
	assert_int_equal(chmod(path_of("target"), 0444), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	if (us == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(whole_file_open(&file, path_of("target"), false), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(seteuid(us), 0);
	expect("target", "before");
	assert_int_equal(files(false), 1);
}

static void a_symlink_to_nothing_is_refused(void **state)
{
	struct whole_file file;

	(void)state;
	assert_int_equal(symlink("absent", path_of("link")), 0);
	assert_int_equal(whole_file_open(&file, path_of("link"), false), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(files(false), 1);
	assert_int_equal(type_of("link"), S_IFLNK);
}

static void a_planted_name_is_passed_over(void **state)
{
	struct whole_file file;
	char victim[64];

	(void)state;
	put("victim", "untouched");
	strcpy(victim, path_of("victim"));
	assert_int_equal(symlink(victim, path_of(".target.00000000")), 0);
	numbers_to_come = 3;
	begin(&file, path_of("target"), "text");
	assert_int_equal(type_of(".target.00000001"), S_IFREG);
	assert_int_equal(whole_file_close(&file, true, false), 0);
	expect("target", "text");
	expect("victim", "untouched");
	assert_int_equal(type_of(".target.00000000"), S_IFLNK);
	numbers_to_come = 1 << 20;
	assert_int_equal(whole_file_open(&file, path_of("target"), false), -1); /* bad will, and an end of it */
	assert_int_equal(errno, EEXIST);
	expect("victim", "untouched");
}

static void names_of_any_length_have_another_beside_them(void **state)
{
	char target[300], name[256];
	struct whole_file file;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(target, sizeof(target), "%s/%s", folder, name);
	begin(&file, target, "text");
	assert_int_equal(whole_file_close(&file, true, false), 0);
	assert_int_equal(access(target, F_OK), 0);
	assert_int_equal(files(true), 0);
}

static void a_symlink_to_a_file_stays_one(void **state)
{
	struct whole_file file;

	(void)state;
	put("target", "before");
	assert_int_equal(symlink("target", path_of("link")), 0);
	begin(&file, path_of("link"), "after");
	assert_int_equal(whole_file_close(&file, true, false), 0);
	assert_int_equal(type_of("link"), S_IFLNK);
	expect("target", "after");
	assert_int_equal(files(false), 2);
}

/* The device is /dev/null by way of a link: a break of this must not cost the machine it runs on. */
static void what_is_no_file_is_written_to_and_stays(void **state)
{
	static const struct {
		const char *name;
		mode_t type;
		int error;
	} rows[] = { { "fifo", S_IFIFO, 0 },
		     { "link-to-fifo", S_IFLNK, 0 },
		     { "link-to-null", S_IFLNK, 0 },
		     { "link-to-full", S_IFLNK, ENOSPC } };

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(symlink("fifo", path_of("link-to-fifo")), 0);
	assert_int_equal(symlink("/dev/null", path_of("link-to-null")), 0);
	assert_int_equal(symlink("/dev/full", path_of("link-to-full")), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (int is_read = 0; is_read < 2; is_read++) {
			int reader = is_read ? open(path_of("fifo"), O_RDONLY | O_NONBLOCK) : -1;
			char got[16] = "", target[64];
			struct whole_file file;

			strcpy(target, path_of(rows[i].name));
			begin(&file, target, "text");
			assert_int_equal(whole_file_close(&file, true, true), rows[i].error ? -1 : 0);
			if (rows[i].error)
				assert_int_equal(errno, rows[i].error);
			assert_int_equal(type_of(rows[i].name), rows[i].type);
			assert_int_equal(files(false), COUNT_OF(rows));
			if (!is_read)
				continue;
			if (i < 2) {
				assert_int_equal(read(reader, got, sizeof(got) - 1), 4);
				assert_string_equal(got, "text");
			}
			close(reader);
		}
	assert_int_equal(type_of("fifo"), S_IFIFO);
	assert_int_equal(type_of("../../dev/null"), S_IFCHR);
	assert_int_equal(syncs, 0);
}

/* In another process, since ours would wait for itself. */
static void a_reader_is_waited_for_where_asked(void **state)
{
	struct whole_file file;
	char target[64], command[160];
	FILE *reader;

	(void)state;
	strcpy(target, path_of("fifo"));
	assert_int_equal(mkfifo(target, 0600), 0);
	snprintf(command, sizeof(command), "cat %s", target);
	reader = popen(command, "r"); /* it comes before or after */
	assert_non_null(reader);
	assert_int_equal(whole_file_open(&file, target, true), 0);
	text_literal(&file.text, "text");
	assert_int_equal(whole_file_close(&file, true, false), 0);
	assert_int_equal(fgetc(reader), 't');
	pclose(reader);
}

/* Who has it open would keep the octets of a file that is replaced, and lose them. */
static void what_a_descriptor_has_open_is_written_to_and_stays(void **state)
{
	struct whole_file file;
	char target[64];
	int fd;

	(void)state;
	put("out", "");
	fd = open(path_of("out"), O_WRONLY);
	snprintf(target, sizeof(target), "/dev/fd/%d", fd);
	for (int i = 0; i < 2; i++) {
		begin(&file, target, "text.");
		assert_int_equal(whole_file_close(&file, true, false), 0);
	}
	expect("out", "text.text.");
	assert_int_equal(files(false), 1);
	assert_int_equal(write(fd, "more.", 5), 5);
	expect("out", "more.text.");
	close(fd);
}

static void it_is_on_the_disk_where_asked(void **state)
{
	struct whole_file file;

	(void)state;
	put("target", "before");
	begin(&file, path_of("target"), "after");
	assert_int_equal(whole_file_close(&file, true, true), 0);
	assert_int_equal(syncs, 1);
	syncing_fails = true;
	begin(&file, path_of("target"), "later");
	assert_int_equal(whole_file_close(&file, true, true), -1);
	assert_int_equal(errno, EIO);
	expect("target", "after");
	assert_int_equal(files(false), 1);
}

static void a_failure_leaves_what_was_there_and_nothing_else(void **state)
{
	const struct rlimit small = { 4, RLIM_INFINITY };
	struct whole_file file;
	struct rlimit before;
	char target[64];

	(void)state;
	assert_int_equal(whole_file_open(&file, "/nonexistent/target", false), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(whole_file_open(&file, folder, false), -1);
	assert_int_equal(errno, EISDIR);
	put("target", "before");
	strcpy(target, path_of("target"));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	begin(&file, target, "too long");
	assert_int_equal(whole_file_close(&file, true, false), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect("target", "before");
	assert_int_equal(files(false), 1);
	begin(&file, target, "text");
	unlink(target);
	assert_int_equal(mkdir(target, 0700), 0); /* no file can take its name */
	assert_int_equal(whole_file_close(&file, true, false), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(files(false), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_whole_or_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_gets_the_mode_of_any_new_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_keeps_owner_and_mode_of_what_it_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_may_not_be_written_is_not_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_symlink_to_nothing_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_planted_name_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_of_any_length_have_another_beside_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_symlink_to_a_file_stays_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_written_to_and_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reader_is_waited_for_where_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_descriptor_has_open_is_written_to_and_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_on_the_disk_where_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failure_leaves_what_was_there_and_nothing_else, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains meet their mail servers: in whatever file, order and way these are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/pass/scan_files.h"
#include "output/scan_file/sink.h"
#include "output/text.h"

enum { FILES_MAX = 3, TIME = 1000000 };

static char folder[] = "/tmp/stsurvey-hosts-XXXXXX";

/* ---- files ---- */

/* The n-th record of a script: "d DOMAIN MX", the domain with that MX and, written "D", an STS record; "h HOST
 * SECOND"; "v OPEN-OR-BLOCKED SECOND", a test of IPv4; "i LINE", illegal input. */
static void put_record(struct record_buffer *buffer, const char *line, uint64_t index)
{
	static const struct obs_address address = { .family = 4 };
	static const struct obs_smtp probe = { .phase = SMTP_SECURE };
	static const struct span sts = SPAN_LITERAL("v=STSv1; id=1;");
	char kind, word[64], second[64] = "";

	assert_true(sscanf(line, "%c %63s %63s", &kind, word, second) >= 2);
	if (kind == 'd' || kind == 'D') {
		const struct obs_mx_record mx = { 10, span_of(second) };
		struct observation o = { .name = span_of(word), .index = index, .mx = { .record = &mx, .count = 1 } };

		o.mx.answer.status = DNS_NOERROR;
		if (kind == 'D')
			o.txt[TXT_STS] =
				(struct obs_txt){ .answer = { .status = DNS_NOERROR }, .record = &sts, .count = 1 };
		assert_int_equal(record_put_domain(buffer, &o), 0);
	} else if (kind == 'i') {
		const struct observation o = { .name = span_of(word), .index = index, .input = INPUT_ILLEGAL };

		assert_int_equal(record_put_domain(buffer, &o), 0);
	} else if (kind == 'h') {
		const struct obs_host host = { .name = span_of(word),
					       .time_ms = TIME + 1000 * atoi(second),
					       .passes = 1,
					       .address = &address,
					       .address_count = 1,
					       .probe = &probe,
					       .probe_count = 1 };

		assert_int_equal(record_put_host(buffer, &host), 0);
	} else {
		struct obs_vantage vantage = { .time_ms = TIME + 1000 * atoi(second), .canary = true };

		vantage.state[VANTAGE_IPV4] = strcmp(word, "open") == 0 ? VANTAGE_OPEN : VANTAGE_BLOCKED;
		assert_int_equal(record_put_vantage(buffer, &vantage), 0);
	}
}

/* @script: its option ("smtp", "smtp=all", "mx-hosts", "-": none), then records, all separated by ";". */
static void write_file(const char *path, const char *script)
{
	struct record_option option = { { NULL, 0 }, SPAN_LITERAL("yes") };
	struct record_header header = { .tool = SPAN_LITERAL("test"),
					.major = RECORD_SCHEMA_MAJOR,
					.minor = RECORD_SCHEMA_MINOR,
					.option = &option,
					.option_count = 1,
					.input = SPAN_LITERAL("-") };
	struct record_trailer trailer = { 0 };
	struct record_buffer *buffer;
	char copy[1024], *rest = copy, *line;
	struct error error;
	struct sink *sink;

	snprintf(copy, sizeof(copy), "%s", script);
	option.name = span_of(strsep(&rest, ";"));
	if (span_equal(option.name, SPAN_LITERAL("smtp=all")))
		option = (struct record_option){ SPAN_LITERAL("smtp"), SPAN_LITERAL("all") };
	assert_int_equal(sink_open(&sink, &(struct sink_options){ .path = path, .force = true, .resume_at = -1 },
				   &header, &error),
			 0);
	assert_non_null(buffer = sink_take(sink));
	while ((line = strsep(&rest, ";"))) {
		put_record(buffer, line, trailer.domains);
		trailer.domains += *line == 'd' || *line == 'D' || *line == 'i';
		trailer.illegal += *line == 'i';
		trailer.hosts += *line == 'h';
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

/* ---- reading ---- */

struct seen {
	char text[512]; /* "DOMAIN=SECOND" of its host's look, "?" where it is doubted; "none", "unknown" */
	bool enough;    /* after the first */
};

static bool on_domain(void *arg, const struct observation *o, const struct classification *result)
{
	struct seen *seen = arg;
	size_t n = strlen(seen->text);
	const char *name = o->name.p;
	int length = (int)o->name.n;

	(void)result;
	if (!o->mx.host)
		snprintf(seen->text + n, sizeof(seen->text) - n, "%.*s=none ", length, name);
	else if (!o->mx.host[0])
		snprintf(seen->text + n, sizeof(seen->text) - n, "%.*s=unknown ", length, name);
	else
		snprintf(seen->text + n, sizeof(seen->text) - n, "%.*s=%d%s ", length, name,
			 (int)(o->mx.host[0]->time_ms - TIME) / 1000, o->mx.host[0]->doubted ? "?" : "");
	return !seen->enough;
}

static bool on_host(void *arg, const struct obs_host *host)
{
	struct seen *seen = arg;
	size_t n = strlen(seen->text);

	snprintf(seen->text + n, sizeof(seen->text) - n, "%.*s ", (int)host->name.n, host->name.p);
	return true;
}

static void on_vantage(void *arg, const struct obs_vantage *vantage)
{
	struct seen *seen = arg;
	size_t n = strlen(seen->text);

	snprintf(seen->text + n, sizeof(seen->text) - n, "%s ", vantage_state_names[vantage->state[VANTAGE_IPV4]]);
}

static struct scan_files files_of(char path[FILES_MAX][64], char *pointer[FILES_MAX], const char *const *script)
{
	struct scan_files files = { .command = "test", .path = pointer };

	for (; files.count < FILES_MAX && script[files.count]; files.count++) {
		snprintf(path[files.count], sizeof(path[0]), "%s/%d", folder, files.count);
		write_file(path[files.count], script[files.count]);
		pointer[files.count] = path[files.count];
	}
	return files;
}

static const struct {
	const char *file[FILES_MAX];
	const char *seen;
} rows[] = {
	{ { "-;d a mx;d b mx" }, "a=none b=none " },
	{ { "smtp;h mx 5;D a mx;D b MX." }, "a=5 b=5 " },
	/* a host's record stands behind the domain: its job waits for no host */
	{ { "smtp;D a mx;D b other;h mx 5" }, "a=5 b=unknown " },
	/* whose hosts a scan probes: only a host that it meant to probe is unknown */
	{ { "smtp;d a mx;D b mx;h other 1" }, "a=none b=unknown " },
	{ { "smtp=all;d a mx;D b mx" }, "a=unknown b=unknown " },
	{ { "smtp;d a mx;h mx 1" }, "a=1 " },
	/* hosts of a file of their own, before or behind */
	{ { "-;d a mx;d b other", "mx-hosts;h mx 5;i b@d" }, "a=5 b=none " },
	{ { "mx-hosts;h mx 5", "-;d a mx" }, "a=5 " },
	{ { "mx-hosts;h mx 5", "mx-hosts;h mx 6;h mx2 7", "-;d a mx;d b mx2" }, "a=6 b=7 " },
	{ { "smtp;D a mx;D b mx2;h mx 5", "smtp;D c mx2;h mx2 6" }, "a=5 b=6 c=6 " },
	/* our own way to port 25 says something of the hosts beside it alone */
	{ { "smtp;v open 1;D a mx;h mx 5;v blocked 9" }, "a=5? " },
	{ { "smtp;v open 1;D a mx;h mx 5;v open 7;v blocked 9" }, "a=5 " },
	{ { "smtp;D a mx;h mx 5", "smtp;v blocked 1;D b mx2;h mx2 6" }, "a=5 b=6? " },
	{ { "mx-hosts;h mx 5;i b@d" }, "" },
};

static void domains_meet_their_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[FILES_MAX][64], *pointer[FILES_MAX];
		struct scan_files files = files_of(path, pointer, rows[i].file);
		struct seen seen = { 0 };
		struct error error = { "" };

		if (scan_files_read(&files, on_domain, &seen, &error) < 0)
			fail_msg("row %zu: %s", i, error.text);
		if (strcmp(seen.text, rows[i].seen) != 0)
			fail_msg("row %zu: %s", i, seen.text);
		/* of a list of mail servers there is no domain, and that is as it should be */
		assert_int_equal(scan_files_check_domains(&files, &error), 0);
	}
}

/* The same through standard input, which can be read but once: a pipe, and a file that is there from the middle on. */
static void standard_input_is_read_likewise(void **state)
{
	const int kept = dup(STDIN_FILENO);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[FILES_MAX][64], *pointer[FILES_MAX], octets[8192];
		struct scan_files files = files_of(path, pointer, rows[i].file);
		struct seen seen = { 0 };
		struct error error = { "" };
		int fd = open(path[0], O_RDONLY), end[2];
		ssize_t n = read(fd, octets, sizeof(octets));

		assert_true(n > 0 && n < (ssize_t)sizeof(octets)); /* a pipe takes all of it at once */
		close(fd);
		assert_int_equal(pipe(end), 0);
		assert_int_equal(write(end[1], octets, (size_t)n), n);
		close(end[1]);
		dup2(end[0], STDIN_FILENO);
		close(end[0]);
		pointer[0] = (char[]){ "-" };
		if (scan_files_read(&files, on_domain, &seen, &error) < 0)
			fail_msg("row %zu: %s", i, error.text);
		assert_string_equal(seen.text, rows[i].seen);
		assert_int_equal(read(STDIN_FILENO, octets, 1), 0); /* to its end */
	}
	dup2(kept, STDIN_FILENO);
	close(kept);
}

static void hosts_and_tests_are_shown_to_who_asks(void **state)
{
	static const char *const script[FILES_MAX] = { "smtp;v open 1;D a mx;h mx 5;h z 5", "mx-hosts;h b 1;h MX 6" };
	char path[FILES_MAX][64], *pointer[FILES_MAX];
	struct scan_files files = files_of(path, pointer, script);
	struct seen seen = { 0 };
	struct error error;

	(void)state;
	files.on_host = on_host;
	files.on_vantage = on_vantage;
	assert_int_equal(scan_files_read(&files, on_domain, &seen, &error), 0);
	assert_string_equal(seen.text, "open a=6 z b MX ");
	assert_int_equal(files.hosts, 3);
	assert_int_equal(files.domains, 1);
}

static void who_has_enough_gets_no_more(void **state)
{
	static const char *const script[FILES_MAX] = { "smtp;D a mx;D b mx;h mx 5", "smtp;D c mx" };
	char path[FILES_MAX][64], *pointer[FILES_MAX];
	struct scan_files files = files_of(path, pointer, script);
	struct seen seen = { .enough = true };
	struct error error;

	(void)state;
	files.on_host = on_host;
	assert_int_equal(scan_files_read(&files, on_domain, &seen, &error), 0);
	assert_string_equal(seen.text, "a=5 ");
}

/* What is read of a file without hosts: no temporary file is needed for it. */
static void without_hosts_no_temporary_file_is_made(void **state)
{
	static const char *const script[FILES_MAX] = { "-;d a mx" };
	const char *before = getenv("TMPDIR");
	char path[FILES_MAX][64], *pointer[FILES_MAX], *kept = before ? strdup(before) : NULL;
	struct scan_files files = files_of(path, pointer, script);
	struct seen seen = { 0 };
	struct error error;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(scan_files_read(&files, on_domain, &seen, &error), 0);
	write_file(path[0], "smtp;D a mx;h mx 5");
	assert_int_equal(scan_files_read(&files, on_domain, &seen, &error), -1);
	assert_non_null(strstr(error.text, "/nonexistent"));
	if (kept)
		setenv("TMPDIR", kept, 1);
	else
		unsetenv("TMPDIR");
	free(kept);
}

/* A host stands once in a file, and costs each domain that names it: hostile files end with an error. */
static void what_joining_costs_follows_the_size_of_the_file(void **state)
{
	enum { DOMAINS = 2000 };
	static char text[OBS_SMTP_EHLO_TEXT_MAX];
	static struct obs_smtp probe[OBS_PROBE_MAX];
	static struct obs_mx_record mx[OBS_MX_MAX];
	const struct obs_address address = { .family = 4 };
	const struct obs_host host = { .name = SPAN_LITERAL("mx"),
				       .address = &address,
				       .address_count = 1,
				       .probe = probe,
				       .probe_count = OBS_PROBE_MAX };
	const struct record_option option = { SPAN_LITERAL("smtp"), SPAN_LITERAL("all") };
	const struct record_header header = {
		.major = RECORD_SCHEMA_MAJOR, .minor = RECORD_SCHEMA_MINOR, .option = &option, .option_count = 1
	};
	char path[64], *pointer = path;
	struct scan_files files = { .command = "test", .path = &pointer, .count = 1 };
	struct observation o = { .name = SPAN_LITERAL("a"), .mx = { .record = mx, .count = OBS_MX_MAX } };
	struct record_buffer *buffer;
	struct seen seen = { 0 };
	struct error error;
	struct sink *sink;

	(void)state;
	snprintf(path, sizeof(path), "%s/0", folder);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < OBS_PROBE_MAX; i++)
		probe[i].greeting.text = probe[i].ehlo.text = probe[i].quit.text = (struct span){ text, sizeof(text) };
	for (size_t i = 0; i < OBS_MX_MAX; i++)
		mx[i].name = host.name;
	assert_int_equal(sink_open(&sink, &(struct sink_options){ .path = path, .force = true, .resume_at = -1 },
				   &header, &error),
			 0);
	assert_non_null(buffer = sink_take(sink));
	assert_int_equal(record_put_host(buffer, &host), 0);
	for (; o.index < DOMAINS; o.index++)
		assert_int_equal(record_put_domain(buffer, &o), 0);
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &(struct record_trailer){ .domains = DOMAINS, .hosts = 1 }, &error), 0);
	assert_int_equal(scan_files_read(&files, on_domain, &seen, &error), -1);
	assert_non_null(strstr(error.text, "more work than a file of its size may"));
	assert_in_range(files.domains, 10, DOMAINS - 1);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[64];

	(void)state;
	for (int i = 0; i < FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%d", folder, i);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_meet_their_hosts),
		cmocka_unit_test(standard_input_is_read_likewise),
		cmocka_unit_test(hosts_and_tests_are_shown_to_who_asks),
		cmocka_unit_test(who_has_enough_gets_no_more),
		cmocka_unit_test(what_joining_costs_follows_the_size_of_the_file),
		cmocka_unit_test(without_hosts_no_temporary_file_is_made),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

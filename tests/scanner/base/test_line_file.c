/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/line_file.h"

#include <errno.h>

#include "tests/scanner/caught.h"

enum { GOT_SIZE = 512 };

struct got {
	char text[GOT_SIZE]; /* each line in brackets */
	size_t n, longest;
	const char *refused; /* the line that is bad; NULL: none */
};

static int on_line(void *arg, struct span line, struct error *error)
{
	struct got *got = arg;

	if (got->refused && span_equal(line, span_of(got->refused)))
		return error_set(error, "'%s' is bad", got->refused);
	if (line.n > got->longest)
		got->longest = line.n;
	if (line.n < GOT_SIZE - got->n - 3)
		got->n += (size_t)snprintf(got->text + got->n, GOT_SIZE - got->n, "[%.*s]", (int)line.n, line.p);
	return 0;
}

static int read_octets(struct span octets, struct got *got, char path[], struct error *error)
{
	int result;

	strcpy(path, "/tmp/stsurvey-test-XXXXXX");
	caught_put(path, octets.p, octets.n);
	result = line_file_read(path, on_line, got, error);
	unlink(path);
	return result;
}

static void comments_and_white_space_are_no_content(void **state)
{
	static const struct {
		struct span octets;
		const char *lines;
	} cases[] = {
		{ SPAN_LITERAL(""), "" },
		{ SPAN_LITERAL("\n\n \t\n\r\n"), "" },
		{ SPAN_LITERAL("a\nb\n"), "[a][b]" },
		{ SPAN_LITERAL("a\nb"), "[a][b]" },
		{ SPAN_LITERAL(" \t a b \v\f\r\n"), "[a b]" },
		{ SPAN_LITERAL("# all\n#\n  # of it\na"), "[a]" },
		{ SPAN_LITERAL("a # rest\nb\t#\n"), "[a][b]" },
		{ SPAN_LITERAL("https://example.org/#about\na#b\n"), "[https://example.org/#about][a#b]" },
		{ SPAN_LITERAL("\xef\xbb\xbf"
			       "a\n\xef\xbb\xbf"
			       "b\n"),
		  "[a][\xef\xbb\xbf"
		  "b]" }, /* a mark, and a second */
		{ SPAN_LITERAL("\xef\xbb\xbf# a\n"), "" },
		{ SPAN_LITERAL("\xff\xfe\n"), "[\xff\xfe]" },
	};
	struct error error;
	char path[32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct got got = { .n = 0 };

		assert_int_equal(read_octets(cases[i].octets, &got, path, &error), 0);
		if (strcmp(got.text, cases[i].lines) != 0)
			fail_msg("\"%s\" gives %s, not %s", cases[i].octets.p, got.text, cases[i].lines);
	}
}

/* Whoever passed over it would contact what the line forbids, or take the half of a value for all of it. */
static void a_line_with_a_nul_ends_it(void **state)
{
	static const struct span cases[] = {
		SPAN_LITERAL("a\nb\0c\nd\n"),
		SPAN_LITERAL("a\n\0\nd\n"),
		SPAN_LITERAL("a\n# b\0c\nd\n"), /* what is text behind a NUL? */
		SPAN_LITERAL("a\nb\0"),
	};
	struct error error;
	char path[32], due[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct got got = { .n = 0 };

		assert_int_equal(read_octets(cases[i], &got, path, &error), -1);
		snprintf(due, sizeof(due), "%s:2: a NUL octet", path);
		assert_memory_equal(error.text, due, strlen(due));
		assert_string_equal(got.text, "[a]");
	}
}

static void a_line_has_a_limit(void **state)
{
	static const struct {
		size_t n;
		int result;
	} cases[] = {
		{ LINE_FILE_LINE_MAX - 1, 0 },
		{ LINE_FILE_LINE_MAX, 0 },
		{ LINE_FILE_LINE_MAX + 1, -1 },
		{ 3 * LINE_FILE_LINE_MAX, -1 },
	};
	struct error error;
	char path[32], due[256], *octets = malloc(3 * LINE_FILE_LINE_MAX + 4);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct got got = { .n = 0 };

		memcpy(octets, "a\n", 2);
		memset(octets + 2, 'x', cases[i].n);
		octets[2 + cases[i].n] = '\n';
		octets[3 + cases[i].n] = 'b';
		assert_int_equal(read_octets((struct span){ octets, cases[i].n + 4 }, &got, path, &error),
				 cases[i].result);
		assert_int_equal(got.longest, cases[i].result == 0 ? cases[i].n : 1);
		assert_string_equal(got.text, cases[i].result == 0 ? "[a][b]" : "[a]");
		snprintf(due, sizeof(due), "%s:2: a line of more than", path);
		if (cases[i].result != 0)
			assert_memory_equal(error.text, due, strlen(due));
	}
	free(octets);
}

static void the_first_bad_line_ends_it_and_is_named(void **state)
{
	struct got got = { .refused = "bad" };
	struct error error;
	char path[32], due[256];

	(void)state;
	assert_int_equal(read_octets(SPAN_LITERAL("a\n\n# b\n bad # here\nbad\nc\n"), &got, path, &error), -1);
	snprintf(due, sizeof(due), "%s:4: 'bad' is bad", path);
	assert_string_equal(error.text, due);
	assert_string_equal(got.text, "[a]");
}

static void what_cannot_be_read_says_why(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "/nonexistent/file", ENOENT },
		{ "/dev/null/file", ENOTDIR },
		{ "/tmp", EISDIR }, /* opens, and fails later */
		{ "/proc/self/mem", EIO },
	};
	struct got got = { .n = 0 };
	struct error error;
	char due[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(line_file_read(cases[i].path, on_line, &got, &error), -1);
		snprintf(due, sizeof(due), "%s: %s", cases[i].path, strerror(cases[i].error));
		assert_string_equal(error.text, due);
	}
	assert_int_equal(got.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_and_white_space_are_no_content),
		cmocka_unit_test(a_line_with_a_nul_ends_it),
		cmocka_unit_test(a_line_has_a_limit),
		cmocka_unit_test(the_first_bad_line_ends_it_and_is_named),
		cmocka_unit_test(what_cannot_be_read_says_why),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}

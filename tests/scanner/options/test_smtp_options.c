/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of what is probed: --smtp and those that go with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/options/options.h"

enum { WORDS_MAX = 48, LINE_SIZE = 1024 };

static struct error error;

/* Split @more at blanks, and read it as scan's. */
static enum options_result read_line(struct options *options, const char *more)
{
	static char copy[LINE_SIZE], *argv[WORDS_MAX];
	int argc = 0;

	snprintf(copy, sizeof(copy), "scan -f list -o out --name-servers 192.0.2.53 %s", more);
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_read(options, COMMAND_SCAN, argc, argv, &error);
}

static bool is_canary(const struct options *options, unsigned i, const char *name)
{
	return span_equal((struct span){ options->canary[i].text, options->canary[i].n }, span_of(name));
}

static void every_option_lands_in_its_member(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, ""), OPTIONS_OK);
	assert_false(options_probes(&options) || options.keep_certificates || options.smtp_without_sni ||
		     options.trust_ad);
	assert_int_equal(options.smtp_concurrency, 10000);
	assert_true(options.smtp_timeout == 120);
	assert_null(options.ehlo_domain);
	assert_int_equal(options.canary_count, 0);
	options_free(&options);

	assert_int_equal(read_line(&options, "--mx-hosts --ehlo-domain scan.example.org --smtp-concurrency 9 "
					     "--smtp-timeout 4.5 --keep-certificates --smtp-without-sni --trust-ad "
					     "--smtp-canaries mx.example,b\xc3\xbc"
					     "cher.example,MX.example.org."),
			 OPTIONS_OK);
	assert_true(options.mx_hosts && options_probes(&options) && options.smtp == OPTIONS_SMTP_NONE);
	assert_string_equal(options.ehlo_domain, "scan.example.org");
	assert_int_equal(options.smtp_concurrency, 9);
	assert_true(options.smtp_timeout == 4.5 && options.keep_certificates && options.smtp_without_sni &&
		    options.trust_ad);
	assert_int_equal(options.canary_count, 3);
	assert_true(is_canary(&options, 0, "mx.example") && is_canary(&options, 1, "xn--bcher-kva.example") &&
		    is_canary(&options, 2, "mx.example.org"));
	options_free(&options);
}

/* A value stands behind = alone: a word behind the option is no option's. */
static void whose_mail_servers_are_probed(void **state)
{
	static const struct {
		const char *line;
		enum options_smtp smtp;
		const char *given; /* as the scan file's header tells it; NULL: not at all */
	} cases[] = {
		{ "--quiet", OPTIONS_SMTP_NONE, NULL },
		{ "--smtp", OPTIONS_SMTP_STS, "yes" },
		{ "--smtp=yes", OPTIONS_SMTP_STS, "yes" },
		{ "--smtp=all", OPTIONS_SMTP_ALL, "all" },
		{ "--smtp=all --smtp", OPTIONS_SMTP_STS, "yes" },
		{ "--smtp --ehlo-domain [192.0.2.1]", OPTIONS_SMTP_STS, "yes" },
		{ "--smtp --ehlo-domain [IPv6:2001:db8::1]", OPTIONS_SMTP_STS, "yes" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct record_option *given;
		struct options options;

		if (read_line(&options, cases[i].line) != OPTIONS_OK)
			fail_msg("%s: %s", cases[i].line, error.text);
		given = options_given(&options, "smtp");
		assert_int_equal(options.smtp, cases[i].smtp);
		assert_int_equal(options_probes(&options), cases[i].smtp != OPTIONS_SMTP_NONE);
		assert_int_equal(!given, !cases[i].given);
		if (given)
			assert_true(span_equal(given->value, span_of(cases[i].given)));
		options_free(&options);
	}
}

static void a_configuration_may_say_so(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX", line[LINE_SIZE];
	FILE *file = fdopen(mkstemp(path), "w");
	struct options options;

	(void)state;
	fputs("mx-hosts\nsmtp = all\n", file);
	fclose(file);
	snprintf(line, sizeof(line), "-C %s", path);
	assert_int_equal(read_line(&options, line), OPTIONS_OK);
	assert_true(options.smtp == OPTIONS_SMTP_ALL && options.mx_hosts);
	options_free(&options);
	file = fopen(path, "w");
	fputs("smtp\n", file);
	fclose(file);
	assert_int_equal(read_line(&options, line), OPTIONS_OK);
	assert_int_equal(options.smtp, OPTIONS_SMTP_STS);
	options_free(&options);
	unlink(path);
}

static void what_is_wrong_names_the_option(void **state)
{
	static const struct {
		const char *line;
		enum options_result result;
		const char *message;
	} cases[] = {
		{ "--smtp=some", OPTIONS_USAGE, "--smtp 'some': must be all, or have no value" },
		{ "--smtp all", OPTIONS_USAGE, "'all' is one argument too many" },
		{ "--smtp --ehlo-domain a.b@c", OPTIONS_USAGE, "--ehlo-domain 'a.b@c': is no host name" },
		{ "--smtp --ehlo-domain []", OPTIONS_USAGE, "--ehlo-domain '[]': is no host name" },
		{ "--smtp --ehlo-domain [::1]", OPTIONS_USAGE, "--ehlo-domain '[::1]': is no host name" },
		{ "--smtp --ehlo-domain [IPv6:192.0.2.1]", OPTIONS_USAGE, "--ehlo-domain '[IPv6:192.0.2.1]': is no" },
		{ "--smtp --ehlo-domain x\r\nMAIL", OPTIONS_USAGE, "--ehlo-domain 'x\\x0d\\x0aMAIL': is no host name" },
		{ "--ehlo-domain a.example", OPTIONS_USAGE, "--ehlo-domain needs --smtp or --mx-hosts" },
		{ "--smtp-canaries a.example", OPTIONS_USAGE, "--smtp-canaries needs --smtp or --mx-hosts" },
		{ "--trust-ad", OPTIONS_USAGE, "--trust-ad needs --smtp or --mx-hosts" },
		{ "--smtp-without-sni", OPTIONS_USAGE, "--smtp-without-sni needs --smtp or --mx-hosts" },
		{ "--smtp --smtp-canaries a.example,,b.example", OPTIONS_USAGE,
		  "--smtp-canaries 'a.example,,b.example': '' is no host name" },
		{ "--smtp --smtp-canaries 192.0.2.1", OPTIONS_USAGE,
		  "--smtp-canaries '192.0.2.1': '192.0.2.1' is no host name" },
		{ "--smtp --smtp-canaries a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", OPTIONS_USAGE,
		  "--smtp-canaries 'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q': more than 16 hosts" },
		{ "--smtp --smtp-canaries @/nonexistent/b", OPTIONS_FATAL,
		  "/nonexistent/b: No such file or directory" },
		{ "--smtp --smtp-canaries @/dev/null", OPTIONS_FATAL,
		  "--smtp-canaries '@/dev/null': no host in it; write one name a line" },
		{ "--smtp-timeout 0.5", OPTIONS_USAGE, "--smtp-timeout '0.5': not a number from 1 to 1800 seconds" },
		{ "--smtp-concurrency 0", OPTIONS_USAGE,
		  "--smtp-concurrency '0': not a whole number from 1 to 100000" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;

		if (read_line(&options, cases[i].line) != cases[i].result)
			fail_msg("'%s': %s", cases[i].line, error.text);
		if (strncmp(error.text, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("'%s': %s", cases[i].line, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_lands_in_its_member),
		cmocka_unit_test(whose_mail_servers_are_probed),
		cmocka_unit_test(a_configuration_may_say_so),
		cmocka_unit_test(what_is_wrong_names_the_option),
	};

	return cmocka_run_group_tests_name("smtp_options", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "scanner/options/exit_status.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/run_command.h"

/* What export and findings choose of what there is to tell. one.scan holds these, with a label. */
#define SANS "\nsan mta-sts.a.example\nsan mta-sts.b.example" /* one certificate */

static const char *const domains[] = {
	"name a.example" SANS,
	"name b.example" SANS "\nmx 10 mx1.elsewhere.test\nmx 20 mx2.elsewhere.test",
	"name c.example\nsts -\nrpt -\nconnect skipped\nhttp 0",
};

static int write_scan(void **state)
{
	static struct facts all[COUNT_OF(domains)];
	static const struct obs_label label[] = { { SPAN_LITERAL("registrar"), SPAN_LITERAL("R, Inc.") } };
	static const struct span names[] = { SPAN_LITERAL("registrar") };
	struct sink_options options = { .resume_at = -1, .buffers = 2 };
	struct record_header header = { .tool = SPAN_LITERAL("test"),
					.major = RECORD_SCHEMA_MAJOR,
					.shards = 1,
					.label = names,
					.label_count = 1 };
	struct record_trailer trailer = { .completion = COMPLETION_COMPLETE, .domains = COUNT_OF(domains) };
	struct record_buffer *buffer;
	struct sink *sink;
	struct error error;

	(void)state;
	if (command_folder_make(state) != 0)
		return -1;
	options.path = path_of("one.scan");
	if (sink_open(&sink, &options, &header, &error) < 0 || !(buffer = sink_take(sink)))
		return -1;
	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		struct facts *facts = &all[i];

		facts_make(facts, domains[i]);
		facts->observation.index = i;
		facts->observation.label = label;
		facts->observation.label_count = 1;
		if (record_put_domain(buffer, &facts->observation) != 0)
			return -1;
	}
	sink_give(sink, buffer);
	return sink_close(sink, &trailer, &error);
}

static void fields_are_columns_in_the_order_they_are_named(void **state)
{
	static const struct {
		const char *line, *printed;
	} cases[] = {
		{ "export %one.scan --format=csv --fields=mode,name",
		  "mode,name\nenforce,a.example\nenforce,b.example\n,c.example\n" },
		{ "export %one.scan --format=csv --fields=registrar,mx --where=name=b.example",
		  "registrar,mx\n\"R, Inc.\",mx1.elsewhere.test mx2.elsewhere.test\n" },
		{ "export %one.scan --format=csv --fields=name --where=component=mx", "name\nb.example\n" },
		{ "export %one.scan --format=csv --fields=name --where=name=x", "name\n" },
		{ "export %one.scan --where=name=x", "" },
		{ "export %one.scan --format=csv --fields=name,provider_mx --where=provider_mx=elsewhere.test",
		  "name,provider_mx\nb.example,elsewhere.test\n" },
		{ "export %one.scan --fields=results.STS.data.id,name --where=name=b.example",
		  "{\"name\":\"b.example\",\"results\":{\"STS\":{\"data\":{\"id\":\"1\"}}}}\n" },
		{ "export %one.scan --fields=results.MX.data.records.name --where=component=mx",
		  "{\"results\":{\"MX\":{\"data\":{\"records\":[{\"name\":\"mx1.elsewhere.test\"},{\"name\":\"mx2."
		  "elsewhere.test\"}]}}}}\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (run(cases[i].line) != EXIT_COMPLETE)
			fail_msg("%s: %s", cases[i].line, said);
		assert_string_equal(said, "");
		assert_string_equal(printed, cases[i].printed);
	}
	assert_int_equal(run("export %one.scan --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, ",delivery,registrar\na.example,0,"));
}

static void what_there_is_none_of_is_a_usage_error(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "export %one.scan --format=csv --fields=name,mod",
		  "stsurvey export: --fields: no field 'mod'; did you mean 'mode'?" },
		{ "export %one.scan --format=csv --fields=name,name", "--fields: 'name' is named twice" },
		{ "export %one.scan --format=csv --fields=name,", "--fields: no field ''" },
		{ "export %one.scan --where=mode=enfroce",
		  "--where: at character 6, 'enfroce': mode is never that; did you mean 'enforce'?" },
		{ "export %one.scan --fields mode",
		  "no member 'mode'; did you mean 'results.POLICY.data.policy.mode'?" },
		{ "export %one.scan --fields results.STS.stat",
		  "no member 'results.STS.stat'; did you mean 'results.STS.state'?" },
		{ "export %one.scan --format avro --fields name.more", "no member 'name.more'; json.md tells them" },
		{ "findings 101 99", "'99': no such finding" },
		{ "findings policy-tls-expird",
		  "'policy-tls-expird': no such finding; did you mean 'policy-tls-expired'?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(run(cases[i].line), EXIT_USAGE);
		if (!strstr(said, cases[i].says))
			fail_msg("%s: said %s", cases[i].line, said);
		assert_string_equal(printed, "");
	}
}

static void findings_are_told_by_number_and_by_code(void **state)
{
	(void)state;
	assert_int_equal(run("findings policy-tls-expired 101"), EXIT_COMPLETE);
	assert_true(strstr(printed, "  101  ") && strstr(printed, "  406  policy-tls-expired "));
	assert_null(strstr(printed, "  102  "));
	assert_int_equal(run("findings 406 --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "\n406,policy-tls-expired,tls,error,"));
	assert_int_equal(run("findings 406 --format json"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "{\"number\":406,\"code\":\"policy-tls-expired\",\"component\":\"tls\","));
	assert_ptr_equal(strchr(printed, '\n'), strrchr(printed, '\n'));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_columns_in_the_order_they_are_named),
		cmocka_unit_test(what_there_is_none_of_is_a_usage_error),
		cmocka_unit_test(findings_are_told_by_number_and_by_code),
	};

	return cmocka_run_group_tests(tests, write_scan, command_folder_remove);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/uri.h"

#include "tests/parsers/expect.h"

#define LONG_LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
	const char *uri;
	const char *host; /* NULL: it has no goal */
};

static const struct row goals[] = {
	/* addresses that are some */
	{ "mailto:d@rua.example.com", "rua.example.com" },
	{ "mailto:postmaster=tls@example.net", "example.net" },
	{ "mailto:a@example.net?subject=tls", "example.net" },
	{ "mailto:a@example.net?", "example.net" },
	{ "mailto:a@example.net#x", "example.net" },
	{ "MAILTO:a@example.net", "example.net" },
	{ "mailto:a%2Fb@example.net", "example.net" },
	{ "mailto:a+b@example.net", "example.net" },
	{ "mailto:a%2Cb%3Bc@example.net", "example.net" },
	{ "mailto:!$&'*+-=_~@example.net", "example.net" },
	{ "mailto:a.b-c_d@example.net", "example.net" },
	{ "mailto:%22a%20b%40c%5C%22%22@example.net", "example.net" },
	{ "mailto:%C3%A9@example.net", "example.net" },
	{ "mailto:user@%E7%B4%8D%E8%B1%86.example.org", "%E7%B4%8D%E8%B1%86.example.org" },
	{ "mailto:a@xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "mailto:a@localhost", "localhost" },
	{ "mailto:a@b_c.example", "b_c.example" },
	{ "mailto:a@%5B192.0.2.1%5D", "%5B192.0.2.1%5D" },
	{ "mailto:a@%5BIPv6:2001:db8::1%5D", "%5BIPv6:2001:db8::1%5D" },
	{ "mailto:a@b.example!10m", "b.example" },
	{ "mailto:a@b.example%2Cc@d.example%2ce%2Cf@g.example", "b.example" },
	/* and that are none */
	{ "mailto:a@b.example%2C", NULL },
	{ "mailto:a@b.example%2Cc@d@e.example", NULL },
	{ "mailto:", NULL },
	{ "mailto:?subject=a@b.example", NULL },
	{ "mailto:example.net", NULL },
	{ "mailto:@example.net", NULL },
	{ "mailto:a@", NULL },
	{ "mailto:a@?subject=x", NULL },
	{ "mailto:@", NULL },
	{ "mailto:@@", NULL },
	{ "mailto:0", NULL },
	{ "mailto:<a@d>", NULL },
	{ "mailto://tls@example.net", NULL },
	{ "mailto:/tls@example.net", NULL },
	{ "mailto:///tls@example.net", NULL },
	{ "mailto://example.net/tls", NULL },
	{ "mailto:tls@example.net/", NULL },
	{ "mailto:a/b@example.net", NULL },
	{ "mailto:a@b@example.net", NULL },
	{ "mailto:a@b%40example.net", NULL },
	{ "mailto:a%40example.net", NULL },
	{ "mailto:mailto:a@example.net", NULL },
	{ "mailto:a@.example.net", NULL },
	{ "mailto:a@example.net.", NULL },
	{ "mailto:a@example..net", NULL },
	{ "mailto:a@.", NULL },
	{ "mailto:a@..", NULL },
	{ "mailto:.a@example.net", NULL },
	{ "mailto:a.@example.net", NULL },
	{ "mailto:a..b@example.net", NULL },
	{ "mailto:.@example.net", NULL },
	{ "mailto:%20a@example.net", NULL },
	{ "mailto:a%20b@example.net", NULL },
	{ "mailto:a@example.net%20", NULL },
	{ "mailto:a@exam%20ple.net", NULL },
	{ "mailto:%22a@example.net", NULL },
	{ "mailto:%22a%22b%22@example.net", NULL },
	{ "mailto:%22a%5C%22@example.net", NULL },
	{ "mailto:%22%00%22@example.net", NULL },
	{ "mailto:%00@example.net", NULL },
	{ "mailto:(x)a@example.net", NULL },
	{ "mailto:a@(x)example.net", NULL },
	{ "mailto:a@example.net:25", NULL },
	{ "mailto:a@-example.net", NULL },
	{ "mailto:a@example-.net", NULL },
	{ "mailto:a@example=net", NULL },
	{ "mailto:a@192.0.2.1", NULL },
	{ "mailto:a@%5B192.0.2.256%5D", NULL },
	{ "mailto:a@%5B2001:db8::1%5D", NULL },
	{ "mailto:a@%5B%5D", NULL },
	{ "mailto:a@[192.0.2.1]", NULL },
	{ "mailto:a@" LONG_LABEL ".example", NULL },
	{ "mailto:%FF@example.net", NULL },
	{ "mailto:a@%FF.example", NULL },
	{ "mailto:a@!10m", NULL },
	{ "mailto:\xc3\xa9@example.net", NULL },
	/* hosts that are some */
	{ "https://example.net", "example.net" },
	{ "https://example.net/", "example.net" },
	{ "HTTPS://Example.Net/a?b#c", "Example.Net" },
	{ "https://example.net?q", "example.net" },
	{ "https://example.net#f", "example.net" },
	{ "https://example.net./", "example.net." },
	{ "https://localhost/", "localhost" },
	{ "https://a_b.example/", "a_b.example" },
	{ "https://ex%61mple.net/", "ex%61mple.net" },
	{ "https://b%C3%BCcher.example/", "b%C3%BCcher.example" },
	{ "https://example.net:8443/", "example.net" },
	{ "https://example.net:/", "example.net" },
	{ "https://example.net:1/", "example.net" },
	{ "https://example.net:65535/", "example.net" },
	{ "https://example.net:00443/", "example.net" },
	{ "https://user@example.net/", "example.net" },
	{ "https://user:pass@example.net/", "example.net" },
	{ "https://@example.net/", "example.net" },
	{ "https://192.0.2.1/", "192.0.2.1" },
	{ "https://[2001:db8::1]:8443/", "[2001:db8::1]" },
	{ "https://[::]/", "[::]" },
	{ "https://[::1]", "[::1]" },
	{ "https://[1::]/", "[1::]" },
	{ "https://[1:2:3:4:5:6:7:8]/", "[1:2:3:4:5:6:7:8]" },
	{ "https://[::ffff:192.0.2.1]/", "[::ffff:192.0.2.1]" },
	{ "https://[1:2:3:4:5:6:192.0.2.1]/", "[1:2:3:4:5:6:192.0.2.1]" },
	{ "https://[ABCD:ef::]/", "[ABCD:ef::]" },
	{ "https://c.example!10m", "c.example" },
	{ "http://example.net/", "example.net" },
	/* and that are none */
	{ "https:", NULL },
	{ "https:example.net", NULL },
	{ "https:/example.net", NULL },
	{ "https://", NULL },
	{ "https:///", NULL },
	{ "https:///example.net", NULL },
	{ "https://?q", NULL },
	{ "https://#f", NULL },
	{ "https://@", NULL },
	{ "https://@/", NULL },
	{ "https://user@/", NULL },
	{ "https://user@:443/", NULL },
	{ "https://:443/", NULL },
	{ "https://:/", NULL },
	{ "https://a@b@example.net/", NULL },
	{ "https://example.net:65536/", NULL },
	{ "https://example.net:99999999999999999999/", NULL },
	{ "https://example.net:0/", NULL },
	{ "https://example.net:-1/", NULL },
	{ "https://example.net:http/", NULL },
	{ "https://example.net:1:2/", NULL },
	{ "https://./", NULL },
	{ "https://../", NULL },
	{ "https://.example.net/", NULL },
	{ "https://example..net/", NULL },
	{ "https://example.net../", NULL },
	{ "https://-a.example/", NULL },
	{ "https://a-/", NULL },
	{ "https://a$b.example/", NULL },
	{ "https://%20/", NULL },
	{ "https://exam%20ple.net/", NULL },
	{ "https://example.net%00/", NULL },
	{ "https://%FF.example/", NULL },
	{ "https://exam ple.net/", NULL },
	{ "https://b\xc3\xbc"
	  "cher.example/",
	  NULL },
	{ "https://" LONG_LABEL ".example/", NULL },
	{ "https://!/", NULL },
	{ "https://[]/", NULL },
	{ "https://[:]/", NULL },
	{ "https://[:::]/", NULL },
	{ "https://[1:2:3:4:5:6:7]/", NULL },
	{ "https://[1:2:3:4:5:6:7:8:9]/", NULL },
	{ "https://[1:2:3:4::5:6:7:8]/", NULL },
	{ "https://[1::2::3]/", NULL },
	{ "https://[12345::]/", NULL },
	{ "https://[1:2:]/", NULL },
	{ "https://[:1:2:3:4:5:6:7]/", NULL },
	{ "https://[::192.0.2.256]/", NULL },
	{ "https://[::192.0.2.1:1]/", NULL },
	{ "https://[192.0.2.1]/", NULL },
	{ "https://[g::]/", NULL },
	{ "https://[fe80::1%25eth0]/", NULL },
	{ "https://[::1/", NULL },
	{ "https://[::1]x/", NULL },
	{ "https://::1/", NULL },
};

static void reports_go_to_an_address_or_a_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(goals); i++) {
		struct span text = expect_copy(goals[i].uri, strlen(goals[i].uri));
		struct uri uri = uri_read(text);

		if (uri.has_goal != !!goals[i].host)
			fail_msg("%s: %s goal", goals[i].uri, uri.has_goal ? "a" : "no");
		if (uri.has_goal)
			expect_span(goals[i].uri, uri.host, goals[i].host);
		expect_free(text);
	}
}

/* What is no URI is told from a URI that leads nowhere. */
static void a_uri_without_a_goal_is_one_all_the_same(void **state)
{
	static const struct {
		const char *text;
		bool is_uri;
	} cases[] = {
		{ "mailto:", true },
		{ "mailto:a@b@c.example", true },
		{ "mailto://a@c.example", true },
		{ "https:c.example", true },
		{ "https:///", true },
		{ "https://c.example:65536/", true },
		{ "https://a..b/", true },
		{ "urn:x", true },
		{ "ftp://c.example/", true },
		{ "a@b.example", false },
		{ "https://a@b@c.example/", false },
		{ "https://c.example:x/", false },
		{ "https://[::1/", false },
		{ "https://c.example/%GG", false },
		{ "https://c.example/#a#b", false },
		{ "mailto:a b@c.example", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (uri_read(span_of(cases[i].text)).is_uri != cases[i].is_uri)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_go_to_an_address_or_a_host),
		cmocka_unit_test(a_uri_without_a_goal_is_one_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/uri.h"

#include "parsers/domain.h"
#include "parsers/utf8.h"

enum {
	PORT_MAX = 65535,
	IPV6_GROUPS = 8, /* RFC 4291 2.2 */
	IPV6_GROUP_DIGITS = 4,
	UTF8_MAX = 4,         /* octets of a character */
	LITERAL_MAX = 64,     /* octets of an address literal: the longest IPv6 address has 45 */
	LOCAL_PART_MAX = 254, /* octets: as much as a whole address may have (RFC 5321 4.5.3.1.3) */
};

static int hex_value(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.2 and 2.3, without the brackets that only an IP-literal may use. */
static bool is_uri_octet(char c)
{
	return ascii_is_alnum(c) || (c != '\0' && strchr("-._~:/?#@!$&'()*+,;=", c));
}

/* `%` is always followed by two hexadecimal digits (RFC 3986 2.1); one `#` at most (3.5). */
static bool is_uri_text(struct span text)
{
	unsigned hashes = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%') {
			if (text.n - i < 3 || hex_value(text.p[i + 1]) < 0 || hex_value(text.p[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!is_uri_octet(text.p[i])) {
			return false;
		}
		hashes += text.p[i] == '#';
	}
	return hashes <= 1;
}

char uri_take_octet(struct span *text)
{
	char c = text->p[0];

	if (c == '%' && text->n >= 3 && hex_value(text->p[1]) >= 0 && hex_value(text->p[2]) >= 0) {
		c = (char)(hex_value(text->p[1]) << 4 | hex_value(text->p[2]));
		*text = span_skip(*text, 2);
	}
	*text = span_skip(*text, 1);
	return c;
}

/* Without percent-encoding; empty where that is longer than @size. */
static struct span decoded(struct span text, char *room, size_t size)
{
	size_t n = 0;

	while (text.n > 0 && n < size)
		room[n++] = uri_take_octet(&text);
	return (struct span){ room, text.n == 0 ? n : 0 };
}

static bool is_one_of(char c, const char *set)
{
	while (*set != '\0' && *set != c)
		set++;
	return *set != '\0';
}

/* Up to the first octet of @stops. */
static struct span until(struct span text, const char *stops)
{
	size_t n = 0;

	while (n < text.n && !is_one_of(text.p[n], stops))
		n++;
	return (struct span){ text.p, n };
}

/* ---- hosts ---- */

/* How many groups of an IPv6 address, with colons between? An IPv4 address at its end stands for two; -1: none such. */
static int ipv6_groups(struct span text, bool is_end)
{
	int groups = 0;

	for (size_t at = 0, colon; at <= text.n && text.n > 0; at = colon + 1, groups++) {
		struct span group;

		colon = span_find(text, at, ':');
		group = (struct span){ text.p + at, colon - at };
		if (is_end && colon == text.n && domain_is_ipv4(group))
			return groups + 2;
		if (group.n == 0 || group.n > IPV6_GROUP_DIGITS)
			return -1;
		for (size_t i = 0; i < group.n; i++)
			if (hex_value(group.p[i]) < 0)
				return -1;
	}
	return groups;
}

/* RFC 4291 2.2 */
static bool is_ipv6(struct span text)
{
	size_t colon = span_find(text, 0, ':');
	int before, behind;

	while (colon + 1 < text.n && text.p[colon + 1] != ':')
		colon = span_find(text, colon + 1, ':');
	if (colon + 1 >= text.n) /* no "::" */
		return ipv6_groups(text, true) == IPV6_GROUPS;
	before = ipv6_groups((struct span){ text.p, colon }, false);
	behind = ipv6_groups(span_skip(text, colon + 2), true);
	return before >= 0 && behind >= 0 && before + behind < IPV6_GROUPS;
}

/* Can DNS be asked for it? What is outside ASCII becomes letters of an A-label. A `!` ends the name: what DMARC has
 * behind it is a size, which is warned of (906). */
static bool is_name(struct span text)
{
	char octets[DOMAIN_NAME_MAX * UTF8_MAX], name[DOMAIN_NAME_MAX];
	struct span rest = decoded(text, octets, sizeof(octets));
	size_t n = 0, length;

	for (; rest.n > 0 && rest.p[0] != '!'; rest = span_skip(rest, length)) {
		length = utf8_length(rest);
		if (length == 0 || n == sizeof(name))
			return false;
		name[n++] = length > 1 ? 'x' : rest.p[0];
	}
	return domain_is_name((struct span){ name, n });
}

/* RFC 3986 3.2.2, as far as it can be connected to: a name, which the dot of the root may end, or an IPv4 address. */
static bool is_host(struct span text)
{
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	return is_name(text) || domain_is_ipv4(text);
}

static bool is_port(struct span text)
{
	uint64_t port = 0;

	return text.n == 0 || (span_decimal(text, PORT_MAX, &port) && port > 0); /* RFC 3986 3.2.3: it may be empty */
}

static bool is_digits(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!ascii_is_digit(text.p[i]))
			return false;
	return true;
}

/* RFC 3986 3.2: [ userinfo "@" ] host [ ":" port ]. False: no authority. */
static bool read_authority(struct span text, struct uri *uri)
{
	size_t at = span_find(text, 0, '@'), end;
	struct span port, literal = { NULL, 0 };

	if (at < text.n) {
		if (!is_uri_text((struct span){ text.p, at }))
			return false;
		text = span_skip(text, at + 1);
	}
	if (span_starts_with(text, SPAN_LITERAL("["))) {
		end = span_find(text, 0, ']');
		literal = (struct span){ text.p + 1, end - 1 };
		if (end == text.n || !is_ipv6(literal))
			return false;
		end++;
	} else {
		end = span_find(text, 0, ':');
	}
	uri->host = (struct span){ text.p, end };
	port = span_skip(text, end);
	if (port.n > 0 && port.p[0] != ':')
		return false;
	port = span_skip(port, port.n > 0);
	if (!is_digits(port))
		return false;
	uri->has_goal = (literal.p || is_host(uri->host)) && is_port(port);
	return literal.p || (is_uri_text(uri->host) && span_find(uri->host, 0, '@') == end);
}

/* ---- mail addresses ---- */

/* RFC 5322 3.2.3 and RFC 6532 3.2; and what RFC 8460 3 wants encoded, which therefore occurs. */
static bool is_atext(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~,;", c));
}

static bool is_dot_atom(struct span text)
{
	char before = '.';

	for (size_t i = 0; i < text.n; before = text.p[i++])
		if (text.p[i] == '.' ? before == '.' : !is_atext(text.p[i]))
			return false;
	return before != '.';
}

/* RFC 5322 3.2.4 */
static bool is_quoted_string(struct span text)
{
	if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"')
		return false;
	text = (struct span){ text.p + 1, text.n - 2 };
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || (text.p[i] == '\\' && ++i == text.n))
			return false;
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	}
	return true;
}

/* RFC 5321 4.1.3 */
static bool is_address_literal(struct span text)
{
	static const struct span ipv6 = { "IPv6:", 5 };
	char room[LITERAL_MAX];

	text = decoded(text, room, sizeof(room));
	if (text.n < 2 || text.p[0] != '[' || text.p[text.n - 1] != ']')
		return false;
	text = (struct span){ text.p + 1, text.n - 2 };
	return span_starts_with_nocase(text, ipv6) ? is_ipv6(span_skip(text, ipv6.n)) : domain_is_ipv4(text);
}

bool uri_is_mail_address(struct span text, struct span *domain)
{
	size_t at = span_find(text, 0, '@');
	char room[LOCAL_PART_MAX];
	struct span local = decoded((struct span){ text.p, at }, room, sizeof(room));

	*domain = span_skip(text, at < text.n ? at + 1 : at);
	return utf8_is_valid(local) && (is_dot_atom(local) || is_quoted_string(local)) &&
	       (is_name(*domain) || is_address_literal(*domain));
}

/* RFC 6068 2: several have a comma between, which RFC 8460 3 wants encoded. One before the @ is the local part's. */
static bool is_address_list(struct span list, struct span *domain)
{
	static const struct span comma = { "%2C", 3 };
	struct span other;

	for (struct span *first = domain;; first = &other) {
		size_t end = span_find(list, 0, '@');

		while (end < list.n && (list.p[end] != '%' || !span_starts_with_nocase(span_skip(list, end), comma)))
			end++;
		if (!uri_is_mail_address((struct span){ list.p, end }, first))
			return false;
		if (end == list.n)
			return true;
		list = span_skip(list, end + comma.n);
	}
}

/* ---- the whole ---- */

/* RFC 3986 3.1: offset of the colon behind the scheme, or 0. */
static size_t scheme_length(struct span uri)
{
	size_t colon = span_find(uri, 0, ':');

	if (colon == 0 || colon == uri.n || !ascii_is_alnum(uri.p[0]) || ascii_is_digit(uri.p[0]))
		return 0;
	for (size_t i = 1; i < colon; i++)
		if (!ascii_is_alnum(uri.p[i]) && uri.p[i] != '+' && uri.p[i] != '-' && uri.p[i] != '.')
			return 0;
	return colon;
}

struct uri uri_read(struct span text)
{
	struct uri uri = { .scheme = URI_OTHER };
	size_t colon = scheme_length(text);
	struct span scheme = { text.p, colon }, rest, to;

	if (colon == 0)
		return uri;
	rest = span_skip(text, colon + 1);
	if (span_equal_nocase(scheme, SPAN_LITERAL("mailto")))
		uri.scheme = URI_MAILTO;
	else if (span_equal_nocase(scheme, SPAN_LITERAL("https")))
		uri.scheme = URI_HTTPS;
	if (uri.scheme == URI_MAILTO) {
		to = until(rest, "?#");
		/* RFC 6068 2: a slash is encoded, so that "//" begins no address */
		uri.has_goal = span_find(to, 0, '/') == to.n && is_address_list(to, &uri.host);
		uri.is_uri = is_uri_text(rest);
	} else if (span_starts_with(rest, SPAN_LITERAL("//"))) {
		struct span authority = until(span_skip(rest, 2), "/?#");

		uri.is_uri = read_authority(authority, &uri) && is_uri_text(span_skip(rest, 2 + authority.n));
	} else {
		uri.is_uri = is_uri_text(rest);
	}
	uri.has_goal &= uri.is_uri;
	uri.host.n = span_find(uri.host, 0, '!');
	return uri;
}

#include "parsers/tlsrpt_record.h"

static const struct span rua = { "rua", 3 };

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
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
			if (text.n - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))
				return false;
			i += 2;
		} else if (!is_uri_octet(text.p[i])) {
			return false;
		}
		hashes += text.p[i] == '#';
	}
	return hashes <= 1;
}

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

/* Up to the first octet of @stops. */
static struct span until(struct span text, const char *stops)
{
	size_t n = 0;

	while (n < text.n && (text.p[n] == '\0' || !strchr(stops, text.p[n])))
		n++;
	return (struct span){ text.p, n };
}

/* RFC 3986 3.2: host without user and port; false where the port or an IP-literal is malformed. */
static bool split_authority(struct span authority, struct span *host)
{
	size_t user = authority.n, end, port;

	while (user > 0 && authority.p[user - 1] != '@')
		user--;
	if (!is_uri_text((struct span){ authority.p, user }))
		return false;
	authority = span_skip(authority, user);
	end = span_find(authority, 0, authority.n > 0 && authority.p[0] == '[' ? ']' : ':');
	if (authority.n > 0 && authority.p[0] == '[') {
		if (end == authority.n || !is_uri_text((struct span){ authority.p + 1, end - 1 }))
			return false;
		end++;
	}
	*host = (struct span){ authority.p, end };
	if (end < authority.n && authority.p[end] != ':')
		return false;
	for (port = end + 1; port < authority.n; port++)
		if (!ascii_is_digit(authority.p[port]))
			return false;
	return end > 0 && host->p[0] == '[' ? true : is_uri_text(*host);
}

struct uri {
	bool is_uri;   /* RFC 3986 */
	bool has_goal; /* mailto has an address, https a host (RFC 6068 2, RFC 9110 4.2.2) */
	enum tlsrpt_scheme scheme;
};

static bool has_address(struct span rest)
{
	struct span to = until(rest, "?#");
	size_t at = span_find(to, 0, '@');

	return at > 0 && at + 1 < to.n;
}

static struct uri uri_read(struct span text)
{
	struct uri uri = { .scheme = TLSRPT_OTHER };
	size_t colon = scheme_length(text);
	struct span scheme = { text.p, colon }, rest, host = { NULL, 0 };

	if (colon == 0)
		return uri;
	rest = span_skip(text, colon + 1);
	if (span_equal_nocase(scheme, SPAN_LITERAL("mailto")))
		uri.scheme = TLSRPT_MAILTO;
	else if (span_equal_nocase(scheme, SPAN_LITERAL("https")))
		uri.scheme = TLSRPT_HTTPS;
	if (uri.scheme == TLSRPT_MAILTO)
		uri.has_goal = has_address(rest);
	if (span_starts_with(rest, SPAN_LITERAL("//"))) {
		struct span authority = until(span_skip(rest, 2), "/?#");

		if (!split_authority(authority, &host))
			return uri;
		rest = span_skip(rest, 2 + authority.n);
	}
	if (uri.scheme == TLSRPT_HTTPS)
		uri.has_goal = host.n > 0;
	uri.is_uri = is_uri_text(rest);
	return uri;
}

/* The next member of a rua list; false behind the last. *@at ends up as list.n + 1. */
static bool list_next(struct span list, size_t *at, struct span *member)
{
	size_t comma;

	if (*at > list.n)
		return false;
	comma = span_find(list, *at, ',');
	*member = span_trim((struct span){ list.p + *at, comma - *at });
	*at = comma + 1;
	return true;
}

struct tlsrpt_reading {
	struct txt_reading txt;
	bool broken; /* a rua is no URI: where reports are to go is not known */
	size_t usable;
};

/* RFC 8460 3: uri *( *WSP "," *WSP uri ) */
static void read_rua(struct tlsrpt_reading *reading, struct span list)
{
	struct span member;

	if (list.n > 0 && ascii_is_wsp(list.p[0]))
		finding_add(&reading->txt.findings, FINDING_TLSRPT_SYNTAX);
	for (size_t at = 0; list_next(list, &at, &member);) {
		struct uri uri = uri_read(member);

		if (!uri.is_uri || (uri.scheme != TLSRPT_OTHER && !uri.has_goal))
			finding_add(&reading->txt.findings, FINDING_TLSRPT_BAD_URI);
		else if (uri.scheme == TLSRPT_OTHER)
			finding_add(&reading->txt.findings, FINDING_TLSRPT_BAD_SCHEME);
		else
			reading->usable++;
		if (!uri.is_uri)
			reading->broken = true;
		else if (span_find(member, 0, '!') < member.n)
			finding_add(&reading->txt.findings, FINDING_TLSRPT_UNENCODED);
	}
}

static void read_tlsrpt_field(struct txt_reading *txt, struct span field)
{
	struct span name, value;
	bool is_pair = field_split(field, &name, &value);
	bool again;

	if (span_equal(name, rua)) {
		again = txt->is_whole; /* several add up: they may stand anywhere and the grammar has 1* */
		txt->is_whole = true;
		read_rua((struct tlsrpt_reading *)txt, value);
	} else if (is_pair && field_is_spaced(name, rua)) {
		again = txt->is_whole;
		txt->is_whole = true; /* meant as a rua, so no extension; no white space around `=` */
		finding_add(&txt->findings, FINDING_TLSRPT_SYNTAX);
	} else {
		again = span_equal(name, SPAN_LITERAL("v")) || field_names_saw(&txt->names, name);
		if (!is_pair || !field_is_name(name) || !field_is_value(value))
			finding_add(&txt->findings, FINDING_TLSRPT_SYNTAX);
	}
	if (again)
		finding_add(&txt->findings, FINDING_TLSRPT_DUPLICATE_FIELD);
}

/* RFC 8460 3: tlsrpt-record */
const struct txt_kind tlsrpt_record_kind = {
	.version = { "v=TLSRPTv1", 10 },
	.meant = { "v=tlsrpt", 8 },
	.read_field = read_tlsrpt_field,
	.multiple = FINDING_TLSRPT_MULTIPLE,
	.unrelated = FINDING_TLSRPT_UNRELATED_TXT,
	.bad_version = FINDING_TLSRPT_BAD_VERSION,
	.syntax = FINDING_TLSRPT_SYNTAX,
	.not_whole = FINDING_TLSRPT_NO_RUA,
};

void tlsrpt_record_parse(const struct span *record, size_t count, size_t unrelated, struct tlsrpt_record *result)
{
	struct tlsrpt_reading reading;

	*result = (struct tlsrpt_record){ 0 };
	reading.broken = false;
	reading.usable = 0;
	result->state = txt_read(record, count, unrelated, &tlsrpt_record_kind, &result->findings, &reading.txt);
	if (result->state != RECORD_VALID)
		return;
	result->text = reading.txt.text;
	/* A URI that no sender can use does no harm beside one that is usable. */
	if (reading.broken || reading.usable == 0 || finding_has(&reading.txt.findings, FINDING_TLSRPT_SYNTAX))
		result->state = RECORD_INVALID;
}

bool tlsrpt_next_rua(const struct tlsrpt_record *record, size_t *at, struct span *uri, enum tlsrpt_scheme *scheme)
{
	struct field_walk walk = { .text = record->text, .at = *at > 0 ? *at : tlsrpt_record_kind.version.n };
	struct span list;
	size_t in_list = 0;

	if (record->state != RECORD_VALID)
		return false;
	if (record->text.p[walk.at - 1] == ',') { /* in the middle of a list; else where a field may begin */
		list = until(span_skip(record->text, walk.at), ";");
	} else {
		do {
			if (!field_next(&walk, &list))
				return false;
		} while (!span_starts_with(list, SPAN_LITERAL("rua=")));
		list = span_skip(list, 4);
	}
	(void)list_next(list, &in_list, uri);
	*at = (size_t)(list.p - record->text.p) + (in_list < list.n ? in_list : list.n);
	*scheme = uri_read(*uri).scheme;
	return true;
}

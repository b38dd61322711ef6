/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones have a hundred million lines, and nearly all of their octets are data of records that do not matter
 * here: tokens are kept only until the type is known, the rest of a record is passed over. */
#include "scanner/feed/feed_zone.h"

#include "parsers/dns_answer.h"
#include "scanner/feed/feed_text.h"

/* Octets of a quotation that goes on over a line's end: no string is longer (RFC 1035 3.3). */
enum { QUOTED_MAX = 255 };

/* What dig writes where a transfer broke. */
static const struct span failed_marks[] = { { "; Transfer failed.", 18 }, { ";; communications error", 23 } };
_Static_assert((int)ZONE_MARK_MAX > 23, "room for each, and one octet more, which tells that it is none");

/* ---- names ---- */

static struct span span_of_name(const struct zone_name *name)
{
	return (struct span){ name->text, name->n };
}

static bool is_same(const struct zone_name *a, const struct zone_name *b)
{
	return span_equal_nocase(span_of_name(a), span_of_name(b));
}

static bool is_at(struct span token)
{
	return token.n == 1 && token.p[0] == '@';
}

static void copy_name(struct zone_name *to, struct span from)
{
	to->n = from.n < ZONE_NAME_MAX ? from.n : ZONE_NAME_MAX;
	if (to->n > 0)
		memcpy(to->text, from.p, to->n);
}

/* Octets of the escape that @s begins with (RFC 1035 5.1: \DDD or \X), and what it stands for. */
static size_t read_escape(struct span s, char *c)
{
	uint64_t octet;

	if (s.n >= 4 && span_decimal((struct span){ s.p + 1, 3 }, UINT8_MAX, &octet)) {
		*c = (char)octet;
		return 4;
	}
	*c = s.n > 1 ? s.p[1] : '\0';
	return s.n < 2 ? s.n : 2;
}

/* Escapes of what a domain name may hold are read; others stay, and make it none. Does the last dot end it? */
static bool unescape(struct span token, struct zone_name *name)
{
	bool dotted = token.n > 0 && token.p[token.n - 1] == '.';
	size_t n;
	char c;

	if (span_find(token, 0, '\\') == token.n) { /* as a rule */
		name->n = token.n - dotted;
		memcpy(name->text, token.p, name->n);
		return dotted;
	}
	for (name->n = 0; token.n > 0; token = span_skip(token, n)) {
		dotted = token.p[0] == '.';
		n = token.p[0] == '\\' ? read_escape(token, &c) : 1;
		if (n > 1 && (ascii_is_alnum(c) || c == '-' || c == '_')) {
			name->text[name->n++] = c;
			continue;
		}
		memcpy(name->text + name->n, token.p, n);
		name->n += n;
	}
	name->n -= dotted;
	return dotted;
}

/* RFC 1035 5.1: @ is the origin, a name without a trailing dot is below it. False: there is none. */
static bool resolve(const struct feed_zone *zone, struct span token, struct zone_name *name)
{
	struct span origin = span_of_name(&zone->origin);

	if (is_at(token)) {
		copy_name(name, zone->has_origin ? origin : token);
		return zone->has_origin;
	}
	if (unescape(token, name))
		return true;
	if (origin.n == 0 || name->n + 1 + origin.n > ZONE_NAME_MAX)
		return zone->has_origin;
	name->text[name->n++] = '.';
	memcpy(name->text + name->n, origin.p, origin.n);
	name->n += origin.n;
	return true;
}

/* A name written without the last dot where there is no origin. Files that leave all last dots away are read as they
 * are meant: where the zone is known, names are below it, and elsewhere they have a dot within. */
static int check_relative(const struct feed_zone *zone, const struct zone_name *name)
{
	struct span text = span_of_name(name);
	bool is_whole = zone->has_apex ? domain_is_below(text, span_of_name(&zone->apex))
				       : span_find(text, 0, '.') < text.n;

	if (is_whole && !is_at(text))
		return 0;
	return error_set(zone->error,
			 "line %llu: `%.*s` without an origin: give --origin NAME, or put `$ORIGIN NAME.` before it; "
			 "--origin . where names are whole",
			 (unsigned long long)zone->line, (int)(text.n < DOMAIN_NAME_MAX ? text.n : DOMAIN_NAME_MAX),
			 text.p);
}

/* ---- delegations ---- */

static int hand_on_next(struct feed_zone *zone)
{
	struct feed_entry entry = { .text = span_of_name(&zone->next), .extra = extra_octets(&zone->servers) };

	zone->next.n = 0;
	return entry.text.n > 0 ? zone->on_entry(zone->arg, &entry) : 0;
}

/* It is a delegation; its further servers may follow. */
static int hand_on(struct feed_zone *zone, const struct zone_name *name)
{
	int result = hand_on_next(zone);

	copy_name(&zone->next, span_of_name(name));
	copy_name(&zone->last, span_of_name(name));
	extra_begin(&zone->servers, EXTRA_SERVERS);
	zone->gather = &zone->servers;
	return result;
}

/* It is a delegation, and not the zone. */
static int hand_on_held(struct feed_zone *zone)
{
	int result;

	if (zone->held.n == 0)
		return 0;
	result = hand_on(zone, &zone->held);
	zone->servers = zone->held_servers;
	zone->held.n = 0;
	return result;
}

/* A delegation: every NS but those of the zone itself; each owner once where its records stand together. Until the zone
 * is known, the owner that all since are below may be the zone. */
static int on_name_server(struct feed_zone *zone)
{
	int result;

	zone->gather = NULL;
	if (zone->owner.n == 0)
		return 0;
	if (is_same(&zone->owner, &zone->last)) {
		zone->gather = zone->next.n > 0 ? &zone->servers : NULL;
		return 0;
	}
	if (zone->has_apex)
		return is_same(&zone->owner, &zone->apex) ? 0 : hand_on(zone, &zone->owner);
	if (zone->held.n > 0 && is_same(&zone->owner, &zone->held)) {
		zone->gather = &zone->held_servers;
		return 0;
	}
	if (zone->held.n > 0 && domain_is_below(span_of_name(&zone->owner), span_of_name(&zone->held)))
		return hand_on(zone, &zone->owner);
	result = hand_on_held(zone);
	copy_name(&zone->held, span_of_name(&zone->owner));
	extra_begin(&zone->held_servers, EXTRA_SERVERS);
	zone->gather = &zone->held_servers;
	return result;
}

/* The zone is the SOA's owner; before one is seen, the origin that the file begins with. A later $ORIGIN may be a
 * delegated name. */
static void set_apex(struct feed_zone *zone, const struct zone_name *name)
{
	copy_name(&zone->apex, span_of_name(name));
	zone->has_apex = true;
	if (is_same(&zone->held, &zone->apex))
		zone->held.n = 0;
}

/* ---- tokens ---- */

/* A number behind @word, as RFC 3597 5 writes types and classes. */
static bool is_numbered(struct span token, struct span word, uint64_t *number)
{
	return span_starts_with_nocase(token, word) && span_decimal(span_skip(token, word.n), UINT16_MAX, number);
}

/* What may stand between owner and type, in either order (RFC 1035 5.1): TTL, also as BIND's 1h30m, and
 * class. */
static bool is_ttl_or_class(struct span token)
{
	static const struct span classes[] = { SPAN_LITERAL("IN"),  SPAN_LITERAL("CH"),    SPAN_LITERAL("HS"),
					       SPAN_LITERAL("CS"),  SPAN_LITERAL("CHAOS"), SPAN_LITERAL("HESIOD"),
					       SPAN_LITERAL("ANY"), SPAN_LITERAL("NONE") };
	uint64_t number;

	if (token.n > 0 && ascii_is_digit(token.p[0])) {
		for (size_t i = 0; i < token.n; i++)
			if (!ascii_is_alnum(token.p[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (span_equal_nocase(token, classes[i]))
			return true;
	return is_numbered(token, SPAN_LITERAL("CLASS"), &number);
}

static bool is_type(struct span token, struct span name, uint64_t type)
{
	uint64_t number;

	return span_equal_nocase(token, name) || (is_numbered(token, SPAN_LITERAL("TYPE"), &number) && number == type);
}

static int on_type(struct feed_zone *zone, struct span token)
{
	bool is_soa = is_type(token, SPAN_LITERAL("SOA"), DNS_TYPE_SOA),
	     is_ns = !is_soa && is_type(token, SPAN_LITERAL("NS"), DNS_TYPE_NS);

	zone->skip = true;
	if (!zone->has_owner && (is_soa || is_ns))
		return error_set(zone->error, "line %llu: a record without an owner: mend the line",
				 (unsigned long long)zone->line);
	/* who leaves last dots away writes the zone's own name so as well */
	if (zone->is_relative && (is_ns || (is_soa && is_at(span_of_name(&zone->owner)))) &&
	    check_relative(zone, &zone->owner) != 0)
		return -1;
	if (is_ns) {
		int result = on_name_server(zone);

		zone->is_server = zone->gather;
		zone->skip = !zone->is_server;
		return result;
	}
	if (!is_soa)
		return 0;
	set_apex(zone, &zone->owner);
	return hand_on_held(zone);
}

static int on_directive(struct feed_zone *zone, struct span token)
{
	if (span_equal_nocase(token, SPAN_LITERAL("$INCLUDE")) || span_equal_nocase(token, SPAN_LITERAL("$GENERATE")))
		return error_set(
			zone->error,
			"line %llu: %.*s is not followed: put the zone into one file, e.g. with named-compilezone",
			(unsigned long long)zone->line, (int)token.n, token.p);
	zone->is_origin = span_equal_nocase(token, SPAN_LITERAL("$ORIGIN"));
	zone->skip = !zone->is_origin;
	return 0;
}

static int on_origin(struct feed_zone *zone, struct span token)
{
	struct zone_name origin;

	if (!resolve(zone, token, &origin) && check_relative(zone, &origin) != 0) /* may be below the one before */
		return -1;
	copy_name(&zone->origin, span_of_name(&origin));
	zone->has_origin = true;
	if (!zone->has_apex && !zone->has_owner && origin.n > 0)
		set_apex(zone, &origin);
	zone->is_origin = false;
	zone->skip = true;
	return 0;
}

/* The name that follows NS. In hexadecimal (RFC 3597 5), or in quotes, nobody writes one: it is left out, and counted.
 */
static void on_server(struct feed_zone *zone, struct span token)
{
	bool is_left_out = span_equal(token, SPAN_LITERAL("\\#")) || span_starts_with(token, SPAN_LITERAL("\""));
	struct zone_name name;

	(void)resolve(zone, token, &name);
	for (size_t i = 0; i < name.n; i++)
		name.text[i] = ascii_lower(name.text[i]);
	extra_add(zone->gather, is_left_out ? (struct span){ NULL, SIZE_MAX } : span_of_name(&name));
	zone->is_server = false;
	zone->skip = true;
}

static int on_token(struct feed_zone *zone)
{
	struct span token = span_of_name(&zone->token);
	unsigned field = zone->field++;

	zone->token.n = 0;
	zone->has_token = true;
	if (zone->is_origin)
		return on_origin(zone, token);
	if (zone->is_server) {
		on_server(zone, token);
		return 0;
	}
	if (field == 0 && token.p[0] == '$')
		return on_directive(zone, token);
	if (field == 0) {
		zone->is_relative = !resolve(zone, token, &zone->owner);
		zone->has_owner = true;
		return 0;
	}
	return is_ttl_or_class(token) ? 0 : on_type(zone, token);
}

/* ---- records ---- */

static int end_record(struct feed_zone *zone)
{
	int result = 0;

	if (zone->is_origin)
		result = error_set(zone->error, "line %llu: $ORIGIN without a name: mend the line",
				   (unsigned long long)zone->line);
	else if (zone->has_token && !zone->skip && !zone->is_server)
		result = error_set(zone->error,
				   "line %llu: a record without a type: mend the line, or fetch the file again; "
				   "--input-format list where it is no zone file",
				   (unsigned long long)zone->line);
	zone->field = 0;
	zone->skip = zone->is_origin = zone->is_server = zone->has_token = false;
	zone->at_start = true;
	zone->token.n = 0;
	return result;
}

static int on_parenthesis(struct feed_zone *zone, char c)
{
	if (c == '(') {
		if (zone->depth++ == 0)
			zone->opened = zone->line;
		return 0;
	}
	if (zone->depth == 0)
		return error_set(zone->error, "line %llu: a parenthesis is closed that was never opened: mend the file",
				 (unsigned long long)zone->line);
	zone->depth--;
	return 0;
}

/* An octet outside comments and quotes that ends the token before it. */
static int on_separator(struct feed_zone *zone, char c)
{
	int result = zone->token.n > 0 ? on_token(zone) : 0;

	if (result != 0)
		return result;
	if (zone->at_start && ascii_is_wsp(c))
		zone->field = 1; /* the owner is the record's before */
	if (c == ';') {          /* only what a line begins with can be dig's */
		zone->said = zone->at_start ? 1 : ZONE_MARK_MAX;
		zone->comment[0] = c;
	}
	zone->at_start = false;
	if (c == '(' || c == ')')
		result = on_parenthesis(zone, c);
	else if (c == ';')
		zone->in_comment = true;
	else if (c == '\n' && zone->depth == 0)
		result = end_record(zone);
	if (c == '\n')
		zone->line++;
	return result;
}

static int on_comment(struct feed_zone *zone, char c)
{
	zone->comment[zone->said++] = c;
	for (size_t i = 0; i < COUNT_OF(failed_marks); i++)
		if (span_equal((struct span){ zone->comment, zone->said }, failed_marks[i]))
			return error_set(zone->error,
					 "line %llu: dig says that the transfer failed: fetch the zone again; what was "
					 "there before is surveyed",
					 (unsigned long long)zone->line);
	return 0;
}

static int on_quoted(struct feed_zone *zone, char c)
{
	zone->in_quotes = c != '"' || zone->escaped;
	zone->escaped = c == '\\' && !zone->escaped;
	zone->quoted += !zone->escaped;
	zone->line += c == '\n';
	if (!zone->in_quotes || zone->quoted <= QUOTED_MAX || zone->line == zone->quote_opened)
		return 0;
	return error_set(zone->error, "line %llu: a quotation is opened that is not closed: mend the file",
			 (unsigned long long)zone->quote_opened);
}

static void on_octet(struct feed_zone *zone, char c)
{
	zone->at_start = false;
	zone->in_quotes = c == '"' && !zone->escaped;
	zone->escaped = c == '\\' && !zone->escaped;
	if (zone->in_quotes) {
		zone->quoted = 0;
		zone->quote_opened = zone->line;
	}
	if (!zone->skip && zone->token.n < ZONE_NAME_MAX)
		zone->token.text[zone->token.n++] = c;
}

/* Octets up to the next one that means something in this place. */
static size_t plain_octets(const struct feed_zone *zone, const char *p, size_t n)
{
	size_t i = 0;

	if (zone->in_quotes || zone->escaped)
		return 0;
	if (zone->in_comment && zone->said == ZONE_MARK_MAX)
		while (i < n && p[i] != '\n' && p[i] != '\r')
			i++;
	else if (!zone->in_comment && zone->skip)
		while (i < n && p[i] != '\n' && p[i] != '\r' && p[i] != '(' && p[i] != ')' && p[i] != ';' &&
		       p[i] != '"' && p[i] != '\\')
			i++;
	return i;
}

/* Octets of a token, which is most of a zone, up to the next one that may mean something. They are taken. */
static size_t token_octets(struct feed_zone *zone, const char *p, size_t n)
{
	static const bool ends[UINT8_MAX + 1] = {
		['\n'] = true, ['\r'] = true, [' '] = true, ['\t'] = true, ['('] = true,
		[')'] = true,  [';'] = true,  ['"'] = true, ['\\'] = true
	};
	size_t room = ZONE_NAME_MAX - zone->token.n, i = 0;

	if (zone->in_quotes || zone->escaped || zone->in_comment || zone->skip || zone->at_start)
		return 0;
	while (i < n && i < room && !ends[(uint8_t)p[i]])
		i++;
	memcpy(zone->token.text + zone->token.n, p, i);
	zone->token.n += i;
	return i;
}

static int push_octet(struct feed_zone *zone, char c)
{
	if (zone->in_quotes)
		return on_quoted(zone, c);
	if (c == '\n') {
		zone->in_comment = zone->escaped = false;
		return on_separator(zone, c);
	}
	if (zone->in_comment)
		return on_comment(zone, c);
	if (zone->at_start && c == '#') { /* a comment as lists have it */
		zone->at_start = false;
		zone->in_comment = true;
		zone->said = ZONE_MARK_MAX;
		return 0;
	}
	if (!zone->escaped && (ascii_is_wsp(c) || c == '(' || c == ')' || c == ';'))
		return on_separator(zone, c);
	on_octet(zone, c);
	return 0;
}

int feed_zone_push(struct feed_zone *zone, const char *p, size_t n)
{
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++) {
		bool was_cr = zone->after_cr;

		zone->after_cr = false;
		if (was_cr && p[i] == '\n')
			continue; /* CR LF is one line's end, and CR alone is one, too */
		i += plain_octets(zone, p + i, n - i);
		i += token_octets(zone, p + i, n - i);
		if (i == n)
			break;
		zone->after_cr = p[i] == '\r';
		result = push_octet(zone, zone->after_cr ? '\n' : p[i]);
	}
	return result;
}

void feed_zone_init(struct feed_zone *zone, const char *origin, feed_on_entry *on_entry, void *arg, struct error *error)
{
	*zone = (struct feed_zone){ .on_entry = on_entry, .arg = arg, .error = error, .line = 1, .at_start = true };
	if (!origin)
		return;
	unescape(span_of(origin), &zone->origin);
	zone->has_origin = true;
	if (zone->origin.n > 0)
		set_apex(zone, &zone->origin);
}

/* How the file ends, where it is whole. */
static int end_file(struct feed_zone *zone)
{
	int result = zone->token.n > 0 && !zone->in_comment ? on_token(zone) : 0;

	if (result != 0)
		return result;
	if (zone->in_quotes)
		return error_set(zone->error,
				 "truncated, or line %llu: a quotation is opened that is not closed: fetch the file "
				 "again, or mend it; nothing from there on was read",
				 (unsigned long long)zone->quote_opened);
	if (zone->depth > 0)
		return error_set(zone->error,
				 "truncated, or line %llu: a parenthesis is opened that is not closed: fetch the file "
				 "again, or mend it; nothing from there on was read",
				 (unsigned long long)zone->opened);
	return end_record(zone);
}

int feed_zone_end(struct feed_zone *zone, bool whole)
{
	int result = whole ? end_file(zone) : 0, held = hand_on_held(zone), next = hand_on_next(zone);

	return result != 0 ? result : held != 0 ? held : next;
}

/* ---- the look of a record ---- */

static struct span next_word(struct span *rest)
{
	size_t n = 0;

	while (rest->n > 0 && ascii_is_wsp(rest->p[0]))
		*rest = span_skip(*rest, 1);
	while (n < rest->n && !ascii_is_wsp(rest->p[n]) && rest->p[n] != '(' && rest->p[n] != ';')
		n++;
	*rest = span_skip(*rest, n);
	return (struct span){ rest->p - n, n };
}

/* The types of IANA's registry that zones hold. */
static bool is_known_type(struct span word)
{
	static const char *const types[] = {
		"A",          "NS",     "MD",     "MF",       "CNAME", "SOA",   "MB",     "MG",    "MR",
		"NULL",       "WKS",    "PTR",    "HINFO",    "MINFO", "MX",    "TXT",    "RP",    "AFSDB",
		"X25",        "ISDN",   "RT",     "NSAP",     "SIG",   "KEY",   "PX",     "GPOS",  "AAAA",
		"LOC",        "NXT",    "SRV",    "NAPTR",    "KX",    "CERT",  "A6",     "DNAME", "SINK",
		"APL",        "DS",     "SSHFP",  "IPSECKEY", "RRSIG", "NSEC",  "DNSKEY", "DHCID", "NSEC3",
		"NSEC3PARAM", "TLSA",   "SMIMEA", "HIP",      "NINFO", "RKEY",  "TALINK", "CDS",   "CDNSKEY",
		"OPENPGPKEY", "CSYNC",  "ZONEMD", "SVCB",     "HTTPS", "DSYNC", "SPF",    "NID",   "L32",
		"L64",        "LP",     "EUI48",  "EUI64",    "URI",   "CAA",   "AVC",    "DOA",   "AMTRELAY",
		"RESINFO",    "WALLET", "TA",     "DLV",      NULL
	};
	uint64_t number;

	return feed_text_is_one_of(word, types) || is_numbered(word, SPAN_LITERAL("TYPE"), &number);
}

static bool is_word(struct span word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!ascii_is_alnum(word.p[i]) && word.p[i] != '-')
			return false;
	return word.n > 0;
}

/* Owner, TTL or class, a word, data: a type need not be known where something stands in front of it. */
static bool read_record(struct span line, struct span *owner, struct span *type, bool *is_bare)
{
	*owner = next_word(&line);
	*is_bare = true;
	if (owner->n == 0)
		return false;
	for (*type = next_word(&line); is_ttl_or_class(*type); *type = next_word(&line))
		*is_bare = false;
	line = span_trim(line);
	if (type->n == 0)
		return line.n == 1 && line.p[0] == '('; /* the type stands in the next line */
	return (*is_bare ? is_known_type(*type) : is_word(*type)) && line.n > 0;
}

bool feed_zone_is_record(struct span line)
{
	struct span owner, type;
	bool is_bare;

	if (line.n > 1 && line.p[0] == '$' && ascii_is_alnum(line.p[1]))
		return true;
	return read_record(line, &owner, &type, &is_bare);
}

bool feed_zone_is_answer(struct span line)
{
	struct span owner, type;
	bool is_bare;

	return read_record(line, &owner, &type, &is_bare) && is_bare && type.n > 0 && owner.p[owner.n - 1] == '.' &&
	       !is_type(type, SPAN_LITERAL("SOA"), DNS_TYPE_SOA) && !is_type(type, SPAN_LITERAL("NS"), DNS_TYPE_NS);
}

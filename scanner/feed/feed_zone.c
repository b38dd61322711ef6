/* Zones have a hundred million lines, and nearly all of their octets are data of records that do not matter
 * here: tokens are kept only until the type is known, the rest of a record is passed over. */
#include "scanner/feed/feed_zone.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void feed_zone_init(struct feed_zone *zone, feed_on_entry *on_entry, void *arg, struct error *error)
{
	*zone = (struct feed_zone){ .on_entry = on_entry, .arg = arg, .error = error, .line = 1, .at_start = true };
}

static struct span span_of_name(const struct zone_name *name)
{
	return (struct span){ name->text, name->n };
}

static void copy_name(struct zone_name *to, struct span from)
{
	to->n = from.n < ZONE_NAME_MAX ? from.n : ZONE_NAME_MAX;
	if (to->n > 0)
		memcpy(to->text, from.p, to->n);
}

/* RFC 1035 5.1: @ is the origin, a name without a trailing dot is below it. */
static void resolve(const struct feed_zone *zone, struct span token, struct zone_name *name)
{
	bool dotted = token.n > 0 && token.p[token.n - 1] == '.' && (token.n < 2 || token.p[token.n - 2] != '\\');
	struct span origin = span_of_name(&zone->origin);

	if (token.n == 1 && token.p[0] == '@') {
		copy_name(name, origin);
		return;
	}
	if (dotted)
		token.n--;
	copy_name(name, token);
	if (dotted || origin.n == 0 || name->n + 1 + origin.n > ZONE_NAME_MAX)
		return;
	name->text[name->n++] = '.';
	memcpy(name->text + name->n, origin.p, origin.n);
	name->n += origin.n;
}

/* What may stand between owner and type, in either order (RFC 1035 5.1): TTL, also as BIND's 1h30m, and
 * class. */
static bool is_ttl_or_class(struct span token)
{
	static const char *const classes[] = { "IN", "CH", "HS", "CS" };

	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (span_equal_nocase(token, span_of(classes[i])))
			return true;
	if (token.n == 0 || !ascii_is_digit(token.p[0]))
		return false;
	for (size_t i = 0; i < token.n; i++)
		if (!ascii_is_alnum(token.p[i]))
			return false;
	return true;
}

/* A delegation: every NS but those of the zone itself; each owner once where its records stand together. */
static int on_name_server(struct feed_zone *zone)
{
	struct span owner = span_of_name(&zone->owner);
	struct feed_entry entry = { .text = owner };

	if (zone->has_apex && span_equal_nocase(owner, span_of_name(&zone->apex)))
		return 0;
	if (owner.n == 0 || span_equal_nocase(owner, span_of_name(&zone->last)))
		return 0;
	copy_name(&zone->last, owner);
	return zone->on_entry(zone->arg, &entry);
}

/* The apex is the SOA's owner; before one is seen, the first $ORIGIN. A later $ORIGIN may be a delegated
 * name. */
static void set_apex(struct feed_zone *zone, const struct zone_name *name)
{
	copy_name(&zone->apex, span_of_name(name));
	zone->has_apex = true;
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

static void on_origin(struct feed_zone *zone, struct span token)
{
	struct zone_name origin;

	resolve(zone, token, &origin); /* may be relative to the one before */
	copy_name(&zone->origin, span_of_name(&origin));
	if (!zone->has_origin && !zone->has_apex)
		set_apex(zone, &origin);
	zone->has_origin = true;
	zone->is_origin = false;
	zone->skip = true;
}

static int on_token(struct feed_zone *zone)
{
	struct span token = span_of_name(&zone->token);
	unsigned field = zone->field++;

	zone->token.n = 0;
	if (zone->is_origin) {
		on_origin(zone, token);
		return 0;
	}
	if (field == 0 && token.p[0] == '$')
		return on_directive(zone, token);
	if (field == 0) {
		resolve(zone, token, &zone->owner);
		return 0;
	}
	if (is_ttl_or_class(token))
		return 0;
	zone->skip = true;
	if (span_equal_nocase(token, SPAN_LITERAL("SOA")))
		set_apex(zone, &zone->owner);
	return span_equal_nocase(token, SPAN_LITERAL("NS")) ? on_name_server(zone) : 0;
}

static void end_record(struct feed_zone *zone)
{
	zone->field = 0;
	zone->skip = false;
	zone->is_origin = false;
	zone->at_start = true;
	zone->token.n = 0;
}

/* An octet outside comments and quotes that ends the token before it. */
static int on_separator(struct feed_zone *zone, char c)
{
	int result = zone->token.n > 0 ? on_token(zone) : 0;

	if (zone->at_start && is_blank(c))
		zone->field = 1; /* the owner is the record's before */
	zone->at_start = false;
	if (c == '(')
		zone->depth++;
	else if (c == ')' && zone->depth > 0)
		zone->depth--;
	else if (c == ';')
		zone->in_comment = true;
	else if (c == '\n' && zone->depth == 0)
		end_record(zone);
	if (c == '\n')
		zone->line++;
	return result;
}

static void on_octet(struct feed_zone *zone, char c)
{
	zone->at_start = false;
	zone->in_quotes = c == '"' && !zone->escaped;
	zone->escaped = c == '\\' && !zone->escaped;
	if (!zone->skip && zone->token.n < ZONE_NAME_MAX)
		zone->token.text[zone->token.n++] = c;
}

/* Octets up to the next one that means something in this place. */
static size_t plain_octets(const struct feed_zone *zone, const char *p, size_t n)
{
	const char *hit;
	size_t i = 0;

	if (zone->in_comment) {
		hit = memchr(p, '\n', n);
		return hit ? (size_t)(hit - p) : n;
	}
	if (zone->skip && !zone->escaped)
		while (i < n && p[i] != '\n' && p[i] != '(' && p[i] != ')' && p[i] != ';' && p[i] != '"' &&
		       p[i] != '\\')
			i++;
	return i;
}

int feed_zone_push(struct feed_zone *zone, const char *p, size_t n)
{
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++) {
		if (!zone->in_quotes)
			i += plain_octets(zone, p + i, n - i);
		if (i == n)
			break;
		if (p[i] == '\n') { /* ends comments, and quotes that somebody forgot to close */
			zone->in_comment = zone->in_quotes = zone->escaped = false;
			result = on_separator(zone, '\n');
		} else if (zone->in_quotes) {
			zone->in_quotes = p[i] != '"' || zone->escaped;
			zone->escaped = p[i] == '\\' && !zone->escaped;
		} else if (!zone->escaped && (is_blank(p[i]) || p[i] == '(' || p[i] == ')' || p[i] == ';')) {
			result = on_separator(zone, p[i]);
		} else {
			on_octet(zone, p[i]);
		}
	}
	return result;
}

int feed_zone_end(struct feed_zone *zone)
{
	return zone->token.n > 0 && !zone->in_comment ? on_token(zone) : 0;
}

static struct span next_word(struct span *rest)
{
	size_t n = 0;

	while (rest->n > 0 && is_blank(rest->p[0]))
		*rest = span_skip(*rest, 1);
	while (n < rest->n && !is_blank(rest->p[n]) && rest->p[n] != '(' && rest->p[n] != ';')
		n++;
	*rest = span_skip(*rest, n);
	return (struct span){ rest->p - n, n };
}

bool feed_zone_is_record(struct span line)
{
	static const char *const types[] = { "SOA",   "NS",     "A",     "AAAA",    "DS",    "MX",         "TXT",
					     "CNAME", "DNSKEY", "RRSIG", "NSEC",    "NSEC3", "NSEC3PARAM", "CAA",
					     "SRV",   "PTR",    "CDS",   "CDNSKEY", "ZONEMD" };
	static const char *const directives[] = { "$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE" };
	struct span word;

	word = next_word(&line);
	for (size_t i = 0; i < COUNT_OF(directives); i++)
		if (span_equal_nocase(word, span_of(directives[i])))
			return true;
	if (word.n == 0)
		return false;
	do
		word = next_word(&line);
	while (is_ttl_or_class(word));
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (span_equal_nocase(word, span_of(types[i])))
			return span_trim(line).n > 0;
	return false;
}

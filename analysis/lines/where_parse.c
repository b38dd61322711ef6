/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/lines/where.h"
#include "output/nearest.h"

/* expression = term { "or" term }; term = factor { "and" factor };
 * factor = "not" factor | "(" expression ")" | condition */

enum { SHOWN = 40 }; /* octets of the text that a message repeats */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OPERATOR, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_BROKEN };

struct token {
	enum token_kind kind;
	struct span text; /* of a quoted one what is within */
	enum where_operator compare;
};

struct parser {
	struct where *where;
	struct span all, rest;
	struct token token; /* the next one */
	struct error *error;
};

static int parse_expression(struct parser *parser, unsigned depth, uint16_t *node);

/* "at 'mode = …': what"; always -1. */
__attribute__((format(printf, 3, 4))) static int fail(const struct parser *parser, struct span at, const char *format,
						      ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_set_list(parser->error, format, arguments);
	va_end(arguments);
	if (at.n == 0)
		return error_prefix(parser->error, "at the end");
	return error_prefix(parser->error, "at character %zu, '%.*s'", (size_t)(at.p - parser->all.p) + 1,
			    (int)(at.n < SHOWN ? at.n : SHOWN), at.p);
}

/* ---- tokens ---- */

static const struct {
	const char *text;
	enum where_operator compare;
} operators[] = {
	{ "!=", WHERE_UNEQUAL }, { "<=", WHERE_AT_MOST }, { ">=", WHERE_AT_LEAST }, { "=", WHERE_EQUAL },
	{ "<", WHERE_LESS },     { ">", WHERE_MORE },     { "~", WHERE_LIKE },
};

/* What stands in a name, a code, a number, a time or a pattern; octets of other scripts, too. */
static bool in_word(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || (c != '\0' && strchr("_-.:*/@+%", c));
}

static void take(struct parser *parser, enum token_kind kind, size_t n)
{
	parser->token = (struct token){ .kind = kind, .text = { parser->rest.p, n } };
	parser->rest = span_skip(parser->rest, n);
}

static void take_quoted(struct parser *parser)
{
	size_t end = span_find(parser->rest, 1, parser->rest.p[0]);

	if (end == parser->rest.n) {
		take(parser, TOKEN_BROKEN, parser->rest.n);
		return;
	}
	take(parser, TOKEN_QUOTED, end + 1);
	parser->token.text = (struct span){ parser->token.text.p + 1, end - 1 };
}

static void next(struct parser *parser)
{
	size_t n = 0;

	while (parser->rest.n > 0 && ascii_is_space(parser->rest.p[0]))
		parser->rest = span_skip(parser->rest, 1);
	if (parser->rest.n == 0) {
		take(parser, TOKEN_END, 0);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(operators); i++) {
		if (!span_starts_with(parser->rest, span_of(operators[i].text)))
			continue;
		take(parser, TOKEN_OPERATOR, strlen(operators[i].text));
		parser->token.compare = operators[i].compare;
		return;
	}
	while (n < parser->rest.n && in_word(parser->rest.p[n]))
		n++;
	if (n > 0)
		take(parser, TOKEN_WORD, n);
	else if (parser->rest.p[0] == '\'' || parser->rest.p[0] == '"')
		take_quoted(parser);
	else if (parser->rest.p[0] == '(')
		take(parser, TOKEN_OPEN, 1);
	else if (parser->rest.p[0] == ')')
		take(parser, TOKEN_CLOSE, 1);
	else
		take(parser, TOKEN_BROKEN, 1);
}

static bool is_keyword(const struct parser *parser, const char *word)
{
	return parser->token.kind == TOKEN_WORD && span_equal_nocase(parser->token.text, span_of(word));
}

/* ---- a condition ---- */

static int check_word(const struct parser *parser, const struct where_node *node, const struct domain_field *field)
{
	struct nearest nearest = { 0 };
	const char *word;

	for (unsigned i = 0; (word = field->word(i)); i++) {
		if (span_equal(span_of(word), node->value))
			return 0;
		if (word[0] != '\0')
			nearest_try(&nearest, node->value, word);
	}
	if (nearest.word)
		return fail(parser, node->value, "%s is never that; did you mean '%s'?", field->name, nearest.word);
	return fail(parser, node->value, "%s is never that; %s", field->name,
		    field->kind == FIELD_WORDS ? "'stsurvey findings' lists the codes" : "json.md lists its words");
}

/* 305 is as good as its code. */
static void take_finding_number(struct where_node *node)
{
	uint64_t number;

	if (!span_decimal(node->value, UINT16_MAX, &number))
		return;
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (finding_table[f].number == number)
			node->value = span_of(finding_table[f].code);
}

static bool is_time(struct span text)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";

	for (size_t i = 0; i < text.n; i++)
		if (i >= sizeof(form) - 1 || (form[i] == '0' ? !ascii_is_digit(text.p[i]) : text.p[i] != form[i]))
			return false;
	return text.n >= sizeof("0000") - 1;
}

static int check_value(const struct parser *parser, struct where_node *node, const struct domain_field *field)
{
	bool is_empty = node->value.n == 0, ordered = node->compare >= WHERE_LESS && node->compare <= WHERE_AT_LEAST;

	if (ordered && (!field || (field->kind != FIELD_NUMBER && field->kind != FIELD_TIME)))
		return fail(parser, node->value, "only numbers and times are smaller or larger");
	if (ordered && is_empty)
		return fail(parser, node->value, "nothing is smaller or larger than the empty field");
	if (!field || is_empty || (node->compare == WHERE_LIKE && field->kind != FIELD_NUMBER))
		return 0;
	switch (field->kind) {
	case FIELD_NUMBER:
		if (node->compare == WHERE_LIKE)
			return fail(parser, node->value, "%s is a number, which is like no pattern", field->name);
		if (!span_decimal(node->value, UINT64_MAX, &node->number))
			return fail(parser, node->value, "%s is a number", field->name);
		return 0;
	case FIELD_TIME:
		return is_time(node->value) ? 0
					    : fail(parser, node->value,
						   "%s is a time, as 2026-11-21T22:33:49.120Z or its "
						   "beginning",
						   field->name);
	case FIELD_FLAG:
		if (span_equal(node->value, SPAN_LITERAL("true")) || span_equal(node->value, SPAN_LITERAL("false")))
			return 0;
		return fail(parser, node->value, "%s is true or false", field->name);
	case FIELD_WORDS:
		take_finding_number(node);
		return check_word(parser, node, field);
	case FIELD_WORD:
		return check_word(parser, node, field);
	default:
		return 0;
	}
}

static int new_node(struct parser *parser, struct where_node node, uint16_t *at)
{
	if (parser->where->count == WHERE_NODES_MAX)
		return fail(parser, parser->rest, "more than %d conditions, ands and ors", (int)WHERE_NODES_MAX);
	*at = parser->where->count++;
	parser->where->node[*at] = node;
	return 0;
}

static int find_column(struct parser *parser, struct span name, unsigned *column)
{
	struct error what;

	if (span_equal(name, SPAN_LITERAL("finding"))) /* one of them is asked for */
		name = SPAN_LITERAL("findings");
	if (domain_columns_find(parser->where->columns, name, column, &what) == 0)
		return 0;
	return fail(parser, name, "%s", what.text);
}

static int parse_condition(struct parser *parser, uint16_t *at)
{
	struct where_node node = { .kind = WHERE_CONDITION };
	struct span name = parser->token.text;

	if (parser->token.kind == TOKEN_BROKEN && parser->token.text.n > 1)
		return fail(parser, name, "the quote is not closed");
	if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_QUOTED)
		return fail(parser, name, "here a field is expected: mode = enforce");
	if (find_column(parser, name, &node.column) < 0)
		return -1;
	next(parser);
	if (parser->token.kind != TOKEN_OPERATOR)
		return fail(parser, parser->token.text, "behind a field is =, !=, <, >, <=, >= or ~ expected");
	node.compare = parser->token.compare;
	next(parser);
	if (parser->token.kind == TOKEN_BROKEN && parser->token.text.n > 1)
		return fail(parser, parser->token.text, "the quote is not closed");
	if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_QUOTED)
		return fail(parser, parser->token.text, "here a value is expected; '' is the empty field");
	node.value = parser->token.text;
	if (check_value(parser, &node, node.column < DOMAIN_FIELDS ? &domain_fields[node.column] : NULL) < 0)
		return -1;
	next(parser);
	return new_node(parser, node, at);
}

/* ---- what joins them ---- */

static int parse_factor(struct parser *parser, unsigned depth, uint16_t *at)
{
	struct where_node node = { .kind = WHERE_NOT };

	if (depth > WHERE_DEPTH_MAX)
		return fail(parser, parser->token.text, "more than %d parentheses and nots within each other",
			    (int)WHERE_DEPTH_MAX);
	if (is_keyword(parser, "not")) {
		next(parser);
		return parse_factor(parser, depth + 1, &node.left) < 0 ? -1 : new_node(parser, node, at);
	}
	if (parser->token.kind != TOKEN_OPEN)
		return parse_condition(parser, at);
	next(parser);
	if (parse_expression(parser, depth + 1, at) < 0)
		return -1;
	if (parser->token.kind != TOKEN_CLOSE)
		return fail(parser, parser->token.text, "here and, or or ) is expected");
	next(parser);
	return 0;
}

static int parse_term(struct parser *parser, unsigned depth, uint16_t *at)
{
	struct where_node node = { .kind = WHERE_AND };

	if (parse_factor(parser, depth, at) < 0)
		return -1;
	while (is_keyword(parser, "and")) {
		next(parser);
		node.left = *at;
		if (parse_factor(parser, depth, &node.right) < 0 || new_node(parser, node, at) < 0)
			return -1;
	}
	return 0;
}

static int parse_expression(struct parser *parser, unsigned depth, uint16_t *at)
{
	struct where_node node = { .kind = WHERE_OR };

	if (parse_term(parser, depth, at) < 0)
		return -1;
	while (is_keyword(parser, "or")) {
		next(parser);
		node.left = *at;
		if (parse_term(parser, depth, &node.right) < 0 || new_node(parser, node, at) < 0)
			return -1;
	}
	return 0;
}

int where_parse(struct where *where, struct span text, const struct domain_columns *columns, struct error *error)
{
	struct parser parser = { .where = where, .all = text, .rest = text, .error = error };

	where->columns = columns;
	where->count = 0;
	if (text.n > WHERE_TEXT_MAX)
		return error_set(error, "longer than %d octets", (int)WHERE_TEXT_MAX);
	next(&parser);
	if (parse_expression(&parser, 0, &where->root) < 0)
		return -1;
	if (parser.token.kind != TOKEN_END)
		return fail(&parser, parser.token.text, "here and, or or the end is expected");
	return 0;
}

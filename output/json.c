#include "output/json.h"

#include <math.h>

#include "output/jsonl.h"
#include "parsers/utf8.h"

static void put_string(struct text *out, struct span value)
{
	jsonl_string(out, value, !utf8_is_valid(value));
}

static void begin_member(struct json *json, const char *key)
{
	if (json->has_member)
		text_char(json->out, ',');
	text_char(json->out, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		text_char(json->out, '\t');
	json->has_member = true;
	if (!key)
		return;
	put_string(json->out, span_of(key));
	text_literal(json->out, ": ");
}

static void open_level(struct json *json, char bracket)
{
	text_char(json->out, bracket);
	json->depth++;
	json->has_member = false;
}

static void close_level(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_member) {
		text_char(json->out, '\n');
		for (unsigned i = 0; i < json->depth; i++)
			text_char(json->out, '\t');
	}
	text_char(json->out, bracket);
	json->has_member = true;
}

void json_begin(struct json *json, struct text *out)
{
	*json = (struct json){ .out = out };
	open_level(json, '{');
}

void json_end(struct json *json)
{
	close_level(json, '}');
	text_char(json->out, '\n');
}

void json_open_object(struct json *json, const char *key)
{
	begin_member(json, key);
	open_level(json, '{');
}

void json_close_object(struct json *json)
{
	close_level(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
	begin_member(json, key);
	open_level(json, '[');
}

void json_close_array(struct json *json)
{
	close_level(json, ']');
}

void json_string(struct json *json, const char *key, struct span value)
{
	begin_member(json, key);
	put_string(json->out, value);
}

void json_text(struct json *json, const char *key, const char *value)
{
	if (value)
		json_string(json, key, span_of(value));
	else
		json_null(json, key);
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	begin_member(json, key);
	text_uint(json->out, value);
}

void json_number(struct json *json, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	begin_member(json, key);
	text_printf(json->out, "%.15g", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json, key);
	text_string(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	begin_member(json, key);
	text_literal(json->out, "null");
}

void json_time(struct json *json, const char *key, int64_t ms_since_1970)
{
	begin_member(json, key);
	text_char(json->out, '"');
	text_time_ms(json->out, ms_since_1970);
	text_char(json->out, '"');
}

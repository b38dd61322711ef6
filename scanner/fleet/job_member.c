/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/job_member.h"

#include "scanner/fleet/job.h"

static bool is_text(const struct job_member *member)
{
	return member->kind == JOB_MEMBER_TEXT || member->kind == JOB_MEMBER_SPAN || member->kind == JOB_MEMBER_HASH;
}

static struct span text_of(const struct job_member *member, const char *at)
{
	struct span span;

	if (member->kind != JOB_MEMBER_SPAN)
		return span_of(at);
	memcpy(&span, at, sizeof(span));
	return span.p ? span : (struct span){ "", 0 };
}

static uint64_t uint_of(const struct job_member *member, const char *at)
{
	uint64_t wide;
	uint32_t narrow;

	if (member->size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

static void set_uint(const struct job_member *member, char *at, uint64_t wide)
{
	uint32_t narrow = (uint32_t)wide;

	memcpy(at, member->size == sizeof(wide) ? (const void *)&wide : &narrow, member->size);
}

void job_members_write(struct json *json, const struct job_member *member, size_t count, const void *value)
{
	for (size_t i = 0; i < count; i++) {
		struct span text = is_text(&member[i]) ? text_of(&member[i], (const char *)value + member[i].offset)
						       : (struct span){ NULL, 0 };

		json_latin1(json, &text, text.p ? 1 : 0);
	}
	for (size_t i = 0; i < count; i++) {
		const char *name = member[i].name, *at = (const char *)value + member[i].offset;
		double number;
		int64_t whole;

		switch (member[i].kind) {
		case JOB_MEMBER_TEXT:
		case JOB_MEMBER_SPAN:
		case JOB_MEMBER_HASH:
			json_string(json, name, text_of(&member[i], at));
			break;
		case JOB_MEMBER_WORD:
			json_text(json, name, member[i].word[uint_of(&member[i], at)]);
			break;
		case JOB_MEMBER_UINT:
			json_uint(json, name, uint_of(&member[i], at));
			break;
		case JOB_MEMBER_INT:
			memcpy(&whole, at, sizeof(whole));
			json_key(json, name);
			text_printf(json->out, "%lld", (long long)whole);
			break;
		case JOB_MEMBER_NUMBER:
			memcpy(&number, at, sizeof(number));
			json_number(json, name, number);
			break;
		}
	}
}

static void read_text(struct json_read *read, const struct json_object *object, const struct job_member *member,
		      char *at)
{
	struct span text = json_read_text(read, object, member->name);

	if (member->kind == JOB_MEMBER_SPAN) {
		memcpy(at, &text, sizeof(text));
		return;
	}
	if (text.n >= member->size) {
		json_read_refuse(read, "'%s' has more than %zu octets", member->name, member->size - 1);
		return;
	}
	if (member->kind == JOB_MEMBER_HASH && !read->failed &&
	    (text.n != member->size - 1 || strspn(text.p, "0123456789abcdef") != text.n)) {
		json_read_refuse(read, "'%s' is no SHA-256 in lower-case hexadecimal digits", member->name);
		return;
	}
	memcpy(at, text.p, text.n);
	at[text.n] = '\0';
}

static void read_word(struct json_read *read, const struct json_object *object, const struct job_member *member,
		      char *at)
{
	struct span text = json_read_text(read, object, member->name);

	for (uint64_t i = 0; i <= member->most; i++) {
		if (!span_equal(text, span_of(member->word[i])))
			continue;
		set_uint(member, at, i);
		return;
	}
	json_read_refuse(read, "'%s' is none of its words", member->name);
}

static void read_uint(struct json_read *read, const struct json_object *object, const struct job_member *member,
		      char *at)
{
	uint64_t value = json_read_uint(read, object, member->name, member->most);

	if (value < member->least)
		json_read_refuse(read, "'%s' is below %llu", member->name, (unsigned long long)member->least);
	set_uint(member, at, value);
}

static void read_number(struct json_read *read, const struct json_object *object, const struct job_member *member,
			char *at)
{
	double value = json_read_number(read, object, member->name);

	if (value < 0)
		json_read_refuse(read, "'%s' is below 0", member->name);
	memcpy(at, &value, sizeof(value));
}

void job_members_read(struct json_read *read, const struct json_object *object, const struct job_member *member,
		      size_t count, void *value)
{
	for (size_t i = 0; i < count && !read->failed; i++) {
		char *at = (char *)value + member[i].offset;
		int64_t whole;

		switch (member[i].kind) {
		case JOB_MEMBER_TEXT:
		case JOB_MEMBER_SPAN:
		case JOB_MEMBER_HASH:
			read_text(read, object, &member[i], at);
			break;
		case JOB_MEMBER_WORD:
			read_word(read, object, &member[i], at);
			break;
		case JOB_MEMBER_UINT:
			read_uint(read, object, &member[i], at);
			break;
		case JOB_MEMBER_INT:
			whole = json_read_int(read, object, member[i].name);
			memcpy(at, &whole, sizeof(whole));
			break;
		case JOB_MEMBER_NUMBER:
			read_number(read, object, &member[i], at);
			break;
		}
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/job_member.h - members of a struct as members of an object of JSON, by one table for both ways. */
#ifndef STSURVEY_SCANNER_FLEET_JOB_MEMBER_H
#define STSURVEY_SCANNER_FLEET_JOB_MEMBER_H

#include "output/json.h"
#include "scanner/fleet/json_read.h"

enum job_member_kind {
	JOB_MEMBER_TEXT,   /* char [size] */
	JOB_MEMBER_SPAN,   /* struct span, into the tree that was read */
	JOB_MEMBER_HASH,   /* char [JOB_HASH_TEXT]: lower-case hexadecimal digits */
	JOB_MEMBER_WORD,   /* an enum, from 0 on: @word has one for each value; @most is the last */
	JOB_MEMBER_UINT,   /* of 4 or 8 octets, from @least to @most */
	JOB_MEMBER_INT,    /* int64_t */
	JOB_MEMBER_NUMBER, /* double, not below 0 */
};

struct job_member {
	const char *name;
	enum job_member_kind kind;
	size_t offset, size;
	uint64_t least, most;
	const char *const *word;
};

#define JOB_MEMBER_AS(name, type, member, kind, ...)                                                                   \
	{                                                                                                              \
		name, kind, offsetof(struct type, member), sizeof(((struct type *)0)->member), __VA_ARGS__             \
	}
#define JOB_MEMBER(type, member, kind, ...) JOB_MEMBER_AS(#member, type, member, kind, __VA_ARGS__)

void job_members_write(struct json *json, const struct job_member *member, size_t count, const void *value);

/* All of them are there, and nothing beyond its limits, or the reader has failed. */
void job_members_read(struct json_read *read, const struct json_object *object, const struct job_member *member,
		      size_t count, void *value);

#endif

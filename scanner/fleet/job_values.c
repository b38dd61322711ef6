/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/job.h"
#include "scanner/fleet/job_member.h"

static const char *const stage_words[] = { "domains", "hosts" };

_Static_assert(COUNT_OF(stage_words) == JOB_STAGES, "one each");

static const struct job_member chunk_members[] = {
	JOB_MEMBER(job_chunk, number, JOB_MEMBER_UINT, 0, JOB_CHUNKS_MAX - 1, NULL),
	JOB_MEMBER(job_chunk, stage, JOB_MEMBER_WORD, 0, JOB_STAGES - 1, stage_words),
	JOB_MEMBER(job_chunk, lane, JOB_MEMBER_UINT, 0, JOB_LANES - 1, NULL),
	JOB_MEMBER(job_chunk, first, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_chunk, entries, JOB_MEMBER_UINT, 1, UINT64_MAX, NULL),
	JOB_MEMBER(job_chunk, parts, JOB_MEMBER_UINT, 1, JOB_PARTS_MAX, NULL),
	JOB_MEMBER(job_chunk, size, JOB_MEMBER_UINT, 1, JOB_LIST_OCTETS_MAX, NULL),
	JOB_MEMBER(job_chunk, sha256, JOB_MEMBER_HASH, 0, 0, NULL),
	JOB_MEMBER(job_chunk, round, JOB_MEMBER_UINT, 0, UINT32_MAX, NULL),
};

static const struct job_member cut_members[] = {
	JOB_MEMBER(job_cut, first, JOB_MEMBER_UINT, 0, JOB_CHUNKS_MAX, NULL),
	JOB_MEMBER(job_cut, end, JOB_MEMBER_UINT, 0, JOB_CHUNKS_MAX, NULL),
	JOB_MEMBER(job_cut, entries, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
};

static const struct job_member attempt_members[] = {
	JOB_MEMBER(job_attempt, worker, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job_attempt, number, JOB_MEMBER_UINT, 0, UINT32_MAX, NULL),
	JOB_MEMBER(job_attempt, why, JOB_MEMBER_TEXT, 0, 0, NULL),
};

static const struct job_member done_members[] = {
	JOB_MEMBER(job_done, worker, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job_done, sha256, JOB_MEMBER_HASH, 0, 0, NULL),
	JOB_MEMBER(job_done, size, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_done, first, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_done, domains, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_done, unknown, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_done, seconds, JOB_MEMBER_NUMBER, 0, 0, NULL),
};

static const struct job_member dead_members[] = {
	JOB_MEMBER(job_dead, first, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_dead, entries, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER_AS("worker", job_dead, last.worker, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER_AS("number", job_dead, last.number, JOB_MEMBER_UINT, 0, UINT32_MAX, NULL),
	JOB_MEMBER_AS("why", job_dead, last.why, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job_dead, round, JOB_MEMBER_UINT, 0, UINT32_MAX, NULL),
};

static const struct job_member word_members[] = {
	JOB_MEMBER(job_word, state, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job_word, tool, JOB_MEMBER_TEXT, 0, 0, NULL),
	JOB_MEMBER(job_word, chunk, JOB_MEMBER_INT, 0, 0, NULL),
	JOB_MEMBER(job_word, share, JOB_MEMBER_UINT, 0, UINT32_MAX, NULL),
	JOB_MEMBER(job_word, domains, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_word, scanned, JOB_MEMBER_UINT, 0, UINT64_MAX, NULL),
	JOB_MEMBER(job_word, per_second, JOB_MEMBER_NUMBER, 0, 0, NULL),
	JOB_MEMBER(job_word, last, JOB_MEMBER_TEXT, 0, 0, NULL),
};

static void put(const struct job_member *member, size_t count, const void *value, struct text *out)
{
	struct json json;

	json_begin_line(&json, out);
	job_members_write(&json, member, count, value);
	json_end(&json);
}

static int get(const struct job_member *member, size_t count, void *value, struct span text, const char *what,
	       struct error *error)
{
	struct json_read json;

	json_read_begin(&json, text, what, error);
	job_members_read(&json, json.outermost, member, count, value);
	return json_read_end(&json);
}

#define VALUE(name, members, what)                                                                                     \
	void name##_write(const struct name *value, struct text *out)                                                  \
	{                                                                                                              \
		put(members, COUNT_OF(members), value, out);                                                           \
	}                                                                                                              \
	int name##_read(struct name *value, struct span json, struct error *error)                                     \
	{                                                                                                              \
		*value = (struct name){ 0 };                                                                           \
		return get(members, COUNT_OF(members), value, json, what, error);                                      \
	}
VALUE(job_chunk, chunk_members, "the queue's message")
VALUE(job_attempt, attempt_members, "the word about an attempt")
VALUE(job_done, done_members, "the word about a chunk that is done")
VALUE(job_dead, dead_members, "the word about a dead chunk")
VALUE(job_word, word_members, "a worker's word")
#undef VALUE

void job_cut_write(const struct job_cut *value, struct text *out)
{
	put(cut_members, COUNT_OF(cut_members), value, out);
}

int job_cut_read(struct job_cut *value, struct span json, struct error *error)
{
	static const char what[] = "the word that the list is cut";

	*value = (struct job_cut){ 0 };
	if (get(cut_members, COUNT_OF(cut_members), value, json, what, error) != 0)
		return -1;
	return value->first <= value->end ? 0 : error_set(error, "%s: 'first' is behind 'end'", what);
}

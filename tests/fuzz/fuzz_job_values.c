/* SPDX-License-Identifier: BSD-2-Clause */
/* A job's manifest and each of its values, as anybody may have put them at the server. What can be read comes back the
 * same when it is written and read again. */
#include "scanner/fleet/job.h"
#include "tests/fuzz/fuzz.h"

static void check_manifest(struct span json, struct text *text)
{
	struct text again;
	struct error error = { "" };
	struct job job;

	if (job_read(&job, json, &error) != 0) {
		FUZZ_CHECK(error.text[0] != '\0' && !job.own);
		return;
	}
	text_open_memory(&again);
	FUZZ_CHECK(job_write(&job, text, &error) == 0 || text->used > 1024 * 1024);
	job_free(&job);
	if (text->used <= 1024 * 1024) {
		FUZZ_CHECK(job_read(&job, (struct span){ text->data, text->used }, &error) == 0);
		FUZZ_CHECK(job_write(&job, &again, &error) == 0);
		FUZZ_CHECK(again.used == text->used && memcmp(again.data, text->data, again.used) == 0);
		job_free(&job);
	}
	text_free(&again);
}

#define CHECK_VALUE(type)                                                                                              \
	do {                                                                                                           \
		struct error error = { "" };                                                                           \
		struct type value, back;                                                                               \
		text.used = 0;                                                                                         \
		if (type##_read(&value, json, &error) != 0) {                                                          \
			FUZZ_CHECK(error.text[0] != '\0');                                                             \
			break;                                                                                         \
		}                                                                                                      \
		type##_write(&value, &text);                                                                           \
		FUZZ_CHECK(type##_read(&back, (struct span){ text.data, text.used }, &error) == 0);                    \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span json = { (const char *)data, size };
	char file[JOB_FILE_HASH_TEXT], subject[BUS_NAME_MAX];
	uint32_t chunk;
	struct text text;

	text_open_memory(&text);
	check_manifest(json, &text);
	CHECK_VALUE(job_chunk);
	CHECK_VALUE(job_cut);
	CHECK_VALUE(job_attempt);
	CHECK_VALUE(job_done);
	CHECK_VALUE(job_dead);
	CHECK_VALUE(job_word);
	text_free(&text);
	if (size < sizeof(subject)) {
		memcpy(subject, data, size);
		subject[size] = '\0';
		if (job_result_parse("J", subject, &chunk, file))
			FUZZ_CHECK(chunk < JOB_CHUNKS_MAX && strlen(file) == JOB_FILE_HASH_TEXT - 1);
	}
	return 0;
}

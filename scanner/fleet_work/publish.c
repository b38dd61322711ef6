/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet_work/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/frame.h"
#include "scanner/fleet/digest.h"

static int fail(const char *name, int number, struct error *error)
{
	return error_set(error, "%s: %s", name, strerror(number));
}

static int rewind_to(int fd, off_t offset, const char *name, struct error *error)
{
	return lseek(fd, offset, SEEK_SET) < 0 ? fail(name, errno, error) : 0;
}

/* ---- facts ---- */

/* The trailer, which a scan writes as a frame of its own (output/scan_file/sink.c); false: it is none. */
static bool read_trailer(struct span content, struct publish_facts *facts)
{
	struct decode *decode = decode_new();
	struct observation *domain = decode ? calloc(1, sizeof(*domain)) : NULL;
	union decode_frame_record record;
	bool is_one = false;

	if (domain) {
		decode_begin(decode, content);
		is_one = decode_next(decode, domain, &record) == DECODE_TRAILER;
	}
	if (is_one) {
		bool has_domains = record.trailer.domains > 0;

		facts->domains = has_domains ? record.trailer.domains : record.trailer.hosts;
		facts->unknown = has_domains ? record.trailer.unknown : record.trailer.hosts_unknown;
	}
	free(domain);
	decode_free(decode);
	return is_one;
}

/* The last frame of the file is the trailer, which ends it. */
static int look_at_end(int fd, const char *name, struct publish_facts *facts, struct error *error)
{
	struct frame_walk *walk = frame_walk_new(fd);
	struct frame frame, last = { .start = -1 };
	bool is_one = false;

	if (!walk)
		return fail(name, ENOMEM, error);
	while (frame_pass(walk, &frame))
		last = frame;
	frame_walk_free(walk);
	if (last.start < 0 || (uint64_t)last.end != facts->size)
		return error_set(error, "%s: is no whole scan file", name);
	if (rewind_to(fd, (off_t)last.start, name, error) < 0)
		return -1;
	walk = frame_walk_new(fd);
	if (!walk)
		return fail(name, ENOMEM, error);
	if (frame_next(walk, &frame) == FRAME_WHOLE)
		is_one = read_trailer(frame.content, facts);
	frame_walk_free(walk);
	return is_one ? 0 : error_set(error, "%s: is no whole scan file: its end is missing", name);
}

int publish_look(int fd, const char *name, struct publish_facts *facts, struct error *error)
{
	struct stat info;

	*facts = (struct publish_facts){ 0 };
	if (fstat(fd, &info) < 0)
		return fail(name, errno, error);
	facts->size = (uint64_t)info.st_size;
	if (rewind_to(fd, 0, name, error) < 0 || look_at_end(fd, name, facts, error) < 0)
		return -1;
	return rewind_to(fd, 0, name, error) < 0 ? -1 : digest_of_file(fd, name, facts->sha256, error);
}

/* ---- messages ---- */

int publish_file(int fd, const char *name, const char *job, uint32_t chunk, const struct publish_facts *facts,
		 size_t most, publish_on_part *on_part, void *arg, struct error *error)
{
	struct publish_part part;
	struct frame_walk *walk = rewind_to(fd, 0, name, error) < 0 ? NULL : frame_walk_new(fd);
	char file[JOB_FILE_HASH_TEXT];
	struct frame frame;
	unsigned long long number = 0, end = 0;
	int result = 0;

	if (!walk)
		return fail(name, errno ? errno : ENOMEM, error);
	job_file_name(facts->sha256, file);
	job_result_subject(job, chunk, file, part.subject);
	for (; result == 0 && frame_pass(walk, &frame); number++) {
		unsigned parts = 0;

		end = (unsigned long long)frame.end;
		for (size_t at = 0; result == 0 && at < frame.content.n; at += part.data.n) {
			size_t left = frame.content.n - at;

			part.data = (struct span){ frame.content.p + at, left < most ? left : most };
			part.offset = (uint64_t)frame.start + at;
			snprintf(part.id, sizeof(part.id), "%s/%" PRIu32 "/%s/%llu/%u", job, chunk, file, number,
				 parts++);
			result = on_part(arg, &part, error);
		}
	}
	frame_walk_free(walk);
	if (result == 0 && end != facts->size)
		return error_set(error, "%s: changed while it was sent", name);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/scan_file/frame.h"
#include "output/scan_file/frame_records.h"
#include "output/scan_file/schema.h"
#include "output/temporary_file.h"

enum {
	SPREAD_MAX = 1000 * 1000 * 1000, /* no list has more lines, so that no sample is smaller */
	INDEXES_AT_ONCE = 64,            /* of domains that were read and are taken together: one by one costs more */
};

struct reader {
	const char *path;
	int fd;
	bool is_own; /* fd is closed with it */
	struct frame_walk *walk;
	struct frame frame;
	struct frame_records records; /* of the frame */
	struct frame_facts facts;
	uint64_t index[INDEXES_AT_ONCE];
	union decode_frame_record header;
	struct record_trailer trailer;
	bool trailer_alone; /* in its frame */
	struct reader_end end;
	struct bit_set indexes;
	uint64_t work_left;
	bool passing; /* frames are passed to others (reader_pass) */
	bool ended;
	struct error error; /* "" or why nothing more is read */
};

__attribute__((format(printf, 2, 3))) static int fail_reading(struct reader *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	error_set_list(&r->error, format, list);
	va_end(list);
	return error_prefix(&r->error, "%s", r->path);
}

static uint64_t work_of_octets(long long octets)
{
	return READER_WORK_PER_OCTET * (uint64_t)octets;
}

/* What is taken from now on is of that frame. */
static void begin_frame(struct reader *r, long long start, long long end)
{
	r->end.frames++;
	r->end.whole = end;
	r->work_left += work_of_octets(end - start);
	r->indexes.most = READER_CHUNKS_FREE + READER_CHUNKS_PER_OCTET * (uint64_t)end;
	r->frame.start = start;
	r->frame.end = end;
}

/* The next frame into the decoder. FRAME_WHOLE; FRAME_END, FRAME_TORN: there is none; else the reason is in r->error.
 */
static enum frame_result next_frame(struct reader *r)
{
	struct frame next = r->frame;
	enum frame_result result = frame_next(r->walk, &next);

	switch (result) {
	case FRAME_WHOLE:
		begin_frame(r, next.start, next.end);
		frame_records_begin(&r->records, next.content);
		r->facts = (struct frame_facts){
			.start = next.start, .end = next.end, .work_most = r->work_left, .index = r->index
		};
		break;
	case FRAME_END:
	case FRAME_TORN:
		r->ended = true;
		r->end.torn = result == FRAME_TORN;
		break;
	case FRAME_DAMAGED:
		fail_reading(r,
			     "damaged at octet %lld; the %llu records before it are good; head -c %lld FILE >PART "
			     "takes them",
			     r->frame.end, r->end.records, r->frame.end);
		break;
	case FRAME_FOREIGN:
		fail_reading(r, "is no scan file (not compressed with zstd)");
		break;
	case FRAME_TOO_LARGE:
		fail_reading(r, "the frame at octet %lld holds more than %d MiB; no scan file has such", r->frame.end,
			     FRAME_CONTENT_MAX >> 20);
		break;
	case FRAME_READ:
		fail_reading(r, "cannot be read: %s", strerror(errno));
		break;
	case FRAME_MEMORY:
		fail_reading(r, "no memory to read it");
		break;
	}
	return result;
}

static int fail_newer(struct reader *r, unsigned major, unsigned minor)
{
	return fail_reading(r, "written with schema %u.%u, this version reads %d.x; use a newer stsurvey", major, minor,
			    RECORD_SCHEMA_MAJOR);
}

uint64_t reader_spread(const struct record_header *header)
{
	double parts = header->shards > 1 ? header->shards : 1;

	if (header->sample > 0)
		parts /= header->sample;
	return parts < SPREAD_MAX ? (uint64_t)parts : SPREAD_MAX;
}

static int read_first_record(struct reader *r)
{
	struct observation none;
	enum frame_result frame = next_frame(r);

	if (frame == FRAME_END || frame == FRAME_TORN) {
		fail_reading(r, "holds nothing: it is empty or was cut at its very beginning");
		return READER_NOTHING;
	}
	if (frame != FRAME_WHOLE)
		return -1;
	switch (decode_next(r->records.decode, &none, &r->header)) {
	case DECODE_HEADER:
		r->indexes.shards = reader_spread(&r->header.header);
		r->indexes.first = r->header.header.first_index;
		r->indexes.has_gaps = r->header.header.has_gaps;
		if (decode_set_labels(r->records.decode, r->header.header.label, r->header.header.label_count))
			return 0;
		return fail_reading(r, "no memory to read it");
	case DECODE_NEWER:
		return fail_newer(r, r->header.header.major, r->header.header.minor);
	case DECODE_MEMORY:
		return fail_reading(r, "no memory to read it");
	default:
		return fail_reading(r, "is no scan file (its first record is no header)");
	}
}

static int open_path(struct reader *r, const char *path)
{
	struct stat info;

	if (strcmp(path, "-") == 0) {
		r->fd = STDIN_FILENO;
		return 0;
	}
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return fail_reading(r, "cannot be opened: %s", strerror(errno));
	r->is_own = true;
	if (fstat(r->fd, &info) == 0 && S_ISDIR(info.st_mode))
		return fail_reading(r, "is a directory, not a scan file");
	return 0;
}

static int take_descriptor(struct reader *r, int fd)
{
	r->fd = fd;
	return lseek(fd, 0, SEEK_SET) == 0 ? 0 : fail_reading(r, "cannot be read: %s", strerror(errno));
}

/* @path; where it is NULL, @fd. */
static int open_any(struct reader **out, const char *path, int fd, const char *name, struct error *error)
{
	struct reader *r = calloc(1, sizeof(*r));
	int result = -1;

	*out = NULL;
	if (!r)
		return error_set(error, "%s: no memory to read it", name);
	r->fd = -1;
	r->work_left = READER_WORK_FREE;
	r->path = strcmp(name, "-") == 0 ? "standard input" : name;
	if ((path ? open_path(r, path) : take_descriptor(r, fd)) == 0) {
		r->walk = frame_walk_new(r->fd);
		result = r->walk && frame_records_init(&r->records) ? read_first_record(r)
								    : fail_reading(r, "no memory to read it");
	}
	if (result == 0) {
		*out = r;
		return 0;
	}
	*error = r->error;
	reader_close(r);
	return result;
}

int reader_open(struct reader **out, const char *path, struct error *error)
{
	return open_any(out, path, -1, path, error);
}

int reader_open_descriptor(struct reader **out, int fd, const char *name, struct error *error)
{
	return open_any(out, NULL, fd, name, error);
}

bool reader_can_repeat(const struct reader *r)
{
	struct stat info;

	return r->is_own && fstat(r->fd, &info) == 0 && S_ISREG(info.st_mode);
}

int reader_copy(struct reader *r, struct error *error)
{
	int fd = temporary_file(), failure = fd < 0 ? -fd : 0;
	bool reading = false;

	if (fd >= 0)
		failure = frame_copy_all(r->walk, fd, &reading);
	if (failure == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	if (reading)
		return error_set(error, "%s: cannot be read: %s", r->path, strerror(failure));
	return error_set(error, "%s: temporary file for it in %s: %s; TMPDIR names another folder", r->path,
			 temporary_folder(), strerror(failure));
}

/* ---- what frames hold, in order ---- */

/* 0, or -1 with the reason in r->error. */
static int take_indexes(struct reader *r, const struct frame_facts *facts)
{
	for (size_t i = 0; i < facts->index_count; i++) {
		int had = bit_set_add(&r->indexes, facts->index[i]);

		if (had == BIT_SET_MEMORY)
			return fail_reading(r, "no memory to read it");
		r->end.beyond |= had == BIT_SET_BEYOND;
		if (had > 0 && r->end.duplicates++ == 0)
			r->end.duplicate = facts->index[i];
	}
	return 0;
}

static void take_counts(struct reader *r, const struct frame_facts *facts)
{
	r->end.records += facts->domains;
	r->end.blocklisted += facts->blocklisted;
	r->end.illegal += facts->illegal;
	r->end.hosts += facts->hosts;
	direct_counts_merge(&r->end.direct, &facts->direct);
	r->end.joined |= facts->joined;
	if (facts->records > 0) {
		r->end.joined |= r->end.trailer && r->trailer_alone;
		r->end.whole = facts->end;
		r->end.trailer = NULL;
	}
	if (facts->has_trailer) {
		r->trailer = facts->trailer;
		r->end.trailer = &r->trailer;
		r->trailer_alone = facts->trailer_alone;
		r->end.whole = facts->trailer_alone ? facts->start : r->end.whole;
	}
}

static int fail_work(struct reader *r)
{
	return fail_reading(r,
			    "the frame at octet %lld makes more work than a file of its size may; no scan writes such",
			    r->frame.start);
}

/* Of a frame, or a part of it, that was begun. 0, or -1 with the reason in r->error. */
static int take(struct reader *r, struct frame_facts *facts)
{
	if (take_indexes(r, facts) < 0)
		return -1;
	if (facts->work > r->work_left)
		return fail_work(r);
	r->work_left -= facts->work;
	take_counts(r, facts);
	switch (facts->stop) {
	case FRAME_STOP_NOT:
	case FRAME_STOP_END:
		frame_facts_taken(facts);
		return 0;
	case FRAME_STOP_WORK:
		return fail_work(r);
	case FRAME_STOP_NEWER:
		return fail_newer(r, facts->major, facts->minor);
	case FRAME_STOP_MEMORY:
		return fail_reading(r,
				    "no memory to read the frame at octet %lld, or it needs more than a scan file may",
				    r->frame.start);
	case FRAME_STOP_DAMAGED:
		break;
	}
	return fail_reading(r,
			    "damaged at octet %zu of the frame at octet %lld; the %llu records before it are good; "
			    "head -c %lld FILE >PART takes those before the frame",
			    facts->offset, r->frame.start, r->end.records, r->frame.start);
}

int reader_take(struct reader *r, struct frame_facts *facts, struct error *error)
{
	if (facts->end != r->frame.end)
		begin_frame(r, facts->start, facts->end);
	if (take(r, facts) == 0)
		return 0;
	*error = r->error;
	return -1;
}

bool reader_pass(struct reader *r, struct span *octets, struct frame_facts *facts)
{
	struct frame frame;

	if (!r->passing)
		frame_rewind(r->walk);
	r->passing = true;
	if (r->ended || !frame_pass(r->walk, &frame))
		return false;
	*octets = frame.content;
	*facts = (struct frame_facts){ .start = frame.start,
				       .end = frame.end,
				       .is_first = frame.start == 0,
				       .work_most = READER_WORK_FREE + work_of_octets(frame.end),
				       .index = facts->index };
	return true;
}

/* The labels' names are the decoder's own: the header's are gone once another frame is opened here. */
bool reader_prepare(const struct reader *r, struct frame_records *records)
{
	return decode_copy_labels(records->decode, r->records.decode);
}

int reader_put_back(struct reader *r, struct span octets, struct error *error)
{
	if (frame_put_back(r->walk, octets))
		return 0;
	return error_set(error, "%s: no memory to read it", r->path);
}

int reader_finish(struct reader *r, struct error *error)
{
	if (!r->ended && next_frame(r) == FRAME_WHOLE) /* could not be opened before */
		fail_reading(r, "no memory to read it");
	if (r->ended)
		return 0;
	*error = r->error;
	return -1;
}

/* ---- one domain after the other ---- */

/* 1, 0 at the end, -1 with the reason in r->error. What was read may be taken some domains later: r->end is asked for
 * behind the last. */
static int next_domain(struct reader *r, struct observation *observation)
{
	for (;;) {
		int got = frame_records_next(&r->records, observation, &r->facts);

		if ((got == 0 || r->facts.index_count == INDEXES_AT_ONCE) && take(r, &r->facts) < 0)
			return -1;
		if (got > 0)
			return 1;
		if (next_frame(r) != FRAME_WHOLE)
			return r->ended ? 0 : -1;
	}
}

int reader_next(struct reader *r, struct observation *observation, struct error *error)
{
	int result = r->ended ? 0 : -1;

	if (!r->ended && r->error.text[0] == '\0')
		result = next_domain(r, observation);
	if (result < 0)
		*error = r->error;
	return result;
}

void reader_watch(struct reader *r, frame_on_host *on_host, frame_on_vantage *on_vantage, void *arg)
{
	r->records.on_host = on_host;
	r->records.on_vantage = on_vantage;
	r->records.arg = arg;
}

const struct record_header *reader_header(const struct reader *r)
{
	return &r->header.header;
}

const struct reader_end *reader_end(const struct reader *r)
{
	return &r->end;
}

/* The first counter that is not what the records have; where all are, @words stays as it is. */
static enum reader_state judge_direct(const struct reader *r, struct error *words)
{
	const struct direct_counts *told = &r->end.trailer->direct, *found = &r->end.direct;
	const char *what, *word;

	for (unsigned i = 0; i < DIRECT_COUNTERS; i++) {
		if (told->counter[i] == found->counter[i])
			continue;
		direct_counts_word(i, &what, &word);
		error_set(words, "its trailer counts %" PRIu64 " %s %s (%" PRIu64 " are there)", told->counter[i], what,
			  word, found->counter[i]);
		return READER_WRONG;
	}
	return READER_WHOLE;
}

static enum reader_state judge_counts(const struct reader *r, struct error *words)
{
	const struct reader_end *end = &r->end;
	const struct record_trailer *trailer = end->trailer;
	const struct {
		const char *what;
		uint64_t told, found;
		bool at_most; /* which of them, the judgement of that time said */
	} count[] = {
		{ "records", trailer->domains, end->records, false },
		{ "blocklisted", trailer->blocklisted, end->blocklisted, false },
		{ "illegal", trailer->illegal, end->illegal, false },
		{ "hosts", trailer->hosts, end->hosts, false },
		{ "unknown", trailer->unknown, end->records - end->blocklisted - end->illegal, true },
	};
	/* What a newer minor counts among them we cannot know. */
	size_t known = r->header.header.minor > RECORD_SCHEMA_MINOR ? 1 : COUNT_OF(count);
	enum reader_state state = READER_WHOLE;
	struct error before = { "its trailer counts" };

	for (size_t i = 0; i < known; i++) {
		if (count[i].told == count[i].found || (count[i].told < count[i].found && count[i].at_most))
			continue;
		state = READER_WRONG;
		error_set(words, "%s %" PRIu64 " %s (%s%" PRIu64 " are there)", before.text, count[i].told,
			  count[i].what, count[i].at_most ? "at most " : "", count[i].found);
		error_set(&before, "%s,", words->text);
	}
	if (state == READER_WHOLE && known == COUNT_OF(count) && trailer->has_direct)
		state = judge_direct(r, words);
	return state;
}

enum reader_state reader_judge(const struct reader *r, struct error *words)
{
	const struct reader_end *end = &r->end;

	words->text[0] = '\0';
	if (end->duplicates > 0)
		error_set(words, "%llu indexes occur more than once, first %" PRIu64, end->duplicates, end->duplicate);
	else if (end->beyond)
		error_set(words, "an index is out of all proportion; no scan writes such");
	else if (end->joined)
		error_set(words, "a header or trailer stands in its middle: files were joined, or frames moved");
	if (words->text[0])
		return READER_WRONG;
	if (end->torn)
		error_set(words,
			  "torn: octets behind the last whole frame, at octet %lld; scan --resume goes on from there",
			  end->whole);
	else if (!end->trailer)
		error_set(words, "no trailer: still being written, or killed; scan --resume goes on with it");
	return words->text[0] ? READER_CUT : judge_counts(r, words);
}

int reader_judge_to_use(const struct reader *r, const char *path, bool partial, struct error *words,
			struct error *error)
{
	switch (reader_judge(r, words)) {
	case READER_WHOLE:
		if (r->end.trailer->completion == COMPLETION_COMPLETE)
			return READER_COMPLETE;
		error_set(words, "the scan was interrupted; scan --resume goes on with it");
		break;
	case READER_CUT:
		break;
	case READER_WRONG:
		if (!partial)
			return error_set(error, "%s is not whole: %s; --partial takes the %llu records that are there",
					 path, words->text, r->end.records + r->end.hosts);
		break;
	}
	return READER_INCOMPLETE;
}

struct bit_set reader_take_indexes(struct reader *r)
{
	struct bit_set indexes = r->indexes;

	r->indexes = (struct bit_set){ 0 };
	return indexes;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->is_own)
		close(r->fd);
	frame_walk_free(r->walk);
	frame_records_fini(&r->records);
	bit_set_free(&r->indexes);
	free(r);
}

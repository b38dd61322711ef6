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

#include "output/scan_file/decode.h"
#include "output/scan_file/frame.h"
#include "output/scan_file/schema.h"
#include "output/temporary_file.h"

enum { SPREAD_MAX = 1000 * 1000 * 1000 }; /* no list has more lines, so that no sample is smaller */

struct reader {
	const char *path;
	int fd;
	bool is_own; /* fd is closed with it */
	struct frame_walk *walk;
	struct frame frame;
	struct decode *decode;
	union decode_frame_record header, other;
	struct record_trailer trailer;
	bool trailer_alone; /* in its frame */
	struct reader_end end;
	struct bit_set indexes;
	uint64_t work_left;
	bool ended;
	unsigned long long frame_records;
	reader_on_host *on_host;
	reader_on_vantage *on_vantage;
	void *arg;          /* for both */
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

/* 0, or -1 with the reason in r->error. */
static int do_work(struct reader *r, uint64_t work)
{
	if (work > r->work_left)
		return fail_reading(r,
				    "the frame at octet %lld makes more work than a file of its size may; no scan "
				    "writes such",
				    r->frame.start);
	r->work_left -= work;
	return 0;
}

/* The next frame into the decoder. FRAME_WHOLE; FRAME_END, FRAME_TORN: there is none; else the reason is in r->error.
 */
static enum frame_result next_frame(struct reader *r)
{
	enum frame_result result = frame_next(r->walk, &r->frame);

	switch (result) {
	case FRAME_WHOLE:
		r->end.frames++;
		r->end.whole = r->frame.end;
		r->frame_records = 0;
		r->work_left += READER_WORK_PER_OCTET * (uint64_t)(r->frame.end - r->frame.start);
		r->indexes.most = READER_CHUNKS_FREE + READER_CHUNKS_PER_OCTET * (uint64_t)r->frame.end;
		decode_begin(r->decode, r->frame.content);
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

static int fail_newer(struct reader *r, const struct record_header *header)
{
	return fail_reading(r, "written with schema %u.%u, this version reads %d.x; use a newer stsurvey",
			    header->major, header->minor, RECORD_SCHEMA_MAJOR);
}

/* One number of how many is in the file? A sample's records are as far apart as its share says. */
static uint64_t spread_of(const struct record_header *header)
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
	switch (decode_next(r->decode, &none, &r->header)) {
	case DECODE_HEADER:
		r->indexes.shards = spread_of(&r->header.header);
		if (decode_set_labels(r->decode, r->header.header.label, r->header.header.label_count))
			return 0;
		return fail_reading(r, "no memory to read it");
	case DECODE_NEWER:
		return fail_newer(r, &r->header.header);
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
		r->decode = decode_new();
		result = r->walk && r->decode ? read_first_record(r) : fail_reading(r, "no memory to read it");
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

int reader_add_work(struct reader *r, uint64_t work, struct error *error)
{
	if (do_work(r, work) == 0)
		return 0;
	*error = r->error;
	return -1;
}

/* A trailer ends the file; what follows one (files joined with cat) makes it none. */
static void on_trailer(struct reader *r, const struct record_trailer *trailer)
{
	r->trailer = *trailer;
	r->end.trailer = &r->trailer;
	/* Only a frame of its own can be cut away without loss: nothing of ours follows one. */
	r->trailer_alone = r->frame_records == 0;
	if (r->trailer_alone)
		r->end.whole = r->frame.start;
}

enum {
	RECORD_WORK = 512,      /* of any */
	MX_WORK = TEMPLATE_MAX, /* of each MX, which may have so many octets */
	PATTERN_LEAST = 4,      /* octets of a policy that bring a pattern for the MX */
	PATTERNS_NEAR = 256,    /* CLASSIFY_PATTERNS_KIND_MAX: each is compared with each MX closely, … */
	PATTERN_NEAR_WORK = 100,
	PATTERNS_A_WORK = 2, /* … and all of them quickly */
	HOST_LEAST = 128,    /* octets that a host without evidence takes */
	HOST_WORK = 512,     /* of each octet of a host: a file may fill a thousand times as many on disk */
};

static uint64_t chain_work(const struct obs_tls *tls)
{
	uint64_t work = 0;

	for (size_t i = 0; i < tls->chain_count; i++) {
		work += tls->chain[i].issuer.n + tls->chain[i].common_name.n + tls->chain[i].der.n;
		for (size_t k = 0; k < tls->chain[i].name_count; k++)
			work += tls->chain[i].name[k].n;
	}
	return work;
}

/* What a record makes us do, with what it refers to. */
static uint64_t work_of(const struct observation *o)
{
	uint64_t body = o->policy.http.body.n, patterns = body / PATTERN_LEAST;
	uint64_t near = patterns < PATTERNS_NEAR ? patterns : PATTERNS_NEAR, labels = 0;

	for (size_t i = 0; i < o->label_count; i++)
		labels += o->label[i].value.n;
	return RECORD_WORK + body + labels + (o->policy.tls.chain_count > 0 ? chain_work(&o->policy.tls) : 0) +
	       o->mx.count * (MX_WORK + near * PATTERN_NEAR_WORK + patterns / PATTERNS_A_WORK);
}

/* A host is kept with its certificates (output/scan_file/host_store.h), and read again for domains. */
static uint64_t work_of_host(const struct obs_host *host)
{
	uint64_t octets = host->name.n;

	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_smtp *probe = &host->probe[i];

		octets += chain_work(&probe->tls) + probe->greeting.text.n + probe->ehlo.text.n + probe->helo.text.n +
			  probe->starttls.text.n + probe->quit.text.n;
	}
	for (int base = 0; base < HOST_TLSA_BASES; base++)
		for (uint32_t i = 0; i < host->tlsa[base].count; i++)
			octets += host->tlsa[base].record[i].data.n;
	return RECORD_WORK + HOST_WORK * (HOST_LEAST + octets);
}

/* 1, or -1 with the reason in r->error. */
static int count_record(struct reader *r, const struct observation *o)
{
	int had = bit_set_add(&r->indexes, o->index);

	if (had == BIT_SET_MEMORY)
		return fail_reading(r, "no memory to read it");
	if (do_work(r, work_of(o)) < 0)
		return -1;
	r->end.beyond |= had == BIT_SET_BEYOND;
	if (had > 0 && r->end.duplicates++ == 0)
		r->end.duplicate = o->index;
	r->end.records++;
	r->end.blocklisted += o->input == INPUT_BLOCKLISTED;
	r->end.illegal += o->input == INPUT_ILLEGAL;
	return 1;
}

/* A record that stands between header and trailer. */
static void on_record(struct reader *r)
{
	r->frame_records++;
	r->end.joined |= r->end.trailer && r->trailer_alone;
	r->end.whole = r->frame.end;
	r->end.trailer = NULL;
}

/* 0, or -1 with the reason in r->error. */
static int take_host(struct reader *r, const struct obs_host *host)
{
	on_record(r);
	r->end.hosts++;
	if (do_work(r, work_of_host(host)) < 0)
		return -1;
	if (r->on_host)
		r->on_host(r->arg, host);
	return 0;
}

/* 1, 0 at the end, -1 with the reason in r->error. */
static int next_domain(struct reader *r, struct observation *observation)
{
	for (;;) {
		switch (decode_next(r->decode, observation, &r->other)) {
		case DECODE_DOMAIN:
			on_record(r);
			return count_record(r, observation);
		case DECODE_HOST:
			if (take_host(r, &r->other.host) < 0)
				return -1;
			break;
		case DECODE_VANTAGE:
			on_record(r);
			if (do_work(r, RECORD_WORK) < 0)
				return -1;
			if (r->on_vantage)
				r->on_vantage(r->arg, &r->other.vantage);
			break;
		case DECODE_HEADER:
			r->end.joined = true;
			break;
		case DECODE_TRAILER:
			on_trailer(r, &r->other.trailer);
			break;
		case DECODE_END:
			if (next_frame(r) != FRAME_WHOLE)
				return r->ended ? 0 : -1;
			break;
		case DECODE_NEWER:
			return fail_newer(r, &r->other.header);
		case DECODE_MEMORY:
			return fail_reading(
				r, "no memory to read the frame at octet %lld, or it needs more than a scan file may",
				r->frame.start);
		case DECODE_DAMAGED:
			return fail_reading(
				r,
				"damaged at octet %zu of the frame at octet %lld; the %llu records before it are good; "
				"head -c %lld FILE >PART takes those before the frame",
				decode_offset(r->decode), r->frame.start, r->end.records, r->frame.start);
		}
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

void reader_watch(struct reader *r, reader_on_host *on_host, reader_on_vantage *on_vantage, void *arg)
{
	r->on_host = on_host;
	r->on_vantage = on_vantage;
	r->arg = arg;
}

const struct record_header *reader_header(const struct reader *r)
{
	return &r->header.header;
}

const struct reader_end *reader_end(const struct reader *r)
{
	return &r->end;
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
	decode_free(r->decode);
	bit_set_free(&r->indexes);
	free(r);
}

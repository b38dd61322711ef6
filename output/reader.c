#include "output/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/decode.h"
#include "output/frame.h"

struct reader {
	const char *path;
	int fd;
	struct frame_walk *walk;
	struct frame frame;
	struct decode *decode;
	union decode_frame_record header;
	struct record_trailer trailer;
	struct reader_end end;
	bool ended;
	unsigned long long domains, frame_domains; /* the latter: of this frame */
	struct error error;                        /* "" or why nothing more is read */
};

__attribute__((format(printf, 2, 3))) static int fail_reading(struct reader *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(r->error.text, sizeof(r->error.text), format, list);
	va_end(list);
	return error_prefix(&r->error, "%s", r->path);
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
		r->frame_domains = 0;
		decode_begin(r->decode, r->frame.content);
		break;
	case FRAME_END:
	case FRAME_TORN:
		r->ended = true;
		r->end.torn = result == FRAME_TORN;
		break;
	case FRAME_DAMAGED:
		fail_reading(r, "damaged at octet %lld; the %llu records before it are good", r->frame.end, r->domains);
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
		return 0;
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
	if (fstat(r->fd, &info) == 0 && S_ISDIR(info.st_mode))
		return fail_reading(r, "is a directory, not a scan file");
	return 0;
}

int reader_open(struct reader **out, const char *path, struct error *error)
{
	struct reader *r = calloc(1, sizeof(*r));
	int result = -1;

	*out = NULL;
	if (!r)
		return error_set(error, "%s: no memory to read it", path);
	r->fd = -1;
	r->path = strcmp(path, "-") == 0 ? "standard input" : path;
	if (open_path(r, path) == 0) {
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

/* A trailer ends the file; what follows one (files joined with cat) makes it none. */
static void on_trailer(struct reader *r, const struct record_trailer *trailer)
{
	r->trailer = *trailer;
	r->end.trailer = &r->trailer;
	/* Only a frame of its own can be cut away without loss. */
	if (r->frame_domains == 0)
		r->end.whole = r->frame.start;
}

/* 1, 0 at the end, -1 with the reason in r->error. */
static int next_domain(struct reader *r, struct observation *observation)
{
	union decode_frame_record other;

	for (;;) {
		switch (decode_next(r->decode, observation, &other)) {
		case DECODE_DOMAIN:
			r->domains++;
			r->frame_domains++;
			r->end.whole = r->frame.end;
			r->end.trailer = NULL;
			return 1;
		case DECODE_HEADER:
			break; /* of a file that was joined to this one */
		case DECODE_TRAILER:
			on_trailer(r, &other.trailer);
			break;
		case DECODE_END:
			if (next_frame(r) != FRAME_WHOLE)
				return r->ended ? 0 : -1;
			break;
		case DECODE_NEWER:
			return fail_newer(r, &other.header);
		case DECODE_MEMORY:
			return fail_reading(
				r, "no memory to read the frame at octet %lld, or it needs more than a scan file may",
				r->frame.start);
		case DECODE_DAMAGED:
			return fail_reading(
				r,
				"damaged at octet %zu of the frame at octet %lld; the %llu records before it are good",
				decode_offset(r->decode), r->frame.start, r->domains);
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

const struct record_header *reader_header(const struct reader *r)
{
	return &r->header.header;
}

const struct reader_end *reader_end(const struct reader *r)
{
	return &r->end;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0 && r->fd != STDIN_FILENO)
		close(r->fd);
	frame_walk_free(r->walk);
	decode_free(r->decode);
	free(r);
}

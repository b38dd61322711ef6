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
	char *path;
	int fd;
	struct frame_walk *walk;
	struct decode *decode;
	/* The header outlives its frame: a copy of its octets with a decoder of its own. */
	char *header_octets;
	struct decode *header_decode;
	union decode_frame_record header;
	struct record_trailer trailer;
	bool has_trailer;
	bool ended, torn;
	long long whole;
	unsigned long long frames, domains, frame_domains; /* the last: of this frame */
	struct error error;                                /* "" or why nothing more is read */
};

__attribute__((format(printf, 2, 3))) static int fail(struct reader *r, const char *format, ...)
{
	struct error what;
	va_list list;

	va_start(list, format);
	vsnprintf(what.text, sizeof(what.text), format, list);
	va_end(list);
	return error_set(&r->error, "%s: %s", r->path, what.text);
}

/* The next frame into the decoder: 1, 0 at the end, -1 with the reason in r->error. */
static int next_frame(struct reader *r)
{
	struct span content;
	enum frame_result result = frame_next(r->walk, &content);

	switch (result) {
	case FRAME_WHOLE:
		r->frames++;
		r->frame_domains = 0;
		r->whole = frame_end(r->walk);
		decode_begin(r->decode, content);
		return 1;
	case FRAME_END:
	case FRAME_TORN:
		r->ended = true;
		r->torn = result == FRAME_TORN;
		return 0;
	case FRAME_DAMAGED:
		return fail(r, "damaged at octet %lld; the %llu records before it are good", frame_end(r->walk),
			    r->domains);
	case FRAME_TOO_LARGE:
		return fail(r, "the frame at octet %lld holds more than %d MiB; no scan file has such",
			    frame_end(r->walk), FRAME_CONTENT_MAX >> 20);
	case FRAME_READ:
		return fail(r, "cannot be read: %s", strerror(errno));
	case FRAME_MEMORY:
		break;
	}
	return fail(r, "no memory to read it");
}

/* Keep the header that the first record is: decode it again from a copy that stays. */
static int keep_header(struct reader *r, const char *octets, size_t n)
{
	struct observation none;

	r->header_octets = malloc(n);
	r->header_decode = decode_new();
	if (!r->header_octets || !r->header_decode)
		return fail(r, "no memory to read it");
	memcpy(r->header_octets, octets, n);
	decode_begin(r->header_decode, (struct span){ r->header_octets, n });
	return decode_next(r->header_decode, &none, &r->header) == DECODE_HEADER ? 0 : fail(r, "no memory to read it");
}

static int newer(struct reader *r, const struct record_header *header)
{
	return fail(r, "written with schema %u.%u, this version reads %d.x; use a newer stsurvey", header->major,
		    header->minor, RECORD_SCHEMA_MAJOR);
}

static int read_header(struct reader *r)
{
	struct span content;
	struct observation none;
	enum decode_result result;
	enum frame_result frame = frame_next(r->walk, &content);

	if (frame == FRAME_END || (frame == FRAME_TORN && frame_began(r->walk))) {
		fail(r, "holds nothing: it is empty or was cut at its very beginning");
		return READER_NOTHING;
	}
	if (frame == FRAME_TORN || (frame == FRAME_DAMAGED && !frame_began(r->walk)))
		return fail(r, "is no scan file (not compressed with zstd)");
	if (frame == FRAME_READ)
		return fail(r, "cannot be read: %s", strerror(errno));
	if (frame == FRAME_MEMORY)
		return fail(r, "no memory to read it");
	if (frame != FRAME_WHOLE)
		return fail(r, frame == FRAME_DAMAGED ? "damaged in its first frame"
						      : "is no scan file (its first frame is too large)");
	r->frames = 1;
	r->whole = frame_end(r->walk);
	decode_begin(r->decode, content);
	result = decode_next(r->decode, &none, &r->header);
	if (result == DECODE_NEWER)
		return newer(r, &r->header.header);
	if (result == DECODE_MEMORY)
		return fail(r, "no memory to read it");
	if (result != DECODE_HEADER)
		return fail(r, "is no scan file (its first record is no header)");
	return keep_header(r, content.p, decode_offset(r->decode));
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
		return fail(r, "cannot be opened: %s", strerror(errno));
	if (fstat(r->fd, &info) == 0 && S_ISDIR(info.st_mode))
		return fail(r, "is a directory, not a scan file");
	return 0;
}

int reader_open(struct reader **out, const char *path, struct error *error)
{
	struct reader *r = calloc(1, sizeof(*r));
	int result = -1;

	*out = NULL;
	if (r) {
		r->fd = -1;
		r->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	}
	if (!r || !r->path) {
		free(r);
		return error_set(error, "%s: no memory to read it", path);
	}
	if (open_path(r, path) != 0)
		goto out;
	r->walk = frame_walk_new(r->fd, NULL, NULL);
	r->decode = decode_new();
	if (r->walk && r->decode)
		result = read_header(r);
	else
		fail(r, "no memory to read it");
out:
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
	r->has_trailer = true;
	/* Only a frame of its own can be cut away without loss. */
	if (r->frame_domains == 0)
		r->whole = frame_start(r->walk);
}

/* 1, 0 at the end, -1 with the reason in r->error. */
static int next_domain(struct reader *r, struct observation *observation)
{
	union decode_frame_record other;

	for (;;) {
		int more = 1;

		switch (decode_next(r->decode, observation, &other)) {
		case DECODE_DOMAIN:
			r->domains++;
			r->frame_domains++;
			r->whole = frame_end(r->walk);
			r->has_trailer = false;
			return 1;
		case DECODE_HEADER:
			break; /* of a file that was joined to this one */
		case DECODE_TRAILER:
			on_trailer(r, &other.trailer);
			break;
		case DECODE_END:
			more = next_frame(r);
			break;
		case DECODE_NEWER:
			return newer(r, &other.header);
		case DECODE_MEMORY:
			return fail(r,
				    "no memory to read the frame at octet %lld, or it needs more than a scan "
				    "file may",
				    frame_start(r->walk));
		case DECODE_DAMAGED:
			return fail(r,
				    "damaged at octet %lld of the frame at octet %lld; the %llu records "
				    "before it are good",
				    (long long)decode_offset(r->decode), frame_start(r->walk), r->domains);
		}
		if (more <= 0)
			return more;
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

unsigned long long reader_frames(const struct reader *r)
{
	return r->frames;
}

const struct record_trailer *reader_trailer(const struct reader *r)
{
	return r->ended && r->has_trailer ? &r->trailer : NULL;
}

long long reader_whole(const struct reader *r)
{
	return r->whole;
}

bool reader_torn(const struct reader *r)
{
	return r->torn;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0 && r->fd != STDIN_FILENO)
		close(r->fd);
	frame_walk_free(r->walk);
	decode_free(r->decode);
	decode_free(r->header_decode);
	free(r->header_octets);
	free(r->path);
	free(r);
}

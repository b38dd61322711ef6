/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "output/text.h"

/* ---- writing ---- */

struct frame_press {
	ZSTD_CCtx *context;
	char *data;
	size_t size;
};

struct frame_press *frame_press_new(void)
{
	struct frame_press *press = calloc(1, sizeof(*press));

	if (!press)
		return NULL;
	press->context = ZSTD_createCCtx();
	if (!press->context) {
		free(press);
		return NULL;
	}
	ZSTD_CCtx_setParameter(press->context, ZSTD_c_compressionLevel, FRAME_LEVEL);
	ZSTD_CCtx_setParameter(press->context, ZSTD_c_checksumFlag, 1);
	return press;
}

void frame_press_free(struct frame_press *press)
{
	if (!press)
		return;
	ZSTD_freeCCtx(press->context);
	free(press->data);
	free(press);
}

struct span frame_press(struct frame_press *press, struct span content)
{
	size_t bound = ZSTD_compressBound(content.n), n;

	if (bound > press->size) {
		free(press->data);
		press->data = malloc(bound);
		press->size = press->data ? bound : 0;
	}
	if (!press->data)
		return (struct span){ NULL, 0 };
	n = ZSTD_compress2(press->context, press->data, press->size, content.p, content.n);
	/* With room for the bound, memory is all that can be missing. */
	return ZSTD_isError(n) ? (struct span){ NULL, 0 } : (struct span){ press->data, n };
}

/* ---- reading ---- */

enum {
	CONTENT_FIRST = 1024 * 1024, /* octets for a frame that does not state its size */
	SEARCH_TRIES = 16,   /* places that look like a frame's beginning, looked at behind what cannot be read */
	WINDOW_LOG_MAX = 26, /* FRAME_CONTENT_MAX as a power of two: no torn frame may ask for more */
	FRAME_MAX = ZSTD_COMPRESSBOUND(FRAME_CONTENT_MAX),
};

static const char magic[4] = { '\x28', '\xb5', '\x2f', '\xfd' }; /* RFC 8878 3.1.1 */

struct frame_content {
	ZSTD_DCtx *context;
	char *octets;
	size_t size;
};

struct frame_walk {
	int fd;
	char *data;      /* a window on the file */
	size_t from, to; /* of data: not yet consumed */
	size_t size;
	bool ended;                /* nothing more to read */
	enum frame_result failure; /* why fill_window failed: FRAME_READ or FRAME_MEMORY */
	struct frame_content *content;
	long long offset; /* of data + from, in the file */
};

struct frame_content *frame_content_new(void)
{
	struct frame_content *content = calloc(1, sizeof(*content));

	if (!content)
		return NULL;
	content->context = ZSTD_createDCtx();
	if (!content->context) {
		free(content);
		return NULL;
	}
	ZSTD_DCtx_setParameter(content->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return content;
}

void frame_content_free(struct frame_content *content)
{
	if (!content)
		return;
	ZSTD_freeDCtx(content->context);
	free(content->octets);
	free(content);
}

struct frame_walk *frame_walk_new(int fd)
{
	struct frame_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->fd = fd;
	walk->content = frame_content_new();
	walk->data = malloc(FRAME_READ_FIRST);
	walk->size = FRAME_READ_FIRST;
	if (!walk->content || !walk->data) {
		frame_walk_free(walk);
		return NULL;
	}
	return walk;
}

void frame_walk_free(struct frame_walk *walk)
{
	if (!walk)
		return;
	frame_content_free(walk->content);
	free(walk->data);
	free(walk);
}

/* Room for more octets behind the window: move it to the front, or double it. */
static bool make_window_room(struct frame_walk *walk)
{
	char *data;

	if (walk->from > 0) {
		memmove(walk->data, walk->data + walk->from, walk->to - walk->from);
		walk->to -= walk->from;
		walk->from = 0;
	}
	if (walk->to < walk->size)
		return true;
	data = realloc(walk->data, 2 * walk->size);
	if (!data)
		return false;
	walk->data = data;
	walk->size *= 2;
	return true;
}

/* More octets into the window; the end is no failure. */
static bool fill_window(struct frame_walk *walk)
{
	ssize_t n;

	walk->failure = FRAME_MEMORY;
	if (walk->to == walk->size && !make_window_room(walk))
		return false;
	walk->failure = FRAME_READ;
	do
		n = read(walk->fd, walk->data + walk->to, walk->size - walk->to);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	walk->ended |= n == 0;
	walk->to += (size_t)n;
	return true;
}

static size_t window_left(const struct frame_walk *walk)
{
	return walk->to - walk->from;
}

static void consume(struct frame_walk *walk, size_t n)
{
	walk->from += n;
	walk->offset += (long long)n;
}

/* Octets of the frame at the window's front, with all of them in the window; 0: there is no whole frame. Then
 * @is_cut: by its own account it goes on behind the file's end, and all of the rest is in the window. */
static enum frame_result measure_frame(struct frame_walk *walk, size_t *size, bool *is_cut)
{
	*size = 0;
	*is_cut = false;
	for (;;) {
		size_t n = ZSTD_findFrameCompressedSize(walk->data + walk->from, window_left(walk));

		if (!ZSTD_isError(n)) {
			*size = n;
			return FRAME_WHOLE;
		}
		*is_cut = ZSTD_getErrorCode(n) == ZSTD_error_srcSize_wrong && walk->ended;
		if (ZSTD_getErrorCode(n) != ZSTD_error_srcSize_wrong || walk->ended || window_left(walk) > FRAME_MAX)
			return FRAME_WHOLE;
		if (!fill_window(walk))
			return walk->failure;
	}
}

/* Make it hold @size octets; those it held are gone. */
static bool make_content(struct frame_content *content, size_t size)
{
	if (size > content->size) {
		free(content->octets);
		content->octets = malloc(size);
		content->size = content->octets ? size : 0;
	}
	return size <= content->size;
}

enum frame_result frame_content_open(struct frame_content *content, struct span frame, struct span *out)
{
	unsigned long long room = ZSTD_getFrameContentSize(frame.p, frame.n);
	bool is_known = room != ZSTD_CONTENTSIZE_UNKNOWN;

	if (room == ZSTD_CONTENTSIZE_ERROR)
		return FRAME_DAMAGED;
	/* Our frames state their size; those that another tool has made from a pipe do not. */
	if (!is_known || room == 0)
		room = CONTENT_FIRST;
	for (; room <= FRAME_CONTENT_MAX; room *= 2) {
		size_t n;

		if (!make_content(content, (size_t)room))
			return FRAME_MEMORY;
		n = ZSTD_decompressDCtx(content->context, content->octets, content->size, frame.p, frame.n);
		if (!ZSTD_isError(n)) {
			*out = (struct span){ content->octets, n };
			return FRAME_WHOLE;
		}
		if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
			return FRAME_MEMORY;
		if (is_known || ZSTD_getErrorCode(n) != ZSTD_error_dstSize_tooSmall)
			return FRAME_DAMAGED;
	}
	return FRAME_TOO_LARGE;
}

/* The same of the @size octets at the window's front. */
static enum frame_result decompress(struct frame_walk *walk, size_t size, struct span *content)
{
	return frame_content_open(walk->content, (struct span){ walk->data + walk->from, size }, content);
}

/* Move the window's front to the next octets that look like a frame's first. FRAME_WHOLE; FRAME_TORN: there
 * are none. */
static enum frame_result find_magic(struct frame_walk *walk)
{
	for (;;) {
		const char *found = memmem(walk->data + walk->from, window_left(walk), magic, sizeof(magic));

		if (found) {
			consume(walk, (size_t)(found - (walk->data + walk->from)));
			return FRAME_WHOLE;
		}
		if (walk->ended)
			return FRAME_TORN;
		/* The number may straddle the window's end. */
		if (window_left(walk) >= sizeof(magic))
			consume(walk, window_left(walk) - (sizeof(magic) - 1));
		if (!fill_window(walk))
			return walk->failure;
	}
}

/* Is the rest of the file, all of it in the window, a frame's beginning? FRAME_TORN; FRAME_DAMAGED: its blocks
 * say otherwise. The zeros of a machine that lost power do not count. */
static enum frame_result judge_cut(struct frame_walk *walk)
{
	ZSTD_inBuffer in = { walk->data + walk->from, window_left(walk), 0 };
	ZSTD_outBuffer out;
	ZSTD_DCtx *context = walk->content->context;
	size_t n, content = 0;

	while (in.size > 0 && walk->data[walk->from + in.size - 1] == 0)
		in.size--;
	if (!make_content(walk->content, CONTENT_FIRST))
		return FRAME_MEMORY;
	ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
	do {
		out = (ZSTD_outBuffer){ walk->content->octets, walk->content->size, 0 };
		n = ZSTD_decompressStream(context, &out, &in);
		content += out.pos;
	} while (!ZSTD_isError(n) && n > 0 && content <= FRAME_CONTENT_MAX &&
		 (in.pos < in.size || out.pos == out.size));
	ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		return FRAME_MEMORY;
	return ZSTD_isError(n) || n == 0 || content > FRAME_CONTENT_MAX ? FRAME_DAMAGED : FRAME_TORN;
}

/* Do only zeros follow the @size octets at the window's front? FRAME_TORN, else FRAME_DAMAGED. */
static enum frame_result judge_last(struct frame_walk *walk, size_t size)
{
	for (size_t at = size;;) {
		while (at < window_left(walk) && walk->data[walk->from + at] == 0)
			at++;
		if (at < window_left(walk) || window_left(walk) > FRAME_MAX)
			return FRAME_DAMAGED;
		if (walk->ended)
			return FRAME_TORN;
		if (!fill_window(walk))
			return walk->failure;
	}
}

/* Is there a whole frame anywhere behind the window's front, its checksum included? Then what stands at the
 * front is damage (FRAME_DAMAGED), else a torn tail (FRAME_TORN). A file may be full of what looks like a frame and is
 * none, each costing a look at all that follows: after some, damage is the answer that loses nothing. */
static enum frame_result search_rest(struct frame_walk *walk)
{
	for (int tries = 0; tries < SEARCH_TRIES; tries++) {
		enum frame_result result;
		struct span content;
		bool is_cut;
		size_t size;

		consume(walk, 1);
		result = find_magic(walk);
		if (result == FRAME_WHOLE)
			result = measure_frame(walk, &size, &is_cut);
		if (result != FRAME_WHOLE)
			return result;
		if (size == 0)
			continue;
		result = decompress(walk, size, &content);
		if (result == FRAME_MEMORY)
			return result;
		if (result == FRAME_WHOLE)
			break;
	}
	return FRAME_DAMAGED;
}

/* A frame that cannot be read, @size octets (0: not whole): a torn tail or damage? One that was cut off, or is the
 * last, is torn whatever it holds: the texts of domains stand in it as they came, and may look like frames of ours.
 * Otherwise a whole frame that follows makes it damage. */
static enum frame_result judge_unreadable(struct frame_walk *walk, size_t size, bool is_cut)
{
	enum frame_result result = FRAME_DAMAGED;

	if (is_cut)
		result = judge_cut(walk);
	else if (size > 0)
		result = judge_last(walk, size);
	return result == FRAME_DAMAGED ? search_rest(walk) : result;
}

enum frame_result frame_next(struct frame_walk *walk, struct frame *frame)
{
	enum frame_result result;
	struct span content;
	bool is_cut, is_zstd;
	size_t size;

	while (window_left(walk) < sizeof(magic) && !walk->ended) {
		if (!fill_window(walk))
			return walk->failure;
	}
	if (window_left(walk) == 0)
		return FRAME_END;
	is_zstd = walk->offset > 0 || memcmp(walk->data, magic, window_left(walk) < 4 ? window_left(walk) : 4) == 0;
	result = measure_frame(walk, &size, &is_cut);
	if (result != FRAME_WHOLE)
		return result;
	if (size == 0 && !is_zstd)
		return FRAME_FOREIGN;
	result = size > 0 ? decompress(walk, size, &content) : FRAME_DAMAGED;
	if (result == FRAME_DAMAGED || result == FRAME_TOO_LARGE) {
		enum frame_result rest = judge_unreadable(walk, size, is_cut);

		/* A claim that is too large is damage, too, unless it is all the file holds. */
		return rest == FRAME_TORN && result == FRAME_TOO_LARGE ? result : rest;
	}
	if (result != FRAME_WHOLE)
		return result;
	*frame = (struct frame){ content, walk->offset, walk->offset + (long long)size };
	consume(walk, size);
	return FRAME_WHOLE;
}

bool frame_pass(struct frame_walk *walk, struct frame *frame)
{
	bool is_cut;
	size_t size;

	while (window_left(walk) < sizeof(magic) && !walk->ended)
		if (!fill_window(walk))
			return false;
	if (window_left(walk) == 0 || measure_frame(walk, &size, &is_cut) != FRAME_WHOLE || size == 0)
		return false;
	*frame = (struct frame){ { walk->data + walk->from, size }, walk->offset, walk->offset + (long long)size };
	consume(walk, size);
	return true;
}

bool frame_put_back(struct frame_walk *walk, struct span octets)
{
	size_t left = window_left(walk);

	if (octets.n > walk->from) {
		size_t size = octets.n + left + FRAME_READ_FIRST;
		char *data = malloc(size);

		if (!data)
			return false;
		memcpy(data + octets.n, walk->data + walk->from, left);
		free(walk->data);
		walk->data = data;
		walk->size = size;
		walk->from = octets.n;
		walk->to = octets.n + left;
	}
	walk->from -= octets.n;
	walk->offset -= (long long)octets.n;
	memmove(walk->data + walk->from, octets.p, octets.n);
	return true;
}

void frame_rewind(struct frame_walk *walk)
{
	walk->from = 0;
	walk->offset = 0;
}

int frame_copy_all(struct frame_walk *walk, int fd, bool *reading)
{
	/* the first frame is still in the window: it is moved only when more is needed */
	int failure = walk->offset == (long long)walk->from ? 0 : EINVAL;

	*reading = false;
	walk->from = 0;
	while (failure == 0) {
		failure = text_write_all(fd, (struct span){ walk->data, walk->to });
		walk->to = 0;
		if (failure != 0 || walk->ended)
			break;
		*reading = !fill_window(walk);
		failure = *reading ? errno : 0;
	}
	return failure;
}

const char *frame_library_version(void)
{
	return ZSTD_versionString();
}

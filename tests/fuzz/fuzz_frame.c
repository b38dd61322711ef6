/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole file, read in pieces whose sizes the first octet chooses: the walk ends, and never beyond the file.
 */
#include <sys/types.h>

#include "output/scan_file/frame.h"
#include "tests/fuzz/fuzz.h"

enum { FD = 1000 }; /* nobody's */

static struct {
	const uint8_t *p;
	size_t n, step;
} input;

/* Where the linker sends read (--wrap). */
ssize_t __wrap_read(int fd, void *data, size_t n);
ssize_t __real_read(int fd, void *data, size_t n);

ssize_t __wrap_read(int fd, void *data, size_t n)
{
	if (fd != FD)
		return __real_read(fd, data, n);
	n = n < input.n ? n : input.n;
	n = n < input.step ? n : input.step;
	if (n > 0)
		memcpy(data, input.p, n);
	input.p += n;
	input.n -= n;
	return (ssize_t)n;
}

static enum frame_result walk(const uint8_t *data, size_t size, size_t step, long long *end, size_t *octets)
{
	struct frame_walk *w = frame_walk_new(FD);
	struct frame frame = { 0 };
	enum frame_result result;

	FUZZ_CHECK(w);
	input.p = data;
	input.n = size;
	input.step = step;
	*octets = 0;
	while ((result = frame_next(w, &frame)) == FRAME_WHOLE) {
		FUZZ_CHECK(frame.start < frame.end && frame.content.n <= FRAME_CONTENT_MAX);
		*octets += frame.content.n;
	}
	*end = frame.end;
	frame_walk_free(w);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	long long end, end_in_steps;
	size_t octets, octets_in_steps;
	enum frame_result result, result_in_steps;

	if (size == 0)
		return 0;
	result = walk(data + 1, size - 1, SIZE_MAX, &end, &octets);
	result_in_steps = walk(data + 1, size - 1, (size_t)data[0] + 1, &end_in_steps, &octets_in_steps);
	FUZZ_CHECK(result == result_in_steps && end == end_in_steps && octets == octets_in_steps);
	FUZZ_CHECK(end <= (long long)size - 1);
	FUZZ_CHECK((result == FRAME_END) == (end == (long long)size - 1));
	return 0;
}

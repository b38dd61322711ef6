/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/put_aside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output/temporary_file.h"
#include "output/text.h"

void put_aside_fini(struct put_aside *file)
{
	if (file->fd >= 0)
		close(file->fd);
	put_aside_init(file);
}

static const char *remedy(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return "; let TMPDIR name a folder with more room";
	case EMFILE:
	case ENFILE:
		return "; raise the limit of open files (ulimit -n)";
	default:
		return "";
	}
}

static int explain(int number, struct error *error)
{
	return error_set(error, "%s: rows cannot be put aside there: %s%s", temporary_folder(), strerror(number),
			 remedy(number));
}

int put_aside_no_memory(struct error *error)
{
	return error_set(error, "no memory to put rows aside");
}

int put_aside_write(struct put_aside *file, struct span octets, struct error *error)
{
	int number;

	if (file->fd < 0) {
		int fd = temporary_file();

		if (fd < 0)
			return explain(-fd, error);
		file->fd = fd;
	}
	number = text_write_all(file->fd, octets);
	if (number != 0)
		return explain(number, error);
	file->end += octets.n;
	return 0;
}

int put_aside_read(const struct put_aside *file, uint64_t offset, char *octets, size_t n, struct error *error)
{
	while (n > 0) {
		ssize_t got = pread(file->fd, octets, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(error, "%s: rows that were put aside cannot be read back: %s",
					 temporary_folder(), got < 0 ? strerror(errno) : "the file ends early");
		octets += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

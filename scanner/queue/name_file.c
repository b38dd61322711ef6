/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/name_file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "output/temporary_file.h"
#include "output/text.h"

/* On file: this, without what name and extra leave of their room. */
struct stored {
	uint64_t index, rank;
	uint16_t length, extra, servers;
	uint8_t why;
	char text[NAME_FILE_MAX + EXTRA_MAX + EXTRA_FIRST_MAX]; /* the name, and the extras behind it */
};

enum {
	STORED_HEAD = offsetof(struct stored, text), /* octets before the name */
	STORED_FIRST = STORED_HEAD + NAME_FILE_MAX,  /* read at once: few have anything behind a name */
};

int name_file_open(struct name_file *file)
{
	int fd = temporary_file();

	file->fd = fd < 0 ? 0 : fd;
	return fd < 0 ? -fd : 0;
}

void name_file_close(struct name_file *file)
{
	if (file->fd > 0)
		close(file->fd);
	*file = (struct name_file){ 0 };
}

/* What a failed write leaves is written over by the next one. */
int name_file_put(struct name_file *file, const struct name_entry *entry)
{
	struct stored stored; /* its text is set as far as there is any */
	const struct span octets = { (const char *)&stored,
				     STORED_HEAD + entry->name.n + entry->extra.n + entry->servers.n };
	int failure;

	if (entry->name.n > NAME_FILE_MAX || entry->extra.n > EXTRA_MAX || entry->servers.n > EXTRA_FIRST_MAX)
		return ENAMETOOLONG;
	stored.index = entry->index;
	stored.rank = entry->rank;
	stored.length = (uint16_t)entry->name.n;
	stored.extra = (uint16_t)entry->extra.n;
	stored.servers = (uint16_t)entry->servers.n;
	stored.why = entry->why;
	memcpy(stored.text, entry->name.p, entry->name.n);
	if (entry->extra.n > 0)
		memcpy(stored.text + entry->name.n, entry->extra.p, entry->extra.n);
	if (entry->servers.n > 0)
		memcpy(stored.text + entry->name.n + entry->extra.n, entry->servers.p, entry->servers.n);
	failure = file->fd == 0 ? name_file_open(file) : 0;
	if (failure == 0 && lseek(file->fd, file->end, SEEK_SET) < 0)
		failure = errno;
	if (failure == 0)
		failure = text_write_all(file->fd, octets);
	if (failure != 0)
		return failure;
	file->end += (off_t)octets.n;
	file->count++;
	return 0;
}

/* Octets of the next entry that are there, at least what its head says; 0: they are not. */
static size_t read_entry(struct name_file *file, struct stored *stored)
{
	ssize_t got = file->count > 0 ? pread(file->fd, stored, STORED_FIRST, file->next) : 0;
	size_t wanted = got >= STORED_HEAD ? STORED_HEAD + (size_t)stored->length + stored->extra + stored->servers
					   : SIZE_MAX;
	ssize_t more;

	if (wanted > sizeof(*stored))
		return 0;
	if ((size_t)got >= wanted)
		return wanted;
	if (got < STORED_FIRST)
		return 0;
	more = pread(file->fd, (char *)stored + got, wanted - (size_t)got, file->next + got);
	return more >= 0 && (size_t)(got + more) == wanted ? wanted : 0;
}

bool name_file_take(struct name_file *file, struct name_entry *entry, char *text, size_t size)
{
	struct stored stored;
	size_t octets = read_entry(file, &stored);

	if (octets == 0 || octets - STORED_HEAD > size)
		return false;
	memcpy(text, stored.text, octets - STORED_HEAD);
	*entry = (struct name_entry){ .index = stored.index,
				      .rank = stored.rank,
				      .name = { text, stored.length },
				      .extra = { text + stored.length, stored.extra },
				      .servers = { text + stored.length + stored.extra, stored.servers },
				      .why = stored.why };
	file->next += (off_t)octets;
	if (--file->count == 0) /* its room is used again */
		file->next = file->end = 0;
	return true;
}

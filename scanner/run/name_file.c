#include "scanner/run/name_file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "output/temporary_file.h"
#include "output/text.h"

/* On file: this, without what the name leaves of its room. */
struct stored {
	uint64_t index, rank;
	uint32_t length;
	char name[NAME_FILE_MAX];
};

enum { STORED_HEAD = offsetof(struct stored, name) }; /* octets before the name */

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
	struct stored stored = { .index = entry->index, .rank = entry->rank, .length = (uint32_t)entry->name.n };
	struct span octets = { (const char *)&stored, STORED_HEAD + entry->name.n };
	int failure;

	if (entry->name.n > sizeof(stored.name))
		return ENAMETOOLONG;
	memcpy(stored.name, entry->name.p, entry->name.n);
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

bool name_file_take(struct name_file *file, struct name_entry *entry, char *text, size_t size)
{
	struct stored stored;
	ssize_t got = file->count > 0 ? pread(file->fd, &stored, sizeof(stored), file->next) : 0;

	if (got < STORED_HEAD || got - STORED_HEAD < (ssize_t)stored.length || stored.length > size)
		return false;
	memcpy(text, stored.name, stored.length);
	*entry = (struct name_entry){ stored.index, stored.rank, { text, stored.length } };
	file->next += STORED_HEAD + (off_t)stored.length;
	if (--file->count == 0) /* its room is used again */
		file->next = file->end = 0;
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "output/scan_file/frame.h"
#include "output/text.h"

enum { BUFFERS_MIN = 2 };

struct sink {
	struct sink_options options;
	const char *path; /* as messages have it */
	int fd;
	bool is_file;             /* regular: can be cut back and synced */
	bool is_new;              /* our own creation */
	unsigned long long whole; /* octets of whole frames in the file */
	atomic_bool failed;
	struct error error; /* the sink's thread's until it is joined */
	struct frame_press *press;
	double synced; /* when; monotonic seconds */
	bool is_dirty; /* written since */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t given;
	/* under the lock; room for options.buffers in each array */
	struct record_buffer **buffer; /* all, made when first asked for */
	struct record_buffer **free;   /* of these, those that may be taken */
	struct record_buffer **queue;  /* and those that were given, a ring */
	unsigned made, free_count, queue_first, queue_count;
	bool closing;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- failure ---- */

/* What went wrong (@number: of errno), and what the user can do about it. -1. */
static int explain_errno(const struct sink *sink, const char *what, int number, struct error *error)
{
	static const struct {
		int number;
		const char *remedy;
	} known[] = {
		{ ENOSPC, "disk full; free space, then run again with --resume" },
		{ EDQUOT, "disk quota used up; free space, then run again with --resume" },
		{ EFBIG, "larger than the file system or the limit (ulimit -f) allows; raise it, then run again with "
			 "--resume" },
		{ EPIPE, "the reader went away" },
		{ ENOENT, "No such file or directory; choose another --output-file" },
		{ EACCES, "Permission denied; choose another --output-file" },
		{ EIO, "input/output error; check the disk, then run again with --resume" },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i].number == number)
			return error_set(error, "%s: %s: %s", sink->path, what, known[i].remedy);
	return error_set(error, "%s: %s: %s", sink->path, what, strerror(number));
}

static int explain_what_is_there(const char *path, struct error *error)
{
	struct stat info;

	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return error_set(error, "%s: is a directory; choose another --output-file", path);
	if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
		return error_set(error, "%s: is no regular file; --force writes into it", path);
	return error_set(error, "%s: exists; --resume goes on with it, --force replaces it", path);
}

/* Nothing more is written. The file is cut back to its last whole frame, for readers that do not know torn
 * tails. */
static void fail_writing(struct sink *sink, const char *what, int number)
{
	if (atomic_load(&sink->failed))
		return;
	explain_errno(sink, what, number, &sink->error);
	if (sink->is_file && ftruncate(sink->fd, (off_t)sink->whole) != 0) {
		/* The torn tail stays; readers and --resume pass over it. */
	}
	atomic_store(&sink->failed, true);
}

/* Whatever failed before: no --resume helps any more. */
static void fail_deleted(struct sink *sink)
{
	error_set(&sink->error, "%s: was deleted while it was written; its records are lost", sink->path);
	atomic_store(&sink->failed, true);
}

/* ---- writing ---- */

static void sync_file(struct sink *sink)
{
	if (!sink->is_dirty || !sink->is_file)
		return;
	if (fsync(sink->fd) != 0)
		fail_writing(sink, "cannot be synced", errno);
	sink->is_dirty = false;
	sink->synced = now();
}

static void write_frame(struct sink *sink, const struct record_buffer *buffer)
{
	struct span frame;
	int error;

	if (atomic_load(&sink->failed) || record_buffer_content(buffer).n == 0)
		return;
	frame = frame_press(sink->press, record_buffer_content(buffer));
	if (!frame.p) {
		fail_writing(sink, "cannot be compressed", ENOMEM);
		return;
	}
	error = text_write_all(sink->fd, frame);
	if (error != 0) {
		fail_writing(sink, "cannot be written", error);
		return;
	}
	sink->whole += frame.n;
	sink->is_dirty = true;
}

static bool sync_is_due(const struct sink *sink)
{
	return sink->is_dirty && sink->is_file &&
	       (sink->options.sync_interval <= 0 || now() - sink->synced >= sink->options.sync_interval);
}

/* Wait until a buffer is given, the sink closes or a sync is due. Called and left with the lock held. */
static void wait_for_work(struct sink *sink)
{
	while (sink->queue_count == 0 && !sink->closing) {
		struct timespec until;
		double at = sink->synced + sink->options.sync_interval;

		if (!sink->is_dirty || !sink->is_file) {
			pthread_cond_wait(&sink->given, &sink->lock);
			continue;
		}
		until.tv_sec = (time_t)at;
		until.tv_nsec = (long)((at - (double)until.tv_sec) * 1e9);
		if (pthread_cond_timedwait(&sink->given, &sink->lock, &until) == ETIMEDOUT)
			return;
	}
}

static void *write_given(void *arg)
{
	struct sink *sink = arg;

	pthread_mutex_lock(&sink->lock);
	for (;;) {
		struct record_buffer *buffer = NULL;
		bool had_failed = atomic_load(&sink->failed);

		wait_for_work(sink);
		if (sink->queue_count > 0) {
			buffer = sink->queue[sink->queue_first];
			sink->queue_first = (sink->queue_first + 1) % sink->options.buffers;
			sink->queue_count--;
		} else if (sink->closing) {
			break;
		}
		pthread_mutex_unlock(&sink->lock);
		if (buffer) {
			write_frame(sink, buffer);
			record_buffer_reset(buffer);
		}
		if (sync_is_due(sink))
			sync_file(sink);
		pthread_mutex_lock(&sink->lock);
		if (buffer)
			sink->free[sink->free_count++] = buffer;
		if (!sink->options.on_free || (!buffer && atomic_load(&sink->failed) == had_failed))
			continue;
		pthread_mutex_unlock(&sink->lock);
		sink->options.on_free(sink->options.arg);
		pthread_mutex_lock(&sink->lock);
	}
	pthread_mutex_unlock(&sink->lock);
	return NULL;
}

/* ---- opening ---- */

/* Make the name itself durable: a synced file without a directory entry is lost after a crash. */
static void sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		if (fsync(fd) != 0) {
			/* Some file systems cannot; the scan itself is not at risk. */
		}
		close(fd);
	}
	free(copy);
}

/* Two writers would tear each other's frames: a scan that still runs cannot be resumed or replaced. */
static int lock_file(struct sink *sink, struct error *error)
{
	if (flock(sink->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* file systems without locks get none */
	return error_set(error, "%s: another process is writing it; wait for it or stop it first", sink->path);
}

/* Keep @octets of what is there and go on behind them. */
static int go_on_behind(struct sink *sink, long long octets, struct error *error)
{
	if (ftruncate(sink->fd, (off_t)octets) != 0 || lseek(sink->fd, 0, SEEK_END) < 0)
		return explain_errno(sink, "cannot be continued", errno, error);
	sink->whole = (unsigned long long)octets;
	return 0;
}

static int open_file(struct sink *sink, struct error *error)
{
	const struct sink_options *o = &sink->options;
	int flags = O_WRONLY | O_CLOEXEC | (o->resume_at < 0 ? O_CREAT : 0);
	struct stat info;

	if (strcmp(sink->options.path, "-") == 0) {
		sink->fd = STDOUT_FILENO;
		return 0;
	}
	sink->is_new = o->resume_at < 0 && !o->force;
	sink->fd = open(sink->path, flags | (sink->is_new ? O_EXCL : 0), 0666);
	if (sink->fd < 0 && errno == EEXIST) {
		sink->is_new = false;
		return explain_what_is_there(sink->path, error);
	}
	if (sink->fd < 0 || fstat(sink->fd, &info) != 0)
		return explain_errno(sink, o->resume_at < 0 ? "cannot be created" : "cannot be opened", errno, error);
	sink->is_file = S_ISREG(info.st_mode);
	if (sink->is_file && lock_file(sink, error) != 0)
		return -1;
	if (o->resume_at < 0)
		sync_directory(sink->path);
	/* A device or pipe holds nothing that could be kept. */
	if (!sink->is_file && o->resume_at < 0)
		return 0;
	if (o->resume_at > info.st_size)
		return error_set(error, "%s: became shorter while it was read; run again", sink->path);
	return go_on_behind(sink, o->resume_at < 0 ? 0 : o->resume_at, error);
}

/* One of the two in a frame of its own. */
static void write_alone(struct sink *sink, const struct record_header *header, const struct record_trailer *trailer)
{
	struct record_buffer *buffer = record_buffer_new();
	int result = -1;

	if (buffer)
		result = header ? record_put_header(buffer, header) : record_put_trailer(buffer, trailer);
	if (result == 0)
		write_frame(sink, buffer);
	else
		fail_writing(sink, header ? "header" : "trailer", ENOMEM);
	record_buffer_free(buffer);
	sync_file(sink);
}

static int write_header(struct sink *sink, const struct record_header *header, struct error *error)
{
	if (sink->options.resume_at > 0)
		return 0;
	write_alone(sink, header, NULL);
	if (!atomic_load(&sink->failed))
		return 0;
	*error = sink->error;
	/* It is empty: left behind, it would only be in the way of the next run. */
	if (sink->is_new && sink->is_file)
		unlink(sink->path);
	return -1;
}

static void sink_free(struct sink *sink)
{
	if (sink->fd >= 0 && sink->fd != STDOUT_FILENO)
		close(sink->fd);
	for (unsigned i = 0; i < sink->made; i++)
		record_buffer_free(sink->buffer[i]);
	frame_press_free(sink->press);
	free(sink->buffer);
	free(sink->free);
	free(sink->queue);
	free(sink);
}

/* One more buffer that may be taken. */
static bool make_buffer(struct sink *sink)
{
	struct record_buffer *buffer = sink->made < sink->options.buffers ? record_buffer_new() : NULL;

	if (!buffer)
		return false;
	record_buffer_keep(buffer, sink->options.kept);
	sink->buffer[sink->made++] = sink->free[sink->free_count++] = buffer;
	return true;
}

static struct sink *sink_new(const struct sink_options *options)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->options = *options;
	if (sink->options.buffers < BUFFERS_MIN)
		sink->options.buffers = BUFFERS_MIN;
	sink->fd = -1;
	sink->synced = now();
	sink->path = strcmp(options->path, "-") == 0 ? "standard output" : options->path;
	sink->buffer = calloc(sink->options.buffers, sizeof(struct record_buffer *));
	sink->free = calloc(sink->options.buffers, sizeof(struct record_buffer *));
	sink->queue = calloc(sink->options.buffers, sizeof(struct record_buffer *));
	sink->press = frame_press_new();
	/* One buffer from the start, so that records can be written however short memory gets. */
	if (sink->buffer && sink->free && sink->queue && sink->press && make_buffer(sink))
		return sink;
	sink_free(sink);
	return NULL;
}

static int start_thread(struct sink *sink)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&sink->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->given, &attributes);
	pthread_condattr_destroy(&attributes);
	return pthread_create(&sink->thread, NULL, write_given, sink);
}

int sink_open(struct sink **out, const struct sink_options *options, const struct record_header *header,
	      struct error *error)
{
	struct sink *sink = sink_new(options);
	int failure;

	if (!sink)
		return error_set(error, "%s: no memory to write it", options->path);
	if (open_file(sink, error) != 0 || write_header(sink, header, error) != 0) {
		sink_free(sink);
		return -1;
	}
	failure = start_thread(sink);
	if (failure != 0) {
		sink_free(sink);
		return error_set(error, "%s: no thread to write it: %s", options->path, strerror(failure));
	}
	*out = sink;
	return 0;
}

/* ---- use ---- */

struct record_buffer *sink_take(struct sink *sink)
{
	struct record_buffer *buffer = NULL;

	pthread_mutex_lock(&sink->lock);
	if (sink->free_count > 0 || make_buffer(sink))
		buffer = sink->free[--sink->free_count];
	pthread_mutex_unlock(&sink->lock);
	return buffer;
}

void sink_give(struct sink *sink, struct record_buffer *buffer)
{
	pthread_mutex_lock(&sink->lock);
	sink->queue[(sink->queue_first + sink->queue_count++) % sink->options.buffers] = buffer;
	pthread_cond_signal(&sink->given);
	pthread_mutex_unlock(&sink->lock);
}

bool sink_failed(const struct sink *sink)
{
	return atomic_load(&sink->failed);
}

/* ---- closing ---- */

int sink_close(struct sink *sink, const struct record_trailer *trailer, struct error *error)
{
	struct stat info;
	bool failed;

	pthread_mutex_lock(&sink->lock);
	sink->closing = true;
	pthread_cond_signal(&sink->given);
	pthread_mutex_unlock(&sink->lock);
	pthread_join(sink->thread, NULL);
	pthread_cond_destroy(&sink->given);
	pthread_mutex_destroy(&sink->lock);
	write_alone(sink, NULL, trailer);
	/* Network file systems report a full disk here at the latest. */
	if (sink->is_file) {
		bool deleted = fstat(sink->fd, &info) == 0 && info.st_nlink == 0;
		int closed = close(sink->fd);

		sink->fd = -1;
		sink->is_file = false;
		if (closed != 0)
			fail_writing(sink, "cannot be closed", errno);
		if (deleted)
			fail_deleted(sink);
	}
	*error = sink->error;
	failed = atomic_load(&sink->failed);
	sink_free(sink);
	return failed ? -1 : 0;
}

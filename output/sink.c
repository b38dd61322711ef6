#include "output/sink.h"

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

#include "output/frame.h"
#include "output/text.h"

enum { BUFFERS_MIN = 2 };

/* A buffer's place: free, in a user's hands, or waiting in the queue. */
struct slot {
	struct record_buffer *buffer; /* made when first asked for */
	bool taken;
};

struct sink {
	struct sink_options options;
	char *path;
	struct sink_system system;
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
	/* under the lock */
	struct slot *slot;
	unsigned *queue; /* slots handed over, a ring */
	unsigned queue_first, queue_count;
	bool closing;
};

static const struct sink_system real_system = { write, fsync };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- failure ---- */

/* What went wrong (@number: of errno), and what the user can do about it. -1. */
static int explain(const struct sink *sink, const char *what, int number, struct error *error)
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
		{ EIO, "input/output error; check the disk, then run again with --resume" },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i].number == number)
			return error_set(error, "%s: %s: %s", sink->path, what, known[i].remedy);
	return error_set(error, "%s: %s: %s", sink->path, what, strerror(number));
}

/* Nothing more is written. The file is cut back to its last whole frame, for readers that do not know torn
 * tails. */
static void fail(struct sink *sink, const char *what, int number)
{
	if (atomic_load(&sink->failed))
		return;
	explain(sink, what, number, &sink->error);
	if (sink->is_file && ftruncate(sink->fd, (off_t)sink->whole) != 0) {
		/* The torn tail stays; readers and --resume pass over it. */
	}
	atomic_store(&sink->failed, true);
}

/* ---- writing ---- */

static void sync_file(struct sink *sink)
{
	if (!sink->is_dirty || !sink->is_file)
		return;
	if (sink->system.sync(sink->fd) != 0)
		fail(sink, "cannot be synced", errno);
	sink->is_dirty = false;
	sink->synced = now();
}

static void write_frame(struct sink *sink, const struct record_buffer *buffer)
{
	struct span frame;
	int error;

	if (atomic_load(&sink->failed) || record_buffer_size(buffer) == 0)
		return;
	frame = frame_press(sink->press, (struct span){ record_buffer_data(buffer), record_buffer_size(buffer) });
	if (!frame.p) {
		fail(sink, "cannot be compressed", ENOMEM);
		return;
	}
	error = text_write_all(sink->system.write, sink->fd, frame);
	if (error != 0) {
		fail(sink, "cannot be written", error);
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

static void *run(void *arg)
{
	struct sink *sink = arg;

	pthread_mutex_lock(&sink->lock);
	for (;;) {
		struct record_buffer *buffer = NULL;
		bool had_failed = atomic_load(&sink->failed);
		unsigned at = 0;

		wait_for_work(sink);
		if (sink->queue_count > 0) {
			at = sink->queue[sink->queue_first];
			sink->queue_first = (sink->queue_first + 1) % sink->options.buffers;
			sink->queue_count--;
			buffer = sink->slot[at].buffer;
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
			sink->slot[at].taken = false;
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
static int claim(struct sink *sink, struct error *error)
{
	if (flock(sink->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* file systems without locks get none */
	return error_set(error, "%s: another process is writing it; wait for it or stop it first", sink->path);
}

/* Keep @octets of what is there and go on behind them. */
static int keep(struct sink *sink, long long octets, struct error *error)
{
	if (ftruncate(sink->fd, (off_t)octets) != 0 || lseek(sink->fd, 0, SEEK_END) < 0)
		return explain(sink, "cannot be continued", errno, error);
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
		return error_set(error, "%s: exists; --resume goes on with it, --force replaces it", sink->path);
	}
	if (sink->fd < 0 || fstat(sink->fd, &info) != 0)
		return explain(sink, o->resume_at < 0 ? "cannot be created" : "cannot be opened", errno, error);
	sink->is_file = S_ISREG(info.st_mode);
	if (sink->is_file && claim(sink, error) != 0)
		return -1;
	if (o->resume_at < 0)
		sync_directory(sink->path);
	/* A device or pipe holds nothing that could be kept. */
	if (!sink->is_file && o->resume_at < 0)
		return 0;
	if (o->resume_at > info.st_size)
		return error_set(error, "%s: became shorter while it was read; run again", sink->path);
	return keep(sink, o->resume_at < 0 ? 0 : o->resume_at, error);
}

static int write_header(struct sink *sink, const struct record_header *header, struct error *error)
{
	struct record_buffer *buffer;

	if (sink->options.resume_at > 0)
		return 0;
	buffer = record_buffer_new();
	if (!buffer || record_put_header(buffer, header) != 0)
		fail(sink, "header", ENOMEM);
	else
		write_frame(sink, buffer);
	record_buffer_free(buffer);
	sync_file(sink);
	if (!atomic_load(&sink->failed))
		return 0;
	*error = sink->error;
	/* Nothing is in it: left behind, it would only be in the next run's way. */
	if (sink->is_new && sink->is_file)
		unlink(sink->path);
	return -1;
}

static void sink_free(struct sink *sink)
{
	if (sink->fd >= 0 && sink->fd != STDOUT_FILENO)
		close(sink->fd);
	for (unsigned i = 0; sink->slot && i < sink->options.buffers; i++)
		record_buffer_free(sink->slot[i].buffer);
	frame_press_free(sink->press);
	free(sink->slot);
	free(sink->queue);
	free(sink->path);
	free(sink);
}

static struct sink *sink_new(const struct sink_options *options)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->options = *options;
	if (sink->options.buffers < BUFFERS_MIN)
		sink->options.buffers = BUFFERS_MIN;
	sink->system = options->system ? *options->system : real_system;
	sink->fd = -1;
	sink->synced = now();
	sink->path = strdup(strcmp(options->path, "-") == 0 ? "standard output" : options->path);
	sink->slot = calloc(sink->options.buffers, sizeof(*sink->slot));
	sink->queue = calloc(sink->options.buffers, sizeof(*sink->queue));
	sink->press = frame_press_new();
	/* One buffer from the start: whatever memory lacks later, records go on being written. */
	if (sink->slot)
		sink->slot[0].buffer = record_buffer_new();
	if (sink->path && sink->slot && sink->slot[0].buffer && sink->queue && sink->press)
		return sink;
	sink_free(sink);
	return NULL;
}

static int start(struct sink *sink)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&sink->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->given, &attributes);
	pthread_condattr_destroy(&attributes);
	return pthread_create(&sink->thread, NULL, run, sink);
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
	failure = start(sink);
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
	for (unsigned i = 0; i < sink->options.buffers && !buffer; i++) {
		struct slot *slot = &sink->slot[i];

		if (slot->taken)
			continue;
		if (!slot->buffer)
			slot->buffer = record_buffer_new();
		buffer = slot->buffer;
		slot->taken = buffer;
		if (!buffer)
			break;
	}
	pthread_mutex_unlock(&sink->lock);
	return buffer;
}

void sink_give(struct sink *sink, struct record_buffer *buffer)
{
	pthread_mutex_lock(&sink->lock);
	for (unsigned i = 0; i < sink->options.buffers; i++) {
		if (sink->slot[i].buffer == buffer)
			sink->queue[(sink->queue_first + sink->queue_count++) % sink->options.buffers] = i;
	}
	pthread_cond_signal(&sink->given);
	pthread_mutex_unlock(&sink->lock);
}

bool sink_failed(const struct sink *sink)
{
	return atomic_load(&sink->failed);
}

/* ---- closing ---- */

static void write_trailer(struct sink *sink, const struct record_trailer *trailer)
{
	struct record_buffer *buffer = record_buffer_new();

	if (!buffer || record_put_trailer(buffer, trailer) != 0)
		fail(sink, "trailer", ENOMEM);
	else
		write_frame(sink, buffer);
	record_buffer_free(buffer);
}

int sink_close(struct sink *sink, const struct record_trailer *trailer, struct error *error)
{
	bool failed;

	pthread_mutex_lock(&sink->lock);
	sink->closing = true;
	pthread_cond_signal(&sink->given);
	pthread_mutex_unlock(&sink->lock);
	pthread_join(sink->thread, NULL);
	pthread_cond_destroy(&sink->given);
	pthread_mutex_destroy(&sink->lock);
	write_trailer(sink, trailer);
	sync_file(sink);
	/* Network file systems report a full disk here at the latest. */
	if (sink->is_file) {
		int closed = close(sink->fd);

		sink->fd = -1;
		sink->is_file = false;
		if (closed != 0)
			fail(sink, "cannot be closed", errno);
	}
	*error = sink->error;
	failed = atomic_load(&sink->failed);
	sink_free(sink);
	return failed ? -1 : 0;
}

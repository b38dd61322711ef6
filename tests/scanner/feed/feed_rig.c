/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/feed/feed_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

bool feed_rig_shows_servers;

void feed_rig_on_ready(void *arg)
{
	struct feed_rig_bell *bell = arg;

	pthread_mutex_lock(&bell->lock);
	bell->ready = true;
	pthread_cond_signal(&bell->rung);
	pthread_mutex_unlock(&bell->lock);
}

void feed_rig_wait(struct feed_rig_bell *bell)
{
	pthread_mutex_lock(&bell->lock);
	while (!bell->ready)
		pthread_cond_wait(&bell->rung, &bell->lock);
	bell->ready = false;
	pthread_mutex_unlock(&bell->lock);
}

static void print_extra(struct feed_rig_output *output, const struct feed_batch *batch, struct span extra)
{
	struct span item[EXTRA_ITEMS_MAX];
	size_t items = extra_items(extra, item, COUNT_OF(item));

	if (extra.n == 0 || (extra_is(extra, EXTRA_SERVERS) && !feed_rig_shows_servers))
		return;
	assert_true(extra.p >= batch->text && extra.p + extra.n <= batch->text + sizeof(batch->text));
	fprintf(output->file, " %s", extra_is(extra, EXTRA_LABELS) ? "[" : "{");
	for (size_t i = 0; i < items; i++)
		fprintf(output->file, "%s%.*s", i > 0 ? "|" : "", (int)item[i].n, item[i].p);
	fprintf(output->file, "%s", extra_is(extra, EXTRA_LABELS) ? "]" : "}");
	if (extra_left_out(extra) > 0)
		fprintf(output->file, "+%u", extra_left_out(extra));
}

static void print_batch(struct feed_rig_output *output, const struct feed_batch *batch)
{
	assert_in_range(batch->count, 1, FEED_BATCH);
	for (unsigned i = 0; i < batch->count; i++) {
		const struct feed_target *target = &batch->target[i];

		assert_true(target->name.n <= OBS_LINE_MAX);
		assert_true(target->name.p >= batch->text &&
			    target->name.p + target->name.n <= batch->text + sizeof(batch->text));
		fprintf(output->file, "%llu %llu %d %.*s", (unsigned long long)target->index,
			(unsigned long long)target->rank, target->input, (int)target->name.n, target->name.p);
		print_extra(output, batch, target->extra);
		fputc('\n', output->file);
	}
	output->targets += batch->count;
}

/* Everything the feed hands out. */
struct feed_rig_output feed_rig_drain(struct feed_options options)
{
	struct feed_rig_bell bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	struct feed_rig_output output = { .file = NULL };
	struct feed_batch *batch;
	struct feed *feed;

	options.on_ready = feed_rig_on_ready;
	options.arg = &bell;
	output.file = open_memstream(&output.text, &output.size);
	if (feed_open(&feed, &options, &output.error) != 0)
		fail_msg("%s", output.error.text);
	while ((output.result = feed_take(feed, &batch)) <= FEED_WAIT) {
		if (output.result == FEED_WAIT) {
			feed_rig_wait(&bell);
			continue;
		}
		print_batch(&output, batch);
		feed_release(feed, batch);
	}
	output.entries = feed_entries(feed);
	feed_error(feed, &output.error);
	feed_close(feed);
	fclose(output.file);
	return output;
}

void feed_rig_write(char path[], const void *p, size_t n)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

struct feed_rig_output feed_rig_drain_octets(const void *p, size_t n, struct feed_options options)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct feed_rig_output output;

	feed_rig_write(path, p, n);
	options.path = path;
	options.shards = options.shards ? options.shards : 1;
	output = feed_rig_drain(options);
	unlink(path);
	return output;
}

size_t feed_rig_gzip(const char *text, size_t n, unsigned char *out, size_t size)
{
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)size
	};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

char *feed_rig_big_list(size_t *n)
{
	char *list = malloc(FEED_RIG_BIG);

	*n = 0;
	for (int i = 0; i < FEED_RIG_LINES; i++)
		*n += (size_t)snprintf(list + *n, FEED_RIG_BIG - *n, "d%d.test\n", i);
	return list;
}

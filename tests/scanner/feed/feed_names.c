/* SPDX-License-Identifier: BSD-2-Clause */
/* What the feed reads of a list, for scripts: feed_names FILE [ORIGIN] writes a line "name" for each domain name and
 * "! text" for each entry that is none. Exits with 1 and the feed's message where it fails. */
#include <stdio.h>
#include <string.h>

#include "scanner/feed/feed.h"

enum { AWAIT_S = 3600 /* longer than a test may take */ };

int main(int argc, char **argv)
{
	struct feed_options options = { .shards = 1 };
	struct feed_batch *batch;
	enum feed_result result;
	struct error error;
	struct feed *feed;

	if (argc < 2 || argc > 3)
		return 2;
	options.path = argv[1];
	options.origin = argv[2]; /* NULL, where there is none */
	if (feed_open(&feed, &options, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	while ((result = feed_await(feed, &batch, AWAIT_S)) == FEED_BATCH_TAKEN) {
		for (unsigned i = 0; i < batch->count; i++)
			printf("%s%.*s\n", batch->target[i].input == INPUT_OK ? "" : "! ", (int)batch->target[i].name.n,
			       batch->target[i].name.p);
		feed_release(feed, batch);
	}
	feed_error(feed, &error);
	feed_close(feed);
	if (result == FEED_FAILED)
		fprintf(stderr, "%s\n", error.text);
	return result == FEED_FAILED;
}

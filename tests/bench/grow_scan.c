/* SPDX-License-Identifier: BSD-2-Clause */
/* grow_scan - a scan file as often as wanted, as if the list had been so much longer.
 *
 * usage: grow_scan SCAN OUT COPIES
 *
 * Each copy's domains have a name of their own ("c7-" in front), and the indexes behind those of the copy before. MX
 * hosts are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/scan_file/reader.h"
#include "output/scan_file/sink.h"

enum { PREFIX_MAX = 32 };

struct growing {
	struct sink *sink;
	struct record_buffer *buffer;
	struct record_trailer trailer;
};

static void give_up(const char *why)
{
	fprintf(stderr, "grow_scan: %s\n", why);
	exit(1);
}

static void put(struct growing *g, const struct observation *o, unsigned copy)
{
	struct observation grown = *o;
	char name[PREFIX_MAX + OBS_LINE_MAX];
	int n = snprintf(name, sizeof(name), "c%u-%.*s", copy, (int)o->name.n, o->name.p);

	grown.name = (struct span){ name, (size_t)n };
	grown.index = g->trailer.domains++;
	while (!g->buffer)
		g->buffer = sink_take(g->sink);
	if (record_put_domain(g->buffer, &grown) != 0)
		give_up("no memory");
	g->trailer.blocklisted += o->input == INPUT_BLOCKLISTED;
	g->trailer.illegal += o->input == INPUT_ILLEGAL;
	if (record_buffer_content(g->buffer).n < SINK_FRAME_TARGET)
		return;
	sink_give(g->sink, g->buffer);
	g->buffer = NULL;
}

static void copy_scan(struct growing *g, struct reader *reader, unsigned copy)
{
	struct observation o;
	struct error error;
	int got;

	while ((got = reader_next(reader, &o, &error)) > 0)
		put(g, &o, copy);
	if (got < 0)
		give_up(error.text);
}

int main(int argc, char **argv)
{
	struct growing g = { 0 };
	struct reader *reader;
	struct error error;

	if (argc < 4)
		give_up("usage: grow_scan SCAN OUT COPIES");
	for (unsigned copy = 0; copy < (unsigned)atoi(argv[3]); copy++) {
		const struct sink_options options = {
			.path = argv[2], .force = true, .resume_at = -1, .sync_interval = 3600, .buffers = 4
		};

		if (reader_open(&reader, argv[1], &error) != 0)
			give_up(error.text);
		if (copy == 0) {
			struct record_header header = *reader_header(reader);

			header.input_sample = 0;
			if (sink_open(&g.sink, &options, &header, &error) != 0)
				give_up(error.text);
		}
		copy_scan(&g, reader, copy);
		reader_close(reader);
	}
	if (g.buffer)
		sink_give(g.sink, g.buffer);
	if (sink_close(g.sink, &g.trailer, &error) != 0)
		give_up(error.text);
	printf("domains=%" PRIu64 "\n", g.trailer.domains);
	return 0;
}

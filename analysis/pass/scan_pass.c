/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/scan_pass.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/pass/scan_frames.h"

static enum probed probed_by(const struct record_header *header)
{
	const struct record_option *smtp = record_header_option(header, SPAN_LITERAL("smtp"));

	if (scan_origin_of(header).of_hosts)
		return PROBED_LIST;
	if (!smtp)
		return record_header_option(header, SPAN_LITERAL(SCAN_ORIGIN_JOINED)) ? PROBED_JOINED : PROBED_NONE;
	return span_equal(smtp->value, SPAN_LITERAL("all")) ? PROBED_ALL : PROBED_STS;
}

int scan_pass_open(struct reader **reader, const struct scan_source *source, const char *path, struct error *error)
{
	int result = source->copy >= 0 ? reader_open_descriptor(reader, source->copy, path, error)
				       : reader_open(reader, path, error);

	return result < 0 ? -1 : 0;
}

/* See what the file holds. One that can be read but once stays open for its domains, unless it is to be read twice. */
static int look_at_source(const struct scan_pass *pass, struct scan_source *source, const char *path,
			  struct error *error)
{
	struct reader *reader;
	bool once;

	if (scan_pass_open(&reader, source, path, error) < 0)
		return -1;
	once = !reader_can_repeat(reader);
	source->probed = probed_by(reader_header(reader));
	pass->files->headers.hosts = pass->files->headers.hosts || source->probed != PROBED_NONE;
	if (pass->files->on_header)
		pass->files->on_header(pass->arg, reader_header(reader));
	if (source->probed != PROBED_LIST &&
	    scan_headers_add(&pass->files->headers, path, reader_header(reader), error) < 0) {
		reader_close(reader);
		return -1;
	}
	if (once && source->probed == PROBED_NONE) {
		source->reader = reader;
		return 0;
	}
	if (once)
		source->copy = reader_copy(reader, error);
	reader_close(reader);
	return once && source->copy < 0 ? -1 : 0;
}

/* After a failure nothing more is kept, and reading ends. */
static void keep_host(void *arg, const struct obs_host *host)
{
	struct scan_pass *pass = arg;

	pass->failed = pass->failed || host_store_put(pass->hosts, host, &pass->error) < 0;
}

static void keep_vantage(void *arg, const struct obs_vantage *vantage)
{
	struct scan_pass *pass = arg;

	pass->failed = pass->failed || host_store_add_vantage(pass->hosts, vantage, &pass->error) < 0;
	if (!pass->failed && pass->files->on_vantage)
		pass->files->on_vantage(pass->arg, vantage);
}

/* The hosts of one file. Damage is told where its domains are read up to there. */
static int read_hosts(struct scan_pass *pass, int file, struct error *error)
{
	struct scan_source *source = &pass->source[file];
	struct observation none;
	struct reader *reader;
	int got;

	if (scan_pass_open(&reader, source, pass->files->path[file], error) < 0)
		return -1;
	host_store_begin(pass->hosts);
	reader_watch(reader, keep_host, keep_vantage, pass);
	while ((got = reader_next(reader, &none, &source->error)) > 0 && !pass->failed)
		;
	reader_close(reader);
	if (!pass->failed)
		return 0;
	*error = pass->error;
	return -1;
}

/* Nothing more than the headers where no file has hosts. */
static int read_headers_and_hosts(struct scan_pass *pass, struct error *error)
{
	struct scan_files *files = pass->files;
	int result = 0;

	memset(&files->headers, 0, sizeof(files->headers));
	for (int i = 0; i < files->count && result == 0; i++)
		result = look_at_source(pass, &pass->source[i], files->path[i], error);
	if (result == 0 && files->on_headers)
		result = files->on_headers(pass->arg, &files->headers, error);
	for (int i = 0; i < pass->files->count && result == 0; i++) {
		if (pass->source[i].probed == PROBED_NONE)
			continue;
		if (!pass->hosts)
			pass->hosts = host_store_new();
		result = pass->hosts ? read_hosts(pass, i, error) : error_set(error, "no memory");
	}
	if (pass->hosts)
		pass->files->hosts = host_store_count(pass->hosts);
	return result;
}

static void warn_of_hosts_alone(const struct scan_files *files)
{
	if (files->domains == 0 && files->hosts > 0)
		scan_judge_warn(files,
				"%s: mail servers alone, %llu of them (scan --mx-hosts), and no domain; give the scan "
				"files of the domains that name them, too",
				files->count == 1 ? files->path[0] : "these files", (unsigned long long)files->hosts);
}

static int read_all(struct scan_pass *pass, struct error *error)
{
	struct scan_files *files = pass->files;

	if (read_headers_and_hosts(pass, error) < 0 || scan_frames_read(pass, error) < 0)
		return -1;
	if (pass->enough)
		return 0;
	scan_judge_shards(files, pass->origin);
	warn_of_hosts_alone(files);
	return pass->hosts && files->on_host ? host_store_each(pass->hosts, files->on_host, pass->arg, error) : 0;
}

int scan_pass_run(struct scan_pass *pass, struct error *error)
{
	struct scan_files *files = pass->files;
	int result = -1;

	files->domains = files->hosts = 0;
	files->incomplete = 0;
	pass->origin = calloc((size_t)files->count, sizeof(*pass->origin));
	pass->source = calloc((size_t)files->count, sizeof(*pass->source));
	for (int i = 0; pass->source && i < files->count; i++)
		pass->source[i].copy = -1;
	if (pass->origin && pass->source)
		result = read_all(pass, error);
	else
		error_set(error, "no memory");
	for (int i = 0; pass->source && i < files->count; i++) {
		reader_close(pass->source[i].reader);
		if (pass->source[i].copy >= 0)
			close(pass->source[i].copy);
	}
	host_store_free(pass->hosts);
	free(pass->source);
	free(pass->origin);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "analysis/classify/classify.h"
#include "analysis/classify/classify_host.h"
#include "analysis/merge/merge_inside.h"
#include "analysis/merge/merge_row.h"
#include "analysis/merge/merge_writer.h"
#include "output/bit_set.h"
#include "output/scan_file/decode.h"
#include "output/scan_file/schema.h"

enum { KEY_MAX = 1 + 2 * TEMPLATE_MAX + 1 }; /* octets: of a host's name, each escaped */

struct writing {
	struct merge *merge;
	struct record_header header;
	struct merge_writer writer;
	struct decode *decode;
	struct observation domain;
	union decode_frame_record other;
	struct bit_set indexes; /* … of what is written, judged as a reader will */
	/* of the row before */
	char key[KEY_MAX];
	size_t key_length;
	uint32_t file;
};

/* Is it one more of what the row before was of? */
static bool is_again(struct writing *writing, const struct merge_row *row)
{
	bool again = span_equal(row->key, (struct span){ writing->key, writing->key_length });

	if (!again) {
		memcpy(writing->key, row->key.p, row->key.n);
		writing->key_length = row->key.n;
		writing->file = row->file;
	}
	return again;
}

static int fail_index(struct writing *writing, struct error *error)
{
	return error_set(error,
			 "index %" PRIu64 " (%.*s) is out of all proportion to the %" PRIu64
			 " records before it; no scan writes such",
			 writing->domain.index, (int)writing->domain.name.n, writing->domain.name.p,
			 writing->merge->result->domains);
}

/* A record whose index another has. */
static int drop_domain(struct writing *writing, const struct merge_row *row, struct error *error)
{
	const struct merge_options *options = writing->merge->options;

	writing->merge->result->duplicates++;
	if (options->header) /* the file has another's records, and so lacks its own */
		writing->merge->result->complete = false;
	if (options->partial)
		return 0;
	return error_set(error, "index %" PRIu64 " (%.*s) stands in %s and in %s; --partial keeps the first",
			 writing->domain.index, (int)writing->domain.name.n, writing->domain.name.p,
			 options->path[writing->file], options->path[row->file]);
}

static int put_domain(struct writing *writing, const struct merge_row *row, struct error *error)
{
	struct record_trailer *trailer = &writing->merge->trailer;
	struct observation *o = &writing->domain;
	struct obs_certificate chain[OBS_CHAIN_MAX];
	struct classification result;
	int had;

	if (is_again(writing, row))
		return drop_domain(writing, row, error);
	had = bit_set_add(&writing->indexes, o->index);
	if (had < 0)
		return had == BIT_SET_MEMORY ? put_aside_no_memory(error) : fail_index(writing, error);
	classify(o, &result);
	trailer->unknown += result.judgement.status == DOMAIN_UNKNOWN;
	trailer->blocklisted += o->input == INPUT_BLOCKLISTED;
	trailer->illegal += o->input == INPUT_ILLEGAL;
	if (direct_counts_concern(o))
		direct_counts_add(&trailer->direct, o);
	if (merge_kept_give(&writing->merge->kept, &o->policy.tls, chain, error) < 0)
		return -1;
	writing->merge->result->domains++;
	return merge_writer_added(&writing->writer, record_put_domain(writing->writer.buffer, o), error);
}

static int put_host(struct writing *writing, const struct merge_row *row, struct error *error)
{
	struct obs_certificate chain[HOST_PROBES_MAX][OBS_CHAIN_MAX];
	struct obs_host host = writing->other.host;
	struct obs_smtp probe[HOST_PROBES_MAX];
	struct host_judgement result;

	if (is_again(writing, row))
		return 0;
	classify_host(&host, &result);
	writing->merge->trailer.hosts_unknown += result.state == MX_UNKNOWN;
	host.probe_count = host.probe_count < HOST_PROBES_MAX ? host.probe_count : HOST_PROBES_MAX;
	for (size_t i = 0; i < host.probe_count; i++) {
		probe[i] = host.probe[i];
		if (merge_kept_give(&writing->merge->kept, &probe[i].tls, chain[i], error) < 0)
			return -1;
	}
	host.probe = probe;
	writing->merge->result->hosts++;
	return merge_writer_added(&writing->writer, record_put_host(writing->writer.buffer, &host), error);
}

static int put_row(struct writing *writing, struct span octets, struct error *error)
{
	struct merge_row row = merge_row_read(octets);
	int result = -1;

	decode_begin(writing->decode, row.record);
	switch (decode_next(writing->decode, &writing->domain, &writing->other)) {
	case DECODE_DOMAIN:
		result = put_domain(writing, &row, error);
		break;
	case DECODE_HOST:
		result = put_host(writing, &row, error);
		break;
	case DECODE_VANTAGE:
		result = merge_writer_added(&writing->writer,
					    record_put_vantage(writing->writer.buffer, &writing->other.vantage), error);
		break;
	case DECODE_MEMORY:
		return put_aside_no_memory(error);
	default:
		return error_set(error, "a record that was put aside cannot be read back");
	}
	merge_kept_release(&writing->merge->kept);
	return result;
}

static int put_rows(struct writing *writing, struct error *error)
{
	struct merge *merge = writing->merge;
	struct span row;
	int got;

	if (sorted_rows_start(merge->rows, error) < 0)
		return -1;
	while ((got = sorted_rows_next(merge->rows, &row, error)) > 0)
		if (put_row(writing, row, error) < 0 ||
		    merge_go_on(merge, merge->result->domains + merge->result->hosts, "written", error) < 0)
			return -1;
	return got;
}

static void end_trailer(struct merge *merge)
{
	struct record_trailer *trailer = &merge->trailer;
	struct merge_result *result = merge->result;

	trailer->completion = result->complete ? COMPLETION_COMPLETE : COMPLETION_ABORTED;
	trailer->domains = result->domains;
	trailer->hosts = result->hosts;
	trailer->has_direct = merge->header->direct;
	if (merge->traffic_lost)
		trailer->queries = trailer->fetches = trailer->probes = 0;
}

static int write_all(struct writing *writing, struct error *error)
{
	const struct merge_options *options = writing->merge->options;
	const struct record_header *header = &writing->header;

	if (!writing->decode || !decode_set_labels(writing->decode, header->label, header->label_count))
		return put_aside_no_memory(error);
	if (merge_writer_open(&writing->writer, options->output, options->force, header, error) < 0 ||
	    put_rows(writing, error) < 0)
		return -1;
	end_trailer(writing->merge);
	writing->merge->result->trailer = writing->merge->trailer;
	return merge_writer_finish(&writing->writer, &writing->merge->trailer, error);
}

int merge_write(struct merge *merge, struct error *error)
{
	struct writing writing = { .merge = merge, .decode = decode_new(), .header = *merge->header };
	struct merge_result *found = merge->result;
	int result;

	found->complete = found->missing == 0 && found->incomplete == 0 && !merge->options->lacking;
	writing.header.has_gaps |= !found->complete; /* then what is there may be any way apart */
	writing.indexes.shards = reader_spread(merge->header);
	writing.indexes.first = merge->header->first_index;
	writing.indexes.has_gaps = writing.header.has_gaps;
	result = write_all(&writing, error);
	merge_writer_drop(&writing.writer);
	bit_set_free(&writing.indexes);
	decode_free(writing.decode);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/scan_frames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pass/in_order.h"
#include "output/scan_file/frame.h"

enum { LOOK_EACH = 16 }; /* domains, until it is asked how much they have made */

_Static_assert(FRAME_INDEXES_MAX % LOOK_EACH == 0, "the last one is looked at");

/* What is read, done and taken in order. */
enum piece_kind { PIECE_FILE, PIECE_FRAME, PIECE_FILE_END };

struct piece {
	enum piece_kind kind;
	int file;
	char *octets; /* of the frame */
	size_t n, room;
	struct frame_facts facts;
	struct text *output;
	bool unopened; /* the frame cannot be opened */
	bool dropped;  /* the file ended before it */
	bool enough;
	bool failed; /* for this reason, behind what was found until then */
	struct error error;
};

/* What one thread has. */
struct thread {
	struct frame_content *content;
	struct frame_records records;
	struct host_view *hosts;
	void *state;
	bool begun;
	int file; /* that `records` is ready for; -1: none */
};

struct frames {
	struct scan_pass *pass;
	struct in_order order;
	struct piece *piece;
	struct thread *thread;
	pthread_mutex_t relief;
	size_t output_most;
	int file; /* that is read; files->count: none any more */
	bool file_ended;
};

static void fail_piece(struct piece *piece)
{
	piece->failed = true;
	error_set(&piece->error, "no memory to read the scan files");
}

/* ---- reading: one thread at a time ---- */

static void keep_octets(struct piece *piece, struct span octets)
{
	if (octets.n > piece->room) {
		free(piece->octets);
		piece->octets = malloc(octets.n);
		piece->room = piece->octets ? octets.n : 0;
	}
	if (!piece->facts.index)
		piece->facts.index = malloc(FRAME_INDEXES_MAX * sizeof(*piece->facts.index));
	piece->n = 0;
	if (!piece->octets || !piece->facts.index) {
		fail_piece(piece);
		return;
	}
	memcpy(piece->octets, octets.p, octets.n);
	piece->n = octets.n;
}

static void open_file(struct frames *f, struct piece *piece)
{
	struct scan_source *source = &f->pass->source[f->file];

	piece->kind = PIECE_FILE;
	f->file_ended = false;
	if (!source->reader)
		piece->failed = scan_pass_open(&source->reader, source, f->pass->files->path[f->file], &piece->error) <
				0;
}

static bool read_piece(void *arg, unsigned place, uint64_t *weight)
{
	struct frames *f = arg;
	struct piece *piece = &f->piece[place];
	struct span octets;

	if (f->file_ended && ++f->file == f->pass->files->count)
		return false;
	piece->file = f->file;
	piece->unopened = piece->dropped = piece->enough = piece->failed = false;
	if (f->file_ended) {
		open_file(f, piece);
		if (piece->failed) /* nothing is taken behind it */
			f->file = f->pass->files->count - 1;
		f->file_ended = piece->failed;
	} else if (reader_pass(f->pass->source[f->file].reader, &octets, &piece->facts)) {
		piece->kind = PIECE_FRAME;
		keep_octets(piece, octets);
		*weight = octets.n;
	} else {
		piece->kind = PIECE_FILE_END;
		f->file_ended = true;
	}
	return true;
}

/* ---- taking: one thread at a time, in order ---- */

/* False: no more. */
static bool fail(struct scan_pass *pass, const struct error *error)
{
	if (!pass->failed)
		pass->error = *error;
	pass->failed = true;
	return false;
}

static bool give_outputs(struct scan_pass *pass, struct piece *piece)
{
	const struct scan_files_work *work = pass->work;

	for (unsigned i = 0; i < work->outputs && !pass->enough; i++) {
		struct text *output = &piece->output[i];

		if (text_failed(output))
			fail_piece(piece);
		else if (output->used > 0)
			pass->enough = !work->on_output(pass->work_arg, i, (struct span){ output->data, output->used });
		output->used = 0;
	}
	return !pass->enough;
}

static void tell(struct scan_pass *pass)
{
	const struct scan_files *files = pass->files;
	char elapsed[ELAPSED_MAX];

	if (!elapsed_is_due(&pass->elapsed, elapsed))
		return;
	fprintf(stderr, "stsurvey %s: %s; ", files->command, elapsed);
	if (files->of > 0)
		fprintf(stderr, "scan %u of %u; ", files->number, files->of);
	fprintf(stderr, "%" PRIu64 " domains\n", files->domains);
}

/* What was found of a frame since it was taken last. */
static bool take_part(struct scan_pass *pass, struct piece *piece)
{
	struct error error;

	if (pass->failed || !give_outputs(pass, piece))
		return false;
	if (pass->source[piece->file].probed != PROBED_LIST)
		pass->files->domains += piece->facts.domains;
	tell(pass);
	if (reader_take(pass->source[piece->file].reader, &piece->facts, &error) < 0)
		return fail(pass, &error);
	if (piece->failed)
		return fail(pass, &piece->error);
	pass->enough |= piece->enough;
	return !pass->enough;
}

/* A frame cannot be opened: it is the torn tail of its file, which ends here, or damage. */
static bool take_unopened(struct frames *f, unsigned first)
{
	struct in_order *order = &f->order;
	int file = f->piece[first].file;
	struct reader *reader = f->pass->source[file].reader;
	struct error error;

	for (unsigned i = in_order_hold(order); i-- > 0;) {
		struct piece *piece = &f->piece[(first + i) % order->places];

		if (piece->file != file || piece->kind != PIECE_FRAME)
			continue;
		piece->dropped = true;
		if (reader_put_back(reader, (struct span){ piece->octets, piece->n }, &error) < 0)
			return fail(f->pass, &error);
	}
	/* a frame that opens may stand only behind damage */
	if (reader_finish(reader, &error) < 0)
		return fail(f->pass, &error);
	return true;
}

static bool take_file(struct scan_pass *pass, const struct piece *piece)
{
	const struct scan_source *source = &pass->source[piece->file];

	if (piece->failed)
		return fail(pass, &piece->error);
	scan_judge_header(pass->files, pass->origin, piece->file, reader_header(source->reader));
	return true;
}

static bool take_file_end(struct scan_pass *pass, const struct piece *piece)
{
	struct scan_source *source = &pass->source[piece->file];
	struct error error;

	if (reader_finish(source->reader, &error) < 0 ||
	    scan_judge_end(pass->files, source->reader, pass->files->path[piece->file], &error) < 0)
		return fail(pass, &error);
	reader_close(source->reader);
	source->reader = NULL;
	/* its hosts could not be read, though its domains could */
	return source->error.text[0] ? fail(pass, &source->error) : true;
}

static bool take_piece(void *arg, unsigned place)
{
	struct frames *f = arg;
	struct piece *piece = &f->piece[place];

	if (piece->dropped)
		return true;
	if (piece->kind == PIECE_FILE)
		return take_file(f->pass, piece);
	if (piece->kind == PIECE_FILE_END)
		return take_file_end(f->pass, piece);
	return piece->unopened ? take_unopened(f, place) : take_part(f->pass, piece);
}

/* ---- a frame's domains: on any thread ---- */

/* May the file's scan have meant to probe the domain's mail servers, so that one that is missing is not known? Which it
 * did, scanner/queue/host_queue.h decides by the judgement, which is not there yet: where it has no record in spite of
 * some TXT, classify_mxtls takes nothing for missing. */
static bool is_probed(enum probed probed, const struct observation *o)
{
	return obs_mx_has_hosts(&o->mx) &&
	       (probed == PROBED_ALL || (probed == PROBED_STS && o->txt[TXT_STS].count > 0));
}

static bool join_hosts(struct thread *thread, struct piece *piece, enum probed probed, struct observation *o)
{
	uint64_t work;

	if (!thread->hosts)
		return true;
	piece->failed = host_view_join(thread->hosts, o, is_probed(probed, o), &work, &piece->error) < 0;
	return !piece->failed && frame_facts_add_work(&piece->facts, work);
}

/* Has enough been found to be taken before the frame's end? Some domains more make no large text. */
static bool is_full(const struct frames *f, const struct piece *piece)
{
	bool full = piece->facts.index_count == FRAME_INDEXES_MAX;

	if (piece->facts.index_count % LOOK_EACH > 0)
		return false;
	for (unsigned i = 0; i < f->pass->work->outputs; i++)
		full |= piece->output[i].used >= f->output_most;
	return full;
}

/* False: nothing more is wanted. */
static bool give_part(struct frames *f, struct piece *piece)
{
	if (!in_order_wait_turn(&f->order, (unsigned)(piece - f->piece)))
		return false;
	if (take_part(f->pass, piece))
		return true;
	piece->enough = true;
	return false;
}

static void read_domains(struct frames *f, struct thread *thread, struct piece *piece)
{
	enum probed probed = f->pass->source[piece->file].probed;
	struct classification result;
	struct observation o;

	while (frame_records_next(&thread->records, &o, &piece->facts) > 0) {
		if (probed != PROBED_LIST) { /* a line that names no host: of a list of hosts there is no domain */
			if (!join_hosts(thread, piece, probed, &o))
				return;
			classify(&o, &result);
			piece->enough = !f->pass->work->on_domain(thread->state, piece->output, &o, &result);
		}
		if (piece->enough || (is_full(f, piece) && !give_part(f, piece)))
			return;
	}
}

static bool prepare(struct thread *thread, const struct reader *reader, int file)
{
	if (thread->file != file && !reader_prepare(reader, &thread->records))
		return false;
	thread->file = file;
	return true;
}

static void do_piece(void *arg, unsigned number, unsigned place)
{
	struct frames *f = arg;
	struct piece *piece = &f->piece[place];
	struct thread *thread = &f->thread[number];
	struct span content;

	if (piece->kind != PIECE_FRAME || piece->failed)
		return;
	piece->unopened = frame_content_open(thread->content, (struct span){ piece->octets, piece->n }, &content) !=
			  FRAME_WHOLE;
	if (piece->unopened)
		return;
	if (!prepare(thread, f->pass->source[piece->file].reader, piece->file)) {
		fail_piece(piece);
		return;
	}
	frame_records_begin(&thread->records, content);
	read_domains(f, thread, piece);
	if (!f->pass->work->relieve)
		return;
	pthread_mutex_lock(&f->relief);
	f->pass->work->relieve(f->pass->work_arg, thread->state);
	pthread_mutex_unlock(&f->relief);
}

/* ---- life ---- */

static bool begin_thread(struct frames *f, struct thread *thread)
{
	struct scan_pass *pass = f->pass;

	thread->file = -1;
	thread->state = pass->work->begin ? pass->work->begin(pass->work_arg) : pass->work_arg;
	thread->begun = thread->state;
	thread->content = frame_content_new();
	thread->hosts = pass->hosts ? host_view_new(pass->hosts, f->order.threads) : NULL;
	return frame_records_init(&thread->records) && thread->begun && thread->content &&
	       (thread->hosts || !pass->hosts);
}

static bool begin(struct frames *f)
{
	unsigned outputs = f->pass->work->outputs;
	bool begun = true;

	f->piece = calloc(f->order.places, sizeof(*f->piece));
	f->thread = calloc(f->order.threads, sizeof(*f->thread));
	for (unsigned i = 0; f->piece && i < f->order.places && outputs > 0; i++) {
		f->piece[i].output = calloc(outputs, sizeof(*f->piece[i].output));
		begun = begun && f->piece[i].output;
		for (unsigned k = 0; f->piece[i].output && k < outputs; k++)
			text_open_memory(&f->piece[i].output[k]);
	}
	for (unsigned i = 0; f->thread && begun && i < f->order.threads; i++)
		begun = begin_thread(f, &f->thread[i]);
	return begun && f->piece && f->thread;
}

static void end_thread(struct frames *f, struct thread *thread)
{
	if (thread->begun && f->pass->work->end)
		f->pass->work->end(f->pass->work_arg, thread->state);
	frame_content_free(thread->content);
	frame_records_fini(&thread->records);
	host_view_free(thread->hosts);
}

static void end(struct frames *f)
{
	for (unsigned i = 0; f->piece && i < f->order.places; i++) {
		for (unsigned k = 0; f->piece[i].output && k < f->pass->work->outputs; k++)
			text_free(&f->piece[i].output[k]);
		free(f->piece[i].output);
		free(f->piece[i].octets);
		free(f->piece[i].facts.index);
	}
	for (unsigned i = 0; f->thread && i < f->order.threads; i++)
		end_thread(f, &f->thread[i]);
	free(f->piece);
	free(f->thread);
}

int scan_frames_read(struct scan_pass *pass, struct error *error)
{
	unsigned threads = pass->threads < IN_ORDER_THREADS_MAX ? pass->threads : IN_ORDER_THREADS_MAX;
	struct frames *f = calloc(1, sizeof(*f));
	bool begun;

	if (!f)
		return error_set(error, "no memory to read the scan files");
	elapsed_begin(&pass->elapsed);
	f->pass = pass;
	f->file = -1;
	f->file_ended = true;
	f->output_most = threads > 1 ? SCAN_OUTPUT_MAX : SCAN_OUTPUT_MAX_ALONE;
	f->order.threads = threads;
	f->order.places = threads > 1 ? threads + threads / 2 + 1 : 1;
	f->order.weight_most = SCAN_OCTETS_MAX;
	f->order.arg = f;
	f->order.read = read_piece;
	f->order.work = do_piece;
	f->order.take = take_piece;
	pthread_mutex_init(&f->relief, NULL);
	begun = begin(f);
	if (begun)
		in_order_run(&f->order);
	end(f);
	pthread_mutex_destroy(&f->relief);
	free(f);
	if (!begun)
		return error_set(error, "no memory to read the scan files");
	if (pass->failed)
		*error = pass->error;
	return pass->failed ? -1 : 0;
}

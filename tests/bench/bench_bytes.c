/* SPDX-License-Identifier: BSD-2-Clause */
/* bench_bytes - octets of a domain in the scan file, and what writing and reading it costs.
 *
 * usage: bench_bytes [DOMAINS [FRAME-OCTETS]]
 *
 * Made-up domains with the MX of a real list: 25 % Google's five, 20 % Microsoft's tenant name, 30 %
 * mail.<domain>, 13 % one of 2,000 hosters, 12 % none. They start in the order of the list, 10,000 a second,
 * take as long as two rounds of DNS do and are written in the order they end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/frame.h"
#include "output/scan_file/record.h"
#include "output/scan_file/sink.h"
#include "output/text.h"
#include "tests/bench/name.h"

enum { MX_PER_DOMAIN = 5, MX_TEXT = 96, HOSTERS = 2000, MUST = 24, GOAL = 20 };

struct made {
	struct observation observation;
	char name[NAME_MAX_OCTETS];
	char text[2][MX_TEXT];
	struct obs_mx_record mx[MX_PER_DOMAIN];
};

static uint64_t state = 88172645463325252u;

static uint32_t chance(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % n;
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_mx(struct made *m, uint16_t preference, const char *name)
{
	m->mx[m->observation.mx.count++] = (struct obs_mx_record){ preference, span_of(name) };
}

static void make_mx(struct made *m)
{
	static const char *const google[] = { "aspmx.l.google.com", "alt1.aspmx.l.google.com",
					      "alt2.aspmx.l.google.com", "alt3.aspmx.l.google.com",
					      "alt4.aspmx.l.google.com" };
	static const uint16_t preference[] = { 1, 5, 5, 10, 10 };
	uint32_t kind = chance(100), hoster = chance(HOSTERS) * (chance(HOSTERS) + 1) / HOSTERS;

	if (kind < 25) {
		for (int i = 0; i < 5; i++)
			add_mx(m, preference[i], google[i]);
	} else if (kind < 45) {
		snprintf(m->text[0], MX_TEXT, "%s.mail.protection.outlook.com", m->name);
		for (char *p = m->text[0]; p < m->text[0] + strlen(m->name); p++)
			*p = *p == '.' ? '-' : *p;
		add_mx(m, 0, m->text[0]);
	} else if (kind < 75) {
		snprintf(m->text[0], MX_TEXT, "mail.%s", m->name);
		add_mx(m, 10, m->text[0]);
	} else if (kind < 88) {
		snprintf(m->text[0], MX_TEXT, "mx1.hoster%u.net", hoster);
		snprintf(m->text[1], MX_TEXT, "mx2.hoster%u.net", hoster);
		add_mx(m, 10, m->text[0]);
		add_mx(m, 20, m->text[1]);
	}
}

static void make(struct made *m, uint32_t i)
{
	static const uint32_t ttl[] = { 300, 3600, 3600, 3600, 14400, 21600, 86400, 600 };
	struct observation *o = &m->observation;

	o->name = (struct span){ m->name, name_write(i, m->name) };
	o->index = i;
	o->time_ms = INT64_C(1795300000000) + i / 10;
	o->duration_ms = 20 + chance(40) + chance(40) + (chance(50) == 0 ? chance(1500) : 0);
	o->policy.address_used = -1;
	make_mx(m);
	o->mx.record = m->mx;
	o->mx.answer.status = o->mx.count > 0 ? DNS_NOERROR : DNS_NO_ANSWER;
	o->mx.answer.ttl = o->mx.count > 0 ? ttl[chance(8)] : 0;
	o->mx.answer.ad = chance(25) == 0;
	o->txt[TXT_STS].answer.status = chance(8) == 0 ? DNS_NO_ANSWER : DNS_NXDOMAIN;
	o->txt[TXT_TLSRPT].answer.status = o->txt[TXT_STS].answer.status;
	o->txt[TXT_STS].answer.ad = o->txt[TXT_TLSRPT].answer.ad = o->mx.answer.ad;
	o->mx.answer.tries = (uint8_t)(1 + (chance(50) == 0));
	o->txt[TXT_STS].answer.tries = (uint8_t)(1 + (chance(50) == 0));
	o->txt[TXT_TLSRPT].answer.tries = (uint8_t)(1 + (chance(50) == 0));
}

static int64_t end_of(const struct made *m)
{
	return m->observation.time_ms + m->observation.duration_ms;
}

static int by_end(const void *a, const void *b)
{
	const struct made *const *x = a, *const *y = b;

	return (end_of(*x) > end_of(*y)) - (end_of(*x) < end_of(*y));
}

struct run {
	struct made **made;
	uint32_t count;
	size_t frame;       /* octets */
	unsigned char *raw; /* frames one after the other */
	size_t raw_size;
	size_t *raw_n; /* octets of each */
	uint32_t frames;
	size_t packed;
};

static void encode(struct run *run)
{
	struct record_buffer *buffer = record_buffer_new();
	double spent = cpu();

	for (uint32_t i = 0; i < run->count; i++) {
		if (record_put_domain(buffer, &run->made[i]->observation) != 0)
			exit(1);
		if (record_buffer_content(buffer).n < run->frame && i + 1 < run->count)
			continue;
		memcpy(run->raw + run->raw_size, record_buffer_content(buffer).p, record_buffer_content(buffer).n);
		run->raw_size += record_buffer_content(buffer).n;
		run->raw_n[run->frames++] = record_buffer_content(buffer).n;
		record_buffer_reset(buffer);
	}
	spent = cpu() - spent;
	printf("encode      %6.2f M records/s  %5.1f octets/domain\n", run->count / spent / 1e6,
	       (double)run->raw_size / run->count);
	record_buffer_free(buffer);
}

static void compress(struct run *run, int level, unsigned char *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t at = 0, total = 0;
	double spent = cpu();

	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	for (uint32_t i = 0; i < run->frames; i++) {
		total += ZSTD_compress2(context, out + total, ZSTD_compressBound(run->raw_n[i]), run->raw + at,
					run->raw_n[i]);
		at += run->raw_n[i];
	}
	spent = cpu() - spent;
	printf("zstd %2d     %6.2f M records/s  %5.2f octets/domain%s\n", level, run->count / spent / 1e6,
	       (double)total / run->count, level == FRAME_LEVEL ? "  <- used" : "");
	if (level == FRAME_LEVEL)
		run->packed = total;
	ZSTD_freeCCtx(context);
}

static void decode(const struct run *run, const unsigned char *packed)
{
	int fd = memfd_create("bench_bytes", 0);
	struct frame_walk *walk = frame_walk_new(fd);
	struct decode *decode = decode_new();
	struct observation o;
	union decode_frame_record other;
	struct frame frame;
	uint64_t count = 0, mx = 0;
	double spent;

	if (text_write_all(fd, (struct span){ (const char *)packed, run->packed }) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		exit(1);
	spent = cpu();
	while (frame_next(walk, &frame) == FRAME_WHOLE) {
		decode_begin(decode, frame.content);
		while (decode_next(decode, &o, &other) == DECODE_DOMAIN) {
			count++;
			mx += o.mx.count;
		}
	}
	spent = cpu() - spent;
	printf("read        %6.2f M records/s  decompression included (%llu records, %llu MX)\n", count / spent / 1e6,
	       (unsigned long long)count, (unsigned long long)mx);
	decode_free(decode);
	frame_walk_free(walk);
	close(fd);
}

int main(int argc, char **argv)
{
	static const int levels[] = { 1, 2, 3, 5, 9 };
	struct run run = { .count = argc > 1 ? (uint32_t)atol(argv[1]) : 500000,
			   .frame = argc > 2 ? (size_t)atol(argv[2]) : SINK_FRAME_TARGET };
	struct made *all = calloc(run.count, sizeof(*all));
	unsigned char *packed = malloc((size_t)run.count * 128 + (1 << 22));
	double octets;

	run.made = malloc(run.count * sizeof(*run.made));
	run.raw = malloc((size_t)run.count * 128 + (1 << 22));
	run.raw_n = malloc(run.count * sizeof(*run.raw_n));
	if (!all || !packed || !run.made || !run.raw || !run.raw_n)
		return 1;
	for (uint32_t i = 0; i < run.count; i++) {
		make(&all[i], i);
		run.made[i] = &all[i];
	}
	qsort(run.made, run.count, sizeof(*run.made), by_end);
	encode(&run);
	for (size_t i = COUNT_OF(levels); i-- > 0;)
		compress(&run, levels[i], packed);
	/* Level 1 came last and stands in packed. */
	decode(&run, packed);
	octets = (double)run.packed / run.count;
	printf("bytes per domain: %.1f (must <= %d: %s, goal <= %d: %s)\n", octets, MUST,
	       octets <= MUST ? "met" : "not met", GOAL, octets <= GOAL ? "met" : "not met");
	return octets <= MUST ? 0 : 1;
}

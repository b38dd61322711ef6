/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/queue/admission_fakes.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/hash.h"

struct fakes fakes;

void fakes_reset(void)
{
	memset(&fakes, 0, sizeof(fakes));
}

void fakes_slow(const char *operator, uint64_t interval_us)
{
	fakes.operator[fakes.operators++] =(struct fake_operator){ hash_span(span_of(operator)), interval_us, 0, 0 };
}

unsigned fakes_number(const struct obs_address *address)
{
	return (unsigned)address->octet[2] << 8 | address->octet[3];
}

static bool draw(void *arg, const struct ns_addresses *addresses, struct obs_address *drawn, bool *forbidden)
{
	(void)arg;
	*forbidden = false;
	if (addresses->count == 0)
		return false;
	*drawn = addresses->address[0];
	*forbidden = drawn->octet[1] != 0;
	return !*forbidden;
}

struct admission *fakes_admission(double patience_s)
{
	return admission_new(&(struct admission_options){ .patience_s = patience_s, .seed = 7, .draw = draw });
}

/* ---- hosts ---- */

/* The number of a host, and its address; of one with d in front the next as well. */
static unsigned number_of(struct span name, struct ns_addresses *addresses)
{
	unsigned number = 0;

	for (size_t i = 1; i < name.n && ascii_is_digit(name.p[i]); i++)
		number = number * 10 + (unsigned)(name.p[i] - '0');
	number %= FAKE_ADDRESSES;
	addresses->count = 1;
	addresses->address[0] = (struct obs_address){
		.family = 4, .octet = { 127, name.p[0] == 'x', (uint8_t)(number >> 8), (uint8_t)number }
	};
	if (name.p[0] == 'd') {
		addresses->address[1] = addresses->address[0];
		addresses->address[addresses->count++].octet[3]++;
	}
	return number;
}

enum ns_host_state ns_hosts_known(struct ns_hosts *hosts, struct span name, uint64_t now_us,
				  struct ns_addresses *addresses)
{
	unsigned number = number_of(name, addresses);

	(void)hosts;
	(void)now_us;
	switch (name.p[0]) {
	case 'u':
		return NS_HOST_UNSEEN;
	case 'n':
		return NS_HOST_NONE;
	case 'w':
		if (!fakes.learned)
			return fakes.wanted[number] > 0 ? NS_HOST_COMING : NS_HOST_UNSEEN;
		return NS_HOST_KNOWN;
	default:
		return NS_HOST_KNOWN;
	}
}

enum ns_host_state ns_hosts_find(struct ns_hosts *hosts, struct span name, bool again, uint64_t now_us,
				 struct ns_addresses *addresses, uint64_t *wait_us)
{
	unsigned number = number_of(name, addresses);

	(void)hosts;
	(void)now_us;
	fakes.finds++;
	fakes.again += again;
	switch (name.p[0]) {
	case 'u':
		return NS_HOST_UNSEEN;
	case 'n':
		return NS_HOST_NONE;
	case 'w':
		*wait_us = 1000;
		if (fakes.learned)
			return NS_HOST_KNOWN;
		return fakes.wanted[number]++ == 0 ? NS_HOST_WANTED : NS_HOST_COMING;
	default:
		return NS_HOST_KNOWN;
	}
}

/* ---- books ---- */

/* Until @questions may be sent, at one each @interval_us. */
static uint64_t bucket(uint64_t *due_us, uint64_t interval_us, unsigned questions, bool take_anyway, uint64_t now_us)
{
	uint64_t wait_us = *due_us > now_us ? *due_us - now_us : 0;

	if (wait_us == 0 || take_anyway)
		*due_us = now_us + wait_us + questions * interval_us;
	return wait_us;
}

uint64_t server_books_take(struct server_books *books, const struct obs_address *address, unsigned questions,
			   uint64_t now_us)
{
	unsigned n = fakes_number(address);

	(void)books;
	fakes.takes++;
	if (fakes.rests_until[n] > now_us)
		return fakes.rests_until[n] - now_us;
	return bucket(&fakes.due_us[n], fakes.interval_us[n], questions, false, now_us);
}

uint64_t server_books_reserve(struct server_books *books, const struct obs_address *address, unsigned questions,
			      uint64_t now_us)
{
	unsigned n = fakes_number(address);

	(void)books;
	fakes.reserves++;
	if (fakes.rests_until[n] > now_us)
		return UINT64_MAX;
	return bucket(&fakes.due_us[n], fakes.interval_us[n], questions, true, now_us);
}

static struct fake_operator *slow_operator(uint64_t hash)
{
	for (unsigned i = 0; i < fakes.operators; i++)
		if (fakes.operator[i].hash == hash)
			return &fakes.operator[i];
	return NULL;
}

uint64_t server_books_take_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us)
{
	struct fake_operator *slow = slow_operator(operator);

	(void)books;
	fakes.operator_takes++;
	if (!slow)
		return 0;
	if (slow->returned < questions)
		return bucket(&slow->due_us, slow->interval_us, questions, false, now_us);
	slow->returned -= questions;
	return 0;
}

void server_books_return_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us)
{
	struct fake_operator *slow = slow_operator(operator);

	(void)books;
	(void)now_us;
	if (slow)
		slow->returned += questions;
}

bool server_books_rests(struct server_books *books, const struct obs_address *address, uint64_t now_us,
			uint64_t *since_us)
{
	unsigned n = fakes_number(address);

	(void)books;
	*since_us = fakes.rests_since[n];
	return fakes.rests_until[n] > now_us;
}

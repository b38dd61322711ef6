/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/smtp/smtp_probe.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scanner/rules/address.h"

enum { TEXT_FIRST = 256 /* octets for a reply that comes in pieces; doubled where it needs more */ };

/* What is done with a reply, when it is complete; @rest more octets have come behind it. */
typedef void on_reply_fn(struct smtp_probe *probe, unsigned code, size_t rest);

static on_reply_fn on_greeting, on_ehlo, on_helo, on_starttls, on_quit;

struct step {
	enum smtp_phase phase; /* whose time and limit it has */
	on_reply_fn *on_reply; /* NULL: no reply is waited for */
	size_t reply;          /* where it is put: offset in struct obs_smtp */
	size_t text_max;       /* octets of it that are kept */
};

#define STEP_REPLY(phase, name, max)                                                                                   \
	{                                                                                                              \
		phase, on_##name, offsetof(struct obs_smtp, name), max                                                 \
	}

static const struct step steps[SMTP_STEPS] = {
	[SMTP_AT_CONNECT] = { .phase = SMTP_CONNECT },
	[SMTP_AT_GREETING] = STEP_REPLY(SMTP_GREETING, greeting, OBS_SMTP_TEXT_MAX),
	[SMTP_AT_EHLO] = STEP_REPLY(SMTP_EHLO, ehlo, OBS_SMTP_EHLO_TEXT_MAX),
	[SMTP_AT_HELO] = STEP_REPLY(SMTP_EHLO, helo, OBS_SMTP_TEXT_MAX),
	[SMTP_AT_STARTTLS] = STEP_REPLY(SMTP_STARTTLS, starttls, OBS_SMTP_TEXT_MAX),
	[SMTP_AT_HANDSHAKE] = { .phase = SMTP_HANDSHAKE },
	[SMTP_AT_QUIT] = STEP_REPLY(SMTP_SECURE, quit, OBS_SMTP_TEXT_MAX),
	[SMTP_AT_END] = { .phase = SMTP_NOT_TRIED },
};

static const struct span quit = SPAN_LITERAL("QUIT\r\n");

/* ---- where it stands ---- */

/* The one place where a step is assigned: the time of the one before is its phase's. */
static void set_step(struct smtp_probe *probe, enum smtp_step step)
{
	uint64_t now = uv_now(probe->ways->loop);
	uint16_t *ms = &probe->smtp->ms[steps[probe->step].phase];
	uint64_t sum = *ms + now - probe->step_ms;

	*ms = sum < UINT16_MAX ? (uint16_t)sum : UINT16_MAX;
	probe->step = step;
	probe->step_ms = now;
	probe->reply = (struct smtp_reply){ 0 };
}

/* Say how far it came and how that ended, unless that is said. */
static void conclude(struct smtp_probe *probe, enum connect_status status)
{
	if (probe->concluded)
		return;
	probe->concluded = true;
	probe->smtp->phase = steps[probe->step].phase;
	probe->smtp->status = status;
}

static struct obs_smtp_reply *reply_of(struct smtp_probe *probe)
{
	return (struct obs_smtp_reply *)((char *)probe->smtp + steps[probe->step].reply);
}

static void on_closed(uv_handle_t *handle)
{
	struct smtp_probe *probe = handle->data;
	struct smtp_probe_ways *ways = probe->ways;

	free(probe);
	ways->on_gone(ways);
}

static void close_all(struct smtp_probe *probe)
{
	set_step(probe, SMTP_AT_END);
	smtp_tls_free(probe->tls);
	free(probe->text);
	probe->tls = NULL;
	probe->text = NULL;
	uv_close((uv_handle_t *)&probe->tcp, on_closed);
}

static void end(struct smtp_probe *probe)
{
	close_all(probe);
	probe->ways->on_end(probe);
}

static void end_by_fault(struct smtp_probe *probe, int fault)
{
	probe->fault = fault;
	end(probe);
}

/* ---- sending ---- */

/* What a connection is sent all in all fits into a socket's buffer: so it is all taken at once, or the other side has
 * ceased to take anything. That it has closed is seen by reading, where what it said before comes first. False: a fault
 * of ours, or silence of theirs, has ended the probe. */
static bool send_octets(struct smtp_probe *probe, struct span octets)
{
	ssize_t sent;
	int fd;

	uv_fileno((uv_handle_t *)&probe->tcp, &fd); /* cannot fail: it is open */
	do
		sent = send(fd, octets.p, octets.n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0 ? (size_t)sent < octets.n : errno == EAGAIN) {
		conclude(probe, CONNECT_IO_TIMEOUT);
		end(probe);
	} else if (sent < 0) {
		struct connect_meaning meaning = connected_errno_meaning(errno, probe->request->address,
									 &probe->ways->routes);

		if (meaning.status != CONNECT_RESET) {
			conclude(probe, meaning.status);
			end_by_fault(probe, meaning.fault);
		}
	}
	return probe->step != SMTP_AT_END;
}

static bool send_tls(struct smtp_probe *probe)
{
	struct span octets = smtp_tls_due(probe->tls);

	if (octets.n > 0) {
		if (!send_octets(probe, octets))
			return false;
		smtp_tls_sent(probe->tls);
	}
	return true;
}

/* Send @command and wait for its reply. */
static void ask(struct smtp_probe *probe, enum smtp_step step, struct span command)
{
	set_step(probe, step);
	send_octets(probe, command);
}

/* Nothing more is wanted of it, and it is our turn to speak. */
static void take_leave(struct smtp_probe *probe)
{
	ask(probe, SMTP_AT_QUIT, quit);
}

/* It ends, and nothing is waited for any more: say QUIT where a command may be said, and in TLS that no more comes. */
static void say_farewell(struct smtp_probe *probe)
{
	bool spoken = probe->step > SMTP_AT_GREETING || probe->reply.state > SMTP_REPLY_MORE;
	struct span last = { NULL, 0 };
	int fd;

	if (spoken && probe->step < SMTP_AT_HANDSHAKE) {
		last = quit;
	} else if (probe->tls && probe->step == SMTP_AT_QUIT) {
		smtp_tls_close(probe->tls);
		last = smtp_tls_due(probe->tls);
	}
	uv_fileno((uv_handle_t *)&probe->tcp, &fd);
	if (last.n > 0)
		(void)!send(fd, last.p, last.n, MSG_NOSIGNAL);
}

/* ---- replies ---- */

/* Remember @octets of a reply that goes on, as far as it is kept. False: no memory. */
static bool keep_piece(struct smtp_probe *probe, struct span octets)
{
	size_t max = steps[probe->step].text_max, most = max - probe->text_n;
	size_t n = octets.n < most ? octets.n : most, size = probe->text_size;
	char *grown;

	while (probe->text_n + n > size)
		size = size == 0 ? TEXT_FIRST : 2 * size;
	if (size > probe->text_size) {
		grown = realloc(probe->text, size);
		if (!grown)
			return false;
		probe->text = grown;
		probe->text_size = (uint16_t)size;
	}
	if (n > 0)
		memcpy(probe->text + probe->text_n, octets.p, n);
	probe->text_n += (uint16_t)n;
	reply_of(probe)->cut |= n < octets.n;
	return true;
}

/* Put what has come of a reply, @octets last, into the arena. False: no memory. */
static bool keep_text(struct smtp_probe *probe, struct span octets)
{
	struct obs_smtp_reply *kept = reply_of(probe);
	size_t max = steps[probe->step].text_max;

	if (probe->text_n > 0) {
		if (!keep_piece(probe, octets))
			return false;
		octets = (struct span){ probe->text, probe->text_n };
		probe->text_n = 0;
	} else if (octets.n > max) {
		octets.n = max;
		kept->cut = true;
	}
	if (octets.n == 0)
		return true;
	kept->text = arena_copy(probe->request->arena, octets);
	return kept->text.p;
}

/* It ends within a phase, as @status says; what has come of a reply is kept. */
static void give_up(struct smtp_probe *probe, enum connect_status status)
{
	conclude(probe, status);
	if (steps[probe->step].on_reply && !keep_text(probe, SPAN_LITERAL(""))) {
		end_by_fault(probe, NET_FAULT_MEMORY);
		return;
	}
	say_farewell(probe);
	end(probe);
}

/* @rest more octets have come behind it. */
static void end_reply(struct smtp_probe *probe, struct span octets, size_t rest)
{
	struct obs_smtp_reply *kept = reply_of(probe);

	if (!keep_text(probe, octets)) {
		end_by_fault(probe, NET_FAULT_MEMORY);
	} else if (probe->reply.state == SMTP_REPLY_COMPLETE) {
		kept->code = probe->reply.code;
		steps[probe->step].on_reply(probe, kept->code, rest);
	} else {
		kept->cut |= probe->reply.state == SMTP_REPLY_TOO_LONG;
		give_up(probe, CONNECT_PROTOCOL_ERROR);
	}
}

static void read_replies(struct smtp_probe *probe, struct span octets)
{
	while (octets.n > 0 && steps[probe->step].on_reply) {
		size_t n = smtp_reply_read(&probe->reply, octets);
		struct span piece = { octets.p, n };

		octets = span_skip(octets, n);
		if (probe->reply.state != SMTP_REPLY_MORE)
			end_reply(probe, piece, octets.n);
		else if (!keep_piece(probe, piece))
			end_by_fault(probe, NET_FAULT_MEMORY);
	}
}

static bool is_class(unsigned code, unsigned class)
{
	return code / 100 == class;
}

static void on_greeting(struct smtp_probe *probe, unsigned code, size_t rest)
{
	(void)rest;
	if (is_class(code, 2)) {
		ask(probe, SMTP_AT_EHLO, probe->ways->ehlo);
	} else {
		conclude(probe, CONNECT_SUCCESS);
		take_leave(probe);
	}
}

static void on_ehlo(struct smtp_probe *probe, unsigned code, size_t rest)
{
	(void)rest;
	if (is_class(code, 2) && probe->reply.offers_starttls) {
		ask(probe, SMTP_AT_STARTTLS, SPAN_LITERAL("STARTTLS\r\n"));
		return;
	}
	conclude(probe, CONNECT_SUCCESS);
	if (is_class(code, 5)) /* RFC 5321 3.2 */
		ask(probe, SMTP_AT_HELO, probe->ways->helo);
	else
		take_leave(probe);
}

static void on_helo(struct smtp_probe *probe, unsigned code, size_t rest)
{
	(void)code, (void)rest;
	take_leave(probe);
}

static void on_quit(struct smtp_probe *probe, unsigned code, size_t rest)
{
	(void)code, (void)rest;
	say_farewell(probe);
	end(probe);
}

/* ---- TLS ---- */

static void shake(struct smtp_probe *probe)
{
	enum smtp_tls_state state = smtp_tls_shake(probe->tls);

	if (state == SMTP_TLS_NO_MEMORY) {
		end_by_fault(probe, NET_FAULT_MEMORY);
		return;
	}
	if (state == SMTP_TLS_FAILED) {
		conclude(probe, CONNECT_HANDSHAKE_ERROR);
		probe->version_refused = smtp_tls_version_refused(probe->tls);
	}
	if (state == SMTP_TLS_DONE) { /* QUIT goes out with our last flight, where there is one */
		set_step(probe, SMTP_AT_QUIT);
		conclude(probe, CONNECT_SUCCESS);
		if (!smtp_tls_write(probe->tls, quit)) {
			end_by_fault(probe, NET_FAULT_MEMORY);
			return;
		}
	}
	if (send_tls(probe) && state == SMTP_TLS_FAILED)
		end(probe);
}

static void on_starttls(struct smtp_probe *probe, unsigned code, size_t rest)
{
	if (code != 220) {
		conclude(probe, CONNECT_SUCCESS);
		take_leave(probe);
		return;
	}
	probe->smtp->injected = (uint32_t)rest;
	set_step(probe, SMTP_AT_HANDSHAKE);
	probe->tls = smtp_tls_new(&probe->ways->tls, probe->request, probe->old);
	if (probe->tls)
		shake(probe);
	else
		end_by_fault(probe, NET_FAULT_MEMORY);
}

/* Nothing more can be read. Did the server not take our part of the handshake, so that no mail would get through? */
static void lose_secure(struct smtp_probe *probe)
{
	if (probe->reply.state == SMTP_REPLY_MORE && probe->text_n == 0 && smtp_tls_refused(probe->tls)) {
		probe->smtp->phase = SMTP_HANDSHAKE;
		probe->smtp->status = CONNECT_HANDSHAKE_ERROR;
	}
	give_up(probe, CONNECT_RESET);
}

/* Of the reply to QUIT; more is not read in TLS. */
static void read_secure(struct smtp_probe *probe)
{
	char octets[OBS_SMTP_TEXT_MAX];
	enum smtp_tls_state state;
	size_t n;

	while (probe->step == SMTP_AT_QUIT) {
		state = smtp_tls_read(probe->tls, octets, sizeof(octets), &n);
		if (state == SMTP_TLS_DONE)
			read_replies(probe, (struct span){ octets, n });
		else if (state == SMTP_TLS_NO_MEMORY)
			end_by_fault(probe, NET_FAULT_MEMORY);
		else if (state == SMTP_TLS_FAILED)
			lose_secure(probe);
		else if (send_tls(probe)) /* it may want to answer a key update */
			return;
	}
}

/* ---- what happens to it ---- */

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	struct smtp_probe *probe = handle->data;

	(void)size;
	*buffer = uv_buf_init(probe->ways->buffer, sizeof(probe->ways->buffer));
}

/* @error: errno; 0: it has closed. */
static void on_lost(struct smtp_probe *probe, int error)
{
	struct connect_meaning meaning = connected_errno_meaning(error, probe->request->address, &probe->ways->routes);

	if (meaning.fault != NET_OK)
		end_by_fault(probe, meaning.fault);
	else
		give_up(probe, meaning.status);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct smtp_probe *probe = stream->data;
	struct span octets = { buffer->base, n > 0 ? (size_t)n : 0 };

	probe->ways->on_event(probe->ways);
	if (probe->step == SMTP_AT_END || n == 0)
		return;
	if (n < 0) {
		on_lost(probe, n == UV_EOF ? 0 : (int)-n);
	} else if (!probe->tls) {
		read_replies(probe, octets);
	} else if (!smtp_tls_came(probe->tls, octets)) {
		end_by_fault(probe, NET_FAULT_MEMORY);
	} else {
		if (probe->step == SMTP_AT_HANDSHAKE)
			shake(probe);
		read_secure(probe);
	}
}

static void fail_connect(struct smtp_probe *probe, int error)
{
	struct connect_meaning meaning = connect_errno_meaning(error, probe->request->address, &probe->ways->routes);

	conclude(probe, meaning.status);
	probe->fault = meaning.fault;
}

static void on_connected(uv_connect_t *connecting, int status)
{
	struct smtp_probe *probe = connecting->handle->data;

	if (status == UV_ECANCELED) /* it was closed meanwhile */
		return;
	probe->ways->on_event(probe->ways);
	if (probe->step == SMTP_AT_END)
		return;
	if (status == 0) {
		set_step(probe, SMTP_AT_GREETING);
		status = uv_read_start(connecting->handle, on_alloc, on_read);
	}
	if (status < 0) {
		fail_connect(probe, -status);
		end(probe);
	}
}

struct smtp_probe *smtp_probe_new(struct smtp_probe_ways *ways, struct net_probe *request, bool old, void *owner)
{
	struct smtp_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	probe->owner = owner;
	probe->ways = ways;
	probe->request = request;
	probe->smtp = request->smtp;
	probe->old = old;
	return probe;
}

void smtp_probe_connect(struct smtp_probe *probe, uint64_t left_ms)
{
	struct smtp_probe_ways *ways = probe->ways;
	struct sockaddr_storage to;
	int error;

	address_sockaddr(probe->request->address, ways->port, &to);
	probe->began_ms = probe->step_ms = uv_now(ways->loop);
	probe->until_ms = probe->began_ms + left_ms;
	uv_tcp_init(ways->loop, &probe->tcp); /* makes no socket, and cannot fail */
	probe->tcp.data = probe;
	error = uv_tcp_connect(&probe->connecting, &probe->tcp, (struct sockaddr *)&to, on_connected);
	if (error != 0) {
		fail_connect(probe, -error);
		end(probe);
	}
}

void smtp_probe_look(struct smtp_probe *probe)
{
	const struct smtp_probe_ways *ways = probe->ways;
	uint64_t now = uv_now(ways->loop);
	uint32_t most_ms = ways->phase_ms[steps[probe->step].phase];

	if (probe->step == SMTP_AT_GREETING && probe->request->patient)
		most_ms = ways->greeting_patient_ms;
	if (now - probe->step_ms < most_ms && now < probe->until_ms)
		return;
	give_up(probe, probe->step == SMTP_AT_CONNECT ? CONNECT_TIMEOUT : CONNECT_IO_TIMEOUT);
}

void smtp_probe_abort(struct smtp_probe *probe)
{
	say_farewell(probe);
	close_all(probe);
}

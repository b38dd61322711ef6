#include "scanner/https/net_curl_loop.h"

#include <stdlib.h>

struct socket_poll {
	uv_poll_t poll;
	struct net_curl_loop *owner;
	curl_socket_t fd;
	int wanted; /* uv_poll events */
};

static void on_timer(uv_timer_t *timer)
{
	struct net_curl_loop *l = timer->data;
	int running;

	curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	l->on_action(l->arg);
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct net_curl_loop *l = arg;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(&l->timer);
	else
		uv_timer_start(&l->timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct socket_poll *socket = poll->data;
	struct net_curl_loop *l = socket->owner;
	curl_socket_t fd = socket->fd;
	int flags = 0, running;

	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	if (status < 0) { /* EPOLLERR: libuv has stopped polling; curl may have octets to read before the error */
		flags |= CURL_CSELECT_ERR | CURL_CSELECT_IN; /* with ERR alone curl 7.88 gives up unread */
		uv_poll_start(poll, socket->wanted, on_socket);
	}
	curl_multi_socket_action(l->multi, fd, flags, &running);
	l->on_action(l->arg);
}

/* Once the last handle is closed, nothing points here any more. */
static void handle_closed(struct net_curl_loop *l)
{
	if (--l->handles == 0)
		l->on_closed(l);
}

static void on_timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct socket_poll *socket = handle->data;
	struct net_curl_loop *l = socket->owner;

	free(socket);
	handle_closed(l);
}

static struct socket_poll *poll_new(struct net_curl_loop *l, curl_socket_t fd)
{
	struct socket_poll *socket = malloc(sizeof(*socket));

	if (!socket || uv_poll_init_socket(l->loop, &socket->poll, fd) != 0) {
		free(socket);
		return NULL;
	}
	socket->poll.data = socket;
	socket->owner = l;
	socket->fd = fd;
	l->handles++;
	return socket;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct net_curl_loop *l = arg;
	struct socket_poll *socket = assigned;

	if (what == CURL_POLL_REMOVE) {
		if (socket) {
			uv_poll_stop(&socket->poll);
			uv_close((uv_handle_t *)&socket->poll, on_poll_closed);
			curl_multi_assign(l->multi, fd, NULL);
		}
		return 0;
	}
	if (!socket) {
		socket = poll_new(l, fd);
		if (!socket) { /* an error returned here would end every transfer, not this one alone */
			l->on_deaf(l->arg, easy);
			return 0;
		}
		curl_multi_assign(l->multi, fd, socket);
	}
	socket->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	uv_poll_start(&socket->poll, socket->wanted, on_socket);
	return 0;
}

int net_curl_loop_init(struct net_curl_loop *l, uv_loop_t *uv)
{
	*l = (struct net_curl_loop){ .loop = uv, .multi = curl_multi_init() };
	if (!l->multi)
		return -1;
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	uv_timer_init(uv, &l->timer);
	l->timer.data = l;
	l->handles = 1;
	return 0;
}

void net_curl_loop_fini(struct net_curl_loop *l, void (*on_closed)(struct net_curl_loop *loop))
{
	l->on_closed = on_closed;
	curl_multi_cleanup(l->multi);
	l->multi = NULL;
	uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

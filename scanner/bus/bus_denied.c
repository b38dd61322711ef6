/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server says that we may not do comes without telling which question it answers, in a thread of libnats: it is
 * kept here for all connections of the process, since it names the subject. */
#include "scanner/bus/bus_own.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[BUS_WHY_MAX];
static unsigned times;

void bus_denied_handler(natsConnection *connection, natsSubscription *subscription, natsStatus status, void *arg)
{
	const char *text;

	(void)connection;
	(void)subscription;
	(void)arg;
	if (status != NATS_NOT_PERMITTED)
		return;
	text = nats_GetLastError(NULL); /* of this thread */
	pthread_mutex_lock(&lock);
	snprintf(said, sizeof(said), "%s", text ? text : "");
	times++;
	pthread_mutex_unlock(&lock);
}

unsigned bus_denied_count(void)
{
	unsigned count;

	pthread_mutex_lock(&lock);
	count = times;
	pthread_mutex_unlock(&lock);
	return count;
}

bool bus_denied(unsigned count, const char *subject, char text[static BUS_WHY_MAX])
{
	bool is_denied;

	pthread_mutex_lock(&lock);
	is_denied = times != count && strcasestr(said, subject);
	if (is_denied)
		memcpy(text, said, BUS_WHY_MAX);
	pthread_mutex_unlock(&lock);
	return is_denied;
}

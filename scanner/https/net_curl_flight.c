#include "scanner/https/net_curl_flight.h"

void flight_queue_init(struct flight_queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

void flight_queue_push(struct flight_queue *queue, struct flight *flight)
{
	flight->next = NULL;
	*queue->last = flight;
	queue->last = &flight->next;
}

void flight_queue_push_front(struct flight_queue *queue, struct flight *flight)
{
	flight->next = queue->first;
	queue->first = flight;
	if (!flight->next)
		queue->last = &flight->next;
}

struct flight *flight_queue_pop(struct flight_queue *queue)
{
	struct flight *flight = queue->first;

	if (flight) {
		queue->first = flight->next;
		if (!queue->first)
			queue->last = &queue->first;
	}
	return flight;
}

void flight_queue_prepend(struct flight_queue *queue, struct flight_queue *first)
{
	if (!first->first)
		return;
	*first->last = queue->first;
	if (!queue->first)
		queue->last = first->last;
	queue->first = first->first;
	flight_queue_init(first);
}

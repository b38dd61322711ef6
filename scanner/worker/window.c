/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/window.h"

void window_init(struct window *window, unsigned most)
{
	*window = (struct window){ .most = most, .allowed = most < WINDOW_START ? most : WINDOW_START };
}

void window_finished(struct window *window)
{
	if (window->allowed == window->most || ++window->finished < (window->shrunk ? WINDOW_REGROW_AFTER : 1))
		return;
	window->allowed++;
	window->finished = 0;
}

bool window_fault(struct window *window)
{
	bool shrinks = !window->pausing && window->allowed > 1;

	window->pausing = window->shrunk = true;
	if (shrinks) {
		window->allowed /= 2;
		window->finished = 0;
	}
	return shrinks;
}

void window_resume(struct window *window)
{
	window->pausing = false;
}

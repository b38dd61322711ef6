/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/loop_pass.h - let a loop run for so many of its milliseconds. */
#ifndef STSURVEY_TESTS_FAKE_LOOP_PASS_H
#define STSURVEY_TESTS_FAKE_LOOP_PASS_H

#include <stdbool.h>

#include <uv.h>

static inline void loop_pass_end(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static inline void loop_pass(uv_loop_t *loop, unsigned ms)
{
	bool passed = false;
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	timer.data = &passed;
	uv_timer_start(&timer, loop_pass_end, ms, 0);
	while (!passed)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/stop_signal.h"

#include "parsers/span.h"

volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	if (stop_signal) {
		signal(number, SIG_DFL);
		raise(number);
	}
	stop_signal = number;
}

void stop_signal_catch(void)
{
	stop_signal = 0;
	stop_signal_give_to(on_signal, 0);
}

void stop_signal_give_to(void (*handler)(int number), int flags)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (!stop_signal_is_ignored(numbers[i]))
			sigaction(numbers[i], &action, NULL);
}

bool stop_signal_is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

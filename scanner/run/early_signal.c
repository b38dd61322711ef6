/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/run/early_signal.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parsers/span.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t holding, held;

/* Only what is async-signal-safe. Threads that read the list are ended as they stand: _exit, which ThreadSanitizer has
 * taken over, would complain of them. */
static void on_signal(int number)
{
	static const char said[] = "stsurvey scan: interrupted before the first domain; nothing was written\n";

	if (holding && !held) {
		held = number;
		return;
	}
	if (!holding)
		(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	syscall(SYS_exit_group, 128 + number);
}

bool early_signal_is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void early_signal_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (!early_signal_is_ignored(numbers[i]))
			sigaction(numbers[i], &action, NULL);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
}

void early_signal_hold(void)
{
	holding = 1;
}

int early_signal_held(void)
{
	return held;
}

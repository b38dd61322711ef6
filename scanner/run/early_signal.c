/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/run/early_signal.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "scanner/base/stop_signal.h"

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

void early_signal_catch(void)
{
	stop_signal_give_to(on_signal, SA_RESTART);
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

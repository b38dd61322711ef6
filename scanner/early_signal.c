#include "scanner/early_signal.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int NUMBERS[] = { SIGINT, SIGTERM };
static volatile sig_atomic_t holding, held;

/* Only what is async-signal-safe. Without the sanitizers' and stdio's last words: there is nothing to be flushed. */
static void on_signal(int number)
{
	static const char said[] = "stsurvey scan: interrupted before the first domain; nothing was written\n";

	if (holding && !held) {
		held = number;
		return;
	}
	if (!holding)
		(void)!write(STDERR_FILENO, said, sizeof said - 1);
	_exit(128 + number);
}

void early_signal_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++)
		if (sigaction(NUMBERS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(NUMBERS[i], &action, NULL);
}

void early_signal_hold(void)
{
	holding = 1;
}

int early_signal_held(void)
{
	return held;
}

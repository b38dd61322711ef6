/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/stop_signal.h - SIGINT, SIGTERM and SIGHUP, which ask a command to end. One that is ignored, as nohup(1)
 * and a shell's & leave it, stays so. */
#ifndef STSURVEY_SCANNER_BASE_STOP_SIGNAL_H
#define STSURVEY_SCANNER_BASE_STOP_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

/* The one that came; 0: none. What can wait for long looks at it. */
extern volatile sig_atomic_t stop_signal;

/* From now on the first is kept there, and a second one ends the process as it would without us. */
void stop_signal_catch(void);

/* Or @handler gets them; @flags: those of sigaction(2). */
void stop_signal_give_to(void (*handler)(int number), int flags);

bool stop_signal_is_ignored(int number);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/run/early_signal.h - SIGINT, SIGTERM and SIGHUP before a scan has a loop to hear them.
 *
 * While the private resolver is started and the name servers are looked at, nothing is written yet: a signal ends the
 * process at once, with the same exit status as later and a line that says so. Once the scan file is touched, it is
 * kept until the loop can obey it.
 */
#ifndef STSURVEY_SCANNER_RUN_EARLY_SIGNAL_H
#define STSURVEY_SCANNER_RUN_EARLY_SIGNAL_H

/* From now on SIGINT, SIGTERM and SIGHUP end the process with 130, 143 and 129. One that is ignored stays so. SIGUSR1
 * and SIGUSR2, which change a rate that is not there yet, do nothing. */
void early_signal_catch(void);

/* From now on the first is kept instead. */
void early_signal_hold(void);

/* The one that was kept; 0: none. */
int early_signal_held(void);

#endif

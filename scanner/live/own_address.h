/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/own_address.h - the address of this machine that packets leave with, and whether they can. */
#ifndef STSURVEY_SCANNER_LIVE_OWN_ADDRESS_H
#define STSURVEY_SCANNER_LIVE_OWN_ADDRESS_H

#include <stdbool.h>

#include "parsers/observation.h"

/* Packets to @there, as the kernel's routes tell; nothing is sent. False: no route. Behind a NAT it is not the one that
 * others see. */
bool own_address_towards(const struct obs_address *there, struct obs_address *own);

/* To the internet. @family: 4 or 6. */
bool own_address(uint8_t family, struct obs_address *own);

#endif

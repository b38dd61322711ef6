/* scanner/live/own_address.h - the address of this machine that packets to the internet leave with. */
#ifndef STSURVEY_SCANNER_LIVE_OWN_ADDRESS_H
#define STSURVEY_SCANNER_LIVE_OWN_ADDRESS_H

#include <stdbool.h>

#include "parsers/observation.h"

/* As the kernel's routes tell; nothing is sent. @family: 4 or 6. False: no route. Behind a NAT it is not the one that
 * others see. */
bool own_address(uint8_t family, struct obs_address *own);

#endif

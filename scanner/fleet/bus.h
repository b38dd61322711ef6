/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/bus.h - where scanner/bus/bus.h was. */
#ifndef STSURVEY_SCANNER_FLEET_BUS_H
#define STSURVEY_SCANNER_FLEET_BUS_H

#include "scanner/bus/bus.h"

#endif

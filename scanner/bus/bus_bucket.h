/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/bus/bus_bucket.h - what bus_bucket.c and bus_keys.c share. */
#ifndef STSURVEY_SCANNER_BUS_BUS_BUCKET_H
#define STSURVEY_SCANNER_BUS_BUS_BUCKET_H

#include "scanner/bus/bus_own.h"

struct bus_bucket {
	struct bus *bus;
	char name[BUS_NAME_MAX], stream[BUS_NAME_MAX + 4];
	natsMsg *held; /* what a struct bus_value points to */
};

/* A message of a bucket that says that its key is gone. */
bool bus_is_removed(natsMsg *message);

#endif

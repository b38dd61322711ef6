/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/canary_list.h"

#include "parsers/mail_host.h"

const struct canary_name canary_list[] = {
#include "smtp_canaries.inc"
};

const size_t canary_list_count = COUNT_OF(canary_list);
_Static_assert(COUNT_OF(canary_list) <= OBS_VANTAGE_HOST_MAX, "more canaries than a test of our way keeps");

/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/vantage.h - tests of our own way to port 25, for each address family: well-known mail servers of several
 * operators (scanner/live/canary_list.h, or --smtp-canaries) are looked up and probed, one address of each family, and
 * scanner/live/vantage_judge.h says what that means. The self-test before a scan asks all of them, and what others may
 * think of our address (scanner/live/own_name.h); while it runs one is asked now and then.
 *
 * It has a network of its own on whichever loop, with short limits of time and places of its own, so that it waits for
 * nobody. All on the loop's thread.
 */
#ifndef STSURVEY_SCANNER_LIVE_VANTAGE_H
#define STSURVEY_SCANNER_LIVE_VANTAGE_H

#include "output/error.h"
#include "scanner/live/net_live.h"
#include "scanner/live/own_name.h"
#include "scanner/live/vantage_judge.h"

/* Seconds for one probe: past every pause before a greeting but a tarpit's; a blocked port takes so long to tell. */
enum { VANTAGE_TIMEOUT_S = 15 };

struct vantage;

/* NULL: no memory. Both outlive it; @shared is open. */
struct vantage *vantage_new(const struct options *options, struct net_live_shared *shared);
void vantage_free(struct vantage *vantage); /* NULL is nothing to free */

/* The network, on @loop. 0, or -1 with one line in @error; to be closed either way. */
__attribute__((warn_unused_result)) int vantage_open(struct vantage *vantage, uv_loop_t *loop, struct error *error);

/* Close handles, which the loop has to run for; vantage_closed then. A test that is under way ends first. */
void vantage_close(struct vantage *vantage);
void vantage_closed(struct vantage *vantage);

/* Ask @count hosts from @first on, modulo their number. @on_done is called once, perhaps before this returns, when
 * vantage_seen tells what came of it. None other is under way. */
void vantage_start(struct vantage *vantage, unsigned first, unsigned count, void (*on_done)(void *arg), void *arg);

/* All of them, and our own name: on a loop of its own. 0, or -1 with one line in @error: it could not be done. */
__attribute__((warn_unused_result)) int vantage_self_test(struct vantage *vantage, struct error *error);

/* What the last test saw; valid until the next one begins. */
const struct obs_vantage *vantage_seen(const struct vantage *vantage);

/* Likewise: is one family open? */
bool vantage_is_open(const struct vantage *vantage);

/* What the self-test has found out about the address that packets leave with over @family. */
const struct own_name *vantage_own_name(const struct vantage *vantage, int family);

struct vantage_host {
	struct span name;
	const char *run_by; /* "": it is the user's */
	enum canary_result result[VANTAGE_FAMILIES];
};

unsigned vantage_host_count(const struct vantage *vantage);
const struct vantage_host *vantage_host(const struct vantage *vantage, unsigned i);

#endif

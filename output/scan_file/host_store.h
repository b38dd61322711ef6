/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/host_store.h - the MX hosts of scan files by name, for the domains that refer to them.
 *
 * A host costs 32 to 64 octets of memory, and its record's octets in a temporary file (output/temporary_file.h); those
 * that were asked for last are kept decoded, so that the hosts of a large provider are decoded once. One thread at a
 * time, but for views.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_HOST_STORE_H
#define STSURVEY_OUTPUT_SCAN_FILE_HOST_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/mail_host.h"

enum {
	/* Hosts kept decoded, 10 KiB each: the largest providers have some hundred in all, and of what is rarer few
	   domains that stand near each other share one. More than one domain can name. */
	HOST_STORE_DECODED = 1024,
	/* Octets of all that is kept decoded, but for the hosts of one domain: six times what as many usual hosts need.
	 */
	HOST_STORE_OCTETS_MAX = 64 * 1024 * 1024,
	/* Octets of a host's record with its certificates. All limits at once need 400 KiB with certificates of usual
	   size; a larger one is not kept, and so not known. */
	HOST_STORE_RECORD_MAX = 1024 * 1024,
	/* Tests of the way to port 25 in one file, 48 octets each: one a minute of a hundred machines for a week. */
	HOST_STORE_TESTS_MAX = 1024 * 1024,
};

struct host_store;

struct host_store *host_store_new(void); /* NULL: no memory */
void host_store_free(struct host_store *store);

/* What follows is of another file: tests of the way to port 25 say something of the hosts in their own, and of the same
 * run in that. */
void host_store_begin(struct host_store *store);

/* Keep one. Of several records of a name that with more passes is kept, then the later one. 0; or -1, and the host is
 * not kept. */
__attribute__((warn_unused_result)) int host_store_put(struct host_store *store, const struct obs_host *host,
						       struct error *error);

/* A test of our own way to port 25. */
__attribute__((warn_unused_result)) int host_store_add_vantage(struct host_store *store,
							       const struct obs_vantage *vantage, struct error *error);

/* Octets of memory for hosts that are kept decoded. */
size_t host_store_memory(const struct host_store *store);

/* Names that hosts are known of. */
uint64_t host_store_count(const struct host_store *store);

/* Set mx.host of the observation, valid until the next call, and `doubted` of each: the last test of a family it was
 * probed over was bad, or one was between the probes and the next that was good. Where none of its hosts is known,
 * mx.host becomes NULL ("no hosts were probed") unless they are @expected to be ("not known"). *@work: octets of
 * their records. */
__attribute__((warn_unused_result)) int host_store_join(struct host_store *store, struct observation *observation,
							bool expected, uint64_t *work, struct error *error);

/* The same for a thread of its own, once all hosts and tests are in the store: each has a view, @views of them share
 * HOST_STORE_OCTETS_MAX. They end before the store. NULL: no memory. */
struct host_view;
struct host_view *host_view_new(struct host_store *store, unsigned views);
void host_view_free(struct host_view *view);
__attribute__((warn_unused_result)) int host_view_join(struct host_view *view, struct observation *observation,
						       bool expected, uint64_t *work, struct error *error);

/* Called with each host in the order they were kept; false ends it. */
typedef bool host_store_on_host(void *arg, const struct obs_host *host);

__attribute__((warn_unused_result)) int host_store_each(struct host_store *store, host_store_on_host *on_host,
							void *arg, struct error *error);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine whose network is loopback alone: a name space of its own, with the kernel's real answers. Skipped where
 * none is to be had. */
#include "tests/scanner/dns/direct_rig.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SKIP = 77 };

/* 0, or errno. */
static int leave_the_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, error;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return errno;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	error = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0 ? errno : 0;
	close(fd);
	return error;
}

static void an_address_without_a_route_is_unsent_and_the_other_family_goes_on(void **state)
{
	struct direct_rig *rig = direct_rig_open();
	struct direct_asked asked = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		direct_rig_ask(rig, &asked, "2001:4860:4860::8888", NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_UNSENT);
		assert_false(asked.try.was_sent);
		assert_false(direct_rig_has_family(rig, 6));
	}
	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
	direct_rig_ask(rig, &asked, "9.9.9.9", NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_UNSENT);
	assert_true(direct_rig_has_family(rig, 4)); /* there are answers */
	assert_int_equal(direct_rig_counts(rig).packets, 1);
	direct_rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_without_a_route_is_unsent_and_the_other_family_goes_on),
	};
	int error = leave_the_network();

	if (error != 0) {
		printf("skipped: no network name space: %s\n", strerror(error));
		return SKIP;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

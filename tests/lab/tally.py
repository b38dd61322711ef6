# SPDX-License-Identifier: BSD-2-Clause
"""What a test of the lab has looked at: `that(good, what)` counts, `end()` tells and is the exit status."""

passed = failed = 0


def that(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAILED: " + what)


def add(good, bad=0):
    """What another program or a comparison has counted."""
    global passed, failed
    passed += good
    failed += bad


def end():
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0

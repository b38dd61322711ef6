/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/words/verdict_words.h"

const char *const verdict_words[VERDICT_COUNT] = {
	[VERDICT_NO_POLICY] =
		"senders find no usable policy; those that kept no older one deliver as if there were none",
	[VERDICT_NONE] = "the policy asks senders not to apply MTA-STS",
	[VERDICT_TESTING_OK] = "testing: every MX fits the policy; failures would be reported, mail delivered anyway",
	[VERDICT_TESTING_FAIL] = "testing: an MX does not fit the policy; under enforce senders would refuse it",
	[VERDICT_ENFORCE_OK] = "enforced: every MX fits the policy",
	[VERDICT_ENFORCE_PARTIAL] = "enforced: senders refuse some of the MX and use the others",
	[VERDICT_ENFORCE_FAIL] =
		"enforced, but no MX can be used as the policy asks: senders that apply MTA-STS do not deliver",
	[VERDICT_UNKNOWN] = "it could not be found out what a sender would do",
};

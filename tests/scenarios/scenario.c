/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays scripts of surveys without a network: see README.md. Beside what a script says, each is played in
 * every other way that must not matter: answers before ask returns, answers the other way round, and a fault
 * of ours at each question, after which nothing may be concluded and the same job, begun again, must come to
 * the same end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/scenarios/play.h"

static struct script script;
static struct play play;
static struct dump first;

static bool say(const char *path, const char *how)
{
	printf("not ok %s%s: %s\n", path, how, play.why);
	return false;
}

static bool is_same(void)
{
	return play.dump.n == first.n && memcmp(play.dump.text, first.text, first.n) == 0;
}

/* Played so, it must end as it did at first. */
static bool ends_the_same(const char *path, const char *how, const struct net_fake_twist *twist)
{
	int fault = play_run(&play, 0, twist);

	if (fault == NET_OK && play.why[0] == '\0' && is_same())
		return true;
	if (play.why[0] == '\0')
		snprintf(play.why, sizeof(play.why), "ends otherwise");
	return say(path, how);
}

static bool faults_conclude_nothing(const char *path)
{
	const struct script_run *run = &script.run[0];
	unsigned questions = (unsigned)(run->answers + run->fetch.expected + run->probes);

	for (unsigned at = 0; at < questions; at++) {
		for (int fault = NET_FAULT_MEMORY; fault >= NET_FAULT_RESTING; fault--) {
			struct net_fake_twist twist = { .fault_at = (int)at, .fault = fault, .all_at_once = at & 1 };
			int met = play_run(&play, 0, &twist);

			if (met != fault && play.why[0] == '\0')
				snprintf(play.why, sizeof(play.why), "question %u met %d, the job %d", at, fault, met);
			if (play.why[0] != '\0')
				return say(path, ", with a fault");
		}
		if (!ends_the_same(path, ", after a fault", NULL))
			return false;
	}
	return true;
}

static bool in_every_other_way(const char *path)
{
	const struct net_fake_twist at_once = { .all_at_once = true, .fault_at = -1 };
	const struct net_fake_twist reverse = { .reverse = true, .fault_at = -1 };

	if (script.runs > 1 || script.run[0].as_written)
		return true;
	return ends_the_same(path, ", answered at once", &at_once) &&
	       ends_the_same(path, ", answered in reverse", &reverse) && faults_conclude_nothing(path);
}

static bool as_written(const char *path)
{
	for (unsigned i = 0; i < script.runs; i++) {
		int fault = play_run(&play, i, NULL);

		if (!play_check(&play, i, fault))
			return say(path, "");
		if (i == 0)
			first = play.dump;
	}
	return true;
}

static bool scenario(const char *path)
{
	bool ok = false;

	if (script_read(&script, path, play.why, sizeof(play.why)) < 0)
		say(path, "");
	else if (play_init(&play, &script)) {
		ok = as_written(path) && in_every_other_way(path);
		play_fini(&play);
	}
	script_free(&script);
	if (ok)
		printf("ok %s\n", path);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			scenario(argv[++i]);
			printf("%s\n", first.text);
			continue;
		}
		*(scenario(argv[i]) ? &passed : &failed) += 1;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 || passed == 0;
}

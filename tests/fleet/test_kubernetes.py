#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/fleet/kubernetes.yaml: its fields are those of the API, as kubernetes.schema.json has them; what it says of shards, files and
volumes agrees; and what its container runs is what a task of the Job needs. That is all: there is no cluster here."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"skipped: {error}: the Debian packages python3-jsonschema and python3-yaml are missing")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = os.path.join(HERE, "..", "..", "docs", "fleet", "kubernetes.yaml")
STUB = """#!/bin/sh
for word; do echo "$word"; done
"""


def parts():
    with open(MANIFEST, encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def is_valid(part):
    with open(os.path.join(HERE, "kubernetes.schema.json"), encoding="utf-8") as file:
        return jsonschema.Draft202012Validator(json.load(file)).is_valid(part)


class Manifest(unittest.TestCase):
    def setUp(self):
        self.claim, self.job = parts()
        self.pod = self.job["spec"]["template"]["spec"]
        self.container, = self.pod["containers"]

    def env(self):
        return {one["name"]: one["value"] for one in self.container["env"]}

    def test_its_fields_are_the_api_s(self):
        self.assertTrue(is_valid(self.claim) and is_valid(self.job))

    def test_what_is_misspelt_or_misplaced_is_none(self):
        def wrong(change):
            job = copy.deepcopy(self.job)
            change(job["spec"], job["spec"]["template"]["spec"])
            return job

        for change in (lambda spec, pod: spec.update(completion=8),
                       lambda spec, pod: spec.update(completionMode="NonIndexed"),
                       lambda spec, pod: spec.pop("completions"),
                       lambda spec, pod: spec.update(completions="8"),
                       lambda spec, pod: spec["podFailurePolicy"]["rules"][1]["onExitCodes"].update(values=[0]),
                       lambda spec, pod: pod.update(restartPolicy="Always"),
                       lambda spec, pod: pod.update(parallelism=8),
                       lambda spec, pod: pod["containers"][0]["env"][0].update(value=8),
                       lambda spec, pod: pod["containers"][0]["resources"]["limits"].update(memory="2 GB"),
                       lambda spec, pod: pod["volumes"][0].update(emptyDir={})):
            self.assertFalse(is_valid(wrong(change)))

    def test_its_shards_are_its_completions(self):
        spec = self.job["spec"]
        self.assertEqual(self.env()["JOB_COMPLETIONS"], str(spec["completions"]))
        self.assertLessEqual(spec["parallelism"], spec["completions"])
        self.assertNotIn("JOB_COMPLETION_INDEX", self.env())  # Kubernetes sets it

    def test_its_failures(self):
        """What the API asks of podFailurePolicy and backoffLimitPerIndex, beside their form."""
        spec, codes = self.job["spec"], self.job["spec"]["podFailurePolicy"]["rules"][1]["onExitCodes"]
        self.assertEqual((spec["completionMode"], self.pod["restartPolicy"]), ("Indexed", "Never"))
        self.assertEqual((codes["containerName"], codes["values"]), (self.container["name"], sorted(codes["values"])))

    def test_what_is_mounted_is_there(self):
        volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        self.assertEqual({mount["name"] for mount in self.container["volumeMounts"]}, set(volumes))
        self.assertEqual(volumes["survey"]["persistentVolumeClaim"]["claimName"], self.claim["metadata"]["name"])
        self.assertIn(self.env()["TMPDIR"], {mount["mountPath"] for mount in self.container["volumeMounts"]})

    def test_what_it_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            stub = os.path.join(folder, "stsurvey")
            with open(stub, "w", encoding="ascii") as file:
                file.write(STUB)
            os.chmod(stub, 0o755)
            env = dict(self.env(), PATH=folder, JOB_COMPLETION_INDEX="5")
            words = subprocess.run([*self.container["command"], *self.container["args"]], env=env, check=True, stdout=subprocess.PIPE,
                                   text=True).stdout.splitlines()
        self.assertEqual(words[:6], ["scan", "-f", "/survey/list.csv", "--shard", "auto", "--resume"])
        self.assertIn("/survey/shard-5.msgpack.zst", words)
        # all of them are options of scan, and the shard is the task's: what is wrong is the list, which is not there
        del env["PATH"]
        here = [word.replace("/survey", "/nonexistent") for word in words]
        here[here.index("--resolver"):here.index("--resolver") + 2] = ["--name-servers", "127.0.0.1"]
        done = subprocess.run([os.environ["STSURVEY"], *here], env=env, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("/nonexistent/", done.stderr)
        env["JOB_COMPLETION_INDEX"] = "8"
        done = subprocess.run([os.environ["STSURVEY"], *here], env=env, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("those of 8 shards 0 to 7", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""Requests that a real Metacontroller sent: the server answers each with the very bytes of the command line."""
import email.utils
import json
import pathlib
import subprocess
import unittest

from server import PATIENCE, PROGRAM, Case

RECORDED = sorted((pathlib.Path(__file__).parents[1] / "fixtures" / "recorded").glob("*.json"))


def run_program(hook, date, path):
    """What the command line answers at the time of an HTTP Date."""
    now = email.utils.parsedate_to_datetime(date).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = subprocess.run([PROGRAM, hook, "--now", now, str(path)], capture_output=True, timeout=PATIENCE, check=True)
    return done.stdout


class Recorded(Case):
    def test_there_are_recordings(self):
        self.assertGreater(len(RECORDED), 10)

    def test_the_command_line_says_the_same(self):
        """Strict to the byte, times included: the clock is read once, for the answer and for Date."""
        for path in RECORDED:
            body = path.read_bytes()
            hook = "finalize" if json.loads(body)["finalizing"] else "sync"
            with self.subTest(path.name):
                answer = self.server.call("POST", "/flamecluster/" + hook, body)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.body + b"\n", run_program(hook, answer.headers["date"], path))

    def test_a_sync_says_what_finalize_says(self):
        """A request that says finalizing is finalized, whichever hook it comes to."""
        for path in RECORDED:
            body = path.read_bytes()
            if json.loads(body)["finalizing"]:
                with self.subTest(path.name):
                    answer = self.server.call("POST", "/flamecluster/sync", body)
                    self.assertIn("finalized", answer.json())

    def test_customize_relates_nothing(self):
        for path in RECORDED:
            with self.subTest(path.name):
                answer = self.server.call("POST", "/flamecluster/customize", path.read_bytes())
                self.assertEqual((answer.status, answer.json()), (200, {"relatedResources": []}))


if __name__ == "__main__":
    unittest.main()

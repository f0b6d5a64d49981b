"""Prometheus' own tool finds nothing wrong with what a server says that has answered requests of each kind. Exit 77 without it,
unless PROMTOOL_REQUIRED is set."""
import os
import shutil
import subprocess
import sys
import unittest

from server import BODY, PATIENCE, SYNC, Case, wait_until


class Promtool(Case):
    def check(self, text):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_metrics(self):
        for path, body in ((SYNC, BODY), (SYNC, b"{"), ("/flamecluster/finalize", BODY), ("/flamecluster/customize", BODY), ("/", b"")):
            self.server.call("POST", path, body)
        wait_until(lambda: self.server.metric('hook_requests_total{controller="",hook="",code="404"}') == 1, "all are counted")
        text = self.server.call("GET", "/metrics", port=self.server.admin).body.decode()
        self.assertEqual(self.check(text), (0, ""))

    def test_that_it_would_say_so(self):
        code, words = self.check("# HELP x A counter.\n# TYPE x counter\nx 1\n")
        self.assertNotEqual(code, 0)
        self.assertIn("_total", words)


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("SKIPPED: promtool, of Debian's package prometheus, is not here")
        sys.exit(1 if os.environ.get("PROMTOOL_REQUIRED") else 77)
    unittest.main()

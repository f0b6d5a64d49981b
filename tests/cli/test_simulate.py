"""simulate: the life of clusters on the terminal, in process and against a running server."""
import json
import re
import socket
import subprocess

from case import PATIENCE, PROGRAM, SOURCE, Case, cluster

UP = "default/my-flame: Running, {0} of {0} executor managers ready, settled after "


def replicas(n, text=None):
    return (text or cluster()).replace("image: executor:1", f"image: executor:1\n    replicas: {n}")


class Simulate(Case):
    def play(self, *args, code=0):
        done = self.run_program("simulate", *args)
        self.assertEqual((done.returncode, done.err), (code, ""))
        self.assertNotIn("\033", done.out)  # no colours but on a terminal
        return done.out

    def steps(self, out):
        """(state, ready, what happened) of each line."""
        rows = []
        for line in out.split("\n\n")[0].splitlines()[1:]:
            match = re.fullmatch(r" *\d+\.\ds  (\S+) +(\S+) +(.*)", line)
            self.assertTrue(match, line)
            rows.append(match.groups())
        return rows

    def test_comes_up(self):
        out = self.play(self.file("a.yaml", cluster()))
        self.assertEqual(self.steps(out), [
            ("-", "-", "you create FlameCluster my-flame"),
            ("Pending", "0/1",
             "created ConfigMap config, Pod session-manager, Services object-cache, session-manager"),
            ("Pending", "0/1", "Pod session-manager ready; created Pod executor-manager-0"),
            ("Running", "1/1", "Pod executor-manager-0 ready")])
        self.assertIn(UP.format(1), out)
        self.assertIn("  message   All components healthy\n  Pods      2, 2 ready\n", out)

    def test_examples_come_up(self):
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            self.assertIn(": Running, ", self.play(str(path)))

    def test_a_second_object_is_a_change(self):
        old = replicas(8)
        new = old.replace("image: session:1", "image: session:1\n    slot: cpu=2,mem=4g")
        out = self.play(self.file("old.yaml", old), self.file("new.yaml", new))
        rows = self.steps(out)
        change = rows.index(("Running", "8/8", "you change FlameCluster my-flame: "
                                               "sessionManager.slot unset -> cpu=2,mem=4g"))
        after = [row[2] for row in rows[change + 1:]]
        self.assertEqual(after[0], "removed Pod session-manager; updated ConfigMap config")
        self.assertEqual(after[2], "Pod session-manager ready; removed Pods executor-manager-6..7")
        for i in range(8):
            self.assertIn(f"executor-manager-{i}", "".join(after))
        self.assertIn("  fewest    6 of 8 executor managers ready, at ", out)
        self.assertIn(UP.format(8), out)

    def test_scale_to_zero_is_running(self):
        out = self.play(self.file("a.yaml", replicas(3) + "---\n" + replicas(0)))
        self.assertIn("executorManager.replicas 3 -> 0", out)
        self.assertIn(UP.format(0), out)
        self.assertNotIn("fewest", out)

    def test_suspend_and_resume(self):
        suspended = replicas(3) + "  suspend: true\n"
        out = self.play(self.file("a.yaml", replicas(3)), self.file("b.yaml", suspended))
        self.assertIn("default/my-flame: Suspended, 0 of 3 executor managers ready, settled after ", out)
        self.assertIn("  message   Suspended\n  Pods      0, 0 ready\n", out)
        self.assertNotIn("fewest", out)
        what = [row[2] for row in self.steps(out)]
        change = what.index("you change FlameCluster my-flame: suspend unset -> true")
        self.assertEqual(what[change + 1], "removed Pods executor-manager-0..2")
        self.assertIn("removed Pod session-manager", what[change + 3])
        out = self.play(self.file("c.yaml", "---\n".join([replicas(3), suspended, replicas(3)])))
        self.assertIn(UP.format(3), out)
        self.assertNotIn("fewest", out)

    def test_strategies(self):
        def new(strategy):
            text = replicas(8).replace("executor:1", f"executor:2\n    updateStrategy: {strategy}")
            return self.play(self.file("a.yaml", replicas(8)), self.file("b.yaml", text))

        self.assertIn("  fewest    5 of 8 executor managers ready", new("{maxUnavailable: 3}"))
        self.assertIn("removed Pods executor-manager-0..7", new("{type: Recreate}"))
        out = new("{type: OnDelete}")
        self.assertIn("OnDelete: 0/8 Executor Managers updated, the others wait to be deleted", out)
        self.assertNotIn("fewest", out)
        self.assertIn("Roll-out paused: 0/8 Executor Managers updated", new("{paused: true}"))

    def test_an_image_that_cannot_be_pulled(self):
        new = replicas(4).replace("executor:1", "executor:bad")
        out = self.play(self.file("a.yaml", replicas(4)), self.file("b.yaml", new), "--fail-image",
                        "executor:bad", code=1)
        self.assertIn("Pod executor-manager-3: ImagePullBackOff", out)
        self.assertNotIn("Pod executor-manager-2: ", out)  # the roll-out stopped at its budget
        self.assertIn("default/my-flame: Running, 3 of 4 executor managers ready, settled after ", out)

    def test_an_image_that_nobody_has(self):
        path = self.file("a.yaml", replicas(1))
        done = self.run_program("simulate", path, "--fail-image", "executor:2")
        self.assertEqual(done.err, "flame-operator: warning: --fail-image: no FlameCluster has the image executor:2\n")
        self.assertEqual(self.run_program("plan", path, path, "--fail-image", "executor:2").err, done.err)
        self.assertEqual(self.run_program("simulate", path, "--fail-image", "session:1").err, "")

    def test_evict_and_delete(self):
        out = self.play(self.file("a.yaml", replicas(2)), "--evict", "executor-manager-1", "--evict",
                        "my-flame-session-manager", "--delete")
        what = [row[2] for row in self.steps(out)]
        self.assertIn("you evict Pod executor-manager-1", what)
        self.assertIn("replaced Pod executor-manager-1", what)
        self.assertIn("replaced Pod session-manager", what)
        gone = what[what.index("you delete FlameCluster my-flame"):]
        self.assertEqual(gone[1], "removed Pods executor-manager-0..1")
        self.assertIn("removed Pod session-manager", gone[3])
        self.assertIn("FlameCluster my-flame gone", gone[-1])
        self.assertIn("default/my-flame: gone, settled after ", out)
        self.assertIn("  Pods      0, 0 ready\n", out)

    def test_two_clusters_have_names(self):
        out = self.play(self.file("a.yaml", cluster("one") + "---\n" + cluster("second")))
        self.assertIn("TIME  NAME    STATE", out)
        self.assertRegex(out, r"s  one     Running +1/1")
        self.assertRegex(out, r"s  second  Running +1/1")
        self.assertIn("default/one: Running", out)
        self.assertIn("default/second: Running", out)

    def test_bad_luck_does_not_change_the_end(self):
        out = self.play(self.file("a.yaml", replicas(5)), "--lag", "20s", "--lose", "30", "--seed", "7")
        self.assertIn("http error: the request got lost", out)
        self.assertIn(UP.format(5), out)

    def test_one_seed_is_one_run(self):
        path = self.file("a.yaml", replicas(5))
        runs = [self.play(path, "--lag", "5s", "--seed", seed) for seed in ("3", "3", "4")]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])

    def test_an_invalid_spec_is_told(self):
        text = cluster().replace("    image: session:1", "    policy: priority")
        out = self.play(self.file("a.yaml", text), code=1)
        self.assertIn("sessionManager.image", out)

    def test_metadata_of_wrong_types_is_refused(self):
        for field, value in (("finalizers", "[1]"), ("finalizers", "[{a: 1}]"), ("finalizers", "x"),
                             ("namespace", "5"), ("namespace", "[a]")):
            text = cluster().replace("metadata:\n", f"metadata:\n  {field}: {value}\n")
            done = self.run_program("simulate", "--delete", self.file("c.yaml", text))
            self.assertEqual(done.returncode, 3 if field == "finalizers" else 1, done.err)
            self.assertIn(f"metadata.{field}: must be a ", done.err)
        for name in "12", "y", "null":
            done = self.run_program("simulate", self.file("c.yaml", cluster().replace("my-flame", name)))
            self.assertEqual((done.returncode, done.out), (1, ""))
            self.assertRegex(done.err, r"/c\.yaml:4: metadata\.name: (must be a string|is required)")
        text = cluster().replace("metadata:\n", "metadata:\n  finalizers:\n  namespace:\n")
        self.play("--delete", self.file("c.yaml", text))

    def test_json_lines(self):
        out = self.play(self.file("a.yaml", replicas(2)), "-o", "json")
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(lines[0]["who"], "user")
        self.assertEqual({l["name"] for l in lines if l["what"] == "created" and l["kind"] == "Pod"}, {
            "my-flame-session-manager", "my-flame-executor-manager-0", "my-flame-executor-manager-1"})
        end = lines[-1]
        self.assertEqual((end["what"], end["state"], end["ready"], end["desired"], end["settled"],
                          end["asAskedFor"], end["errors"]), ("summary", "Running", 2, 2, True, True, 0))
        self.assertEqual(sum(l["what"] == "synced" for l in lines), end["syncs"])

    def test_refusals(self):
        path = self.file("a.yaml", cluster())
        self.bad(1, ["--evict nobody: there is no such Pod"], "simulate", path, "--evict", "nobody")
        for url in ("ftp://x", "http://", "http://h:0", "http://h:1x", "http://[::1"):
            self.bad(2, [f'--server: must be http://HOST[:PORT], is "{url}"'], "simulate", path, "--server", url)
        with socket.socket() as bound:  # taken, and not listened on: nobody else's server answers there
            bound.bind(("127.0.0.1", 0))
            done = self.run_program("simulate", path, "--server", "http://127.0.0.1:%d" % bound.getsockname()[1])
        self.assertEqual(done.returncode, 5)
        self.assertTrue(done.err.startswith("flame-operator: Sync error: customize: "), done.err)
        self.assertEqual(self.run_program("simulate").returncode, 2)
        self.assertEqual(self.run_program("simulate", path + "x").returncode, 3)


class Server(Case):
    def setUp(self):
        super().setUp()
        self.server = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE)
        self.addCleanup(self.stop)
        line = self.server.stderr.readline().decode()
        self.url = "http://" + re.search(r'"listen":"([^"]+)"', line).group(1)

    def stop(self):
        self.server.terminate()
        self.server.communicate(timeout=PATIENCE)

    def test_the_same_life_as_in_process(self):
        path = self.file("a.yaml", replicas(3))
        alone = self.good("simulate", path, "--evict", "executor-manager-0", "--delete")
        for version in ("v1", "v2"):
            served = self.good("simulate", path, "--evict", "executor-manager-0", "--delete", "--server",
                               self.url + "/", "--hook-version", version)
            self.assertEqual(served.splitlines()[1], alone.splitlines()[1])
            self.assertIn("default/my-flame: gone, settled after ", served)
            self.assertRegex(served, r" [1-9]\d* of them not modified, 0 errors")

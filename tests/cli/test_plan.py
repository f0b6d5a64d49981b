"""plan: what a change would do, and how it says so."""
import json

from case import SOURCE, Case, cluster


def flame(old="", new="", text=None, replicas=4):
    text = text or cluster().replace("image: executor:1", f"image: executor:1\n    replicas: {replicas}")
    return text.replace(old, new) if old else text


def executors(first, last):
    return [f"my-flame-executor-manager-{i}" for i in range(first, last + 1)]


SESSION = "my-flame-session-manager"
SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  uri: VALUE\n"


class Plan(Case):
    def plan(self, old, new, *args, code=0):
        """(the report as JSON, the text of the same) of a change."""
        files = [self.file("old.yaml", old), self.file("new.yaml", new)]
        runs = [self.run_program("plan", *files, *args, *more) for more in ([], ["-o", "json"])]
        for done in runs:
            self.assertEqual((done.returncode, [e for e in done.err.splitlines() if ": warning: " not in e]), (code, []))
            self.assertNotIn("\033", done.out)  # no colors but on a terminal
        report, text = json.loads(runs[1].out), runs[0].out
        self.agree(report, text)
        return report, text

    def agree(self, report, text):
        """The text says what the report does."""
        lines = text.splitlines()
        self.assertEqual("my-flame: nothing changes" in lines[0], not report["changes"])
        pods, objects = report["pods"], report["objects"]
        counts = [f"{len(pods[k])} {k}" for k in ("created", "replaced", "removed", "kept") if pods[k]]
        self.assertIn("Pods: " + (", ".join(counts) or "none"), lines)
        counts = [f"{len(objects[k])} {k}" for k in ("created", "changed", "removed") if objects[k]]
        counts += [f"{objects['unchanged']} unchanged"] if objects["unchanged"] else []
        self.assertIn("Objects: " + (", ".join(counts) or "none"), lines)
        for sign, key in (("+", "created"), ("~", "changed"), ("-", "removed")):
            for entry in objects[key]:
                self.assertIn(f"  {sign} {entry['kind']} {entry['name'].removeprefix('my-flame-')}", lines)
        for warning in report["warnings"]:
            self.assertIn("  ! " + warning, lines)
        good = report["end"]["asAskedFor"]
        self.assertIn("\n" + ("Comes through: " if good else "Does not come through: ") + report["end"]["state"], text)
        self.assertEqual(sorted(n for step in pods["order"] for n in step["pods"]), sorted(pods["replaced"]))

    def test_nothing_changes(self):
        report, text = self.plan(flame(), flame(), "--exit-code")
        self.assertFalse(report["changes"])
        self.assertEqual(report["pods"]["kept"], [*executors(0, 3), SESSION])
        self.assertEqual(report["objects"], {"created": [], "changed": [], "removed": [], "unchanged": 3})
        self.assertTrue(text.startswith("default/my-flame: nothing changes\n"))
        self.assertNotIn("On the way", text)

    def test_other_words_for_the_same_are_no_change(self):
        new = flame("image: executor:1", "image: executor:1\n    resources: {limits: {memory: 1024Mi}}")
        old = flame("image: executor:1", 'image: "executor:1"\n    resources: {limits: {memory: 1Gi}}')
        self.assertFalse(self.plan(old, new)[0]["changes"])

    def test_config(self):
        report, text = self.plan(flame(), flame("image: session:1", "image: session:1\n    slot: cpu=2,mem=4g"))
        changed = report["objects"]["changed"]
        self.assertEqual([c["name"] for c in changed], ["my-flame-config"])
        field = next(f for f in changed[0]["fields"] if f["path"] == 'data["flame-cluster.yaml"]')
        self.assertEqual([l for l in field["lines"] if l[0] in "+-"],
                         ['+  slot: "cpu=2,mem=4g"', '+  resreq: "cpu=2,mem=4g"'])
        self.assertIn('        +  slot: "cpu=2,mem=4g"\n', text)
        self.assertNotIn("my-flame-session-manager:8080", "".join(field["lines"][:1]))
        self.assertEqual([s["pods"] for s in report["pods"]["order"]], [[SESSION]] + [executors(i, i) for i in (3, 2, 1, 0)])
        self.assertEqual([(c["pods"], c["reason"], c["fields"]) for c in report["pods"]["changes"]],
                         [([SESSION], "configuration", []), (executors(0, 3), "configuration", [])])
        self.assertEqual((report["executorManagers"]["fewest"], report["executorManagers"]["after"]), (3, 4))
        self.assertGreater(report["sessionManager"]["awaySeconds"], 3)
        self.assertIn("  executor managers  4 ready, fewest on the way 3, at ", text)
        self.assertIn("its sessions lie on the Pod's own disk", report["warnings"][0])
        self.assertIn("  ~ executor-manager-0..3\n      the same but for the configuration that it mounts\n", text)

    def test_sessions_that_are_kept_are_not_warned_of(self):
        slot = "image: session:1\n    slot: cpu=2,mem=4g"
        for keeps in ("storage: none", "persistence: {size: 1Gi}", 'storage: "sqlite://:memory:"'):
            old = flame("image: session:1", f"image: session:1\n    {keeps}")
            report, _ = self.plan(old, old.replace("image: session:1", slot))
            self.assertEqual((report["pods"]["replaced"][0], report["warnings"]), (SESSION, []))

    def test_image_and_its_budget(self):
        new = flame("image: executor:1", "image: executor:2\n    updateStrategy: {maxUnavailable: 50%}")
        report, text = self.plan(flame(), new, "--exit-code", code=1)
        self.assertEqual([s["pods"] for s in report["pods"]["order"]], [executors(2, 3), executors(0, 1)])
        self.assertEqual(report["pods"]["changes"], [{
            "pods": executors(0, 3), "reason": "template",
            "fields": [{"path": "spec.containers[executor-manager].image", "before": "executor:1", "after": "executor:2"}]}])
        self.assertEqual(report["executorManagers"]["fewest"], 2)
        self.assertEqual((report["objects"]["changed"], report["pods"]["kept"], report["warnings"]), ([], [SESSION], []))
        self.assertIn("      spec.containers[executor-manager].image: executor:1 -> executor:2\n", text)
        self.assertIn("  session manager    never away\n", text)
        self.plan(flame(), new)  # without the flag it ends with 0

    def test_recreate_leaves_none(self):
        new = flame("image: executor:1", "image: executor:2\n    updateStrategy: {type: Recreate}")
        report, _ = self.plan(flame(), new)
        self.assertEqual([s["pods"] for s in report["pods"]["order"]], [executors(0, 3)])
        self.assertEqual(report["warnings"], ["for a time no executor manager is Ready"])

    def test_on_delete_replaces_none(self):
        report, text = self.plan(flame(), flame("image: executor:1", "image: executor:2\n    updateStrategy: {type: OnDelete}"))
        self.assertEqual((report["pods"]["replaced"], report["changes"]), ([], False))
        self.assertIn("; OnDelete: 0/4 Executor Managers updated, the others wait to be deleted\n", text)

    def test_scale(self):
        report, text = self.plan(flame(replicas=12), flame(replicas=3))
        self.assertEqual((report["pods"]["removed"], report["pods"]["replaced"]), (executors(3, 11), []))
        self.assertEqual(report["pods"]["kept"], [*executors(0, 2), SESSION])
        self.assertEqual(report["objects"]["unchanged"], 3)
        self.assertIn("  - executor-manager-3..11\n", text)
        self.assertIn("  executor managers  12 -> 3 ready, never fewer than that\n", text)
        report, text = self.plan(flame(replicas=0), flame(replicas=11))
        self.assertEqual(report["pods"]["created"], executors(0, 10))
        self.assertIn("  + executor-manager-0..10\n", text)

    def test_workload(self):
        report, text = self.plan(flame(), flame("image: executor:1", "image: executor:1\n    workload: StatefulSet"))
        self.assertEqual(report["objects"]["created"], [{"kind": "StatefulSet", "name": "my-flame-executor-manager"}])
        self.assertEqual([(c["pods"], c["reason"]) for c in report["pods"]["changes"]], [(executors(0, 3), "owner")])
        self.assertIn("for a time no executor manager is Ready", report["warnings"])
        old = flame("image: executor:1", "image: executor:1\n    workload: StatefulSet")
        report, _ = self.plan(old, old.replace("executor:1", "executor:2"))
        self.assertEqual([s["pods"] for s in report["pods"]["order"]], [executors(i, i) for i in (3, 2, 1, 0)])
        self.assertEqual([c["pods"] for c in report["pods"]["changes"]], [executors(0, 3)])
        self.assertEqual(report["pods"]["changes"][0]["fields"][0]["path"], "spec.containers[executor-manager].image")
        self.assertEqual([c["kind"] for c in report["objects"]["changed"]], ["StatefulSet"])

    def test_own_cache(self):
        new = flame() + "  objectCache:\n    image: cache:1\n    replicas: 2\n"
        report, text = self.plan(flame(), new)
        self.assertEqual(report["pods"]["created"], ["my-flame-object-cache-0", "my-flame-object-cache-1"])
        self.assertEqual((report["objectCaches"]["before"], report["objectCaches"]["after"]), (0, 2))
        self.assertIn("  object caches      0 -> 2 ready", text)
        self.assertIn("Service", [c["kind"] for c in report["objects"]["changed"]])
        report, _ = self.plan(new, new.replace("cache:1", "cache:2"))
        self.assertEqual(report["pods"]["changes"][0]["pods"], ["my-flame-object-cache-0", "my-flame-object-cache-1"])
        self.assertEqual(report["objectCaches"]["fewest"], 1)
        self.assertIn("spec.objectCache.persistence keeps them", report["warnings"][0])

    def test_suspend(self):
        report, text = self.plan(flame(), flame() + "  suspend: true\n")
        self.assertEqual((report["pods"]["removed"], report["end"]["state"]), ([*executors(0, 3), SESSION], "Suspended"))
        self.assertIn("  session manager    away in the end\n", text)
        report, _ = self.plan(flame() + "  suspend: true\n", flame())
        self.assertEqual(report["pods"]["created"], [*executors(0, 3), SESSION])

    def test_a_roll_out_that_blocks(self):
        report, text = self.plan(flame(), flame("executor:1", "executor:bad"), "--fail-image", "executor:bad", code=1)
        self.assertEqual((report["pods"]["replaced"], report["pods"]["kept"]), (executors(3, 3), [*executors(0, 2), SESSION]))
        self.assertEqual(report["end"]["troubles"], [{"pod": "my-flame-executor-manager-3", "reason": "ImagePullBackOff"}])
        self.assertIn("Does not come through: Running, 3 of 4 executor managers ready", text)
        self.assertIn("\n  Pod executor-manager-3: ImagePullBackOff\n", text)

    def test_an_old_that_is_not_up_is_told(self):
        old = flame("image: session:1", "image: session:1\n    storageFrom: {secretKeyRef: {name: db, key: uri}}")
        done = self.run_program("plan", self.file("old.yaml", old), self.file("new.yaml", old + SECRET.replace("VALUE", "sqlite:///x")))
        self.assertIn("old.yaml: warning: the cluster does not come up, and the change begins there: ", done.err)
        self.assertEqual(done.returncode, 0)
        self.assertIn("5 created", done.out)

    def test_a_secret_is_never_shown(self):
        text = flame("image: session:1", "image: session:1\n    storageFrom: {secretKeyRef: {name: db, key: uri}}")
        old, new = (text + SECRET.replace("VALUE", f"fs:///srv/{p}") for p in ("hunter2", "swordfish"))
        report, shown = self.plan(old, new)
        self.assertEqual([(c["kind"], [f for f in c["fields"] if f["path"].startswith("data")]) for c in report["objects"]["changed"]],
                         [("Secret", [{"path": 'data["flame-cluster.yaml"]', "secret": True}])])
        self.assertIn('      data["flame-cluster.yaml"]: changed (secret)\n', shown)
        for word in ("hunter2", "swordfish", "fs://", "ZnM6Ly8v"):
            self.assertNotIn(word, shown + json.dumps(report))
        self.assertEqual(report["pods"]["replaced"][0], SESSION)

    def test_standard_input_and_namespaces(self):
        path = self.file("old.yaml", flame("  name: my-flame", "  name: my-flame\n  namespace: default"))
        out = self.good("plan", path, "-", stdin=flame(replicas=5))
        self.assertIn("  + executor-manager-4\n", out)
        spaced = flame("  name: my-flame", "  name: my-flame\n  namespace: here")
        out = self.good("plan", self.file("spaced.yaml", spaced), "-", stdin=spaced)
        self.assertTrue(out.startswith("here/my-flame: nothing changes\n"), out)

    def test_examples_stay_as_they_are(self):
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            self.assertIn(": nothing changes\n", self.good("plan", str(path), str(path), "--exit-code"))

    def test_refusals(self):
        path = self.file("a.yaml", flame())
        self.bad(2, ["plan: only one of OLD and NEW can be standard input"], "plan", "-", "-")
        other = self.file("b.yaml", cluster("other"))
        self.bad(1, [f"{other}:1: must be the same FlameCluster as in OLD, default/my-flame, is default/other"],
                 "plan", path, other)
        two = self.file("two.yaml", flame() + "---\n" + cluster("other"))
        self.bad(1, [f"{two}: must hold one FlameCluster, holds 2"], "plan", two, path)
        wrong = self.file("wrong.yaml", flame("replicas: 4", "replicas: -1"))
        done = self.run_program("plan", path, wrong)
        self.assertEqual((done.returncode, done.out), (1, ""))
        self.assertIn("wrong.yaml:10: spec.executorManager.replicas: must be ", done.err)
        self.assertEqual(self.run_program("plan", path).returncode, 2)
        self.assertEqual(self.run_program("plan", path, path + "x").returncode, 3)
        self.assertEqual(self.run_program("plan", path, self.file("m.yaml", "a: [")).returncode, 3)

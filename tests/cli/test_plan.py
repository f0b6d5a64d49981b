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
        for one, other in ((spaced, flame()), (flame(), spaced)):
            out = self.good("plan", self.file("one.yaml", one), "-", stdin=other)
            self.assertTrue(out.startswith("here/my-flame: nothing changes\n"), out)
        elsewhere = self.file("elsewhere.yaml", spaced.replace("namespace: here", "namespace: there"))
        self.bad(1, [f"{elsewhere}:1: must be the same FlameCluster as in OLD, here/my-flame, is there/my-flame"],
                 "plan", self.file("spaced.yaml", spaced), elsewhere)

    def test_examples_stay_as_they_are(self):
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            self.assertIn(": nothing changes\n", self.good("plan", str(path), str(path), "--exit-code"))

    def test_refusals(self):
        path = self.file("a.yaml", flame())
        self.bad(2, ["plan: only one file can be standard input"], "plan", "-", "-")
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


RECORDED = SOURCE / "tests/fixtures/recorded"
FORMS = ("dynamic-apply", "server-side-apply", "v1")


class Live(Case):
    """--live: the cluster as a recorded request shows it is what OLD is."""

    def plan(self, request, change=lambda spec: None, code=0, args=()):
        path = RECORDED / request / "request.json"
        parent = json.loads(path.read_text())["parent"]
        new = {"apiVersion": parent["apiVersion"], "kind": parent["kind"], "spec": parent["spec"],
               "metadata": {"name": parent["metadata"]["name"]}}
        change(new["spec"])
        done = self.run_program("plan", "--live", str(path), "-o", "json", *args, self.file("new.json", json.dumps(new)))
        self.assertEqual((done.returncode, [e for e in done.err.splitlines() if ": warning: " not in e]), (code, []))
        return json.loads(done.out)

    def test_what_runs_stays(self):
        for form in FORMS:
            for name in ("running", "own-cache-running", "stateful-set-running", "storage-from-secret", "suspended"):
                with self.subTest(form=form, name=name):
                    self.assertFalse(self.plan(f"{form}/sync/{name}", args=["--exit-code"])["changes"])

    def test_an_image(self):
        for form in FORMS:
            report = self.plan(f"{form}/sync/running", lambda spec: spec["executorManager"].update(image="executor:2"))
            self.assertEqual([s["pods"] for s in report["pods"]["order"]],
                             [["my-executor-manager-2"], ["my-executor-manager-1"], ["my-executor-manager-0"]])
            self.assertEqual([(c["reason"], c["fields"]) for c in report["pods"]["changes"]], [("template", [
                {"path": "spec.containers[executor-manager].image", "before": "executor:1", "after": "executor:2"}])])
            self.assertEqual((report["objects"]["changed"], report["executorManagers"]["fewest"]), ([], 2))
            self.assertEqual(report["namespace"], "e2e-1")

    def test_a_stateful_set(self):
        for form in FORMS:
            report = self.plan(f"{form}/sync/stateful-set-running", lambda spec: spec["executorManager"].update(image="executor:9"))
            self.assertEqual([s["pods"] for s in report["pods"]["order"]], [["my-executor-manager-1"], ["my-executor-manager-0"]])
            self.assertEqual([(c["kind"], c["name"]) for c in report["objects"]["changed"]], [("StatefulSet", "my-executor-manager")])
            self.assertEqual(report["executorManagers"], {"before": 2, "after": 2, "fewest": 1, "fewestAtSeconds": report["executorManagers"]["fewestAtSeconds"]})

    def test_a_slot(self):
        for form in FORMS:
            report = self.plan(f"{form}/sync/running", lambda spec: spec["sessionManager"].update(slot="cpu=7,mem=1g"))
            self.assertEqual(report["pods"]["replaced"][0], "my-session-manager")
            self.assertEqual([c["name"] for c in report["objects"]["changed"]], ["my-config"])
            lines = next(f for f in report["objects"]["changed"][0]["fields"] if "lines" in f)["lines"]
            self.assertIn('+  slot: "cpu=7,mem=1g"', lines)

    def test_what_is_under_way_goes_on(self):
        report = self.plan("dynamic-apply/sync/executor-evicted")
        self.assertEqual([(c["pods"], c["reason"]) for c in report["pods"]["changes"]], [(report["pods"]["replaced"], "ended")])
        report = self.plan("dynamic-apply/sync/session-manager-ready")
        self.assertEqual((len(report["pods"]["created"]), report["pods"]["replaced"]), (1, []))
        report = self.plan("dynamic-apply/sync/pods-pending")
        self.assertEqual(report["end"]["state"], "Running")

    def test_an_image_that_cannot_be_pulled_stays_so(self):
        path = RECORDED / "dynamic-apply/sync/image-pull-back-off/request.json"
        pods = json.loads(path.read_text())["children"]["Pod.v1"].values()
        image = next(p["spec"]["containers"][0]["image"] for p in pods if p["status"]["phase"] == "Pending")
        report = self.plan("dynamic-apply/sync/image-pull-back-off", lambda spec: spec["executorManager"].update(image=image), code=1)
        self.assertEqual({t["reason"] for t in report["end"]["troubles"]}, {"ImagePullBackOff"})
        report = self.plan("dynamic-apply/sync/image-pull-back-off", lambda spec: spec["executorManager"].update(image="executor:1"))
        self.assertEqual([len(report["pods"][k]) for k in ("replaced", "kept")], [1, 3])

    def test_refusals(self):
        new = self.file("new.yaml", cluster("my"))
        deleting = str(RECORDED / "dynamic-apply/finalize/first/request.json")
        self.bad(1, [f"{deleting}: the FlameCluster is being deleted"], "plan", "--live", deleting, new)
        running = str(RECORDED / "dynamic-apply/sync/running/request.json")
        other = self.file("other.yaml", cluster("other"))
        self.bad(1, [f"{other}:1: must be the same FlameCluster as in the request, e2e-1/my, is e2e-1/other"],
                 "plan", "--live", running, other)
        for text, why in (("{}", "parent: is required, must be an object"), ("[]", "parent: is required, must be an object"),
                          ('{"parent": {"kind": "Pod"}}', "parent: must be a FlameCluster with a name, is a Pod")):
            path = self.file("request.json", text)
            self.bad(3, [f"{path}: {why}"], "plan", "--live", path, new)
        done = self.run_program("plan", "--live", self.file("m.yaml", "# a FlameCluster"), new)
        self.assertEqual(done.returncode, 3)
        self.assertIn("/m.yaml:1: must be a sync request in JSON: ", done.err)
        self.assertEqual(self.run_program("plan", "--live", running).returncode, 2)
        self.bad(2, ["plan: --live takes the place of OLD, only NEW follows"], "plan", "--live", running, new, new)
        self.bad(2, ["plan: only one file can be standard input"], "plan", "--live", "-", "-")

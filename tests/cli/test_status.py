"""status: how clusters are, read with a kubectl that serves what a real one printed (status/*/), drawn as it must be (golden.txt).

UPDATE=1 writes the pictures anew: look at them. `./dev e2e -run TestStatus` with STATUS_RECORD=DIR records a real kubectl's output."""
import copy
import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from case import PATIENCE, PROGRAM, SOURCE, Case

RECORDED = SOURCE / "tests" / "cli" / "status"
NOW = "2026-11-21T15:10:00Z"

# What each call asks for decides which file it is answered with; each call is noted down. An X.err makes it fail.
KUBECTL = """#!/bin/sh
for arg in "$@"; do printf '%s\\n' "$arg"; done >"$CALLS/$$"
[ ! -e "$SERVED/hang" ] || exec sleep 3600
case " $* " in
*" events "*) what=events ;;
*" --selector "*) what=children ;;
*) what=parents ;;
esac
if [ -e "$SERVED/$what.json" ]; then
    cat "$SERVED/$what.json"
elif [ ! -e "$SERVED/$what.err" ]; then
    echo '{"apiVersion": "v1", "items": [], "kind": "List", "metadata": {"resourceVersion": ""}}'
fi
[ ! -e "$SERVED/$what.err" ] || { cat "$SERVED/$what.err" >&2; exit 1; }
"""


def recorded(scene, what):
    return json.loads((RECORDED / scene / f"{what}.json").read_text())


def a_list(items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def named(objects, kind):
    return [o for o in objects if o["kind"] == kind]


class StatusCase(Case):
    def setUp(self):
        super().setUp()
        self.bin, self.served, self.calls = self.folder / "bin", self.folder / "served", self.folder / "calls"
        for folder in (self.bin, self.calls):
            folder.mkdir()
        self.serve()
        self.script(KUBECTL)
        self.env = {**{k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_CTYPE", "KUBECTL", "LINES", "NO_COLOR")},
                    "PATH": f"{self.bin}:{os.environ['PATH']}", "CALLS": str(self.calls), "SERVED": str(self.served),
                    "LANG": "C.UTF-8", "COLUMNS": "100", "TERM": "xterm"}

    def script(self, text):
        path = self.bin / "kubectl"
        path.write_text(text)
        path.chmod(0o755)

    def serve(self, scene=None, **texts):
        """All of it at once: a watch may be reading."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for file in (RECORDED / scene).iterdir() if scene else []:
            (folder / file.name).write_bytes(file.read_bytes())
        for name, text in texts.items():
            (folder / name.replace("_", ".")).write_text(text)
        link = self.folder / "next"
        link.symlink_to(folder)
        link.replace(self.served)

    def status(self, *args, code=0, errors=(), **env):
        done = self.run_program("status", "--now", NOW, *args, env={**self.env, **env})
        self.assertEqual((done.err.splitlines(), done.returncode), ([f"flame-operator: {e}" for e in errors], code), done.out)
        return done.out

    def report(self, *args, code=0):
        return json.loads(self.status(*args, "-o", "json", code=code))["clusters"][0]

    def asked(self):
        """The arguments of each call of kubectl."""
        calls = [file.read_text().splitlines() for file in self.calls.iterdir()]
        for file in self.calls.iterdir():
            file.unlink()
        return calls


class Pictures(StatusCase):
    SCENES = {"settled": 0, "rolling-out": 1, "failed-image": 1, "unschedulable": 1, "suspended": 1, "stateful": 0,
              "cache-claims": 1, "invalid": 1, "terminating": 1, "partly": 0}

    def test_as_they_must_be(self):
        for scene, code in self.SCENES.items():
            with self.subTest(scene):
                self.serve(scene)
                picture = self.status("my", code=code)
                golden = RECORDED / scene / "golden.txt"
                if os.environ.get("UPDATE"):
                    golden.write_text(picture)
                self.assertEqual(picture, golden.read_text())
                self.assertLessEqual(max(map(len, picture.splitlines())), 100)

    def test_every_recording_is_played(self):
        self.assertEqual({p.name for p in RECORDED.iterdir()}, set(self.SCENES))

    def test_the_same_offline(self):
        for scene in ("settled", "failed-image", "stateful"):
            objects = [recorded(scene, "parents"), *recorded(scene, "children")["items"]]
            for order in (objects, objects[::-1]):
                file = self.file("all.json", a_list(order))
                self.assertEqual(self.status("my", "--from", file, code=self.SCENES[scene]), (RECORDED / scene / "golden.txt").read_text())

    def test_ascii(self):
        self.serve("failed-image")
        picture = self.status("my", code=1, LANG="C")
        self.assertTrue(picture.isascii())
        self.assertIn("|  |- x executor-manager-6..7  ImagePullBackOff     2 Pods", picture)
        self.assertIn("|  `- + executor-manager-0..5  ready, old template  6 Pods", picture)
        for variable in ("LC_CTYPE", "LC_ALL"):
            self.assertFalse(self.status("my", code=1, LANG="C", **{variable: "de_DE.utf8"}).isascii())
        self.assertTrue(self.status("my", code=1, LANG="C.UTF-8", LC_ALL="C").isascii())

    def test_any_width(self):
        self.serve("unschedulable")
        for width in (1, 2, 3, 10, 40, 79, 300):
            picture = self.status("my", code=1, COLUMNS=str(width))
            self.assertLessEqual(max(map(len, picture.splitlines())), max(width - 1, 1))
        full = self.status("my", code=1, COLUMNS="0")  # none: a pipe has no width
        self.assertIn("didn't match Pod's node affinity/selector. no new claims to deallocate, preemption", full)
        self.assertNotIn("…", full)

    def test_recorded_requests(self):
        requests = SOURCE / "tests" / "fixtures" / "recorded" / "dynamic-apply" / "sync"
        def lines(name, code):
            return self.status("--from", str(requests / name / "request.json"), code=code)
        self.assertIn("├─ executor managers  3/3 ready\n", lines("running", 0))
        self.assertIn("└─ ✗ executor-manager-", lines("image-pull-back-off", 1).replace("├─", "└─"))
        self.assertIn("StatefulSet  my-executor-manager  ", lines("stateful-set-running", 0))
        self.assertIn("Evicted", lines("executor-evicted", 1))
        # its Secret is in the request: what is of an old template is known
        self.assertNotIn("old template", lines("storage-from-secret", 0))


class Facts(StatusCase):
    def pods(self, scene="settled"):
        return recorded(scene, "children")["items"]

    def executors(self, count, change=lambda i, pod: None):
        """A cluster of so many executor managers, each a copy of a real one."""
        parent, children = recorded("settled", "parents"), self.pods()
        one = next(p for p in named(children, "Pod") if p["metadata"]["name"].endswith("executor-manager-0"))
        others = [o for o in children if o["kind"] != "Pod" or "session" in o["metadata"]["name"]]
        pods = []
        for i in range(count):
            pod = copy.deepcopy(one)
            pod["metadata"]["name"] = f"my-executor-manager-{i}"
            change(i, pod)
            pods.append(pod)
        parent["spec"]["executorManager"]["replicas"] = count
        parent["status"]["executorManager"].update(current=count, ready=count, replicas=count, updated=count)
        return parent, others + pods

    def test_hundreds_fit_on_a_screen(self):
        def change(i, pod):
            if i in (7, 8, 9, 100, 250):
                pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
                pod["status"]["containerStatuses"][0].update(
                    ready=False, restartCount=4, state={"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off of Pod {i}"}})
            if i == 42:
                pod["metadata"]["deletionTimestamp"] = NOW
            if i >= 490:
                pod["metadata"]["annotations"]["flame.xflops.io/template-hash"] = "0123456789abcdef"
        parent, children = self.executors(500, change)
        parent["status"]["executorManager"].update(ready=494, updated=490)
        parent["status"]["conditions"][0]["status"] = "False"
        picture = self.status("my", "--from", self.file("x.json", a_list([parent, *children])), code=1, COLUMNS="0")
        self.assertLess(len(picture.splitlines()), 30)
        rows = [re.sub(r" +", " ", line[3:]).strip() for line in picture.splitlines() if "executor-manager-" in line]
        self.assertEqual(rows, [
            "├─ ✗ executor-manager-7..9,100,250 CrashLoopBackOff 5 Pods 19m 20 restarts back-off of Pod 7",
            "├─ • executor-manager-42 terminating node-0 19m",
            "├─ ✓ executor-manager-0..6,10..41,43..99 and 388 more ready 484 Pods 19m",
            "└─ ✓ executor-manager-490..499 ready, old template 10 Pods 19m"])
        self.assertIn("executor managers  494/500 ready, updated 490 of 500, 6 unavailable of at most 125\n", picture)
        all_pods = self.status("my", "--all-pods", "--from", self.file("x.json", a_list([parent, *children])), code=1)
        self.assertEqual(sum("executor-manager-" in line for line in all_pods.splitlines()), 500)

    def test_many_kinds_of_trouble_are_counted(self):
        def change(i, pod):
            pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": f"Reason{i:02d}"}}
            pod["status"]["conditions"] = []
        parent, children = self.executors(30, change)
        parent["status"]["conditions"][0]["status"] = "False"
        picture = self.status("my", "--from", self.file("x.json", a_list([parent, *children])), code=1)
        self.assertEqual(sum("executor-manager-" in line for line in picture.splitlines()), 8)
        self.assertIn("└─ and 22 Pods more (--all-pods shows all)", picture)

    def test_large_is_quick(self):
        def change(_, pod):
            pod["metadata"]["annotations"]["filler"] = "x" * 7000
        parent, children = self.executors(1000, change)
        file = self.file("x.json", a_list([parent, *children]))
        self.assertGreater(os.path.getsize(file), 9 << 20)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        self.status("my", "--from", file)
        took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        # A release build takes 0.05 s; what is built for debugging, with sanitizers, much more.
        self.assertLess(took, 3)

    def test_old_templates_are_known_by_the_operators_count(self):
        """With a Secret in the spec the wanted template cannot be known without reading it."""
        parent, children = recorded("failed-image", "parents"), self.pods("failed-image")
        parent["spec"]["sessionManager"]["storageFrom"] = {"secretKeyRef": {"name": "db", "key": "uri"}}
        found = self.report("my", "--from", self.file("x.json", a_list([parent, *children])), code=1)
        executors = found["components"][1]
        self.assertEqual([p["name"][-1] for p in executors["pods"] if p["old"]], list("012345"))
        self.assertEqual((executors["updated"], executors["ready"], executors["desired"], executors["maxUnavailable"]), (2, 6, 8, 2))
        # Two templates of as many Pods: nothing tells which it is.
        parent["spec"]["executorManager"]["replicas"] = parent["status"]["executorManager"]["replicas"] = 4
        four = [o for o in children if not re.search(r"executor-manager-[0-3]$", o["metadata"]["name"])]
        found = self.report("my", "--from", self.file("x.json", a_list([parent, *four])), code=1)
        self.assertEqual([p["old"] for p in found["components"][1]["pods"]], [False] * 4)

    def test_another_version_of_the_operator(self):
        """It has other templates, and says that all is as it must be: none is called old."""
        parent, children = recorded("settled", "parents"), self.pods()
        for pod in named(children, "Pod"):
            pod["metadata"]["annotations"]["flame.xflops.io/template-hash"] = "0123456789abcdef"
        self.assertNotIn("old", self.status("my", "--from", self.file("x.json", a_list([parent, *children]))))

    def test_the_operator_lags_or_is_away(self):
        parent = recorded("settled", "parents")
        parent["metadata"]["generation"] = 5
        picture = self.status("my", "--from", self.file("x.json", json.dumps(parent)), code=1)
        self.assertIn("This status is of generation 1, the operator has not answered to 5 yet.", picture)
        del parent["status"]
        picture = self.status("my", "--from", self.file("x.json", json.dumps(parent)), code=1)
        self.assertIn("no status yet, not ready", picture)
        self.assertIn("The operator has written no status yet: is it running?", picture)
        parent = recorded("settled", "parents")
        parent["metadata"]["deletionTimestamp"] = "2026-11-21T15:09:00Z"
        picture = self.status("my", "--from", self.file("x.json", json.dumps(parent)), code=1)
        self.assertIn("Terminating, not ready  generation 1, config 1, age 19m, being deleted for 60s", picture)

    def test_services_claims_and_sets(self):
        parent, children = recorded("settled", "parents"), self.pods()
        service = next(o for o in named(children, "Service") if "session" in o["metadata"]["name"])
        def line(pattern, *more):
            picture = self.status("my", "--from", self.file("x.json", a_list([parent, *children, *more])), COLUMNS="0")
            return next(re.sub(" +", " ", x) for x in picture.splitlines() if re.search(pattern, x))
        service["spec"].update(type="LoadBalancer", clusterIP="None", ports=[{"port": 80, "nodePort": 30080, "protocol": "TCP"}])
        self.assertIn("LoadBalancer, headless, 80:30080/TCP, waiting for the load balancer, 1 of 1 endpoint ready", line("LoadBal"))
        service["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.example"}]}}
        self.assertIn(", at 192.0.2.1, at lb.example, ", line("LoadBal"))
        labels = {"flame.xflops.io/cluster": "my"}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": parent["metadata"]["namespace"], "labels": labels},
                 "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}}
        self.assertIn("no phase yet, 1Gi asked for, class fast", line("PersistentVolumeClaim", claim))
        claim["metadata"]["deletionTimestamp"] = NOW
        self.assertIn("is being deleted", line("PersistentVolumeClaim", claim))

    def test_events(self):
        parent = recorded("settled", "parents")
        about = {k: parent["metadata"][k] for k in ("name", "namespace", "uid")}
        def event(name, at, **more):
            return {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": about["namespace"]}, "type": "Warning", "reason": "SyncError",
                    "message": name, "count": 3, "lastTimestamp": at, "involvedObject": {"kind": "FlameCluster", **about}, **more}
        events = [event(f"m{i}", f"2026-11-21T15:0{i}:00Z") for i in range(8)]
        events += [event("other", NOW, type="Normal"), event("before", NOW, involvedObject={**about, "kind": "FlameCluster", "uid": "gone"}),
                   event("series", "", series={"count": 9, "lastObservedTime": "2026-11-21T15:09:59Z"})]
        found = self.report("my", "--from", self.file("x.json", a_list([parent, *events])))["events"]
        self.assertEqual([(e["message"], e["count"]) for e in found], [("series", 9), ("m7", 3), ("m6", 3), ("m5", 3), ("m4", 3)])
        picture = self.status("my", "--from", self.file("x.json", a_list([parent, *events])))
        self.assertIn("SyncError  1s     9      series\nSyncError  3m     3      m7\n", picture)

    def test_pods_of_nobody(self):
        parent, children = recorded("settled", "parents"), self.pods()
        stranger = copy.deepcopy(named(children, "Pod")[0])
        stranger["metadata"]["name"] = "my-visitor"
        picture = self.status("my", "--from", self.file("x.json", a_list([parent, *children, stranger])))
        self.assertIn("├─ other Pods  of no component\n│  └─ ✓ visitor  ready", picture)

    def test_only_its_own(self):
        """Another cluster's children, and those of one with the same name elsewhere."""
        parent, children = recorded("settled", "parents"), self.pods()
        other, away = copy.deepcopy(children), copy.deepcopy(children)
        for child in other:
            child["metadata"]["labels"]["flame.xflops.io/cluster"] = "my2"
        for child in away:
            child["metadata"]["namespace"] = "away"
        for child in other + away:
            child.pop("status", None)
        picture = self.status("my", "--from", self.file("x.json", a_list([*other, parent, *away, *children])))
        self.assertEqual(picture, (RECORDED / "settled" / "golden.txt").read_text())


class Table(StatusCase):
    def test_a_line_for_each(self):
        parents = [recorded(scene, "parents") for scene in ("settled", "failed-image", "suspended")]
        self.serve(parents_json=a_list(parents))
        picture = self.status(code=1)
        self.assertEqual(len(picture.splitlines()), 4)
        self.assertRegex(picture, r"^NAMESPACE +NAME +STATE +READY +UPDATED +CONFIG +AGE +MESSAGE\n")
        self.assertRegex(picture, r"\n\S+ +my +Running +3/3 +3/3 +1 +19m +All components healthy\n")
        self.assertRegex(picture, r"\n\S+ +my +Running +6/8 +2/8 +1 +19m +6/8 Executor Managers ready: ")
        self.assertEqual(len(self.asked()), 1)
        self.serve(parents_json=a_list(parents[:1]))
        self.status(code=0)

    def test_none(self):
        self.serve()
        self.assertEqual(self.status(), "no FlameClusters\n")
        self.assertEqual(json.loads(self.status("-o", "json"))["clusters"], [])

    def test_several_by_name(self):
        parents = [recorded("settled", "parents"), recorded("failed-image", "parents")]
        parents[1]["metadata"]["name"] = "other"
        parents[1]["metadata"]["namespace"] = parents[0]["metadata"]["namespace"]
        self.serve(parents_json=a_list(parents))
        picture = self.status("other", "my", code=1)
        self.assertLess(picture.index("/other  Running"), picture.index("/my  Running"))
        self.assertIn(["get", "--request-timeout=20s", "--output=json", "flameclusters.flame.xflops.io", "other", "my"], self.asked())


class Kubectl(StatusCase):
    def test_what_it_is_asked(self):
        self.serve("settled")
        self.status("my", "-n", "ns", "--context", "c d", "--kubeconfig", "/k")
        common = ["get", "--request-timeout=20s", "--kubeconfig", "/k", "--context", "c d", "--namespace", "ns", "--output=json"]
        kinds = "pods,services,endpointslices.discovery.k8s.io,configmaps,persistentvolumeclaims,poddisruptionbudgets.policy," \
                "networkpolicies.networking.k8s.io,statefulsets.apps"
        self.assertCountEqual(self.asked(), [
            [*common, "flameclusters.flame.xflops.io", "my"], [*common, kinds, "--selector", "flame.xflops.io/cluster in (my)"],
            [*common, "events", "--field-selector", "involvedObject.kind=FlameCluster,type=Warning,involvedObject.name=my"]])
        self.status("-A")
        self.assertEqual(self.asked(), [["get", "--request-timeout=20s", "--all-namespaces", "--output=json", "flameclusters.flame.xflops.io"]])

    test_what_it_is_asked.__doc__ = "Secrets are not among it."

    def test_not_found(self):
        self.serve(parents_err='Error from server (NotFound): flameclusters.flame.xflops.io "my" not found\n')
        self.status("my", code=3, errors=['status: Error from server (NotFound): flameclusters.flame.xflops.io "my" not found'])

    def test_not_found_offline(self):
        file = self.file("x.json", json.dumps(recorded("settled", "parents")))
        self.status("your", "--from", file, code=3, errors=[f'{file}: there is no FlameCluster "your"'])
        self.status("my", "-n", "b", "--from", file, code=3, errors=[f'{file}: there is no FlameCluster "my" in namespace b'])

    def test_forbidden(self):
        self.serve(parents_err="Error from server (Forbidden): a is forbidden\n\nError: b\n")
        self.status("my", code=3, errors=["status: Error from server (Forbidden): a is forbidden", "status: Error: b"])

    def test_nothing_but_the_parent_may_be_read(self):
        self.serve(parents_json=json.dumps(recorded("settled", "parents")), children_err="no pods\nno services\n", events_err="no events\n")
        picture = self.status("my")
        self.assertIn("├─ executor managers  3/3 ready\n", picture)
        self.assertTrue(picture.endswith("\nnot shown: no pods\nnot shown: no services\nnot shown: no events\n"), picture)

    def test_missing(self):
        self.status("my", code=3, errors=["status: /no/kubectl cannot be found; install kubectl, or set KUBECTL to where it is"], KUBECTL="/no/kubectl")
        self.status("my", code=3, errors=["status: kubectl cannot be found; install kubectl, or set KUBECTL to where it is"], PATH="/no")
        self.serve("settled")
        self.status("my", KUBECTL=str(self.bin / "kubectl"), PATH="/bin:/usr/bin")

    def test_not_executable(self):
        (self.bin / "kubectl").chmod(0o644)
        self.status("my", code=3, errors=[f"status: {self.bin / 'kubectl'} cannot be run: Permission denied"], KUBECTL=str(self.bin / "kubectl"))

    def test_ends_without_a_word(self):
        self.script("#!/bin/sh\nexit 7\n")
        self.status("my", code=3, errors=["status: kubectl ended with code 7 and no word"])
        self.script("#!/bin/sh\nkill -9 $$\n")
        self.status("my", code=3, errors=["status: kubectl was killed by signal 9"])

    def test_garbage(self):
        cut = (RECORDED / "settled" / "children.json").read_text()[:5000]
        for parents, words in {
            "": "", "no": "", "[]": "must be a JSON object, as kubectl get -o json prints it (byte 0)",
            "apiVersion: v1": "must be a JSON object, as kubectl get -o json prints it (byte 0)", "{}": "must be an object with apiVersion, kind and metadata.name",
            '{"items": [1]}': "items[0]: must be an object", '{"items": {}}': "items: must be an array, is object",
            '{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod"}]}': "items[0]: must be an object with apiVersion",
            json.dumps({**recorded("settled", "parents"), "metadata": {"name": "my", "generation": "x"}}): "parent.metadata.generation: must be an integer, is string",
        }.items():
            self.serve(parents_json=parents)
            done = self.run_program("status", "my", env=self.env)
            self.assertEqual((done.returncode, done.out), (3, ""), parents)
            self.assertIn(f"makes no sense: {words}" if words else "flame-operator: status: ", done.err)
        self.serve("settled", children_json=cut)
        done = self.run_program("status", "my", env=self.env)
        self.assertEqual((done.returncode, done.out), (3, ""))

    def test_twice(self):
        children = recorded("settled", "children")["items"]
        file = self.file("x.json", a_list([recorded("settled", "parents"), *children, children[0]]))
        self.status("my", "--from", file, code=3,
                    errors=[f"{file}: what was read makes no sense: Pod.v1 {children[0]['metadata']['name']} is there twice"])

    def test_usage(self):
        for args, error in {
            ("-A", "-n", "x"): "--namespace and --all-namespaces exclude each other", ("my", "-A"): "--all-namespaces lists; a NAME is in one namespace",
            ("--from", "x", "-w"): "--from reads no cluster: neither --watch nor kubectl's flags make sense",
            ("-w", "-o", "json"): "--watch draws text", ("a,b",): "a NAME is lower-case letters, digits, '-' and '.'",
            ("--", "--kubeconfig=x"): "a NAME is lower-case letters, digits, '-' and '.'",
        }.items():
            self.bad(2, [f"status: {error}; see 'flame-operator status --help'"], "status", *args, env=self.env)
        self.assertEqual(self.asked(), [])

    def test_nothing_reaches_the_terminal_that_it_would_obey(self):
        evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u200b\r\n\tend\x7f"
        parent, children = recorded("settled", "parents"), recorded("settled", "children")["items"]
        parent["status"]["conditions"][0].update(message=evil, reason=evil)
        parent["status"]["state"] = evil
        pod = named(children, "Pod")[0]
        pod["status"].update(phase="Failed", reason=evil, message=evil)
        pod["spec"]["nodeName"] = evil
        service = named(children, "Service")[0]
        service["spec"].update(type=evil, clusterIP=evil)
        event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "type": "Warning", "reason": evil, "message": evil, "lastTimestamp": evil,
                 "involvedObject": {"kind": "FlameCluster", **{k: parent["metadata"][k] for k in ("name", "namespace", "uid")}}}
        self.serve(parents_json=json.dumps(parent), children_json=a_list(children), events_json=a_list([event]))
        for args in (["my"], ["my", "--all-pods"], [], ["my", "-o", "json"]):
            for env in ({}, {"LANG": "C"}):
                out = self.status(*args, **env)
                self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", args)
        picture = self.status("my", COLUMNS="0")
        self.assertIn(r"\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u200b", picture)
        self.serve(parents_err="evil \x1b[2J\n")
        self.status("my", code=3, errors=["status: evil ?[2J"])


class Terminal(StatusCase):
    """On a terminal of 16 lines and 80 columns."""

    def start(self, *args, **env):
        pid, fd = pty.fork()
        if pid == 0:
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 16, 80, 0, 0))
                os.execve(PROGRAM, [PROGRAM, "status", *args], {**{k: v for k, v in self.env.items() if k != "COLUMNS"}, **env})
            finally:
                os._exit(127)
        self.pid, self.fd, self.seen = pid, fd, b""
        self.addCleanup(os.close, fd)

    def read(self, until=None):
        """What it writes, until it says so, or ends."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if until is not None and until.encode() in self.seen:
                return self.seen.decode()
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    part = os.read(self.fd, 65536)
                except OSError:
                    part = b""
                if not part:
                    break
                self.seen += part
        if until is not None:
            self.fail(f"did not say {until!r}: {self.seen[-2000:]!r}")
        return self.seen.decode()

    def code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def test_colors(self):
        self.serve("failed-image")
        for env, has_color in ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False):
            self.start("my", **env)
            seen = self.read()
            self.assertEqual(self.code(), 1)
            self.assertEqual("\033[" in seen, has_color, env)
            self.assertLessEqual(max(len(re.sub("\033\\[[0-9;]*m", "", line)) for line in seen.split("\r\n")), 79)

    def test_watch(self):
        self.serve("rolling-out")
        self.start("my", "--watch", "--interval", "100ms")
        self.read("15/20 ready")
        self.assertTrue(self.seen.startswith(b"\033[?1049h\033[?25l"))
        self.read("lines more")  # 16 rows are too few
        self.seen = b""
        self.serve("settled")
        self.read("3/3 ready")
        # no screen is cleared before it is drawn
        self.assertNotIn(b"\033[2J", self.seen)
        self.assertLessEqual(self.seen[self.seen.rindex(b"\033[H"):].count(b"\n"), 15)
        self.serve(parents_err="the server is away\n")
        self.read("the server is away")
        self.serve("settled")
        self.seen = b""
        self.read("All components healthy")
        os.kill(self.pid, signal.SIGINT)
        seen = self.read()
        self.assertEqual(self.code(), 0)
        left = seen.split("\033[?25h\033[?1049l")
        self.assertEqual(len(left), 2)
        self.assertIn("All components healthy", left[1])  # the last picture stays

    def test_watch_where_nothing_can_be_drawn_over(self):
        self.serve("settled")
        self.start("my", "--watch", "--interval", "100ms", TERM="dumb")
        seen = self.read("NoWarnings")
        os.kill(self.pid, signal.SIGINT)
        self.assertNotIn("\033", seen + self.read())
        self.assertEqual(self.code(), 0)

    def test_watch_ends_while_kubectl_hangs(self):
        self.serve("settled", hang="")
        self.start("my", "--watch")
        self.read("\033[?1049h")
        while not list(self.calls.iterdir()):
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGTERM)
        self.assertIn("\033[?25h\033[?1049l", self.read())  # long before kubectl is done
        self.code()

    def test_watch_in_a_pipe(self):
        self.serve("settled")
        program = subprocess.Popen([PROGRAM, "status", "my", "--watch", "--interval", "100ms"], env=self.env, stdout=subprocess.PIPE)
        with program:
            seen = b""
            while seen.count(b"All components healthy") < 3:
                seen += os.read(program.stdout.fileno(), 65536)
            self.assertNotIn(b"\033", seen)
            program.stdout.close()  # nobody reads on
            self.assertEqual(program.wait(PATIENCE), 0)


if __name__ == "__main__":
    import unittest
    unittest.main()

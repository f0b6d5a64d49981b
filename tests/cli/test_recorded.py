"""Requests that a real Metacontroller sent, and what must be answered to each: what its name says."""
import copy
import json
import unittest

from case import SOURCE, Case

RECORDED = SOURCE / "tests" / "fixtures" / "recorded"
NOW = "2026-11-21T06:00:00Z"
OBJECTS = {"ConfigMap config", "Service session-manager", "Service object-cache"}
SM = "Pod session-manager"
E0, E1, E2, E3, E4 = (f"Pod executor-manager-{i}" for i in range(5))

# The Pods were made by another hook than this one, so each is of an old template: once the ConfigMap is this hook's, the
# session manager is replaced first, and nothing happens to the executor managers before. (Pods answered, state, message)
OTHERS_PODS = {
    "finalize-first": ({SM}, "Terminating", "Deleting: 2 Pods and 3 other objects left"),
    "finalize-executor-terminating": ({SM, E0}, "Terminating", "Deleting: 2 Pods and 3 other objects left"),
    "finalize-last": (set(), "Terminating", "Deleted"),
    "v1-finalize-first": ({SM}, "Terminating", "Deleting: 3 Pods and 3 other objects left"),
    "ssa-sync-running": ({E0, E1, E2, E3, E4}, "Running", "Rolling out: Session Manager first, 0/5 Executor Managers updated"),
    "sync-config-changed": ({E0, E1, E2}, "Running", "Rolling out: Session Manager first, 0/3 Executor Managers updated"),
    "sync-executor-evicted": ({E0, E1, E2}, "Running", "2/3 Executor Managers ready: Pod my-flame-executor-manager-1: Evicted: "
                              "The node was low on resource: memory."),
    "sync-executor-terminating": ({E0, E1, E2}, "Running", "2/3 Executor Managers ready: Pod my-flame-executor-manager-2: "
                                  "is being deleted"),
    "sync-first": (set(), "Pending", "Session Manager not ready: waiting for ConfigMap my-flame-config; "
                   "0/3 Executor Managers ready: waiting for the Session Manager"),
    "sync-image-pull-backoff": ({E0, E1, E2}, "Running", "2/3 Executor Managers ready: Pod my-flame-executor-manager-2: "
                                "ImagePullBackOff: Back-off pulling image"),
    "sync-pods-pending": ({E0, E1, E2}, "Pending", None),
    "sync-running": ({E0, E1, E2}, "Running", "Rolling out: Session Manager first, 0/3 Executor Managers updated"),
    "sync-scaled-down": ({E0}, "Running", "Rolling out: Session Manager first, 0/1 Executor Managers updated"),
    "sync-session-manager-failed": ({E0}, "Failed", "Session Manager not ready: Pod my-flame-session-manager: Evicted: "
                                    "The node was low on resource: memory."),
    "sync-session-manager-gone": ({SM, E0, E1, E2}, "Pending", "Session Manager not ready: Pod my-flame-session-manager "
                                  "does not exist"),
    "sync-session-manager-terminating": ({SM, E0, E1, E2}, "Pending", "Session Manager not ready: "
                                         "Pod my-flame-session-manager: is being deleted"),
    "v1-sync-running": ({E0, E1}, "Running", "Rolling out: Session Manager first, 0/2 Executor Managers updated"),
}

# The same Pods, as if this hook had made them. (Pods answered, state, reason of Ready, configGeneration)
ADOPTED = {
    "ssa-sync-running": ({SM, E0, E1, E2, E3, E4}, "Running", "AllComponentsReady", 1),
    "sync-config-changed": ({SM, E0, E1, E2}, "Running", "RollingOut", 2),
    "sync-executor-evicted": ({SM, E0, E2}, "Running", "ExecutorsNotReady", 1),
    "sync-executor-terminating": ({SM, E0, E1, E2}, "Running", "ExecutorsNotReady", 1),
    "sync-first": (set(), "Pending", "SessionManagerNotReady", 1),
    "sync-image-pull-backoff": ({SM, E0, E1, E2}, "Running", "ExecutorsNotReady", 1),
    "sync-pods-pending": ({SM, E0, E1, E2}, "Pending", "SessionManagerNotReady", 1),
    "sync-running": ({SM, E0, E1, E2}, "Running", "AllComponentsReady", 1),
    "sync-scaled-down": ({SM, E0}, "Running", "ScalingDown", 1),
    "sync-session-manager-failed": ({E0}, "Failed", "SessionManagerNotReady", 1),
    "sync-session-manager-gone": ({SM, E0, E1, E2}, "Pending", "SessionManagerNotReady", 1),
    "sync-session-manager-terminating": ({SM, E0, E1, E2}, "Pending", "SessionManagerNotReady", 1),
    "v1-sync-running": ({SM, E0, E1}, "Running", "AllComponentsReady", 1),
}


def load(name):
    return json.loads((RECORDED / (name + ".json")).read_text())


def names(answer):
    """`Kind name` of every child, without the cluster's name."""
    found = [f"{c['kind']} {c['metadata']['name'].removeprefix('my-flame-')}" for c in answer["children"]]
    assert len(found) == len(set(found)), found
    return set(found)


def condition(answer, kind):
    return {c["type"]: c for c in answer["status"]["conditions"]}[kind]


class Recorded(Case):
    def answer(self, request, now=NOW):
        hook = "finalize" if request["finalizing"] else "sync"
        return json.loads(self.good(hook, "--now", now, stdin=json.dumps(request)))

    def adopt(self, request, parent=None, kinds=("ConfigMap.v1", "Pod.v1")):
        """Give every child the annotations that it would have if this hook had made it, for this parent."""
        parent = copy.deepcopy(parent or request["parent"])
        parent["spec"]["executorManager"]["replicas"] = 1
        parent.pop("status", None)
        items = json.loads(self.good("render", "-o", "json", "-", stdin=json.dumps(parent)))["items"]
        wanted = {i["metadata"]["name"]: i["metadata"].get("annotations", {}) for i in items}
        for kind in kinds:
            for child in request["children"][kind].values():
                metadata = child["metadata"]
                name = metadata["name"]
                same = "my-flame-executor-manager-0" if "-executor-manager-" in name else name
                metadata.setdefault("annotations", {}).update(wanted[same])
        return request

    def old_config(self, request):
        """The parent of sync-config-changed as it was before the change."""
        parent = copy.deepcopy(request["parent"])
        parent["spec"]["sessionManager"]["slot"] = "cpu=1,mem=1g"
        return parent

    def test_every_recording_has_its_rows(self):
        files = {p.stem for p in RECORDED.glob("*.json")}
        self.assertEqual(files, set(OTHERS_PODS))
        self.assertEqual({f for f in files if "finalize" not in f}, set(ADOPTED))

    def test_as_recorded(self):
        """The ConfigMap is another hook's too, so it is written first and no Pod is touched before."""
        for name in (n for n in OTHERS_PODS if "finalize" not in n):
            with self.subTest(name):
                request = load(name)
                wanted = int(request["parent"]["spec"]["executorManager"]["replicas"])
                pods = {"Pod " + p["metadata"]["name"].removeprefix("my-flame-") for p in request["children"]["Pod.v1"].values()}
                gone = {p for p in pods if p.startswith("Pod executor") and int(p.rpartition("-")[2]) >= wanted}
                self.assertEqual(names(self.answer(request)), OBJECTS | pods - gone)

    def test_others_pods(self):
        for name, (pods, state, message) in OTHERS_PODS.items():
            with self.subTest(name):
                answer = self.answer(self.adopt(load(name), kinds=("ConfigMap.v1",)))
                status = answer["status"]
                self.assertEqual(names(answer), (OBJECTS | pods) if name != "finalize-last" else set())
                self.assertEqual(status["state"], state)
                if message is not None:
                    self.assertEqual(status["message"], message)
                if "finalize" in name:
                    self.assertIs(answer["finalized"], name == "finalize-last")
                    self.assertEqual(set(answer), {"children", "finalized", "status"})
                else:
                    self.assertLessEqual(set(answer), {"children", "resyncAfterSeconds", "status"})

    def test_adopted(self):
        for name, (pods, state, reason, generation) in ADOPTED.items():
            with self.subTest(name):
                request = load(name)
                old = self.old_config(request) if name == "sync-config-changed" else None
                answer = self.answer(self.adopt(request, old))
                self.assertEqual(names(answer), OBJECTS | pods)
                self.assertEqual(answer["status"]["state"], state)
                self.assertEqual(condition(answer, "Ready")["reason"], reason)
                self.assertEqual(answer["status"]["configGeneration"], generation)
                self.assertEqual(condition(answer, "Ready")["status"], str(reason == "AllComponentsReady"))
                stalled = "True" if name == "sync-image-pull-backoff" else "False"
                self.assertEqual(condition(answer, "Stalled")["status"], stalled)

    def test_counts(self):
        """What is observed, whatever the template: (current, ready, replicas), session managers ready."""
        rows = {"sync-first": (0, 0, 3, 0), "sync-pods-pending": (3, 0, 3, 0), "sync-running": (3, 3, 3, 1),
                "sync-scaled-down": (3, 1, 1, 1), "sync-executor-evicted": (3, 2, 3, 1),
                "sync-session-manager-gone": (3, 3, 3, 0), "sync-session-manager-failed": (1, 1, 1, 0),
                "ssa-sync-running": (5, 5, 5, 1), "v1-sync-running": (2, 2, 2, 1), "finalize-last": (0, 0, 1, 0)}
        for name, want in rows.items():
            with self.subTest(name):
                status = self.answer(load(name))["status"]
                executors = status["executorManager"]
                self.assertEqual((executors["current"], executors["ready"], executors["replicas"],
                                  status["sessionManager"]["ready"]), want)

    def test_a_settled_cluster_stays_as_it_is(self):
        """Running and adopted: the answer is the same a day later, so Metacontroller finds nothing to do."""
        for name in "sync-running", "ssa-sync-running", "v1-sync-running":
            with self.subTest(name):
                request = self.adopt(load(name))
                request["parent"]["status"] = self.answer(request)["status"]
                first = self.answer(request)
                self.assertEqual(first["status"], request["parent"]["status"])
                self.assertEqual(self.answer(request, now="2026-11-22T06:00:00Z"), first)


if __name__ == "__main__":
    unittest.main()

"""sync, finalize and customize without a server."""
import json
import re

from case import Case

NOW = "2026-11-21T05:49:46Z"


def request(finalizing=False, **parent):
    return json.dumps({
        "controller": {}, "finalizing": finalizing, "children": {"Pod.v1": {}}, "related": {},
        "parent": {"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster",
                   "metadata": {"name": "a", "namespace": "n", "generation": 1, "uid": "u"},
                   "spec": {"sessionManager": {"image": "s"}, "executorManager": {"image": "e"}}, **parent}})


class Hooks(Case):
    def test_one_line_of_json(self):
        text = self.good("sync", stdin=request())
        self.assertTrue(text.endswith("}\n"))
        self.assertEqual(text.count("\n"), 1)
        answer = json.loads(text)
        self.assertEqual(answer["status"]["state"], "Pending")
        self.assertEqual(answer["children"][0]["metadata"]["name"], "a-config")

    def test_file_stdin_and_dash_are_the_same(self):
        path = self.file("r.json", request())
        want = self.good("sync", "--now", NOW, path)
        self.assertEqual(self.good("sync", "--now", NOW, stdin=request()), want)
        self.assertEqual(self.good("sync", "--now", NOW, "-", stdin=request()), want)
        self.assertEqual(self.good("sync", path, "--now=" + NOW, "--controller", "flamecluster"), want)
        self.assertEqual(self.good("sync", "--now", "2026-11-21T06:49:46+01:00", path), want)

    def test_the_time_is_the_calls(self):
        times = set(re.findall(r'"lastTransitionTime":"([^"]+)"', self.good("sync", "--now", NOW, stdin=request())))
        self.assertEqual(times, {NOW})

    def test_finalize(self):
        answer = json.loads(self.good("finalize", "--now", NOW, stdin=request(finalizing=True)))
        self.assertEqual((answer["children"], answer["finalized"]), ([], True))

    def test_an_invalid_spec_is_answered(self):
        answer = json.loads(self.good("sync", stdin=request(spec={})))
        conditions = {c["type"]: c["status"] for c in answer["status"]["conditions"]}
        self.assertEqual(conditions["SpecValid"], "False")

    def test_mistakes_in_flags(self):
        self.bad(2, ["sync: --now must be a time such as 2026-11-21T05:49:46Z, is \"noon\"; "
                     "see 'flame-operator sync --help'"], "sync", "--now", "noon", stdin=request())
        self.bad(2, ["finalize: --controller \"x\" is unknown; see 'flame-operator finalize --help'"],
                 "finalize", "--controller", "x", stdin=request())

    def test_bad_requests(self):
        rows = ["", "{", "[]", "null", "{}", request()[:-1], request() + "x", b"\xff", b'{"parent":"\x00"}',
                '{"children":{}}', "[" * 100000, json.dumps({"parent": 5})]
        for text in rows:
            with self.subTest(text[:20]):
                for hook in "sync", "finalize":
                    done = self.run_program(hook, stdin=text)
                    self.assertEqual((done.returncode, done.out), (3, ""))
                    self.assertRegex(done.err, r"\Aflame-operator: <stdin>: .+\n\Z")
        self.bad(3, ["<stdin>: parent: is required"], "sync", stdin="{}")

    def test_unreadable_requests(self):
        self.bad(3, ["/none: cannot be read: No such file or directory"], "sync", "/none")
        self.bad(3, [f"{self.folder}: cannot be read: Is a directory"], "sync", str(self.folder))

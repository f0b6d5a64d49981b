"""validate and render: files, streams, problems with their lines, children as YAML and JSON."""
import json
import re

import yaml

from case import SOURCE, Case, cluster

KNOWN = "FlameCluster (flame.xflops.io/v1alpha1)"

WRONG = """\
# three mistakes and a doubt
apiVersion: flame.xflops.io/v1alpha1
kind: FlameCluster
metadata:
  name: Wrong_Name
spec:
  executorManager:
    image: executor:1
    replicas: -1
  sessionManager:
    policy: coinflip
"""


class Validate(Case):
    def problems(self, text, *args):
        """(line, path, text) of each, the exit code, the summary."""
        done = self.run_program("validate", *args, self.file("c.yaml", text))
        rows = []
        for line in done.err.splitlines():
            self.assertTrue(line.startswith(f"flame-operator: {self.folder}/c.yaml:"), line)
            number, path, rest = line.split("/c.yaml:")[1].split(": ", 2)
            rows.append((int(number), path, rest))
        return rows, done.returncode, done.out.replace(str(self.folder) + "/", "")

    def test_examples_are_valid(self):
        files = sorted(str(p) for p in (SOURCE / "examples").glob("*.yaml"))
        self.assertGreaterEqual(len(files), 3)
        lines = self.good("validate", *files).splitlines()
        for file, line in zip(files, lines, strict=True):
            self.assertRegex(line, f"^{re.escape(file)}: 1 FlameCluster valid(, [0-9]+ warnings?)?$")

    def test_every_problem_in_the_order_of_the_file(self):
        rows, code, summary = self.problems(WRONG)
        self.assertEqual([(line, path) for line, path, _ in rows], [
            (5, "metadata.name"), (9, "spec.executorManager.replicas"), (10, "spec.sessionManager.image"),
            (11, "spec.sessionManager.policy")])
        self.assertIn('is "Wrong_Name"', rows[0][2])
        self.assertIn("is -1", rows[1][2])
        self.assertTrue(rows[2][2].startswith("is required"))
        self.assertTrue(rows[3][2].startswith("warning: "))
        self.assertEqual((code, summary), (1, "c.yaml: 0 of 1 FlameCluster valid, 1 warning\n"))

    def test_metadata_is_judged_as_the_api_server_does(self):
        quote = "must be a string: put it between quotation marks"
        rows = {
            "name: 12": [(4, "metadata.name", quote)],
            "generateName: my-": [(3, "metadata.name", "is required")],
            'name: ""': [(4, "metadata.name", "is required")],
            "name: a\n  namespace: Team_A": [(5, "metadata.namespace", "must be at most 63 lower-case letters, digits and '-', beginning and ending with a letter or digit")],
            "name: a\n  namespace: 7": [(5, "metadata.namespace", quote)],
            "name: a\n  labels: {a: 1}\n  annotations:\n    b: true": [(5, "metadata.labels[a]", quote), (7, "metadata.annotations[b]", quote)],
            "name: a\n  labels: [a]": [(5, "metadata.labels", "must be an object")],
            "name: a\n  labels: {a: -b}": [(5, "metadata.labels[a]", "must be at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit")],
            "name: a\n  labels: {b c: d}": [(5, "metadata.labels[b c]", "its name must be letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, perhaps behind a domain and '/'")],
        }
        for metadata, problems in rows.items():
            with self.subTest(metadata):
                found, code, summary = self.problems(cluster().replace("name: my-flame", metadata))
                self.assertEqual(found, problems)
                self.assertEqual((code, summary), (1, "c.yaml: 0 of 1 FlameCluster valid\n"))
        found, code, _ = self.problems(cluster().replace("name: my-flame", "name: a\n  namespace: b\n  labels: {c.d/e: F_1, g: '', k: null}\n  annotations: {h: 'i j'}\n  creationTimestamp: null"))
        self.assertEqual((found, code), ([], 0))

    def test_a_warning_alone_is_no_error(self):
        text = cluster().replace("image: session:1", "image: session:1\n    policy: coinflip")
        rows, code, summary = self.problems(text)
        self.assertEqual([(line, path) for line, path, _ in rows], [(8, "spec.sessionManager.policy")])
        self.assertEqual((code, summary), (0, "c.yaml: 1 FlameCluster valid, 1 warning\n"))

    def test_an_unknown_field_is_a_warning(self):
        text = cluster().replace("image: session:1", "image: session:1\n    slots: cpu=1") + "sepc: {a: 1}\n"
        rows, code, summary = self.problems(text)
        self.assertEqual([path for _, path, _ in rows], ["spec.sessionManager.slots", "sepc"])
        self.assertEqual(rows[0], (8, "spec.sessionManager.slots", "warning: is no field of a FlameCluster and does "
                                   "nothing; fields here: image, imagePullPolicy, persistence, podTemplate, policy, resources, service, slot, slotResources, storage, storageFrom"))
        self.assertEqual((code, summary), (0, "c.yaml: 1 FlameCluster valid, 2 warnings\n"))

    def test_an_unknown_field_in_a_list_is_a_warning(self):
        text = cluster().replace("spec:", "spec:\n  imagePullSecrets:\n    - name: a\n    - name: b\n      namespace: c", 1)
        rows, code, _ = self.problems(text)
        self.assertEqual([(path, said) for _, path, said in rows], [
            ("spec.imagePullSecrets[1].namespace", "warning: is no field of a FlameCluster and does nothing; fields here: name")])
        self.assertEqual(code, 0)

    def test_an_unknown_field_of_a_podTemplate_is_a_warning(self):
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeSelektor": {"a": "b"}, "nodeSelector": {"a": "b"}, "containers": [{"name": "session-manager", "enw": []}],
                                                              "initContainers": [{"name": "i", "image": "i:1", "restart": "Always"}]}}
        rows, code, summary = self.problems(cluster().replace("image: session:1", "image: session:1\n    podTemplate: " + json.dumps(template)))
        place = "spec.sessionManager.podTemplate.spec."
        self.assertEqual({path: said for _, path, said in rows}, {
            place + "nodeSelektor": "warning: is no field of a Pod's spec in Kubernetes 1.36 and does nothing",
            place + "containers[0].enw": "warning: is no field of a container in Kubernetes 1.36 and does nothing",
            place + "initContainers[0].restart": "warning: is no field of a container in Kubernetes 1.36 and does nothing"})
        self.assertEqual((code, summary), (0, "c.yaml: 1 FlameCluster valid, 3 warnings\n"))

    def test_many_unknown_fields_make_nothing_invalid(self):
        extra = "".join(f"x{i}: 1\n" for i in range(100))
        rows, code, _ = self.problems(cluster() + extra)
        self.assertEqual((len(rows), code), (32, 0))

    def test_every_field_of_the_crd_is_known(self):
        crd = yaml.safe_load((SOURCE / "crd" / "flameclusters.yaml").read_text())
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

        def inner(node):
            """None for what may hold anything."""
            return None if node.get("x-kubernetes-preserve-unknown-fields") else node.get("properties")

        def fill(node):
            return {k: fill(v) for k, v in inner(node).items()} if inner(node) else None

        def paths(node, prefix):
            for key, child in (inner(node) or {}).items():
                yield from paths(child, f"{prefix}.{key}")
                if inner(child):
                    yield f"{prefix}.{key}.unheard", ", ".join(sorted(child["properties"]))
        spec = schema["properties"]["spec"]
        object_ = {"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": {"name": "a"}}
        for section, node in spec["properties"].items():
            rows, _, _ = self.problems(json.dumps(object_ | {"spec": {section: fill(node)}}))
            self.assertNotIn("is no field", str(rows))
        for path, known in paths({"properties": {"spec": spec}}, ""):
            value = "?"
            for key in reversed(path[1:].split(".")):
                value = {key: value}
            rows, _, _ = self.problems(json.dumps(object_ | value))
            texts = [text for _, found, text in rows if found == path[1:]]
            self.assertEqual(len(texts), 1, path)
            self.assertTrue(texts[0].endswith(f"fields here: {known}"), texts)

    def test_json_has_lines_too(self):
        text = json.dumps({"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster",
                           "metadata": {"name": "a"},
                           "spec": {"sessionManager": {"image": "s:1"},
                                    "executorManager": {"image": "e:1", "replicas": "3"}}}, indent=2)
        rows, code, _ = self.problems(text)
        want = 1 + text[:text.index('"replicas"')].count("\n")
        self.assertEqual([(line, path) for line, path, _ in rows], [(want, "spec.executorManager.replicas")])
        self.assertEqual(code, 1)

    def test_json_of_one_line_and_beyond_the_basic_plane(self):
        text = json.dumps({"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster",
                           "metadata": {"name": "a", "annotations": {"note": "\U0001f525"}},
                           "spec": {"sessionManager": {"image": "s:1"}, "executorManager": {"image": "e:1"}}})
        self.assertIn("\\ud83d", text)
        self.assertEqual(self.problems(text), ([], 0, "c.yaml: 1 FlameCluster valid\n"))

    def test_a_stream_counts_and_places_each_document(self):
        text = "---\n" + cluster("a") + "---\n" + WRONG + "---\n# nothing\n---\n" + cluster("b")
        rows, code, summary = self.problems(text)
        self.assertEqual([line for line, _, _ in rows], [16, 20, 21, 22])
        self.assertEqual((code, summary), (1, "c.yaml: 2 of 3 FlameClusters valid, 1 warning\n"))
        self.assertEqual(self.problems(cluster("a") + "---\n" + cluster("b"))[2], "c.yaml: 2 FlameClusters valid\n")

    def test_a_second_one_of_the_same_name(self):
        text = cluster("a") + "---\n" + cluster("b") + "---\n" + cluster("a")
        warning = "the same FlameCluster as in line 1: the last one counts"
        done = self.run_program("validate", "-", stdin=text)
        self.assertEqual(done.err, f"flame-operator: <stdin>:21: warning: is {warning}\n")
        self.assertEqual((done.returncode, done.out), (0, "<stdin>: 3 FlameClusters valid, 1 warning\n"))
        self.assertEqual(self.run_program("validate", "-", stdin=text.replace("name: a", "name: a\n  namespace: x", 1)).err, "")

    def test_the_items_of_a_list(self):
        for kind in "List", "FlameClusterList":
            item = "".join("    " + line + "\n" for line in cluster("Bad").splitlines())
            good = "".join("    " + line + "\n" for line in cluster("good").splitlines())
            text = f"apiVersion: v1\nkind: {kind}\nitems:\n  -\n{good}  -\n{item}"
            rows, code, summary = self.problems(text)
            self.assertEqual([(line, path) for line, path, _ in rows], [(18, "items[1].metadata.name")])
            self.assertEqual((code, summary), (1, "c.yaml: 1 of 2 FlameClusters valid\n"))

    def test_other_kinds_are_refused_or_passed_over(self):
        text = cluster() + "---\napiVersion: apps/v1\nkind: Deployment\n"
        rows, code, summary = self.problems(text)
        self.assertEqual(rows, [(12, "kind", f"must be {KNOWN}, is Deployment (apps/v1)")])
        self.assertEqual((code, summary), (1, "c.yaml: 1 FlameCluster valid\n"))
        self.assertEqual(self.problems(text, "--ignore-unknown-kinds"), ([], 0, summary))

    def test_what_is_no_object(self):
        rows = [
            ("kind: FlameCluster\n", [(1, "kind", f"must be {KNOWN}, is FlameCluster (no apiVersion)")]),
            ("apiVersion: flame.xflops.io/v2\nkind: FlameCluster\n",
             [(2, "kind", f"must be {KNOWN}, is FlameCluster (flame.xflops.io/v2)")]),
            ("a: 1\n", [(1, "kind", f"is required, must be {KNOWN}")]),
            ("kind: 5\n", [(1, "kind", f"is required, must be {KNOWN}")]),
        ]
        for text, want in rows:
            with self.subTest(text):
                self.assertEqual(self.problems(text), (want, 1, ""))
        for text in "- a\n", "text\n", "5\n", "null\n":
            with self.subTest(text):
                self.bad(1, ["<stdin>:1: must be an object with apiVersion and kind"], "validate", "-", stdin=text)

    def test_no_object_at_all(self):
        for text in "", "# only this\n", "---\n---\n", "\n\n":
            self.bad(1, [f"<stdin>: holds no object, must hold {KNOWN}"], "validate", "-", stdin=text)

    def test_malformed_files(self):
        rows = [
            ("a: [1, 2\n", "1: did not find expected ',' or ']' while parsing a flow sequence that begins on line 1"),
            ("kind: X\nkind: Y\n", "2: key \"kind\" is given twice, first on line 1"),
            ("spec:\n\ta: 1\n", "2: is indented by a tab, must be by blanks"),
            ("a: !!python/object x\n", "1: tag tag:yaml.org,2002:python/object: tags are not allowed"),
            ('{"a": 1,\n "b": }x', "2: did not find expected <document start>"),
            ('{"a": 1', "1: did not find expected ',' or '}' while parsing a flow mapping that begins on line 1"),
            (b"a: 1\nb: \xff\n", "2: invalid leading UTF-8 octet"),
            (b"a: \x00\n", "1: control characters are not allowed"),
            ("[" * 100000, "1: is nested deeper than 64"),
            ("a: *b\n", "1: alias *b: no such anchor is complete before it"),
        ]
        for text, error in rows:
            with self.subTest(text[:20]):
                self.assertEqual(self.bad(3, ["<stdin>:" + error], "validate", "-", stdin=text), "")

    def test_unreadable_files(self):
        folder = str(self.folder)
        self.bad(3, [f"{folder}/none: cannot be read: No such file or directory"], "validate", folder + "/none")
        self.bad(3, [f"{folder}: cannot be read: Is a directory"], "validate", folder)
        self.bad(3, ["???: cannot be read: No such file or directory"], "validate", "\x1b\n\x07")

    def test_one_bad_file_does_not_hide_the_others(self):
        bad, good = self.file("bad.yaml", cluster("Bad")), self.file("good.yaml", cluster())
        done = self.run_program("validate", "/none", bad, good)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(done.err.splitlines()), 2)
        self.assertEqual(done.out, f"{bad}: 0 of 1 FlameCluster valid\n{good}: 1 FlameCluster valid\n")
        self.assertEqual(self.run_program("validate", bad, good).returncode, 1)

    def test_a_file_too_large(self):
        path = self.folder / "large"
        with open(path, "wb") as f:
            f.truncate(300 << 20)
        self.bad(3, [f"{path}: is too large, must be at most 256 MiB"], "validate", str(path))

    def test_a_long_stream(self):
        text = "---\n".join(cluster(f"c{i}") for i in range(3000))
        self.assertEqual(self.good("validate", "-", stdin=text), "<stdin>: 3000 FlameClusters valid\n")

    def test_anchors_and_merges(self):
        text = (cluster().replace("    image: executor:1\n", "    image: executor:1\n    resources: &r {limits: {cpu: 1}}\n")
                .replace("    image: session:1\n", "    image: session:1\n    resources: {limits: {cpu: 1}}\n"))
        self.assertEqual(self.problems(text)[1], 0)


class Render(Case):
    def items(self, *args, **kwargs):
        answer = json.loads(self.good("render", "-o", "json", *args, **kwargs))
        self.assertEqual((answer["apiVersion"], answer["kind"], sorted(answer)), ("v1", "List", ["apiVersion", "items", "kind"]))
        return answer["items"]

    def names(self, items):
        return [(i["kind"], i["metadata"]["name"]) for i in items]

    def test_the_children_of_a_cluster(self):
        items = self.items("-", stdin=cluster("a") + "    replicas: 2\n")
        self.assertEqual(self.names(items), [
            ("ConfigMap", "a-config"), ("Service", "a-session-manager"), ("Service", "a-object-cache"),
            ("Pod", "a-session-manager"), ("Pod", "a-executor-manager-0"), ("Pod", "a-executor-manager-1")])
        self.assertNotIn("namespace", items[0]["metadata"])

    def test_a_suspended_cluster_has_no_pods(self):
        items = json.loads(self.good("render", "-o", "json", "-", stdin=cluster() + "  suspend: true\n"))["items"]
        self.assertEqual([i["kind"] for i in items], ["ConfigMap", "Service", "Service"])

    def test_yaml_holds_what_json_holds(self):
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            text = self.good("render", str(path))
            items = self.items(str(path))
            documents = text.split("---\n")
            self.assertEqual(len(documents), len(items))
            for document, item in zip(documents, items):
                self.assertIn(f"kind: {item['kind']}\n", document)
                self.assertIn(f"  name: {item['metadata']['name']}\n", document)
            config = items[0]["data"]["flame-cluster.yaml"]
            if items[0]["kind"] == "Secret":
                self.assertIn(f"data:\n  flame-cluster.yaml: {config}\n", documents[0])
                continue
            block = "data:\n  flame-cluster.yaml: |\n" + "".join("    " + line + "\n" for line in config.splitlines())
            self.assertIn(block, documents[0])

    def test_yaml_is_read_back_by_another_reader(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("no PyYAML")
        for path in sorted((SOURCE / "examples").glob("*.yaml")):
            self.assertEqual(list(yaml.safe_load_all(self.good("render", str(path)))), self.items(str(path)))

    def test_the_namespace_of_the_parent(self):
        text = cluster().replace("  name: my-flame\n", "  name: my-flame\n  namespace: team\n")
        self.assertEqual({i["metadata"]["namespace"] for i in self.items("-", stdin=text)}, {"team"})

    def test_same_answer_for_yaml_json_and_any_order(self):
        parent = {"kind": "FlameCluster", "spec": {"executorManager": {"replicas": 3, "image": "e"},
                                                   "sessionManager": {"image": "s", "resources": {"limits": {"cpu": "0.1"}}}},
                  "metadata": {"name": "a"}, "apiVersion": "flame.xflops.io/v1alpha1"}
        want = self.items("-", stdin=json.dumps(parent))
        self.assertEqual(self.items("-", stdin=json.dumps(parent, indent=1, sort_keys=True)), want)
        text = ("apiVersion: flame.xflops.io/v1alpha1\nkind: FlameCluster\nmetadata: {name: a}\nspec:\n"
                "  sessionManager:\n    image: s\n    resources: {limits: {cpu: 100m}}\n"
                "  executorManager:\n    image: e\n    replicas: 3\n")
        self.assertEqual(self.items("-", stdin=text), want)

    def test_several_files_and_streams_are_one_output(self):
        a, b = self.file("a", cluster("a") + "---\n" + cluster("b")), self.file("c", cluster("c"))
        names = [n for k, n in self.names(self.items("-f", b, a)) if k == "ConfigMap"]
        self.assertEqual(names, ["c-config", "a-config", "b-config"])
        text = self.good("render", a, b)
        self.assertEqual(text.count("\n---\n"), 3 * 5 - 1)
        self.assertFalse(text.startswith("---") or text.endswith("---\n"))

    def test_invalid_input_renders_nothing(self):
        path = self.file("c.yaml", cluster() + "---\n" + WRONG)
        done = self.run_program("render", path)
        self.assertEqual((done.returncode, done.out), (1, ""))
        self.assertEqual([line.split(": ")[1].rsplit(":", 1)[1] for line in done.err.splitlines()],
                         ["15", "19", "20", "21"])
        self.assertEqual(self.bad(3, ["/none: cannot be read: No such file or directory"],
                                  "render", "/none", self.file("d.yaml", cluster())), "")

    def test_other_kinds_are_refused_or_passed_over(self):
        text = cluster("a") + "---\napiVersion: v1\nkind: ConfigMap\n"
        self.assertEqual(self.bad(1, [f"<stdin>:12: kind: must be {KNOWN}, is ConfigMap (v1)"], "render", "-", stdin=text), "")
        self.assertEqual(self.items("--ignore-unknown-kinds", "-", stdin=text), self.items("-", stdin=cluster("a")))

    def test_nothing_to_render(self):
        text = "apiVersion: v1\nkind: ConfigMap\n"
        self.assertEqual(self.good("render", "--ignore-unknown-kinds", "-", stdin=text), "")
        self.assertEqual(self.items("--ignore-unknown-kinds", "-", stdin=text), [])

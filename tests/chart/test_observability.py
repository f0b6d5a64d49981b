"""The alerts, the dashboard and kube-state-metrics' configuration: Prometheus' own tool takes them, their alerts fire when they should,
and they ask for nothing that nobody exports. HELM is Helm, FLAME_OPERATOR the program; promtool is Debian's, of its package prometheus."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).parents[2]
CHART = ROOT / "charts/flame-operator"
RUNBOOKS = ROOT / "docs/guide/runbooks.md"
sys.path.insert(0, str(ROOT / "tests/http"))
from server import Server  # noqa: E402 pylint: disable=wrong-import-position

# Of kube-state-metrics' own, without any configuration.
STANDARD = {"kube_pod_container_resource_limits"}
# What may stand in an expression beside metrics and labels.
WORDS = set("sum count max min rate increase absent vector time histogram_quantile by without on ignoring unless and or "
            "group_left group_right label_values ALERTS".split())
GRAFANA = {"$__rate_interval": "5m", "$namespace": ".*", "$pod": ".*", "$cluster_namespace": ".*", "$flamecluster": ".*"}


def promtool(*args):
    done = subprocess.run(["promtool", *args], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def alerts():
    return [rule for group in yaml.safe_load((CHART / "files/alerts.yaml").read_text())["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads((CHART / "files/dashboard.json").read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions():
    """(where, PromQL) of everything that is asked."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in GRAFANA.items():
                text = text.replace(name, value)
            yield panel["title"], text
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], re.fullmatch(r"label_values\((.*), \w+\)", variable["definition"]).group(1).replace("$", "")


def names_in(expression):
    """Metrics that an expression asks for: the words that are neither labels, functions nor in quotes."""
    text = re.sub(r'"[^"]*"', "", expression)
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", text)
    text = re.sub(r"\[[^\]]*\]", "", text)
    return set(re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*", text)) - WORDS


def matchers_in(expression):
    """(metric, label, values) of each selector."""
    for name, inside in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
        for label, values in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', inside):
            yield name, label, values.split("|")


def shown_by_kube_state_metrics():
    found = set()
    for resource in yaml.safe_load((CHART / "files/kube-state-metrics.yaml").read_text())["spec"]["resources"]:
        found |= {f"{resource['metricNamePrefix']}_{metric['name']}" for metric in resource["metrics"]}
    return found


class Names(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        try:
            cls.text = server.call("GET", "/metrics", port=server.admin).body.decode()
        finally:
            server.stop()
        cls.served = set(re.findall(r"^([a-z_]+)[ {]", cls.text, re.M)) - {""}

    def test_all_that_is_asked_for_exists(self):
        known = self.served | shown_by_kube_state_metrics() | STANDARD
        for where, expression in expressions():
            with self.subTest(where):
                self.assertNotEqual(names_in(expression), set())
                self.assertEqual(names_in(expression) - known, set())

    def test_so_do_the_values_of_labels(self):
        for where, expression in expressions():
            for name, label, values in matchers_in(expression):
                found = set(re.findall(rf'^{name}\{{.*?\b{label}="([^"]*)"', self.text, re.M))
                if name in self.served and label not in ("namespace", "pod", "job", "instance"):
                    with self.subTest(where, name=name, label=label):
                        self.assertNotEqual(found, set())
                        self.assertEqual({v for v in values if v} - found, set())

    def test_the_search_sees_what_is_wrong(self):
        self.assertEqual(names_in('sum by (a) (rate(nothing_total{b="c", d=~"e|f"}[5m])) / on (g) other > 0'), {"nothing_total", "other"})
        self.assertEqual(list(matchers_in('x{a="b", c=~"d|e"} - y')), [("x", "a", ["b"]), ("x", "c", ["d", "e"])])

    def test_the_document_has_every_series_of_kube_state_metrics(self):
        section = RUNBOOKS.read_text().split("## The series of FlameClusters")[1]
        self.assertEqual(set(re.findall(r"`(kube_flamecluster_\w+)`", section)), shown_by_kube_state_metrics())


class Alerts(unittest.TestCase):
    def test_rules(self):
        code, words = promtool("check", "rules", str(CHART / "files/alerts.yaml"))
        self.assertEqual(code, 0, words)
        self.assertIn(f"{len(alerts())} rules found", words)

    def test_they_fire_and_do_not_fire(self):
        files = sorted((ROOT / "tests/chart/rules").glob("*.yaml"))
        code, words = promtool("test", "rules", *map(str, files))
        self.assertEqual(code, 0, words)
        tested = "".join(file.read_text() for file in files)
        for rule in alerts():
            self.assertIn(rule["alert"], tested)

    def test_each_says_what_it_is(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
                self.assertTrue(rule["annotations"]["summary"].endswith("."))
                self.assertIn("for", rule)

    def test_each_has_a_runbook(self):
        headings = re.findall(r"^## (Flame\w+)$", RUNBOOKS.read_text(), re.M)
        self.assertEqual(headings, [rule["alert"] for rule in alerts()])
        for section in re.split(r"^## ", RUNBOOKS.read_text(), flags=re.M)[1:-1]:
            for part in ("**Means**", "**Look**", "**Do**"):
                self.assertIn(part, section)

    def test_as_helm_renders_them(self):
        values = {"compositeController": {"timeout": "20s"}, "metrics": {
            "prometheusRule": {"enabled": True, "alertLabels": {"team": "a", "severity": "page"}, "runbookUrl": "https://x.example/runbooks.md"},
            "dashboard": {"enabled": True}, "kubeStateMetrics": {"enabled": True}}}
        done = subprocess.run([os.environ["HELM"], "template", "flame-operator", str(CHART), "--namespace", "flame-system", "--kube-version",
                               "1.36.0", "--values", "-"], input=json.dumps(values), capture_output=True, text=True, check=True)
        objects = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(done.stdout) if o}
        spec = objects["PrometheusRule", "flame-operator"]["spec"]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(spec, file)
            file.flush()
            code, words = promtool("check", "rules", file.name)
        self.assertEqual(code, 0, words)
        rendered = {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}
        for rule in alerts():
            found = rendered.pop(rule["alert"])
            url = found["annotations"].pop("runbook_url")
            self.assertEqual(url, f"https://x.example/runbooks.md#{rule['alert'].lower()}")
            if rule["alert"] == "FlameOperatorHooksSlow":
                self.assertEqual(found["expr"], rule["expr"].replace("> 15", "> 10"))
                rule["expr"] = found["expr"]
            self.assertEqual(found, {**rule, "labels": {"team": "a", **rule["labels"]}})
        self.assertEqual(rendered, {})
        self.assertEqual(json.loads(objects["ConfigMap", "flame-operator-dashboard"]["data"]["flame-operator.json"]), dashboard())
        self.assertEqual(yaml.safe_load(objects["ConfigMap", "flame-operator-kube-state-metrics"]["data"]["flameclusters.yaml"]),
                         yaml.safe_load((CHART / "files/kube-state-metrics.yaml").read_text()))


class Dashboard(unittest.TestCase):
    def test_prometheus_can_read_every_expression(self):
        rules = [{"record": f"x:{i}", "expr": text} for i, (_, text) in enumerate(expressions())]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump({"groups": [{"name": "g", "rules": rules}]}, file)
            file.flush()
            code, words = promtool("check", "rules", "--lint=none", file.name)
        self.assertEqual(code, 0, words)

    def test_panels(self):
        titles = [panel["title"] for panel in panels()]
        self.assertEqual(len(titles), len(set(titles)))
        for panel in panels():
            with self.subTest(panel["title"]):
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                self.assertTrue(panel["description"])
                self.assertIn("unit", panel["fieldConfig"]["defaults"])
                refs = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(refs), len(set(refs)))
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                    self.assertTrue(target["legendFormat"] or panel["type"] == "table")
                    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                        self.assertTrue(label == "pod" or re.search(rf"by \([^)]*\b{label}\b", target["expr"]), label)

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in dashboard()["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertEqual(cells & taken, set(), panel["title"])
            taken |= cells
        ids = [panel["id"] for panel in dashboard()["panels"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_variables(self):
        known = {variable["name"] for variable in dashboard()["templating"]["list"]} | {"__rate_interval"}
        used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps([dashboard()["panels"], dashboard()["templating"]]))) - {"__all"}
        self.assertEqual(used - known, set())
        self.assertEqual(known - used, set())


if __name__ == "__main__":
    unittest.main()

"""Secrets among the files: what a FlameCluster refers to."""
import base64
import json
import unittest

from case import Case

VALUE = "sqlite:///var/lib/flame/s3cr3t.db"


def secret(namespace="", **data):
    where = f"\n  namespace: {namespace}" if namespace else ""
    lines = "".join(f"\n  {key}: {json.dumps(value)}" for key, value in (data or {"uri": VALUE}).items())
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: flame-storage{where}\nstringData:{lines}\n"


def cluster(namespace="", extra=""):
    where = f"\n  namespace: {namespace}" if namespace else ""
    return f"""apiVersion: flame.xflops.io/v1alpha1
kind: FlameCluster
metadata:
  name: my-flame{where}
spec:
  sessionManager:
    image: session:1
    storageFrom: {{secretKeyRef: {{name: flame-storage, key: uri}}}}
  executorManager:
    image: executor:1
{extra}"""


def both(*documents):
    return "---\n".join(documents)


class Secrets(Case):
    def config(self, *args, **kwargs):
        """The configuration that is rendered, as text."""
        items = json.loads(self.good("render", "-o", "json", *args, **kwargs))["items"]
        found = [i for i in items if i["metadata"]["name"] == "my-flame-config"]
        self.assertEqual([i["kind"] for i in found], ["Secret"])
        return base64.b64decode(found[0]["data"]["flame-cluster.yaml"]).decode()

    def test_render_reads_it_wherever_it_stands(self):
        for text in (both(secret(), cluster()), both(cluster(), secret()), both(cluster("team"), secret("team")),
                     both(cluster("team"), secret()), both(cluster(), secret("team"))):
            self.assertIn(f"  storage: {VALUE}\n", self.config("-", stdin=text))
        self.assertIn(VALUE, self.config(self.file("a.yaml", cluster()), self.file("b.yaml", secret())))
        asked = secret().replace("stringData", "data").replace(VALUE, base64.b64encode(VALUE.encode()).decode())
        self.assertIn(VALUE, self.config("-", stdin=both(asked, cluster())))

    def test_each_cluster_gets_the_one_of_its_namespace(self):
        text = both(secret("a", uri="sqlite://a"), secret("b", uri="sqlite://b"), cluster("b"))
        self.assertIn("storage: sqlite://b\n", self.config("-", stdin=text))

    def test_render_does_without_nothing(self):
        for text, why in ((cluster(), 'Secret "flame-storage" does not exist'),
                          (both(cluster("a"), secret("b")), 'Secret "flame-storage" does not exist'),
                          (both(cluster(), secret(url=VALUE)), 'Secret "flame-storage" has no key uri'),
                          (both(cluster(), secret(uri="postgres://s3cr3t@db")), 'key uri of Secret "flame-storage" must be none, or a path behind '
                                                                              'sqlite://, fs://, file:// or filesystem://')):
            done = self.run_program("render", "-", stdin=text)
            self.assertEqual((done.returncode, done.out), (1, ""))
            self.assertTrue(done.err.endswith(f": spec.sessionManager.storageFrom: {why}\n"), done.err)
            self.assertNotIn("s3cr3t", done.err)

    def test_validate_does_not_need_it(self):
        self.assertIn("1 FlameCluster valid", self.good("validate", "-", stdin=cluster()))
        self.assertIn("1 FlameCluster valid", self.good("validate", "-", stdin=both(secret(), cluster())))

    def test_simulate_plays_it(self):
        other = secret(uri="sqlite://other")
        out = self.good("simulate", self.file("a.yaml", both(secret(), cluster(), other)), "--delete")
        for step in ("created Pod session-manager, Secret config", "you change Secret", "updated Secret config", "my-flame: gone"):
            self.assertIn(step, out)
        self.assertNotIn("ConfigMap", out)
        self.assertNotIn("s3cr3t", out)
        done = self.run_program("simulate", "--max-time", "10s", "-", stdin=cluster())
        self.assertEqual(done.returncode, 1)
        self.assertIn('Secret "flame-storage" does not exist', done.out)
        self.bad(1, ["the files hold nothing to simulate, must hold a FlameCluster"], "simulate", "-", stdin=secret())


if __name__ == "__main__":
    unittest.main()

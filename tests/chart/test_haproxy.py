"""TLS and mutual TLS: the real HAProxy with the chart's configuration, the real server, real certificates."""
import contextlib
import json
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

import yaml

sys.dont_write_bytecode = True
from haproxy import HAPROXY, MUTUAL, TLS, Certificates, Haproxy, TlsClient, config_of, containers, find, render, run_helm  # noqa: E402
from server import BODY, SYNC, Client, Server, chunked, request, wait_until  # noqa: E402

TOKEN = "a-token-of-the-tests-own"


class World(unittest.TestCase):
    """A server and HAProxy in front of it, with these values."""
    VALUES = MUTUAL

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificates = Certificates(cls.folder.name)
        cls.start(cls.flags())

    @classmethod
    def flags(cls):
        """The server's flags as they are rendered, but for its addresses and the drain."""
        args = containers(render(*cls.VALUES))["flame-operator"]["args"]
        flags = [one for one in args if not one.startswith(("serve", "--listen=", "--admin-listen=", "--drain-delay="))]
        assert "--listen=127.0.0.1:8080" in args, args
        token = Path(cls.folder.name) / "token"
        token.write_text(TOKEN)
        return [one.replace("/etc/flame-operator/auth/token", str(token)) for one in flags]

    @classmethod
    def start(cls, flags, delay="0s"):
        cls.server = Server(*flags, delay=delay)
        cls.addClassCleanup(lambda: cls.server.stop())
        cls.proxy = Haproxy(cls.certificates, cls.server.port, *cls.VALUES)
        cls.addClassCleanup(cls.proxy.stop)

    def connect(self, *args):
        return TlsClient(self.proxy.port, self.certificates.client(*args))

    def call(self, *args):
        with self.connect() as client:
            return client.call(*args)

    def assert_handshake_fails(self, context, expected):
        """With TLS 1.3 a client learns of it only when it reads."""
        with self.assertRaisesRegex(ssl.SSLError, expected):
            with TlsClient(self.proxy.port, context) as client:
                client.call("POST", SYNC, BODY)

    def logged(self, message):
        """What HAProxy has logged under this message; each line is JSON."""
        return [entry for entry in map(json.loads, [line for line in self.proxy.lines if line.startswith("{")]) if entry["msg"] == message]


class Mutual(World):
    VALUES = (*MUTUAL, "auth.enabled=true")
    HEADERS = {"Authorization": f"Bearer {TOKEN}"}

    def sync(self, body=BODY, headers=None):
        return self.call("POST", SYNC, body, {**self.HEADERS, **(headers or {})})

    def test_a_sync(self):
        answer = self.sync()
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("children", answer.json())
        self.assertEqual(answer.headers["content-type"], "application/json")

    def test_not_modified(self):
        body = json.loads(BODY)
        body["parent"]["status"] = self.sync().json()["status"]
        body = json.dumps(body).encode()
        first = self.sync(body)
        again = self.sync(body, {"If-None-Match": first.headers["etag"]})
        self.assertEqual((again.status, again.body, again.headers["etag"]), (304, b"", first.headers["etag"]))

    def test_many_on_one_connection(self):
        with self.connect() as client:
            for _ in range(100):
                answer = client.call("POST", SYNC, BODY, self.HEADERS)
                self.assertEqual(answer.status, 200)
                self.assertNotIn("connection", answer.headers)

    def test_a_large_body(self):
        body = json.loads(BODY)
        body["padding"] = [random.Random(1).randbytes(100).hex()] * 100_000
        body = json.dumps(body).encode()
        self.assertGreater(len(body), 20_000_000)
        self.assertEqual(self.sync(body).status, 200)

    def test_chunked(self):
        with self.connect() as client:
            client.send(request("POST", SYNC, b"", {"Content-Type": "application/json", "Transfer-Encoding": "chunked", "Content-Length": None,
                                                    **self.HEADERS}) + chunked(BODY[:10], BODY[10:500], BODY[500:]))
            self.assertEqual(client.answer().status, 200)

    def test_the_servers_refusals(self):
        for body, headers, status, kind in ((BODY, {"Authorization": "Bearer wrong"}, 401, "unauthorized"),
                                            (BODY, {"Authorization": None}, 401, "unauthorized"),
                                            (b"x" * 20_000_000, {"Authorization": "Bearer wrong"}, 401, "unauthorized"),
                                            (b"{", {}, 400, "malformed"),
                                            (BODY, {"Content-Type": "text/plain"}, 415, "unsupportedMediaType")):
            with self.subTest(status=status, size=len(body)):
                answer = self.sync(body, headers)
                self.assertEqual((answer.status, answer.json()["error"]["kind"]), (status, kind))

    def test_too_large(self):
        with self.connect() as client:
            client.send(request("POST", SYNC, b"", {**self.HEADERS, "Content-Type": "application/json", "Content-Length": str(129 << 20)}))
            self.assertEqual(client.answer().status, 413)

    def test_without_a_certificate(self):
        self.assert_handshake_fails(self.certificates.client(None), "certificate required|CERTIFICATE_REQUIRED")
        wait_until(lambda: self.logged("tls handshake failed"), "it is logged")

    def test_another_authority(self):
        self.assert_handshake_fails(self.certificates.client("client", "other"), "unknown ca|UNKNOWN_CA")

    def test_the_servers_certificate_is_no_pass(self):
        with self.connect("server") as client:
            self.assertEqual(client.call("POST", SYNC, BODY, self.HEADERS).status, 403)

    def test_another_name(self):
        with self.connect("stranger") as client:
            answer = client.call("POST", SYNC, BODY, self.HEADERS)
        self.assertEqual((answer.status, answer.json()["error"]["kind"]), (403, "forbidden"))
        wait_until(lambda: [one for one in self.logged("request failed in haproxy") if one["clientName"] == "metacontroller-2"], "it is logged")

    def test_old_tls(self):
        context = self.certificates.client()
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.assert_handshake_fails(context, "alert protocol version|ALERT_PROTOCOL_VERSION")

    def test_tls_1_2(self):
        context = self.certificates.client()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with TlsClient(self.proxy.port, context) as client:
            self.assertEqual(client.socket.version(), "TLSv1.2")
            self.assertEqual(client.call("POST", SYNC, BODY, self.HEADERS).status, 200)

    def test_plain_http(self):
        with Client(self.proxy.port) as client:
            with self.assertRaises(ConnectionError):
                client.call("POST", SYNC, BODY, self.HEADERS)

    def test_no_secret_is_logged(self):
        self.sync(headers={"Authorization": "Bearer wrong"})
        self.assertNotIn("Bearer", "".join(self.proxy.lines))
        self.assertNotIn(TOKEN, "".join(self.proxy.lines))

    def test_the_probes_port_serves_nothing_else(self):
        with Client(self.proxy.health) as client:
            self.assertEqual(client.call("POST", SYNC, BODY, self.HEADERS).status, 404)


class ServerOnly(World):
    VALUES = (*TLS, "server.threads=8", "server.maxInflight=7")

    def test_no_client_certificate_is_needed(self):
        with self.connect(None) as client:
            self.assertEqual(client.call("POST", SYNC, BODY).status, 200)

    def test_http_1_1_alone(self):
        context = self.certificates.client(None)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with TlsClient(self.proxy.port, context) as client:
            self.assertEqual(client.socket.selected_alpn_protocol(), "http/1.1")

    def test_never_more_connections_than_threads(self):
        """As many requests at once as the server takes have a connection each. Of many more clients all are answered, over as many connections as
        there are threads."""
        data, limit = request("POST", SYNC, BODY), 7
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect(None)) for _ in range(limit)]
            for client in clients:
                client.send(data[:-10])
            wait_until(lambda: self.proxy.connections(self.server.port) == limit, "each request has a connection")
            for client in clients:
                client.send(data[-10:])
                self.assertEqual(client.answer().status, 200)
        most, failed, done = 0, [], threading.Event()

        def client_of_its_own():
            try:
                with self.connect(None) as client:
                    for _ in range(20):
                        client.send(data[:-10])
                        time.sleep(0.01)
                        client.send(data[-10:])
                        answer = client.answer()
                        if answer.status not in (200, 429):
                            failed.append(answer.status)
            except OSError as error:
                failed.append(repr(error))

        threads = [threading.Thread(target=client_of_its_own) for _ in range(40)]
        for thread in threads:
            thread.start()
        watcher = threading.Thread(target=lambda: [thread.join() for thread in threads] and done.set())
        watcher.start()
        while not done.wait(0.02):
            most = max(most, self.proxy.connections(self.server.port))
        self.assertEqual(failed, [])
        self.assertLessEqual(most, 8)


class Intermediate(World):
    """The guide's authority, signed by another one. HAProxy takes its clients when it knows the root, and not before."""

    @classmethod
    def start(cls, flags, delay="0s"):
        cls.certificates.openssl("""
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=root -keyout root.key -out root.crt
            openssl req -new -key ca.key -subj /CN=flame-operator-ca -addext basicConstraints=critical,CA:TRUE -out ca.csr
            openssl x509 -req -in ca.csr -CA root.crt -CAkey root.key -copy_extensions copy -days 2 -out ca.crt
            cat ca.crt >>server.crt; cat ca.crt >>client.crt""")
        super().start(flags, delay)

    def test_the_root_is_needed(self):
        context = self.certificates.client()
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as Go, which takes the server
        self.assert_handshake_fails(context, "alert unknown ca|ALERT_UNKNOWN_CA")
        self.certificates.openssl("cp root.crt ca.crt")
        proxy = Haproxy(self.certificates, self.server.port, *self.VALUES)
        self.addCleanup(proxy.stop)
        with TlsClient(proxy.port, self.certificates.client()) as client:
            self.assertEqual(client.call("POST", SYNC, BODY).status, 200)


class ServerDies(World):
    @classmethod
    def start(cls, flags, delay="0s"):
        """Its port is held for the second one: what is bound to it, but does not listen, keeps it from being given to a connection."""
        holder = socket.socket()
        cls.addClassCleanup(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        super().start([*flags, f"--listen=127.0.0.1:{holder.getsockname()[1]}"], delay)

    def test_away_and_back(self):
        self.assertEqual(self.call("POST", SYNC, BODY).status, 200)
        port = self.server.port
        with self.connect() as client:
            self.server.stop()
            answer = client.call("POST", SYNC, BODY)
            self.assertEqual((answer.status, answer.json()["error"]["kind"]), (503, "unavailable"))
            type(self).server = Server("--listen", f"127.0.0.1:{port}")
            self.assertEqual(client.call("POST", SYNC, BODY).status, 200)


class Drain(World):
    """Both get their signals at once, as in a Pod. What comes while the port is open is answered; then clients are told to go.
    HAProxy closes its port before the server does; here the server waits until it is told."""
    VALUES = (*MUTUAL, "server.drainDelay=4s")

    @classmethod
    def start(cls, flags, delay="10m"):
        super().start(flags, delay)

    def test_the_port_closes_first(self):
        self.assertIn(" grace 3000ms\n", config_of(render(*self.VALUES)))

    def test_no_request_is_lost(self):
        failed, answered, closed = [], [], threading.Event()

        def caller():
            while not closed.is_set():
                try:
                    client = self.connect()
                except OSError:
                    return  # nobody listens any more: the Pod is out of the Service by then
                with client:
                    while True:
                        try:
                            answer = client.call("POST", SYNC, BODY)
                        except (OSError, ConnectionError) as error:
                            failed.append(repr(error))
                            return
                        answered.append(answer.status)
                        if answer.headers.get("connection") == "close":
                            break
                        time.sleep(0.001)

        slow = self.connect()  # a request that is halfway in when the port closes
        data = request("POST", SYNC, BODY)
        callers = [threading.Thread(target=caller) for _ in range(4)]
        for thread in callers:
            thread.start()
        wait_until(lambda: len(answered) > 100, "they are at work")
        began = time.monotonic()
        self.server.signal()
        self.proxy.signal(signal.SIGUSR1)
        slow.send(data[:-10])
        for thread in callers:
            thread.join()
        open_for = time.monotonic() - began
        slow.send(data[-10:])
        answer = slow.answer()
        slow.socket.close()
        self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
        self.assertEqual(failed, [])
        self.assertEqual(set(answered), {200})
        self.assertGreaterEqual(open_for, 3)
        self.assertEqual(self.proxy.end(), 0)
        self.server.signal()
        self.assertEqual(self.server.wait(), 0)


class Renderings(unittest.TestCase):
    def test_haproxy_takes_every_rendering(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        volumes = Certificates(folder.name).mount()
        names = "tls.clientAuth.allowedNames={metacontroller,Some one,a.b/c@d:e-f_g}"
        for values in (TLS, MUTUAL, (*MUTUAL, names), (*MUTUAL, "tls.clientAuth.allowedNames=[]"), (*MUTUAL, "server.drainDelay=0s"),
                       (*TLS, "server.drainDelay=10m", "server.requestTimeout=500ms"), (*TLS, "server.threads=1024"),
                       (*TLS, "server.threads=2", "server.maxInflight=1"), ("tls.enabled=true", "tls.certManager.enabled=true")):
            with self.subTest(values=values):
                file = Path(folder.name) / "haproxy.cfg"
                file.write_text(config_of(render(*values)).replace("/etc/haproxy/", f"{volumes}/"))
                done = subprocess.run([HAPROXY, "-c", "-f", file], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("WARNING", done.stderr + done.stdout)

    def test_the_last_line_has_its_end(self):
        """HAProxy refuses a file without it, and kubectl cuts a stream of objects at a line end and three dashes."""
        [document] = [one for one in run_helm(*TLS).stdout.split("\n---") if "haproxy.cfg: |" in one]
        self.assertTrue(yaml.safe_load(document)["data"]["haproxy.cfg"].endswith("\n"))

    def test_each_name_is_let_in(self):
        config = config_of(render(*MUTUAL, "tls.clientAuth.allowedNames={one,and two}"))
        self.assertIn('acl is_allowed ssl_c_s_dn(CN) -m str -- "one" "and two"\n', config)

    def test_off(self):
        objects = render()
        self.assertNotIn("haproxy", json.dumps(objects))
        self.assertNotIn("8443", json.dumps(objects))
        self.assertNotIn("https", json.dumps(find(objects, "Service", "flame-operator")))

    def test_both_sides_match(self):
        objects = render(*MUTUAL, "auth.enabled=true")
        hooks = find(objects, "CompositeController", "flamecluster")["spec"]["hooks"]
        [port] = find(objects, "Service", "flame-operator")["spec"]["ports"]
        [named] = [one for one in containers(objects)["haproxy"]["ports"] if one["name"] == port["targetPort"]]
        self.assertIn(f"bind :{named['containerPort']} ssl", config_of(objects))
        for name, hook in hooks.items():
            with self.subTest(hook=name):
                webhook = hook["webhook"]
                self.assertEqual(webhook["url"], f"https://flame-operator.flame-system.svc:{port['port']}/flamecluster/{name}")
                self.assertEqual(webhook["caBundle"], {"secretRef": {"name": "flame-operator-tls", "namespace": "flame-system", "key": "ca.crt"}})
                self.assertEqual(webhook["clientTLS"], {"secretRef": {"name": "metacontroller-tls", "namespace": "flame-system"}})
                self.assertEqual(webhook["authorization"]["secretRef"]["namespace"], "flame-system")

    def test_ca_bundle(self):
        for values, want in (
                (("tls.caBundle.name=roots",), {"secretRef": {"name": "roots", "namespace": "flame-system", "key": "ca.crt"}}),
                (("tls.caBundle.source=ConfigMap", "tls.caBundle.name=roots", "tls.caBundle.key=root.pem"),
                 {"configMapRef": {"name": "roots", "namespace": "flame-system", "key": "root.pem"}}),
                (("tls.caBundle.source=Inline", "tls.caBundle.inline=-----BEGIN CERTIFICATE-----\nAA=="),
                 {"inline": "-----BEGIN CERTIFICATE-----\nAA==\n"}),
                (("tls.caBundle.source=System",), None)):
            with self.subTest(values=values):
                hooks = find(render(*TLS, *values), "CompositeController", "flamecluster")["spec"]["hooks"]
                self.assertEqual([one["webhook"].get("caBundle") for one in hooks.values()], [want] * 3)

    def test_the_authority_of_clients(self):
        for values, want in (((), ("flame-operator-tls", "ca.crt")), (("tls.caBundle.name=roots", "tls.caBundle.key=r.pem"), ("roots", "r.pem")),
                             (("tls.clientAuth.caSecret=clients", "tls.clientAuth.caKey=c.pem"), ("clients", "c.pem"))):
            with self.subTest(values=values):
                spec = find(render(*MUTUAL, *values), "Deployment", "flame-operator")["spec"]["template"]["spec"]
                [secret] = [one["secret"] for one in spec["volumes"] if one["name"] == "tls-clients"]
                self.assertEqual((secret["secretName"], secret["items"]), (want[0], [{"key": want[1], "path": "ca.crt"}]))

    def test_cert_manager(self):
        values = ("tls.enabled=true", "tls.certManager.enabled=true", "tls.clientAuth.enabled=true")
        objects = render(*values)
        server, client = find(objects, "Certificate", "flame-operator")["spec"], find(objects, "Certificate", "flame-operator-client")["spec"]
        webhook = find(objects, "CompositeController", "flamecluster")["spec"]["hooks"]["sync"]["webhook"]
        self.assertIn(webhook["url"].split("/")[2].split(":")[0], server["dnsNames"])
        self.assertEqual(webhook["caBundle"]["secretRef"]["name"], server["secretName"])
        self.assertEqual(webhook["clientTLS"]["secretRef"]["name"], client["secretName"])
        self.assertIn(f'-- "{client["commonName"]}"', config_of(objects))
        issuer = find(objects, "Issuer", "flame-operator-ca")
        self.assertEqual(issuer["spec"]["ca"]["secretName"], find(objects, "Certificate", "flame-operator-ca")["spec"]["secretName"])
        for one in (server, client):
            self.assertEqual(one["issuerRef"]["name"], "flame-operator-ca")
        objects = render(*values, "tls.certManager.issuerRef.name=mine", "tls.certManager.issuerRef.kind=ClusterIssuer")
        self.assertEqual([one["kind"] for one in objects if one["kind"] in ("Issuer", "ClusterIssuer")], [])
        self.assertEqual(find(objects, "Certificate", "flame-operator")["spec"]["issuerRef"], {"name": "mine", "kind": "ClusterIssuer"})

    def test_the_pod_stays_restricted(self):
        objects = render(*MUTUAL)
        both = containers(objects)
        self.assertEqual(both["haproxy"]["securityContext"], both["flame-operator"]["securityContext"])
        self.assertTrue(both["haproxy"]["securityContext"]["readOnlyRootFilesystem"])
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(both["haproxy"][probe]["httpGet"], {"path": "/healthz", "port": "tls-health"})

    def test_another_configuration_rolls_the_pods(self):
        def checksum(*values):
            return find(render(*values), "Deployment", "flame-operator")["spec"]["template"]["metadata"]["annotations"]["checksum/haproxy"]
        self.assertEqual(checksum(*TLS), checksum(*TLS))
        self.assertNotEqual(checksum(*TLS), checksum(*MUTUAL))

    def test_wrong_values(self):
        for values, words in (
                (("tls.enabled=true",), "tls.enabled needs a certificate: tls.secretName, a Secret with tls.crt and tls.key for flame-operator.flame-system.svc"),
                (("tls.secretName=x",), "tls.secretName is set, but tls.enabled is false"),
                (("tls.clientAuth.enabled=true",), "tls.clientAuth.enabled is set, but tls.enabled is false"),
                (("tls.certManager.enabled=true",), "tls.certManager.enabled is set, but tls.enabled is false"),
                ((*TLS, "tls.clientAuth.enabled=true"), "tls.clientAuth.enabled needs tls.clientAuth.secretName"),
                ((*MUTUAL, "tls.caBundle.source=System"), "tls.clientAuth.enabled needs tls.clientAuth.caSecret when tls.caBundle.source is System"),
                ((*TLS, "tls.caBundle.source=ConfigMap"), "tls.caBundle.source ConfigMap needs tls.caBundle.name"),
                ((*TLS, "tls.caBundle.source=Inline"), "needs tls.caBundle.inline: certificates in PEM form"),
                ((*TLS, "tls.caBundle.source=System", "tls.caBundle.name=x"), "nothing is read from it"),
                ((*TLS, "tls.caBundle.inline=x"), "it must be Inline"),
                ((*TLS, "tls.caBundle.source=Sekret"), "source"),
                ((*TLS, "tls.secretname=x"), "secretname"),
                ((*MUTUAL, 'tls.clientAuth.allowedNames={a"b}'), "allowedNames"),
                ((*TLS, "tls.certManager.duration=1y"), "duration"),
                ((*TLS, "tls.image.tag="), "tag")):
            with self.subTest(values=values):
                done = run_helm(*values)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()

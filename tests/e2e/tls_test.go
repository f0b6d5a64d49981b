package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	hookAddress = "flame-operator.flame-system.svc:8443"
	tlsGuide    = root + "/docs/guide/tls.md"
)

// secured is a release of the chart with mutual TLS and a token on a control plane of its own, as docs/guide/tls.md has it: its certificates, its
// Secrets, its values. Server and HAProxy run as the Deployment says, Metacontroller calls the address that the chart gave it.
type secured struct {
	*release
	haproxy int        // its port
	pod     []*process // the server and HAProxy
}

func newSecured(t *testing.T, name string) *secured {
	t.Helper()
	s := &secured{release: newRelease(t, name)}
	t.Cleanup(s.stopPod)
	_, err := s.plane.client.CoreV1().Namespaces().Create(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "flame-system"}}, metav1.CreateOptions{})
	must(t, err)
	s.installMetacontroller()
	return s
}

// shell runs commands with kubectl and helm for this control plane.
func (s *secured) shell(commands string) {
	s.Helper()
	command := exec.Command("bash", "-euxo", "pipefail", "-c", commands)
	command.Dir = s.plane.dir
	chart, err := filepath.Abs(root + "/charts/flame-operator")
	must(s.T, err)
	command.Env = append(os.Environ(), "PATH="+s.plane.bin+":"+filepath.Dir(os.Getenv("HELM3"))+":"+os.Getenv("PATH"), "KUBECONFIG="+s.plane.kubeconfig,
		"HOME="+s.plane.dir, "FLAME_CHART="+chart)
	if text, err := command.CombinedOutput(); err != nil {
		s.Fatalf("%v\n%s", err, text)
	}
}

// guide is the block of docs/guide/tls.md with this text in it.
func (s *secured) guide(with string) string {
	s.Helper()
	text, err := os.ReadFile(tlsGuide)
	must(s.T, err)
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(block[4], with) {
			return block[4]
		}
	}
	s.Fatalf("%s has no block with %q", tlsGuide, with)
	return ""
}

func (s *secured) secret(name, key string) []byte {
	s.Helper()
	secret, err := s.plane.client.CoreV1().Secrets("flame-system").Get(s.ctx, name, metav1.GetOptions{})
	must(s.T, err)
	if len(secret.Data[key]) == 0 {
		s.Fatalf("the Secret %s has no %s", name, key)
	}
	return secret.Data[key]
}

func (s *secured) podSpec() corev1.PodSpec {
	s.Helper()
	deployment, err := s.plane.client.AppsV1().Deployments("flame-system").Get(s.ctx, "flame-operator", metav1.GetOptions{})
	must(s.T, err)
	return deployment.Spec.Template.Spec
}

// mount writes the Secrets that the Deployment mounts, below a folder instead of /.
func (s *secured) mount() string {
	s.Helper()
	to, pod := s.plane.path("mounts"), s.podSpec()
	for _, container := range pod.Containers {
		for _, mount := range container.VolumeMounts {
			for _, volume := range pod.Volumes {
				if volume.Name != mount.Name || volume.Secret == nil {
					continue
				}
				for _, item := range volume.Secret.Items {
					must(s.T, os.MkdirAll(filepath.Join(to, mount.MountPath), 0o700))
					must(s.T, os.WriteFile(filepath.Join(to, mount.MountPath, item.Path), s.secret(volume.Secret.SecretName, item.Key), 0o600))
				}
			}
		}
	}
	return to
}

func (s *secured) stopPod() {
	for _, one := range s.pod {
		one.stop()
	}
	s.pod = nil
}

// runPod starts the server and HAProxy as the Deployment has them, in place of those that run.
func (s *secured) runPod() {
	s.Helper()
	s.stopPod()
	mounts := s.mount()
	ports, err := freePorts(4)
	must(s.T, err)
	local := strings.NewReplacer("127.0.0.1:8080", fmt.Sprintf("127.0.0.1:%d", ports[0]), "0.0.0.0:8081", fmt.Sprintf("127.0.0.1:%d", ports[1]),
		"bind :8443", fmt.Sprintf("bind 127.0.0.1:%d", ports[2]), "bind :8444", fmt.Sprintf("bind 127.0.0.1:%d", ports[3]), "/etc/", mounts+"/etc/")
	var args []string
	for _, arg := range s.podSpec().Containers[0].Args {
		args = append(args, local.Replace(arg))
	}
	server, err := start(s.plane.dir, "server", world.operator.program, args...)
	must(s.T, err)
	s.pod = append(s.pod, server)
	config, err := s.plane.client.CoreV1().ConfigMaps("flame-system").Get(s.ctx, "flame-operator-haproxy", metav1.GetOptions{})
	must(s.T, err)
	must(s.T, os.WriteFile(s.plane.path("haproxy.cfg"), []byte(local.Replace(config.Data["haproxy.cfg"])), 0o600))
	haproxy, err := start(s.plane.dir, "haproxy", "/usr/sbin/haproxy", "-db", "-f", s.plane.path("haproxy.cfg"))
	must(s.T, err)
	s.pod = append(s.pod, haproxy)
	s.haproxy = ports[2]
	s.until("HAProxy and the server run", func() error {
		for _, address := range []string{fmt.Sprintf("127.0.0.1:%d/healthz", ports[3]), fmt.Sprintf("127.0.0.1:%d/readyz", ports[1])} {
			answer, err := http.Get("http://" + address)
			if err != nil {
				return err
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %s", address, answer.Status)
			}
		}
		return nil
	})
}

// runStandin calls the hooks with the authority, the certificate and the token that the CompositeController names.
func (s *secured) runStandin() {
	s.Helper()
	cc := s.compositeController()
	webhook := cc.Spec.Hooks.Sync.Webhook
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM(s.secret(webhook.CABundle.SecretRef.Name, webhook.CABundle.SecretRef.Key))
	client := webhook.ClientTLS.SecretRef.Name
	certificate, err := tls.X509KeyPair(s.secret(client, "tls.crt"), s.secret(client, "tls.key"))
	must(s.T, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority, Certificates: []tls.Certificate{certificate}}}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != hookAddress {
			return nil, fmt.Errorf("%s is not the Service's address", address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", s.haproxy))
	}
	s.controller, err = startStandinOf(s.plane, cc, &http.Client{Transport: transport})
	must(s.T, err)
}

// runMetacontroller starts it with a tunnel to HAProxy for the Service's address, which no DNS knows here.
func (s *secured) runMetacontroller(binary string) *process {
	s.Helper()
	tunnel, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.T, err)
	s.Cleanup(func() { _ = tunnel.Close() })
	go func() {
		for {
			client, err := tunnel.Accept()
			if err != nil {
				return
			}
			go s.pass(client)
		}
	}()
	ports, err := freePorts(2)
	must(s.T, err)
	process, err := start(s.plane.dir, "metacontroller", "/usr/bin/env", "https_proxy=http://"+tunnel.Addr().String(), binary,
		"--kubeconfig", s.plane.kubeconfig, "--discovery-interval=5s", "--client-go-qps=500", "--client-go-burst=1000", "--events-qps=100",
		"--events-burst=1000", fmt.Sprintf("--health-probe-bind-address=127.0.0.1:%d", ports[0]), fmt.Sprintf("--metrics-address=127.0.0.1:%d", ports[1]))
	must(s.T, err)
	return process
}

// pass answers CONNECT and passes bytes on: TLS goes through it from end to end.
func (s *secured) pass(client net.Conn) {
	defer client.Close()
	reader := bufio.NewReader(client)
	request, err := http.ReadRequest(reader)
	if err != nil || request.Method != http.MethodConnect || request.Host != hookAddress {
		_, _ = fmt.Fprint(client, "HTTP/1.1 403 Forbidden\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.haproxy))
	if err != nil {
		return
	}
	defer server.Close()
	_, _ = fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(server, reader)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}

// scale asks for so many executor managers.
func (s *secured) scale(executors int) {
	s.Helper()
	patch := fmt.Appendf(nil, `{"spec": {"executorManager": {"replicas": %d}}}`, executors)
	_, err := s.flames().Patch(s.ctx, "my", types.MergePatchType, patch, metav1.PatchOptions{})
	must(s.T, err)
}

// told waits for an event of Metacontroller's with these words.
func (s *secured) told(words string) {
	s.Helper()
	s.until("an event with "+words, func() error {
		events, err := s.plane.client.CoreV1().Events("").List(s.ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range events.Items {
			if strings.Contains(event.Message, words) {
				return nil
			}
		}
		return fmt.Errorf("not among %d events", len(events.Items))
	})
}

const upgrade = "helm upgrade flame-operator $FLAME_CHART -n flame-system --reuse-values --set "

// The guide's way to mutual TLS leads to a running FlameCluster. What does not match is refused, and Metacontroller tells it in the words that
// the guide explains; what is set right again works again.
func TestTLS(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("METACONTROLLER")
	s := newSecured(t, "tls")
	s.shell(s.guide("openssl req -x509"))
	s.shell(s.guide("create secret"))
	must(t, os.WriteFile(s.plane.path("values.yaml"), []byte(s.guide("secretName: metacontroller-tls")), 0o600))
	s.shell("helm install flame-operator $FLAME_CHART -n flame-system -f values.yaml --set auth.enabled=true,server.drainDelay=0s")
	s.runPod()
	if binary != "" {
		s.Cleanup(s.runMetacontroller(binary).stop)
	} else {
		s.runStandin()
	}
	must(t, os.WriteFile(s.plane.path("cluster.yaml"), []byte(minimal), 0o600))
	s.shell("kubectl wait --timeout=5m --for=condition=Established crd/flameclusters.flame.xflops.io; kubectl create -f cluster.yaml")
	s.running(3)
	if binary == "" {
		return // the stand-in does not tell as Metacontroller does
	}

	stranger := "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.crt -days 1 -subj /CN="
	s.shell(stranger + "stranger -CA ca.crt -CAkey ca.key; kubectl -n flame-system create secret tls stranger --cert=s.crt --key=s.key")
	s.shell(stranger + "metacontroller; kubectl -n flame-system create secret tls other --cert=s.crt --key=s.key; " +
		"kubectl -n flame-system create secret generic other-ca --from-file=ca.crt=s.crt")
	text, err := os.ReadFile(tlsGuide)
	must(t, err)
	for i, wrong := range []struct{ values, right, words string }{
		{"tls.clientAuth.secretName=stranger", "tls.clientAuth.secretName=metacontroller-tls", "unsupported status code: 403"},
		{"tls.clientAuth.secretName=other", "tls.clientAuth.secretName=metacontroller-tls", "tls: certificate required"},
		{"tls.clientAuth.secretName=nowhere", "tls.clientAuth.secretName=metacontroller-tls", "can't get clientTLS secret"},
		{"tls.caBundle.name=other-ca", "tls.caBundle.name=", "x509: certificate signed by unknown authority"},
		{"auth.generation=2", "auth.generation=1", "unsupported status code: 401"},
	} {
		s.shell(upgrade + wrong.values)
		s.scale(i)
		s.told(wrong.words)
		if !strings.Contains(string(text), wrong.words) {
			t.Errorf("%s does not explain %q", tlsGuide, wrong.words)
		}
		s.shell(upgrade + wrong.right)
		s.mount() // the token is another; the server sees it
		s.running(i)
	}
}

// With cert-manager the guide's values are all. Whoever is restarted first after a renewal, nothing fails; another name needs other Secrets.
// CERT_MANAGER is cert-manager's controller, CERT_MANAGER_CRDS the folder deploy/crds of its repository.
func TestCertManager(t *testing.T) {
	t.Parallel()
	metacontroller, manager := os.Getenv("METACONTROLLER"), os.Getenv("CERT_MANAGER")
	if metacontroller == "" || manager == "" {
		t.Skip("METACONTROLLER and CERT_MANAGER do not name the programs")
	}
	s := newSecured(t, "cert-manager")
	controller := s.runMetacontroller(metacontroller)
	defer func() { controller.stop() }()
	s.shell("kubectl apply --server-side -f " + os.Getenv("CERT_MANAGER_CRDS"))
	must(t, os.WriteFile(s.plane.path("values.yaml"), []byte(s.guide("certManager: {enabled: true}")), 0o600))
	s.shell("helm install flame-operator $FLAME_CHART -n flame-system -f values.yaml --set auth.enabled=true,server.drainDelay=0s")
	s.told("can't resolve caBundle") // and asks again
	ports, err := freePorts(2)
	must(t, err)
	process, err := start(s.plane.dir, "cert-manager", manager, "--kubeconfig", s.plane.kubeconfig, "--leader-elect=false",
		fmt.Sprintf("--metrics-listen-address=127.0.0.1:%d", ports[0]), fmt.Sprintf("--internal-healthz-listen-address=127.0.0.1:%d", ports[1]))
	must(t, err)
	t.Cleanup(process.stop)
	s.shell("kubectl -n flame-system wait --for=condition=Ready --timeout=60s certificate --all")
	s.runPod()
	must(t, os.WriteFile(s.plane.path("cluster.yaml"), []byte(minimal), 0o600))
	s.shell("kubectl create -f cluster.yaml")
	s.running(3)

	s.shell(`for name in flame-operator-ca flame-operator flame-operator-client; do
		kubectl -n flame-system patch certificate $name --subresource=status --type=json -p '[{"op": "add", "path": "/status/conditions/-", "value":
			{"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "lastTransitionTime": "2026-01-01T00:00:00Z"}}]'
		kubectl -n flame-system wait --for=jsonpath='{.status.revision}'=2 --timeout=60s certificate/$name
	done`)
	s.scaled(2)
	s.runPod()
	s.scaled(1)
	controller.stop()
	controller = s.runMetacontroller(metacontroller)
	s.scaled(2)

	s.shell(upgrade + "'tls.clientAuth.allowedNames={other}'")
	s.shell("kubectl -n flame-system wait --for=jsonpath='{.status.revision}'=3 --timeout=60s certificate/flame-operator-client")
	s.runPod()
	s.scale(3)
	s.told("unsupported status code: 403")
	s.shell(upgrade + "tls.secretName=second,tls.clientAuth.secretName=second-client")
	s.shell("kubectl -n flame-system wait --for=create --timeout=60s secret/second secret/second-client")
	s.runPod()
	s.running(3)
}

package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const token = "e2e"

// plane is a Kubernetes control plane on loopback: etcd, the API server, the controllers and the scheduler are the real programs; kwok
// plays the kubelets of three nodes.
type plane struct {
	dir, bin   string
	kubeconfig string
	config     *rest.Config
	client     kubernetes.Interface
	processes  []*process
}

func (p *plane) path(name string) string { return filepath.Join(p.dir, name) }

func (p *plane) run(name string, args ...string) error {
	process, err := start(p.dir, name, filepath.Join(p.bin, name), args...)
	if err == nil {
		p.processes = append(p.processes, process)
	}
	return err
}

// newServiceAccountKey writes the key with which the API server signs the tokens of service accounts.
func (p *plane) newServiceAccountKey() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(p.path("sa.key"), private, 0o600); err != nil {
		return err
	}
	return os.WriteFile(p.path("sa.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600)
}

func (p *plane) writeFiles(port int) error {
	if err := p.newServiceAccountKey(); err != nil {
		return err
	}
	if err := os.WriteFile(p.path("tokens.csv"), []byte(token+",e2e,1,system:masters\n"), 0o600); err != nil {
		return err
	}
	p.kubeconfig = p.path("kubeconfig")
	return os.WriteFile(p.kubeconfig, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}}]
users: [{name: e2e, user: {token: %s}}]
contexts: [{name: e2e, context: {cluster: e2e, user: e2e}}]
current-context: e2e
`, port, token), 0o600)
}

func (p *plane) startServers() error {
	ports, err := freePorts(6)
	if err != nil {
		return err
	}
	if err := p.writeFiles(ports[2]); err != nil {
		return err
	}
	clients, peers := fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	if err := p.run("etcd", "--data-dir", p.path("data"), "--unsafe-no-fsync",
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "default="+peers); err != nil {
		return err
	}
	if err := p.run("kube-apiserver", "--etcd-servers="+clients, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[2]), "--cert-dir="+p.path("certs"), "--service-cluster-ip-range=10.0.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=sa.pub",
		"--service-account-signing-key-file=sa.key", "--token-auth-file=tokens.csv", "--authorization-mode=RBAC",
		"--endpoint-reconciler-type=none", "--max-requests-inflight=4000", "--max-mutating-requests-inflight=2000"); err != nil {
		return err
	}
	if err := p.connect(); err != nil {
		return err
	}
	if err := p.run("kube-controller-manager", "--kubeconfig=kubeconfig", "--service-account-private-key-file=sa.key",
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[3]), "--leader-elect=false",
		"--controllers=serviceaccount,serviceaccount-token,clusterrole-aggregation,garbagecollector,namespace,statefulset,endpointslice,disruption,"+
			"persistentvolume-binder,persistentvolume-expander,pvc-protection",
		"--kube-api-qps=500", "--kube-api-burst=1000"); err != nil {
		return err
	}
	if err := p.run("kube-scheduler", "--kubeconfig=kubeconfig", "--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[4]), "--leader-elect=false"); err != nil {
		return err
	}
	stages, err := filepath.Abs("stages.yaml")
	if err != nil {
		return err
	}
	return p.run("kwok", "--kubeconfig=kubeconfig", "--manage-all-nodes=true", "--node-ip=127.0.0.1",
		fmt.Sprintf("--server-address=127.0.0.1:%d", ports[5]), "--config", stages)
}

// connect waits until the API server is ready.
func (p *plane) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 500, 1000
	p.config = config
	if p.client, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	return poll(limit, func() error {
		if err := p.alive(); err != nil {
			return err
		}
		return p.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(context.Background()).Error()
	})
}

func (p *plane) addNodes() error {
	room := corev1.ResourceList{"cpu": resource.MustParse("5000"), "memory": resource.MustParse("20000Gi"), "pods": resource.MustParse("5000")}
	for i := range 3 {
		name := fmt.Sprintf("node-%d", i)
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
			Status: corev1.NodeStatus{Allocatable: room, Capacity: room}}
		if _, err := p.client.CoreV1().Nodes().Create(context.Background(), node, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return poll(limit, func() error {
		if err := p.alive(); err != nil {
			return err
		}
		return p.nodesAreReady()
	})
}

// nodesAreReady also takes the taint away with which a node begins; the controller that would is not needed otherwise.
func (p *plane) nodesAreReady() error {
	nodes, err := p.client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range nodes.Items {
		ready := false
		for _, condition := range node.Status.Conditions {
			ready = ready || condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
		}
		if !ready {
			return fmt.Errorf("%s is not ready", node.Name)
		}
		if len(node.Spec.Taints) == 0 {
			continue
		}
		node.Spec.Taints = nil
		if _, err := p.client.CoreV1().Nodes().Update(context.Background(), &node, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// alive: every program still runs.
func (p *plane) alive() error {
	for _, process := range p.processes {
		select {
		case err := <-process.done:
			process.done <- err
			return fmt.Errorf("%s ended: %v", process.name, err)
		default:
		}
	}
	return nil
}

func startPlane(dir, bin string) (*plane, error) {
	p := &plane{dir: dir, bin: bin}
	err := p.startServers()
	if err == nil {
		err = p.addNodes()
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("the control plane did not start (logs in %s): %w\n%s", dir, err, lastWords(dir))
	}
	return p, nil
}

// stop ends the programs in the reverse order of their start.
func (p *plane) stop() {
	for i := len(p.processes) - 1; i >= 0; i-- {
		p.processes[i].stop()
	}
}

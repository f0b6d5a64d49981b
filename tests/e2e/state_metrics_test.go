package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stateMetrics is a real kube-state-metrics with the chart's configuration.
type stateMetrics struct {
	*cluster
	url string
}

func newStateMetrics(c *cluster) *stateMetrics {
	c.Helper()
	program := os.Getenv("KUBE_STATE_METRICS")
	if program == "" {
		c.Fatal("KUBE_STATE_METRICS must name the program: use ./dev e2e")
	}
	config, err := filepath.Abs(root + "/charts/flame-operator/files/kube-state-metrics.yaml")
	must(c.T, err)
	ports, err := freePorts(2)
	must(c.T, err)
	process, err := start(c.TempDir(), "kube-state-metrics", program, "--kubeconfig="+world.kubeconfig, "--resources=pods",
		"--custom-resource-state-config-file="+config, "--host=127.0.0.1", fmt.Sprintf("--port=%d", ports[0]),
		"--telemetry-host=127.0.0.1", fmt.Sprintf("--telemetry-port=%d", ports[1]))
	must(c.T, err)
	c.Cleanup(process.stop)
	return &stateMetrics{c, fmt.Sprintf("http://127.0.0.1:%d/metrics", ports[0])}
}

// series are this cluster's, by name and those labels that are not of every series: `state{state="Running"}`. Names begin with kube_.
func (m *stateMetrics) series() (map[string]string, error) {
	answer, err := http.Get(m.url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		name, rest, _ := strings.Cut(line, "{")
		labels, value, _ := strings.Cut(rest, "} ")
		if strings.HasPrefix(line, "#") || !strings.Contains(labels, fmt.Sprintf(`namespace="%s"`, m.namespace)) {
			continue
		}
		var own []string
		for _, label := range strings.Split(labels, ",") {
			if !strings.HasPrefix(label, "customresource_") && !strings.HasPrefix(label, "namespace=") && label != `flamecluster="my"` &&
				!strings.HasPrefix(label, "uid=") && !strings.HasPrefix(label, "node=") {
				own = append(own, label)
			}
		}
		found[fmt.Sprintf("%s{%s}", name, strings.Join(own, ","))] = value
	}
	return found, nil
}

func (m *stateMetrics) shows(what string, wanted map[string]string) {
	m.Helper()
	m.until(what, func() error {
		found, err := m.series()
		if err != nil {
			return err
		}
		for series, value := range wanted {
			if found[series] != value {
				return fmt.Errorf("%s is %q, must be %q, in %v", series, found[series], value, found)
			}
		}
		return nil
	})
}

// What alerts and the dashboard ask kube-state-metrics for is what it shows.
func TestStateMetrics(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"resources": {"limits": {"memory": "1Gi"}}}}}`)
	m := newStateMetrics(c)
	m.shows("a running cluster", map[string]string{
		`kube_flamecluster_state{state="Running"}`: "1", `kube_flamecluster_state{state="Failed"}`: "0", `kube_flamecluster_suspended{}`: "0",
		`kube_flamecluster_condition{reason="AllComponentsReady",type="Ready"}`: "1", `kube_flamecluster_condition{reason="Valid",type="SpecValid"}`: "1",
		`kube_flamecluster_condition{reason="NotStalled",type="Stalled"}`: "0", `kube_flamecluster_executor_managers_desired{}`: "3",
		`kube_flamecluster_executor_managers_current{}`: "3", `kube_flamecluster_executor_managers_ready{}`: "3", `kube_flamecluster_executor_managers_updated{}`: "3",
		`kube_flamecluster_session_manager_ready{}`: "1", `kube_flamecluster_generation{}`: "1", `kube_flamecluster_observed_generation{}`: "1",
		`kube_flamecluster_config_generation{}`: "1",
		`kube_pod_container_resource_limits{pod="my-executor-manager-0",container="executor-manager",resource="memory",unit="byte"}`: "1.073741824e+09"})
	found, err := m.series()
	must(t, err)
	for _, name := range []string{"kube_flamecluster_created{}", `kube_flamecluster_info{executor_manager_image="` + c.at("spec.executorManager.image") +
		`",session_manager_image="` + c.at("spec.sessionManager.image") + `"}`} {
		if found[name] == "" {
			t.Errorf("%s is not there: %v", name, found)
		}
	}
	c.patch(`{"spec": {"suspend": true}}`)
	m.shows("a suspended cluster", map[string]string{
		`kube_flamecluster_state{state="Suspended"}`: "1", `kube_flamecluster_state{state="Running"}`: "0", `kube_flamecluster_suspended{}`: "1",
		`kube_flamecluster_condition{reason="Suspended",type="Ready"}`: "0", `kube_flamecluster_executor_managers_current{}`: "0",
		`kube_flamecluster_executor_managers_desired{}`: "3", `kube_flamecluster_generation{}`: "2"})
}

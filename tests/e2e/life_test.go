package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDeploy(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	wanted := []string{"my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2", "my-session-manager"}
	if err := same(names(c.pods()), wanted); err != nil {
		t.Errorf("Pods: %v", err)
	}
	parent := c.get()
	for name, pod := range c.pods() {
		owner := metav1.GetControllerOf(&pod)
		if owner == nil || string(owner.UID) != fmt.Sprint(parent["metadata"].(map[string]any)["uid"]) {
			t.Errorf("%s is owned by %v", name, owner)
		}
		if pod.Labels["flame.xflops.io/cluster"] != "my" || pod.Labels["app.kubernetes.io/managed-by"] != "flame-operator" {
			t.Errorf("%s is labelled %v", name, pod.Labels)
		}
	}
	for path, wanted := range map[string]string{"status.state": "Running", "status.message": "All components healthy", "status.configGeneration": "1",
		"status.executorManager.ready": "3", "status.sessionManager.endpoint": "http://my-session-manager:8080"} {
		if err := same(c.at(path), wanted); err != nil {
			t.Errorf("%s %v", path, err)
		}
	}
	c.quiet()
	c.noSyncErrors()
}

// The Services lead to the Pods that serve them, as Kubernetes' own controller finds them.
func TestServicesSelectTheirPods(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	for service, wanted := range map[string][]string{
		"my-session-manager": {"my-session-manager"},
		"my-object-cache":    {"my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2"},
	} {
		c.until("endpoints of "+service, func() error {
			slices, err := c.core.DiscoveryV1().EndpointSlices(c.namespace).List(c.ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service})
			if err != nil {
				return err
			}
			found := map[string]bool{}
			for _, slice := range slices.Items {
				for _, endpoint := range slice.Endpoints {
					found[endpoint.TargetRef.Name] = *endpoint.Conditions.Ready
				}
			}
			return same(names(found), wanted)
		})
	}
}

func TestExecutorsWaitForTheSessionManager(t *testing.T) {
	t.Parallel()
	c := newNamespace(t)
	c.create("my", `{"spec": {"sessionManager": {"image": "nopull:1"}}}`)
	c.untilAt("status.state", "Failed")
	if err := same(names(c.pods()), []string{"my-session-manager"}); err != nil {
		t.Error(err)
	}
	if message := c.at("status.message"); !strings.Contains(message, `Pod my-session-manager: ImagePullBackOff: Back-off pulling image "nopull:1"`) {
		t.Error(message)
	}
	c.patch(`{"spec": {"sessionManager": {"image": "session:2"}}}`)
	c.settled()
	c.noSyncErrors()
}

func TestScale(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	before := c.pods()
	if text, err := c.kubectl("scale", "flc/my", "--replicas=7"); err != nil {
		t.Fatal(text)
	}
	c.settled()
	after := c.pods()
	if err := same(len(kept(before, after)), 4); err != nil {
		t.Errorf("Pods kept: %v", err)
	}
	if err := same(len(after), 8); err != nil {
		t.Errorf("Pods: %v", err)
	}
	c.patch(`{"spec": {"executorManager": {"replicas": 2}}}`)
	c.settled()
	if err := same(names(c.pods()), []string{"my-executor-manager-0", "my-executor-manager-1", "my-session-manager"}); err != nil {
		t.Error(err)
	}
	c.patch(`{"spec": {"executorManager": {"replicas": 0}}}`)
	c.settled()
	if err := same(names(c.pods()), []string{"my-session-manager"}); err != nil {
		t.Error(err)
	}
	if err := same(c.at("status.state"), "Running"); err != nil {
		t.Error(err)
	}
	c.noSyncErrors()
}

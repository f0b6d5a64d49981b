package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// What people type.
func TestKubectl(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	for _, row := range []struct {
		args  string
		words []string
	}{
		{"get flc", []string{"NAME", "STATE", "SM", "READY", "DESIRED", "AGE", "my", "Running", "1", "3"}},
		{"get flc -o wide", []string{"MESSAGE", "ENDPOINT", "All components healthy", "http://my-session-manager:8080"}},
		{"get all", []string{"flamecluster.flame.xflops.io/my", "pod/my-executor-manager-2"}},
		{"wait flc/my --for=condition=Ready --timeout=2m", []string{"condition met"}},
		{"wait flc/my --for=jsonpath={.status.state}=Running --timeout=2m", []string{"condition met"}},
		{"explain flc.spec.executorManager.updateStrategy.maxUnavailable", []string{"FIELD: maxUnavailable"}},
		{"describe flc my", []string{"Session Manager", "AllComponentsReady"}},
	} {
		text, err := c.kubectl(strings.Fields(row.args)...)
		if err != nil {
			t.Errorf("kubectl %s: %v: %s", row.args, err, text)
		}
		for _, word := range row.words {
			if !strings.Contains(text, word) {
				t.Errorf("kubectl %s does not say %q: %s", row.args, word, text)
			}
		}
	}
}

// An autoscaler reads the scale, measures the Pods that its selector names, and patches the number.
func TestScaleSubresource(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	scale := func() map[string]any {
		object, err := c.flames().Get(c.ctx, "my", metav1.GetOptions{}, "scale")
		must(t, err)
		return object.Object
	}
	status := scale()["status"].(map[string]any)
	if err := same(status["replicas"], 3); err != nil {
		t.Errorf("replicas %v", err)
	}
	pods, err := c.core.CoreV1().Pods(c.namespace).List(c.ctx, metav1.ListOptions{LabelSelector: status["selector"].(string)})
	must(t, err)
	if err := same(len(pods.Items), 3); err != nil {
		t.Errorf("the selector's Pods: %v", err)
	}
	_, err = c.flames().Patch(c.ctx, "my", types.MergePatchType, []byte(`{"spec": {"replicas": 5}}`), metav1.PatchOptions{}, "scale")
	must(t, err)
	c.settled()
	if err := same(scale()["status"].(map[string]any)["replicas"], 5); err != nil {
		t.Errorf("replicas %v", err)
	}
	c.noSyncErrors()
}

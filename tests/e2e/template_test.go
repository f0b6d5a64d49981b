package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What users reach for a podTemplate for, in one, in a namespace that enforces the restricted Pod Security Standard.
const template = `{"spec": {"podSecurity": "Restricted", "executorManager": {"podTemplate": {
	"metadata": {"labels": {"team": "research"}, "annotations": {"example.com/a": "b"}},
	"spec": {"nodeSelector": {"kubernetes.io/os": "linux"}, "hostname": "mine",
		"tolerations": [{"key": "gpu", "operator": "Exists"}],
		"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}},
		"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"team": "research"}}}],
		"serviceAccountName": "default", "priorityClassName": "",
		"containers": [
			{"name": "executor-manager", "env": [{"name": "RUST_LOG", "value": "debug"}, {"name": "A", "value": "b"}]},
			{"name": "sidecar", "image": "sidecar:1", "resources": {"requests": {"cpu": "0.05", "memory": "64Mi"}},
				"securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
				"volumeMounts": [{"name": "logs", "mountPath": "/logs"}, {"name": "extra", "mountPath": "/extra"}]}],
		"volumes": [{"name": "extra", "emptyDir": {"sizeLimit": "1024Mi"}}]}}}}}`

func (c *cluster) enforce(level string) {
	c.Helper()
	namespace, err := c.core.CoreV1().Namespaces().Get(c.ctx, c.namespace, metav1.GetOptions{})
	must(c.T, err)
	namespace.Labels["pod-security.kubernetes.io/enforce"] = level
	_, err = c.core.CoreV1().Namespaces().Update(c.ctx, namespace, metav1.UpdateOptions{})
	must(c.T, err)
}

func container(pod corev1.Pod, name string) corev1.Container {
	for _, container := range pod.Spec.Containers {
		if container.Name == name {
			return container
		}
	}
	return corev1.Container{}
}

func TestPodTemplate(t *testing.T) {
	for _, workload := range []string{"Pods", "StatefulSet"} {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			c := newNamespace(t)
			c.enforce("restricted")
			c.create("my", template)
			c.patch(`{"spec": {"executorManager": {"workload": "` + workload + `"}}}`)
			c.settled()
			pod := c.pods()["my-executor-manager-1"]
			env := map[string]string{}
			for _, variable := range container(pod, "executor-manager").Env {
				env[variable.Name] = variable.Value
			}
			if env["RUST_LOG"] != "debug" || env["A"] != "b" || env["FLAME_CONFIG"] == "" {
				t.Errorf("env: %v", env)
			}
			if container(pod, "sidecar").Image != "sidecar:1" || pod.Labels["team"] != "research" || pod.Annotations["example.com/a"] != "b" {
				t.Errorf("the Pod is not of the template: %v %v", pod.Labels, pod.Spec.Containers)
			}
			if err := same(pod.Spec.Hostname, map[string]string{"Pods": "", "StatefulSet": "my-executor-manager-1"}[workload]); err != nil {
				t.Errorf("the hostname %v", err)
			}
			if err := same(c.condition("SpecWarning"), "True/ProtectedField"); err != nil {
				t.Error(err)
			}
			c.quiet()
			before := c.pods()
			c.patch(`{"spec": {"executorManager": {"podTemplate": null}}}`)
			c.settled()
			if err := same(kept(before, c.pods()), []string{"my-session-manager"}); err != nil {
				t.Errorf("kept: %v", err)
			}
			c.noSyncErrors()
		})
	}
}

// A null takes away what the operator sets, where it gets through: `kubectl create` and `kubectl apply --server-side` send it.
func TestPodTemplateNull(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"create", "apply --server-side"} {
		c := newNamespace(t)
		file := filepath.Join(t.TempDir(), "flame.yaml")
		text := strings.Replace(minimal, `"session:1"`, `"session:1", "podTemplate": {"spec": {"terminationGracePeriodSeconds": null, "containers": [{"name": "session-manager", "livenessProbe": null}]}}`, 1)
		must(t, os.WriteFile(file, []byte(text), 0o600))
		if text, err := c.kubectl(append(strings.Fields(verb), "-f", file)...); err != nil {
			t.Fatalf("%s: %s", verb, text)
		}
		c.settled()
		pod := c.pods()["my-session-manager"]
		if container(pod, "session-manager").LivenessProbe != nil || *pod.Spec.TerminationGracePeriodSeconds != 30 {
			t.Errorf("%s: the nulls were lost: %v", verb, pod.Spec)
		}
		c.quiet()
		c.noSyncErrors()
	}
}

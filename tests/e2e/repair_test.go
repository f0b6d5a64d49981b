package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestPodsThatGoComeBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	before := c.pods()
	for i, pod := range []string{"my-executor-manager-1", "my-session-manager"} {
		must(t, c.core.CoreV1().Pods(c.namespace).Delete(c.ctx, pod, metav1.DeleteOptions{}))
		c.until(pod+" is new", func() error {
			if uid := c.pods()[pod].UID; uid == "" || uid == before[pod].UID {
				return fmt.Errorf("it is %q", uid)
			}
			return nil
		})
		c.settled()
		if err := same(len(kept(before, c.pods())), 3-i); err != nil {
			t.Errorf("kept after %s went: %v", pod, err)
		}
	}
	c.noSyncErrors()
}

// A node that is lost: its Pods are deleted by force, with no kubelet to end them.
func TestPodsDeletedByForce(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	now := int64(0)
	before := c.pods()
	for _, pod := range []string{"my-executor-manager-0", "my-executor-manager-2"} {
		must(t, c.core.CoreV1().Pods(c.namespace).Delete(c.ctx, pod, metav1.DeleteOptions{GracePeriodSeconds: &now}))
	}
	c.until("two new Pods", func() error { return same(len(c.pods())-len(kept(before, c.pods())), 2) })
	c.settled()
	if err := same(kept(before, c.pods()), []string{"my-executor-manager-1", "my-session-manager"}); err != nil {
		t.Error(err)
	}
}

func TestEvictedPodsAreReplaced(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	before, was := c.pods(), c.history()
	c.evict("my-executor-manager-2")
	was("status.message", containing("Pod my-executor-manager-2: Evicted: The node was low on resource: memory."))
	c.until("a new Pod", func() error { return same(len(kept(before, c.pods())), 3) })
	c.settled()
	c.noSyncErrors()
}

func TestEditedObjectsAreRepaired(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	before := c.pods()
	services, configs := c.core.CoreV1().Services(c.namespace), c.core.CoreV1().ConfigMaps(c.namespace)
	patches := func(edit string, kind types.PatchType) {
		t.Helper()
		_, err := services.Patch(c.ctx, "my-session-manager", kind, []byte(edit), metav1.PatchOptions{FieldManager: "somebody"})
		must(t, err)
	}
	isRight := func() error {
		service, err := services.Get(c.ctx, "my-session-manager", metav1.GetOptions{})
		if err != nil {
			return err
		}
		var ports []string
		for _, port := range service.Spec.Ports {
			ports = append(ports, fmt.Sprintf("%s %d->%s", port.Name, port.Port, port.TargetPort.String()))
		}
		if err := same(ports, []string{"http 8080->8080", "backend 8081->8081"}); err != nil {
			return err
		}
		return same(service.Spec.Selector, map[string]string{"app": "flame-session-manager", "flame.xflops.io/cluster": "my"})
	}
	for _, edit := range []struct {
		kind types.PatchType
		text string
	}{
		{types.MergePatchType, `{"spec": {"selector": {"app": "other"}}}`},
		{types.MergePatchType, `{"spec": {"selector": {"extra": "x"}}}`},
		{types.JSONPatchType, `[{"op": "replace", "path": "/spec/ports/0/port", "value": 9999}]`},
		{types.JSONPatchType, `[{"op": "replace", "path": "/spec/ports/1/targetPort", "value": 1234}]`},
		{types.JSONPatchType, `[{"op": "remove", "path": "/spec/ports/1"}]`},
	} {
		patches(edit.text, edit.kind)
		c.until("repair of "+edit.text, isRight)
	}
	_, err := configs.Patch(c.ctx, "my-config", types.MergePatchType, []byte(`{"data": {"flame-cluster.yaml": "x"}}`), metav1.PatchOptions{})
	must(t, err)
	hasText := func() error {
		config, err := configs.Get(c.ctx, "my-config", metav1.GetOptions{})
		if err == nil && !strings.Contains(config.Data["flame-cluster.yaml"], "endpoint: \"http://my-session-manager:8080\"") {
			err = fmt.Errorf("it holds %q", config.Data)
		}
		return err
	}
	c.until("repair of the ConfigMap", hasText)
	must(t, configs.Delete(c.ctx, "my-config", metav1.DeleteOptions{}))
	c.until("a new ConfigMap", hasText)
	must(t, services.Delete(c.ctx, "my-object-cache", metav1.DeleteOptions{}))
	c.until("a new Service", func() error {
		_, err := services.Get(c.ctx, "my-object-cache", metav1.GetOptions{})
		return err
	})
	c.settled()
	c.quiet()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	if err := same(c.at("status.configGeneration"), "1"); err != nil {
		t.Error(err)
	}
}

// Objects of the names that we would use, and of somebody else's, stay untouched.
func TestStrangersInTheWay(t *testing.T) {
	if os.Getenv("METACONTROLLER_MODE") == "server-side-apply" {
		t.Skip("Metacontroller takes objects over in this mode")
	}
	t.Parallel()
	c := newNamespace(t)
	_, err := c.core.CoreV1().ConfigMaps(c.namespace).Create(context.Background(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "my-config"},
		Data: map[string]string{"a": "b"}}, metav1.CreateOptions{})
	must(t, err)
	c.create("my", `{}`)
	c.until("the reason", func() error {
		if message := c.at("status.message"); !strings.Contains(message, "waiting for ConfigMap my-config") {
			return fmt.Errorf("%s", message)
		}
		return nil
	})
	c.quiet()
	config, err := c.core.CoreV1().ConfigMaps(c.namespace).Get(c.ctx, "my-config", metav1.GetOptions{})
	must(t, err)
	if err := same(config.Data, map[string]string{"a": "b"}); err != nil {
		t.Error(err)
	}
	if pods := c.pods(); len(pods) > 0 {
		t.Errorf("Pods without their configuration: %v", names(pods))
	}
	must(t, c.core.CoreV1().ConfigMaps(c.namespace).Delete(c.ctx, "my-config", metav1.DeleteOptions{}))
	c.settled()
}

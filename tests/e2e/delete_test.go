package e2e

import (
	"fmt"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDeleteInOrder(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	w, was := c.watch(), c.history()
	c.delete()
	was("status.state", exactly("Terminating"))
	c.gone()
	order, _ := w.end()
	if len(order) != 4 || order[3] != "my-session-manager" {
		t.Errorf("the session manager must go last: %v", order)
	}
	c.noSyncErrors()
}

func TestDeleteAtAnyTime(t *testing.T) {
	for name, prepare := range map[string]func(c *cluster){
		"at once":            func(*cluster) {},
		"while it comes up":  func(c *cluster) { c.until("a Pod", func() error { return atLeast(c, 1) }) },
		"while it rolls":     func(c *cluster) { c.settled(); c.patch(`{"spec": {"sessionManager": {"slot": "cpu=2,mem=4g"}}}`) },
		"while suspending":   func(c *cluster) { c.settled(); c.patch(`{"spec": {"suspend": true}}`) },
		"when suspended":     func(c *cluster) { c.patch(`{"spec": {"suspend": true}}`); c.untilAt("status.message", "Suspended") },
		"with a failing Pod": func(c *cluster) { c.settled(); c.patch(`{"spec": {"executorManager": {"image": "nopull:1"}}}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newNamespace(t)
			c.create("my", `{}`)
			prepare(c)
			c.delete()
			c.gone()
			c.noSyncErrors()
		})
	}
}

func atLeast(c *cluster, count int) error {
	if found := len(c.pods()); found < count {
		return fmt.Errorf("%d Pods", found)
	}
	return nil
}

func TestDeleteTheNamespace(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	must(t, c.core.CoreV1().Namespaces().Delete(c.ctx, c.namespace, metav1.DeleteOptions{}))
	c.until("the namespace is gone", func() error {
		_, err := c.core.CoreV1().Namespaces().Get(c.ctx, c.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %v", err)
	})
}

// Two clusters in one namespace, and the same name in another one, do not touch each other.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	c, other := newCluster(t, `{}`), newCluster(t, `{}`)
	second := *c
	second.name = "my-2"
	second.create("my-2", `{}`)
	second.settled()
	if err := same(len(c.pods()), 8); err != nil {
		t.Errorf("Pods: %v", err)
	}
	before, others := c.pods(), other.pods()
	second.delete()
	second.until("gone", func() error {
		if second.get() != nil {
			return fmt.Errorf("still there")
		}
		if left := c.left(); slices.ContainsFunc(left, func(name string) bool { return name == "services/my-2-session-manager" }) {
			return fmt.Errorf("left: %v", left)
		}
		return same(len(c.pods()), 4)
	})
	c.settled()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	if err := same(len(kept(others, other.pods())), 4); err != nil {
		t.Errorf("kept in the other namespace: %v", err)
	}
	c.noSyncErrors()
}

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const stateful = `{"spec": {"executorManager": {"workload": "StatefulSet"}}}`

// owners are the kinds that own the executor managers.
func (c *cluster) owners() string {
	found := map[string]bool{}
	for name, pod := range c.pods() {
		if owner := metav1.GetControllerOf(&pod); owner != nil && strings.Contains(name, "-executor-manager-") {
			found[owner.Kind] = true
		}
	}
	return strings.Join(names(found), " ")
}

// One object makes the Pods, with the names that they have otherwise; the operator still says how many and when.
func TestStatefulSet(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stateful)
	c.quiet()
	if err := same(names(c.pods()), []string{"my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2", "my-session-manager"}); err != nil {
		t.Errorf("Pods: %v", err)
	}
	if err := same(c.owners(), "StatefulSet"); err != nil {
		t.Errorf("owner: %v", err)
	}
	if text, err := c.kubectl("scale", "flc/my", "--replicas=4"); err != nil {
		t.Fatal(text)
	}
	c.settled()
	before, w := c.pods(), c.watch()
	c.patch(`{"spec": {"sessionManager": {"slot": "cpu=2,mem=4g"}}}`)
	c.settled()
	order, fewest := w.end()
	if err := same(order, []string{"my-session-manager", "my-executor-manager-3", "my-executor-manager-2", "my-executor-manager-1", "my-executor-manager-0"}); err != nil {
		t.Errorf("the order %v", err)
	}
	if fewest < 3 {
		t.Errorf("%d of 4 executor managers were ready at the least", fewest)
	}
	if still := kept(before, c.pods()); len(still) > 0 {
		t.Errorf("not replaced: %v", still)
	}
	c.quiet()
	c.noSyncErrors()
}

func TestStatefulSetPausedOnDeleteRecreate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"workload": "StatefulSet", "updateStrategy": {"paused": true}}}}`)
	before := c.pods()
	c.patch(`{"spec": {"executorManager": {"image": "executor:2"}}}`)
	c.until("paused", func() error { return same(c.condition("Ready"), "False/Paused") })
	c.quiet()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept while paused: %v", err)
	}
	c.patch(`{"spec": {"executorManager": {"updateStrategy": {"paused": false, "type": "OnDelete"}}}}`)
	c.settled()
	must(t, c.core.CoreV1().Pods(c.namespace).Delete(c.ctx, "my-executor-manager-1", metav1.DeleteOptions{}))
	c.untilAt("status.executorManager.updated", "1")
	c.settled()
	if err := same(len(kept(before, c.pods())), 3); err != nil {
		t.Errorf("kept with OnDelete: %v", err)
	}
	c.quiet()
	c.patch(`{"spec": {"executorManager": {"updateStrategy": {"type": "Recreate"}}}}`)
	c.settled()
	if err := same(kept(before, c.pods()), []string{"my-session-manager"}); err != nil {
		t.Errorf("kept with Recreate: %v", err)
	}
	c.quiet()
	c.noSyncErrors()
}

// The names are the same, so one form goes before the other comes, and nothing is left of it.
func TestSwitchTheWorkload(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	for i, form := range []struct{ workload, owner string }{{"StatefulSet", "StatefulSet"}, {"Pods", "FlameCluster"}, {"StatefulSet", "StatefulSet"}} {
		before := c.pods()
		c.patch(fmt.Sprintf(`{"spec": {"executorManager": {"workload": %q}}}`, form.workload))
		c.until(form.workload, func() error { return same(c.owners(), form.owner) })
		c.settled()
		c.quiet()
		if err := same(kept(before, c.pods()), []string{"my-session-manager"}); err != nil {
			t.Errorf("kept at switch %d: %v", i, err)
		}
		if err := same(strings.Contains(strings.Join(c.left(), " "), "statefulsets/"), form.workload == "StatefulSet"); err != nil {
			t.Errorf("the StatefulSet is there: %v", err)
		}
	}
	c.noSyncErrors()
}

func TestStatefulSetSuspendAndDelete(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stateful)
	w := c.watch()
	c.patch(`{"spec": {"suspend": true}}`)
	c.untilAt("status.message", "Suspended")
	order, _ := w.end()
	if len(order) != 4 || order[3] != "my-session-manager" {
		t.Errorf("the session manager must go last: %v", order)
	}
	c.quiet()
	c.patch(`{"spec": {"suspend": false}}`)
	c.settled()
	w = c.watch()
	c.delete()
	c.gone()
	order, _ = w.end()
	if len(order) != 4 || order[3] != "my-session-manager" {
		t.Errorf("the session manager must go last: %v", order)
	}
	if err := same(names(c.pods()), []string(nil)); err != nil {
		t.Errorf("left: %v", err)
	}
	c.noSyncErrors()
}

// Evictions are allowed as the budget says, whoever owns the Pods: Kubernetes finds out how many there are to be.
func TestBudgetOfEitherWorkload(t *testing.T) {
	for _, workload := range []string{"Pods", "StatefulSet"} {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, fmt.Sprintf(`{"spec": {"executorManager": {"replicas": 4, "workload": %q, "disruptionBudget": {"maxUnavailable": "25%%"}}}}`, workload))
			c.until("evictions are allowed", func() error {
				// Kubernetes looks for new kinds every half minute, and at a budget again when one of its Pods changes.
				if text, err := c.kubectl("annotate", "pods", "--all", "--overwrite", fmt.Sprint("e2e/looked-at=", time.Now().Unix())); err != nil {
					return errors.New(text)
				}
				budget, err := c.core.PolicyV1().PodDisruptionBudgets(c.namespace).Get(c.ctx, "my-executor-manager", metav1.GetOptions{})
				if err != nil {
					return err
				}
				return same(fmt.Sprint(budget.Status.ExpectedPods, budget.Status.DesiredHealthy, budget.Status.DisruptionsAllowed), "4 3 1")
			})
			c.patch(`{"spec": {"executorManager": {"disruptionBudget": {"maxUnavailable": null, "minAvailable": 4}}}}`)
			c.until("none are", func() error {
				budget, err := c.core.PolicyV1().PodDisruptionBudgets(c.namespace).Get(c.ctx, "my-executor-manager", metav1.GetOptions{})
				if err != nil {
					return err
				}
				return same(fmt.Sprint(budget.Status.DesiredHealthy, budget.Status.DisruptionsAllowed), "4 0")
			})
			c.quiet()
			c.patch(`{"spec": {"executorManager": {"disruptionBudget": null}}}`)
			c.until("no budget", func() error {
				return same(strings.Contains(strings.Join(c.left(), " "), "poddisruptionbudgets/"), false)
			})
			c.noSyncErrors()
		})
	}
}

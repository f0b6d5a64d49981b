package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// watcher notes, from the Pods' own events, in which order they are deleted and how few executor managers are ever Ready.
type watcher struct {
	*cluster
	mu       sync.Mutex
	versions map[string]string // of the Pods that are there
	ready    map[string]bool
	deleted  []string
	fewest   int
	stop     func()
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

func (c *cluster) watch() *watcher {
	c.Helper()
	w := &watcher{cluster: c, versions: map[string]string{}, ready: map[string]bool{}}
	list, err := c.core.CoreV1().Pods(c.namespace).List(c.ctx, metav1.ListOptions{})
	must(c.T, err)
	for i := range list.Items {
		w.see(&list.Items[i])
	}
	w.fewest = w.count()
	events, err := c.core.CoreV1().Pods(c.namespace).Watch(c.ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	must(c.T, err)
	w.stop = events.Stop
	c.Cleanup(events.Stop)
	go func() {
		for event := range events.ResultChan() {
			if pod, ok := event.Object.(*corev1.Pod); ok {
				w.mu.Lock()
				w.see(pod)
				if event.Type == watch.Deleted {
					delete(w.versions, pod.Name)
				}
				w.fewest = min(w.fewest, w.count())
				w.mu.Unlock()
			}
		}
	}()
	return w
}

func (w *watcher) see(pod *corev1.Pod) {
	w.versions[pod.Name] = pod.ResourceVersion
	if !strings.Contains(pod.Name, "-session-manager") {
		w.ready[pod.Name] = isReady(pod)
	}
	if pod.DeletionTimestamp != nil && (len(w.deleted) == 0 || w.deleted[len(w.deleted)-1] != pod.Name) {
		w.deleted = append(w.deleted, pod.Name)
	}
}

func (w *watcher) count() int {
	count := 0
	for _, ready := range w.ready {
		if ready {
			count++
		}
	}
	return count
}

// hasCaughtUp: an event tells of a change later than a list does.
func (w *watcher) hasCaughtUp() error {
	now := map[string]string{}
	for name, pod := range w.pods() {
		now[name] = pod.ResourceVersion
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return same(w.versions, now)
}

// end gives back which Pods were deleted, each once, in order, and the fewest executor managers that were Ready at any time.
func (w *watcher) end() ([]string, int) {
	w.Helper()
	w.until("the events of all that happened", w.hasCaughtUp)
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	var order []string
	seen := map[string]bool{}
	for _, name := range w.deleted {
		if !seen[name] {
			order = append(order, name)
		}
		seen[name] = true
	}
	return order, w.fewest
}

func TestConfigChangeRollsTheSessionManagerFirst(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 4}}}`)
	before, w := c.pods(), c.watch()
	c.patch(`{"spec": {"sessionManager": {"slot": "cpu=2,mem=4g"}}}`)
	c.settled()
	order, fewest := w.end()
	if err := same(order, []string{"my-session-manager", "my-executor-manager-3", "my-executor-manager-2", "my-executor-manager-1", "my-executor-manager-0"}); err != nil {
		t.Errorf("the order %v", err)
	}
	if fewest < 3 {
		t.Errorf("%d of 4 executor managers were ready at the least; a quarter may be away", fewest)
	}
	if still := kept(before, c.pods()); len(still) > 0 {
		t.Errorf("not replaced: %v", still)
	}
	if err := same(c.at("status.configGeneration"), "2"); err != nil {
		t.Errorf("configGeneration %v", err)
	}
	c.quiet()
	c.noSyncErrors()
}

func TestMaxUnavailable(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 8, "updateStrategy": {"maxUnavailable": "50%"}}}}`)
	before, w := c.pods(), c.watch()
	c.patch(`{"spec": {"executorManager": {"image": "executor:2", "resources": {"limits": {"memory": "1024Mi"}}}}}`)
	c.settled()
	order, fewest := w.end()
	if fewest < 4 || len(order) != 8 {
		t.Errorf("%d of 8 were ready at the least, %d were replaced", fewest, len(order))
	}
	if err := same(kept(before, c.pods()), []string{"my-session-manager"}); err != nil {
		t.Errorf("kept: %v", err)
	}
	// The same quantity in other words is no change.
	before = c.pods()
	c.patch(`{"spec": {"executorManager": {"resources": {"limits": {"memory": "1Gi"}}}}}`)
	c.settled()
	c.quiet()
	if err := same(len(kept(before, c.pods())), 9); err != nil {
		t.Errorf("kept: %v", err)
	}
	c.noSyncErrors()
}

// An image that cannot be pulled takes no more than the budget, says why, and goes back without harm.
func TestBadImageStopsTheRollOut(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 4}}}`)
	before := c.pods()
	c.patch(`{"spec": {"executorManager": {"image": "registry.example/nopull:2"}}}`)
	c.until("stalled", func() error { return same(c.condition("Stalled"), "True/PodsFailing") })
	c.quiet()
	if message := c.at("status.message"); !strings.HasPrefix(message, "3/4 Executor Managers ready: Pod my-executor-manager-3: ImagePullBackOff: Back-off pulling image") {
		t.Error(message)
	}
	if err := same(c.at("status.state"), "Running"); err != nil {
		t.Error(err)
	}
	c.patch(`{"spec": {"executorManager": {"image": "executor:1"}}}`)
	c.settled()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	c.noSyncErrors()
}

func TestPausedOnDeleteRecreate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"updateStrategy": {"paused": true}}}}`)
	before := c.pods()
	c.patch(`{"spec": {"executorManager": {"maxExecutors": 7}}}`)
	c.until("paused", func() error { return same(c.condition("Ready"), "False/Paused") })
	c.quiet()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept while paused: %v", err)
	}
	c.patch(`{"spec": {"executorManager": {"updateStrategy": {"paused": false, "type": "OnDelete"}}}}`)
	c.settled() // the session manager is new; the others are kept for their user to delete
	if err := same(kept(before, c.pods()), []string{"my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2"}); err != nil {
		t.Errorf("kept with OnDelete: %v", err)
	}
	must(t, c.core.CoreV1().Pods(c.namespace).Delete(c.ctx, "my-executor-manager-1", metav1.DeleteOptions{}))
	c.untilAt("status.executorManager.updated", "1")
	c.settled()
	c.patch(`{"spec": {"executorManager": {"updateStrategy": {"type": "Recreate"}}}}`)
	c.settled()
	if still := kept(before, c.pods()); len(still) > 0 {
		t.Errorf("not recreated: %v", still)
	}
	c.noSyncErrors()
}

func TestSuspendAndResume(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	w := c.watch()
	c.patch(`{"spec": {"suspend": true}}`)
	c.untilAt("status.message", "Suspended")
	order, _ := w.end()
	if len(order) != 4 || order[3] != "my-session-manager" {
		t.Errorf("the session manager must go last: %v", order)
	}
	if err := same(c.left(), []string{"configmaps/my-config", "services/my-object-cache", "services/my-session-manager"}); err != nil {
		t.Error(err)
	}
	c.quiet()
	c.patch(`{"spec": {"suspend": false}}`)
	c.settled()
	if err := same(c.at("status.configGeneration"), "1"); err != nil {
		t.Error(err)
	}
	c.noSyncErrors()
}

// As large as clusters get in practice: it comes up, and one changed executor image rolls through it.
func TestThreeHundredExecutors(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute")
	}
	t.Parallel()
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 300}}}`)
	begin, w := time.Now(), c.watch()
	c.patch(`{"spec": {"executorManager": {"image": "executor:2"}}}`)
	c.settled()
	order, fewest := w.end()
	if len(order) != 300 || fewest < 225 {
		t.Errorf("%d replaced, %d ready at the least", len(order), fewest)
	}
	t.Logf("rolled in %s", time.Since(begin).Round(time.Second))
	c.noSyncErrors()
	c.delete()
	c.gone()
}

func TestPodsThatCannotBeScheduled(t *testing.T) {
	t.Parallel()
	c := newNamespace(t)
	c.create("my", `{"spec": {"executorManager": {"replicas": 1, "resources": {"requests": {"cpu": "9000"}}}}}`)
	c.until("the reason", func() error {
		if message := c.at("status.message"); !strings.Contains(message, "Pod my-executor-manager-0: Unschedulable: ") {
			return fmt.Errorf("%s", message)
		}
		return nil
	})
	if err := same(c.at("status.state"), "Pending"); err != nil {
		t.Error(err)
	}
	c.patch(`{"spec": {"executorManager": {"resources": {"requests": {"cpu": "1"}}}}}`)
	c.settled()
}

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// exchange is a request of Metacontroller's and our answer, as values.
type exchange struct {
	hook              string
	now               time.Time
	request, response map[string]any
}

// recorder keeps what goes through the proxy about one namespace.
type recorder struct {
	mu        sync.Mutex
	namespace string
	exchanges []exchange
}

func (r *recorder) keep(path string, body []byte, answer *http.Response, text []byte) {
	e := exchange{hook: path[strings.LastIndex(path, "/")+1:]}
	now, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, &e.request) != nil || json.Unmarshal(text, &e.response) != nil {
		return
	}
	e.now = now.UTC()
	r.mu.Lock()
	defer r.mu.Unlock()
	if dig(e.request, "parent.metadata.namespace") == r.namespace {
		r.exchanges = append(r.exchanges, e)
	}
}

// dig is the value at a dotted path; nil when there is none.
func dig(value any, path string) any {
	for _, name := range strings.Split(path, ".") {
		members, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = members[name]
	}
	return value
}

// child is an observed child; both versions of the hook's requests are understood. nil: it is not observed.
func (e *exchange) child(kind, name string) any {
	children, _ := e.request["children"].(map[string]any)
	for key, child := range children[kind].(map[string]any) {
		if key[strings.LastIndex(key, "/")+1:] == name {
			return child
		}
	}
	return nil
}

func (e *exchange) pod(name string) any { return e.child("Pod.v1", name) }

func isTerminating(object any) bool { return dig(object, "metadata.deletionTimestamp") != nil }

func (e *exchange) message() string { return fmt.Sprint(dig(e.response, "status.message")) }

func (e *exchange) ready() bool {
	return strings.HasPrefix(e.message(), "All components healthy")
}

// situation is a moment in a cluster's life that is worth a fixture.
type situation struct {
	name, hook string
	is         func(e *exchange) bool
}

const sm, e0, e1, e2 = "my-session-manager", "my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2"

var situations = []situation{
	{"first", "sync", func(e *exchange) bool { return e.pod(sm) == nil && e.child("ConfigMap.v1", "my-config") == nil }},
	{"pods-pending", "sync", func(e *exchange) bool { return e.pod(sm) != nil && dig(e.pod(sm), "status.phase") == "Pending" }},
	{"session-manager-ready", "sync", func(e *exchange) bool {
		return e.pod(e0) == nil && dig(e.response, "status.sessionManager.ready") == 1.0 && dig(e.request, "parent.spec.executorManager.replicas") == 3.0
	}},
	{"running", "sync", func(e *exchange) bool { return e.ready() && e.pod(e2) != nil }},
	{"config-changed", "sync", func(e *exchange) bool {
		return dig(e.response, "status.configGeneration") == 2.0 && dig(e.request, "parent.status.configGeneration") == 1.0
	}},
	{"session-manager-terminating", "sync", func(e *exchange) bool { return isTerminating(e.pod(sm)) }},
	{"session-manager-gone", "sync", func(e *exchange) bool { return e.pod(sm) == nil && e.pod(e2) != nil }},
	{"executor-terminating", "sync", func(e *exchange) bool { return isTerminating(e.pod(e2)) }},
	{"image-pull-back-off", "sync", func(e *exchange) bool { return strings.Contains(e.message(), "ImagePullBackOff") }},
	{"executor-evicted", "sync", func(e *exchange) bool { return strings.Contains(e.message(), "Evicted") }},
	{"scaled-down", "sync", func(e *exchange) bool { return strings.HasPrefix(e.message(), "Scaling down") }},
	{"suspending", "sync", func(e *exchange) bool { return strings.HasPrefix(e.message(), "Suspending") }},
	{"suspended", "sync", func(e *exchange) bool { return e.message() == "Suspended" }},
	{"own-cache-running", "sync", func(e *exchange) bool { return e.ready() && e.pod("my-object-cache-0") != nil }},
	{"stateful-set-running", "sync", func(e *exchange) bool {
		return e.ready() && e.child("StatefulSet.apps/v1", "my-executor-manager") != nil
	}},
	{"storage-from-secret", "sync", func(e *exchange) bool { return e.ready() && e.child("Secret.v1", "my-config") != nil }},
	{"first", "finalize", func(e *exchange) bool { return e.pod(sm) != nil && !isTerminating(e.pod(sm)) }},
	{"session-manager-terminating", "finalize", func(e *exchange) bool { return isTerminating(e.pod(sm)) }},
	{"last", "finalize", func(e *exchange) bool { return dig(e.response, "finalized") == true }},
}

// live leads a cluster through all situations.
func live(c *cluster) {
	c.create("my", `{"spec": {"executorManager": {"replicas": 3}}}`)
	c.settled()
	c.patch(`{"spec": {"sessionManager": {"slot": "cpu=1,mem=1g"}}}`)
	c.settled()
	c.patch(`{"spec": {"executorManager": {"image": "nopull:1"}}}`)
	c.until("stalled", func() error { return same(c.condition("Stalled"), "True/PodsFailing") })
	c.patch(`{"spec": {"executorManager": {"image": "executor:1"}}}`)
	c.settled()
	before := c.pods()
	c.evict(e1)
	c.until("a new Pod", func() error { return same(len(kept(before, c.pods())), 3) })
	c.settled()
	c.patch(`{"spec": {"executorManager": {"replicas": 1}}}`)
	c.settled()
	c.patch(`{"spec": {"suspend": true}}`)
	c.untilAt("status.message", "Suspended")
	c.patch(`{"spec": {"suspend": false, "executorManager": {"replicas": 2}, "objectCache": {"image": "cache:1"}}}`)
	c.settled()
	c.patch(`{"spec": {"objectCache": {"image": null}, "executorManager": {"workload": "StatefulSet"}}}`)
	c.settled()
	_, err := c.core.CoreV1().Secrets(c.namespace).Create(c.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "storage"},
		StringData: map[string]string{"uri": "fs:///var/lib/flame/sessions"}}, metav1.CreateOptions{})
	must(c.T, err)
	c.patch(`{"spec": {"executorManager": {"workload": "Pods"}, "sessionManager": {"storageFrom": {"secretKeyRef": {"name": "storage", "key": "uri"}}}}}`)
	c.settled()
	c.delete()
	c.gone()
}

func writeJSON(t *testing.T, path string, value any) {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	must(t, err)
	must(t, os.WriteFile(path, append(text, '\n'), 0o644))
}

// TestRecord writes what it sees to E2E_RECORD (`./dev e2e --record DIR`), a fixture for each situation.
func TestRecord(t *testing.T) {
	dir := os.Getenv("E2E_RECORD")
	if dir == "" {
		t.Skip("nothing is to be recorded")
	}
	c := newNamespace(t)
	r := &recorder{namespace: c.namespace}
	world.proxy.record(r)
	defer world.proxy.record(nil)
	live(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range situations {
		found := false
		for i := len(r.exchanges) - 1; i >= 0 && !found; i-- {
			e := &r.exchanges[i]
			if e.hook != s.hook || !s.is(e) {
				continue
			}
			found = true
			folder := filepath.Join(dir, s.hook, s.name)
			must(t, os.MkdirAll(folder, 0o755))
			compact, err := json.Marshal(e.request)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(folder, "request.json"), append(compact, 0x0a), 0o644))
			writeJSON(t, filepath.Join(folder, "response.json"), e.response)
			writeJSON(t, filepath.Join(folder, "opts.json"), map[string]string{"now": e.now.Format(time.RFC3339)})
		}
		if !found {
			t.Errorf("%s %s was never seen", s.hook, s.name)
		}
	}
	t.Logf("%d situations of %d exchanges", len(situations), len(r.exchanges))
}

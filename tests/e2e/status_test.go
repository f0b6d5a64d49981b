package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// What kubectl prints is kept as tests/cli/status has it, when STATUS_RECORD names a folder: STATUS_RECORD=DIR ./dev e2e -run TestStatus.
const recordingKubectl = `#!/bin/sh
case " $* " in
*" events "*) what=events ;;
*" --selector "*) what=children ;;
*) what=parents ;;
esac
"$REAL_KUBECTL" "$@" >"$STATUS_RECORD/$what.json" 2>"$STATUS_RECORD/$what.err"
code=$?
cat "$STATUS_RECORD/$what.json"
cat "$STATUS_RECORD/$what.err" >&2
exit $code
`

// status runs `flame-operator status` with the real kubectl; the exit code and what it prints.
func (c *cluster) status(scene string, args ...string) (int, string) {
	c.Helper()
	kubectl := filepath.Join(world.bin, "kubectl")
	env := append(os.Environ(), "LC_ALL=C.UTF-8", "COLUMNS=200", "REAL_KUBECTL="+kubectl)
	if folder := os.Getenv("STATUS_RECORD"); folder != "" && scene != "" {
		folder = filepath.Join(folder, scene)
		must(c.T, os.MkdirAll(folder, 0o755))
		kubectl = filepath.Join(c.TempDir(), "kubectl")
		must(c.T, os.WriteFile(kubectl, []byte(recordingKubectl), 0o755))
		env = append(env, "STATUS_RECORD="+folder)
	}
	kubeconfig := world.kubeconfig
	command := exec.Command(world.operator.program, append([]string{"status", "--kubeconfig", kubeconfig, "-n", c.namespace}, args...)...)
	command.Env = append(env, "KUBECTL="+kubectl)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.Fatal(err)
	}
	return command.ProcessState.ExitCode(), out.String()
}

// says waits for the exit code and words of a picture, in their order: it shows all objects as they are, each of which comes in its time.
func (c *cluster) says(scene string, code int, words ...string) {
	c.Helper()
	c.until(scene, func() error {
		found, text := c.status(scene, c.name)
		rest := strings.Join(strings.Fields(text), " ")
		for _, word := range words {
			_, after, ok := strings.Cut(rest, word)
			if !ok {
				return fmt.Errorf("does not say %q there:\n%s", word, text)
			}
			rest = after
		}
		if found != code {
			return fmt.Errorf("ends with %d, must end with %d:\n%s", found, code, text)
		}
		return nil
	})
}

func TestStatusOfAClustersLife(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"networkPolicy": {"enabled": true}, "executorManager": {"disruptionBudget": {"maxUnavailable": 1}}}}`)
	c.untilEndpoints("my-object-cache", "my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2")
	c.untilEndpoints("my-session-manager", "my-session-manager")
	c.says("settled", 0, c.namespace+"/my Running generation 1, config 1, age", "All components healthy", "session manager 1/1 ready", "✓ session-manager ready node-",
		"executor managers 3/3 ready", "✓ executor-manager-0 ready node-", "✓ executor-manager-2 ready node-", "object cache served by the executor managers",
		"ConfigMap my-config 1 file, config generation 1", "NetworkPolicy my 1 ingress rule", "PodDisruptionBudget my-executor-manager",
		"Service my-object-cache ClusterIP,", "3 of 3 endpoints ready", "1 of 1 endpoint ready", "Ready True AllComponentsReady")

	c.patch(`{"spec": {"executorManager": {"image": "nopull:2", "replicas": 8}}}`)
	c.until("stuck", func() error { return same(c.condition("Stalled"), "True/PodsFailing") })
	c.until("all new ones fail", func() error { return same(c.at("status.executorManager.current"), "8") })
	code, text := c.status("", "my", "-o", "json")
	if code != 1 || !strings.Contains(text, `"reason": "ImagePullBackOff"`) || !strings.Contains(text, `"old": true`) {
		t.Errorf("%d: %s", code, text)
	}
	c.says("", 1, "Running, not ready generation 2", "updated", "✗ executor-manager-", "ImagePullBackOff", `Back-off pulling image "nopull:2"`, "ready, old template",
		"Stalled True PodsFailing")

	c.patch(`{"spec": {"suspend": true, "executorManager": {"image": "executor:1"}}}`)
	c.untilAt("status.message", "Suspended")
	c.says("suspended", 1, "Suspended, not ready", "session manager none wanted", "executor managers none wanted")

	if code, text := c.status("", "none"); code != 3 || text != "flame-operator: status: Error from server (NotFound): flameclusters.flame.xflops.io \"none\" not found\n" {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := c.status(""); code != 1 || !strings.Contains(text, "Suspended") || strings.Count(text, "\n") != 2 {
		t.Errorf("%d: %s", code, text)
	}
	c.noSyncErrors()
}

// A roll-out that stops: what is of the old template is known, and with a Secret in the spec, which is not read, too.
func TestStatusOfARollOut(t *testing.T) {
	t.Parallel()
	for name, patch := range map[string]string{"failed-image": `{}`,
		"failed-image-and-secret": `{"spec": {"sessionManager": {"storageFrom": {"secretKeyRef": {"name": "db", "key": "uri"}}}}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newNamespace(t)
			_, err := c.core.CoreV1().Secrets(c.namespace).Create(c.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db"},
				StringData: map[string]string{"uri": "sqlite://flame.db"}}, metav1.CreateOptions{})
			must(t, err)
			c.create("my", patch)
			c.patch(`{"spec": {"executorManager": {"replicas": 8}}}`)
			c.settled()
			c.patch(`{"spec": {"executorManager": {"image": "nopull:2"}}}`)
			c.until("stuck", func() error { return same(c.condition("Stalled"), "True/PodsFailing") })
			c.untilAt("status.executorManager.updated", "2")
			c.says(name, 1, "executor managers 6/8 ready, updated 2 of 8, 2 unavailable of at most 2",
				"✗ executor-manager-6..7 ImagePullBackOff 2 Pods", "✓ executor-manager-0..5 ready, old template 6 Pods")
		})
	}
}

func TestStatusOfOtherForms(t *testing.T) {
	t.Parallel()
	t.Run("stateful", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t, `{"spec": {"executorManager": {"workload": "StatefulSet"}}}`)
		c.says("stateful", 0, "executor managers 3/3 ready, StatefulSet", "✓ executor-manager-0 ready", "StatefulSet my-executor-manager 3 of 3 ready, 3 updated")
	})
	t.Run("cache-claims", func(t *testing.T) {
		t.Parallel()
		c := newNamespace(t)
		c.volume("my-object-cache-0", "20Gi")
		c.create("my", `{"spec": {"objectCache": {"image": "cache:1", "replicas": 2, "persistence": {"size": "2Gi"}}}}`)
		c.until("one cache ready", func() error { return same(c.at("status.objectCache.ready"), "1") })
		c.until("the other one is waited for", func() error {
			if message := c.at("status.message"); !strings.Contains(message, "my-object-cache-1: Unschedulable") {
				return errors.New(message)
			}
			return nil
		})
		c.says("cache-claims", 1, "object cache 1/2 ready", "• object-cache-1 Unschedulable no node", "✓ object-cache-0 ready",
			"PersistentVolumeClaim my-object-cache-0 Bound, 20Gi", "PersistentVolumeClaim my-object-cache-1 Pending, 2Gi asked for")
	})
	t.Run("terminating", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t, `{}`)
		hold := func(finalizers string) {
			_, err := c.core.CoreV1().Pods(c.namespace).Patch(c.ctx, "my-executor-manager-1", types.MergePatchType,
				fmt.Appendf(nil, `{"metadata":{"finalizers":%s}}`, finalizers), metav1.PatchOptions{})
			must(t, err)
		}
		hold(`["e2e/hold"]`)
		c.delete()
		c.untilAt("status.message", "Deleting: 2 Pods and 3 other objects left")
		c.says("terminating", 1, "Terminating, not ready", "being deleted for", "session manager 1 Pod left", "executor managers 1 Pod left", "• executor-manager-1 terminating")
		hold(`null`)
		c.gone()
	})
}

// With few rights: what cannot be read is told, and the rest is shown.
func TestStatusWithFewRights(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "some"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"flame.xflops.io", ""}, Resources: []string{"flameclusters", "pods"}, Verbs: []string{"get", "list"}}}}
	_, err := c.core.RbacV1().Roles(c.namespace).Create(c.ctx, role, metav1.CreateOptions{})
	must(t, err)
	_, err = c.core.RbacV1().RoleBindings(c.namespace).Create(c.ctx, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "some"},
		RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "some"},
		Subjects: []rbacv1.Subject{{Kind: "User", Name: "some-" + c.namespace, APIGroup: "rbac.authorization.k8s.io"}}}, metav1.CreateOptions{})
	must(t, err)
	text, err := os.ReadFile(world.kubeconfig)
	must(t, err)
	// the same server, as somebody else
	as := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, os.WriteFile(as, bytes.Replace(text, []byte("{token: "), []byte("{as: some-"+c.namespace+", token: "), 1), 0o600))
	c.until("the rights", func() error {
		if code, text := c.status("partly", "my", "--kubeconfig", as); code != 0 {
			return errors.New(text)
		}
		return nil
	})
	_, shown := c.status("", "my", "--kubeconfig", as)
	for _, words := range []string{"✓ executor-manager-2", "not shown: Error from server (Forbidden): services is forbidden", "events is forbidden"} {
		if !strings.Contains(shown, words) {
			t.Errorf("does not say %q:\n%s", words, shown)
		}
	}
	if code, text := c.status("", "my", "--kubeconfig", as, "-n", "default"); code != 3 || !strings.Contains(text, "flame-operator: status: Error from server (Forbidden): ") {
		t.Errorf("%d: %s", code, text)
	}
}

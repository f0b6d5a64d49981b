package e2e

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const secretValue = "fs:///var/lib/flame/pa55word"

func (c *cluster) secret(name string, values map[string]string) {
	c.Helper()
	_, err := c.core.CoreV1().Secrets(c.namespace).Create(c.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: values}, metav1.CreateOptions{})
	must(c.T, err)
}

func (c *cluster) editSecret(name, patch string) {
	c.Helper()
	_, err := c.core.CoreV1().Secrets(c.namespace).Patch(c.ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	must(c.T, err)
}

func TestStorageFromASecret(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"sessionManager": {"storage": "none"}}}`)
	before := c.pods()
	c.patch(`{"spec": {"sessionManager": {"storage": null, "storageFrom": {"secretKeyRef": {"name": "storage", "key": "uri"}}}}}`)
	c.until("the missing Secret is named", func() error { return same(c.condition("ReferencesResolved"), "False/SecretNotFound") })
	c.quiet()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept while the Secret is missing: %v", err)
	}
	c.secret("storage", map[string]string{"other": "x"})
	c.until("the missing key is named", func() error { return same(c.condition("ReferencesResolved"), "False/SecretKeyNotFound") })
	c.editSecret("storage", `{"stringData": {"uri": "`+secretValue+`"}}`)
	c.settled()
	if still := kept(before, c.pods()); len(still) > 0 {
		t.Errorf("not rolled: %v", still)
	}
	config, err := c.core.CoreV1().Secrets(c.namespace).Get(c.ctx, "my-config", metav1.GetOptions{})
	must(t, err)
	if !strings.Contains(string(config.Data["flame-cluster.yaml"]), secretValue) {
		t.Error("the Secret my-config does not hold the storage")
	}
	c.until("the ConfigMap is gone", func() error {
		for _, name := range c.left() {
			if name == "configmaps/my-config" {
				return same(name, "gone")
			}
		}
		return nil
	})
	// A Secret that is only labelled restarts nothing, one with another value does.
	before = c.pods()
	c.editSecret("storage", `{"metadata": {"labels": {"a": "b"}}}`)
	c.quiet()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept after a label: %v", err)
	}
	c.editSecret("storage", `{"stringData": {"uri": "`+secretValue+`2"}}`)
	c.untilAt("status.configGeneration", "3")
	c.settled()
	if still := kept(before, c.pods()); len(still) > 0 {
		t.Errorf("not rolled: %v", still)
	}
	must(t, c.core.CoreV1().Secrets(c.namespace).Delete(c.ctx, "storage", metav1.DeleteOptions{}))
	c.until("the loss is named", func() error { return same(c.condition("ReferencesResolved"), "False/SecretNotFound") })
	if err := same(len(c.pods()), 4); err != nil {
		t.Errorf("Pods after the Secret went: %v", err)
	}
	c.noSyncErrors()
	c.holdsNoSecret()
	c.delete()
	c.gone()
}

// holdsNoSecret: the value stands in no object but Secrets, and in no log.
func (c *cluster) holdsNoSecret() {
	c.Helper()
	text, err := c.kubectl("get", "flc,pods,cm,svc,events,sts,controllerrevisions.apps", "-o", "yaml")
	if err != nil {
		c.Fatal(text)
	}
	logs, err := filepath.Glob(world.path("*.log"))
	must(c.T, err)
	for _, file := range logs {
		log, err := os.ReadFile(file)
		must(c.T, err)
		text += string(log)
	}
	metrics, err := world.operator.metrics()
	must(c.T, err)
	for _, form := range []string{"pa55word", base64.StdEncoding.EncodeToString([]byte(secretValue))[:24]} {
		if strings.Contains(text+metrics, form) {
			c.Errorf("%q stands in an object, a log or the metrics", form)
		}
	}
}

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

func TestInvalidSpecsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	for patch, words := range map[string]string{
		`{"spec": {"executorManager": {"replicas": -1}}}`:                          "spec.executorManager.replicas",
		`{"spec": {"sessionManager": {"image": null}}}`:                            "spec.sessionManager.image: Required value",
		`{"spec": {"sessionManager": {"slot": "cpu=500m"}}}`:                       "must be key=value pairs such as cpu=1,mem=1g,gpu=1",
		`{"spec": {"executorManager": {"updateStrategy": {"type": "Sometimes"}}}}`: "spec.executorManager.updateStrategy.type",
		`{"spec": {"podSecurity": "Privileged"}}`:                                  "spec.podSecurity",
	} {
		if err := c.patchError(patch); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", patch, err)
		}
	}
	if text, err := c.kubectl("apply", "-f", root+"/examples/minimal.yaml", "--dry-run=server"); err != nil {
		t.Error(text)
	}
}

// openCRD takes the rules of the spec away, as in a cluster with an older CRD, until the scenario is over.
func openCRD(t *testing.T) {
	t.Helper()
	crds := world.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	put := func(schema any) {
		t.Helper()
		patch, err := json.Marshal([]any{map[string]any{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": schema}})
		must(t, err)
		_, err = crds.Patch(t.Context(), "flameclusters.flame.xflops.io", types.JSONPatchType, patch, metav1.PatchOptions{})
		must(t, err)
	}
	text, err := os.ReadFile(root + "/crd/flameclusters.yaml")
	must(t, err)
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	must(t, yaml.Unmarshal(text, &crd))
	open := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	put(map[string]any{"type": "object", "properties": map[string]any{"spec": open, "status": open}})
	t.Cleanup(func() {
		patch, err := json.Marshal([]any{map[string]any{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": crd.Spec.Versions[0].Schema.OpenAPIV3Schema}})
		if err == nil {
			_, err = crds.Patch(world.ctx(), "flameclusters.flame.xflops.io", types.JSONPatchType, patch, metav1.PatchOptions{})
		}
		if err != nil {
			t.Errorf("the CRD's rules are not back: %v", err)
		}
	})
}

// Where the CRD lets an invalid spec through, the hook follows nothing of it, and loses nothing.
func TestInvalidSpecWithoutRulesInTheCRD(t *testing.T) {
	c := newCluster(t, `{}`)
	before, objects := c.pods(), c.left()
	openCRD(t)
	c.until("the invalid spec is taken", func() error {
		return c.patchError(`{"spec": {"sessionManager": {"image": 5, "slot": "cpu=x"}, "executorManager": {"maxExecutors": -3}, "suspend": "yes"}}`)
	})
	c.until("it is seen", func() error { return same(c.condition("SpecValid"), "False/Invalid") })
	c.quiet()
	if message := c.at("status.message"); !strings.Contains(message, "spec.sessionManager.slot: cpu must be a whole number") {
		t.Error(message)
	}
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	if err := same(c.left(), objects); err != nil {
		t.Error(err)
	}
	if err := same(c.at("status.state"), "Running"); err != nil {
		t.Error(err)
	}
	c.patch(`{"spec": {"sessionManager": {"image": "session:1", "slot": null}, "executorManager": {"maxExecutors": null}, "suspend": null}}`)
	c.settled()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept when valid again: %v", err)
	}
	c.patch(`{"spec": {"sessionManager": {"image": 5}}}`)
	c.until("invalid once more", func() error { return same(c.condition("SpecValid"), "False/Invalid") })
	c.delete()
	c.gone()
	c.noSyncErrors()
}

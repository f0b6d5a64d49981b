package chart

import (
	"encoding/json"
	"net/url"
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// compositeController has every field of Metacontroller 4.17's that the chart may set, and no other.
// source: Metacontroller's documentation of CompositeController and of hooks, restated.
type compositeController struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            struct {
		GenerateSelector    *bool        `json:"generateSelector"`
		ResyncPeriodSeconds *int32       `json:"resyncPeriodSeconds"`
		ParentResource      resourceRule `json:"parentResource"`
		ChildResources      []struct {
			resourceRule   `json:",inline"`
			UpdateStrategy struct {
				Method string `json:"method"`
			} `json:"updateStrategy"`
		} `json:"childResources"`
		Hooks struct {
			Sync      *hook `json:"sync"`
			Customize *hook `json:"customize"`
			Finalize  *hook `json:"finalize"`
		} `json:"hooks"`
	} `json:"spec"`
}

type resourceRule struct {
	APIVersion string `json:"apiVersion"`
	Resource   string `json:"resource"`
}

type hook struct {
	Version string `json:"version"`
	Webhook struct {
		URL     string          `json:"url"`
		Timeout metav1.Duration `json:"timeout"`
		Etag    *struct {
			Enabled             *bool  `json:"enabled"`
			CacheTimeoutSeconds *int32 `json:"cacheTimeoutSeconds"`
			CacheCleanupSeconds *int32 `json:"cacheCleanupSeconds"`
		} `json:"etag"`
		CABundle *struct {
			Inline       *string    `json:"inline"`
			SecretRef    *secretKey `json:"secretRef"`
			ConfigMapRef *secretKey `json:"configMapRef"`
		} `json:"caBundle"`
		ClientTLS *struct {
			SecretRef struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"secretRef"`
			CertKey       string `json:"certKey"`
			PrivateKeyKey string `json:"privateKeyKey"`
		} `json:"clientTLS"`
		Authorization *struct {
			Type      string    `json:"type"`
			SecretRef secretKey `json:"secretRef"`
		} `json:"authorization"`
	} `json:"webhook"`
}

type secretKey struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
}

// holdCompositeController: Metacontroller reads all of it, and nothing in it makes it crash or refuse.
func holdCompositeController(t *testing.T, object map[string]any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var c compositeController
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		t.Fatal(err)
	}
	if c.Metadata.Name != "flamecluster" {
		t.Errorf("the name %s is another one than in the finalizers of FlameClusters", c.Metadata.Name)
	}
	for name, h := range map[string]*hook{"sync": c.Spec.Hooks.Sync, "customize": c.Spec.Hooks.Customize, "finalize": c.Spec.Hooks.Finalize} {
		if h == nil {
			t.Errorf("no hook %s", name)
			continue
		}
		holdHook(t, name, h)
	}
}

func holdHook(t *testing.T, name string, h *hook) {
	t.Helper()
	if h.Version != "v1" && h.Version != "v2" {
		t.Errorf("%s: version %q", name, h.Version)
	}
	address, err := url.Parse(h.Webhook.URL)
	if err != nil || address.Path != "/flamecluster/"+name {
		t.Errorf("%s: url %s: %v", name, h.Webhook.URL, err)
	}
	if h.Webhook.Timeout.Duration <= 0 {
		t.Errorf("%s: timeout %s", name, h.Webhook.Timeout.Duration)
	}
	if etag := h.Webhook.Etag; etag != nil && (etag.Enabled == nil || etag.CacheTimeoutSeconds == nil || etag.CacheCleanupSeconds == nil) {
		t.Errorf("%s: Metacontroller crashes when one of etag's fields is missing", name)
	}
	if ca := h.Webhook.CABundle; ca != nil {
		sources := 0
		for _, set := range []bool{ca.Inline != nil, ca.SecretRef != nil, ca.ConfigMapRef != nil} {
			if set {
				sources++
			}
		}
		if sources != 1 {
			t.Errorf("%s: caBundle has %d sources, must have one", name, sources)
		}
	}
	if a := h.Webhook.Authorization; a != nil && (a.SecretRef.Name == "" || a.SecretRef.Namespace == "" || a.SecretRef.Key == "") {
		t.Errorf("%s: authorization %+v", name, a)
	}
}

// Metacontroller's own schema, when METACONTROLLER_CRDS names its CRDs (manifests/production/metacontroller-crds-v1.yaml of its repository).
func TestCompositeControllerMeetsMetacontrollersSchema(t *testing.T) {
	file := os.Getenv("METACONTROLLER_CRDS")
	if file == "" {
		t.Skip("METACONTROLLER_CRDS is not set")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	definition := parse(t, string(text))["CustomResourceDefinition/compositecontrollers.metacontroller.k8s.io"]
	for name, values := range situations(t) {
		if object := render(t, values)["CompositeController/flamecluster"]; object != nil {
			holdSchema(t, name, definition, object)
		}
	}
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// compositeController is what a controller reads of our manifest.
type compositeController struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       struct {
		GenerateSelector    bool           `json:"generateSelector"`
		ResyncPeriodSeconds int            `json:"resyncPeriodSeconds"`
		ParentResource      resourceRule   `json:"parentResource"`
		ChildResources      []resourceRule `json:"childResources"`
		Hooks               struct {
			Sync, Finalize, Customize *hook
		} `json:"hooks"`
	} `json:"spec"`
}

type resourceRule struct {
	APIVersion     string `json:"apiVersion"`
	Resource       string `json:"resource"`
	UpdateStrategy struct {
		Method string `json:"method"`
	} `json:"updateStrategy"`
}

func (r resourceRule) gvr() schema.GroupVersionResource {
	gv, err := schema.ParseGroupVersion(r.APIVersion)
	if err != nil {
		panic(err)
	}
	return gv.WithResource(r.Resource)
}

type secretRef struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
}

type hook struct {
	Version string `json:"version"`
	Webhook struct {
		URL      string `json:"url"`
		CABundle *struct {
			SecretRef secretRef `json:"secretRef"`
		} `json:"caBundle"`
		ClientTLS *struct {
			SecretRef secretRef `json:"secretRef"`
		} `json:"clientTLS"`
		Authorization *struct {
			Type      string    `json:"type"`
			SecretRef secretRef `json:"secretRef"`
		} `json:"authorization,omitempty"`
	} `json:"webhook"`
}

// manifest is our CompositeController with its hooks at another address.
func manifest(url string) ([]byte, error) {
	text, err := os.ReadFile(root + "/metacontroller/compositecontroller.yaml")
	if err != nil {
		return nil, err
	}
	here := strings.ReplaceAll(string(text), "http://flame-operator.flame-system.svc:8080", url)
	if version := os.Getenv("E2E_HOOK_VERSION"); version != "" {
		here = strings.ReplaceAll(here, "version: v2", "version: "+version)
	}
	return []byte(here), nil
}

func readManifest(url string) (*compositeController, error) {
	text, err := manifest(url)
	if err != nil {
		return nil, err
	}
	cc := &compositeController{}
	return cc, yaml.Unmarshal(text, cc)
}

var crds = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// metacontroller is the real one, of METACONTROLLER=/path/to/binary.
type metacontroller struct{ process *process }

// Of its own resources Metacontroller needs no more than that they are there.
const metacontrollerCRD = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
	"metadata": {"name": "%[1]ss.metacontroller.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, test-only"}},
	"spec": {"group": "metacontroller.k8s.io", "scope": "%[3]s", "names": {"kind": "%[2]s", "listKind": "%[2]sList", "plural": "%[1]ss", "singular": "%[1]s"},
	"versions": [{"name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}},
	"schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}`

func startMetacontroller(p *plane, binary, url, mode string) (*metacontroller, error) {
	ctx, client := context.Background(), dynamic.NewForConfigOrDie(p.config)
	if err := installMetacontrollerCRDs(client); err != nil {
		return nil, err
	}
	if err := poll(limit, func() error {
		text, err := manifest(url)
		if err != nil {
			return err
		}
		return create(ctx, client, schema.GroupVersionResource{Group: "metacontroller.k8s.io", Version: "v1alpha1", Resource: "compositecontrollers"}, text)
	}); err != nil {
		return nil, err
	}
	return runMetacontroller(p.dir, p.kubeconfig, mode, binary)
}

func metacontrollerMode() string {
	if mode := os.Getenv("METACONTROLLER_MODE"); mode != "" {
		return mode
	}
	return "dynamic-apply"
}

// installMetacontrollerCRDs: those of the file METACONTROLLER_CRDS (manifests/production/metacontroller-crds-v1.yaml in its repository), or ours.
func installMetacontrollerCRDs(client dynamic.Interface) error {
	if file := os.Getenv("METACONTROLLER_CRDS"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, document := range strings.Split("\n"+string(text), "\n---") {
			if strings.Contains(document, "kind: CustomResourceDefinition") {
				if err := create(context.Background(), client, crds, []byte(document)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, names := range [][]any{{"compositecontroller", "CompositeController", "Cluster"}, {"decoratorcontroller", "DecoratorController", "Cluster"}, {"controllerrevision", "ControllerRevision", "Namespaced"}} {
		if err := create(context.Background(), client, crds, fmt.Appendf(nil, metacontrollerCRD, names...)); err != nil {
			return err
		}
	}
	return nil
}

// runMetacontroller starts it by a command that may have more before the program itself.
func runMetacontroller(dir, kubeconfig, mode string, command ...string) (*metacontroller, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	m := &metacontroller{}
	m.process, err = start(dir, "metacontroller", command[0], append(command[1:], "--kubeconfig", kubeconfig, "--discovery-interval=5s", "--client-go-qps=500",
		"--client-go-burst=1000", "--events-qps=100", "--events-burst=1000", "--apply-strategy="+mode,
		fmt.Sprintf("--health-probe-bind-address=127.0.0.1:%d", ports[0]), fmt.Sprintf("--metrics-address=127.0.0.1:%d", ports[1]))...)
	return m, err
}

func (m *metacontroller) stop() { m.process.stop() }

func create(ctx context.Context, client dynamic.Interface, gvr schema.GroupVersionResource, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(asJSON, &object.Object); err != nil {
		return err
	}
	_, err = client.Resource(gvr).Create(ctx, object, metav1.CreateOptions{})
	return err
}

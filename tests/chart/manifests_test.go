package chart

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What only the chart puts on its objects.
var helmsOwn = []string{`metadata.labels.app\.kubernetes\.io/version`, `metadata.labels.app\.kubernetes\.io/managed-by`, `metadata.labels.helm\.sh/chart`,
	`metadata.annotations.helm\.sh/resource-policy`}

// What only the manifests have: Helm makes the namespace by --create-namespace.
var manifestsOwn = []string{"Namespace/flame-system"}

// kustomized is what `kubectl kustomize DIR` gives, as far as our manifests use it: resources and images.
func kustomized(t *testing.T, dir string) objects {
	t.Helper()
	file := filepath.Join(dir, "kustomization.yaml")
	found, kustomization := objects{}, readOne(t, file)
	for _, name := range kustomization["resources"].([]any) {
		path := filepath.Join(dir, name.(string))
		inner := objects{}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			inner = kustomized(t, path)
		} else {
			inner = parse(t, readText(t, path))
		}
		for name, object := range inner {
			found[name] = object
		}
	}
	images, _ := kustomization["images"].([]any)
	for _, object := range found {
		containers, _ := at(object, "spec.template.spec.containers").([]any)
		for _, container := range containers {
			for _, image := range images {
				if at(container, "image") == at(image, "name") {
					container.(map[string]any)["image"] = at(image, "newName").(string) + ":" + at(image, "newTag").(string)
				}
			}
		}
	}
	return found
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readOne(t *testing.T, path string) map[string]any {
	t.Helper()
	text := readText(t, path)
	if strings.Contains(text, "kind: Kustomization") {
		text += "\nmetadata: {name: x}\n"
	}
	for _, object := range parse(t, text) {
		return object
	}
	t.Fatalf("%s is empty", path)
	return nil
}

// remove takes the field at a dotted path away, and a map that becomes empty by it.
func remove(object map[string]any, path string) {
	dot := strings.LastIndex(path, ".")
	for dot > 0 && path[dot-1] == '\\' {
		dot = strings.LastIndex(path[:dot], ".")
	}
	if dot < 0 {
		delete(object, path)
		return
	}
	parent, _ := at(object, path[:dot]).(map[string]any)
	delete(parent, strings.ReplaceAll(path[dot+1:], `\.`, "."))
	if parent != nil && len(parent) == 0 {
		remove(object, path[:dot])
	}
}

// metacontroller/ is what the chart makes by its defaults.
func TestManifestsAreTheChartsDefault(t *testing.T) {
	manifests, rendered := kustomized(t, root+"/metacontroller"), render(t, `{}`)
	for _, name := range manifestsOwn {
		if manifests[name] == nil {
			t.Errorf("%s is not in the manifests", name)
		}
		delete(manifests, name)
	}
	for name, object := range rendered {
		for _, path := range helmsOwn {
			remove(object, path)
		}
		if manifests[name] == nil {
			t.Errorf("the manifests have no %s", name)
			continue
		}
		compare(t, name, object, manifests[name])
	}
	for name := range manifests {
		if rendered[name] == nil {
			t.Errorf("the chart has no %s", name)
		}
	}
	if len(rendered) < 8 {
		t.Errorf("only %d objects", len(rendered))
	}
}

// metacontroller/narrow-role.yaml is the role that the chart makes when it is asked to.
func TestNarrowRoleIsTheCharts(t *testing.T) {
	without, with := render(t, `{}`), render(t, `{metacontroller: {clusterRole: {create: true}}}`)
	manifests := parse(t, readText(t, root+"/metacontroller/narrow-role.yaml"))
	for name, object := range with {
		if without[name] != nil {
			continue
		}
		for _, path := range helmsOwn {
			remove(object, path)
		}
		compare(t, name, object, anyOf(manifests[name]))
		delete(manifests, name)
	}
	if len(manifests) > 0 {
		t.Errorf("only in the manifest: %v", manifests)
	}
}

// compare names every field that is another one.
func compare(t *testing.T, where string, inChart, inManifests any) {
	t.Helper()
	a, isA := inChart.(map[string]any)
	b, isB := inManifests.(map[string]any)
	if !isA || !isB {
		if !reflect.DeepEqual(inChart, inManifests) {
			t.Errorf("%s is %s in the chart, %s in the manifests", where, asJSON(t, inChart), asJSON(t, inManifests))
		}
		return
	}
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	for name := range names {
		compare(t, where+"."+name, a[name], b[name])
	}
}

// The chart's copy of the CRD is the CRD. A link would do for `helm package`, but Flux leaves links out of what it packs.
func TestChartHasTheCRD(t *testing.T) {
	if readText(t, chart+"/files/flameclusters.yaml") != readText(t, root+"/crd/flameclusters.yaml") {
		t.Error("charts/flame-operator/files/flameclusters.yaml is not crd/flameclusters.yaml: cp crd/flameclusters.yaml charts/flame-operator/files/")
	}
}

// The chart has the version of the program that it installs.
func TestVersionIsTheProjects(t *testing.T) {
	text := readText(t, root+"/CMakeLists.txt")
	_, version, _ := strings.Cut(text, "project(flame-operator VERSION ")
	version, _, _ = strings.Cut(version, " ")
	metadata := parse(t, readText(t, chart+"/Chart.yaml")+"\nmetadata: {name: x}\n")["<nil>/x"]
	for _, name := range []string{"version", "appVersion"} {
		if metadata[name] != version {
			t.Errorf("%s of Chart.yaml is %v, the project's is %s", name, metadata[name], version)
		}
	}
}

// Package conformance holds what the operator says to Kubernetes' own code: its schemas, its validation and its policies. Run it by
// `./dev conformance`. Nothing here starts a server or needs a cluster.
package conformance

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// unmarshal reads whole numbers as int64, as the API server does.
func unmarshal(t *testing.T, path string, text []byte, into any) {
	t.Helper()
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readJSON[T any](t *testing.T, path string) T {
	t.Helper()
	var value T
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unmarshal(t, path, text, &value)
	return value
}

func deepCopy(object map[string]any) map[string]any {
	text, err := yaml.Marshal(object)
	if err != nil {
		panic(err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		panic(err)
	}
	var copied map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &copied); err != nil {
		panic(err)
	}
	return copied
}

// exampleClusters are the FlameClusters of examples/*.yaml.
func exampleClusters(t *testing.T) []map[string]any {
	t.Helper()
	files, err := filepath.Glob(root + "/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var found []map[string]any
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range strings.Split("\n"+string(text), "\n---") {
			asJSON, err := yaml.YAMLToJSON([]byte(document))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			var object map[string]any
			unmarshal(t, file, asJSON, &object)
			if object["kind"] == "FlameCluster" {
				found = append(found, object)
			}
		}
	}
	return found
}

// fixture is a directory of tests/fixtures: a request, and the response that the hook must give.
type fixture struct {
	name     string
	request  map[string]any
	response []byte
}

// fixtures are those of the hooks that answer with children, in order of their names; those that answer with an error are left out.
func fixtures(t *testing.T) []fixture {
	t.Helper()
	var found []fixture
	for _, hook := range []string{"sync", "finalize"} {
		dirs, err := filepath.Glob(root + "/tests/fixtures/" + hook + "/*")
		if err != nil {
			t.Fatal(err)
		}
		sort.Strings(dirs)
		for _, dir := range dirs {
			text, err := os.ReadFile(dir + "/response.json")
			if err != nil || strings.HasPrefix(filepath.Base(dir), "error-") {
				continue
			}
			found = append(found, fixture{hook + "/" + filepath.Base(dir), readJSON[map[string]any](t, dir+"/request.json"), text})
		}
	}
	if len(found) < 150 {
		t.Fatalf("only %d fixtures", len(found))
	}
	return found
}

// at is the value at a dotted path, or nil.
func at(value any, path string) any {
	for _, name := range strings.Split(path, ".") {
		members, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = members[name]
	}
	return value
}

// Package chart holds charts/flame-operator to what it promises: `./dev chart`. It runs the real Helm, 3 and 4, and asks Kubernetes' own code about
// what comes out; no cluster is needed. TestMain's HELM3 and HELM4 are the programs.
package chart

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

const (
	root  = "../.."
	chart = root + "/charts/flame-operator"
	// The Kubernetes for which charts are rendered; Helm 3 built as a module takes 1.20 else.
	kubeVersion = "1.36.0"
)

var helms = map[string]string{"Helm 3": os.Getenv("HELM3"), "Helm 4": os.Getenv("HELM4")}

func TestMain(m *testing.M) {
	for name, program := range helms {
		if program == "" {
			fmt.Println(name, "is needed: use ./dev chart")
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// helm runs one of the two with these values (YAML) on its standard input; what it says on stderr is the error.
func helm(program, values string, args ...string) (string, error) {
	command := exec.Command(program, args...)
	var out, words bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(values), &out, &words
	// Nothing of who runs the tests: no plugin, no cache, no cluster.
	home := os.TempDir()
	command.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "KUBECONFIG=/dev/null"}
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, words.String())
	}
	return out.String(), nil
}

// template renders the chart with these values as release flame-operator in flame-system, where the plain manifests install it.
func template(program, values string, args ...string) (string, error) {
	return helm(program, values, append([]string{"template", "flame-operator", chart, "--namespace", "flame-system", "--kube-version", kubeVersion,
		"--values", "-"}, args...)...)
}

// objects is a rendering, by "Kind/name".
type objects map[string]map[string]any

func parse(t *testing.T, text string) objects {
	t.Helper()
	found := objects{}
	for _, document := range strings.Split("\n"+text, "\n---") {
		asJSON, err := yaml.YAMLToJSONStrict([]byte(document))
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		var object map[string]any
		if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &object); err != nil {
			t.Fatal(err)
		}
		if len(object) == 0 {
			continue
		}
		name := fmt.Sprintf("%v/%v", object["kind"], at(object, "metadata.name"))
		if found[name] != nil {
			t.Errorf("%s is there twice", name)
		}
		found[name] = object
	}
	return found
}

// render is what Helm 4 makes of these values; TestBothHelmsAgree holds Helm 3 to the same.
func render(t *testing.T, values string) objects {
	t.Helper()
	text, err := template(helms["Helm 4"], values)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

// at is what stands at a dotted path; a number is a place in a list, "name=x" the item of that name, and a dot in a name is written "\.".
func at(value any, path string) any {
	for _, name := range strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".") {
		name = strings.ReplaceAll(name, "\x00", ".")
		switch here := value.(type) {
		case map[string]any:
			value = here[name]
		case []any:
			value = item(here, name)
		default:
			return nil
		}
	}
	return value
}

func item(list []any, name string) any {
	for i, value := range list {
		members, _ := value.(map[string]any)
		if name == fmt.Sprint(i) || members != nil && name == fmt.Sprint("name=", members["name"]) {
			return value
		}
	}
	return nil
}

// situations are values/*.yaml, by their names: what users have.
func situations(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("values/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d values files: %v", len(files), err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(file), ".yaml")] = string(text)
	}
	return found
}

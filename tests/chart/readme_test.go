package chart

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// described is a value of values.yaml with its comment.
type described struct{ name, fallback, words string }

var key = regexp.MustCompile(`^( *)([A-Za-z]+):(.*)$`)

// describedValues reads values.yaml as its readers do: a comment "# -- words" describes the value below it.
func describedValues(t *testing.T) []described {
	t.Helper()
	var all map[string]any
	if err := yaml.UnmarshalStrict([]byte(readText(t, chart+"/values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	var found []described
	var path []string
	words := ""
	lines := bufio.NewScanner(strings.NewReader(readText(t, chart+"/values.yaml")))
	for lines.Scan() {
		line := lines.Text()
		if comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#"); ok {
			if first, ok := strings.CutPrefix(comment, " -- "); ok {
				words = first
			} else if words != "" {
				words += comment
			}
			continue
		}
		parts := key.FindStringSubmatch(line)
		if parts == nil || strings.HasPrefix(strings.TrimSpace(line), "-") {
			continue
		}
		path = append(path[:min(len(parts[1])/2, len(path))], parts[2])
		name := strings.Join(path, ".")
		if words != "" {
			found = append(found, described{name, asJSON(t, at(all, name)), words})
		} else if !isInside(found, name) && parts[3] != "" {
			t.Errorf("values.yaml: %s has no description", name)
		}
		words = ""
	}
	return found
}

// isInside: a part of a value that is described as a whole.
func isInside(found []described, name string) bool {
	for _, value := range found {
		if strings.HasPrefix(name, value.name+".") {
			return true
		}
	}
	return false
}

const begin, end = "<!-- values: made of values.yaml by `UPDATE=1 ./dev chart -run Readme` -->\n", "<!-- end of values -->\n"

// The README's table has every value with its default and its description.
func TestReadmeHasEveryValue(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| value | default | |\n|---|---|---|\n")
	for _, value := range describedValues(t) {
		fmt.Fprintf(&table, "| `%s` | `%s` | %s |\n", value.name, value.fallback, strings.ReplaceAll(value.words, "|", `\|`))
	}
	table.WriteString("\n")
	file := chart + "/README.md"
	text := readText(t, file)
	head, rest, hasBegin := strings.Cut(text, begin)
	found, tail, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		t.Fatal("README.md has no place for its values")
	}
	if found == table.String() {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("README.md does not have the values of values.yaml: UPDATE=1 ./dev chart -run Readme")
	}
	if err := os.WriteFile(file, []byte(head+begin+table.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The schema knows every value, and describes none that is not there.
func TestSchemaHasEveryValue(t *testing.T) {
	var schema map[string]any
	if err := yaml.Unmarshal([]byte(readText(t, chart+"/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	for _, value := range describedValues(t) {
		if !inSchema(schema, schema, strings.Split(value.name, ".")) {
			t.Errorf("values.schema.json has no %s", value.name)
		}
	}
}

func inSchema(all, here map[string]any, path []string) bool {
	if reference, ok := here["$ref"].(string); ok {
		return inSchema(all, at(all, strings.ReplaceAll(strings.TrimPrefix(reference, "#/"), "/", ".")).(map[string]any), path)
	}
	if len(path) == 0 {
		return true
	}
	properties, _ := here["properties"].(map[string]any)
	next, _ := properties[path[0]].(map[string]any)
	return next != nil && inSchema(all, next, path[1:])
}

package chart

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	valuesBlock = regexp.MustCompile("(?ms)^<!-- values: charts/flame-operator -->\n\n?```yaml\n(.*?)^```$")
	helmCommand = regexp.MustCompile(`(?m)^ *helm (?:install|upgrade) [^\\\n]*(?:\\\n[^\\\n]*)*`)
	setValue    = regexp.MustCompile(`--set(?:-string)? ([A-Za-z.]+)=(\S+)`)
)

// What the documents say of values is what the chart takes: whole blocks of them, and each --set of a command.
func TestValuesInDocuments(t *testing.T) {
	files, err := filepath.Glob(root + "/docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := yaml.Unmarshal([]byte(readText(t, chart+"/values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	blocks, settings := 0, 0
	for _, file := range append(files, root+"/README.md", chart+"/README.md") {
		text := readText(t, file)
		for _, block := range valuesBlock.FindAllStringSubmatch(text, -1) {
			blocks++
			if _, err := template(helms["Helm 4"], block[1]); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block[1])
			}
		}
		for _, command := range helmCommand.FindAllString(text, -1) {
			for _, set := range setValue.FindAllStringSubmatch(command, -1) {
				settings++
				if at(all, set[1]) == nil {
					t.Errorf("%s: there is no value %s: %s", file, set[1], strings.TrimSpace(command))
				}
			}
		}
	}
	if blocks == 0 || settings == 0 {
		t.Errorf("%d blocks of values and %d settings were found", blocks, settings)
	}
}

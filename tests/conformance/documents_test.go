package conformance

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	kserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

var yamlBlock = regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$")

// documents are the Markdown files for users.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(root + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"docs", "charts"} {
		err := filepath.WalkDir(root+"/"+folder, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".md") {
				found = append(found, path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return found
}

// manifests are the YAML documents in the blocks of a Markdown text.
func manifests(text string) []string {
	var found []string
	for _, block := range yamlBlock.FindAllStringSubmatch(text, -1) {
		body := regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[2], "")
		found = append(found, strings.Split("\n"+body, "\n---\n")...)
	}
	return found
}

// What the documents show of Kubernetes' own kinds has no field that these do not have. tests/docs judges FlameClusters.
func TestManifestsInDocuments(t *testing.T) {
	all := scheme.Scheme
	decoder := kserializer.NewSerializerWithOptions(kserializer.DefaultMetaFactory, all, all, kserializer.SerializerOptions{Strict: true})
	judged := 0
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, manifest := range manifests(string(text)) {
			asJSON, err := yaml.YAMLToJSON([]byte(manifest))
			if err != nil {
				t.Errorf("%s: %v\n%s", path, err, manifest)
				continue
			}
			var meta struct{ APIVersion, Kind string }
			if yaml.Unmarshal(asJSON, &meta) != nil || !all.Recognizes(schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)) {
				continue
			}
			judged++
			if _, _, err := decoder.Decode(asJSON, nil, nil); err != nil {
				t.Errorf("%s: %v\n%s", path, err, manifest)
			}
		}
	}
	if judged == 0 {
		t.Error("no manifest of a kind of Kubernetes' own was found")
	}
}

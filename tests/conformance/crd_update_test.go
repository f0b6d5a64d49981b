package conformance

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// admitUpdate does what the API server does with an update of an object that it holds: what did not change is judged no more.
func (c *crd) admitUpdate(object, old map[string]any) field.ErrorList {
	c.fill(object)
	correlated := common.NewCorrelatedObject(object, old, &model.Structural{Structural: c.structural})
	errs := validation.ValidateCustomResourceUpdate(nil, object, old, c.schema, validation.WithRatcheting(correlated))
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.structural, object)...)
	celErrs, _ := c.rules.Validate(context.Background(), nil, c.structural, object, old, celconfig.RuntimeCELCostBudget, cel.WithRatcheting(correlated))
	return append(errs, celErrs...)
}

// Each row of the table of rules has the same verdict when it comes as a change of a good FlameCluster; and a good one can be gone back from.
func TestRulesInUpdates(t *testing.T) {
	c := loadCRD(t)
	base := baseCluster()
	c.fill(base)
	rows := readJSON[[]ruleRow](t, root+"/tests/rules/rules.json")
	for i := range rows {
		row := &rows[i]
		name, _ := json.Marshal(row.Set)
		object := row.object()
		if at(object, "metadata.name") != "a" {
			continue // no API server changes a name
		}
		errs := c.admitUpdate(object, base)
		switch {
		case row.Path != "" && !isNamed(row.Path, errs):
			t.Errorf("%.300s must be refused at %s: %v", name, row.Path, errs.ToAggregate())
		case row.Path == "" && len(errs) > 0:
			t.Errorf("%.300s is good, and refused: %v", name, errs.ToAggregate())
		case row.Path == "":
			if errs := c.admitUpdate(deepCopy(base), object); len(errs) > 0 {
				t.Errorf("there is no way back from %.300s: %v", name, errs.ToAggregate())
			}
		}
	}
}

// A spec that an older CRD let through can still be scaled, suspended and deleted: only what changes is judged.
func TestWhatIsBadAlreadyMayStay(t *testing.T) {
	c := loadCRD(t)
	old := baseCluster()
	session := at(old, "spec.sessionManager").(map[string]any)
	session["slot"] = "cpu=many"
	c.fill(old)
	object := deepCopy(old)
	at(object, "spec.executorManager").(map[string]any)["replicas"] = int64(7)
	if errs := c.admitUpdate(object, old); len(errs) > 0 {
		t.Errorf("a cluster with an old mistake cannot be scaled: %v", errs.ToAggregate())
	}
	at(object, "spec.executorManager").(map[string]any)["replicas"] = int64(-7)
	if errs := c.admitUpdate(object, old); !isNamed("spec.executorManager.replicas", errs) {
		t.Errorf("a new mistake is let through: %v", errs.ToAggregate())
	}
}

// everything is an object that has all fields of a schema, and in each object one that the schema does not know.
func everything(s *schema.Structural) any {
	switch {
	case s.Type == "array":
		return []any{everything(s.Items)}
	case s.Type == "object" && s.AdditionalProperties != nil:
		return map[string]any{"key": everything(s.AdditionalProperties.Structural)}
	case s.Type == "object":
		members := map[string]any{"unheardOf": "x"}
		for name := range s.Properties {
			property := s.Properties[name]
			members[name] = everything(&property)
		}
		return members
	}
	return "x"
}

// judgePruned tells of every field that was pruned though it should stay, or stayed though nobody knows it. It counts the objects.
func judgePruned(t *testing.T, path string, s *schema.Structural, value any) int {
	t.Helper()
	judged := 0
	switch v := value.(type) {
	case []any:
		return judgePruned(t, path+"[]", s.Items, v[0])
	case map[string]any:
		if s.AdditionalProperties != nil {
			return judgePruned(t, path+".key", s.AdditionalProperties.Structural, v["key"])
		}
		_, isThere := v["unheardOf"]
		if isThere != s.XPreserveUnknownFields {
			t.Errorf("%s: an unknown field is kept: %v", path, isThere)
		}
		for name := range s.Properties {
			property := s.Properties[name]
			if _, isThere := v[name]; !isThere {
				t.Errorf("%s.%s is pruned", path, name)
				continue
			}
			judged += judgePruned(t, path+"."+name, &property, v[name])
		}
		return judged + 1
	}
	return 0
}

// The API server drops what no schema knows, everywhere but within podTemplate, and nothing else.
func TestPruning(t *testing.T) {
	c := loadCRD(t)
	spec, status := c.structural.Properties["spec"], c.structural.Properties["status"]
	object := map[string]any{"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": map[string]any{"name": "a"},
		"spec": everything(&spec), "status": everything(&status), "unheardOf": "x"}
	pruning.Prune(object, c.structural, true)
	if object["unheardOf"] != nil {
		t.Error("an unknown field beside spec is kept")
	}
	judged := judgePruned(t, "spec", &spec, object["spec"]) + judgePruned(t, "status", &status, object["status"])
	if judged < 60 {
		t.Errorf("only %d objects", judged)
	}
	noUnknown(t, "spec", &spec)
}

// noUnknown: nothing but a podTemplate keeps unknown fields.
func noUnknown(t *testing.T, path string, s *schema.Structural) {
	t.Helper()
	if strings.HasSuffix(path, ".podTemplate") {
		return
	}
	if s.XPreserveUnknownFields {
		t.Errorf("%s keeps unknown fields", path)
	}
	if s.Items != nil {
		noUnknown(t, path+"[]", s.Items)
	}
	for name := range s.Properties {
		property := s.Properties[name]
		noUnknown(t, path+"."+name, &property)
	}
}

var documented = regexp.MustCompile("(?m)^\\| `(spec\\.[^`]+)` \\| [^|]* \\| ([^|]*) \\|")

func schemaAt(s *schema.Structural, path string) *schema.Structural {
	for _, name := range strings.Split(strings.ReplaceAll(path, "[]", ".[]"), ".") {
		if name == "[]" {
			s = s.Items
			continue
		}
		property, ok := s.Properties[name]
		if !ok {
			return nil
		}
		s = &property
	}
	return s
}

// countDefaults counts the defaults of a schema below podTemplate's level.
func countDefaults(s *schema.Structural) int {
	count := 0
	if s.Default.Object != nil {
		count++
	}
	if s.Items != nil {
		count += countDefaults(s.Items)
	}
	for name := range s.Properties {
		property := s.Properties[name]
		count += countDefaults(&property)
	}
	return count
}

// The defaults that the reference tells of are those that the API server sets, all of them.
func TestDefaultsAreAsDocumented(t *testing.T) {
	c := loadCRD(t)
	text, err := os.ReadFile(root + "/docs/reference/flamecluster.md")
	if err != nil {
		t.Fatal(err)
	}
	defaults := 0
	for _, row := range documented.FindAllStringSubmatch(string(text), -1) {
		path, word := row[1], strings.Trim(row[2], " `")
		s := schemaAt(c.structural, path)
		if s == nil {
			t.Errorf("%s is documented, and not in the CRD", path)
			continue
		}
		var want any
		if word != "" {
			defaults++
			unmarshal(t, path, []byte(word), &want)
		}
		if !reflect.DeepEqual(s.Default.Object, want) {
			t.Errorf("%s: documented default %v, the CRD's %v", path, want, s.Default.Object)
		}
	}
	spec := c.structural.Properties["spec"]
	if all := countDefaults(&spec); all != defaults {
		t.Errorf("the CRD has %d defaults, the reference %d", all, defaults)
	}
}

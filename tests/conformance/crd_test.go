package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// crd is our CustomResourceDefinition as an API server holds it.
type crd struct {
	definition *apiextensions.CustomResourceDefinition
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

func loadCRD(t *testing.T) *crd {
	t.Helper()
	text, err := os.ReadFile(root + "/crd/flameclusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var external apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &external); err != nil {
		t.Fatal(err)
	}
	apiextensionsv1.SetDefaults_CustomResourceDefinition(&external)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&external.Spec)
	c := &crd{definition: &apiextensions.CustomResourceDefinition{}}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&external, c.definition, nil); err != nil {
		t.Fatal(err)
	}
	props := &apiextensions.JSONSchemaProps{}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(external.Spec.Versions[0].Schema.OpenAPIV3Schema, props, nil); err != nil {
		t.Fatal(err)
	}
	if c.structural, err = schema.NewStructural(props); err != nil {
		t.Fatal(err)
	}
	if c.schema, _, err = validation.NewSchemaValidator(props); err != nil {
		t.Fatal(err)
	}
	c.rules = cel.NewValidator(c.structural, true, celconfig.PerCallLimit)
	return c
}

// fill does what the API server does with an object before it is judged.
func (c *crd) fill(object map[string]any) {
	pruning.Prune(object, c.structural, true)
	defaulting.Default(object, c.structural)
	defaulting.PruneNonNullableNullsWithoutDefaults(object, c.structural)
}

// admit does what the API server does with an object that is created: defaults, prunes, and judges it.
func (c *crd) admit(object map[string]any) field.ErrorList {
	c.fill(object)
	errs := validation.ValidateCustomResource(nil, object, c.schema)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.structural, object)...)
	celErrs, _ := c.rules.Validate(context.Background(), nil, c.structural, object, nil, celconfig.RuntimeCELCostBudget)
	return append(errs, celErrs...)
}

// The API server takes the CRD itself: its schema is structural, its defaults are valid, its rules compile within the cost limits.
func TestCRDIsValid(t *testing.T) {
	c := loadCRD(t)
	c.definition.Status.StoredVersions = []string{"v1alpha1"}
	for _, err := range crdvalidation.ValidateCustomResourceDefinition(context.Background(), c.definition) {
		t.Error(err)
	}
	text, err := os.ReadFile(root + "/crd/flameclusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// kubectl apply keeps a copy in an annotation of at most 256 KiB.
	if asJSON, err := yaml.YAMLToJSON(text); err != nil || len(asJSON) > 256*1024*3/4 {
		t.Errorf("the CRD is %d bytes as JSON (%v); it must stay well below 256 KiB", len(asJSON), err)
	}
}

// A row of tests/rules/rules.json: fields set in a small good FlameCluster, and the path of the problem, if it is a bad one.
type ruleRow struct {
	Set  map[string]any `json:"set"`
	Path string         `json:"path"`
}

func baseCluster() map[string]any {
	var object map[string]any
	if err := json.Unmarshal([]byte(`{"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster",
		"metadata": {"name": "a", "namespace": "default"},
		"spec": {"sessionManager": {"image": "s:1"}, "executorManager": {"image": "e:1"}}}`), &object); err != nil {
		panic(err)
	}
	return object
}

// expand replaces {"repeat": TEXT, "times": N} by the long text that it stands for.
func expand(value any) any {
	members, ok := value.(map[string]any)
	if !ok {
		return value
	}
	text, isRepeat := members["repeat"].(string)
	if !isRepeat {
		return value
	}
	return strings.Repeat(text, int(members["times"].(int64)))
}

func (row *ruleRow) object() map[string]any {
	object := baseCluster()
	for path, value := range row.Set {
		place := object
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			next, ok := place[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				place[name] = next
			}
			place = next
		}
		place[names[len(names)-1]] = expand(value)
	}
	return object
}

// The API server names an entry of a map `labels.a`.
var mapEntry = regexp.MustCompile(`\[[a-z]+\]$`)

// isNamed: the API server may name a problem at `path` there, at something inside, or, for a rule over several fields
// and for a missing one, at the object that holds them.
func isNamed(path string, errs field.ErrorList) bool {
	if holder, _, isEntry := strings.Cut(path, ".requests["); isEntry {
		path = holder
	}
	if holder, _, isEntry := strings.Cut(path, ".limits["); isEntry {
		path = holder
	}
	path = mapEntry.ReplaceAllString(path, "")
	for _, err := range errs {
		where := strings.TrimPrefix(err.Field, "<nil>.")
		if strings.HasPrefix(where, path) || strings.Contains(err.Error(), path) {
			return true
		}
	}
	return false
}

// Each row of the table of rules has the same verdict from the API server's own code as from the hook (tests/rules).
func TestRules(t *testing.T) {
	c := loadCRD(t)
	rows := readJSON[[]ruleRow](t, root+"/tests/rules/rules.json")
	if len(rows) < 80 {
		t.Fatalf("only %d rows", len(rows))
	}
	for i := range rows {
		row := &rows[i]
		name, _ := json.Marshal(row.Set)
		errs := c.admit(row.object())
		switch {
		case row.Path == "" && len(errs) > 0:
			t.Errorf("%.300s is good, and refused: %v", name, errs.ToAggregate())
		case row.Path != "" && !isNamed(row.Path, errs):
			t.Errorf("%.300s must be refused at %s: %v", name, row.Path, errs.ToAggregate())
		}
	}
	t.Logf("%d rows", len(rows))
}

// What people are given to start from is taken, and nothing of it is unknown to the CRD.
func TestExamples(t *testing.T) {
	c := loadCRD(t)
	for _, object := range exampleClusters(t) {
		name := object["metadata"].(map[string]any)["name"]
		before := fmt.Sprint(object["spec"])
		pruned := deepCopy(object)
		pruning.Prune(pruned, c.structural, true)
		if after := fmt.Sprint(pruned["spec"]); after != before {
			t.Errorf("%v has fields that the CRD does not know:\n%s\n%s", name, before, after)
		}
		if errs := c.admit(object); len(errs) > 0 {
			t.Errorf("%v: %v", name, errs.ToAggregate())
		}
	}
}

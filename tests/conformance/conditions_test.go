package conformance

import (
	"encoding/json"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func conditionsOf(t *testing.T, name string, answered map[string]any) []metav1.Condition {
	t.Helper()
	text, err := json.Marshal(answered["conditions"])
	if err != nil {
		t.Fatal(err)
	}
	var conditions []metav1.Condition
	if err := json.Unmarshal(text, &conditions); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return conditions
}

// meant is what tools shall read from the conditions.
func meant(parent map[string]any, conditions []metav1.Condition) status.Status {
	isTrue := map[string]bool{}
	for _, condition := range conditions {
		isTrue[condition.Type] = condition.Status == metav1.ConditionTrue
	}
	switch {
	case at(parent, "metadata.deletionTimestamp") != nil:
		return status.TerminatingStatus
	case isTrue["Stalled"]:
		return status.FailedStatus
	case isTrue["Ready"]:
		return status.CurrentStatus
	}
	return status.InProgressStatus
}

// judgeStatus: the conditions are what Kubernetes takes for conditions, and kubectl, Helm, Flux and Argo CD read from them what is meant.
// None changed after its time.
func judgeStatus(t *testing.T, name string, parent, answered map[string]any, now time.Time) status.Status {
	t.Helper()
	conditions := conditionsOf(t, name, answered)
	for _, err := range metavalidation.ValidateConditions(conditions, field.NewPath("conditions")) {
		t.Errorf("%s: %v", name, err)
	}
	generation, _ := at(parent, "metadata.generation").(int64)
	isThere := map[string]metav1.ConditionStatus{}
	for _, condition := range conditions {
		if condition.ObservedGeneration != generation {
			t.Errorf("%s: %s is about generation %d instead of %d", name, condition.Type, condition.ObservedGeneration, generation)
		}
		if condition.LastTransitionTime.After(now.Add(time.Hour)) {
			t.Errorf("%s: %s changed in the future: %v", name, condition.Type, condition.LastTransitionTime)
		}
		isThere[condition.Type] = condition.Status
	}
	if isThere["Ready"] == "" || isThere["Reconciling"] == "" || isThere["Stalled"] == "" {
		t.Errorf("%s: a condition that tools look for is missing: %v", name, isThere)
	}
	if isThere["Reconciling"] == metav1.ConditionTrue && isThere["Stalled"] == metav1.ConditionTrue {
		t.Errorf("%s: Reconciling and Stalled at once", name)
	}
	object := map[string]any{}
	for key, value := range parent {
		object[key] = value
	}
	withGeneration := map[string]any{"observedGeneration": generation} // Metacontroller adds it
	for key, value := range answered {
		withGeneration[key] = value
	}
	object["status"] = withGeneration
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return status.UnknownStatus
	}
	if want := meant(parent, conditions); result.Status != want {
		t.Errorf("%s: kstatus reads %s (%s) where %s is meant", name, result.Status, result.Message, want)
	}
	return result.Status
}

// The status of every fixture's answer.
func TestConditions(t *testing.T) {
	read, recorded := map[status.Status]int{}, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) // whatever the day is here
	for _, f := range fixtures(t) {
		parent, _ := f.request["parent"].(map[string]any)
		var answer struct {
			Status map[string]any `json:"status"`
		}
		unmarshal(t, f.name, f.response, &answer)
		read[judgeStatus(t, f.name, parent, answer.Status, recorded)]++
	}
	for _, want := range []status.Status{status.CurrentStatus, status.InProgressStatus, status.FailedStatus, status.TerminatingStatus} {
		if read[want] == 0 {
			t.Errorf("no fixture is %s", want)
		}
	}
	t.Log(read)
}

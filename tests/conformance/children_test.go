package conformance

import (
	"encoding/json"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

// What Metacontroller 4.17 decodes an answer of a v2 hook to, and nothing else may stand in it.
// source: Metacontroller's documentation of CompositeController, "Sync Hook Response".
type response struct {
	Status             map[string]any    `json:"status"`
	Children           []json.RawMessage `json:"children"`
	ResyncAfterSeconds *float64          `json:"resyncAfterSeconds,omitempty"`
	Finalized          *bool             `json:"finalized,omitempty"`
}

func decodeResponse(t *testing.T, f *fixture) response {
	t.Helper()
	var r response
	strict, err := kjson.UnmarshalStrict(f.response, &r)
	if err != nil || len(strict) > 0 {
		t.Errorf("%s: %v %v", f.name, err, strict)
	}
	return r
}

func newDecoder(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return kserializer.NewSerializerWithOptions(kserializer.DefaultMetaFactory, scheme, scheme, kserializer.SerializerOptions{Strict: true})
}

// Every answer is what Metacontroller decodes, and every child is a Kubernetes object without an unknown or repeated field.
func TestAnswersDecodeStrictly(t *testing.T) {
	decoder := newDecoder(t)
	kinds := map[string]int{}
	for _, f := range fixtures(t) {
		r := decodeResponse(t, &f)
		for _, child := range r.Children {
			object, kind, err := decoder.Decode(child, nil, nil)
			if err != nil {
				t.Errorf("%s: %v\n%s", f.name, err, child)
				continue
			}
			if object.(metav1.Object).GetName() == "" {
				t.Errorf("%s: a %s without a name", f.name, kind.Kind)
			}
			kinds[kind.Kind]++
		}
	}
	t.Log(kinds)
}

// podSpecs are the Pods that an answer asks for, those of a StatefulSet's template too. A Pod that is only kept has no spec.
func podSpecs(t *testing.T, decoder runtime.Decoder, children []json.RawMessage) []corev1.PodTemplateSpec {
	t.Helper()
	var found []corev1.PodTemplateSpec
	for _, child := range children {
		object, _, err := decoder.Decode(child, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		switch o := object.(type) {
		case *corev1.Pod:
			if len(o.Spec.Containers) > 0 {
				found = append(found, corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec})
			}
		case *appsv1.StatefulSet:
			found = append(found, o.Spec.Template)
		}
	}
	return found
}

// Every generated Pod meets the Pod Security Standard that its FlameCluster names, as Kubernetes' own admission judges it.
func TestPodsMeetTheirPodSecurityStandard(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	decoder := newDecoder(t)
	judged := map[api.Level]int{}
	for _, f := range fixtures(t) {
		level := api.LevelBaseline
		if at(f.request, "parent.spec.podSecurity") == "Restricted" {
			level = api.LevelRestricted
		}
		version := api.LevelVersion{Level: level, Version: api.LatestVersion()}
		for _, pod := range podSpecs(t, decoder, decodeResponse(t, &f).Children) {
			result := policy.AggregateCheckResults(evaluator.EvaluatePod(version, &pod.ObjectMeta, &pod.Spec))
			if !result.Allowed {
				t.Errorf("%s: %s is not %s: %s", f.name, pod.Name, level, result.ForbiddenDetail())
			}
			judged[level]++
		}
	}
	if judged[api.LevelBaseline] == 0 || judged[api.LevelRestricted] == 0 {
		t.Fatalf("a level has no Pod: %v", judged)
	}
	t.Log(judged)
}

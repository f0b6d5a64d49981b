package conformance

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
)

// A Pod that is only kept is asked for by its name: it is never created.
func isKeptPod(object runtime.Object) bool {
	pod, ok := object.(*core.Pod)
	return ok && len(pod.Spec.Containers) == 0
}

// validate is what the API server asks of an object that is created.
func validate(t *testing.T, object runtime.Object) field.ErrorList {
	t.Helper()
	switch o := object.(type) {
	case *core.Pod:
		return corevalidation.ValidatePodCreate(o, podutil.GetValidationOptionsFromPodSpecAndMeta(&o.Spec, nil, &o.ObjectMeta, nil))
	case *core.Service:
		return corevalidation.ValidateServiceCreate(o)
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o)
	case *core.Secret:
		return corevalidation.ValidateSecret(o)
	case *core.PersistentVolumeClaim:
		return corevalidation.ValidatePersistentVolumeClaim(o, corevalidation.ValidationOptionsForPersistentVolumeClaimCreate())
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(o, podutil.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil))
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{})
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{})
	}
	t.Fatalf("no validation for %T", object)
	return nil
}

// decodeAsServer reads an object as the API server does: strictly, with its defaults, into the type that it works with.
func decodeAsServer(text []byte) (runtime.Object, error) {
	object, _, err := legacyscheme.Codecs.UniversalDecoder(core.SchemeGroupVersion, apps.SchemeGroupVersion,
		policy.SchemeGroupVersion, networking.SchemeGroupVersion).Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	meta := object.(metav1.Object)
	if meta.GetNamespace() == "" {
		meta.SetNamespace("default") // Metacontroller does
	}
	return object, nil
}

// registered is the Service after what the API server does between reading and validating it: it gives the port of health checks, and
// takes the node ports away with the type that needs them, where they are asked for as they are.
func registered(f *fixture, object runtime.Object) runtime.Object {
	service, ok := object.(*core.Service)
	if !ok {
		return object
	}
	if service.Spec.Type == core.ServiceTypeLoadBalancer && service.Spec.ExternalTrafficPolicy == core.ServiceExternalTrafficPolicyLocal {
		service.Spec.HealthCheckNodePort = 32000
	}
	children, _ := f.request["children"].(map[string]any)
	services, _ := children["Service.v1"].(map[string]any)
	old := services[service.Namespace+"/"+service.Name]
	if kind := at(old, "spec.type"); service.Spec.Type != core.ServiceTypeClusterIP || (kind != "NodePort" && kind != "LoadBalancer") {
		return object
	}
	ports, _ := at(old, "spec.ports").([]any)
	for i := range service.Spec.Ports {
		if i < len(ports) && at(ports[i], "nodePort") == int64(service.Spec.Ports[i].NodePort) {
			service.Spec.Ports[i].NodePort = 0
		}
	}
	return object
}

// What an answer follows is a valid spec; else, and in finalize, it gives back what was observed, whatever that is.
func isSpecFollowed(f *fixture, r *response) bool {
	conditions, _ := r.Status["conditions"].([]any)
	for _, condition := range conditions {
		if at(condition, "type") == "SpecValid" {
			return at(condition, "status") == "True" && strings.HasPrefix(f.name, "sync/")
		}
	}
	return false
}

// Every child of an answer is valid to the API server that is to create it.
func TestChildrenAreValid(t *testing.T) {
	kinds := map[string]int{}
	for _, f := range fixtures(t) {
		r := decodeResponse(t, &f)
		if !isSpecFollowed(&f, &r) {
			continue
		}
		for _, child := range r.Children {
			object, err := decodeAsServer(child)
			if err != nil {
				t.Errorf("%s: %v\n%s", f.name, err, child)
				continue
			}
			if isKeptPod(object) {
				continue
			}
			if errs := validate(t, registered(&f, object)); len(errs) > 0 {
				t.Errorf("%s: %s: %v", f.name, object.(metav1.Object).GetName(), errs.ToAggregate())
			}
			kinds[fmt.Sprintf("%T", object)]++
		}
	}
	if kinds["*core.Pod"] == 0 || kinds["*core.Service"] == 0 {
		t.Fatalf("nothing was validated: %v", kinds)
	}
	t.Log(kinds)
}

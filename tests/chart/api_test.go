package chart

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corev1conversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	psa "k8s.io/pod-security-admission/api"
	psapolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// validate is what the API server asks of an object that is created.
func validate(t *testing.T, object runtime.Object) field.ErrorList {
	t.Helper()
	switch o := object.(type) {
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o, podutil.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil))
	case *core.Service:
		if o.Spec.ClusterIP != "" { // as the API server does before it judges
			o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
		}
		return corevalidation.ValidateServiceCreate(o)
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o)
	case *core.Secret:
		return corevalidation.ValidateSecret(o)
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o)
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{})
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{})
	case *rbac.ClusterRole:
		return rbacvalidation.ValidateClusterRole(o, rbacvalidation.ClusterRoleValidationOptions{})
	case *rbac.ClusterRoleBinding:
		return rbacvalidation.ValidateClusterRoleBinding(o)
	case *rbac.Role:
		return rbacvalidation.ValidateRole(o)
	case *rbac.RoleBinding:
		return rbacvalidation.ValidateRoleBinding(o)
	}
	t.Fatalf("no validation for %T", object)
	return nil
}

// decode reads an object as the API server does: strictly, with its defaults, into the type that it works with.
func decode(t *testing.T, object map[string]any) (runtime.Object, error) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	decoded, _, err := legacyscheme.Codecs.UniversalDecoder(core.SchemeGroupVersion, apps.SchemeGroupVersion, policy.SchemeGroupVersion,
		networking.SchemeGroupVersion, rbac.SchemeGroupVersion).Decode(text, nil, nil)
	return decoded, err
}

// unknownFields are fields that no such object has; the API server only warns of them.
func unknownFields(t *testing.T, object map[string]any) error {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := legacyscheme.Scheme.New(groupVersionKind(object))
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(text, typed)
}

// The API server takes every object of every rendering, has a use for each of its fields, and lets the Pods into a `restricted` namespace.
func TestRenderingsAreValid(t *testing.T) {
	for name, values := range situations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := render(t, values)
			if found["Deployment/flame-operator"] == nil && found["Deployment/flame-hooks"] == nil {
				t.Error("no Deployment")
			}
			for name, object := range found {
				holdObject(t, name, object)
			}
		})
	}
}

func holdObject(t *testing.T, name string, object map[string]any) {
	t.Helper()
	holdMetadata(t, name, object)
	group, _, _ := strings.Cut(fmt.Sprint(object["apiVersion"]), "/")
	switch group {
	case "metacontroller.k8s.io":
		holdCompositeController(t, object)
	case "apiextensions.k8s.io":
		holdCRD(t, object)
	case "cert-manager.io":
		holdCertManager(t, name, object)
	case "monitoring.coreos.com":
		holdMonitoring(t, name, object)
	default:
		if err := unknownFields(t, object); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		decoded, err := decode(t, object)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if errs := validate(t, decoded); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs.ToAggregate())
		}
		if deployment, ok := decoded.(*apps.Deployment); ok {
			holdPod(t, deployment)
		}
	}
}

// holdMetadata: labels that tell what belongs to the release, and only values that may stand there.
func holdMetadata(t *testing.T, name string, object map[string]any) {
	t.Helper()
	if strings.HasPrefix(name, "ConfigMap/") && at(object, "metadata.labels") == nil {
		return // one of extraObjects
	}
	for label, wanted := range map[string]string{"app.kubernetes.io/instance": "flame-operator", "app.kubernetes.io/managed-by": "Helm",
		"app.kubernetes.io/part-of": "flame", "app.kubernetes.io/version": "0.1.0", "helm.sh/chart": "flame-operator-0.1.0"} {
		labels, _ := at(object, "metadata.labels").(map[string]any)
		if labels[label] != wanted {
			t.Errorf("%s: label %s is %v, must be %s", name, label, labels[label], wanted)
		}
		for _, value := range labels {
			if words := validation.IsValidLabelValue(fmt.Sprint(value)); len(words) > 0 {
				t.Errorf("%s: label %v: %v", name, value, words)
			}
		}
	}
}

func holdPod(t *testing.T, deployment *apps.Deployment) {
	t.Helper()
	var pod corev1.PodTemplateSpec
	if err := corev1conversion.Convert_core_PodTemplateSpec_To_v1_PodTemplateSpec(&deployment.Spec.Template, &pod, nil); err != nil {
		t.Fatal(err)
	}
	evaluator, err := psapolicy.NewEvaluator(psapolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	result := psapolicy.AggregateCheckResults(evaluator.EvaluatePod(psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
	if !result.Allowed {
		t.Errorf("the Pod is not restricted: %s", result.ForbiddenDetail())
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Error("the Pod gets a service account token")
	}
	for _, container := range pod.Spec.Containers {
		if container.SecurityContext.ReadOnlyRootFilesystem == nil || !*container.SecurityContext.ReadOnlyRootFilesystem {
			t.Errorf("%s may write its root", container.Name)
		}
		if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Memory().IsZero() {
			t.Errorf("%s has no memory request or limit", container.Name)
		}
	}
}

func holdCRD(t *testing.T, object map[string]any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var external apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &external); err != nil {
		t.Fatal(err)
	}
	apiextensionsv1.SetDefaults_CustomResourceDefinition(&external)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&external.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&external, internal, nil); err != nil {
		t.Fatal(err)
	}
	internal.Status.StoredVersions = []string{"v1alpha1"} // the API server does
	if errs := crdvalidation.ValidateCustomResourceDefinition(t.Context(), internal); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

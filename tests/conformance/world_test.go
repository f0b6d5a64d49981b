package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/core"
	statefulset "k8s.io/kubernetes/pkg/registry/apps/statefulset"
	configmap "k8s.io/kubernetes/pkg/registry/core/configmap"
	persistentvolumeclaim "k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	secret "k8s.io/kubernetes/pkg/registry/core/secret"
	service "k8s.io/kubernetes/pkg/registry/core/service"
	networkpolicy "k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	poddisruptionbudget "k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
)

type strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
}

// strategies are what the API server does with the kinds that Metacontroller updates in place. Pods are only created and deleted.
var strategies = map[string]strategy{
	"Service.v1":                         service.Strategy,
	"ConfigMap.v1":                       configmap.Strategy,
	"Secret.v1":                          secret.Strategy,
	"PersistentVolumeClaim.v1":           persistentvolumeclaim.Strategy,
	"StatefulSet.apps/v1":                statefulset.Strategy,
	"PodDisruptionBudget.policy/v1":      poddisruptionbudget.Strategy,
	"NetworkPolicy.networking.k8s.io/v1": networkpolicy.Strategy,
}

// child is an object that the API server of a world holds.
type child struct {
	object   runtime.Object
	asked    []byte // as it was asked for last
	observed map[string]any
}

// world is as much of a Kubernetes cluster as one FlameCluster needs: an API server that judges and completes what is written,
// a Metacontroller that writes what an answer asks for, and kubelets and controllers for which everything goes well at once.
type world struct {
	t        *testing.T
	children map[string]map[string]*child // by Metacontroller's key of the kind, and "namespace/name"
	counter  int
	created  []json.RawMessage // by the last answer
	judged   map[string]int    // what was written, by what was done and to which kind
}

func (w *world) observed() map[string]any {
	kinds := map[string]any{}
	for kind, children := range w.children {
		objects := map[string]any{}
		for key, c := range children {
			objects[key] = c.observed
		}
		kinds[kind] = objects
	}
	return kinds
}

// written tells of every object that is there and what was asked of it.
func (w *world) written() string {
	var all []string
	for kind, children := range w.children {
		for key, c := range children {
			all = append(all, fmt.Sprintf("%s %s %s %s", kind, key, c.object.(metav1.Object).GetUID(), c.asked))
		}
	}
	sort.Strings(all)
	return strings.Join(all, "\n")
}

func (w *world) count(kind string) int { return len(w.children[kind]) }

// write is what Metacontroller does with one child of an answer. It tells whether something was written.
func (w *world) write(text []byte) (bool, error) {
	var header metav1.PartialObjectMetadata
	if err := json.Unmarshal(text, &header); err != nil {
		return false, err
	}
	kind, key := header.Kind+"."+header.APIVersion, "default/"+header.Name
	old := w.children[kind][key]
	if old != nil && (kind == "Pod.v1" || bytes.Equal(old.asked, text)) {
		return false, nil
	}
	object, err := decodeAsServer(text)
	if err != nil {
		return false, err
	}
	if old == nil {
		w.created = append(w.created, text)
		w.judged["create "+kind]++
		err = w.create(kind, object)
	} else {
		w.judged["update "+kind]++
		err = w.update(kind, object, old.object)
	}
	if err != nil {
		return false, err
	}
	if w.children[kind] == nil {
		w.children[kind] = map[string]*child{}
	}
	next := &child{object: object, asked: text}
	live(object)
	if next.observed, err = encode(object, header.GroupVersionKind().GroupVersion(), text); err != nil {
		return false, err
	}
	w.children[kind][key] = next
	return true, nil
}

func requestContext(kind string) context.Context {
	kind, apiVersion, _ := strings.Cut(kind, ".")
	group, version, hasGroup := strings.Cut(apiVersion, "/")
	if !hasGroup {
		group, version = "", apiVersion
	}
	return genericapirequest.WithRequestInfo(genericapirequest.WithNamespace(context.Background(), "default"),
		&genericapirequest.RequestInfo{IsResourceRequest: true, Namespace: "default", APIGroup: group, APIVersion: version, Resource: strings.ToLower(kind) + "s"})
}

func (w *world) create(kind string, object runtime.Object) error {
	meta := object.(metav1.Object)
	w.counter++
	meta.SetUID(types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", w.counter)))
	meta.SetCreationTimestamp(metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	labels := map[string]string{"controller-uid": "0b7b8f5e-9d5c-4c0a-9d8e-000000000001"} // Metacontroller adds it
	for key, value := range meta.GetLabels() {
		labels[key] = value
	}
	meta.SetLabels(labels)
	if pod, ok := object.(*core.Pod); ok {
		if isKeptPod(object) {
			return errors.New("a Pod that is not there is asked for as if it were")
		}
		if errs := validate(w.t, pod); len(errs) > 0 {
			return errs.ToAggregate()
		}
		return nil
	}
	allocate(object, w.counter)
	return rest.BeforeCreate(strategies[kind], requestContext(kind), object)
}

func (w *world) update(kind string, object, old runtime.Object) error {
	meta, oldMeta := object.(metav1.Object), old.(metav1.Object)
	meta.SetUID(oldMeta.GetUID())
	labels := map[string]string{"controller-uid": oldMeta.GetLabels()["controller-uid"]}
	for key, value := range meta.GetLabels() {
		labels[key] = value
	}
	meta.SetLabels(labels)
	meta.SetResourceVersion("1")
	oldMeta.SetResourceVersion("1")
	w.counter++
	carry(object, old)
	allocate(object, w.counter)
	return rest.BeforeUpdate(strategies[kind], requestContext(kind), object, old.DeepCopyObject())
}

// carry keeps what the API server and its controllers have set and nobody asks for: an update by Metacontroller is a merge.
func carry(object, old runtime.Object) {
	switch o := object.(type) {
	case *core.PersistentVolumeClaim:
		before := old.(*core.PersistentVolumeClaim)
		o.Spec.VolumeName = before.Spec.VolumeName
		if o.Spec.StorageClassName == nil {
			o.Spec.StorageClassName = before.Spec.StorageClassName
		}
	case *core.Service:
		before := old.(*core.Service)
		o.Spec.ClusterIP, o.Spec.ClusterIPs = before.Spec.ClusterIP, before.Spec.ClusterIPs
		o.Spec.IPFamilies, o.Spec.IPFamilyPolicy = before.Spec.IPFamilies, before.Spec.IPFamilyPolicy
		if o.Spec.HealthCheckNodePort == 0 {
			o.Spec.HealthCheckNodePort = before.Spec.HealthCheckNodePort
		}
		for i := range o.Spec.Ports {
			for j := range before.Spec.Ports {
				if o.Spec.Ports[i].Name == before.Spec.Ports[j].Name && o.Spec.Ports[i].NodePort == 0 {
					o.Spec.Ports[i].NodePort = before.Spec.Ports[j].NodePort
				}
			}
		}
		dropAllocated(o, before)
	}
}

func hasHealthPort(s *core.Service) bool {
	return s.Spec.Type == core.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == core.ServiceExternalTrafficPolicyLocal
}

// dropAllocated: ports that were given for a type go with the type.
func dropAllocated(o, before *core.Service) {
	if o.Spec.Type == core.ServiceTypeClusterIP && before.Spec.Type != core.ServiceTypeClusterIP {
		for i := range o.Spec.Ports {
			o.Spec.Ports[i].NodePort = 0
		}
	}
	if hasHealthPort(before) && !hasHealthPort(o) {
		o.Spec.HealthCheckNodePort = 0
	}
}

// allocate gives what an API server gives: addresses and ports of Services, the class of claims.
func allocate(object runtime.Object, number int) {
	switch o := object.(type) {
	case *core.PersistentVolumeClaim:
		if o.Spec.StorageClassName == nil {
			class := "standard"
			o.Spec.StorageClassName = &class
		}
	case *core.Service:
		if o.Spec.ClusterIP == "" {
			o.Spec.ClusterIP = fmt.Sprintf("10.%d.%d.%d", 1+number/62500%100, number/250%250, 1+number%250)
			o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
			single := core.IPFamilyPolicySingleStack
			o.Spec.IPFamilyPolicy, o.Spec.IPFamilies = &single, []core.IPFamily{core.IPv4Protocol}
		}
		for i := range o.Spec.Ports {
			if o.Spec.Type != core.ServiceTypeClusterIP && o.Spec.Ports[i].NodePort == 0 {
				o.Spec.Ports[i].NodePort = int32(31000 + (number*4+i)%1500)
			}
		}
		if hasHealthPort(o) && o.Spec.HealthCheckNodePort == 0 {
			o.Spec.HealthCheckNodePort = 30001
		}
	}
}

// live is what kubelets and controllers make of an object: Pods run, claims are bound, a StatefulSet has all its Pods.
func live(object runtime.Object) {
	switch o := object.(type) {
	case *core.Pod:
		now := metav1.NewTime(time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC))
		o.Status.Phase = core.PodRunning
		o.Status.Conditions = []core.PodCondition{{Type: core.PodScheduled, Status: core.ConditionTrue, LastTransitionTime: now},
			{Type: core.PodReady, Status: core.ConditionTrue, LastTransitionTime: now}}
	case *core.PersistentVolumeClaim:
		o.Spec.VolumeName = "pv-" + string(o.UID)
		o.Status.Phase, o.Status.Capacity, o.Status.AccessModes = core.ClaimBound, o.Spec.Resources.Requests.DeepCopy(), o.Spec.AccessModes
	case *apps.StatefulSet:
		generation := o.Generation
		o.Status = apps.StatefulSetStatus{ObservedGeneration: &generation, Replicas: o.Spec.Replicas, ReadyReplicas: o.Spec.Replicas,
			AvailableReplicas: o.Spec.Replicas, CurrentReplicas: o.Spec.Replicas, UpdatedReplicas: o.Spec.Replicas,
			CurrentRevision: fmt.Sprint("r", generation), UpdateRevision: fmt.Sprint("r", generation)}
	}
}

// encode is the object as Metacontroller sees it, with its note of what it asked for.
func encode(object runtime.Object, version schema.GroupVersion, asked []byte) (map[string]any, error) {
	text, err := runtime.Encode(legacyscheme.Codecs.LegacyCodec(version), object)
	if err != nil {
		return nil, err
	}
	var observed map[string]any
	if err := json.Unmarshal(text, &observed); err != nil {
		return nil, err
	}
	put(observed, []string{"metadata", "annotations", "metacontroller.k8s.io/last-applied-configuration"}, string(asked))
	put(observed, []string{"metadata", "resourceVersion"}, "1")
	return observed, nil
}

// follow writes what an answer asks for and deletes the rest. It tells whether anything changed.
func (w *world) follow(name string, asked []json.RawMessage) bool {
	t := w.t
	t.Helper()
	w.created = nil
	changed := false
	wanted := map[string]bool{}
	for _, text := range asked {
		written, err := w.write(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		changed = changed || written
		var header metav1.PartialObjectMetadata
		if err := json.Unmarshal(text, &header); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		id := header.Kind + "." + header.APIVersion + " default/" + header.Name
		if wanted[id] {
			t.Errorf("%s: %s is asked for twice", name, id)
		}
		wanted[id] = true
	}
	for kind, children := range w.children {
		for key := range children {
			if !wanted[kind+" "+key] {
				delete(children, key)
				changed = true
			}
		}
	}
	return changed
}

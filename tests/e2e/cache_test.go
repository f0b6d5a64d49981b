package e2e

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// endpoints are the Pods that a Service leads to and that are ready.
func (c *cluster) endpoints(service string) []string {
	slices, err := c.core.DiscoveryV1().EndpointSlices(c.namespace).List(c.ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service})
	must(c.T, err)
	found := map[string]bool{}
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
				found[endpoint.TargetRef.Name] = true
			}
		}
	}
	return names(found)
}

func (c *cluster) untilEndpoints(service string, wanted ...string) {
	c.Helper()
	c.until("endpoints of "+service, func() error { return same(c.endpoints(service), wanted) })
}

func TestObjectCacheOfItsOwnAndBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	c.patch(`{"spec": {"objectCache": {"image": "cache:1", "replicas": 2, "storage": "/data/cache"}}}`)
	c.settled()
	c.untilEndpoints("my-object-cache", "my-object-cache-0", "my-object-cache-1")
	for path, wanted := range map[string]string{"status.objectCache.ready": "2", "status.objectCache.replicas": "2"} {
		if err := same(c.at(path), wanted); err != nil {
			t.Errorf("%s %v", path, err)
		}
	}
	before := c.pods()
	c.patch(`{"spec": {"objectCache": {"image": "cache:2"}}}`)
	c.settled()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	c.quiet()
	c.patch(`{"spec": {"objectCache": {"image": null, "replicas": null}}}`)
	c.settled()
	c.untilEndpoints("my-object-cache", "my-executor-manager-0", "my-executor-manager-1", "my-executor-manager-2")
	if err := same(len(c.pods()), 4); err != nil {
		t.Errorf("Pods: %v", err)
	}
	c.noSyncErrors()
}

// volume is one that a claim of the scenario's namespace can be bound to: there is no provisioner here.
func (c *cluster) volume(claim, size string) {
	c.Helper()
	name := c.namespace + "-" + claim
	_, err := c.core.CoreV1().PersistentVolumes().Create(c.ctx, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{Capacity: corev1.ResourceList{"storage": resource.MustParse(size)},
			AccessModes: []corev1.PersistentVolumeAccessMode{"ReadWriteOnce"}, PersistentVolumeReclaimPolicy: "Retain",
			ClaimRef:               &corev1.ObjectReference{Namespace: c.namespace, Name: claim},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/tmp"}}}}, metav1.CreateOptions{})
	must(c.T, err)
	c.Cleanup(func() { _ = c.core.CoreV1().PersistentVolumes().Delete(c.ctx, name, metav1.DeleteOptions{}) })
}

func (c *cluster) claims() map[string]corev1.PersistentVolumeClaim {
	list, err := c.core.CoreV1().PersistentVolumeClaims(c.namespace).List(c.ctx, metav1.ListOptions{})
	must(c.T, err)
	found := map[string]corev1.PersistentVolumeClaim{}
	for _, claim := range list.Items {
		found[claim.Name] = claim
	}
	return found
}

func TestPersistence(t *testing.T) {
	t.Parallel()
	c := newNamespace(t)
	c.volume("my-session-manager", "20Gi")
	c.volume("my-object-cache-0", "20Gi")
	c.create("my", `{"spec": {"podSecurity": "Restricted", "sessionManager": {"storage": "sqlite://flame.db", "persistence": {"size": "1024Mi"}},
		"objectCache": {"image": "cache:1", "persistence": {"size": "2Gi"}}}}`)
	c.settled()
	c.quiet() // what Kubernetes writes into a claim is no change of ours
	for name, size := range map[string]string{"my-session-manager": "1Gi", "my-object-cache-0": "2Gi"} {
		claim := c.claims()[name]
		if err := same(claim.Spec.Resources.Requests.Storage().String(), size); err != nil || claim.Status.Phase != corev1.ClaimBound {
			t.Errorf("%s: %v, %s", name, err, claim.Status.Phase)
		}
	}
	before := c.claims()
	isKept := func() error {
		for name, claim := range c.claims() {
			if claim.UID != before[name].UID || claim.DeletionTimestamp != nil {
				return fmt.Errorf("%s is another one", name)
			}
		}
		return same(len(c.claims()), 2)
	}
	c.patch(`{"spec": {"suspend": true}}`)
	c.untilAt("status.message", "Suspended")
	must(t, isKept())
	c.patch(`{"spec": {"suspend": false}}`)
	c.settled()
	must(t, isKept())
	c.patch(`{"spec": {"sessionManager": {"persistence": {"size": "512Mi"}}}}`)
	c.until("the warning", func() error { return same(c.condition("SpecWarning"), "True/ClaimNotShrunk") })
	c.patch(`{"spec": {"sessionManager": {"persistence": null, "storage": "none"}, "objectCache": {"persistence": null}}}`)
	c.settled()
	must(t, isKept()) // an edit takes nobody's data
	if err := same(c.condition("SpecWarning"), "True/ClaimUnused"); err != nil {
		t.Error(err)
	}
	c.quiet()
	c.noSyncErrors()
	c.delete()
	c.gone()
	if left := c.claims(); len(left) > 0 {
		t.Errorf("claims are left: %v", names(left))
	}
}

func TestExistingClaimIsNeverTouched(t *testing.T) {
	t.Parallel()
	c := newNamespace(t)
	c.volume("mine", "1Gi")
	_, err := c.core.CoreV1().PersistentVolumeClaims(c.namespace).Create(c.ctx, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "mine"},
		Spec: corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{"ReadWriteOnce"},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse("1Gi")}}}}, metav1.CreateOptions{})
	must(t, err)
	c.create("my", `{"spec": {"sessionManager": {"persistence": {"existingClaim": "mine"}}}}`)
	c.settled()
	before := c.claims()["mine"]
	c.delete()
	c.gone()
	after := c.claims()["mine"]
	if after.UID != before.UID || after.DeletionTimestamp != nil || len(after.OwnerReferences) > 0 {
		t.Errorf("the claim was touched: %v", after)
	}
}

// Package e2e plays the life of FlameClusters on a real Kubernetes control plane on loopback: `./dev e2e`. The controller between the API server
// and our hooks is Metacontroller, when METACONTROLLER names its binary (METACONTROLLER_MODE: dynamic-apply or server-side-apply), else a
// stand-in (standin_test.go). The scenarios look at API objects alone, so both must pass all of them.
package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// limit is how long anything may take that is waited for. What takes a second alone takes a minute on a loaded machine.
const limit = 5 * time.Minute

type controller interface{ stop() }

// everything is what all scenarios share.
type everything struct {
	*plane
	dynamic    dynamic.Interface
	operator   *operator
	second     *operator // another replica, idle but in the scenarios about it
	proxy      *proxy
	controller controller
}

var world everything

var flameClusters = schema.GroupVersionResource{Group: "flame.xflops.io", Version: "v1alpha1", Resource: "flameclusters"}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "flame-e2e-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() {
		world.stop()
		if code != 0 {
			fmt.Println("logs are in", dir)
		} else {
			_ = os.RemoveAll(dir)
		}
	}()
	// kubectl and Helm would take what they know of another control plane that once had this address.
	_ = os.Setenv("KUBECACHEDIR", filepath.Join(dir, "kubectl-cache"))
	if err := world.start(dir); err != nil {
		fmt.Println(err)
		return 1
	}
	return m.Run()
}

func (e *everything) start(dir string) error {
	bin, program := os.Getenv("E2E_BIN"), os.Getenv("FLAME_OPERATOR")
	if bin == "" || program == "" {
		return errors.New("E2E_BIN (the folder of the control plane's programs) and FLAME_OPERATOR (our program) must be set: use ./dev e2e")
	}
	var err error
	if e.operator, err = newOperator(program, dir); err != nil {
		return err
	}
	if e.second, err = newOperator(program, dir); err != nil {
		return err
	}
	if e.proxy, err = newProxy(e.operator); err != nil {
		return err
	}
	if e.plane, err = startPlane(dir, bin); err != nil {
		return err
	}
	e.dynamic = dynamic.NewForConfigOrDie(e.config)
	if err := e.installCRD(); err != nil {
		return err
	}
	if binary := os.Getenv("METACONTROLLER"); binary != "" {
		mode := metacontrollerMode()
		fmt.Printf("the controller is Metacontroller (%s), %s\n", binary, mode)
		e.controller, err = startMetacontroller(e.plane, binary, e.proxy.url(), mode)
		return err
	}
	fmt.Println("the controller is the stand-in")
	e.controller, err = startStandin(e.plane, e.proxy.url())
	return err
}

func (e *everything) stop() {
	if e.controller != nil {
		e.controller.stop()
	}
	for _, o := range []*operator{e.operator, e.second} {
		if o != nil {
			o.process.stop()
		}
	}
	if e.plane != nil {
		e.plane.stop()
	}
}

func (e *everything) installCRD() error {
	text, err := os.ReadFile(root + "/crd/flameclusters.yaml")
	if err != nil {
		return err
	}
	if err := create(context.Background(), e.dynamic, crds, text); err != nil {
		return err
	}
	return poll(limit, func() error {
		_, err := e.dynamic.Resource(flameClusters).List(context.Background(), metav1.ListOptions{})
		return err
	})
}

var namespaces atomic.Int64

// cluster is one FlameCluster in a namespace of its own, and what a scenario does to it and asks of it.
type cluster struct {
	*testing.T
	ctx             context.Context
	namespace, name string
	core            kubernetes.Interface
}

const minimal = `{"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster", "metadata": {"name": "my"},
	"spec": {"sessionManager": {"image": "session:1"}, "executorManager": {"image": "executor:1", "replicas": 3}}}`

// newNamespace is gone when the scenario is over.
func newNamespace(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{T: t, ctx: context.Background(), namespace: fmt.Sprintf("e2e-%d", namespaces.Add(1)), name: "my", core: world.client}
	_, err := c.core.CoreV1().Namespaces().Create(c.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.namespace}}, metav1.CreateOptions{})
	must(t, err)
	c.until("the namespace's service account", func() error {
		_, err := c.core.CoreV1().ServiceAccounts(c.namespace).Get(c.ctx, "default", metav1.GetOptions{})
		return err
	})
	t.Cleanup(func() {
		if t.Failed() {
			c.dump()
		}
		_ = c.core.CoreV1().Namespaces().Delete(c.ctx, c.namespace, metav1.DeleteOptions{})
	})
	return c
}

// newCluster is a FlameCluster of three executor managers with this merge patch over it, settled.
func newCluster(t *testing.T, patch string) *cluster {
	t.Helper()
	c := newNamespace(t)
	c.create(c.name, patch)
	c.settled()
	return c
}

func merge(into map[string]any, patch map[string]any) {
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		outer, hasObject := into[name].(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject && hasObject:
			merge(outer, inner)
		default:
			into[name] = value
		}
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	must(t, yaml.Unmarshal([]byte(text), &object))
	return object
}

func (c *cluster) create(name, patch string) {
	c.Helper()
	object := parse(c.T, minimal)
	merge(object, parse(c.T, patch))
	object["metadata"].(map[string]any)["name"] = name
	_, err := world.dynamic.Resource(flameClusters).Namespace(c.namespace).Create(c.ctx, &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
	must(c.T, err)
}

func (c *cluster) flames() dynamic.ResourceInterface {
	return world.dynamic.Resource(flameClusters).Namespace(c.namespace)
}

func (c *cluster) patchError(patch string) error {
	_, err := c.flames().Patch(c.ctx, c.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// patch changes the FlameCluster by a merge patch.
func (c *cluster) patch(patch string) {
	c.Helper()
	must(c.T, c.patchError(patch))
}

func (c *cluster) get() map[string]any {
	object, err := c.flames().Get(c.ctx, c.name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return object.Object
}

// textAt is what stands at a dotted path of an object, as text; "" when nothing does.
func textAt(value any, path string) string {
	for _, name := range strings.Split(path, ".") {
		members, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = members[name]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func (c *cluster) at(path string) string { return textAt(c.get(), path) }

// history begins to note all that the FlameCluster goes through; what it gives back waits until the text at a path was one that `is` takes, be it
// for a moment.
func (c *cluster) history() func(path string, is func(string) bool) {
	c.Helper()
	now, err := c.flames().Get(c.ctx, c.name, metav1.GetOptions{})
	must(c.T, err)
	events, err := c.flames().Watch(c.ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + c.name, ResourceVersion: now.GetResourceVersion()})
	must(c.T, err)
	c.Cleanup(events.Stop)
	return func(path string, is func(string) bool) {
		c.Helper()
		end, last := time.After(limit), ""
		for {
			select {
			case event := <-events.ResultChan():
				object, ok := event.Object.(*unstructured.Unstructured)
				if !ok {
					c.Fatalf("%s: the watch ended at %q: %v", path, last, event)
				}
				if last = textAt(object.Object, path); is(last) {
					return
				}
			case <-end:
				c.Fatalf("%s was never as it must be within %s, at last %q", path, limit, last)
			}
		}
	}
}

func exactly(want string) func(string) bool { return func(text string) bool { return text == want } }

func containing(part string) func(string) bool {
	return func(text string) bool { return strings.Contains(text, part) }
}

// condition is "Status/Reason" of one type, and "" when it is not there.
func (c *cluster) condition(kind string) string {
	conditions, _, _ := unstructured.NestedSlice(c.get(), "status", "conditions")
	for _, condition := range conditions {
		members := condition.(map[string]any)
		if members["type"] == kind {
			return fmt.Sprintf("%v/%v", members["status"], members["reason"])
		}
	}
	return ""
}

// until waits for something to become true, and fails the scenario when it does not.
func (c *cluster) until(what string, ask func() error) {
	c.Helper()
	if err := poll(limit, ask); err != nil {
		c.Fatalf("%s: %v", what, err)
	}
}

func same(found, wanted any) error {
	if fmt.Sprint(found) != fmt.Sprint(wanted) {
		return fmt.Errorf("is %v, must be %v", found, wanted)
	}
	return nil
}

func (c *cluster) untilAt(path, wanted string) {
	c.Helper()
	c.until(path, func() error { return same(c.at(path), wanted) })
}

// observed: the status is about the spec as it is now.
func (c *cluster) observed() error {
	return same(c.at("status.observedGeneration"), c.at("metadata.generation"))
}

// settled waits until the cluster is all that its spec asks for.
func (c *cluster) settled() {
	c.Helper()
	c.until("settled", func() error {
		if err := c.observed(); err != nil {
			return fmt.Errorf("observedGeneration %w", err)
		}
		if ready := c.condition("Ready"); !strings.HasPrefix(ready, "True/") {
			return fmt.Errorf("Ready is %s: %s", ready, c.at("status.message"))
		}
		return nil
	})
}

func (c *cluster) pods() map[string]corev1.Pod {
	c.Helper()
	list, err := c.core.CoreV1().Pods(c.namespace).List(c.ctx, metav1.ListOptions{})
	must(c.T, err)
	found := map[string]corev1.Pod{}
	for _, pod := range list.Items {
		found[pod.Name] = pod
	}
	return found
}

func names[V any](found map[string]V) []string {
	var all []string
	for name := range found {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// kept are the Pods that are the very same in both.
func kept(before, after map[string]corev1.Pod) []string {
	same := map[string]bool{}
	for name, pod := range before {
		if after[name].UID == pod.UID {
			same[name] = true
		}
	}
	return names(same)
}

func (c *cluster) evict(pod string) {
	c.Helper()
	_, err := c.core.CoreV1().Pods(c.namespace).Patch(c.ctx, pod, types.MergePatchType, []byte(`{"metadata":{"annotations":{"e2e/evict":"now"}}}`), metav1.PatchOptions{})
	must(c.T, err)
}

var finalizerOfNobody = regexp.MustCompile("can't (sync|remove) finalizer .* not found")

// syncErrors are the failed syncs that the controller tells of, but for one that is Metacontroller's own: it may come once more to put its
// finalizer on a parent that is gone, or to take it away.
func (c *cluster) syncErrors() []string {
	events, err := c.core.CoreV1().Events(c.namespace).List(c.ctx, metav1.ListOptions{})
	must(c.T, err)
	var found []string
	for _, event := range events.Items {
		if event.Reason == "SyncError" && !finalizerOfNobody.MatchString(event.Message) {
			found = append(found, event.Message)
		}
	}
	return found
}

func (c *cluster) noSyncErrors() {
	c.Helper()
	if found := c.syncErrors(); len(found) > 0 {
		c.Errorf("failed syncs: %s", strings.Join(found, "\n"))
	}
}

// quiet holds that nothing is written any more: no object of the namespace changes for a while.
func (c *cluster) quiet() {
	c.Helper()
	var before map[string]string
	c.until("quiet", func() error {
		was := before
		before = c.versions()
		time.Sleep(2 * time.Second)
		if was == nil {
			return errors.New("looked at once")
		}
		return same(before, was)
	})
}

// versions are the resourceVersions of the cluster and of its children.
func (c *cluster) versions() map[string]string {
	found := map[string]string{"FlameCluster": c.at("metadata.resourceVersion")}
	for _, gvr := range childResources() {
		list, err := world.dynamic.Resource(gvr).Namespace(c.namespace).List(c.ctx, metav1.ListOptions{LabelSelector: "flame.xflops.io/cluster"})
		must(c.T, err)
		for _, item := range list.Items {
			found[gvr.Resource+"/"+item.GetName()] = item.GetResourceVersion()
		}
	}
	return found
}

func childResources() []schema.GroupVersionResource {
	cc, err := readManifest("")
	if err != nil {
		panic(err)
	}
	var found []schema.GroupVersionResource
	for _, rule := range cc.Spec.ChildResources {
		found = append(found, rule.gvr())
	}
	return found
}

// left are all objects with a label of ours in the namespace, "pods/my-session-manager".
func (c *cluster) left() []string {
	found := c.versions()
	delete(found, "FlameCluster")
	return names(found)
}

func (c *cluster) delete() {
	c.Helper()
	must(c.T, c.flames().Delete(c.ctx, c.name, metav1.DeleteOptions{}))
}

// gone waits until the FlameCluster and all of its children are gone.
func (c *cluster) gone() {
	c.Helper()
	c.until("gone", func() error {
		if object := c.get(); object != nil {
			return fmt.Errorf("still there: %s", c.at("status.message"))
		}
		return same(c.left(), []string(nil))
	})
}

// kubectl runs kubectl in the namespace.
func (c *cluster) kubectl(args ...string) (string, error) {
	command := exec.Command(filepath.Join(world.bin, "kubectl"), append([]string{"--kubeconfig", world.kubeconfig, "-n", c.namespace}, args...)...)
	text, err := command.CombinedOutput()
	return string(text), err
}

// dump keeps what the namespace looked like when its scenario failed.
func (c *cluster) dump() {
	text, err := json.MarshalIndent(c.get(), "", " ")
	if err == nil {
		_ = os.WriteFile(world.path(c.namespace+".json"), text, 0o600)
	}
	pods, _ := c.kubectl("get", "flc,pods,svc,cm,secrets,pvc,sts,pdb,netpol,events", "-o", "wide")
	_ = os.WriteFile(world.path(c.namespace+".txt"), []byte(pods), 0o600)
	c.Logf("%s: %s\n%s", c.namespace, c.at("status.message"), pods)
}

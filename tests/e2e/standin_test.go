package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"
	"k8s.io/client-go/util/workqueue"
)

const finalizer = "metacontroller.io/compositecontroller-flamecluster"

// childKind is a kind of children: where it is, and what happens to one that differs from what is asked for.
type childKind struct {
	gvr     schema.GroupVersionResource
	inPlace bool
	lister  cache.GenericLister
}

// standin does for one CompositeController what Metacontroller would: it watches parents and children, calls the hooks with what its caches
// hold, creates what is missing, applies (server-side) what is to be updated in place, deletes what is not asked for any more, and writes
// the status. It does not adopt, and knows no ETags.
type standin struct {
	cc       *compositeController
	http     *http.Client
	client   dynamic.Interface
	core     kubernetes.Interface
	parents  cache.GenericLister
	children map[string]*childKind // by Metacontroller's key, "Pod.v1"
	queue    workqueue.TypedRateLimitingInterface[string]
	log      *log.Logger
	cancel   context.CancelFunc
}

func kindKey(object *unstructured.Unstructured) string {
	return object.GetKind() + "." + object.GetAPIVersion()
}

func startStandin(p *plane, url string) (*standin, error) {
	cc, err := readManifest(url)
	if err != nil {
		return nil, err
	}
	return startStandinOf(p, cc, http.DefaultClient)
}

func startStandinOf(p *plane, cc *compositeController, client *http.Client) (*standin, error) {
	file, err := os.Create(filepath.Join(p.dir, "standin.log"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &standin{cc: cc, http: client, client: dynamic.NewForConfigOrDie(p.config), core: p.client, children: map[string]*childKind{}, cancel: cancel,
		log:   log.New(file, "", log.Ltime|log.Lmicroseconds),
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](100*time.Millisecond, 5*time.Second))}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(s.client, time.Duration(cc.Spec.ResyncPeriodSeconds)*time.Second)
	if err := s.watch(factory, p.client); err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for range 5 {
		go s.work()
	}
	return s, nil
}

func (s *standin) stop() {
	s.cancel()
	s.queue.ShutDown()
}

func (s *standin) watch(factory dynamicinformer.DynamicSharedInformerFactory, core kubernetes.Interface) error {
	parents := factory.ForResource(s.cc.Spec.ParentResource.gvr())
	s.parents = parents.Lister()
	if _, err := parents.Informer().AddEventHandler(handler(func(o *unstructured.Unstructured) {
		s.queue.Add(o.GetNamespace() + "/" + o.GetName())
	})); err != nil {
		return err
	}
	for _, rule := range s.cc.Spec.ChildResources {
		gvr := rule.gvr()
		kind, err := kindOf(core, gvr)
		if err != nil {
			return err
		}
		informer := factory.ForResource(gvr)
		s.children[kind+"."+rule.APIVersion] = &childKind{gvr, rule.UpdateStrategy.Method == "InPlace", informer.Lister()}
		if _, err := informer.Informer().AddEventHandler(handler(s.childChanged)); err != nil {
			return err
		}
	}
	return nil
}

func handler(changed func(*unstructured.Unstructured)) cache.ResourceEventHandler {
	call := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		changed(object.(*unstructured.Unstructured))
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: call, UpdateFunc: func(_, object any) { call(object) }, DeleteFunc: call}
}

func kindOf(core kubernetes.Interface, gvr schema.GroupVersionResource) (string, error) {
	list, err := core.Discovery().ServerResourcesForGroupVersion(gvr.GroupVersion().String())
	if err != nil {
		return "", err
	}
	for _, resource := range list.APIResources {
		if resource.Name == gvr.Resource {
			return resource.Kind, nil
		}
	}
	return "", fmt.Errorf("%s: no such resource", gvr)
}

// childChanged brings its parent to a sync. A Secret of nobody's may be one that a hook asked for: all parents beside it are brought.
func (s *standin) childChanged(child *unstructured.Unstructured) {
	if owner := metav1.GetControllerOf(child); owner != nil && owner.Kind == "FlameCluster" {
		s.queue.Add(child.GetNamespace() + "/" + owner.Name)
	} else if owner == nil && child.GetKind() == "Secret" {
		siblings, _ := s.parents.ByNamespace(child.GetNamespace()).List(labels.Everything())
		for _, sibling := range siblings {
			s.queue.Add(child.GetNamespace() + "/" + sibling.(*unstructured.Unstructured).GetName())
		}
	}
}

func (s *standin) work() {
	for {
		key, shutdown := s.queue.Get()
		if shutdown {
			return
		}
		if err := s.sync(key); err != nil {
			s.log.Printf("%s: %v", key, err)
			s.queue.AddRateLimited(key)
		} else {
			s.queue.Forget(key)
		}
		s.queue.Done(key)
	}
}

func (s *standin) sync(key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	found, err := s.parents.ByNamespace(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	parent := found.(*unstructured.Unstructured).DeepCopy()
	hasFinalizer := len(parent.GetFinalizers()) > 0
	if parent.GetDeletionTimestamp() != nil && !hasFinalizer {
		return nil
	}
	if !hasFinalizer && s.cc.Spec.Hooks.Finalize != nil {
		parent.SetFinalizers([]string{finalizer})
		_, err := s.client.Resource(s.cc.Spec.ParentResource.gvr()).Namespace(namespace).Update(context.Background(), parent, metav1.UpdateOptions{})
		return err
	}
	if err := s.syncParent(parent); err != nil {
		s.record(parent, err)
		return err
	}
	return nil
}

// record tells of a failed sync as Metacontroller does.
func (s *standin) record(parent *unstructured.Unstructured, failure error) {
	now := metav1.Now()
	_, _ = s.core.CoreV1().Events(parent.GetNamespace()).Create(context.Background(), &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: parent.GetName() + ".", Namespace: parent.GetNamespace()},
		InvolvedObject: corev1.ObjectReference{APIVersion: parent.GetAPIVersion(), Kind: parent.GetKind(), Name: parent.GetName(),
			Namespace: parent.GetNamespace(), UID: parent.GetUID()},
		Reason: "SyncError", Message: failure.Error(), Type: "Warning", FirstTimestamp: now, LastTimestamp: now,
	}, metav1.CreateOptions{})
}

type objects map[string]map[string]*unstructured.Unstructured // by kind, by namespace/name

func (s *standin) observe(parent *unstructured.Unstructured) (objects, error) {
	observed := objects{}
	for key, kind := range s.children {
		observed[key] = map[string]*unstructured.Unstructured{}
		all, err := kind.lister.ByNamespace(parent.GetNamespace()).List(labels.SelectorFromSet(labels.Set{"controller-uid": string(parent.GetUID())}))
		if err != nil {
			return nil, err
		}
		for _, object := range all {
			child := object.(*unstructured.Unstructured)
			if owner := metav1.GetControllerOf(child); owner != nil && owner.UID == parent.GetUID() {
				observed[key][child.GetNamespace()+"/"+child.GetName()] = child
			}
		}
	}
	return observed, nil
}

// related asks the customize hook which other objects the parent needs, and gets them.
func (s *standin) related(parent *unstructured.Unstructured) (objects, error) {
	found := objects{}
	if s.cc.Spec.Hooks.Customize == nil {
		return found, nil
	}
	var answer struct {
		RelatedResources []struct {
			resourceRule
			Namespace string   `json:"namespace"`
			Names     []string `json:"names"`
		} `json:"relatedResources"`
	}
	if _, err := s.post(s.cc.Spec.Hooks.Customize, map[string]any{"controller": s.cc, "parent": parent}, &answer); err != nil {
		return nil, err
	}
	for _, rule := range answer.RelatedResources {
		kind, err := kindOf(s.core, rule.gvr())
		if err != nil {
			return nil, err
		}
		found[kind+"."+rule.APIVersion] = map[string]*unstructured.Unstructured{}
		for _, name := range rule.Names {
			object, err := s.client.Resource(rule.gvr()).Namespace(rule.Namespace).Get(context.Background(), name, metav1.GetOptions{})
			if err == nil {
				found[kind+"."+rule.APIVersion][rule.Namespace+"/"+name] = object
			} else if !apierrors.IsNotFound(err) {
				return nil, err
			}
		}
	}
	return found, nil
}

type hookAnswer struct {
	Status             map[string]any               `json:"status"`
	Children           []*unstructured.Unstructured `json:"children"`
	ResyncAfterSeconds float64                      `json:"resyncAfterSeconds"`
	Finalized          bool                         `json:"finalized"`
}

// authorize shows the token that the hook asks for.
func (s *standin) authorize(h *hook, call *http.Request) error {
	authorization := h.Webhook.Authorization
	if authorization == nil {
		return nil
	}
	from := authorization.SecretRef
	secret, err := s.core.CoreV1().Secrets(from.Namespace).Get(context.Background(), from.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	call.Header.Set("Authorization", authorization.Type+" "+string(secret.Data[from.Key]))
	return nil
}

func (s *standin) post(h *hook, request, answer any) (int, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return 0, err
	}
	call, err := http.NewRequest(http.MethodPost, h.Webhook.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	call.Header.Set("Content-Type", "application/json")
	if err := s.authorize(h, call); err != nil {
		return 0, err
	}
	response, err := s.http.Do(call)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return response.StatusCode, fmt.Errorf("%s: %s: %s", h.Webhook.URL, response.Status, text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return response.StatusCode, decoder.Decode(answer)
}

func (s *standin) syncParent(parent *unstructured.Unstructured) error {
	observed, err := s.observe(parent)
	if err != nil {
		return err
	}
	related, err := s.related(parent)
	if err != nil {
		return err
	}
	finalizing := parent.GetDeletionTimestamp() != nil
	called := s.cc.Spec.Hooks.Sync
	if finalizing {
		called = s.cc.Spec.Hooks.Finalize
	}
	var answer hookAnswer
	request := map[string]any{"controller": s.cc, "parent": parent, "children": observed, "related": related, "finalizing": finalizing}
	if _, err := s.post(called, request, &answer); err != nil {
		return err
	}
	failures := s.manage(parent, observed, answer.Children)
	if err := s.writeStatus(parent, answer.Status); err != nil {
		failures = append(failures, err)
	}
	if len(failures) > 0 {
		return errors.Join(failures...)
	}
	if finalizing && answer.Finalized {
		parent.SetFinalizers(nil)
		_, err := s.client.Resource(s.cc.Spec.ParentResource.gvr()).Namespace(parent.GetNamespace()).Patch(context.Background(), parent.GetName(),
			types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	}
	if answer.ResyncAfterSeconds > 0 {
		s.queue.AddAfter(parent.GetNamespace()+"/"+parent.GetName(), time.Duration(answer.ResyncAfterSeconds*float64(time.Second)))
	}
	return nil
}

// manage makes the children what the hook asks for; one that fails holds no other back.
func (s *standin) manage(parent *unstructured.Unstructured, observed objects, wanted []*unstructured.Unstructured) []error {
	var failures []error
	isWanted := map[string]bool{}
	for _, child := range wanted {
		key, kind := kindKey(child), s.children[kindKey(child)]
		if kind == nil {
			failures = append(failures, fmt.Errorf("%s is no child kind of the CompositeController", key))
			continue
		}
		child.SetNamespace(parent.GetNamespace())
		name := child.GetNamespace() + "/" + child.GetName()
		isWanted[key+" "+name] = true
		if err := s.ask(parent, kind, child, observed[key][name]); err != nil {
			failures = append(failures, err)
		}
	}
	for key, kind := range s.children {
		for name, child := range observed[key] {
			if isWanted[key+" "+name] || child.GetDeletionTimestamp() != nil {
				continue
			}
			uid, policy := child.GetUID(), metav1.DeletePropagationBackground
			err := s.client.Resource(kind.gvr).Namespace(child.GetNamespace()).Delete(context.Background(), child.GetName(),
				metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}, PropagationPolicy: &policy})
			if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				failures = append(failures, err)
			}
		}
	}
	return failures
}

func (s *standin) ask(parent *unstructured.Unstructured, kind *childKind, child, observed *unstructured.Unstructured) error {
	if observed != nil && (!kind.inPlace || observed.GetDeletionTimestamp() != nil) {
		return nil
	}
	all := child.GetLabels()
	if all == nil {
		all = map[string]string{}
	}
	all["controller-uid"] = string(parent.GetUID())
	child.SetLabels(all)
	child.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(parent, parent.GroupVersionKind())})
	client := s.client.Resource(kind.gvr).Namespace(child.GetNamespace())
	if observed == nil {
		// To apply would take over an object of somebody else's.
		if found, err := client.Get(context.Background(), child.GetName(), metav1.GetOptions{}); err == nil && metav1.IsControlledBy(found, parent) {
			return nil // the caches do not know it yet; they will, and its parent is synced again
		} else if err == nil {
			return apierrors.NewAlreadyExists(kind.gvr.GroupResource(), child.GetName())
		} else if !apierrors.IsNotFound(err) {
			return err
		}
	}
	_, err := client.Apply(context.Background(), child.GetName(), child, metav1.ApplyOptions{FieldManager: "standin", Force: true})
	return err
}

// asJSON is the value as it comes back from an API server.
func asJSON(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var back any
	return back, json.Unmarshal(text, &back)
}

// writeStatus replaces the whole status of the parent as it is now, unless it is that already.
func (s *standin) writeStatus(parent *unstructured.Unstructured, status map[string]any) error {
	if status == nil {
		return nil
	}
	status["observedGeneration"] = parent.GetGeneration()
	client := s.client.Resource(s.cc.Spec.ParentResource.gvr()).Namespace(parent.GetNamespace())
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		live, err := client.Get(context.Background(), parent.GetName(), metav1.GetOptions{})
		if err != nil || live.GetUID() != parent.GetUID() {
			return err
		}
		before, err := asJSON(live.Object["status"])
		if err != nil {
			return err
		}
		after, err := asJSON(status)
		if err != nil || equality.Semantic.DeepEqual(before, after) {
			return err
		}
		live.Object["status"] = after
		_, err = client.UpdateStatus(context.Background(), live, metav1.UpdateOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

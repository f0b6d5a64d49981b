package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

var compositeControllers = schema.GroupVersionResource{Group: "metacontroller.k8s.io", Version: "v1alpha1", Resource: "compositecontrollers"}

// release is the chart in a control plane of its own, where nothing of ours was before. The server that runs is the one that the Deployment
// asks for, at another address; calls to the Service's address reach it through a proxy.
type release struct {
	*testing.T
	ctx        context.Context
	plane      *plane
	dynamic    dynamic.Interface
	operator   *operator
	proxy      *proxy
	controller controller
	asAdmin    bool // Metacontroller may do everything, as its own manifests have it
}

// newRelease is a control plane with its files in a folder of this name.
func newRelease(t *testing.T, name string) *release {
	if os.Getenv("HELM3") == "" || os.Getenv("HELM4") == "" {
		t.Fatal("HELM3 and HELM4 must name the programs: use ./dev e2e")
	}
	dir := filepath.Join(world.dir, name)
	must(t, os.Mkdir(dir, 0o700))
	p, err := startPlane(dir, world.bin)
	must(t, err)
	r := &release{T: t, ctx: t.Context(), plane: p, dynamic: dynamic.NewForConfigOrDie(p.config)}
	t.Cleanup(func() {
		r.stopController()
		if r.operator != nil {
			r.operator.process.stop()
		}
		p.stop()
	})
	return r
}

// helm runs Helm 3 or 4, as HELM3 or HELM4, on the release; charts/flame-operator stands for CHART.
func (r *release) helm(program string, args ...string) (string, error) {
	for i, arg := range args {
		if arg == "CHART" {
			args[i] = root + "/charts/flame-operator"
		}
	}
	command := exec.Command(os.Getenv(program), append(args, "--namespace", "flame-system")...)
	command.Env = append(os.Environ(), "KUBECONFIG="+r.plane.kubeconfig, "HELM_CACHE_HOME="+r.plane.path("helm"), "HELM_CONFIG_HOME="+r.plane.path("helm"),
		"HELM_DATA_HOME="+r.plane.path("helm"))
	text, err := command.CombinedOutput()
	return string(text), err
}

func (r *release) mustHelm(program string, args ...string) string {
	r.Helper()
	text, err := r.helm(program, args...)
	if err != nil {
		r.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, text)
	}
	return text
}

func (r *release) until(what string, ask func() error) {
	r.Helper()
	if err := poll(limit, ask); err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

func (r *release) deployment() *appsv1.Deployment {
	r.Helper()
	found, err := r.plane.client.AppsV1().Deployments("flame-system").Get(r.ctx, "flame-operator", metav1.GetOptions{})
	must(r.T, err)
	return found
}

// mounted writes the file of a Secret that the Deployment mounts at this path, as a kubelet would.
func (r *release) mounted(pod *corev1.PodSpec, path string) string {
	r.Helper()
	for _, mount := range pod.Containers[0].VolumeMounts {
		name, below := strings.CutPrefix(path, mount.MountPath+"/")
		if !below {
			continue
		}
		for _, volume := range pod.Volumes {
			if volume.Name != mount.Name {
				continue
			}
			secret, err := r.plane.client.CoreV1().Secrets("flame-system").Get(r.ctx, volume.Secret.SecretName, metav1.GetOptions{})
			must(r.T, err)
			for _, item := range volume.Secret.Items {
				if item.Path == name {
					file := r.plane.path(volume.Secret.SecretName)
					must(r.T, os.WriteFile(file, secret.Data[item.Key], 0o600))
					return file
				}
			}
		}
	}
	r.Fatalf("nothing is mounted at %s", path)
	return ""
}

// runServer starts the server as the Deployment has it now, and ends the one before.
func (r *release) runServer() {
	r.Helper()
	pod := r.deployment().Spec.Template.Spec
	ports, err := freePorts(2)
	must(r.T, err)
	next := &operator{program: world.operator.program, dir: r.plane.dir, port: ports[0], admin: ports[1]}
	for _, arg := range pod.Containers[0].Args {
		arg = strings.Replace(arg, "--listen=0.0.0.0:8080", fmt.Sprintf("--listen=127.0.0.1:%d", next.port), 1)
		arg = strings.Replace(arg, "--admin-listen=0.0.0.0:8081", fmt.Sprintf("--admin-listen=127.0.0.1:%d", next.admin), 1)
		if path, found := strings.CutPrefix(arg, "--auth-token-file="); found {
			arg = "--auth-token-file=" + r.mounted(&pod, path)
		}
		next.args = append(next.args, arg)
	}
	must(r.T, next.start())
	if r.proxy == nil {
		r.proxy, err = newProxy(next)
		must(r.T, err)
	}
	r.proxy.use(faults{}, next)
	if r.operator != nil {
		r.operator.process.stop()
	}
	r.operator = next
}

// status is what the server answers to a call with this Authorization.
func (r *release) status(authorization string) int {
	r.Helper()
	call, err := http.NewRequest(http.MethodPost, r.operator.url()+"/flamecluster/sync", bytes.NewReader([]byte("{}")))
	must(r.T, err)
	call.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		call.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultClient.Do(call)
	must(r.T, err)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// secretToken is the token in the release's Secret.
func (r *release) secretToken(name string) string {
	r.Helper()
	secret, err := r.plane.client.CoreV1().Secrets("flame-system").Get(r.ctx, name, metav1.GetOptions{})
	must(r.T, err)
	return string(secret.Data["token"])
}

// accountKubeconfig is a kubeconfig of Metacontroller's service account, which may do what the chart lets it do and no more.
func (r *release) accountKubeconfig() string {
	r.Helper()
	if r.asAdmin {
		return r.plane.kubeconfig
	}
	core := r.plane.client.CoreV1()
	if _, err := core.ServiceAccounts("metacontroller").Get(r.ctx, "metacontroller", metav1.GetOptions{}); apierrors.IsNotFound(err) {
		_, err = core.Namespaces().Create(r.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "metacontroller"}}, metav1.CreateOptions{})
		must(r.T, err)
		_, err = core.ServiceAccounts("metacontroller").Create(r.ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "metacontroller"}}, metav1.CreateOptions{})
		must(r.T, err)
	}
	request, err := core.ServiceAccounts("metacontroller").CreateToken(r.ctx, "metacontroller", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(r.T, err)
	text, err := os.ReadFile(r.plane.kubeconfig)
	must(r.T, err)
	file := r.plane.path("kubeconfig-metacontroller")
	must(r.T, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "token: "+token, "token: "+request.Status.Token)), 0o600))
	return file
}

// compositeController is the one that is in the cluster.
func (r *release) compositeController() *compositeController {
	r.Helper()
	found, err := r.dynamic.Resource(compositeControllers).Get(r.ctx, "flamecluster", metav1.GetOptions{})
	must(r.T, err)
	text, err := found.MarshalJSON()
	must(r.T, err)
	cc := &compositeController{}
	must(r.T, yaml.Unmarshal(text, cc))
	return cc
}

// runController starts what calls the hooks of the CompositeController as it is in the cluster: Metacontroller or the stand-in.
func (r *release) runController() {
	r.Helper()
	r.stopController()
	if binary := os.Getenv("METACONTROLLER"); binary != "" {
		m, err := runMetacontroller(r.plane.dir, r.accountKubeconfig(), metacontrollerMode(), "/usr/bin/env", "http_proxy="+r.proxy.url(), binary)
		must(r.T, err)
		r.controller = m
		return
	}
	through, err := url.Parse(r.proxy.url())
	must(r.T, err)
	s, err := startStandinOf(r.plane, r.compositeController(), &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(through)}})
	must(r.T, err)
	r.controller = s
}

func (r *release) stopController() {
	if r.controller == nil {
		return
	}
	r.controller.stop()
	r.controller = nil
	if os.Getenv("METACONTROLLER") != "" {
		r.wasAllowed()
	}
}

// wasAllowed: the role that the chart gives to Metacontroller was enough for all that it did.
func (r *release) wasAllowed() {
	text, err := os.ReadFile(r.plane.path("metacontroller.log"))
	if err != nil || len(text) == 0 {
		r.Errorf("Metacontroller said nothing: %v", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "forbidden") {
			r.Error(line)
		}
	}
}

// controllerSees gives the stand-in the CompositeController as it is now; Metacontroller watches it.
func (r *release) controllerSees() {
	r.Helper()
	if os.Getenv("METACONTROLLER") == "" {
		r.runController()
	}
}

func (r *release) flames() dynamic.ResourceInterface {
	return r.dynamic.Resource(flameClusters).Namespace("default")
}

// scaled changes the FlameCluster and waits until it runs with so many executor managers.
func (r *release) scaled(executors int) {
	r.Helper()
	patch := fmt.Appendf(nil, `{"spec": {"executorManager": {"replicas": %d}}}`, executors)
	_, err := r.flames().Patch(r.ctx, "my", types.MergePatchType, patch, metav1.PatchOptions{})
	must(r.T, err)
	r.running(executors)
}

func (r *release) running(executors int) {
	r.Helper()
	r.until("running", func() error {
		found, err := r.flames().Get(r.ctx, "my", metav1.GetOptions{})
		if err != nil {
			return err
		}
		status, _, _ := unstructured.NestedMap(found.Object, "status")
		ready, _, _ := unstructured.NestedInt64(status, "executorManager", "ready")
		return same(fmt.Sprint(status["state"], " ", ready, " ", status["message"]), fmt.Sprint("Running ", executors, " All components healthy"))
	})
}

const chartValues = "--set=server.drainDelay=0s,auth.enabled=true,metacontroller.clusterRole.create=true"

// The chart from its first installation to its last: what it asks for, what runs, what it leaves behind.
func TestChart(t *testing.T) {
	t.Parallel()
	r := newRelease(t, "chart")
	r.refusesWithoutMetacontroller()

	notes := r.mustHelm("HELM3", "install", "flame-operator", "CHART", "--create-namespace", chartValues)
	if !strings.Contains(notes, "kubectl -n flame-system rollout status deployment/flame-operator") {
		t.Errorf("the notes are not there: %s", notes)
	}
	r.until("the CRD", func() error {
		_, err := r.flames().List(r.ctx, metav1.ListOptions{})
		return err
	})
	r.runServer()
	for authorization, wanted := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer " + r.secretToken("flame-operator-token-1"): 400} {
		if status := r.status(authorization); status != wanted {
			t.Errorf("%q: status %d, must be %d", authorization, status, wanted)
		}
	}
	r.runController()
	object := parse(t, minimal)
	_, err := r.flames().Create(r.ctx, &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
	must(t, err)
	r.running(3)

	r.upgrades()
	r.givesRoles()
	r.comesBack()
	r.takesOverManifests()
}

// installMetacontroller waits until Helm sees it: what is served is listed a moment later.
func (r *release) installMetacontroller() {
	r.Helper()
	r.until("Metacontroller's CRDs", func() error { return installMetacontrollerCRDs(r.dynamic) })
	r.until("CompositeControllers", func() error {
		if _, err := r.dynamic.Resource(compositeControllers).List(r.ctx, metav1.ListOptions{}); err != nil {
			return err
		}
		_, all, err := r.plane.client.Discovery().ServerGroupsAndResources()
		for _, list := range all {
			if list.GroupVersion == compositeControllers.GroupVersion().String() {
				return nil
			}
		}
		return fmt.Errorf("not listed: %v", err)
	})
}

// Without Metacontroller, or with one that is too old, the chart says what to do, and installs nothing.
func (r *release) refusesWithoutMetacontroller() {
	for _, program := range []string{"HELM3", "HELM4"} {
		text, err := r.helm(program, "install", "flame-operator", "CHART", "--create-namespace")
		if err == nil || !strings.Contains(text, "Metacontroller is not in this cluster") || !strings.Contains(text, "kubectl apply -k") {
			r.Fatalf("%s: %v: %s", program, err, text)
		}
	}
	const old = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": {"name": "compositecontrollers.metacontroller.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, test-only"}},
		"spec": {"group": "metacontroller.k8s.io", "scope": "Cluster", "names": {"kind": "CompositeController", "plural": "compositecontrollers"},
		"versions": [{"name": "v1alpha1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object",
		"properties": {"hooks": {"type": "object", "properties": {"sync": {"type": "object", "properties": {"webhook": {"type": "object", "properties": {
		"url": {"type": "string"}}}}}}}}}}}}}]}}`
	must(r.T, create(r.ctx, r.dynamic, crds, []byte(old)))
	r.until("an old Metacontroller", func() error {
		text, _ := r.helm("HELM4", "install", "flame-operator", "CHART", "--set=auth.enabled=true")
		for _, words := range []string{"Metacontroller in this cluster is older than 4.17", "hooks.sync.version", "webhook.authorization"} {
			if !strings.Contains(text, words) {
				return errors.New(text)
			}
		}
		return nil
	})
	must(r.T, r.dynamic.Resource(crds).Delete(r.ctx, "compositecontrollers.metacontroller.k8s.io", metav1.DeleteOptions{}))
	r.installMetacontroller()
	for _, value := range []string{"serviceMonitor", "prometheusRule"} {
		text, err := r.helm("HELM4", "install", "flame-operator", "CHART", "--set=metrics."+value+".enabled=true")
		if err == nil || !strings.Contains(text, "metrics."+value+".enabled is true, but the Prometheus operator is not in this cluster") {
			r.Errorf("%s without the Prometheus operator: %v: %s", value, err, text)
		}
	}
	if deployments, err := r.plane.client.AppsV1().Deployments("").List(r.ctx, metav1.ListOptions{}); err != nil || len(deployments.Items) > 0 {
		r.Errorf("something was installed: %v %v", deployments.Items, err)
	}
}

// An upgrade by another Helm keeps the token; another generation of it reaches both sides.
func (r *release) upgrades() {
	before := r.secretToken("flame-operator-token-1")
	r.mustHelm("HELM4", "upgrade", "flame-operator", "CHART", "--reuse-values", "--set=server.logLevel=debug,compositeController.resyncPeriodSeconds=300,commonLabels.team=flame")
	if after := r.secretToken("flame-operator-token-1"); after != before || len(after) != 48 {
		r.Errorf("the token was %q, is %q", before, after)
	}
	cc, err := r.dynamic.Resource(compositeControllers).Get(r.ctx, "flamecluster", metav1.GetOptions{})
	must(r.T, err)
	if seconds, _, _ := unstructured.NestedInt64(cc.Object, "spec", "resyncPeriodSeconds"); seconds != 300 {
		r.Errorf("resyncPeriodSeconds is %d", seconds)
	}
	crd, err := r.dynamic.Resource(crds).Get(r.ctx, "flameclusters.flame.xflops.io", metav1.GetOptions{})
	must(r.T, err)
	if team := crd.GetLabels()["team"]; team != "flame" {
		r.Errorf("the CRD was not upgraded: its label team is %q", team)
	}
	if err := same(strings.Contains(strings.Join(r.deployment().Spec.Template.Spec.Containers[0].Args, " "), "--log-level=debug"), true); err != nil {
		r.Error("the Deployment has the old log level")
	}
	r.runServer()
	r.controllerSees()
	r.scaled(4)

	r.mustHelm("HELM3", "upgrade", "flame-operator", "CHART", "--reset-then-reuse-values", "--set=auth.generation=2")
	r.runServer()
	r.controllerSees()
	if status := r.status("Bearer " + before); status != http.StatusUnauthorized {
		r.Errorf("the old token gets %d", status)
	}
	r.scaled(5)
	if _, err := r.plane.client.CoreV1().Secrets("flame-system").Get(r.ctx, "flame-operator-token-1", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		r.Errorf("the old token is still there: %v", err)
	}
}

// Who has Kubernetes' own roles in a namespace may do with FlameClusters what they may do with Deployments.
func (r *release) givesRoles() {
	for _, role := range []string{"view", "edit", "admin"} {
		_, err := r.plane.client.RbacV1().RoleBindings("default").Create(r.ctx, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: role},
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: role},
			Subjects: []rbacv1.Subject{{APIGroup: "rbac.authorization.k8s.io", Kind: "User", Name: role}}}, metav1.CreateOptions{})
		must(r.T, err)
	}
	may := func(user, verb, subresource string) (bool, error) {
		answer, err := r.plane.client.AuthorizationV1().SubjectAccessReviews().Create(r.ctx, &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "default",
				Verb: verb, Group: "flame.xflops.io", Resource: "flameclusters", Subresource: subresource}}}, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	}
	for _, row := range []struct {
		user, verb, subresource string
		allowed                 bool
	}{
		{"view", "get", "", true}, {"view", "watch", "", true}, {"view", "get", "scale", true}, {"view", "create", "", false}, {"view", "patch", "scale", false},
		{"edit", "list", "", true}, {"edit", "create", "", true}, {"edit", "delete", "", true}, {"edit", "patch", "scale", true}, {"edit", "update", "status", false},
		{"admin", "patch", "", true}, {"admin", "update", "scale", true}, {"admin", "patch", "status", false}, {"nobody", "get", "", false},
	} {
		r.until(fmt.Sprint(row), func() error {
			allowed, err := may(row.user, row.verb, row.subresource)
			if err != nil {
				return err
			}
			return same(allowed, row.allowed)
		})
	}
}

// An uninstalled release leaves the CRD, the FlameCluster and its Pods; installed again it goes on with them.
func (r *release) comesBack() {
	r.stopController()
	r.mustHelm("HELM4", "uninstall", "flame-operator")
	if _, err := r.dynamic.Resource(compositeControllers).Get(r.ctx, "flamecluster", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		r.Errorf("the CompositeController is still there: %v", err)
	}
	if _, err := r.dynamic.Resource(crds).Get(r.ctx, "flameclusters.flame.xflops.io", metav1.GetOptions{}); err != nil {
		r.Errorf("the CRD is gone: %v", err)
	}
	pods, err := r.plane.client.CoreV1().Pods("default").List(r.ctx, metav1.ListOptions{})
	must(r.T, err)
	r.mustHelm("HELM4", "install", "flame-operator", "CHART", chartValues)
	r.runServer()
	r.runController()
	r.scaled(6)
	for _, pod := range pods.Items {
		if now, err := r.plane.client.CoreV1().Pods("default").Get(r.ctx, pod.Name, metav1.GetOptions{}); err != nil || now.UID != pod.UID {
			r.Errorf("Pod %s is another one: %v", pod.Name, err)
		}
	}
	r.removed()
	r.stopController()
	r.mustHelm("HELM3", "uninstall", "flame-operator")
}

// removed deletes the FlameCluster and waits until nothing of it is left.
func (r *release) removed() {
	r.Helper()
	must(r.T, r.flames().Delete(r.ctx, "my", metav1.DeleteOptions{}))
	r.until("the cluster is gone", func() error {
		_, err := r.flames().Get(r.ctx, "my", metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			return fmt.Errorf("still there: %v", err)
		}
		left, err := r.plane.client.CoreV1().Pods("default").List(r.ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		return same(len(left.Items), 0)
	})
}

// What `kubectl apply -k metacontroller/` installed brings a FlameCluster to Running, and removes it.
func (r *release) runsByManifests() {
	r.asAdmin = true
	r.runServer()
	r.runController()
	_, err := r.flames().Create(r.ctx, &unstructured.Unstructured{Object: parse(r.T, minimal)}, metav1.CreateOptions{})
	must(r.T, err)
	r.running(3)
	r.removed()
	r.stopController()
}

// What `kubectl apply -k metacontroller/` installed becomes a release, object for object.
func (r *release) takesOverManifests() {
	for _, program := range []string{"HELM3", "HELM4"} {
		command := exec.Command(filepath.Join(r.plane.bin, "kubectl"), "--kubeconfig", r.plane.kubeconfig, "apply", "-k", root+"/metacontroller")
		if text, err := command.CombinedOutput(); err != nil {
			r.Fatalf("%v: %s", err, text)
		}
		if program == "HELM3" {
			r.runsByManifests()
		}
		before := r.deployment().UID
		if text, err := r.helm(program, "install", "flame-operator", "CHART"); err == nil {
			r.Errorf("%s takes over objects of nobody's without being asked: %s", program, text)
		}
		r.mustHelm(program, "install", "flame-operator", "CHART", "--take-ownership")
		if r.deployment().UID != before {
			r.Errorf("%s: the Deployment is another one", program)
		}
		r.mustHelm(program, "uninstall", "flame-operator")
	}
}

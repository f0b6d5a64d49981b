package conformance

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// generated is a field of generated clusters: in how many of a hundred it is set, and the values to choose from.
// A path with {a,b} stands for one with a and one with b.
type generated struct {
	path   string
	often  int
	values string
}

// The order matters where one field is inside another. Values that only some other field allows are rare, so that most clusters are valid.
var generatedFields = []generated{
	{"spec.{sessionManager,executorManager}.image", 100, `["flame:v1", "registry.example.com:5000/flame/x@sha256:0123", "flame"]`},
	{"spec.{sessionManager,executorManager,objectCache}.imagePullPolicy", 20, `["Always", "IfNotPresent", "Never", null]`},
	{"spec.{sessionManager,executorManager,objectCache}.resources", 40, `[{}, {"requests": {"cpu": "500m", "memory": "1.5Gi"}},
		{"requests": {"cpu": 1}, "limits": {"cpu": "1000m", "memory": "1e9"}}, {"limits": {"nvidia.com/gpu": 1, "memory": "1024Mi"}},
		{"requests": {"nvidia.com/gpu": "2", "ephemeral-storage": "10G"}, "limits": {"nvidia.com/gpu": 2}},
		{"requests": {"hugepages-2Mi": "4Mi", "memory": "64Mi", "cpu": "0.1"}, "limits": {"hugepages-2Mi": "4096Ki"}}]`},
	{"spec.{sessionManager,executorManager,objectCache}.podTemplate", 12, `[{}, null, {"metadata": {"labels": {"team": "a"}, "annotations": {"example.com/x": "y"}}},
		{"spec": {"tolerations": [{"key": "gpu", "operator": "Exists"}], "nodeSelector": {"disk": "ssd"}, "priorityClassName": "high", "serviceAccountName": "a"}},
		{"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}}},
			"terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "shareProcessNamespace": true, "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]}},
		{"spec": {"containers": [{"name": "side", "image": "s:1", "env": [{"name": "A", "value": "b"}], "ports": [{"containerPort": 9999}],
			"resources": {"limits": {"cpu": "500m", "memory": 1}}, "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "logs", "mountPath": "/logs"}]}],
			"initContainers": [{"name": "i", "image": "i:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}], "volumes": [{"name": "v", "emptyDir": {}}]}},
		{"metadata": {"name": "mine", "labels": {"app": "mine"}}, "spec": {"hostname": "mine", "restartPolicy": "Never", "containers": null}}]`},
	{"spec.sessionManager.slot", 30, `["", "cpu=1,mem=1g", "cpu=2,memory=4GiB,gpu=1", "mem=512"]`},
	{"spec.sessionManager.slotResources", 20, `[{"cpu": 2}, {"cpu": "2", "memory": "1.5Gi"}, {"memory": 512, "gpu": 0}, null]`},
	{"spec.sessionManager.policy", 20, `["", "priority", "drf", "fair: \"x\""]`},
	{"spec.sessionManager.storage", 30, `["", "none", "sqlite://flame.db", "fs:///var/lib/flame/session", "file://x", "filesystem:///x"]`},
	{"spec.sessionManager.storageFrom", 10, `[{"secretKeyRef": {"name": "storage", "key": "uri"}}]`},
	{"spec.sessionManager.persistence", 20, `[{"size": "1Gi"}, {"size": 2147483648, "storageClassName": "fast"}, {"size": "1.5Gi", "storageClassName": "", "accessModes": ["ReadWriteOnce", "ReadWriteMany"]},
		{"size": "3Gi", "accessModes": ["ReadWriteOncePod"]}, {"existingClaim": "sessions"}]`},
	{"spec.{sessionManager,objectCache}.service.type", 30, `["ClusterIP", "NodePort", "LoadBalancer"]`},
	{"spec.{sessionManager,objectCache}.service.annotations", 15, `[{}, {"external-dns.alpha.kubernetes.io/hostname": "flame.example.com"}, {"a": ""}]`},
	{"spec.{sessionManager,objectCache}.service.labels", 15, `[{}, {"team": "compute"}, {"a.b/c_d": "", "x": "B_1.c"}]`},
	{"spec.{sessionManager,objectCache}.service.nodePort", 4, `[30080, 30090]`},
	{"spec.{sessionManager,objectCache}.service.externalTrafficPolicy", 4, `["Cluster", "Local"]`},
	{"spec.{sessionManager,objectCache}.service.internalTrafficPolicy", 15, `["Cluster", "Local"]`},
	{"spec.{sessionManager,objectCache}.service.sessionAffinity", 15, `["None", "ClientIP"]`},
	{"spec.{sessionManager,objectCache}.service.loadBalancerClass", 3, `["internal", "service.k8s.aws/nlb"]`},
	{"spec.{sessionManager,objectCache}.service.loadBalancerSourceRanges", 4, `[[], ["203.0.113.0/24", "2001:db8::/32"], ["0.0.0.0/0"]]`},
	{"spec.executorManager.replicas", 80, `[0, 1, 2, 3, 5, 8, null]`},
	{"spec.executorManager.shim", 20, `["", "host", "wasm", "vm"]`},
	{"spec.executorManager.maxExecutors", 20, `[0, 1, 20, 2147483647]`},
	{"spec.executorManager.updateStrategy.type", 20, `["RollingUpdate", "OnDelete", "Recreate"]`},
	{"spec.executorManager.updateStrategy.maxUnavailable", 20, `[1, 3, 100000, "1%", "50%", "100%"]`},
	{"spec.executorManager.updateStrategy.paused", 10, `[false, true]`},
	{"spec.executorManager.workload", 30, `["Pods", "StatefulSet", "StatefulSet"]`},
	{"spec.executorManager.disruptionBudget", 20, `[{"minAvailable": 1}, {"minAvailable": "75%"}, {"maxUnavailable": 0}, {"maxUnavailable": "9%"}]`},
	{"spec.objectCache.image", 45, `["cache:v1", "cache:v2", "cache@sha256:0123", ""]`},
	{"spec.objectCache.replicas", 30, `[0, 1, 2, 3]`},
	{"spec.objectCache.networkInterface", 30, `["", "eth0", "^(eth|en).*"]`},
	{"spec.objectCache.storage", 30, `["", "/var/lib/flame/cache", "/var/lib/flame", "/data/..x", "/data"]`},
	{"spec.objectCache.persistence", 10, `[{"size": "1Gi"}, {"size": "2Gi", "storageClassName": "fast", "accessModes": ["ReadWriteMany"]}, {"existingClaim": "cache"}]`},
	{"spec.networkPolicy.enabled", 15, `[true, true, false]`},
	{"spec.networkPolicy.from", 20, `[[], [{"podSelector": {"matchLabels": {"app": "client"}}}],
		[{"podSelector": {"matchExpressions": [{"key": "a/b", "operator": "NotIn", "values": ["c", ""]}, {"key": "d", "operator": "Exists"}]}, "namespaceSelector": {}}],
		[{"namespaceSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "e", "operator": "In", "values": ["f"]}]}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]]`},
	{"spec.networkPolicy.extraEgress", 20, `[[], [{}], [{"to": [{"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}}], "ports": [{"port": 443}, {"protocol": "UDP", "port": "dns"}]}],
		[{"to": [{"podSelector": {"matchLabels": {"a": ""}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["c"]}]}},
			{"namespaceSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "e", "operator": "DoesNotExist"}, {"key": "g", "operator": "In", "values": ["f"]}]}}],
			"ports": [{"port": 8000, "endPort": 9000}, {"protocol": "SCTP"}]}]]`},
	{"spec.startupPolicy", 30, `["OrderedReady", "Parallel"]`},
	{"spec.suspend", 12, `[true, false]`},
	{"spec.imagePullSecrets", 20, `[[], [{"name": "registry"}], [{"name": "b"}, {"name": "a.b-c.0"}]]`},
	{"spec.tls", 12, `[{"secretName": "tls"}, {"secretName": "tls", "clientCA": "ca", "objectCache": false}, {"secretName": "tls", "objectCache": true}]`},
	{"spec.podSecurity", 50, `["Baseline", "Restricted", "Restricted"]`},
}

type generatedField struct {
	names  []string
	often  int
	values []any
}

// generator composes FlameClusters; the same seed makes the same ones.
type generator struct {
	fields []generatedField
	random *rand.Rand
}

func newGenerator(t *testing.T, seed uint64) *generator {
	t.Helper()
	g := &generator{random: rand.New(rand.NewPCG(seed, 5))}
	for _, field := range generatedFields {
		var values []any
		unmarshal(t, field.path, []byte(field.values), &values)
		before, rest, hasChoice := strings.Cut(field.path, "{")
		choice, after, _ := strings.Cut(rest, "}")
		for _, name := range strings.Split(choice, ",") {
			path := before + name + after
			if !hasChoice {
				path = field.path
			}
			g.fields = append(g.fields, generatedField{strings.Split(path, "."), field.often, values})
		}
	}
	return g
}

// put sets a value at a path, making the objects on the way.
func put(object map[string]any, names []string, value any) {
	for _, name := range names[:len(names)-1] {
		next, ok := object[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[name] = next
		}
		object = next
	}
	object[names[len(names)-1]] = value
}

// cluster is one more FlameCluster: most are valid.
func (g *generator) cluster(name string) map[string]any {
	object := map[string]any{"apiVersion": "flame.xflops.io/v1alpha1", "kind": "FlameCluster",
		"metadata": map[string]any{"name": name, "namespace": "default", "uid": "0b7b8f5e-9d5c-4c0a-9d8e-000000000001",
			"generation": int64(1), "creationTimestamp": "2026-01-01T00:00:00Z"}}
	for _, field := range g.fields {
		if g.random.IntN(100) < field.often {
			put(object, field.names, field.values[g.random.IntN(len(field.values))])
		}
	}
	return deepCopy(object)
}

// What a mutation puts in the place of a value.
var strangeValues = `[null, "", "x", "-1", "1Gi", "0.5", "100%", "a b", "../x", "/etc/flame", 0, 1, -1, 100001, 9223372036854775807, 1.5, true, false, [], {}, [null], [""], {"": ""}, {"name": "a"},
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`

type place struct {
	holder any // a map or a list
	key    string
	index  int
}

// places are all values within one, in a fixed order.
func places(value any) []place {
	var found []place
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			found = append(append(found, place{holder: v, key: key}), places(v[key])...)
		}
	case []any:
		for i := range v {
			found = append(append(found, place{holder: v, index: i}), places(v[i])...)
		}
	}
	return found
}

func (p *place) get() any {
	if members, ok := p.holder.(map[string]any); ok {
		return members[p.key]
	}
	return p.holder.([]any)[p.index]
}

func (p *place) set(value any) {
	if members, ok := p.holder.(map[string]any); ok {
		members[p.key] = value
		return
	}
	p.holder.([]any)[p.index] = value
}

// mutate makes one edit to a cluster's spec: another value, one of elsewhere, nothing at all, one more field, or an entry twice.
func (g *generator) mutate(object map[string]any, strange []any) {
	all := places(object["spec"])
	if len(all) == 0 {
		return
	}
	p := all[g.random.IntN(len(all))]
	other := all[g.random.IntN(len(all))]
	switch g.random.IntN(6) {
	case 0:
		if members, ok := p.holder.(map[string]any); ok {
			delete(members, p.key)
			return
		}
		p.set(nil)
	case 1:
		p.set(copyValue(other.get()))
	case 2:
		if list, ok := p.get().([]any); ok && len(list) > 0 {
			p.set(append(list, copyValue(list[0])))
			return
		}
		fallthrough
	default:
		p.set(copyValue(strange[g.random.IntN(len(strange))]))
	}
}

func copyValue(value any) any {
	return deepCopy(map[string]any{"value": value})["value"]
}

// leaves are the paths of a schema's fields; what podTemplate holds is Kubernetes'.
func leaves(path string, s *schema.Structural, found map[string]bool) {
	if s.AdditionalProperties != nil || (s.Items == nil && len(s.Properties) == 0) || strings.HasSuffix(path, ".podTemplate") {
		found[path] = true
		return
	}
	if s.Items != nil {
		leaves(path, s.Items, found)
	}
	for name := range s.Properties {
		property := s.Properties[name]
		leaves(path+"."+name, &property, found)
	}
}

func used(path string, value any, found map[string]bool) {
	found[path] = true
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			used(path+"."+name, v[name], found)
		}
	case []any:
		for i := range v {
			used(path, v[i], found)
		}
	}
}

// The generator knows every field of the CRD, and most of what it makes is valid.
func TestGeneratorKnowsAllFields(t *testing.T) {
	c := loadCRD(t)
	g := newGenerator(t, 1)
	fields, seen := map[string]bool{}, map[string]bool{}
	spec := c.structural.Properties["spec"]
	leaves("spec", &spec, fields)
	valid := 0
	for i := range 600 {
		object := g.cluster(fmt.Sprintf("c%d", i))
		used("spec", object["spec"], seen)
		if len(c.admit(object)) == 0 {
			valid++
		}
	}
	for path := range fields {
		if !seen[path] {
			t.Errorf("no generated cluster has %s: add a line to generatedFields", path)
		}
	}
	if valid < 200 || valid == 600 {
		t.Errorf("%d of 600 are valid", valid)
	}
	t.Logf("%d of 600 are valid, %d fields", valid, len(fields))
}

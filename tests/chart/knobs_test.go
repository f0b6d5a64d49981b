package chart

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// knob is a value turned, and what it does: the path "Kind/name: path" is the JSON `is`; "" is an object or a field that is not there.
type knob struct {
	values string
	is     map[string]string
}

const (
	pod        = "Deployment/flame-operator: spec.template.spec."
	server     = pod + "containers.name=flame-operator."
	controller = "CompositeController/flamecluster: "
	token      = "Secret/flame-operator-token-1: "
	narrow     = "ClusterRole/flame-operator-metacontroller: "
	crd        = "CustomResourceDefinition/flameclusters.flame.xflops.io: "
	policies   = "NetworkPolicy/flame-operator: "
)

var knobs = []knob{
	{`{}`, map[string]string{
		"Deployment/flame-operator: spec.replicas": `2`, "Deployment/flame-operator: metadata.annotations": "",
		"Deployment/flame-operator: spec.strategy": `{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0},"type":"RollingUpdate"}`, server + "image": `"xflops/flame-operator:0.1.0"`, server + "imagePullPolicy": `"IfNotPresent"`,
		server + "args": `["serve","--listen=0.0.0.0:8080","--admin-listen=0.0.0.0:8081","--threads=64","--max-body=128Mi","--max-inflight=48",` +
			`"--max-inflight-bytes=256Mi","--request-timeout=30s","--drain-delay=5s","--log-level=info","--log-format=json"]`,
		server + "env": "", server + "volumeMounts": "", pod + "volumes": "", pod + "imagePullSecrets": "", pod + "affinity": "", pod + "tolerations": "",
		pod + "nodeSelector": "", pod + "priorityClassName": "", pod + "runtimeClassName": "", pod + "terminationGracePeriodSeconds": `40`,
		pod + "serviceAccountName": `"flame-operator"`, "ServiceAccount/flame-operator: automountServiceAccountToken": `false`,
		"Deployment/flame-operator: spec.template.metadata.annotations": `{"prometheus.io/path":"/metrics","prometheus.io/port":"8081","prometheus.io/scrape":"true"}`,
		"Service/flame-operator: spec.ports":                            `[{"name":"http","port":8080,"protocol":"TCP","targetPort":"http"}]`,
		"PodDisruptionBudget/flame-operator: spec.minAvailable":         `1`, "NetworkPolicy/flame-operator: kind": "", token + "kind": "", narrow + "kind": "",
		"ClusterRole/flame-operator-view: kind": `"ClusterRole"`, "ClusterRole/flame-operator-edit: kind": `"ClusterRole"`,
		controller + "spec.hooks.sync.webhook.url":      `"http://flame-operator.flame-system.svc:8080/flamecluster/sync"`,
		controller + "spec.hooks.customize.webhook.url": `"http://flame-operator.flame-system.svc:8080/flamecluster/customize"`,
		controller + "spec.hooks.finalize.webhook.url":  `"http://flame-operator.flame-system.svc:8080/flamecluster/finalize"`,
		controller + "spec.hooks.sync.webhook.etag":     `{"cacheCleanupSeconds":600,"cacheTimeoutSeconds":3600,"enabled":true}`,
		controller + "spec.hooks.sync.version":          `"v2"`, controller + "spec.resyncPeriodSeconds": `600`, controller + "spec.generateSelector": `true`,
		controller + "spec.hooks.sync.webhook.authorization": "", crd + `metadata.annotations.helm\.sh/resource-policy`: `"keep"`}},
	{`{crds: {keep: false}}`, map[string]string{crd + "metadata.annotations": "", crd + "spec.scope": `"Namespaced"`}},
	{`{crds: {install: false}}`, map[string]string{crd + "kind": ""}},

	{`{image: {repository: registry.example:5000/a/b, tag: x, pullPolicy: Always}}`, map[string]string{server + "image": `"registry.example:5000/a/b:x"`, server + "imagePullPolicy": `"Always"`}},
	{`{image: {tag: x, digest: "sha256:` + strings.Repeat("0a", 32) + `"}}`, map[string]string{server + "image": `"xflops/flame-operator@sha256:` + strings.Repeat("0a", 32) + `"`}},
	{`{imagePullSecrets: [{name: a}, {name: b}]}`, map[string]string{pod + "imagePullSecrets": `[{"name":"a"},{"name":"b"}]`}},
	{`{nameOverride: hooks}`, map[string]string{"Deployment/flame-operator-hooks: spec.selector.matchLabels": `{"app.kubernetes.io/instance":"flame-operator","app.kubernetes.io/name":"hooks"}`,
		controller + "spec.hooks.sync.webhook.url": `"http://flame-operator-hooks.flame-system.svc:8080/flamecluster/sync"`}},
	{`{fullnameOverride: fo}`, map[string]string{"Service/fo: spec.selector": `{"app.kubernetes.io/instance":"flame-operator","app.kubernetes.io/name":"flame-operator"}`,
		"ServiceAccount/fo: kind": `"ServiceAccount"`, "ClusterRole/fo-view: kind": `"ClusterRole"`, controller + "spec.hooks.sync.webhook.url": `"http://fo.flame-system.svc:8080/flamecluster/sync"`}},
	{`{commonLabels: {team: a}}`, map[string]string{controller + "metadata.labels.team": `"a"`, "Service/flame-operator: metadata.labels.team": `"a"`, crd + "metadata.labels.team": `"a"`,
		"Deployment/flame-operator: spec.selector.matchLabels.team": ""}},

	{`{replicas: 1}`, map[string]string{"Deployment/flame-operator: spec.replicas": `1`, "PodDisruptionBudget/flame-operator: kind": ""}},
	{`{replicas: 0}`, map[string]string{"Deployment/flame-operator: spec.replicas": `0`, "PodDisruptionBudget/flame-operator: kind": ""}},
	{`{replicas: 5, podDisruptionBudget: {minAvailable: 4}}`, map[string]string{"PodDisruptionBudget/flame-operator: spec.minAvailable": `4`}},
	{`{podDisruptionBudget: {minAvailable: 50%}}`, map[string]string{"PodDisruptionBudget/flame-operator: spec.minAvailable": `"50%"`}},
	{`{podDisruptionBudget: {enabled: false, minAvailable: 7}}`, map[string]string{"PodDisruptionBudget/flame-operator: kind": ""}},
	{`{revisionHistoryLimit: 0}`, map[string]string{"Deployment/flame-operator: spec.revisionHistoryLimit": `0`}},

	{`{server: {threads: 1024, maxBody: 1048576, maxInflight: 1023, maxInflightBytes: 536870911, requestTimeout: 500ms, drainDelay: 0s, logLevel: debug, logFormat: text, extraArgs: [--a=b]}}`,
		map[string]string{server + "args": `["serve","--listen=0.0.0.0:8080","--admin-listen=0.0.0.0:8081","--threads=1024","--max-body=1048576","--max-inflight=1023",` +
			`"--max-inflight-bytes=536870911","--request-timeout=500ms","--drain-delay=0s","--log-level=debug","--log-format=text","--a=b"]`, pod + "terminationGracePeriodSeconds": `6`}},
	{`{server: {requestTimeout: 2m, drainDelay: 1500ms}}`, map[string]string{pod + "terminationGracePeriodSeconds": `127`}},
	{`{server: {extraEnv: [{name: A, value: b}]}}`, map[string]string{server + "env": `[{"name":"A","value":"b"}]`}},

	{`{auth: {enabled: true}}`, map[string]string{
		controller + "spec.hooks.sync.webhook.authorization":      `{"secretRef":{"key":"token","name":"flame-operator-token-1","namespace":"flame-system"},"type":"Bearer"}`,
		controller + "spec.hooks.customize.webhook.authorization": `{"secretRef":{"key":"token","name":"flame-operator-token-1","namespace":"flame-system"},"type":"Bearer"}`,
		controller + "spec.hooks.finalize.webhook.authorization":  `{"secretRef":{"key":"token","name":"flame-operator-token-1","namespace":"flame-system"},"type":"Bearer"}`,
		server + "args.11": `"--auth-token-file=/etc/flame-operator/auth/token"`, server + "volumeMounts": `[{"mountPath":"/etc/flame-operator/auth","name":"auth-token","readOnly":true}]`,
		pod + "volumes":     `[{"name":"auth-token","secret":{"items":[{"key":"token","path":"token"}],"secretName":"flame-operator-token-1"}}]`,
		token + "immutable": `true`, token + "type": `"Opaque"`}},
	{`{auth: {enabled: true, generation: 2}}`, map[string]string{pod + "volumes.0.secret.secretName": `"flame-operator-token-2"`, "Secret/flame-operator-token-2: immutable": `true`}},
	{`{auth: {enabled: true, token: "0123456789abcdef"}}`, map[string]string{pod + "volumes.0.secret.secretName": `"flame-operator-token-9f9f5111"`,
		"Secret/flame-operator-token-9f9f5111: data.token": `"` + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef")) + `"`}},
	{`{auth: {enabled: true, existingSecret: mine, key: k}}`, map[string]string{pod + "volumes.0.secret": `{"items":[{"key":"k","path":"token"}],"secretName":"mine"}`,
		controller + "spec.hooks.finalize.webhook.authorization.secretRef": `{"key":"k","name":"mine","namespace":"flame-system"}`, token + "kind": "", "Secret/mine: kind": ""}},

	{`{compositeController: {create: false}}`, map[string]string{controller + "kind": ""}},
	{`{compositeController: {labels: {a: b}, annotations: {c: d}}}`, map[string]string{controller + "metadata.labels.a": `"b"`, controller + "metadata.annotations": `{"c":"d"}`}},
	{`{compositeController: {hookVersion: v1, resyncPeriodSeconds: 604800, timeout: 1m, etag: {cacheTimeoutSeconds: 604800, cacheCleanupSeconds: 1}}}`, map[string]string{
		controller + "spec.hooks.sync.version": `"v1"`, controller + "spec.hooks.customize.version": `"v1"`, controller + "spec.hooks.finalize.version": `"v1"`,
		controller + "spec.hooks.finalize.webhook.timeout": `"1m"`, controller + "spec.resyncPeriodSeconds": `604800`,
		controller + "spec.hooks.sync.webhook.etag": `{"cacheCleanupSeconds":1,"cacheTimeoutSeconds":604800,"enabled":true}`}},
	{`{compositeController: {etag: {enabled: false}}}`, map[string]string{controller + "spec.hooks.sync.webhook.etag": ""}},

	{`{metacontroller: {clusterRole: {create: true}}}`, map[string]string{narrow + "rules.0.resources": `["flameclusters"]`,
		"ClusterRoleBinding/flame-operator-metacontroller: subjects": `[{"kind":"ServiceAccount","name":"metacontroller","namespace":"metacontroller"}]`,
		"Role/flame-operator-metacontroller: kind":                   ""}},
	{`{metacontroller: {namespace: nn, serviceAccountName: s, clusterRole: {create: true, leaderElection: true}}}`, map[string]string{
		"ClusterRoleBinding/flame-operator-metacontroller: subjects":    `[{"kind":"ServiceAccount","name":"s","namespace":"nn"}]`,
		"RoleBinding/flame-operator-metacontroller: subjects":           `[{"kind":"ServiceAccount","name":"s","namespace":"nn"}]`,
		"Role/flame-operator-metacontroller: metadata.namespace":        `"nn"`,
		"RoleBinding/flame-operator-metacontroller: metadata.namespace": `"nn"`}},
	{`{rbac: {aggregate: false}}`, map[string]string{"ClusterRole/flame-operator-view: kind": "", "ClusterRole/flame-operator-edit: kind": ""}},

	{`{serviceAccount: {create: false}}`, map[string]string{"ServiceAccount/flame-operator: kind": "", pod + "serviceAccountName": `"default"`}},
	{`{serviceAccount: {create: false, name: theirs}}`, map[string]string{"ServiceAccount/theirs: kind": "", pod + "serviceAccountName": `"theirs"`}},
	{`{serviceAccount: {name: ours, annotations: {a: b}}}`, map[string]string{"ServiceAccount/ours: metadata.annotations": `{"a":"b"}`, pod + "serviceAccountName": `"ours"`}},
	{`{service: {annotations: {a: b}}}`, map[string]string{"Service/flame-operator: metadata.annotations": `{"a":"b"}`}},

	{`{networkPolicy: {enabled: true}}`, map[string]string{policies + "spec.policyTypes": `["Ingress","Egress"]`, policies + "spec.egress": "",
		policies + "spec.podSelector.matchLabels": `{"app.kubernetes.io/instance":"flame-operator","app.kubernetes.io/name":"flame-operator"}`,
		policies + "spec.ingress": `[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"metacontroller"}},"podSelector":{"matchLabels":` +
			`{"app.kubernetes.io/name":"metacontroller"}}}],"ports":[{"port":"http","protocol":"TCP"}]},{"from":[{"namespaceSelector":{"matchLabels":` +
			`{"kubernetes.io/metadata.name":"monitoring"}}}],"ports":[{"port":"admin","protocol":"TCP"}]}]`}},
	{`{networkPolicy: {enabled: true, denyEgress: false, metricsFrom: [], extraIngress: [{ports: [{port: 1}]}]}, metacontroller: {namespace: nn, podLabels: {app.kubernetes.io/name: null, a: b}}}`,
		map[string]string{policies + "spec.policyTypes": `["Ingress"]`, policies + "spec.ingress.1": `{"ports":[{"port":1}]}`,
			policies + "spec.ingress.0.from": `[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"nn"}},"podSelector":{"matchLabels":{"a":"b"}}}]`}},

	{`{resources: {requests: {cpu: 1m}, limits: {memory: 1Gi}}}`, map[string]string{server + "resources": `{"limits":{"memory":"1Gi"},"requests":{"cpu":"1m","memory":"32Mi"}}`}},
	{`{podSecurityContext: {runAsUser: null, fsGroup: 7}, securityContext: {runAsUser: 8}}`, map[string]string{pod + "securityContext.runAsUser": "", pod + "securityContext.fsGroup": `7`,
		pod + "securityContext.runAsNonRoot": `true`, server + "securityContext.runAsUser": `8`}},
	{`{startupProbe: {periodSeconds: 2}, livenessProbe: {timeoutSeconds: 9}, readinessProbe: {failureThreshold: 8}}`, map[string]string{
		server + "startupProbe":   `{"failureThreshold":30,"httpGet":{"path":"/healthz","port":"admin"},"periodSeconds":2}`,
		server + "livenessProbe":  `{"failureThreshold":3,"httpGet":{"path":"/healthz","port":"admin"},"periodSeconds":10,"timeoutSeconds":9}`,
		server + "readinessProbe": `{"failureThreshold":8,"httpGet":{"path":"/readyz","port":"admin"},"periodSeconds":5,"timeoutSeconds":3}`}},
	{`{topologySpread: {enabled: false}}`, map[string]string{pod + "topologySpreadConstraints": ""}},
	{`{topologySpread: {topologyKey: zone, whenUnsatisfiable: DoNotSchedule}}`, map[string]string{pod + "topologySpreadConstraints.0.topologyKey": `"zone"`,
		pod + "topologySpreadConstraints.0.whenUnsatisfiable":         `"DoNotSchedule"`,
		pod + "topologySpreadConstraints.0.labelSelector.matchLabels": `{"app.kubernetes.io/instance":"flame-operator","app.kubernetes.io/name":"flame-operator"}`}},
	{`{nodeSelector: {a: b}, tolerations: [{operator: Exists}], affinity: {podAffinity: {}}, priorityClassName: p, runtimeClassName: r}`, map[string]string{pod + "nodeSelector": `{"a":"b"}`,
		pod + "tolerations": `[{"operator":"Exists"}]`, pod + "affinity": `{"podAffinity":{}}`, pod + "priorityClassName": `"p"`, pod + "runtimeClassName": `"r"`}},
	{`{podLabels: {a: b}, podAnnotations: {c: d}, metrics: {scrapeAnnotations: false}}`, map[string]string{"Deployment/flame-operator: spec.template.metadata.labels.a": `"b"`,
		"Deployment/flame-operator: spec.template.metadata.annotations": `{"c":"d"}`, "Deployment/flame-operator: spec.selector.matchLabels.a": ""}},
	{`{podAnnotations: {prometheus.io/port: "9", a: "b: c"}}`, map[string]string{
		"Deployment/flame-operator: spec.template.metadata.annotations": `{"a":"b: c","prometheus.io/path":"/metrics","prometheus.io/port":"9","prometheus.io/scrape":"true"}`}},
	{`{deploymentAnnotations: {a: b}}`, map[string]string{"Deployment/flame-operator: metadata.annotations": `{"a":"b"}`}},
	{`{strategy: {rollingUpdate: {maxUnavailable: 50%, maxSurge: 0}}}`, map[string]string{
		"Deployment/flame-operator: spec.strategy": `{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"50%"},"type":"RollingUpdate"}`}},
	{`{strategy: {type: Recreate}}`, map[string]string{"Deployment/flame-operator: spec.strategy": `{"type":"Recreate"}`}},
	{`{metrics: {scrapeAnnotations: false}}`, map[string]string{"Deployment/flame-operator: spec.template.metadata.annotations": ""}},
	{`{extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "{{ .Release.Name }}-a"}}, "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}"]}`,
		map[string]string{"ConfigMap/flame-operator-a: kind": `"ConfigMap"`, "ConfigMap/b: kind": `"ConfigMap"`}},
}

func TestKnobs(t *testing.T) {
	for _, k := range knobs {
		t.Run(k.values, func(t *testing.T) {
			t.Parallel()
			holdKnob(t, k)
		})
	}
}

func holdKnob(t *testing.T, k knob) {
	t.Helper()
	found := render(t, k.values)
	for where, is := range k.is {
		object, path, _ := strings.Cut(where, ": ")
		if text := asJSON(t, at(anyOf(found[object]), path)); text != is {
			t.Errorf("%s: %s is %s, must be %s", k.values, where, text, is)
		}
	}
}

func anyOf(object map[string]any) any {
	if object == nil {
		return nil
	}
	return object
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A token that the chart makes is long, and another one each time there is no cluster to find it in.
func TestGeneratedToken(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		text, err := base64.StdEncoding.DecodeString(fmt.Sprint(at(anyOf(render(t, `{auth: {enabled: true}}`)["Secret/flame-operator-token-1"]), "data.token")))
		if err != nil || len(text) != 48 {
			t.Errorf("%q: %v", text, err)
		}
		seen[string(text)] = true
	}
	if len(seen) != 2 {
		t.Error("the same token twice")
	}
}

// What the chart mounts, opens and selects is there: names that two objects must agree on.
func TestNamesAgree(t *testing.T) {
	for situation, values := range situations(t) {
		found := render(t, values)
		for name, object := range found {
			if object["kind"] == "Deployment" {
				holdNames(t, situation+" "+name, found, object)
			}
		}
	}
}

func holdNames(t *testing.T, where string, found objects, deployment map[string]any) {
	t.Helper()
	name := fmt.Sprint(at(deployment, "metadata.name"))
	labels := asJSON(t, at(deployment, "spec.selector.matchLabels"))
	ports := asJSON(t, at(deployment, "spec.template.spec.containers"))
	service := anyOf(found["Service/"+name])
	if selector := asJSON(t, at(service, "spec.selector")); selector != labels {
		t.Errorf("%s: the Service selects %s, Pods are %s", where, selector, labels)
	}
	if target := asJSON(t, at(service, "spec.ports.0.targetPort")); !strings.Contains(ports, `"name":`+target) {
		t.Errorf("%s: no container has a port %s", where, target)
	}
	if c := anyOf(found["CompositeController/flamecluster"]); c != nil {
		address := fmt.Sprintf("://%s.flame-system.svc:%v/", name, at(service, "spec.ports.0.port"))
		if url := fmt.Sprint(at(c, "spec.hooks.sync.webhook.url")); !strings.Contains(url, address) {
			t.Errorf("%s: %s does not lead to the Service, %s", where, url, address)
		}
	}
	for _, other := range []string{"PodDisruptionBudget/", "NetworkPolicy/"} {
		selector := at(anyOf(found[other+name]), "spec.selector.matchLabels")
		if other == "NetworkPolicy/" {
			selector = at(anyOf(found[other+name]), "spec.podSelector.matchLabels")
		}
		if selector != nil && asJSON(t, selector) != labels {
			t.Errorf("%s: the %s selects %s, Pods are %s", where, other, asJSON(t, selector), labels)
		}
	}
}

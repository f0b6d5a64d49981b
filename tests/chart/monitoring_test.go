package chart

import (
	"encoding/json"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

// holdMonitoring: the Prometheus operator knows every field of its kinds.
func holdMonitoring(t *testing.T, name string, object map[string]any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	switch object["kind"] {
	case "ServiceMonitor":
		err = yaml.UnmarshalStrict(text, &monitoring.ServiceMonitor{})
	case "PrometheusRule":
		err = yaml.UnmarshalStrict(text, &monitoring.PrometheusRule{})
	default:
		t.Errorf("%s: not of a kind that the chart makes", name)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

const (
	metrics = "Service/flame-operator-metrics: "
	monitor = "ServiceMonitor/flame-operator: "
	rules   = "PrometheusRule/flame-operator: "
	board   = "ConfigMap/flame-operator-dashboard: "
	series  = "ConfigMap/flame-operator-kube-state-metrics: "
	reader  = "ClusterRoleBinding/flame-operator-kube-state-metrics: "
)

// TestMonitoringKnobs: each is off by itself, and on alone; tests/chart/test_observability.py judges what is in them.
func TestMonitoringKnobs(t *testing.T) {
	annotations := "Deployment/flame-operator: spec.template.metadata.annotations"
	for _, knob := range []knob{
		{`{}`, map[string]string{metrics + "kind": "", monitor + "kind": "", rules + "kind": "", board + "kind": "", series + "kind": "", reader + "kind": ""}},
		{`{metrics: {serviceMonitor: {enabled: true}}}`, map[string]string{
			monitor + "spec.endpoints": `[{"interval":"30s","path":"/metrics","port":"admin","scrapeTimeout":"10s"}]`,
			monitor + "spec.selector.matchLabels": `{"app.kubernetes.io/component":"metrics","app.kubernetes.io/instance":"flame-operator",` +
				`"app.kubernetes.io/name":"flame-operator"}`,
			metrics + `metadata.labels.app\.kubernetes\.io/component`: `"metrics"`, metrics + "spec.clusterIP": `"None"`,
			metrics + "spec.ports":    `[{"name":"admin","port":8081,"protocol":"TCP","targetPort":"admin"}]`,
			metrics + "spec.selector": `{"app.kubernetes.io/instance":"flame-operator","app.kubernetes.io/name":"flame-operator"}`,
			"Service/flame-operator: metadata.labels.app\\.kubernetes\\.io/component": "", annotations: "", rules + "kind": "", board + "kind": ""}},
		{`{metrics: {serviceMonitor: {enabled: true, labels: {release: p}, interval: 1m, scrapeTimeout: 5s, relabelings: [{action: labeldrop, regex: pod}],` +
			` metricRelabelings: [{action: drop, regex: x, sourceLabels: [__name__]}]}}}`, map[string]string{
			monitor + "metadata.labels.release": `"p"`, monitor + "spec.endpoints.0.interval": `"1m"`, monitor + "spec.endpoints.0.scrapeTimeout": `"5s"`,
			monitor + "spec.endpoints.0.relabelings":       `[{"action":"labeldrop","regex":"pod"}]`,
			monitor + "spec.endpoints.0.metricRelabelings": `[{"action":"drop","regex":"x","sourceLabels":["__name__"]}]`}},
		{`{metrics: {scrapeAnnotations: false}}`, map[string]string{annotations: ""}},
		{`{metrics: {prometheusRule: {enabled: true, labels: {release: p}, alertLabels: {team: a}, runbookUrl: "https://x.example/y"}}}`, map[string]string{
			rules + "metadata.labels.release": `"p"`, rules + "spec.groups.0.rules.0.labels": `{"severity":"critical","team":"a"}`,
			rules + "spec.groups.1.rules.0.labels":                  `{"severity":"warning","team":"a"}`,
			rules + "spec.groups.0.rules.0.annotations.runbook_url": `"https://x.example/y#flameoperatordown"`, monitor + "kind": ""}},
		{`{metrics: {prometheusRule: {enabled: true, disabled: [FlameOperatorDown, FlameOperatorHookErrors]}}}`, map[string]string{
			rules + "spec.groups.0.rules.0.alert": `"FlameOperatorUnauthorized"`, rules + "spec.groups.1.name": `"flameclusters"`}},
		{`{compositeController: {timeout: 3s}, metrics: {prometheusRule: {enabled: true, disabled: [FlameOperatorDown, FlameOperatorHookErrors,` +
			` FlameOperatorUnauthorized, FlameOperatorOverloaded]}}}`, map[string]string{rules + "spec.groups.0.rules.0.expr": `"histogram_quantile(0.99, sum by (hook, le)` +
			` (rate(hook_request_duration_seconds_bucket{controller=\"flamecluster\"}[10m]))) \u003e 1.5"`}},
		{`{metrics: {dashboard: {enabled: true, labels: {a: b}, annotations: {grafana_folder: Flame}, namespace: grafana}}}`, map[string]string{
			board + "metadata.labels.grafana_dashboard": `"1"`, board + "metadata.labels.a": `"b"`, board + "metadata.namespace": `"grafana"`,
			board + "metadata.annotations": `{"grafana_folder":"Flame"}`}},
		{`{metrics: {kubeStateMetrics: {enabled: true, namespace: nn, serviceAccountName: s}}}`, map[string]string{
			series + "metadata.namespace": `"nn"`, reader + "subjects": `[{"kind":"ServiceAccount","name":"s","namespace":"nn"}]`,
			"ClusterRole/flame-operator-kube-state-metrics: rules": `[{"apiGroups":["flame.xflops.io"],"resources":["flameclusters"],"verbs":["list","watch"]},` +
				`{"apiGroups":["apiextensions.k8s.io"],"resources":["customresourcedefinitions"],"verbs":["list","watch"]}]`}},
	} {
		holdKnob(t, knob)
	}
}

package chart

import (
	"strings"
	"testing"
)

// Values that make no sense are refused, by words that say where and what is allowed.
var refused = []struct{ values, words string }{
	{`{replica: 3}`, "additional properties 'replica' not allowed"},
	{`{replicas: -1}`, "at '/replicas': minimum: got -1, want 0"},
	{`{metrics: {prometheusRule: {enabled: true, disabled: [FlameOperatorUp]}}}`,
		"metrics.prometheusRule.disabled: there is no alert FlameOperatorUp; there are FlameOperatorDown, "},
	{`{metrics: {prometheusRule: {runbookUrl: "x.md#y"}}}`, "at '/metrics/prometheusRule/runbookUrl': 'x.md#y' does not match pattern"},
	{`{metrics: {serviceMonitor: {enabled: true, interval: 10s, scrapeTimeout: 11s}}}`,
		"metrics.serviceMonitor.scrapeTimeout (11s) must be at most metrics.serviceMonitor.interval (10s)"},
	{`{commonLabels: {a: b}, metrics: {dashboard: {enabled: true, labels: {a: c}}}}`, "metrics.dashboard.labels: the label a stands in commonLabels already"},
	{`{metrics: {podMonitor: {}}}`, "additional properties 'podMonitor' not allowed"},
	{`{replicas: "2"}`, "at '/replicas': got string, want integer"},
	{`{replicas: 1.5}`, "at '/replicas': got number, want integer"},
	{`{image: {name: x}}`, "at '/image': additional properties 'name' not allowed"},
	{`{image: {repository: ""}}`, "at '/image/repository'"},
	{`{image: {repository: "Registry/x"}}`, "at '/image/repository': 'Registry/x' does not match pattern"},
	{`{image: {tag: "a b"}}`, "at '/image/tag': 'a b' does not match pattern"},
	{`{image: {digest: "sha256:12"}}`, "at '/image/digest': 'sha256:12' does not match pattern"},
	{`{image: {pullPolicy: Sometimes}}`, "at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'"},
	{`{imagePullSecrets: [registry]}`, "at '/imagePullSecrets/0': got string, want object"},
	{`{imagePullSecrets: [{}]}`, "at '/imagePullSecrets/0': missing property 'name'"},
	{`{server: {threads: 0}}`, "at '/server/threads': minimum: got 0, want 1"},
	{`{server: {threads: 2000}}`, "at '/server/threads': maximum: got 2,000, want 1,024"},
	{`{server: {maxBody: 128MB}}`, "at '/server/maxBody': '128MB' does not match pattern"},
	{`{server: {requestTimeout: 30}}`, "at '/server/requestTimeout': got number, want string"},
	{`{server: {requestTimeout: 0s}}`, "at '/server/requestTimeout': '0s' does not match pattern"},
	{`{server: {drainDelay: 5}}`, "at '/server/drainDelay': got number, want string"},
	{`{server: {logLevel: trace}}`, "at '/server/logLevel': value must be one of 'debug', 'info', 'warn', 'error'"},
	{`{server: {logFormat: xml}}`, "at '/server/logFormat': value must be one of 'json', 'text'"},
	{`{server: {extraArgs: [threads]}}`, "at '/server/extraArgs/0': 'threads' does not match pattern '^--'"},
	{`{server: {threads: null}}`, "at '/server': missing property 'threads'"},
	{`{auth: {enabled: "yes"}}`, "at '/auth/enabled': got string, want boolean"},
	{`{auth: {generation: 0}}`, "at '/auth/generation': minimum: got 0, want 1"},
	{`{auth: {existingSecret: My_Secret}}`, "at '/auth/existingSecret': 'My_Secret' does not match pattern"},
	{`{compositeController: {hookVersion: v3}}`, "at '/compositeController/hookVersion': value must be one of 'v1', 'v2'"},
	{`{compositeController: {etag: {cacheCleanupSeconds: null}}}`, "at '/compositeController/etag': missing property 'cacheCleanupSeconds'"},
	{`{compositeController: {etag: {cacheTimeoutSeconds: 0}}}`, "at '/compositeController/etag/cacheTimeoutSeconds': minimum: got 0, want 1"},
	{`{compositeController: {resyncPeriodSeconds: 0}}`, "at '/compositeController/resyncPeriodSeconds': minimum: got 0, want 1"},
	{`{compositeController: {timeout: 30}}`, "at '/compositeController/timeout': got number, want string"},
	{`{compositeController: {labels: {a: 1}}}`, "at '/compositeController/labels/a': got number, want string"},
	{`{metacontroller: {namespace: ""}}`, "at '/metacontroller/namespace'"},
	{`{metacontroller: {clusterRole: {rules: []}}}`, "at '/metacontroller/clusterRole': additional properties 'rules' not allowed"},
	{`{podDisruptionBudget: {minAvailable: half}}`, "at '/podDisruptionBudget/minAvailable': 'half' does not match pattern"},
	{`{podDisruptionBudget: {minAvailable: 0}}`, "at '/podDisruptionBudget/minAvailable': minimum: got 0, want 1"},
	{`{networkPolicy: {metricsFrom: [{}]}}`, "at '/networkPolicy/metricsFrom/0': minProperties"},
	{`{networkPolicy: {metricsFrom: [{from: []}]}}`, "at '/networkPolicy/metricsFrom/0': additional properties 'from' not allowed"},
	{`{topologySpread: {whenUnsatisfiable: Never}}`, "at '/topologySpread/whenUnsatisfiable': value must be one of 'ScheduleAnyway', 'DoNotSchedule'"},
	{`{livenessProbe: {httpGet: {path: /}}}`, "at '/livenessProbe': additional properties 'httpGet' not allowed"},
	{`{podLabels: {"a b": c}}`, "at '/podLabels': additional properties 'a b' not allowed"},
	{`{podAnnotations: {a: true}}`, "at '/podAnnotations/a': got boolean, want string"},
	{`{fullnameOverride: 1flame}`, "at '/fullnameOverride': '1flame' does not match pattern"},
	{`{resources: {memory: 1Gi}}`, "at '/resources': additional properties 'memory' not allowed"},

	{`{server: {maxInflight: 64}}`, "server.maxInflight (64) must be below server.threads (64), so that a refusal finds a thread"},
	{`{server: {maxBody: 3Gi, maxInflightBytes: 4Gi}, resources: {limits: {memory: 8Gi}}}`, "server.maxBody (3Gi) must be from 1Ki to 2047Mi"},
	{`{server: {maxBody: "1000"}}`, "server.maxBody (1000) must be from 1Ki to 2047Mi"},
	{`{server: {maxBody: 512Mi}}`, "server.maxInflightBytes (256Mi) must be at least server.maxBody (512Mi)"},
	{`{server: {maxBody: 268435457}}`, "server.maxInflightBytes (256Mi) must be at least server.maxBody (268435457)"},
	{`{resources: {limits: {memory: 256Mi}}}`, "resources.limits.memory (256Mi) must be above server.maxInflightBytes (256Mi)"},
	{`{resources: {limits: {memory: 268M}}}`, "resources.limits.memory (268M) must be above server.maxInflightBytes (256Mi)"},
	{`{resources: {limits: {memory: 268435456}}}`, "resources.limits.memory (268435456) must be above server.maxInflightBytes (256Mi)"},
	{`{strategy: {type: OnDelete}}`, "at '/strategy/type': value must be one of 'RollingUpdate', 'Recreate'"},
	{`{strategy: {rollingUpdate: {maxSurge: some}}}`, "at '/strategy/rollingUpdate/maxSurge': 'some' does not match pattern"},
	{`{strategy: {rollingUpdate: {maxSurge: 0%}}}`, "strategy.rollingUpdate: one of maxUnavailable and maxSurge must be more than 0"},
	{`{deploymentAnnotations: {a: 1}}`, "at '/deploymentAnnotations/a': got number, want string"},
	{`{server: {requestTimeout: 11m}}`, "server.requestTimeout (11m) must be from 10ms to 10m"},
	{`{server: {requestTimeout: 9ms}}`, "server.requestTimeout (9ms) must be from 10ms to 10m"},
	{`{server: {drainDelay: 601s}}`, "server.drainDelay (601s) must be at most 10m"},
	{`{server: {extraArgs: [--threads=3]}}`, "server.extraArgs: for --threads there is the value server.threads"},
	{`{server: {extraArgs: [--admin-listen, "0.0.0.0:1"]}}`, "at '/server/extraArgs/1'"},
	{`{server: {extraArgs: [--listen=0.0.0.0:1]}}`, "server.extraArgs: --listen is the chart's own, probes and the Service rely on it"},
	{`{auth: {enabled: true, token: short}}`, "auth.token must be 16 to 1000 visible ASCII characters without a space"},
	{`{auth: {enabled: true, token: "0123456789 abcdef"}}`, "auth.token must be 16 to 1000 visible ASCII characters without a space"},
	{`{auth: {token: 0123456789abcdef}}`, "auth.token is set, but auth.enabled is false"},
	{`{auth: {existingSecret: mine}}`, "auth.existingSecret is set, but auth.enabled is false"},
	{`{auth: {enabled: true, existingSecret: mine, token: 0123456789abcdef}}`, "auth.existingSecret and auth.token exclude each other"},
	{`{podDisruptionBudget: {minAvailable: 2}}`, "podDisruptionBudget.minAvailable (2) of 2 replicas would never let a node be drained"},
	{`{podDisruptionBudget: {minAvailable: 51%}}`, "podDisruptionBudget.minAvailable (51%) of 2 replicas would never let a node be drained"},
	{`{replicas: 3, podDisruptionBudget: {minAvailable: 100%}}`, "podDisruptionBudget.minAvailable (100%) of 3 replicas would never let a node be drained"},
	{`{podLabels: {app.kubernetes.io/name: x}}`, "podLabels: the label app.kubernetes.io/name is set by the chart"},
	{`{commonLabels: {helm.sh/chart: x}}`, "commonLabels: the label helm.sh/chart is set by the chart"},
	{`{commonLabels: {a: b}, compositeController: {labels: {a: c}}}`, "compositeController.labels: the label a stands in commonLabels already"},
}

func TestValuesAreRefused(t *testing.T) {
	for _, row := range refused {
		t.Run(row.values, func(t *testing.T) {
			t.Parallel()
			for name, program := range helms {
				_, err := template(program, row.values)
				if err == nil || !strings.Contains(err.Error(), row.words) {
					t.Errorf("%s: must be refused with %q, is %v", name, row.words, err)
				}
				if err != nil && strings.Contains(err.Error(), "short' does not") {
					t.Errorf("%s shows the token: %v", name, err)
				}
			}
		})
	}
}

// A value at the edge of what is allowed is taken.
func TestEdgesAreTaken(t *testing.T) {
	for _, values := range []string{
		`{server: {threads: 2, maxInflight: 1}}`,
		`{server: {maxBody: 256Mi, maxInflightBytes: 268435456}}`,
		`{server: {requestTimeout: 10m, drainDelay: 600000ms}}`,
		`{resources: {limits: {memory: 257Mi}}}`,
		`{resources: {limits: {memory: 269M}}}`,
		`{resources: {limits: {memory: 1Ti}}}`,
		`{strategy: {rollingUpdate: null}, deploymentAnnotations: null}`,
		`{resources: {limits: {memory: null}}}`,
		`{resources: null, podSecurityContext: null, securityContext: null, startupProbe: null, livenessProbe: null, readinessProbe: null}`,
		`{securityContext: null, startupProbe: null, livenessProbe: null, readinessProbe: null, tls: {enabled: true, secretName: x}}`,
		`{commonLabels: null, compositeController: {labels: {a: b}}, nodeSelector: null, tolerations: null, affinity: null, podLabels: null, podAnnotations: null, extraObjects: null}`,
		`{podDisruptionBudget: {minAvailable: 50%}}`,
		`{replicas: 1, podDisruptionBudget: {minAvailable: 100%}}`,
		`{auth: {enabled: true, token: 0123456789abcdef}}`,
		`{global: {imageRegistry: x}}`,
	} {
		t.Run(values, func(t *testing.T) {
			t.Parallel()
			render(t, values)
		})
	}
}

// Names of digits stay text: YAML would read them as numbers.
func TestNamesOfDigitsAreText(t *testing.T) {
	values := `{fullnameOverride: fo, auth: {enabled: true, existingSecret: "12", key: "007"}, serviceAccount: {name: "34"}, priorityClassName: "1e3", runtimeClassName: "56",
		topologySpread: {topologyKey: "78"}, networkPolicy: {enabled: true}, metacontroller: {namespace: "90", serviceAccountName: "11", clusterRole: {create: true,
		leaderElection: true}}, tls: {enabled: true, secretName: "22", caBundle: {name: "33"}, clientAuth: {enabled: true, secretName: "44"}}}`
	text, err := helm(helms["Helm 4"], values, "template", "123", chart, "--namespace", "456", "--kube-version", kubeVersion, "--values", "-")
	if err != nil {
		t.Fatal(err)
	}
	found := parse(t, text)
	for name, object := range found {
		if instance := at(object, `metadata.labels.app\.kubernetes\.io/instance`); instance != "123" {
			t.Errorf("%s: instance is %v", name, instance)
		}
		if object["kind"] == "CompositeController" {
			holdCompositeController(t, object)
		} else if object["kind"] != "CustomResourceDefinition" {
			decoded, err := decode(t, object)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if errs := validate(t, decoded); len(errs) > 0 {
				t.Errorf("%s: %v", name, errs.ToAggregate())
			}
		}
	}
	for _, release := range []string{"123", "a.b"} {
		_, err := helm(helms["Helm 4"], "", "template", release, chart, "--kube-version", kubeVersion)
		if err == nil || !strings.Contains(err.Error(), "the name must begin with a letter and have no dot") {
			t.Errorf("release %s: %v", release, err)
		}
	}
}

{{/* Rules between values, which the schema cannot say; each failure is one sentence with what to write. */}}
{{- define "flame-operator.validate" -}}
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" (include "flame-operator.fullname" .)) -}}
{{- fail (printf "a Service cannot be called %s: the name must begin with a letter and have no dot; name the release otherwise, or set fullnameOverride" (include "flame-operator.fullname" .)) -}}
{{- end -}}
{{- $server := .Values.server -}}
{{- $body := include "flame-operator.bytes" $server.maxBody | int64 -}}
{{- $inflight := include "flame-operator.bytes" $server.maxInflightBytes | int64 -}}
{{- if ge (int $server.maxInflight) (int $server.threads) -}}
{{- fail (printf "server.maxInflight (%d) must be below server.threads (%d), so that a refusal finds a thread" (int $server.maxInflight) (int $server.threads)) -}}
{{- end -}}
{{- if or (lt $body 1024) (gt $body 2146435072) -}}
{{- fail (printf "server.maxBody (%s) must be from 1Ki to 2047Mi" (include "flame-operator.size" $server.maxBody)) -}}
{{- end -}}
{{- if lt $inflight $body -}}
{{- fail (printf "server.maxInflightBytes (%s) must be at least server.maxBody (%s)" (include "flame-operator.size" $server.maxInflightBytes) (include "flame-operator.size" $server.maxBody)) -}}
{{- end -}}
{{- $limit := include "flame-operator.size" (dig "limits" "memory" "" (.Values.resources | default dict)) -}}
{{- if and (regexMatch "^[0-9]+(Ki|Mi|Gi|Ti|k|M|G|T)?$" $limit) (le (include "flame-operator.bytes" $limit | int64) $inflight) -}}
{{- fail (printf "resources.limits.memory (%s) must be above server.maxInflightBytes (%s): that much may be held in memory, and the answers come on top" $limit (include "flame-operator.size" $server.maxInflightBytes)) -}}
{{- end -}}
{{- $request := include "flame-operator.milliseconds" $server.requestTimeout | int64 -}}
{{- if or (lt $request 10) (gt $request 600000) -}}
{{- fail (printf "server.requestTimeout (%s) must be from 10ms to 10m" $server.requestTimeout) -}}
{{- end -}}
{{- if gt (include "flame-operator.milliseconds" $server.drainDelay | int64) 600000 -}}
{{- fail (printf "server.drainDelay (%s) must be at most 10m" $server.drainDelay) -}}
{{- end -}}
{{- range $flag, $value := dict "listen" "fixed" "admin-listen" "fixed" "threads" "server.threads" "max-body" "server.maxBody" "max-inflight" "server.maxInflight" "max-inflight-bytes" "server.maxInflightBytes" "request-timeout" "server.requestTimeout" "drain-delay" "server.drainDelay" "log-level" "server.logLevel" "log-format" "server.logFormat" "auth-token-file" "auth" -}}
{{- range $server.extraArgs -}}
{{- if or (eq . (print "--" $flag)) (hasPrefix (print "--" $flag "=") .) -}}
{{- if eq $value "fixed" -}}
{{- fail (printf "server.extraArgs: --%s is the chart's own, probes and the Service rely on it" $flag) -}}
{{- end -}}
{{- fail (printf "server.extraArgs: for --%s there is the value %s" $flag $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $rolling := .Values.strategy.rollingUpdate | default dict -}}
{{- if and (regexMatch "^0%?$" (toString $rolling.maxUnavailable)) (regexMatch "^0%?$" (toString $rolling.maxSurge)) -}}
{{- fail "strategy.rollingUpdate: one of maxUnavailable and maxSurge must be more than 0, or no Pod could be replaced" -}}
{{- end -}}
{{- include "flame-operator.validateAuth" . -}}
{{- include "flame-operator.validateDisruption" . -}}
{{- $monitor := .Values.metrics.serviceMonitor -}}
{{- if gt (include "flame-operator.milliseconds" $monitor.scrapeTimeout | int64) (include "flame-operator.milliseconds" $monitor.interval | int64) -}}
{{- fail (printf "metrics.serviceMonitor.scrapeTimeout (%s) must be at most metrics.serviceMonitor.interval (%s)" $monitor.scrapeTimeout $monitor.interval) -}}
{{- end -}}
{{- range $values, $labels := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "compositeController.labels" .Values.compositeController.labels "metrics.serviceMonitor.labels" .Values.metrics.serviceMonitor.labels "metrics.prometheusRule.labels" .Values.metrics.prometheusRule.labels "metrics.dashboard.labels" .Values.metrics.dashboard.labels -}}
{{- range $name, $value := $labels -}}
{{- if or (hasPrefix "app.kubernetes.io/" $name) (eq $name "helm.sh/chart") -}}
{{- fail (printf "%s: the label %s is set by the chart" $values $name) -}}
{{- end -}}
{{- if and (ne $values "commonLabels") (ne $values "podLabels") (hasKey ($.Values.commonLabels | default dict) $name) -}}
{{- fail (printf "%s: the label %s stands in commonLabels already" $values $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validateAuth" -}}
{{- $auth := .Values.auth -}}
{{- if and $auth.existingSecret $auth.token -}}
{{- fail "auth.existingSecret and auth.token exclude each other: the token is either in your Secret or in the values" -}}
{{- end -}}
{{- if and $auth.token (not (regexMatch "^[!-~]{16,1000}$" $auth.token)) -}}
{{- fail "auth.token must be 16 to 1000 visible ASCII characters without a space" -}}
{{- end -}}
{{- if and (not $auth.enabled) (or $auth.existingSecret $auth.token) -}}
{{- fail (printf "auth.%s is set, but auth.enabled is false: hooks would be open to everybody; set auth.enabled=true" ($auth.token | empty | ternary "existingSecret" "token")) -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validateDisruption" -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- if and $budget.enabled (gt (int .Values.replicas) 1) -}}
{{- $all := ge (int $budget.minAvailable) (int .Values.replicas) -}}
{{- if kindIs "string" $budget.minAvailable -}}
{{- $all = gt (mul (trimSuffix "%" $budget.minAvailable | int) (int .Values.replicas)) (mul 100 (sub (int .Values.replicas) 1)) -}}
{{- end -}}
{{- if $all -}}
{{- fail (printf "podDisruptionBudget.minAvailable (%v) of %d replicas would never let a node be drained; it must leave one Pod" $budget.minAvailable (int .Values.replicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Metacontroller is a prerequisite. Only with a cluster at hand can its absence be told from a rendering without one, so first something is
asked for that every cluster has. */}}
{{- define "flame-operator.validateMetacontroller" -}}
{{- if and .Values.metacontroller.check .Values.compositeController.create -}}
{{- if lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "cluster-admin" -}}
{{- if not (.Capabilities.APIVersions.Has "metacontroller.k8s.io/v1alpha1/CompositeController") -}}
{{- fail (include "flame-operator.metacontrollerMissing" .) -}}
{{- end -}}
{{- include "flame-operator.validateMetacontrollerVersion" . -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.metacontrollerMissing" }}

Metacontroller is not in this cluster: it has no CompositeController (metacontroller.k8s.io/v1alpha1).
The Flame Operator only answers Metacontroller's hooks, so install Metacontroller 4.17 or later first, e.g.

  kubectl apply -k "https://github.com/metacontroller/metacontroller/manifests/production?ref=v4.17.2"

and run this command again. To install the operator first all the same: --set compositeController.create=false, and upgrade
without it later. To skip this check: --set metacontroller.check=false.
{{ end -}}

{{- define "flame-operator.validateMetacontrollerVersion" -}}
{{- $crd := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "compositecontrollers.metacontroller.k8s.io" -}}
{{- range $crd | dig "spec" "versions" list -}}
{{- $hook := dig "schema" "openAPIV3Schema" "properties" "spec" "properties" "hooks" "properties" "sync" "properties" dict . -}}
{{- $needed := list -}}
{{- if $hook -}}
{{- if and (eq $.Values.compositeController.hookVersion "v2") (not (hasKey $hook "version")) -}}
{{- $needed = append $needed "hooks.sync.version (compositeController.hookVersion=v1 does without)" -}}
{{- end -}}
{{- $webhook := dig "webhook" "properties" dict $hook -}}
{{- if and $.Values.auth.enabled (not (hasKey $webhook "authorization")) -}}
{{- $needed = append $needed "webhook.authorization (auth.enabled=false does without)" -}}
{{- end -}}
{{- if and $.Values.tls.enabled (not (hasKey $webhook "caBundle")) -}}
{{- $needed = append $needed "webhook.caBundle (tls.enabled=false does without)" -}}
{{- end -}}
{{- end -}}
{{- if $needed -}}
{{- fail (printf "Metacontroller in this cluster is older than 4.17: its CompositeController knows no %s. Upgrade Metacontroller and its CRDs; to skip this check: --set metacontroller.check=false" (join ", no " $needed)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validatePrometheusOperator" -}}
{{- if and (or .Values.metrics.serviceMonitor.enabled .Values.metrics.prometheusRule.enabled) (lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "cluster-admin") -}}
{{- range $value, $kind := dict "serviceMonitor" "ServiceMonitor" "prometheusRule" "PrometheusRule" -}}
{{- if and (index $.Values.metrics $value).enabled (not ($.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
{{- fail (printf "metrics.%s.enabled is true, but the Prometheus operator is not in this cluster: it has no %s (monitoring.coreos.com/v1). Install its CRDs first, or set metrics.%s.enabled=false" $value $kind $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

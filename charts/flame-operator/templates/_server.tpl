{{/* The flags of `flame-operator serve`, all of them, so that what runs can be read off the Pod. */}}
{{- define "flame-operator.serverArgs" -}}
{{- $server := .Values.server -}}
- serve
- --listen={{ .Values.tls.enabled | ternary "127.0.0.1" "0.0.0.0" }}:8080
- --admin-listen=0.0.0.0:8081
- --threads={{ int $server.threads }}
- --max-body={{ include "flame-operator.size" $server.maxBody }}
- --max-inflight={{ int $server.maxInflight }}
- --max-inflight-bytes={{ include "flame-operator.size" $server.maxInflightBytes }}
- --request-timeout={{ $server.requestTimeout }}
- --drain-delay={{ $server.drainDelay }}
- --log-level={{ $server.logLevel }}
- --log-format={{ $server.logFormat }}
{{- if .Values.auth.enabled }}
- --auth-token-file=/etc/flame-operator/auth/token
{{- end }}
{{- range $server.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* A size as the server reads it; Helm hands large numbers over as floating point. */}}
{{- define "flame-operator.size" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Yours win over the chart's own. Another configuration of HAProxy is another Pod. */}}
{{- define "flame-operator.podAnnotations" -}}
{{- $all := dict -}}
{{- if and .Values.metrics.scrapeAnnotations (not .Values.metrics.serviceMonitor.enabled) -}}
{{- $all = dict "prometheus.io/scrape" "true" "prometheus.io/port" "8081" "prometheus.io/path" "/metrics" -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $all = set $all "checksum/haproxy" (include "flame-operator.haproxyConfig" . | sha256sum) -}}
{{- end -}}
{{- toYaml (merge (dict) (.Values.podAnnotations | default dict) $all) -}}
{{- end -}}

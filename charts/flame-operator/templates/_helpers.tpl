{{- define "flame-operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Names all objects but the CRD and the CompositeController, which there is one of in a cluster. */}}
{{- define "flame-operator.fullname" -}}
{{- $name := include "flame-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.namespace" -}}
{{- .Release.Namespace -}}
{{- end -}}

{{- define "flame-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flame-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "flame-operator.labels" -}}
{{ include "flame-operator.selectorLabels" . }}
app.kubernetes.io/part-of: flame
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "flame-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "flame-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "flame-operator.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* What the Service and the network policy open, and Metacontroller calls: the server itself, or HAProxy in front of it. */}}
{{- define "flame-operator.hookPortName" -}}
{{- .Values.tls.enabled | ternary "https" "http" -}}
{{- end -}}

{{- define "flame-operator.hookPort" -}}
{{- .Values.tls.enabled | ternary 8443 8080 -}}
{{- end -}}

{{/* The host of the hooks as Metacontroller calls it; a server certificate must be for it. */}}
{{- define "flame-operator.hookHost" -}}
{{- include "flame-operator.fullname" . }}.{{ include "flame-operator.namespace" . }}.svc
{{- end -}}

{{- define "flame-operator.hookUrl" -}}
{{ include "flame-operator.hookPortName" . }}://{{ include "flame-operator.hookHost" . }}:{{ include "flame-operator.hookPort" . }}
{{- end -}}

{{/* "500ms", "30s" or "2m" in milliseconds. */}}
{{- define "flame-operator.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mul $number (index (dict "ms" 1 "s" 1000 "m" 60000) $unit) -}}
{{- end -}}

{{/* 65536, "64Ki", "128Mi" or "1Gi" in bytes; "200M" and the like, which a memory limit may have. */}}
{{- define "flame-operator.bytes" -}}
{{- $text := include "flame-operator.size" . -}}
{{- $number := regexFind "^[0-9]+" $text | int64 -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- mul $number (index (dict "" 1 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000) $unit) -}}
{{- end -}}

{{/* How long a Pod may take to end: it drains, then finishes the slowest request, and has a little time to spare. */}}
{{- define "flame-operator.gracePeriodSeconds" -}}
{{- $drain := include "flame-operator.milliseconds" .Values.server.drainDelay | int64 -}}
{{- $request := include "flame-operator.milliseconds" .Values.server.requestTimeout | int64 -}}
{{- div (add $drain $request 5999) 1000 -}}
{{- end -}}

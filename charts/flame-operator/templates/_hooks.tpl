{{/* One hook of the CompositeController: include "flame-operator.hook" (list $ "sync"). */}}
{{- define "flame-operator.hook" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $values := $root.Values.compositeController -}}
version: {{ $values.hookVersion }}
webhook:
  url: {{ include "flame-operator.hookUrl" $root }}/flamecluster/{{ $name }}
  timeout: {{ $values.timeout }}
  {{- if and (eq $name "sync") $values.etag.enabled }}
  # A settled cluster is answered with 304 and no body. Metacontroller 4.17 crashes when one of the two times is missing.
  etag:
    enabled: true
    cacheTimeoutSeconds: {{ int $values.etag.cacheTimeoutSeconds }}
    cacheCleanupSeconds: {{ int $values.etag.cacheCleanupSeconds }}
  {{- end }}
  {{- if $root.Values.auth.enabled }}
  authorization:
    type: Bearer
    secretRef:
      name: {{ include "flame-operator.tokenSecretName" $root | quote }}
      namespace: {{ include "flame-operator.namespace" $root | quote }}
      key: {{ include "flame-operator.tokenSecretKey" $root | quote }}
  {{- end }}
  {{- if $root.Values.tls.enabled }}
  {{- include "flame-operator.webhookTls" $root | nindent 2 }}
  {{- end }}
{{- end -}}

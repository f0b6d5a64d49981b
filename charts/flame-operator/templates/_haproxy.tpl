{{/* HAProxy in front of the server, when tls.enabled: its container, its volumes, the Pod's annotations that restart it. */}}
{{- define "flame-operator.haproxyContainer" -}}
{{- end -}}

{{- define "flame-operator.haproxyVolumes" -}}
{{- end -}}

{{- define "flame-operator.haproxyPodAnnotations" -}}
{{- end -}}

{{/* Metacontroller's side of TLS: caBundle and clientTLS of each webhook. */}}
{{- define "flame-operator.webhookTls" -}}
{{- end -}}

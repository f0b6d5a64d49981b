{{/* The Secret with the bearer token. Metacontroller reads it only when the CompositeController's spec changes, so a new token comes
in a Secret with a new name: the hash of a given token or auth.generation is a part of it. */}}
{{- define "flame-operator.tokenSecretName" -}}
{{- if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.token -}}
{{- printf "%s-token-%s" (include "flame-operator.fullname" .) (.Values.auth.token | sha256sum | trunc 8) -}}
{{- else -}}
{{- printf "%s-token-%d" (include "flame-operator.fullname" .) (int .Values.auth.generation) -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.tokenSecretKey" -}}
{{- .Values.auth.existingSecret | empty | ternary "token" .Values.auth.key -}}
{{- end -}}

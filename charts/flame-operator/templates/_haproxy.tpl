{{/*
HAProxy in front of the server, when tls.enabled: it ends TLS on 8443, looks at the client's certificate, and passes requests on to the
server, which then listens on the loopback address alone. All names that Metacontroller and HAProxy must agree on are made here.
*/}}

{{/* The Secret with the server's certificate. */}}
{{- define "flame-operator.tlsSecretName" -}}
{{- .Values.tls.secretName | default (printf "%s-tls" (include "flame-operator.fullname" .)) -}}
{{- end -}}

{{/* The Secret with the certificate that Metacontroller shows. */}}
{{- define "flame-operator.clientSecretName" -}}
{{- .Values.tls.clientAuth.secretName | default (printf "%s-client-tls" (include "flame-operator.fullname" .)) -}}
{{- end -}}

{{/* Where the authority of clients is: its own Secret, or the one by which Metacontroller knows the server. "name key". */}}
{{- define "flame-operator.clientCa" -}}
{{- $clients := .Values.tls.clientAuth -}}
{{- if $clients.caSecret -}}
{{ $clients.caSecret }} {{ $clients.caKey }}
{{- else -}}
{{ .Values.tls.caBundle.name | default (include "flame-operator.tlsSecretName" .) }} {{ .Values.tls.caBundle.key }}
{{- end -}}
{{- end -}}

{{- define "flame-operator.haproxyImage" -}}
{{- $image := .Values.tls.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag }}
{{- end -}}
{{- end -}}

{{/* What HAProxy answers by itself has the form of the server's own errors; Metacontroller shows it in a SyncError event. */}}
{{- define "flame-operator.haproxyError" -}}
content-type application/json string '{"error":{"kind":"{{ index . 0 }}","message":"{{ index . 1 }}","path":""}}'
{{- end -}}

{{- define "flame-operator.haproxyConfig" -}}
{{- $server := .Values.server -}}
{{- $request := include "flame-operator.milliseconds" $server.requestTimeout | int64 -}}
{{- $drain := include "flame-operator.milliseconds" $server.drainDelay | int64 -}}
{{- $clients := .Values.tls.clientAuth -}}
global
    # Errors alone, one JSON line each, without a header or a body.
    log stdout format raw local0 err
    # One thread does hundreds of megabytes a second, and its pool of connections to the server is one.
    nbthread 1
    maxconn {{ add $server.threads 96 }}
    # The server is the one that judges heads; this is twice what it takes.
    tune.bufsize 32768
    # The end begins with SIGUSR1, the stop signal of HAProxy's images. The port stays open while the Pod is taken out of the Service,
    # and closes before the server behind it does.
    grace {{ div (mul $drain 3) 4 }}ms
    hard-stop-after {{ add $drain $request 2000 }}ms
    # Mozilla's intermediate profile. Metacontroller's Go speaks TLS 1.3.
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256

defaults
    mode http
    log global
    option dontlog-normal
    option dontlognull
    option log-separate-errors
    log-format '{"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","level":"error","msg":"request failed in haproxy","client":"%ci:%cp","clientName":"%[ssl_c_s_dn(CN),json(utf8s)]","path":"%[capture.req.uri,json(utf8s)]","status":%ST,"state":"%tsc","ms":%Ta}'
    error-log-format '{"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","level":"error","msg":"tls handshake failed","client":"%ci:%cp","clientName":"%[ssl_c_s_dn(CN),json(utf8s)]","error":"%[ssl_fc_err_str,json(utf8s)]","verifyError":%[ssl_c_err]}'
    # The server's own limits come first: --request-timeout, and 100 s for an idle connection; a client of Go's closes one after 90 s.
    timeout http-request {{ $request }}ms
    timeout client {{ add $request 5000 }}ms
    timeout server {{ add $request 5000 }}ms
    timeout queue {{ $request }}ms
    timeout http-keep-alive 120s
    # A server that starts anew is waited for: three times a second.
    timeout connect 2s
    retries 3
    http-error status 400 {{ include "flame-operator.haproxyError" (list "malformed" "not HTTP, or a head that is too large") }}
    http-error status 408 {{ include "flame-operator.haproxyError" (list "timeout" "the request did not come in time") }}
    http-error status 500 {{ include "flame-operator.haproxyError" (list "internal" "HAProxy failed") }}
    http-error status 502 {{ include "flame-operator.haproxyError" (list "unavailable" "the server closed the connection without an answer") }}
    http-error status 503 {{ include "flame-operator.haproxyError" (list "unavailable" "the server does not take connections") }}
    http-error status 504 {{ include "flame-operator.haproxyError" (list "timeout" "the server did not answer in time") }}

frontend hooks
    # HTTP/1.1: a connection to a node that is gone ends with the first request that times out. Go goes on using one of HTTP/2.
    bind :8443 ssl crt /etc/haproxy/tls/tls.crt alpn http/1.1{{ if $clients.enabled }} ca-file /etc/haproxy/clients/ca.crt verify required{{ end }}
    # As many as the server has threads, and some that wait. The rest is for the probes.
    maxconn {{ add $server.threads 64 }}
    {{- if and $clients.enabled $clients.allowedNames }}
    acl is_allowed ssl_c_s_dn(CN) -m str --{{ range $clients.allowedNames }} {{ . | quote }}{{ end }}
    http-request deny status 403 {{ include "flame-operator.haproxyError" (list "forbidden" "the common name of the client certificate is not in tls.clientAuth.allowedNames") }} unless is_allowed
    {{- end }}
    # Clients leave while the port is still open.
    http-after-response set-header Connection close if { stopping }
    default_backend server

backend server
    # Each connection holds a thread of the server, an idle one too. With reuse there are never more than maxconn of them.
    http-reuse always
    option abortonclose
    server local 127.0.0.1:8080 maxconn {{ $server.threads }}

# For the kubelet, which has no client certificate.
frontend health
    bind :8444
    monitor-uri /healthz
    monitor fail if { stopping }
    http-request return status 404
{{- end -}}

{{- define "flame-operator.haproxyContainer" -}}
# Ends TLS in front of the server. It is a container beside it and no native sidecar: those are stopped last, and it has to stop
# first, with the server still there to answer what is in flight.
- name: haproxy
  image: {{ include "flame-operator.haproxyImage" . | quote }}
  imagePullPolicy: {{ .Values.tls.image.pullPolicy }}
  # One process in the foreground, without an entrypoint of the image's.
  command: [haproxy, -db, -f, /etc/haproxy/config/haproxy.cfg]
  ports:
    - name: https
      containerPort: 8443
      protocol: TCP
    - name: tls-health
      containerPort: 8444
      protocol: TCP
  startupProbe:
    {{- with .Values.startupProbe }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    httpGet:
      path: /healthz
      port: tls-health
  livenessProbe:
    {{- with .Values.livenessProbe }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    httpGet:
      path: /healthz
      port: tls-health
  readinessProbe:
    {{- with .Values.readinessProbe }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    httpGet:
      path: /healthz
      port: tls-health
  resources:
    {{- toYaml .Values.tls.resources | nindent 4 }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: haproxy-config
      mountPath: /etc/haproxy/config
      readOnly: true
    - name: tls
      mountPath: /etc/haproxy/tls
      readOnly: true
    {{- if .Values.tls.clientAuth.enabled }}
    - name: tls-clients
      mountPath: /etc/haproxy/clients
      readOnly: true
    {{- end }}
{{- end -}}

{{- define "flame-operator.haproxyVolumes" -}}
- name: haproxy-config
  configMap:
    name: {{ include "flame-operator.fullname" . }}-haproxy
- name: tls
  secret:
    secretName: {{ include "flame-operator.tlsSecretName" . | quote }}
    # HAProxy looks for the key of FILE in FILE.key.
    items:
      - key: tls.crt
        path: tls.crt
      - key: tls.key
        path: tls.crt.key
{{- if .Values.tls.clientAuth.enabled }}
- name: tls-clients
  secret:
    {{- $ca := include "flame-operator.clientCa" . | splitList " " }}
    secretName: {{ first $ca | quote }}
    items:
      - key: {{ last $ca | quote }}
        path: ca.crt
{{- end }}
{{- end -}}

{{/* Metacontroller's side of TLS: caBundle and clientTLS of each webhook. */}}
{{- define "flame-operator.webhookTls" -}}
{{- $ca := .Values.tls.caBundle -}}
{{- if eq $ca.source "Inline" -}}
caBundle:
  inline: |
    {{- $ca.inline | trim | nindent 4 }}
{{- else if eq $ca.source "ConfigMap" -}}
caBundle:
  configMapRef:
    name: {{ $ca.name }}
    namespace: {{ include "flame-operator.namespace" . | quote }}
    key: {{ $ca.key | quote }}
{{- else if eq $ca.source "Secret" -}}
caBundle:
  secretRef:
    name: {{ $ca.name | default (include "flame-operator.tlsSecretName" .) | quote }}
    namespace: {{ include "flame-operator.namespace" . | quote }}
    key: {{ $ca.key | quote }}
{{- end -}}
{{- if .Values.tls.clientAuth.enabled }}
{{- if ne $ca.source "System" }}
{{ end -}}
clientTLS:
  secretRef:
    name: {{ include "flame-operator.clientSecretName" . | quote }}
    namespace: {{ include "flame-operator.namespace" . | quote }}
{{- end -}}
{{- end -}}

{{/* Rules between the values of tls, as in _validate.tpl. */}}
{{- define "flame-operator.validateTls" -}}
{{- $tls := .Values.tls -}}
{{- if not $tls.enabled -}}
{{- range $name, $isSet := dict "secretName" $tls.secretName "certManager.enabled" $tls.certManager.enabled "clientAuth.enabled" $tls.clientAuth.enabled -}}
{{- if $isSet -}}
{{- fail (printf "tls.%s is set, but tls.enabled is false: hooks would go by plain HTTP; set tls.enabled=true" $name) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- if not (or $tls.certManager.enabled $tls.secretName) -}}
{{- fail (printf "tls.enabled needs a certificate: tls.secretName, a Secret with tls.crt and tls.key for %s, or tls.certManager.enabled=true" (include "flame-operator.hookHost" .)) -}}
{{- end -}}
{{- include "flame-operator.validateCaBundle" . -}}
{{- include "flame-operator.validateClientAuth" . -}}
{{- include "flame-operator.validateCertManager" . -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validateCaBundle" -}}
{{- $ca := .Values.tls.caBundle -}}
{{- if and (eq $ca.source "Inline") (not (contains "-----BEGIN CERTIFICATE-----" $ca.inline)) -}}
{{- fail "tls.caBundle.source Inline needs tls.caBundle.inline: certificates in PEM form, -----BEGIN CERTIFICATE-----" -}}
{{- end -}}
{{- if and (ne $ca.source "Inline") $ca.inline -}}
{{- fail (printf "tls.caBundle.inline is set, but tls.caBundle.source is %s; it must be Inline" $ca.source) -}}
{{- end -}}
{{- if and (eq $ca.source "ConfigMap") (not $ca.name) -}}
{{- fail "tls.caBundle.source ConfigMap needs tls.caBundle.name" -}}
{{- end -}}
{{- if and (has $ca.source (list "Inline" "System")) $ca.name -}}
{{- fail (printf "tls.caBundle.name is set, but with tls.caBundle.source %s nothing is read from it" $ca.source) -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validateClientAuth" -}}
{{- $tls := .Values.tls -}}
{{- if $tls.clientAuth.enabled -}}
{{- if not (or $tls.certManager.enabled $tls.clientAuth.secretName) -}}
{{- fail "tls.clientAuth.enabled needs tls.clientAuth.secretName, the Secret with Metacontroller's tls.crt and tls.key, or tls.certManager.enabled=true" -}}
{{- end -}}
{{- if and (not $tls.clientAuth.caSecret) (ne $tls.caBundle.source "Secret") -}}
{{- fail (printf "tls.clientAuth.enabled needs tls.clientAuth.caSecret when tls.caBundle.source is %s: the Secret with the authority of the clients' certificates" $tls.caBundle.source) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "flame-operator.validateCertManager" -}}
{{- if and .Values.tls.certManager.enabled (lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "cluster-admin") -}}
{{- if not (.Capabilities.APIVersions.Has "cert-manager.io/v1/Certificate") -}}
{{- fail "tls.certManager.enabled is true, but cert-manager is not in this cluster: it has no Certificate (cert-manager.io/v1). Install cert-manager first, or name a Secret of your own: tls.secretName" -}}
{{- end -}}
{{- end -}}
{{- end -}}

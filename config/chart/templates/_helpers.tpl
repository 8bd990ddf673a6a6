{{/* Labels of every object. */}}
{{- define "agentcube.labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "agentcube" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* image of a component: dict "root" . "image" .Values.router.image */}}
{{- define "agentcube.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "agentcube.pullPolicy" -}}
{{ .image.pullPolicy | default .root.Values.image.pullPolicy }}
{{- end }}

{{- define "agentcube.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "agentcube.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Which name the Secret with Redis' password has; empty without a password. */}}
{{- define "agentcube.redisSecret" -}}
{{- if .Values.redis.secretName }}{{ .Values.redis.secretName }}{{ else if .Values.redis.password }}agentcube-redis{{ end }}
{{- end }}

{{/* Variables that every program of the platform reads. */}}
{{- define "agentcube.env" -}}
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- name: AGENTCUBE_HOST
  value: {{ .Values.listenAddress | quote }}
- name: AGENTCUBE_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: AGENTCUBE_REDIS_ADDR
  value: {{ required "redis.addr is required: where Redis is, host:port" .Values.redis.addr | quote }}
{{- with include "agentcube.redisSecret" . }}
- name: AGENTCUBE_REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ . }}, key: {{ empty $.Values.redis.secretName | ternary "password" $.Values.redis.secretKey }} } }
{{- end }}
{{- with .Values.redis.username }}
- name: AGENTCUBE_REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- if ne .Values.redis.mode "single" }}
- name: AGENTCUBE_REDIS_MODE
  value: {{ .Values.redis.mode }}
{{- end }}
{{- with .Values.redis.sentinelName }}
- name: AGENTCUBE_REDIS_SENTINEL_NAME
  value: {{ . | quote }}
{{- end }}
{{- if .Values.redis.tls }}
- name: AGENTCUBE_REDIS_TLS
  value: "true"
{{- end }}
{{- range $name, $value := .Values.redis.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* In a cluster: which namespace holds the key. */}}
{{- define "agentcube.clusterEnv" -}}
- name: AGENTCUBE_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
{{- end }}

{{- define "agentcube.probes" -}}
startupProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /health/ready, port: http }
  periodSeconds: 3
  timeoutSeconds: 3
# Endpoints are told of a pod's end while it goes on: new connections stop before it does.
lifecycle:
  preStop: { exec: { command: [sleep, "3"] } }
{{- end }}

{{/* Pods of one program apart from each other, where there is a choice: dict "root" . "app" name "given" affinity */}}
{{- define "agentcube.affinity" -}}
{{- if .given }}
{{- toYaml .given }}
{{- else -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector: { matchLabels: { app: {{ .app }} } }
{{- end }}
{{- end }}

{{/* What a user was promised elsewhere and would not get here ends the installation. */}}
{{- define "agentcube.refusals" -}}
{{- if .Values.router.jwt.issuerUrl }}
{{- fail "router.jwt.issuerUrl: tokens of an OpenID provider are not checked here yet, so the router would be open; leave it empty" }}
{{- end }}
{{- if .Values.spire.enabled }}
{{- fail "spire.enabled: programs do not speak mutual TLS by SPIRE here; leave it false" }}
{{- end }}
{{- end }}

// Schema of a core/v1 Container (Kubernetes 1.35): all its field names; those that the platform reads, exactly.
// Does not own what a field does here: workload.ts reads, not-honoured.ts names what one machine cannot do.
import { z } from 'zod';
import {
  anyObject,
  anyObjects,
  dnsLabel,
  envName,
  fields,
  flag,
  portNumber,
  quotedText,
  someText,
  text,
  texts,
} from './fields.ts';
import { probe, type Probe } from './probe.ts';
import { parseQuantity, quantity } from './quantity.ts';

const keyOf = fields({ name: text.optional(), key: someText, optional: flag.optional() });

const valueFrom = fields({
  fieldRef: fields({ apiVersion: text.optional(), fieldPath: someText }).optional(),
  resourceFieldRef: fields({
    containerName: text.optional(),
    resource: someText,
    divisor: quantity.optional(),
  }).optional(),
  configMapKeyRef: keyOf.optional(),
  secretKeyRef: keyOf.optional(),
  fileKeyRef: fields({
    volumeName: someText,
    path: someText,
    key: someText,
    optional: flag.optional(),
  }).optional(),
});

/** core/v1 EnvVar. */
export const envVar = fields({
  name: envName,
  value: quotedText.optional(),
  valueFrom: valueFrom.optional(),
}).refine((given) => given.value === undefined || given.value === '' || given.valueFrom === undefined, {
  error: 'has both value and valueFrom',
  params: { expected: 'either value or valueFrom' },
});

const source = fields({ name: text.optional(), optional: flag.optional() });
const envFrom = fields({
  prefix: text.optional(),
  configMapRef: source.optional(),
  secretRef: source.optional(),
});

const resourceList = z.record(z.string(), quantity).describe('an object of quantities');

/** core/v1 ResourceRequirements. */
export const resources = fields({
  limits: resourceList.optional(),
  requests: resourceList.optional(),
  claims: z.array(fields({ name: someText, request: text.optional() })).optional(),
}).superRefine(({ limits = {}, requests = {} }, context) => {
  for (const [name, requested] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || parseQuantity(requested) <= parseQuantity(limit)) continue;
    const message = `must be less than or equal to ${name} limit of ${limit}`;
    context.addIssue({
      code: 'custom',
      path: ['requests', name],
      message,
      params: { expected: `at most ${limit}` },
    });
  }
});

const containerPort = fields({
  name: text.optional(),
  containerPort: portNumber,
  hostPort: portNumber.optional(),
  hostIP: text.optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
});

const volumeMount = fields({
  name: someText,
  mountPath: someText,
  readOnly: flag.optional(),
  recursiveReadOnly: text.optional(),
  subPath: text.optional(),
  subPathExpr: text.optional(),
  mountPropagation: text.optional(),
});

const securityContext = fields({
  allowPrivilegeEscalation: flag.optional(),
  appArmorProfile: anyObject.optional(),
  capabilities: fields({ add: texts.optional(), drop: texts.optional() }).optional(),
  privileged: flag.optional(),
  procMount: text.optional(),
  readOnlyRootFilesystem: flag.optional(),
  runAsGroup: z.int().optional(),
  runAsNonRoot: flag.optional(),
  runAsUser: z.int().optional(),
  seLinuxOptions: anyObject.optional(),
  seccompProfile: anyObject.optional(),
  windowsOptions: anyObject.optional(),
});

/** core/v1 PullPolicy. */
export const imagePullPolicy = z.enum(['Always', 'IfNotPresent', 'Never']);

const containerFields = {
  name: dnsLabel,
  image: someText.describe('the name of an image'),
  command: texts.optional(),
  args: texts.optional(),
  workingDir: text.optional(),
  env: z.array(envVar).optional(),
  envFrom: z.array(envFrom).optional(),
  ports: z.array(containerPort).optional(),
  resources: resources.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  startupProbe: probe.optional(),
  volumeMounts: z.array(volumeMount).optional(),
  volumeDevices: anyObjects.optional(),
  securityContext: securityContext.optional(),
  imagePullPolicy: imagePullPolicy.optional(),
  lifecycle: anyObject.optional(),
  resizePolicy: anyObjects.optional(),
  restartPolicy: text.optional(),
  restartPolicyRules: anyObjects.optional(),
  stdin: flag.optional(),
  stdinOnce: flag.optional(),
  terminationMessagePath: text.optional(),
  terminationMessagePolicy: text.optional(),
  tty: flag.optional(),
};

const portOf = (given: Probe | undefined): ['httpGet' | 'tcpSocket', string | number] | undefined => {
  if (given?.httpGet !== undefined) return ['httpGet', given.httpGet.port];
  return given?.tcpSocket === undefined ? undefined : ['tcpSocket', given.tcpSocket.port];
};

/** core/v1 Container. A probe that names a port must name one that the container has. */
export const container = fields(containerFields).superRefine((given, context) => {
  const names = (given.ports ?? []).flatMap((port) => (port.name === undefined ? [] : [port.name]));
  for (const field of ['readinessProbe', 'livenessProbe', 'startupProbe'] as const) {
    const asked = portOf(given[field]);
    if (asked === undefined || typeof asked[1] === 'number' || names.includes(asked[1])) continue;
    const expected = ['a port number', ...names.map((name) => JSON.stringify(name))].join(' or ');
    const message = `no port of the container is named ${JSON.stringify(asked[1])}`;
    context.addIssue({ code: 'custom', path: [field, asked[0], 'port'], message, params: { expected } });
  }
});

export type Container = z.infer<typeof container>;
export type EnvVar = z.infer<typeof envVar>;
export type Resources = z.infer<typeof resources>;
